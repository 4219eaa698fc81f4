"""Which statements of a bucket policy make it public, in the sense of S3's Block Public Access. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

# Amazon S3 user guide, "The meaning of public": one of these, held to fixed values, makes a grant to everybody narrow.
NARROWING_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
NARROWING_OPERATORS = frozenset(
    {"arnequals", "arnlike", "ipaddress", "stringequals", "stringequalsignorecase", "stringlike"}
)
# The same page: wider ranges count as public.
WIDEST_PREFIX = {4: 8, 6: 32}


def is_public(statement: Mapping[str, Any]) -> bool:
    """Whether a statement allows something to everybody."""
    if statement.get("Effect") != "Allow" or not _for_everybody(statement):
        return False
    return not any(_narrows(operator, key, values) for operator, key, values in _conditions(statement))


def _for_everybody(statement: Mapping[str, Any]) -> bool:
    if "NotPrincipal" in statement:
        return True
    principal = statement.get("Principal")
    return principal == "*" or (isinstance(principal, Mapping) and "*" in _as_list(principal.get("AWS")))


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, values in keys.items():
            yield operator.lower(), key.lower(), [str(value) for value in _as_list(values)]


def _narrows(operator: str, key: str, values: list[str]) -> bool:
    """A condition that also holds when the key is missing (`…IfExists`), or for none of many, narrows nothing."""
    quantifier, _, bare = operator.rpartition(":")
    if bare not in NARROWING_OPERATORS or quantifier == "forallvalues" or key not in NARROWING_KEYS or not values:
        return False
    if key == "aws:sourceip":
        return bare == "ipaddress" and all(map(_is_narrow_range, values))
    if key == "s3:dataaccesspointarn":
        return all(_has_fixed_account(value) for value in values)
    return not any("*" in value or "?" in value or "${" in value for value in values)


def _is_narrow_range(cidr: str) -> bool:
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= WIDEST_PREFIX[network.version] or network.is_private


def _has_fixed_account(arn: str) -> bool:
    parts = arn.split(":")
    return len(parts) > 5 and parts[4].isdigit()


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
