import pytest
from botocore.exceptions import ClientError

CALLS = {
    "ec2": ("describe_instances", "AuthFailure", 401),
    "guardduty": ("list_detectors", "UnrecognizedClientException", 400),
    "iam": ("list_users", "InvalidClientTokenId", 403),
    "s3": ("list_buckets", "InvalidAccessKeyId", 403),
    "securityhub": ("describe_hub", "UnrecognizedClientException", 400),
    "sts": ("get_caller_identity", "InvalidClientTokenId", 403),
}


def names(answer):
    return {region["RegionName"] for region in answer["Regions"]}


def test_the_usable_regions_are_the_seventeen_that_need_no_opting_in(sandbox, client):
    regions = client("ec2").describe_regions()["Regions"]

    assert len(regions) == 17
    assert {region["OptInStatus"] for region in regions} == {"opt-in-not-required"}


def test_all_regions_are_those_of_one_partition(sandbox, client):
    everything = names(client("ec2").describe_regions(AllRegions=True))

    assert {"us-east-1", "me-south-1"} <= everything
    assert not any(name.startswith(("cn-", "us-gov-")) for name in everything)


def test_regions_can_be_filtered_by_their_status(sandbox, client):
    wanted = [{"Name": "opt-in-status", "Values": ["not-opted-in"]}]

    found = client("ec2").describe_regions(AllRegions=True, Filters=wanted)

    assert "me-south-1" in names(found)
    assert "us-east-1" not in names(found)


def test_an_unknown_region_cannot_be_described(sandbox, client):
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        client("ec2").describe_regions(RegionNames=["mars-north-1"])


@pytest.mark.parametrize("service", CALLS)
def test_a_region_that_is_off_knows_no_credentials(sandbox, client, service):
    operation, code, status = CALLS[service]

    with pytest.raises(ClientError) as refused:
        getattr(client(service, region="me-south-1"), operation)()

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_account_management_and_ec2_agree(sandbox, client):
    listed = client("account").list_regions(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])

    assert names(listed) == names(client("ec2").describe_regions())


def test_a_region_works_once_it_has_been_enabled(sandbox, client):
    account = client("account")
    account.enable_region(RegionName="me-south-1")

    seen = [account.get_region_opt_status(RegionName="me-south-1")["RegionOptStatus"] for _ in range(2)]

    assert seen == ["ENABLING", "ENABLED"]
    assert client("guardduty", region="me-south-1").list_detectors()["DetectorIds"] == []
    assert "me-south-1" in names(client("ec2").describe_regions())


def test_a_region_that_is_being_enabled_cannot_be_enabled_again(sandbox, client):
    client("account").enable_region(RegionName="me-south-1")

    with pytest.raises(ClientError, match="ConflictException"):
        client("account").enable_region(RegionName="me-south-1")


def test_a_region_of_every_account_cannot_be_disabled(sandbox, client):
    with pytest.raises(ClientError, match="ValidationException"):
        client("account").disable_region(RegionName="us-east-1")


def test_regions_are_listed_in_pages(sandbox, client):
    pages = client("account").get_paginator("list_regions").paginate(PaginationConfig={"PageSize": 10})

    found = [region["RegionName"] for page in pages for region in page["Regions"]]

    assert len(found) == len(set(found)) > 30


def test_another_account_is_not_for_the_asking(sandbox, client):
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client("account").list_regions(AccountId="222222222222")
