"""Where the console of each partition shows a finding. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote

from secguard.findings.arn import parse_arn

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
    product, own = parse_arn(product_arn), parse_arn(finding_id)
    partition = product.partition if product else own.partition if own else None
    if partition not in _CONSOLES or not _REGION.fullmatch(region):
        return None
    detected = _GUARDDUTY_ID.fullmatch(own.resource) if own and own.service == "guardduty" else None
    if own and detected and _REGION.fullmatch(own.region):
        page = f"guardduty/home?region={own.region}#/findings?macros=all&fId={detected[1]}"
        return f"https://{own.region}.{_CONSOLES[partition]}/{page}"
    # The console reads the search from a doubly encoded fragment: `Id = \operator\:EQUALS\:…`
    search = "Id%3D%255Coperator%255C%253AEQUALS%255C%253A" + _quoted_twice(finding_id)
    return f"https://{region}.{_CONSOLES[partition]}/securityhub/home?region={region}#/findings?search={search}"


def _quoted_twice(text: str) -> str:
    if _SIMPLE.fullmatch(text):
        return text.replace(":", "%253A").replace("/", "%252F")
    return quote(quote(text, safe=""), safe="")
