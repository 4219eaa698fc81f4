import pytest
from botocore.exceptions import ClientError

from secguard.sandbox.cast import ACCOUNT_NAMES, MANAGEMENT, PRODUCTION, STAGING


@pytest.fixture
def as_staging(breach, client):
    role = f"arn:aws:iam::{STAGING}:role/SecguardResponder"
    keys = client("sts").assume_role(RoleArn=role, RoleSessionName="secguard")["Credentials"]

    def make(service):
        return client(service, key=keys["AccessKeyId"], secret=keys["SecretAccessKey"], token=keys["SessionToken"])

    return make


def test_the_delegated_administrator_sees_every_account(breach, client):
    accounts = client("organizations").list_accounts()["Accounts"]

    assert {account["Id"]: account["Name"] for account in accounts} == ACCOUNT_NAMES
    assert {account["Status"] for account in accounts} == {"ACTIVE"}


def test_the_delegated_administrator_does_not_manage_the_organization(breach, client):
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client("organizations").create_account(AccountName="more", Email="more@example.com")


def test_production_is_registered_for_both_services(breach, client):
    organizations = client("organizations")

    for service in ("guardduty", "securityhub"):
        listed = organizations.list_delegated_administrators(ServicePrincipal=f"{service}.amazonaws.com")
        assert [account["Id"] for account in listed["DelegatedAdministrators"]] == [PRODUCTION]


def test_a_plain_member_knows_its_organization_and_no_more(as_staging):
    organizations = as_staging("organizations")

    assert organizations.describe_organization()["Organization"]["MasterAccountId"] == MANAGEMENT
    with pytest.raises(ClientError, match="AccessDeniedException"):
        organizations.list_accounts()


def test_a_reset_to_empty_leaves_no_organization(breach, client):
    breach.reset("empty")

    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        client("organizations").describe_organization()


def test_a_member_is_administered_where_production_is_covered(breach, client, as_staging):
    hub = as_staging("securityhub").get_administrator_account()["Administrator"]

    assert hub["AccountId"] == PRODUCTION
