"""Delegated administrators and members, in the sandbox's GuardDuty."""

import pytest

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
    return bare_client("guardduty", account=MANAGEMENT)


@pytest.fixture
def delegated(bare_client, management, organization):
    """The delegated administrator's client and detector."""
    management.enable_organization_admin_account(AdminAccountId=organization[0])
    client = bare_client("guardduty", account=organization[0])
    return client, client.list_detectors()["DetectorIds"][0]


def test_designating_an_administrator_turns_its_detector_on(delegated, management, organization):
    client, detector = delegated

    assert client.get_detector(DetectorId=detector)["Status"] == "ENABLED"
    listed = management.list_organization_admin_accounts()["AdminAccounts"]
    assert listed == [{"AdminAccountId": organization[0], "AdminStatus": "ENABLED"}]


def test_the_same_administrator_may_be_designated_again_and_another_not(delegated, management, organization):
    management.enable_organization_admin_account(AdminAccountId=organization[0])

    with pytest.raises(management.exceptions.BadRequestException, match="another account is already enabled"):
        management.enable_organization_admin_account(AdminAccountId=organization[1])


def test_only_accounts_of_the_organization_can_be_designated(management):
    with pytest.raises(management.exceptions.BadRequestException, match="not member of AWS Organizations"):
        management.enable_organization_admin_account(AdminAccountId="999999999999")


def test_members_that_are_created_get_a_detector(bare_client, delegated, organization):
    client, detector = delegated

    left = client.create_members(
        DetectorId=detector,
        AccountDetails=[
            {"AccountId": organization[1], "Email": "workload@example.com"},
            {"AccountId": organization[0], "Email": "audit@example.com"},
        ],
    )["UnprocessedAccounts"]

    theirs = bare_client("guardduty", account=organization[1])
    (member,) = client.list_members(DetectorId=detector)["Members"]
    assert [each["AccountId"] for each in left] == [organization[0]]
    assert (member["AccountId"], member["RelationshipStatus"]) == (organization[1], "Enabled")
    assert member["DetectorId"] == theirs.list_detectors()["DetectorIds"][0]
    administrator = theirs.get_administrator_account(DetectorId=member["DetectorId"])["Administrator"]
    assert administrator["AccountId"] == organization[0]


def test_all_brings_in_every_account_with_the_features_asked_for(bare_client, delegated, organization):
    client, detector = delegated

    client.update_organization_configuration(
        DetectorId=detector,
        AutoEnableOrganizationMembers="ALL",
        Features=[{"Name": "S3_DATA_EVENTS", "AutoEnable": "NONE"}, {"Name": "EKS_AUDIT_LOGS", "AutoEnable": "ALL"}],
    )

    members = {each["AccountId"] for each in client.list_members(DetectorId=detector)["Members"]}
    assert members == {MANAGEMENT, organization[1]}
    configured = client.describe_organization_configuration(DetectorId=detector)
    assert configured["AutoEnableOrganizationMembers"] == "ALL"
    found = client.get_member_detectors(DetectorId=detector, AccountIds=[organization[1]])
    (theirs,) = found["MemberDataSourceConfigurations"]
    status = {each["Name"]: each["Status"] for each in theirs["Features"]}
    assert (status["S3_DATA_EVENTS"], status["EKS_AUDIT_LOGS"]) == ("DISABLED", "ENABLED")


def test_members_can_not_leave_while_all_are_brought_in(delegated, organization):
    client, detector = delegated
    client.update_organization_configuration(DetectorId=detector, AutoEnableOrganizationMembers="ALL")

    with pytest.raises(client.exceptions.BadRequestException):
        client.disassociate_members(DetectorId=detector, AccountIds=[organization[1]])


def test_an_administrator_sets_its_members_features(bare_client, delegated, organization):
    client, detector = delegated
    client.create_members(
        DetectorId=detector, AccountDetails=[{"AccountId": organization[1], "Email": "workload@example.com"}]
    )

    left = client.update_member_detectors(
        DetectorId=detector,
        AccountIds=[organization[1], "999999999999"],
        Features=[{"Name": "LAMBDA_NETWORK_LOGS", "Status": "DISABLED"}],
    )["UnprocessedAccounts"]

    theirs = bare_client("guardduty", account=organization[1])
    (theirs_id,) = theirs.list_detectors()["DetectorIds"]
    features = {each["Name"]: each["Status"] for each in theirs.get_detector(DetectorId=theirs_id)["Features"]}
    assert features["LAMBDA_NETWORK_LOGS"] == "DISABLED"
    assert [each["AccountId"] for each in left] == ["999999999999"]


def test_only_the_delegated_administrator_sees_the_configuration(bare_client, organization):
    client = bare_client("guardduty", account=organization[1])
    detector = client.create_detector(Enable=True)["DetectorId"]

    with pytest.raises(client.exceptions.BadRequestException):
        client.describe_organization_configuration(DetectorId=detector)


def test_disassociated_members_stay_listed_and_deleted_ones_do_not(delegated, organization):
    client, detector = delegated
    details = [{"AccountId": organization[1], "Email": "workload@example.com"}]
    client.create_members(DetectorId=detector, AccountDetails=details)

    client.disassociate_members(DetectorId=detector, AccountIds=[organization[1]])
    assert client.list_members(DetectorId=detector)["Members"] == []
    (member,) = client.list_members(DetectorId=detector, OnlyAssociated="false")["Members"]
    assert member["RelationshipStatus"] == "Removed"

    client.delete_members(DetectorId=detector, AccountIds=[organization[1]])
    assert client.list_members(DetectorId=detector, OnlyAssociated="false")["Members"] == []


def test_an_administrator_that_is_dismissed_has_no_members(bare_client, delegated, management, organization):
    client, detector = delegated
    client.update_organization_configuration(DetectorId=detector, AutoEnableOrganizationMembers="ALL")

    management.disable_organization_admin_account(AdminAccountId=organization[0])

    assert management.list_organization_admin_accounts()["AdminAccounts"] == []
    assert bare_client("guardduty", account=organization[1]).list_detectors()["DetectorIds"] != []
    assert client.list_members(DetectorId=detector)["Members"] == []
