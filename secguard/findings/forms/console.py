"""Where the console of each partition shows a finding. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from secguard.findings.forms.arn import parse_arn

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
_REGION = re.compile(r"[a-z]{2,8}(?:-[a-z]+)+-\d{1,2}")
_SIMPLE = re.compile(r"[A-Za-z0-9_.~:/-]*")
"""What is left of almost any ARN after quoting, but for colons and slashes."""
_GUARDDUTY_ID = re.compile(r"detector/[0-9a-f]+/finding/([0-9a-f]{32})")


def console_url(finding_id: str, *, product_arn: str, region: str) -> str | None:
    """The page of a finding, or None where the partition's console is not known."""
    partition = _partition(product_arn) or _partition(finding_id)
    search = _search(partition, region)
    if search is None or partition is None:
        return None
    if ":guardduty:" in finding_id and (detected := _in_guardduty(finding_id, partition)):
        return detected
    return search + _quoted_twice(finding_id)


@lru_cache(maxsize=256)  # there are few products, and a finding's own ARN is seldom asked
def _partition(arn: str) -> str | None:
    parsed = parse_arn(arn)
    return parsed.partition if parsed else None


@lru_cache(maxsize=256)
def _search(partition: str | None, region: str) -> str | None:
    """The page of the finding whose id is added to it."""
    if partition not in _CONSOLES or not _REGION.fullmatch(region):
        return None
    # The console reads the search from a doubly encoded fragment: `Id = \operator\:EQUALS\:…`
    search = "Id%3D%255Coperator%255C%253AEQUALS%255C%253A"
    return f"https://{region}.{_CONSOLES[partition]}/securityhub/home?region={region}#/findings?search={search}"


def _in_guardduty(finding_id: str, partition: str) -> str | None:
    own = parse_arn(finding_id)
    detected = _GUARDDUTY_ID.fullmatch(own.resource) if own and own.service == "guardduty" else None
    if own is None or detected is None or not _REGION.fullmatch(own.region):
        return None
    page = f"guardduty/home?region={own.region}#/findings?macros=all&fId={detected[1]}"
    return f"https://{own.region}.{_CONSOLES[partition]}/{page}"


def _quoted_twice(text: str) -> str:
    if _SIMPLE.fullmatch(text):
        return text.replace(":", "%253A").replace("/", "%252F")
    return quote(quote(text, safe=""), safe="")
