"""The seam against a whole AWS: its accounts, Regions, pages, refusals and silences."""

import pytest

from secguard.engine.seam import Call
from secguard.errors import BrokenAnswer, Denied, NotThere, Throttled, Unreachable, WouldWrite
from secguard.model import Place, Unreached
from secguard.sandbox.cast import MEMBERS, PRODUCTION, STAGING

HOME = Place(PRODUCTION, "us-east-1")
FINDINGS = "securityhub:GetFindings"


def test_the_operator_is_known_by_name(breach, connect):
    caller = connect().caller

    assert (caller.account, caller.partition) == (PRODUCTION, "aws")
    assert caller.arn.endswith("user/operator")


def test_every_enabled_region_is_a_place_and_no_other(breach, connect):
    places, unreached = connect().places(all_regions=True)

    assert HOME in places
    assert unreached == []
    assert not [place for place in places if place.region.startswith(("cn-", "us-gov-"))]


def test_members_are_looked_at_through_their_role(breach, connect):
    connection = connect(reads={"guardduty:ListDetectors"})

    for account in MEMBERS:
        connection.look(Place(account, "us-east-1")).ask("guardduty", "ListDetectors")

    assert {call.account for call in breach.calls.of("guardduty")} == set(MEMBERS)


def test_a_role_that_a_member_does_not_have_is_denied(breach, connect):
    connection = connect(reads={"guardduty:ListDetectors"}, role="NobodysRole")

    with pytest.raises(Denied, match="can't be assumed"):
        connection.look(Place(STAGING, "us-east-1")).ask("guardduty", "ListDetectors")


def test_findings_come_page_by_page(breach, connect):
    look = connect(reads={FINDINGS}).look(HOME)

    in_pages = list(look.items("securityhub", "GetFindings", "Findings", MaxResults=7))
    at_once = list(look.items("securityhub", "GetFindings", "Findings", MaxResults=100))

    assert len(in_pages) > 7
    assert [finding["Id"] for finding in in_pages] == [finding["Id"] for finding in at_once]


def test_the_block_of_public_access_of_an_account_is_read_and_written(breach, connect):
    """Its clients put the account before the host's name, which only AWS's name servers know."""
    connection = connect(reads={"s3control:GetPublicAccessBlock"}, writes={"s3control:PutPublicAccessBlock"})
    blocks = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)

    connection.send(
        Place(PRODUCTION, "eu-west-1"),
        Call("s3control", "PutPublicAccessBlock", {"AccountId": PRODUCTION, "PublicAccessBlockConfiguration": blocks}),
    )

    found = connection.look(HOME).ask("s3control", "GetPublicAccessBlock", AccountId=PRODUCTION)
    assert found["PublicAccessBlockConfiguration"] == blocks


def test_that_block_is_reached_through_the_sandboxs_own_endpoint_for_it(breach, connect, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3_CONTROL", breach.endpoint.replace("://", "://sandbox@"))
    look = connect(reads={"s3control:GetPublicAccessBlock"}).look(HOME)

    with pytest.raises(NotThere):
        look.ask("s3control", "GetPublicAccessBlock", AccountId=PRODUCTION)


def test_a_look_leaves_everything_as_it_is(breach, connect):
    look = connect(writes={"guardduty:CreateDetector"}).look(HOME)

    with pytest.raises(WouldWrite):
        look.ask("guardduty", "CreateDetector", Enable=True)
    assert breach.calls.writes() == []


def test_a_throttle_that_passes_is_not_noticed(breach, connect):
    breach.faults.add(answer=(429, "TooManyRequestsException", "Too Many Requests"), operation="GetFindings", times=2)

    assert connect(reads={FINDINGS}).look(HOME).ask("securityhub", "GetFindings", MaxResults=1)["Findings"]


def test_a_throttle_that_outlasts_the_timeout_is_named(breach, connect):
    breach.faults.add(answer=(429, "TooManyRequestsException", "Too Many Requests"), operation="GetFindings")

    with pytest.raises(Throttled, match=FINDINGS):
        connect(reads={FINDINGS}, timeout=2).look(HOME).ask("securityhub", "GetFindings")


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [("hang", Unreachable), ("garbage", BrokenAnswer), ("empty", BrokenAnswer), ("drop", Unreachable)],
)
def test_one_region_that_misbehaves_is_named_and_the_rest_is_kept(breach, connect, wrong, kind):
    breach.faults.add(answer=wrong, service="securityhub", region="eu-west-1")
    connection = connect(reads={FINDINGS}, timeout=1)
    places = [Place(PRODUCTION, region) for region in ("us-east-1", "eu-west-1")]

    def listed(place):
        return connection.look(place).ask("securityhub", "GetFindings", MaxResults=1)["Findings"]

    with pytest.raises(kind):
        listed(places[1])
    results = dict(connection.fan_out(places, listed, services=["securityhub"]))

    assert isinstance(results[places[0]], list)
    assert isinstance(results[places[1]], Unreached)


def test_a_region_that_is_off_is_told_from_wrong_credentials(breach, connect):
    enabled = connect().regions(PRODUCTION)
    off = next(region for region in sorted(connect().supported("guardduty")) if region not in enabled)

    with pytest.raises(Unreachable, match=f"Region {off} is not enabled for account {PRODUCTION}"):
        connect(reads={"guardduty:ListDetectors"}).look(Place(PRODUCTION, off)).ask("guardduty", "ListDetectors")
