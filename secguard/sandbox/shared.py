"""What belongs to no single account and Region: who administers whom, what a Region lacks, how slow AWS is.

moto's reset clears it like any other state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from moto.core.base_backend import BackendDict, BaseBackend
from moto.organizations.models import organizations_backends

from secguard.sandbox import clock

ServiceName = Literal["guardduty", "securityhub"]

EVERYWHERE = "*"
"""Stands for every Region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account whose findings its administrator sees and manages."""

    account: str
    email: str
    joined_at: str
    associated: bool = True
    """Whether it still is a member. A disassociated one is listed, and seen no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organization's management account, and the e-mail address of each account by its id."""

    management: str
    accounts: Mapping[str, str]


class SharedState(BaseBackend):
    """State that all accounts and Regions share."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.designated: dict[tuple[ServiceName, str], str | None] = {}
        """The organization's administrator by service and Region; None where it was dismissed."""
        self.memberships: dict[tuple[ServiceName, str, str], dict[str, Member]] = {}
        """Members by service, Region and administrator."""
        # RDS Protection is not offered in ap-east-2: the Region table of the GuardDuty user guide.
        self.unsupported_features: dict[str, frozenset[str]] = {"ap-east-2": frozenset({"RDS_LOGIN_EVENTS"})}
        self.pending_polls = 1
        """How many times GetEnabledStandards answers PENDING or DELETING before a standard settles."""


_states: BackendDict[SharedState] = BackendDict(
    SharedState, "secguard", use_boto3_regions=False, additional_regions=["aws"]
)


def shared() -> SharedState:
    """The one shared state, made anew after each reset."""
    return _states["000000000000"]["aws"]


def set_administrator(account: str, members: Iterable[str]) -> None:
    """Make an account the organization's administrator for GuardDuty and Security Hub in every Region.

    Its members' findings are then its to see. Their services are left as they are.
    """
    organization = organization_of(account)
    emails = organization.accounts if organization else {}
    joined_at = clock.iso_millis(clock.now())
    listed = {
        each: Member(account=each, email=emails.get(each, f"{each}@example.com"), joined_at=joined_at)
        for each in members
    }
    services: tuple[ServiceName, ...] = ("guardduty", "securityhub")
    for service in services:
        shared().designated[service, EVERYWHERE] = account
        shared().memberships[service, EVERYWHERE, account] = dict(listed)


def set_unsupported_features(region: str, features: Iterable[str]) -> None:
    """Say which GuardDuty features a Region lacks."""
    shared().unsupported_features[region] = frozenset(features)


def all_members(service: ServiceName, region: str, administrator: str) -> dict[str, Member]:
    """The accounts listed as members in a Region, disassociated ones included, in the order they joined."""
    memberships = shared().memberships
    everywhere = memberships.get((service, EVERYWHERE, administrator), {})
    return {**everywhere, **memberships.get((service, region, administrator), {})}


def members_of(service: ServiceName, region: str, administrator: str) -> dict[str, Member]:
    """The accounts that an account administers in a Region."""
    listed = all_members(service, region, administrator)
    return {account: member for account, member in listed.items() if member.associated}


def set_members(service: ServiceName, region: str, administrator: str, members: Mapping[str, Member]) -> None:
    """Replace what is listed for one Region. What was said of every Region then holds for the others only."""
    state = shared()
    everywhere = state.memberships.get((service, EVERYWHERE, administrator), {})
    gone = {
        account: Member(account=account, email=member.email, joined_at=member.joined_at, associated=False)
        for account, member in everywhere.items()
        if account not in members
    }
    state.memberships[service, region, administrator] = {**gone, **members}


def administrator_of(service: ServiceName, region: str, account: str) -> str | None:
    """Who administers an account in a Region, if anyone does."""
    for name, place, administrator in list(shared().memberships):
        if name == service and place in (region, EVERYWHERE) and account in members_of(service, region, administrator):
            return administrator
    return None


def designated(service: ServiceName, region: str) -> str | None:
    """The organization's delegated administrator for a service in a Region."""
    here_and_everywhere = shared().designated
    return here_and_everywhere.get((service, region), here_and_everywhere.get((service, EVERYWHERE)))


def dismiss(service: ServiceName, region: str) -> None:
    """Have no delegated administrator in a Region any more, and nobody be its member there."""
    account = designated(service, region)
    if account is not None:
        set_members(service, region, account, {})
    shared().designated[service, region] = None


def organization_of(account: str) -> Organization | None:
    """The organization that an account belongs to, if any."""
    management, partition = organizations_backends.master_accounts.get(account, (account, "aws"))
    whole = organizations_backends[management][partition]
    if whole.org is None:
        return None
    accounts = {each.id: each.email for each in whole.accounts}
    return Organization(management=whole.org.master_account_id, accounts=accounts)
