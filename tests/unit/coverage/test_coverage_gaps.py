"""What is missing, in words."""

import dataclasses

import pytest
from coverage_places import NO_GUARDDUTY, NO_HUB, covered, guarded, hubbed

from secguard.coverage.gaps import besides, gaps
from secguard.coverage.record import Aggregator, Recorder
from secguard.model import Unreached


@pytest.fixture
def gaps_of(wanted):
    def of(coverage, *, alone=False, **named):
        return gaps(coverage, wanted(**named), partition="aws", alone=alone)

    return of


def test_a_place_as_it_should_be_has_none(gaps_of):
    assert gaps_of(covered()) == ()


def test_what_is_off_is_all_that_is_said_of_it(gaps_of):
    assert gaps_of(covered(guardduty=NO_GUARDDUTY, hub=NO_HUB)) == ("GuardDuty is off", "Security Hub is off")


def test_a_suspended_detector_is_not_called_off(gaps_of):
    assert gaps_of(covered(guardduty=guarded(suspended=True))) == ("GuardDuty is suspended",)


def test_a_plan_that_is_off_is_a_gap_and_one_that_the_region_lacks_is_none(gaps_of):
    features = {"S3_DATA_EVENTS": "DISABLED", "RDS_LOGIN_EVENTS": "UNSUPPORTED"}

    assert gaps_of(covered(guardduty=guarded(features=features))) == ("S3_DATA_EVENTS is off",)


@pytest.mark.parametrize(("found", "count"), [("SIX_HOURS", 1), ("ONE_HOUR", 1), ("FIFTEEN_MINUTES", 0)])
def test_only_slower_updates_are_a_gap(gaps_of, found, count):
    assert len(gaps_of(covered(guardduty=guarded(publishing_frequency=found)))) == count


def test_a_standard_is_a_gap_until_it_is_ready(gaps_of):
    assert gaps_of(covered(hub=hubbed(statuses=("PENDING", None)))) == ("fsbp-1.0.0 is PENDING", "cis-5.0.0 is off")


def test_why_a_standard_is_incomplete_is_said(gaps_of):
    hub = hubbed(statuses=("INCOMPLETE", "READY"))
    fsbp = dataclasses.replace(hub.standards[0], reason="NO_AVAILABLE_CONFIGURATION_RECORDER")
    hub = dataclasses.replace(hub, standards=(fsbp, hub.standards[1]))

    assert gaps_of(covered(hub=hub)) == ("fsbp-1.0.0 is INCOMPLETE: no Config recorder",)


@pytest.mark.parametrize("recorder", [Recorder.MISSING, Recorder.STOPPED])
def test_a_recorder_that_does_not_record_is_a_gap(gaps_of, recorder):
    [gap] = gaps_of(covered(recorder=recorder))

    assert "most controls of Security Hub have nothing to check" in gap


def test_what_could_not_be_looked_at_is_no_gap(gaps_of):
    why = ("guardduty", Unreached(account="1", region="r", why="denied"))

    assert gaps_of(covered(guardduty=False, hub=False, recorder=None, unreached=[why])) == ()


def test_a_region_that_is_not_linked_is_a_gap_unless_it_is_alone(gaps_of):
    elsewhere = Aggregator(home="eu-west-1", arn="a", mode="SPECIFIED_REGIONS", regions=("eu-west-2",))
    place = covered(hub=hubbed(aggregator=elsewhere))

    assert gaps_of(place) == ("findings are not gathered in a home Region",)
    assert gaps_of(place, alone=True) == ()


@pytest.mark.parametrize(
    ("mode", "regions", "linked"),
    [
        ("ALL_REGIONS", (), True),
        ("ALL_REGIONS_EXCEPT_SPECIFIED", ("us-east-1",), False),
        ("ALL_REGIONS_EXCEPT_SPECIFIED", ("us-west-1",), True),
        ("SPECIFIED_REGIONS", ("us-east-1",), True),
        ("SPECIFIED_REGIONS", (), False),
        ("NO_REGIONS", (), False),
        (None, (), False),
    ],
)
def test_the_mode_says_which_regions_are_linked(mode, regions, linked):
    aggregator = Aggregator(home="eu-west-1", arn="a", mode=mode, regions=regions)

    assert covered(hub=hubbed(aggregator=aggregator)).aggregation == ("linked" if linked else "none")


def test_an_integration_that_is_missing_is_a_gap(gaps_of):
    missing = covered(hub=hubbed(integrations=("aws/guardduty",)))
    unknown = covered(hub=hubbed(integrations=None))
    wished = {"services": ("securityhub",), "integrations": ("guardduty", "acme/scanner")}

    assert gaps_of(missing, **wished) == ("no findings of acme/scanner are taken in",)
    assert gaps_of(unknown, **wished) == ()


def test_a_service_that_is_not_wanted_has_no_gaps(gaps_of):
    assert gaps_of(covered(guardduty=NO_GUARDDUTY, hub=NO_HUB), services=("securityhub",)) == ("Security Hub is off",)


def test_what_is_on_besides_is_told_by_name(wanted):
    extra = covered(guardduty=guarded(features={"RUNTIME_MONITORING": "ENABLED"}))

    assert besides(extra, wanted(standards=("fsbp",), services=("guardduty", "securityhub")), partition="aws") == (
        "RUNTIME_MONITORING",
        "cis-5.0.0",
    )
    assert besides(covered(), wanted(), partition="aws") == ()
