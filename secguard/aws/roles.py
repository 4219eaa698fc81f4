"""Become a role in another account. Nothing else in secguard assumes one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.credentials import CredentialProvider, DeferredRefreshableCredentials

from secguard.errors import Denied, NoCredentials

Ask = Callable[..., Mapping[str, Any]]
"""`ask(operation, **parameters)`: one call to the caller's own STS."""
LONGEST_SESSION_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """The role that is assumed in every account but the caller's own."""

    name: str
    """With its path, if it has one: `security/SecguardResponder`."""
    external_id: str | None
    partition: str
    session_name: str
    """What CloudTrail shows: `secguard-RUN`."""

    def arn(self, account: str) -> str:
        """The role in one account."""
        return f"arn:{self.partition}:iam::{account}:role/{self.name.strip('/')}"

    def request(self, account: str) -> dict[str, str]:
        """The parameters of AssumeRole."""
        external = {"ExternalId": self.external_id} if self.external_id else {}
        return {"RoleArn": self.arn(account), "RoleSessionName": self.session_name[:LONGEST_SESSION_NAME]} | external


class AssumedRole(CredentialProvider):
    """Credentials of the role in one account, assumed when first used and again before they expire."""

    METHOD = "assume-role"

    def __init__(self, role: Role, account: str, ask: Ask) -> None:
        self._role = role
        self._account = account
        self._ask = ask
        self._refusal: Denied | None = None
        self._lock = threading.Lock()

    def load(self) -> DeferredRefreshableCredentials:
        """The credentials; nothing is called yet."""
        return DeferredRefreshableCredentials(self._assume, self.METHOD)

    def _assume(self) -> dict[str, Any]:
        # Every Region and service of the account asks; one refusal answers them all.
        with self._lock:
            if self._refusal is None:
                try:
                    return self._fresh()
                except Denied as error:
                    self._refusal = error
            raise self._refused(self._refusal)

    def _fresh(self) -> dict[str, Any]:
        given = self._ask("AssumeRole", **self._role.request(self._account))["Credentials"]
        if given["Expiration"] <= datetime.now(UTC):
            raise NoCredentials(
                f"the credentials of {self._role.arn(self._account)} have expired before they came",
                advice="the clock of this machine is ahead of AWS's: set it right",
            )
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }

    def _refused(self, error: Denied) -> Denied:
        arn = self._role.arn(self._account)
        return Denied(
            f"the role {arn} can't be assumed: {error.aws_message or error}",
            code=error.code,
            service="sts",
            operation="AssumeRole",
            account=self._account,
            request_id=error.request_id,
            aws_message=error.aws_message,
            advice=f"create {arn} and let the caller assume it, or name another one with accounts.role",
        )
