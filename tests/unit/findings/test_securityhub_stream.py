"""Findings arrive from everywhere, the worst first, and what could not be looked at is named."""

import pytest
from asff_made import ACCOUNT, asff
from hubs_made import OFF, Hubs

from secguard.errors import AwsError, Denied, NoCredentials, UsageError
from secguard.findings.feeds.levels import LevelEnd
from secguard.findings.feeds.places import places_for
from secguard.findings.feeds.securityhub import stream
from secguard.findings.forms.asff import Unreadable
from secguard.findings.query import Query
from secguard.model import Finding, Place, Severity, Unreached


def hub(region, *labels, start=0):
    """The findings of one Region, one for each label."""
    return [
        asff(
            start + number,
            Region=region,
            Severity={"Label": label},
            UpdatedAt=f"2026-11-{1 + number % 28:02d}T00:00:00Z",
        )
        for number, label in enumerate(labels)
    ]


def asked_regions(aws):
    return {region for region, operation, _ in aws.asked if operation == "GetFindings"}


def found(events):
    return [event for event in events if isinstance(event, Finding)]


def test_the_worst_level_comes_first_from_everywhere():
    aws = Hubs({"us-east-1": hub("us-east-1", "LOW", "CRITICAL"), "eu-west-1": hub("eu-west-1", "HIGH", "CRITICAL")})
    levels = [finding.severity.name for finding in found(stream(Query(), aws=aws))]
    assert levels == ["CRITICAL", "CRITICAL", "HIGH", "LOW"]


def test_the_home_region_is_asked_for_all_that_it_has():
    aws = Hubs({"us-east-1": [], "eu-west-1": hub("eu-west-1", "HIGH")}, home="us-east-1")
    assert len(found(stream(Query(), aws=aws))) == 1
    assert asked_regions(aws) == {"us-east-1"}


@pytest.mark.parametrize(
    ("linking", "linked"),
    [("SPECIFIED_REGIONS", ["us-west-2"]), ("ALL_REGIONS_EXCEPT_SPECIFIED", ["eu-west-1"])],
)
def test_a_region_that_is_not_linked_is_asked_itself(linking, linked):
    hubs = {region: hub(region, "HIGH") for region in ("us-east-1", "us-west-2", "eu-west-1")}
    aws = Hubs(hubs, home="us-east-1", linking=linking, linked=linked)
    assert {finding.region for finding in found(stream(Query(), aws=aws))} == set(hubs)
    assert asked_regions(aws) == {"us-east-1", "eu-west-1"}


def test_a_finding_that_two_places_have_is_told_once():
    aws = Hubs({"us-east-1": hub("us-east-1", "HIGH")}, home="us-east-1")
    aws.hubs["eu-west-1"] = aws.hubs["us-east-1"]
    assert len(found(stream(Query(), aws=aws))) == 1


def test_the_aggregator_is_found_from_any_region_where_security_hub_is_on():
    hubs = {"us-east-1": OFF, "eu-west-1": hub("eu-west-1", "HIGH"), "eu-west-2": hub("eu-west-2", "LOW")}
    aws = Hubs(hubs, home="eu-west-1")
    assert len(found(stream(Query(), aws=aws))) == 2
    assert asked_regions(aws) == {"eu-west-1"}


def test_a_region_where_security_hub_is_off_is_named_once():
    aws = Hubs({"us-east-1": hub("us-east-1", "HIGH"), "eu-west-1": OFF})
    events = list(stream(Query(), aws=aws))
    assert [event for event in events if isinstance(event, Unreached)] == [
        Unreached(account=ACCOUNT, region="eu-west-1", why="Security Hub is not enabled")
    ]
    assert len(found(events)) == 1


def test_where_the_home_region_falls_silent_its_regions_are_asked_themselves():
    hubs = {"us-east-1": hub("us-east-1", "HIGH"), "eu-west-1": hub("eu-west-1", "CRITICAL", "HIGH")}
    aws = Hubs(hubs, home="us-east-1")
    aws.breaks["us-east-1"] = (0, Denied("not allowed"))
    events = list(stream(Query(), aws=aws))
    assert [event.region for event in events if isinstance(event, Unreached)] == ["us-east-1"]
    assert {finding.region for finding in found(events)} == {"eu-west-1"}
    assert len(found(events)) == 2


def test_what_came_before_an_error_is_kept_and_the_rest_is_named():
    aws = Hubs({"us-east-1": hub("us-east-1", *["HIGH"] * 150)})
    aws.breaks["us-east-1"] = (120, Denied("not allowed any more"))
    events = list(stream(Query(levels=(Severity.HIGH,)), aws=aws))
    assert len(found(events)) == 120
    (silent,) = [event for event in events if isinstance(event, Unreached)]
    assert silent.why == "after 120 findings: not allowed any more"


def test_a_page_token_that_expires_loses_nothing():
    aws = Hubs({"us-east-1": hub("us-east-1", *["HIGH"] * 150)})
    aws.breaks["us-east-1"] = (120, AwsError("token", code="InvalidInputException"))
    events = list(stream(Query(levels=(Severity.HIGH,)), aws=aws))
    assert len(found(events)) == 150
    assert not [event for event in events if isinstance(event, Unreached)]


def test_a_token_that_expires_again_and_again_is_given_up():
    aws = Hubs({"us-east-1": hub("us-east-1", *["HIGH"] * 150)})

    class Expiring(dict):
        def __delitem__(self, key):
            """It never gets better."""

    aws.breaks = Expiring({"us-east-1": (120, AwsError("token", code="InvalidInputException"))})
    events = list(stream(Query(levels=(Severity.HIGH,)), aws=aws))
    assert len([event for event in events if isinstance(event, Unreached)]) == 1


def test_credentials_that_work_nowhere_are_an_error_and_no_empty_list():
    aws = Hubs({"us-east-1": NoCredentials("expired"), "eu-west-1": NoCredentials("expired")})
    with pytest.raises(NoCredentials):
        list(stream(Query(), aws=aws))


def test_what_can_not_be_read_is_named_by_its_place_and_position():
    aws = Hubs({"us-east-1": [*hub("us-east-1", "HIGH"), "not a finding"]})
    (odd,) = [event for event in stream(Query(levels=(Severity.HIGH,)), aws=aws) if isinstance(event, Unreadable)]
    assert odd.position == f"{ACCOUNT} us-east-1 item 2"


def test_levels_below_the_limit_are_not_asked_for():
    aws = Hubs({"us-east-1": hub("us-east-1", "CRITICAL", "CRITICAL", "HIGH", "LOW")})
    events = list(stream(Query(), aws=aws, limit=2))
    assert [event for event in events if isinstance(event, LevelEnd)] == [
        LevelEnd(Severity.CRITICAL, exhausted=True, answered=1)
    ]


def test_with_a_limit_a_place_is_asked_for_its_newest_only():
    aws = Hubs({"us-east-1": hub("us-east-1", *["HIGH"] * 1000), "eu-west-1": hub("eu-west-1", "HIGH", start=5000)})
    events = list(stream(Query(levels=(Severity.HIGH,)), aws=aws, limit=50))
    assert len(found(events)) == 301
    newest = max(item["UpdatedAt"] for item in aws.hubs["us-east-1"])
    assert found(events)[0].raw["UpdatedAt"] in {newest, aws.hubs["eu-west-1"][0]["UpdatedAt"]}
    (end,) = [event for event in events if isinstance(event, LevelEnd)]
    assert not end.exhausted


def test_named_regions_are_asked_themselves_and_one_that_is_off_is_named():
    aws = Hubs({"us-east-1": [], "eu-west-1": hub("eu-west-1", "HIGH")}, home="us-east-1")
    places = places_for(["eu-west-1", "ap-east-1"], aws=aws)
    assert places.ask == (Place(ACCOUNT, "eu-west-1"),)
    assert [unreached.region for unreached in places.unreached] == ["ap-east-1"]


def test_a_name_that_is_no_region_is_refused_with_those_near_it():
    with pytest.raises(UsageError, match="'us-eest-1'") as refused:
        places_for(["us-eest-1"], aws=Hubs({"us-east-1": []}))
    assert "us-east-1" in refused.value.advice


def test_a_named_region_is_asked_even_where_the_enabled_ones_may_not_be_listed(monkeypatch):
    aws = Hubs({"us-east-1": []})

    def refuse(_account):
        raise Denied("account:ListRegions")

    monkeypatch.setattr(aws, "regions", refuse)
    assert places_for(["us-east-1"], aws=aws).ask == (Place(ACCOUNT, "us-east-1"),)


def test_an_aggregator_that_would_not_say_what_it_links_is_not_relied_on():
    aws = Hubs({"us-east-1": [], "eu-west-1": []}, home="us-east-1", linking="SOMETHING_NEW")
    assert len(places_for((), aws=aws).ask) == 2
