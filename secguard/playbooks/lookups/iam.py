"""Facts about IAM users. IAM is global."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secguard.engine.seam import Reader
from secguard.errors import NotThere
from secguard.playbooks.case import Case
from secguard.playbooks.lookups.lookup import Lookup, Seen
from secguard.playbooks.rules import foreign_account, not_a_user


def _user(aws: Reader, given: Mapping[str, Any], case: Case) -> Seen:
    """The user behind a principal, with what gives access: keys and console password."""
    principal = given["principal"]
    refused = case.standing(not_a_user(principal))
    if refused:
        return Seen(None, refused)
    name = principal.get("name") if principal["kind"] == "user" else None
    name = name or _owner_of_key(aws, principal)
    user = aws.ask("iam", "GetUser", UserName=name)["User"]
    keys = list(aws.items("iam", "ListAccessKeys", "AccessKeyMetadata", UserName=name))
    facts = {
        "name": name,
        "arn": user["Arn"],
        "keys": sorted(key["AccessKeyId"] for key in keys),
        "active_keys": sorted(key["AccessKeyId"] for key in keys if key["Status"] == "Active"),
        "console": _has_password(aws, name),
    }
    refused = case.standing(foreign_account(f"IAM user {name}", user["Arn"].split(":")[4], case))
    return Seen(None, refused) if refused else Seen(facts)


def _owner_of_key(aws: Reader, principal: Mapping[str, Any]) -> str:
    """Raises NotThere for a key that belongs to nobody any more."""
    key = principal.get("key")
    if key is None:
        raise NotThere("the finding names neither a user nor an access key")
    return str(aws.ask("iam", "GetAccessKeyLastUsed", AccessKeyId=key)["UserName"])


def _has_password(aws: Reader, user: str) -> bool:
    try:
        aws.ask("iam", "GetLoginProfile", UserName=user)
    except NotThere:
        return False
    return True


LOOKUPS = (
    Lookup(
        name="iam.user",
        takes=("principal",),
        reads=("iam:GetUser", "iam:ListAccessKeys", "iam:GetLoginProfile", "iam:GetAccessKeyLastUsed"),
        look=_user,
        is_global=True,
    ),
)
