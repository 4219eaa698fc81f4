"""Calls keep just below the documented quotas, and are not slowed while they are under them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secguard.aws.pace import Bucket, Pace, Quota, quota


def test_calls_under_the_quota_do_not_wait(timeless):
    pace = Pace(timeless.monotonic)

    assert [pace.wait("1", "eu-west-1", "securityhub", "GetFindings") for _ in range(5)] == [0.0] * 5


def test_a_call_over_the_burst_waits_for_its_turn(timeless):
    pace = Pace(timeless.monotonic)
    waits = [pace.wait("1", "eu-west-1", "securityhub", "GetFindings") for _ in range(7)]

    assert waits[5:] == pytest.approx([1 / 2.98, 2 / 2.98])


@pytest.mark.parametrize("other", [("2", "eu-west-1"), ("1", "eu-west-2")])
def test_accounts_and_regions_have_their_own_quota(timeless, other):
    pace = Pace(timeless.monotonic)
    for _ in range(9):
        pace.wait("1", "eu-west-1", "securityhub", "GetFindings")

    assert pace.wait(*other, "securityhub", "GetFindings") == 0.0


def test_what_has_no_documented_quota_never_waits(timeless):
    pace = Pace(timeless.monotonic)

    assert {pace.wait("1", "eu-west-1", "guardduty", "ListFindings") for _ in range(100)} == {0.0}


def test_a_refusal_for_pace_takes_the_burst_away(timeless):
    pace = Pace(timeless.monotonic)
    pace.wait("1", "eu-west-1", "securityhub", "GetFindings")
    pace.refused("1", "eu-west-1", "securityhub", "GetFindings")

    assert pace.wait("1", "eu-west-1", "securityhub", "GetFindings") == pytest.approx(1 / 2.98)


@pytest.mark.parametrize(
    ("operation", "rate", "burst"),
    [("GetFindings", 3, 6), ("BatchEnableStandards", 1, 1), ("UpdateStandardsControl", 1, 5), ("DescribeHub", 10, 30)],
)
def test_security_hubs_pace_is_within_its_documented_quota(operation, rate, burst):
    kept = quota("securityhub", operation)

    assert 0.9 * rate < kept.rate < rate
    assert kept.burst <= burst


def test_only_waf_writes_are_paced():
    assert quota("wafv2", "GetIPSet") is None
    assert quota("wafv2", "UpdateIPSet").rate < 1


@given(
    gaps=st.lists(st.floats(0, 3), min_size=1, max_size=80),
    rate=st.floats(0.5, 10),
    burst=st.integers(1, 30),
)
def test_no_stretch_of_time_holds_more_calls_than_the_quota(gaps, rate, burst):
    bucket = Bucket(Quota(rate, burst), now=0.0)
    now, starts = 0.0, []
    for gap in gaps:
        now += gap
        starts.append(now + bucket.take(now))

    for first in range(len(starts)):
        for last in range(first, len(starts)):
            assert last - first + 1 <= burst + rate * (starts[last] - starts[first]) + 1e-6


def test_a_clock_that_steps_back_gives_nothing_away():
    bucket = Bucket(Quota(1, 1), now=10.0)
    bucket.take(10.0)

    assert bucket.take(5.0) == pytest.approx(1.0)
