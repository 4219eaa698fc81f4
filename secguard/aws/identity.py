"""Who secguard is to AWS: the caller, and every identity it acts through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secguard.errors import BrokenAnswer

if TYPE_CHECKING:
    from botocore.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The identity that the credentials belong to."""

    account: str
    arn: str
    """As GetCallerIdentity says it: of a user, of a role's session, of the root user."""
    partition: str
    hops: tuple[str, ...]
    """Every identity secguard acts through, itself first: users, sessions, and the roles those are of.

    The path of a role can't be told from its session: such a role stands here without one.
    """


def identify(arn: str, *, through: Iterable[str] = ()) -> Caller:
    """The caller with this ARN, reached through other identities. Raises BrokenAnswer for what is no ARN."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise BrokenAnswer(f"sts:GetCallerIdentity: {arn!r} is no ARN", service="sts", operation="GetCallerIdentity")
    hops = dict.fromkeys(hop for identity in (arn, *through) for hop in identities(identity))
    return Caller(account=parts[4], arn=arn, partition=parts[1], hops=tuple(hops))


def identities(arn: str) -> Iterator[str]:
    """The ARN itself and, for a session, the role or user it is a session of."""
    yield arn
    _, partition, _, _, account, resource = arn.split(":", 5)
    kind, *names = resource.split("/")
    if kind == "assumed-role":
        yield f"arn:{partition}:iam::{account}:role/{names[0]}"
    elif kind == "federated-user":
        yield f"arn:{partition}:iam::{account}:user/{names[0]}"


def source_profiles(session: Session, profile: str | None) -> Iterator[tuple[str, str | None]]:
    """How the session comes to its credentials: each role it assumes, outermost first, and the profile it does so with.

    Nothing where it assumes none, whatever the profile says: credentials in the environment come first.
    """
    credentials = session.get_credentials()
    if credentials is None or credentials.method != "assume-role":
        return
    profiles = session.full_config["profiles"]
    seen: set[str] = set()
    name: str | None = profile or session.profile or "default"
    while name is not None and name not in seen and (role := profiles.get(name, {}).get("role_arn")):
        seen.add(name)
        name = profiles[name].get("source_profile")
        yield role, name
