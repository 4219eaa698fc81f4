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

    assert waits[5:] == pytest.approx([0.1 / 2.99, 1.1 / 2.99])


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

    assert pace.wait("1", "eu-west-1", "securityhub", "GetFindings") == pytest.approx(1 / 2.99)


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


class Far:
    """A bucket like AWS's, which calls take their time to reach: a connection's, when it is made, and half a trip."""

    def __init__(self, quota, *, trip, connecting):
        self.refused = 0
        self._quota = quota
        self._trip = trip
        self._connecting = connecting
        self._tokens = float(quota.burst)
        self._at = 0.0

    def call(self, now):
        """When the answer is there."""
        arrives = now + self._connecting + self._trip / 2
        self._connecting = 0.0
        self._tokens = min(self._quota.burst, self._tokens + (arrives - self._at) * self._quota.rate)
        self._at = arrives
        if self._tokens < 1 - 1e-9:
            self.refused += 1
        self._tokens -= 1
        return arrives + self._trip / 2


@given(
    trip=st.floats(0.001, 0.6),
    connecting=st.floats(0, 2),
    pauses=st.lists(st.just(0.0) | st.floats(0, 4), min_size=20, max_size=60),
)
def test_the_time_that_a_connection_takes_gives_nothing_away(trip, connecting, pauses):
    far, bucket, now = Far(Quota(3, 6), trip=trip, connecting=connecting), Bucket(Quota(3, 6), now=0.0), 0.0
    for pause in pauses:
        now += pause
        begun = now + bucket.take(now)
        now = far.call(begun)
        bucket.answered(now, seconds=now - begun)

    assert far.refused == 0


def test_all_of_the_quota_is_used_once_it_is_known_how_far_it_is():
    """The first call arrives at 0.6; the last of sixty leaves fifty-four thirds of a second later."""
    far, bucket, now, begun = Far(Quota(3, 6), trip=0.2, connecting=0.5), Bucket(Quota(3, 6), now=0.0), 0.0, 0.0
    for _ in range(60):
        begun = now + bucket.take(now)
        now = far.call(begun)
        bucket.answered(now, seconds=now - begun)

    assert begun + 0.1 == pytest.approx(0.6 + 54 / 3)


def test_a_call_without_an_answer_stops_nobody():
    bucket = Bucket(Quota(2, 1), now=0.0)

    assert [bucket.take(at) for at in (0.0, 0.0, 1.0)] == pytest.approx([0.0, 0.5, 0.0])
