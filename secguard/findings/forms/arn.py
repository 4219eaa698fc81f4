"""Take ARNs apart, and find the name by which an operator knows what one stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_ACCOUNT = re.compile(r"\d{12}")
_ACCOUNT_IN = re.compile(r"(?<!\d)\d{12}(?!\d)")
_KINDLESS = frozenset({"s3", "sns", "sqs", "execute-api"})
"""Services whose ARNs hold the name alone, without a kind before it."""
_NAME_BEFORE_ID = re.compile(r"(?:loadbalancer/(?:app|net|gwy)|targetgroup)/([^/]+)/[0-9a-f]+")
_WHOLE_PATH = frozenset({"log-group", "parameter", "repository"})
"""Kinds of resource whose names hold slashes."""


@dataclass(frozen=True, slots=True)
class Arn:
    """`arn:partition:service:region:account:resource`; Region and account are empty for what is global."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


@lru_cache(maxsize=256)  # a finding's own ARNs are asked about several times each
def parse_arn(text: str) -> Arn | None:
    """The parts of an ARN, or None where `text` is not one."""
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or not parts[1] or not parts[2]:
        return None
    return Arn(*parts[1:])


def account_in(text: str) -> str | None:
    """The account that a resource's id names: an ARN's, or that of `AWS::::Account:123456789012`."""
    arn = parse_arn(text)
    if arn is not None:
        return arn.account if _ACCOUNT.fullmatch(arn.account) else None
    found = _ACCOUNT_IN.search(text) if text.startswith("AWS::::Account:") else None
    return found[0] if found else None


def region_in(text: str) -> str | None:
    """The Region that an ARN names."""
    arn = parse_arn(text)
    return arn.region or None if arn is not None else None


def name_in(text: str) -> str:
    """The name in a resource's id: an instance id, a user's name, a bucket's, a function's."""
    arn = parse_arn(text)
    if arn is None:
        # `AWS::::Account:123456789012`, `AWS::IAM::AccessKey:AKIA…`
        return (text.rsplit(":", 1)[1] if text.startswith("AWS::") else text) or text
    if arn.service in _KINDLESS:
        return arn.resource or text
    return _resource_name(arn.resource) or text


def _resource_name(resource: str) -> str:
    before_id = _NAME_BEFORE_ID.fullmatch(resource)
    if before_id:
        return before_id[1]
    kind, separator, rest = resource.partition(":")
    if separator and "/" not in kind:
        if kind == "autoScalingGroup":
            return rest.rsplit("/", 1)[-1]
        return rest.split(":")[0] if kind == "function" else rest.removesuffix(":*")
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role" or kind in _WHOLE_PATH:
        return rest
    return resource.rsplit("/", 1)[-1]
