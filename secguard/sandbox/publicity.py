"""Whether a bucket policy is public, in the sense of S3's "The meaning of public". Pure."""

from __future__ import annotations

import json
from ipaddress import ip_network
from typing import Any

# Amazon S3 user guide, "The meaning of public": a fixed value for one of these keys makes a statement not public.
LIMITING_KEYS = frozenset(
    {
        "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount",
        "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce",
        "aws:userid", "aws:calledvia", "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
    }
)  # fmt: skip
FIXING_OPERATORS = frozenset({"stringequals", "stringlike", "arnequals", "arnlike", "ipaddress"})

# The same page: a source range as wide as this is public.
WIDEST_IPV4 = 8
WIDEST_IPV6 = 32


def is_public(policy: bytes | str) -> bool:
    """Whether any statement allows everybody something without tying it to a fixed value."""
    try:
        statements = json.loads(policy).get("Statement", [])
    except (ValueError, AttributeError):
        return False
    return any(_statement_is_public(statement) for statement in _listed(statements))


def _statement_is_public(statement: dict[str, Any]) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    return _names_everybody(statement) and not any(
        _limits(operator, key, values)
        for operator, tests in statement.get("Condition", {}).items()
        for key, values in tests.items()
    )


def _names_everybody(statement: dict[str, Any]) -> bool:
    if "NotPrincipal" in statement:
        return True
    principal = statement.get("Principal")
    return principal == "*" or (isinstance(principal, dict) and "*" in _listed(principal.get("AWS")))


def _limits(operator: str, key: str, values: Any) -> bool:
    bare = operator.lower().rpartition(":")[2]
    if bare not in FIXING_OPERATORS or key.lower() not in LIMITING_KEYS:
        return False
    if bare == "ipaddress":
        return all(_is_narrow(str(value)) for value in _listed(values))
    return not any("*" in str(value) or "${" in str(value) for value in _listed(values))


def _is_narrow(cidr: str) -> bool:
    try:
        network = ip_network(cidr, strict=False)
    except ValueError:
        return False
    return network.prefixlen > (WIDEST_IPV4 if network.version == 4 else WIDEST_IPV6)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
