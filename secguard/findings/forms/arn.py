"""Take ARNs apart, and find the name by which an operator knows what one stands for."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

_ACCOUNT_DIGITS = 12
_ACCOUNT_IN = re.compile(r"(?<!\d)\d{12}(?!\d)")
_KINDLESS = frozenset({"s3", "sns", "sqs", "execute-api"})
"""Services whose ARNs hold the name alone, without a kind before it."""
_NAMED_BEFORE_ID = ("loadbalancer/", "targetgroup/")
_NAME_BEFORE_ID = re.compile(r"(?:loadbalancer/(?:app|net|gwy)|targetgroup)/([^/]+)/[0-9a-f]+")
_WHOLE_PATH = frozenset({"log-group", "parameter", "repository"})
"""Kinds of resource whose names hold slashes."""


class Arn(msgspec.Struct, frozen=True, gc=False):
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
    return told_by(text)[2]


def region_in(text: str) -> str | None:
    """The Region that an ARN names."""
    arn = parse_arn(text)
    return arn.region or None if arn is not None else None


def name_in(text: str) -> str:
    """The name in a resource's id: an instance id, a user's name, a bucket's, a function's."""
    return told_by(text)[0]


def told_by(text: str) -> tuple[str, str | None, str | None]:
    """The name, the Region and the account in a resource's id."""
    arn = parse_arn(text)
    if arn is None:
        # `AWS::::Account:123456789012`, `AWS::IAM::AccessKey:AKIA…`
        found = _ACCOUNT_IN.search(text) if text.startswith("AWS::::Account:") else None
        return (text.rsplit(":", 1)[1] if text.startswith("AWS::") else text) or text, None, found[0] if found else None
    name = arn.resource if arn.service in _KINDLESS else _resource_name(arn.resource)
    account = arn.account if len(arn.account) == _ACCOUNT_DIGITS and arn.account.isdecimal() else None
    return name or text, arn.region or None, account


def _resource_name(resource: str) -> str:
    if resource.startswith(_NAMED_BEFORE_ID) and (before_id := _NAME_BEFORE_ID.fullmatch(resource)):
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
