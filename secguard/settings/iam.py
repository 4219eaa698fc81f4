"""IAM users: inline policies, access keys, passwords. IAM is global, and consistent only after some seconds."""

from __future__ import annotations

import json
from typing import Any

from secguard.engine.change import Undo
from secguard.engine.seam import Call, Reader
from secguard.engine.setting import Address, Read, WayBack
from secguard.errors import NotThere
from secguard.model import Value
from secguard.settings.playable import Playable


class UserSetting(Playable):
    """Something an IAM user has; the user is what the guardrails look at."""

    is_global = True

    def subjects(self, aws: Reader, address: Address) -> tuple[str, ...]:
        """The user's ARN, with the path that only IAM knows."""
        return (str(aws.ask("iam", "GetUser", UserName=address["user"])["User"]["Arn"]),)


class UserPolicy(UserSetting):
    """One inline policy of a user: its document, or None."""

    name = "iam.user-policy"
    keys = ("user", "policy")
    reads = ("iam:GetUserPolicy", "iam:GetUser")
    writes = ("iam:PutUserPolicy", "iam:DeleteUserPolicy")

    def read(self, aws: Reader, address: Address) -> Read:
        """Tells a user without the policy from a user who is gone."""
        user = address["user"]
        try:
            answer = aws.ask("iam", "GetUserPolicy", UserName=user, PolicyName=address["policy"])
        except NotThere:
            aws.ask("iam", "GetUser", UserName=user)
            return Read(None)
        document = answer["PolicyDocument"]
        return Read(json.loads(document) if isinstance(document, str) else document)

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Put the document, or delete the policy."""
        names = {"UserName": address["user"], "PolicyName": address["policy"]}
        if wanted is None:
            return [Call("iam", "DeleteUserPolicy", names)]
        # Without spaces: all inline policies of a user together may have 2,048 characters.
        document = json.dumps(wanted, separators=(",", ":"))
        return [Call("iam", "PutUserPolicy", {**names, "PolicyDocument": document})]

    def target(self, address: Address) -> str:
        """The user."""
        return f"IAM user {address['user']}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """Says in words what a policy that denies everything does."""
        if after is None:
            return f"remove inline policy {address['policy']}"
        verb = "put" if before is None else "replace"
        effect = " that denies everything" if _denies_all(after) else ""
        return f"{verb} inline policy {address['policy']}{effect}"


class AccessKeyStatus(UserSetting):
    """Whether an access key works: "Active" or "Inactive"."""

    name = "iam.access-key-status"
    keys = ("user", "key")
    reads = ("iam:ListAccessKeys", "iam:GetUser")
    writes = ("iam:UpdateAccessKey",)

    def read(self, aws: Reader, address: Address) -> Read:
        """The status in the user's list of keys. Raises NotThere when the key or the user is gone."""
        for key in aws.items("iam", "ListAccessKeys", "AccessKeyMetadata", UserName=address["user"]):
            if key["AccessKeyId"] == address["key"]:
                return Read(key["Status"])
        raise NotThere(f"{self.target(address)} no longer exists")

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Set the status."""
        parameters = {"UserName": address["user"], "AccessKeyId": address["key"], "Status": wanted}
        return [Call("iam", "UpdateAccessKey", parameters)]

    def target(self, address: Address) -> str:
        """The key and its user."""
        return f"access key {address['key']} of {address['user']}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """What becomes of the key."""
        return f"make the access key {str(after).lower()}"

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """Exact; a key that leaked is better replaced."""
        note = "a key that leaked is better replaced than made active again" if before == "Active" else None
        return WayBack(Undo.EXACT, before, note)


class PasswordReset(UserSetting):
    """Whether a user must choose a new password at the next console login. Without a console password there is none."""

    name = "iam.password-reset"
    keys = ("user",)
    reads = ("iam:GetLoginProfile", "iam:GetUser")
    writes = ("iam:UpdateLoginProfile",)

    def read(self, aws: Reader, address: Address) -> Read:
        """Raises NotThere when the user has no console password."""
        profile = aws.ask("iam", "GetLoginProfile", UserName=address["user"])["LoginProfile"]
        return Read(bool(profile.get("PasswordResetRequired", False)))

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Require it, or no longer; the password itself is left alone."""
        parameters = {"UserName": address["user"], "PasswordResetRequired": wanted}
        return [Call("iam", "UpdateLoginProfile", parameters)]

    def target(self, address: Address) -> str:
        """The user."""
        return f"IAM user {address['user']}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """What the next login asks for."""
        return "require a new password at the next login" if after else "no longer require a new password"


SETTINGS = (UserPolicy(), AccessKeyStatus(), PasswordReset())


def _denies_all(document: Value) -> bool:
    statements = document.get("Statement") if isinstance(document, dict) else None
    return isinstance(statements, list) and any(
        (statement.get("Effect"), statement.get("Action"), statement.get("Resource")) == ("Deny", "*", "*")
        and "Condition" not in statement
        for statement in statements
    )
