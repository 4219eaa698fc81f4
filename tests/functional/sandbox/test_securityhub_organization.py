"""Delegated administrators and members, in the sandbox's Security Hub."""

import pytest

from secguard.sandbox.shared import set_administrator

MANAGEMENT = "111111111111"


@pytest.fixture
def organization(bare_client):
    """An organization of the management account and two more; their ids."""
    organizations = bare_client("organizations", account=MANAGEMENT)
    organizations.create_organization(FeatureSet="ALL")
    return [
        organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["AccountId"]
        for name in ("audit", "workload")
    ]


@pytest.fixture
def management(bare_client, organization):
    return bare_client("securityhub", account=MANAGEMENT)


@pytest.fixture
def delegated(bare_client, management, organization):
    """The delegated administrator, with its hub on."""
    management.enable_organization_admin_account(AdminAccountId=organization[0])
    client = bare_client("securityhub", account=organization[0])
    client.enable_security_hub(EnableDefaultStandards=False)
    return client


def test_an_administrator_is_designated_by_region(bare_client, delegated, management, organization):
    elsewhere = bare_client("securityhub", "eu-west-1", account=MANAGEMENT)

    assert management.list_organization_admin_accounts()["AdminAccounts"] == [
        {"AccountId": organization[0], "Status": "ENABLED"}
    ]
    assert elsewhere.list_organization_admin_accounts()["AdminAccounts"] == []
    assert management.list_organization_admin_accounts(Feature="SecurityHubV2")["AdminAccounts"] == []


def test_only_the_management_account_designates(bare_client, organization):
    workload = bare_client("securityhub", account=organization[1])

    with pytest.raises(workload.exceptions.AccessDeniedException):
        workload.enable_organization_admin_account(AdminAccountId=organization[0])


def test_another_administrator_is_refused(delegated, management, organization):
    with pytest.raises(management.exceptions.ResourceConflictException):
        management.enable_organization_admin_account(AdminAccountId=organization[1])


def test_members_that_are_created_have_their_hub_turned_on(bare_client, delegated, organization):
    left = delegated.create_members(
        AccountDetails=[{"AccountId": each, "Email": "x@example.com"} for each in reversed(organization)]
    )["UnprocessedAccounts"]

    theirs = bare_client("securityhub", account=organization[1])
    assert [each["AccountId"] for each in left] == [organization[0]]
    assert theirs.get_administrator_account()["Administrator"]["AccountId"] == organization[0]
    assert [each["AccountId"] for each in delegated.list_members()["Members"]] == [organization[1]]
    found = delegated.get_members(AccountIds=[organization[1], "999999999999"])
    assert [each["MemberStatus"] for each in found["Members"]] == ["Enabled"]
    assert [each["AccountId"] for each in found["UnprocessedAccounts"]] == ["999999999999"]


def test_an_account_of_no_organization_has_to_be_invited(delegated):
    delegated.create_members(AccountDetails=[{"AccountId": "999999999999"}])

    assert delegated.list_members()["Members"] == []
    (listed,) = delegated.list_members(OnlyAssociated=False)["Members"]
    assert listed["MemberStatus"] == "Created"


def test_members_leave(delegated, organization):
    delegated.create_members(AccountDetails=[{"AccountId": organization[1]}])

    delegated.disassociate_members(AccountIds=[organization[1]])
    assert delegated.list_members()["Members"] == []
    left = delegated.delete_members(AccountIds=[organization[1], "999999999999"])["UnprocessedAccounts"]

    assert [each["AccountId"] for each in left] == ["999999999999"]
    assert delegated.list_members(OnlyAssociated=False)["Members"] == []


def test_the_configuration_is_the_administrators(bare_client, delegated, organization):
    delegated.update_organization_configuration(AutoEnable=True, AutoEnableStandards="NONE")

    found = delegated.describe_organization_configuration()
    assert (found["AutoEnable"], found["AutoEnableStandards"]) == (True, "NONE")
    assert found["OrganizationConfiguration"]["ConfigurationType"] == "LOCAL"
    workload = bare_client("securityhub", account=organization[1])
    workload.enable_security_hub()
    with pytest.raises(workload.exceptions.InvalidAccessException):
        workload.describe_organization_configuration()


def test_central_configuration_wants_the_home_region_and_the_rest_off(delegated):
    central = {"OrganizationConfiguration": {"ConfigurationType": "CENTRAL"}, "AutoEnableStandards": "NONE"}
    with pytest.raises(delegated.exceptions.InvalidInputException):
        delegated.update_organization_configuration(AutoEnable=False, **central)
    delegated.create_finding_aggregator(RegionLinkingMode="ALL_REGIONS")
    with pytest.raises(delegated.exceptions.InvalidInputException):
        delegated.update_organization_configuration(AutoEnable=True, **central)

    delegated.update_organization_configuration(AutoEnable=False, **central)

    found = delegated.describe_organization_configuration()["OrganizationConfiguration"]
    assert found == {"ConfigurationType": "CENTRAL", "Status": "ENABLED"}


def test_an_administrator_of_every_region_is_dismissed_in_one(bare_client, organization):
    set_administrator(organization[0], organization[1:])
    ohio, ireland = (bare_client("securityhub", region, account=MANAGEMENT) for region in ("us-east-2", "eu-west-1"))

    ohio.disable_organization_admin_account(AdminAccountId=organization[0])

    assert ohio.list_organization_admin_accounts()["AdminAccounts"] == []
    assert len(ireland.list_organization_admin_accounts()["AdminAccounts"]) == 1


def test_an_administrator_is_dismissed(delegated, management, organization):
    delegated.create_members(AccountDetails=[{"AccountId": organization[1]}])

    management.disable_organization_admin_account(AdminAccountId=organization[0])

    assert management.list_organization_admin_accounts()["AdminAccounts"] == []
    assert delegated.list_members()["Members"] == []
