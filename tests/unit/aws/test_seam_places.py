"""Which Regions there are, for which accounts, and what becomes of the names an operator types."""

import pytest
from loopback_aws import Reply

from secguard.errors import Denied, NoCredentials, Unreachable, UsageError
from secguard.model import Place

OWN = "123456789012"
LIST = "POST /listRegions"
MEMBER = "222222222222"


def regions(**statuses):
    names = {name.replace("_", "-"): status for name, status in statuses.items()}
    return {"Regions": [{"RegionName": name, "RegionOptStatus": status} for name, status in names.items()]}


def described(*names, status="opt-in-not-required"):
    items = "".join(f"<item><regionName>{n}</regionName><optInStatus>{status}</optInStatus></item>" for n in names)
    return Reply(f"<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>")


def refused(code="AccessDeniedException", status=403):
    return Reply({"message": "no"}, status=status, headers={"x-amzn-ErrorType": code})


REFUSED_BY_EC2 = Reply(
    "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>",
    status=403,
)


def assumed(account):
    return Reply(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA" + account + "</AccessKeyId>"
        "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        "<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )


def test_the_enabled_regions_are_those_the_account_lists(aws, connect):
    aws.answers(
        LIST,
        Reply(
            regions(
                us_east_1="ENABLED_BY_DEFAULT",
                af_south_1="ENABLED",
                ap_east_1="DISABLED",
                me_south_1="ENABLING",
                il_central_1="DISABLING",
            )
        ),
    )

    assert connect().regions(OWN) == ["af-south-1", "us-east-1"]


def test_an_account_is_asked_once(aws, connect):
    aws.answers(LIST, Reply(regions(us_east_1="ENABLED_BY_DEFAULT")))
    connection = connect()

    assert connection.regions(OWN) == connection.for_run("r1").regions(OWN)
    assert len(aws.requests(LIST)) == 1


def test_regions_are_listed_to_the_last_page(aws, connect):
    first = regions(us_east_1="ENABLED") | {"NextToken": "t"}
    aws.answers(LIST, Reply(first), Reply(regions(eu_west_1="ENABLED")))

    assert connect().regions(OWN) == ["eu-west-1", "us-east-1"]


def test_ec2_is_asked_where_the_account_service_refuses(aws, connect):
    aws.answers(LIST, refused())
    aws.answers("DescribeRegions", described("us-east-1", "eu-west-1"))

    assert connect().regions(OWN) == ["eu-west-1", "us-east-1"]


def test_regions_of_other_partitions_are_not_ours(aws, connect):
    aws.answers(LIST, refused())
    aws.answers("DescribeRegions", described("us-east-1", "us-gov-west-1", "cn-north-1"))

    assert connect().regions(OWN) == ["us-east-1"]


def test_regions_that_are_not_opted_in_are_left_out(aws, connect):
    aws.answers(LIST, refused())
    aws.answers("DescribeRegions", described("ap-east-1", status="not-opted-in"))

    assert connect().regions(OWN) == []


def test_both_refusals_name_what_would_have_to_be_allowed(aws, connect):
    aws.answers(LIST, refused())
    aws.answers("DescribeRegions", REFUSED_BY_EC2)

    with pytest.raises(Denied) as caught:
        connect().regions(OWN)
    assert "account:ListRegions" in caught.value.advice
    assert "ec2:DescribeRegions" in caught.value.advice


def test_a_broken_list_is_not_an_account_without_regions(aws, connect):
    aws.answers(LIST, Reply("<html></html>"))
    aws.answers("DescribeRegions", REFUSED_BY_EC2)

    with pytest.raises(Denied, match="web page"):
        connect().regions(OWN)


class TestNamesAsTyped:
    def test_stand_for_places_in_every_account(self, aws, connect):
        places, unreached = connect().places(accounts=[MEMBER, OWN], regions=["eu-west-1", "us-east-1", "eu-west-1"])

        assert places == [Place(a, r) for a in (OWN, MEMBER) for r in ("eu-west-1", "us-east-1")]
        assert unreached == []

    def test_are_by_default_the_profiles_region_and_the_callers_account(self, aws, connect):
        assert connect().places() == ([Place(OWN, "eu-west-1")], [])

    def test_that_are_misspelt_are_corrected(self, aws, connect):
        with pytest.raises(UsageError, match="eu-wset-1") as caught:
            connect().places(regions=["eu-wset-1"])
        assert "eu-west-1" in caught.value.advice

    def test_of_another_partition_are_refused(self, aws, connect):
        with pytest.raises(UsageError, match="partition aws-us-gov"):
            connect().places(regions=["us-gov-west-1"])

    def test_that_are_newer_than_the_tables_pass_when_the_account_has_them(self, aws, connect):
        aws.answers(LIST, Reply(regions(eu_west_9="ENABLED")))

        assert connect().places(regions=["eu-west-9"])[0] == [Place(OWN, "eu-west-9")]

    def test_are_needed_where_there_is_no_default(self, aws, connect, monkeypatch):
        monkeypatch.delenv("AWS_DEFAULT_REGION")

        with pytest.raises(UsageError, match="no Region"):
            connect().places()


def test_every_region_is_every_region_of_each_account(aws, connect):
    aws.answers("AssumeRole", assumed(MEMBER))
    aws.answers(LIST, Reply(regions(us_east_1="ENABLED")))

    places, _ = connect().places(accounts=[OWN, MEMBER], all_regions=True)

    assert places == [Place(OWN, "us-east-1"), Place(MEMBER, "us-east-1")]
    signed_by = {request.headers["Authorization"].split("Credential=")[1][:16] for request in aws.requests(LIST)}
    assert signed_by == {"AKIAIOSFODNN7EXA", "ASIA222222222222"}


def test_an_account_whose_regions_cannot_be_listed_is_named_and_the_others_are_kept(aws, connect):
    denied = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    aws.answers("AssumeRole", Reply(denied, status=403))
    aws.answers(LIST, Reply(regions(us_east_1="ENABLED")))

    places, unreached = connect().places(accounts=[OWN, MEMBER], all_regions=True)

    assert places == [Place(OWN, "us-east-1")]
    assert [(place.account, "SecguardResponder" in place.why) for place in unreached] == [(MEMBER, True)]


def test_the_accounts_of_an_organization_are_those_that_are_active(aws, connect):
    accounts = [{"Id": "333333333333", "Status": "ACTIVE"}, {"Id": MEMBER, "Status": "SUSPENDED"}]
    aws.answers("ListAccounts", Reply({"Accounts": accounts}))

    assert connect().accounts() == ["333333333333"]


def test_a_service_is_offered_only_where_its_partition_has_it(aws, connect):
    supported = connect().supported("guardduty")

    assert "eu-west-1" in supported
    assert not {"us-gov-west-1", "cn-north-1"} & supported


@pytest.mark.parametrize(("enabled", "kind"), [("ENABLED", NoCredentials), ("DISABLED", Unreachable)])
def test_unknown_credentials_in_a_region_are_told_from_a_region_that_is_off(aws, connect, enabled, kind):
    aws.answers(LIST, Reply(regions(us_east_1="ENABLED", ap_east_1=enabled)))
    aws.answers("GET /detector", refused("UnrecognizedClientException"))
    look = connect(reads={"guardduty:ListDetectors"}).look(Place(OWN, "ap-east-1"))

    with pytest.raises(kind):
        look.ask("guardduty", "ListDetectors")
