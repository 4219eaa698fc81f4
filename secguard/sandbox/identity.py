"""Who calls, and who may become whom: IAM and STS as AWS has them, where moto says yes to everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import moto.iam.urls
import moto.sts.urls
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, iam_backends
from moto.sts.models import STSBackend, sts_backends
from moto.sts.responses import TokenResponse

from secguard.sandbox.trust import trusts
from secguard.sandbox.wire import Refusal

if TYPE_CHECKING:
    from moto.core.responses import ActionResult
    from moto.iam.models import InstanceProfile, Role, User

# IAM quotas: all inline policies of a user together may have 2,048 characters, of a role 10,240; white space is free.
USER_INLINE_CHARACTERS = 2048
ROLE_INLINE_CHARACTERS = 10240


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The principal behind an access key."""

    account: str
    arn: str
    active: bool
    session: bool
    """Whether these are a role's temporary credentials."""


def caller_of(access_key: str) -> Caller | None:
    """Find who an access key belongs to; None if nobody."""
    for account_id, backends in list(iam_backends.items()):
        iam = backends["aws"]
        key = iam.access_keys.get(access_key)
        if key is None:
            continue
        if key.role_arn:
            session = sts_backends[account_id]["aws"].get_assumed_role_from_access_key(access_key)
            arn = session.arn if session else key.role_arn
            return Caller(account=account_id, arn=arn, active=True, session=True)
        user = iam.get_user_from_access_key_id(access_key)
        arn = user.arn if user else f"arn:aws:iam::{account_id}:root"
        return Caller(account=account_id, arn=arn, active=key.status == "Active", session=False)
    return None


class Iam(IAMBackend):
    """IAM with its quotas, and with console passwords that survive an update of something else."""

    @property
    def _url_module(self) -> Any:
        return moto.iam.urls

    def create_user(self, region_name: str, user_name: str, *rest: Any, **named: Any) -> User:
        """Create a user whose id looks like a user's."""
        user = super().create_user(region_name, user_name, *rest, **named)
        user.id = f"AIDA{user.id[:17].upper()}"
        return user

    def create_instance_profile(self, *args: Any, **named: Any) -> InstanceProfile:
        """Create a profile whose id looks like a profile's."""
        profile = super().create_instance_profile(*args, **named)
        profile.id = f"AIPA{profile.id[:17].upper()}"
        return profile

    def update_login_profile(
        self,
        user_name: str,
        password: str | None,
        password_reset_required: bool | None,  # noqa: FBT001 - moto's signature
    ) -> User:
        """Change only what was given."""
        user = self.get_user(user_name)
        if not user.password:
            raise NotFoundException(f"Login Profile for User {user_name} cannot be found.")
        if password is not None:
            user.password = password
        if password_reset_required is not None:
            user.password_reset_required = password_reset_required
        return user

    def put_user_policy(self, user_name: str, policy_name: str, policy_json: str) -> None:
        """Put an inline policy within the quota of the user."""
        others = {**self.get_user(user_name).policies, policy_name: policy_json}
        _within(USER_INLINE_CHARACTERS, others, f"user {user_name}")
        super().put_user_policy(user_name, policy_name, policy_json)

    def put_role_policy(self, role_name: str, policy_name: str, policy_json: str) -> None:
        """Put an inline policy within the quota of the role."""
        role = self.get_role(role_name)
        _refuse_service_linked(role)
        _within(ROLE_INLINE_CHARACTERS, {**role.policies, policy_name: policy_json}, f"role {role_name}")
        super().put_role_policy(role_name, policy_name, policy_json)


def _within(quota: int, policies: dict[str, str], owner: str) -> None:
    size = sum(len("".join(document.split())) for document in policies.values())
    if size > quota:
        raise Refusal("iam", 409, "LimitExceeded", f"Maximum policy size of {quota} bytes exceeded for {owner}")


def _refuse_service_linked(role: Role) -> None:
    if role.path.startswith("/aws-service-role/"):
        raise Refusal(
            "iam",
            400,
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS",
        )


class Sts(STSBackend):
    """STS, found by moto under its own address."""

    @property
    def _url_module(self) -> Any:
        return moto.sts.urls


class Tokens(TokenResponse):
    """STS that looks at the role before it hands out its credentials."""

    def assume_role(self) -> ActionResult:
        """AssumeRole, if the role exists, trusts the caller, and lasts as long as asked for."""
        caller = caller_of(self.get_access_key())
        role_arn = self._get_param("RoleArn")
        role = _role(role_arn)
        external_id = self._get_param("ExternalId")
        if caller is None or role is None or not trusts(role.assume_role_policy_document, caller.arn, external_id):
            who = caller.arn if caller else "anonymous"
            raise Refusal(
                "sts",
                403,
                "AccessDenied",
                f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            )
        _check_duration(self._get_int_param("DurationSeconds", 3600), role, chained=caller.session)
        return super().assume_role()


def _role(arn: str) -> Role | None:
    account_id = arn.split(":")[4] if arn.count(":") >= 5 else ""
    if account_id not in iam_backends:
        return None
    try:
        return iam_backends[account_id]["aws"].get_role_by_arn(arn)
    except NotFoundException:
        return None


def _check_duration(seconds: int, role: Role, *, chained: bool) -> None:
    if chained and seconds > 3600:
        raise Refusal(
            "sts",
            400,
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    if seconds > int(role.max_session_duration or 3600):
        raise Refusal(
            "sts",
            400,
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )


def install() -> None:
    """Put the corrected IAM and STS in place of moto's."""
    iam_backends.backend = Iam
    sts_backends.backend = Sts
    moto.sts.urls.url_paths = dict.fromkeys(moto.sts.urls.url_paths, Tokens.dispatch)
