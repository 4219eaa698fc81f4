"""Keep just below AWS's documented request quotas, so that calls are not refused for pace."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """How often an operation may be called in one account and Region."""

    rate: float
    """Calls a second."""
    burst: float
    """Calls that may be made at once after a pause."""


# Security Hub's service documentation: GetFindings 3 a second with bursts of 6, BatchEnableStandards 1/1,
# UpdateStandardsControl 1/5, every other operation 10/30. The pace stays a little under: AWS's clock is not ours, and
# a call may take a few milliseconds less than the one before it.
SECURITY_HUB = {
    "GetFindings": Quota(2.99, 5.9),
    "BatchEnableStandards": Quota(0.98, 1),
    "UpdateStandardsControl": Quota(0.98, 4),
}
SECURITY_HUB_REST = Quota(9.9, 28)
# AWS WAF: one call a second for any one Create, Put, Update or Delete operation.
WAF_WRITE = Quota(0.98, 1)
WAF_WRITES = re.compile(r"Create|Put|Update|Delete")


def quota(service: str, operation: str) -> Quota | None:
    """The pace to keep, or None where AWS documents none."""
    if service == "securityhub":
        return SECURITY_HUB.get(operation, SECURITY_HUB_REST)
    return WAF_WRITE if service == "wafv2" and WAF_WRITES.match(operation) else None


class Bucket:
    """Tokens that come back at a steady rate; each call takes one, if need be ahead of time.

    AWS has a bucket like it, and that one is full until the first call gets there. When that was, nobody says. It was
    before the call was answered, by about as long as a later call takes, for which no connection has to be made; to
    count from when the first was begun would be to count from too early.
    """

    def __init__(self, quota: Quota, *, now: float) -> None:
        self._quota = quota
        self._begin(now)

    def _begin(self, now: float) -> None:
        """A full bucket, from which the first token is about to be taken."""
        self._taken = 0.0
        self._first_begun = self._first_answered = now
        """The second: as soon as it is."""
        self._is_answered = False
        self._quickest = 0.0
        """Seconds that the quickest call took of those after the first; 0 before there is one."""
        self._room = math.inf
        """How far from full the bucket always was since then, had tokens come back from the first answer on."""

    def take(self, now: float) -> float:
        """Take one token. Returns the seconds to wait before it may be used."""
        burst = self._quota.burst
        if self._level(now) >= burst:
            self._begin(now)
        elif self._taken:
            self._room = min(self._room, burst - self._level_since(self._first_answered, now))
        self._taken += 1
        return max(0.0, -self._level(now) / self._quota.rate)

    def answered(self, now: float, *, seconds: float) -> None:
        """A call was answered that had been begun so many `seconds` ago."""
        if not self._is_answered:
            self._first_answered, self._is_answered = now, True
        elif now - seconds >= self._first_answered:
            self._quickest = min(self._quickest or seconds, seconds)

    def drain(self, now: float) -> None:
        """Forget what was saved up: AWS said that it was too much."""
        if self._level(now) > 0:
            self._begin(now)
            self._taken, self._is_answered = self._quota.burst, True

    def _level(self, now: float) -> float:
        # What is learned later of when tokens came back can't have filled the bucket beyond its brim.
        earlier = min(self._quickest, self._room / self._quota.rate)
        return self._level_since(max(self._first_begun, self._first_answered - earlier), now)

    def _level_since(self, moment: float, now: float) -> float:
        return self._quota.burst - self._taken + max(0.0, now - moment) * self._quota.rate


class Pace:
    """One bucket for every account, Region, service and operation that has a quota; shared by all threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: dict[tuple[str, str, str, str], Bucket] = {}
        self._lock = threading.Lock()

    def wait(self, account: str, region: str, service: str, operation: str) -> float:
        """Take a place in the queue. Returns the seconds to wait before calling; 0 while under the quota."""
        wanted = quota(service, operation)
        if wanted is None:
            return 0.0
        now = self._monotonic()
        key = (account, region, service, operation)
        with self._lock:
            bucket = self._buckets.setdefault(key, Bucket(wanted, now=now))
            return bucket.take(now)

    def answered(self, account: str, region: str, service: str, operation: str, *, seconds: float) -> None:
        """A call is over, however it ended, that took so long."""
        with self._lock:
            bucket = self._buckets.get((account, region, service, operation))
            if bucket is not None:
                bucket.answered(self._monotonic(), seconds=seconds)

    def refused(self, account: str, region: str, service: str, operation: str) -> None:
        """Slow down: AWS refused a call for pace."""
        with self._lock:
            bucket = self._buckets.get((account, region, service, operation))
            if bucket is not None:
                bucket.drain(self._monotonic())
