"""Whom this account administers in Security Hub, and who administers it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from secguard.sandbox import clock
from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.securityhub.backend import SecurityHubBackend, backend_of
from secguard.sandbox.securityhub.hub import enable_security_hub
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.shared import (
    Member,
    administrator_of,
    all_members,
    designated,
    members_of,
    organization_of,
    set_members,
)


def get_administrator_account(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetAdministratorAccount: empty for an account that nobody administers."""
    del ask
    return _administrator(here, "Administrator")


def get_master_account(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetMasterAccount: the older name."""
    del ask
    return _administrator(here, "Master")


def _administrator(here: SecurityHubBackend, key: str) -> Answer:
    here.subscribed()
    account = administrator_of("securityhub", here.region_name, here.account_id)
    if account is None:
        return {}
    own = members_of("securityhub", here.region_name, account)[here.account_id]
    return {key: {"AccountId": account, "InvitedAt": own.joined_at, "MemberStatus": "Enabled"}}


def list_members(here: SecurityHubBackend, ask: Ask) -> Answer:
    """ListMembers: associated ones only, unless told otherwise."""
    here.subscribed()
    listing = members_of if ask.get("OnlyAssociated", True) else all_members
    listed = listing("securityhub", here.region_name, here.account_id)
    return page(here, ask, "Members", lambda: [_shown(here, each) for each in listed.values()], default_size=50)


def get_members(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetMembers."""
    here.subscribed()
    listed = all_members("securityhub", here.region_name, here.account_id)
    known = [_shown(here, listed[account]) for account in ask["AccountIds"] if account in listed]
    return {
        "Members": known,
        "UnprocessedAccounts": _unprocessed(each for each in ask["AccountIds"] if each not in listed),
    }


def create_members(here: SecurityHubBackend, ask: Ask) -> Answer:
    """CreateMembers: the delegated administrator's take part at once, with the hub turned on."""
    here.subscribed()
    unprocessed = []
    for details in ask["AccountDetails"]:
        account, problem = details["AccountId"], _unfit(here, details["AccountId"])
        if problem:
            unprocessed.append({"AccountId": account, "ProcessingResult": problem})
        else:
            _add(here, account, details.get("Email", ""))
    return {"UnprocessedAccounts": unprocessed}


def disassociate_members(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DisassociateMembers: they stay listed."""
    _leave(here, ask, keep_listed=True)
    return {}


def delete_members(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DeleteMembers."""
    left = _leave(here, ask, keep_listed=False)
    return {"UnprocessedAccounts": _unprocessed(each for each in ask["AccountIds"] if each not in left)}


def _add(here: SecurityHubBackend, account: str, email: str) -> None:
    organization = organization_of(here.account_id)
    of_organization = organization is not None and account in organization.accounts
    delegated = designated("securityhub", here.region_name) == here.account_id
    listed = all_members("securityhub", here.region_name, here.account_id)
    # Accounts outside of the organization have to be invited first.
    member = Member(
        account=account,
        email=email or (organization.accounts.get(account, "") if organization else ""),
        joined_at=clock.iso_millis(clock.now()),
        associated=of_organization and delegated,
    )
    set_members("securityhub", here.region_name, here.account_id, {**listed, account: member})
    there = backend_of(account, here.region_name)
    if member.associated and there.hub is None:
        enable_security_hub(there, {"EnableDefaultStandards": here.organization["AutoEnableStandards"] == "DEFAULT"})


def _leave(here: SecurityHubBackend, ask: Ask, *, keep_listed: bool) -> dict[str, Member]:
    here.subscribed()
    listed = all_members("securityhub", here.region_name, here.account_id)
    leaving = {account: listed.pop(account) for account in ask["AccountIds"] if account in listed}
    if keep_listed:
        listed.update({account: replace(member, associated=False) for account, member in leaving.items()})
    set_members("securityhub", here.region_name, here.account_id, listed)
    return leaving


def _unfit(here: SecurityHubBackend, account: str) -> str | None:
    if account == here.account_id:
        return "An account can't be a member of itself"
    if administrator_of("securityhub", here.region_name, account):
        return f"Account {account} is already a member"
    return None


def _unprocessed(accounts: Iterable[str]) -> list[dict[str, str]]:
    return [{"AccountId": account, "ProcessingResult": f"Account {account} is not a member"} for account in accounts]


def _shown(here: SecurityHubBackend, member: Member) -> dict[str, Any]:
    return {
        "AccountId": member.account,
        **({"Email": member.email} if member.email else {}),
        "MasterId": here.account_id,
        "AdministratorId": here.account_id,
        "MemberStatus": "Enabled" if member.associated else "Created",
        "InvitedAt": member.joined_at,
        "UpdatedAt": member.joined_at,
    }


OPERATIONS = {
    "GetAdministratorAccount": get_administrator_account,
    "GetMasterAccount": get_master_account,
    "ListMembers": list_members,
    "GetMembers": get_members,
    "CreateMembers": create_members,
    "DisassociateMembers": disassociate_members,
    "DeleteMembers": delete_members,
}
