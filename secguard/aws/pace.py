"""Keep just below AWS's documented request quotas, so that calls are not refused for pace."""

from __future__ import annotations

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
# UpdateStandardsControl 1/5, every other operation 10/30. The pace stays a little under: AWS's clock is not ours.
SECURITY_HUB = {
    "GetFindings": Quota(2.98, 5),
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
    """Tokens that come back at a steady rate; each call takes one, if need be ahead of time."""

    def __init__(self, quota: Quota, *, now: float) -> None:
        self._quota = quota
        self._tokens = quota.burst
        self._at = now

    def take(self, now: float) -> float:
        """Take one token. Returns the seconds to wait before it may be used."""
        self._refill(now)
        self._tokens -= 1
        return max(0.0, -self._tokens / self._quota.rate)

    def drain(self, now: float) -> None:
        """Forget what was saved up: AWS said that it was too much."""
        self._refill(now)
        self._tokens = min(self._tokens, 0.0)

    def _refill(self, now: float) -> None:
        gained = max(0.0, now - self._at) * self._quota.rate
        self._tokens = min(self._quota.burst, self._tokens + gained)
        self._at = max(self._at, now)


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

    def refused(self, account: str, region: str, service: str, operation: str) -> None:
        """Slow down: AWS refused a call for pace."""
        with self._lock:
            bucket = self._buckets.get((account, region, service, operation))
            if bucket is not None:
                bucket.drain(self._monotonic())
