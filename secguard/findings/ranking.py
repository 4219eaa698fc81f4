"""Say what to look at first, and why: a priority of 0-100 for each finding. Pure.

The severity gives a floor of 20 points a level; what is known of the case adds up to 18 points, so that it decides
within a level and only what speaks against a finding (a sample, an archived record, work under way) moves it below
the next one. The reasons name every step, the heaviest first.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from secguard.findings.asff import LABEL_SCORES
from secguard.findings.query import Sort
from secguard.model import Finding, Severity, Workflow, severity_word

_FLOORS = {
    Severity.CRITICAL: 80,
    Severity.HIGH: 60,
    Severity.MEDIUM: 40,
    Severity.LOW: 20,
    Severity.INFORMATIONAL: 1,
}
_MOST_ADDED = 18
_SAMPLE_KEEPS = 1
"""The priority of a sample, whatever it plays."""
_RECENT = (
    (timedelta(hours=1), 5, "seen within the hour"),
    (timedelta(days=1), 4, "seen today"),
    (timedelta(days=7), 2, "seen this week"),
)
_SUCCEEDED = (
    "AttackSequence:",
    "Backdoor:",
    "CredentialAccess:IAMUser/",
    "CryptoCurrency:",
    "Exfiltration:",
    "Impact:",
    "Persistence:",
    "PrivilegeEscalation:",
    "Trojan:",
    "UnauthorizedAccess:IAMUser/",
)
"""GuardDuty's types that tell of an attacker who is already inside, as against one who tries."""
_OPENED = ("Policy:S3/BucketAnonymousAccessGranted", "Policy:S3/BucketPublicAccessGranted")
"""GuardDuty's types that tell of something opened to everyone."""


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0


_KEYS: dict[Sort, Callable[[Finding], Any]] = {
    Sort.SEVERITY: lambda finding: (-finding.severity, -finding.severity_score),
    Sort.UPDATED: lambda finding: -_seconds(finding.updated_at),
    Sort.FIRST_SEEN: lambda finding: -_seconds(finding.first_seen),
    Sort.ACCOUNT: lambda finding: finding.account,
    Sort.REGION: lambda finding: finding.region,
    Sort.PRODUCT: lambda finding: finding.product.casefold(),
    Sort.RESOURCE: lambda finding: finding.resources[0].name if finding.resources else "~",
}
"""What an order other than the priority compares first."""


@dataclass(frozen=True, slots=True)
class _Step:
    points: int
    reason: str


def rank(finding: Finding, *, now: datetime) -> Finding:
    """The finding with its priority and the reasons for it."""
    priority, reasons = judged(finding, now=now)
    return replace(finding, priority=priority, priority_reasons=reasons)


def judged(finding: Finding, *, now: datetime) -> tuple[int, tuple[str, ...]]:
    """A finding's priority, and the reasons for it."""
    floor = _Step(_FLOORS[finding.severity], f"{severity_word(finding.severity)} severity")
    if finding.sample:
        return _SAMPLE_KEEPS, ("a sample", floor.reason)
    for_it = sorted(_speaks_for(finding, now=now), key=lambda step: -step.points)
    against = sorted(_speaks_against(finding), key=lambda step: step.points)
    added = min(_MOST_ADDED, sum(step.points for step in for_it))
    priority = floor.points + added + sum(step.points for step in against)
    reasons = tuple(step.reason for step in (floor, *against, *for_it))
    return max(0, min(100, priority)), reasons


def ordered(findings: Iterable[Finding], *, by: Sort) -> list[Finding]:
    """The findings in the order asked for; what is equal in it, by priority, then newest first."""
    listed = sorted(findings, key=lambda finding: (-finding.priority, -_seconds(finding.updated_at), finding.id))
    key = _KEYS.get(by)
    return listed if key is None else sorted(listed, key=key)


def _speaks_for(finding: Finding, *, now: datetime) -> Iterator[_Step]:
    if finding.types and finding.types[0].startswith(_SUCCEEDED):
        yield _Step(6, "the attacker is inside")
    if finding.types and finding.types[0] in _OPENED:
        yield _Step(6, "open to everyone")
    if finding.actor and _foreign(finding.actor.ip):
        yield _Step(4, "from the internet" + (f" ({finding.actor.country})" if finding.actor.country else ""))
    recent = _recent(finding, now=now)
    if recent:
        yield recent
    if finding.count is not None and finding.count >= 10:
        yield _Step(3 if finding.count >= 100 else 2, f"{finding.count} times")
    within = finding.severity_score - LABEL_SCORES[finding.severity]
    if within >= 5:
        yield _Step(2, f"score {finding.severity_score} of 100")


def _speaks_against(finding: Finding) -> Iterator[_Step]:
    if finding.record_state == "ARCHIVED":
        yield _Step(-40, "archived")
    if finding.compliance_status == "PASSED":
        yield _Step(-40, "the control passes")
    match finding.workflow_status:
        case Workflow.RESOLVED | Workflow.SUPPRESSED:
            yield _Step(-40, finding.workflow_status.value.lower())
        case Workflow.NOTIFIED:
            yield _Step(-12, "being worked on")
        case Workflow.NEW | None:
            return


def _recent(finding: Finding, *, now: datetime) -> _Step | None:
    seen = finding.last_seen or finding.updated_at
    if seen is None:
        return None
    return next((_Step(points, reason) for span, points, reason in _RECENT if now - seen <= span), None)


@lru_cache(maxsize=1024)  # an attacker is seen many times
def _foreign(ip: str | None) -> bool:
    return ip is not None and ipaddress.ip_address(ip).is_global
