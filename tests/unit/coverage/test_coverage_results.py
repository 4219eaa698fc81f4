"""What became of an `enable`, told place by place."""

import dataclasses

import pytest
from coverage_places import ACCOUNT, HOME, NO_GUARDDUTY, NO_HUB, covered, guarded, hubbed

from secguard.coverage.enabling import Enabling, Request, request_of
from secguard.coverage.plan import asked_of
from secguard.coverage.record import Recorder
from secguard.coverage.results import remarks, results
from secguard.engine.change import Change, Plan, Status
from secguard.model import Place, Unreached


def change_of(want, n, status, **more):
    return Change(
        n=n,
        account=want.place.account,
        region=want.place.region,
        setting=want.setting,
        address=want.address,
        target=want.setting,
        summary="",
        before=None,
        after=want.value,
        calls=(),
        status=status,
        **more,
    )


@pytest.fixture
def ended(wanted):
    """An `enable` of some places whose changes ended as given by setting, verified where nothing is given."""

    def of(*coverages, endings=None, missing=(), **named):
        wish = wanted(**named)
        asked = asked_of(coverages, wish, partition="aws", default_home=HOME)
        moved = [want for want in asked.wants if not missing or want.setting in missing]
        changes = [
            change_of(want, n, **(endings or {}).get(want.setting, {"status": Status.VERIFIED}))
            for n, want in enumerate(moved, 1)
        ]
        plan = Plan(command="enable", partition="aws", caller="arn", endpoint=None, changes=tuple(changes))
        return Enabling(plan=plan, wants=asked.wants, coverages=coverages, wanted=wish, partition="aws")

    return of


def told(enabling):
    return results(enabling, enabling.plan)


def test_what_was_verified_is_done(ended):
    [result] = told(ended(covered(guardduty=NO_GUARDDUTY, hub=NO_HUB)))

    assert len(result.done) == 10
    assert "S3_DATA_EVENTS" in result.done
    assert result.already == 0


def test_what_was_so_before_is_counted(ended):
    off = covered(guardduty=guarded(features={"S3_DATA_EVENTS": "DISABLED"}))

    [result] = told(ended(off, services=("guardduty",), missing=("nothing",)))
    assert (result.done, result.already) == ((), 6)


def test_what_failed_is_told_with_why_and_what_was_skipped_is_not(ended):
    endings = {
        "securityhub.hub": {"status": Status.FAILED, "error": "denied"},
        "securityhub.standard": {"status": Status.SKIPPED, "error": "it needs change 1, which is failed"},
    }

    [result] = told(ended(covered(hub=NO_HUB), services=("securityhub",), endings=endings))
    assert result.failed == ("securityhub.hub: denied",)
    assert result.done == ()


def test_what_turned_out_to_be_unsupported_is_told_beside_what_was_known_to_be(ended):
    endings = {"guardduty.feature": {"status": Status.SKIPPED, "unsupported": True, "error": "no such feature"}}
    lacking = covered(guardduty=guarded(features={"RDS_LOGIN_EVENTS": "UNSUPPORTED"}))

    [result] = told(ended(lacking, features=("rds", "s3"), endings=endings))
    assert result.unsupported == ("RDS_LOGIN_EVENTS", "S3_DATA_EVENTS")


def test_standards_that_somebody_turned_on_a_moment_ago_are_pending(ended):
    [result] = told(
        ended(covered(hub=hubbed(statuses=("PENDING", "READY"))), services=("securityhub",), missing=("x",))
    )

    assert result.pending == ("fsbp-1.0.0",)


def test_a_place_that_would_not_say_fails_with_why(ended):
    why = ("guardduty", Unreached(account=ACCOUNT, region=HOME, why="no route"))

    [result] = told(ended(covered(guardduty=False, unreached=[why]), services=("guardduty",)))
    assert result.failed == ("no route",)


def test_costs_are_said_of_what_is_turned_on_only(ended):
    said = remarks(ended(covered(guardduty=NO_GUARDDUTY), services=("guardduty",)))

    assert [text for text in said if "bills" in text] == [said[0]]
    assert said[0].startswith("GuardDuty bills")


def test_a_missing_recorder_is_said_with_its_regions(ended):
    places = (covered(HOME, recorder=Recorder.MISSING), covered("eu-west-1", recorder=Recorder.MISSING))

    [text] = [text for text in remarks(ended(*places)) if "recorder" in text]
    assert text.endswith(f": {HOME}, eu-west-1")


def test_a_request_comes_back_from_its_record(wanted):
    request = Request(
        wanted=wanted(),
        places=(Place(ACCOUNT, HOME),),
        unlisted=(Unreached(account="1", region="r", why="w"),),
        default_home=HOME,
        waits=True,
    )

    assert request_of(request.record()) == request
    assert request_of(dataclasses.replace(request, unlisted=()).record()) != request
