"""Long lists are read where they are, short ones through the home Region; either way each finding comes once."""

import threading

import pytest
from asff_made import ACCOUNT, asff
from hubs_made import OFF, Hubs

from secguard.errors import Denied, NoCredentials
from secguard.findings.feeds.levels import PageEnd
from secguard.findings.feeds.securityhub import FEED, stream
from secguard.findings.query import Query
from secguard.model import Finding, Severity, Unreached

HOME, NEAR, FAR = "us-east-1", "us-west-2", "eu-west-1"


def hub(region, count, label="HIGH"):
    """So many findings of one Region."""
    return [asff(number, Region=region, Severity={"Label": label}) for number in range(count)]


def asked(aws):
    return {region for region, operation, _ in aws.asked if operation == "GetFindings"}


def found(events):
    return [event for event in events if isinstance(event, Finding)]


def silent(events):
    return [str(event) for event in events if isinstance(event, Unreached)]


def regions(events):
    return {region: sum(finding.region == region for finding in found(events)) for region in (HOME, NEAR, FAR)}


def test_a_short_list_is_read_through_the_home_region_alone():
    aws = Hubs({HOME: hub(HOME, 99), NEAR: hub(NEAR, 90), FAR: hub(FAR, 90)}, home=HOME)
    events = list(stream(Query(), aws=aws))
    assert regions(events) == {HOME: 99, NEAR: 90, FAR: 90}
    assert asked(aws) == {HOME}


@pytest.mark.parametrize("own", [250, 10, 0])
def test_a_long_list_is_read_in_each_region_itself_and_nothing_comes_twice(own):
    aws = Hubs({HOME: hub(HOME, own), NEAR: hub(NEAR, 700), FAR: hub(FAR, 300)}, home=HOME)
    events = list(stream(Query(), aws=aws))
    assert regions(events) == {HOME: own, NEAR: 700, FAR: 300}
    assert len({finding.id for finding in found(events)}) == own + 1000
    assert asked(aws) == {HOME, NEAR, FAR}


def test_where_the_home_region_has_many_of_its_own_it_is_not_asked_for_those_of_others():
    aws = Hubs({HOME: hub(HOME, 250), NEAR: hub(NEAR, 5)}, home=HOME)
    list(stream(Query(), aws=aws))
    at_home = [
        parameters for region, operation, parameters in aws.asked if (region, operation) == (HOME, "GetFindings")
    ]
    assert [request["Filters"]["Region"] for request in at_home] == [[{"Value": HOME, "Comparison": "EQUALS"}]]


@pytest.mark.parametrize("refusal", [Denied("not allowed"), OFF])
def test_a_region_that_can_not_be_read_itself_is_read_through_the_home_region(refusal):
    aws = Hubs({HOME: hub(HOME, 250), NEAR: hub(NEAR, 700), FAR: hub(FAR, 3)}, home=HOME)
    aws.breaks[NEAR] = (0, refusal)
    events = list(stream(Query(), aws=aws))
    assert regions(events) == {HOME: 250, NEAR: 700, FAR: 3}
    assert silent(events) == []


def test_a_region_that_breaks_midway_is_finished_through_the_home_region():
    aws = Hubs({HOME: hub(HOME, 250), NEAR: hub(NEAR, 700)}, home=HOME)
    aws.breaks[NEAR] = (350, Denied("not allowed any more"))
    events = list(stream(Query(), aws=aws))
    assert regions(events) == {HOME: 250, NEAR: 700, FAR: 0}
    assert silent(events) == []


def test_a_region_that_neither_it_nor_the_home_region_gives_is_named():
    aws = Hubs({HOME: hub(HOME, 250), NEAR: hub(NEAR, 700)}, home=HOME)
    aws.breaks[NEAR] = (0, Denied("not allowed"))
    aws.breaks[HOME] = (120, Denied("not allowed any more"))
    events = list(stream(Query(), aws=aws))
    assert f"{ACCOUNT} {NEAR}: not allowed" in silent(events)
    assert any(said.startswith(f"{ACCOUNT} {HOME}: after 120 findings") for said in silent(events))


def test_a_filter_that_leaves_no_room_for_the_region_is_answered_by_the_home_region_alone():
    full = {f"Attribute{number}": [] for number in range(10)}
    assert FEED.narrowed(full, HOME) is None
    assert FEED.narrowed({"Region": []}, HOME) is None
    assert FEED.narrowed({}, HOME) == {"Region": [{"Value": HOME, "Comparison": "EQUALS"}]}


def test_a_long_list_is_shown_before_its_end():
    aws = Hubs({HOME: hub(HOME, 1500, "LOW")})
    events = list(stream(Query(), aws=aws))
    shown_first = next(at for at, event in enumerate(events) if isinstance(event, PageEnd))
    assert 1000 <= shown_first < 1500


def test_a_short_list_comes_worst_first():
    aws = Hubs({HOME: hub(HOME, 500, "LOW"), FAR: hub(FAR, 499, "CRITICAL")})
    levels = [finding.severity for finding in found(stream(Query(), aws=aws))]
    assert levels == [Severity.CRITICAL] * 499 + [Severity.LOW] * 500


def test_a_reader_that_leaves_stops_what_is_under_way():
    aws = Hubs({HOME: hub(HOME, 5000)})
    events = stream(Query(), aws=aws)
    assert isinstance(next(events), Finding)
    events.close()
    for thread in threading.enumerate():
        if thread.name == "belt":
            thread.join(timeout=30)
            assert not thread.is_alive()


def test_credentials_that_end_midway_are_an_error_and_no_shorter_list():
    aws = Hubs({HOME: hub(HOME, 250)})
    aws.breaks[HOME] = (0, NoCredentials("expired"))
    with pytest.raises(NoCredentials):
        list(stream(Query(), aws=aws))
