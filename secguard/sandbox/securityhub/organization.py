"""The organization's administrator for Security Hub, and how new members are set up."""

from __future__ import annotations

from secguard.sandbox.operations import Answer, ApiError, Ask
from secguard.sandbox.securityhub.backend import SecurityHubBackend
from secguard.sandbox.securityhub.refusals import conflict, denied, invalid_input
from secguard.sandbox.securityhub.scope import aggregator_of
from secguard.sandbox.shared import designated, dismiss, organization_of, shared

LOCAL = {"ConfigurationType": "LOCAL", "Status": "ENABLED"}


def list_admin_accounts(here: SecurityHubBackend, ask: Ask) -> Answer:
    """ListOrganizationAdminAccounts: one at most. The OCSF service has none."""
    feature = ask.get("Feature", "SecurityHub")
    account = designated("securityhub", here.region_name) if feature == "SecurityHub" else None
    known = account is not None and organization_of(account) == organization_of(here.account_id)
    return {"AdminAccounts": [{"AccountId": account, "Status": "ENABLED"}] if known else [], "Feature": feature}


def enable_admin_account(here: SecurityHubBackend, ask: Ask) -> Answer:
    """EnableOrganizationAdminAccount: in this Region."""
    account = ask["AdminAccountId"]
    _refuse_unless_management(here, account)
    if designated("securityhub", here.region_name) not in (None, account):
        raise conflict("Another account is already the Security Hub administrator of the organization")
    shared().designated["securityhub", here.region_name] = account
    return {"AdminAccountId": account, "Feature": ask.get("Feature", "SecurityHub")}


def disable_admin_account(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DisableOrganizationAdminAccount: in this Region, where its members are on their own again."""
    account = ask["AdminAccountId"]
    _refuse_unless_management(here, account)
    if designated("securityhub", here.region_name) != account:
        raise invalid_input(f"Account {account} is not the Security Hub administrator of the organization")
    dismiss("securityhub", here.region_name)
    return {}


def describe_configuration(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DescribeOrganizationConfiguration: for the delegated administrator."""
    del ask
    here.subscribed()
    _refuse_unless_administrator(here)
    return {"MemberAccountLimitReached": False, "OrganizationConfiguration": LOCAL, **here.organization}


def update_configuration(here: SecurityHubBackend, ask: Ask) -> Answer:
    """UpdateOrganizationConfiguration: central configuration is set in the home Region and turns the rest off."""
    here.subscribed()
    _refuse_unless_administrator(here)
    wanted: Ask = {name: ask[name] for name in ("AutoEnable", "AutoEnableStandards") if name in ask}
    kind = ask.get("OrganizationConfiguration", {}).get("ConfigurationType")
    if kind == "CENTRAL":
        if ask["AutoEnable"] or ask.get("AutoEnableStandards") != "NONE":
            raise invalid_input("AutoEnable and AutoEnableStandards must be off with central configuration")
        found = aggregator_of(here)
        if found is None or found[1] != here.region_name:
            raise invalid_input("Central configuration can only be set in the home Region")
    if kind:
        wanted["OrganizationConfiguration"] = {"ConfigurationType": kind, "Status": "ENABLED"}
    here.organization = {**here.organization, **wanted}
    return {}


def _refuse_unless_management(here: SecurityHubBackend, account: str) -> None:
    organization = organization_of(here.account_id)
    if organization is None or organization.management != here.account_id:
        raise denied("You do not have sufficient access to perform this action.")
    if account not in organization.accounts:
        raise invalid_input(f"Account {account} is not a member of the organization")


def _refuse_unless_administrator(here: SecurityHubBackend) -> None:
    if designated("securityhub", here.region_name) != here.account_id:
        message = f"Account {here.account_id} is not an administrator for this organization"
        raise ApiError("InvalidAccessException", message)


OPERATIONS = {
    "ListOrganizationAdminAccounts": list_admin_accounts,
    "EnableOrganizationAdminAccount": enable_admin_account,
    "DisableOrganizationAdminAccount": disable_admin_account,
    "DescribeOrganizationConfiguration": describe_configuration,
    "UpdateOrganizationConfiguration": update_configuration,
}
