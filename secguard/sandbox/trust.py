"""Whether a role's trust policy lets a principal in. Pure."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def trusts(document: str | None, caller_arn: str, external_id: str | None) -> bool:
    """Whether `caller_arn` may assume the role, with this external id. Conditions that are not known do not hold."""
    statements = [
        statement
        for statement in _listed(json.loads(document or "{}").get("Statement"))
        if _is_about(statement, caller_arn) and _holds(statement.get("Condition", {}), external_id)
    ]
    effects = {statement.get("Effect") for statement in statements}
    return effects == {"Allow"}


def _is_about(statement: dict[str, Any], caller_arn: str) -> bool:
    actions = (str(action).lower() for action in _listed(statement.get("Action")))
    if not any(fnmatchcase("sts:assumerole", action) for action in actions):
        return False
    return any(_is_principal(name, caller_arn) for name in _principals(statement))


def _principals(statement: dict[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", {})
    if principal == "*":
        yield "*"
        return
    yield from _listed(principal.get("AWS"))


def _is_principal(name: str, caller_arn: str) -> bool:
    """A principal names everybody, an account, a user, a role with all its sessions, or one session."""
    account = caller_arn.split(":")[4]
    if name in {"*", account, f"arn:aws:iam::{account}:root", caller_arn}:
        return True
    session = re.fullmatch(r"arn:(aws[^:]*):sts::(\d{12}):assumed-role/([^/]+)/.+", caller_arn)
    if session is None:
        return False
    partition, of, role = session.groups()
    return re.fullmatch(rf"arn:{partition}:iam::{of}:role/(.+/)?{re.escape(role)}", name) is not None


def _holds(condition: dict[str, dict[str, Any]], external_id: str | None) -> bool:
    return all(
        operator in {"StringEquals", "StringLike"}
        and key.lower() == "sts:externalid"
        and any(_equal(operator, str(value), external_id) for value in _listed(values))
        for operator, tests in condition.items()
        for key, values in tests.items()
    )


def _equal(operator: str, wanted: str, given: str | None) -> bool:
    if given is None:
        return False
    return wanted == given if operator == "StringEquals" else fnmatchcase(given, wanted)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
