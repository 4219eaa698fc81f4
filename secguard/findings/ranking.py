"""Say what to look at first, and why: a priority of 0-100 for each finding. Pure.

The severity gives a floor of 20 points a level. What is known of the case adds up to 18, so that it decides within a
level, and only what speaks against a finding (it is over, it was dismissed, somebody is at it) moves it below the next.
A sample stands below everything real. `explained` gives the steps, which add up to the priority; `reasons` says what
they are for, and the configuration's `ranking` what they weigh and what is critical.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from secguard.config import Pattern, Ranking
from secguard.findings.forms.signals import is_public
from secguard.findings.query import Sort
from secguard.findings.reasons import FEW, PUBLIC_WHEN_FAILED, UPPER_HALF, Case, Step, steps_of
from secguard.model import Actor, Finding, Severity, severity_word

_FLOORS = {
    Severity.CRITICAL: 80,
    Severity.HIGH: 60,
    Severity.MEDIUM: 40,
    Severity.LOW: 20,
    Severity.INFORMATIONAL: 1,
}
_MOST_ADDED = 18
_OF_A_SAMPLE = 0
"""The priority of a sample, whatever it plays."""
_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
_STATES = ("Software and Configuration Checks/", "Exposure/")
"""How the types of a state begin. It is seen anew by every check, so that when it was first seen says how new it is."""
_NEW = 3
"""How far apart `seen` and `new` stand in reasons.SEEN."""
DEFAULT = Ranking()
"""How it is ranked where the configuration says nothing else."""


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


def rank(finding: Finding, *, now: datetime, ranking: Ranking = DEFAULT) -> Finding:
    """The finding with its priority and the reasons for it."""
    priority, reasons = judged(finding, now=now, ranking=ranking)
    return replace(finding, priority=priority, priority_reasons=reasons)


def judged(finding: Finding, *, now: datetime, ranking: Ranking = DEFAULT) -> tuple[int, tuple[str, ...]]:
    """A finding's priority, and the reasons for it: the severity, what is against it, what is for it."""
    if finding.sample:
        return _OF_A_SAMPLE, (_severity(finding).reason, "a sample")
    return _judged(_case(finding, now=now, ranking=ranking))


def explained(finding: Finding, *, now: datetime, ranking: Ranking = DEFAULT) -> tuple[Step, ...]:
    """The steps to a finding's priority, in the order of its reasons. They add up to it."""
    if finding.sample:
        floor = _severity(finding)
        return floor, Step(_OF_A_SAMPLE - floor.points, "a sample")
    return _explained(_case(finding, now=now, ranking=ranking))


def ordered(findings: Iterable[Finding], *, by: Sort) -> list[Finding]:
    """The findings in the order asked for; what is equal in it, by priority, then newest first, samples last."""
    listed = sorted(
        findings,
        key=lambda finding: (finding.sample, -finding.priority, -_seconds(finding.updated_at), finding.id),
    )
    key = _KEYS.get(by)
    return listed if key is None else sorted(listed, key=key)


@lru_cache(maxsize=4096)
def _judged(case: Case) -> tuple[int, tuple[str, ...]]:
    steps = _explained(case)
    reasons = tuple(step.reason for step in steps if step.reason not in _BOUNDS)
    return sum(step.points for step in steps), reasons


_AT_MOST = f"no more than {_MOST_ADDED} are added"
_AT_LEAST = "no less than 0"
_BOUNDS = (_AT_MOST, _AT_LEAST)


def _explained(case: Case) -> tuple[Step, ...]:
    floor, steps = _severity(case), steps_of(case)
    too_much = sum(step.points for step in steps if step.points > 0) - _MOST_ADDED
    bounded = (*steps, Step(-too_much, _AT_MOST)) if too_much > 0 else steps
    total = floor.points + sum(step.points for step in bounded)
    return (floor, *bounded, Step(-total, _AT_LEAST)) if total < 0 else (floor, *bounded)


def _severity(known: Finding | Case) -> Step:
    return Step(_FLOORS[known.severity], f"{severity_word(known.severity)} severity")


def _case(finding: Finding, *, now: datetime, ranking: Ranking) -> Case:
    severity, score, count, actor = finding.severity, finding.severity_score, finding.count or 0, finding.actor
    status = finding.compliance_status
    critical, marked = _marked(finding, ranking)
    # By position: this is done for each of a hundred thousand findings.
    return Case(
        ranking.weights,
        severity,
        score if score >= UPPER_HALF[severity] else 0,
        finding.types[0] if finding.types else "",
        status == "FAILED" and finding.control_id in PUBLIC_WHEN_FAILED,
        status == "PASSED",
        finding.record_state,
        finding.workflow_status,
        None if actor is None else _remote(actor),
        _seen(finding, now),
        count if count >= FEW else 0,
        finding.signals,
        marked,
        critical,
    )


def _seen(finding: Finding, now: datetime) -> int:
    """Which of reasons.SEEN holds."""
    state = finding.compliance_status is not None or _is_state(finding.types)
    moment = finding.first_seen if state else finding.last_seen or finding.updated_at
    if moment is None:
        return 0
    ago = now - moment
    if ago > _WEEK or ago < -_HOUR:
        # What says that it was seen in the future says nothing; clocks differ by less than an hour.
        return 0
    lately = 1 if ago <= _HOUR else 2 if ago <= _DAY else 3
    return lately + _NEW if state else lately


@lru_cache(maxsize=1024)  # there are few types
def _is_state(types: tuple[str, ...]) -> bool:
    return bool(types) and types[0].startswith(_STATES)


def _remote(actor: Actor) -> str | None:
    if actor.ip is None or not is_public(actor.ip):
        return None
    return f"the internet ({actor.country})" if actor.country else "the internet"


def _marked(finding: Finding, ranking: Ranking) -> tuple[bool, str | None]:
    """Whether the configuration says of it that it is critical, else less so, and in which words; None: neither."""
    if ranking.critical_tags or ranking.critical_accounts:
        why = _mark(finding, ranking.critical_tags, ranking.critical_accounts)
        if why:
            return True, f"{why} is critical"
    if ranking.less_critical_tags or ranking.less_critical_accounts:
        why = _mark(finding, ranking.less_critical_tags, ranking.less_critical_accounts)
        if why:
            return False, f"{why} is less critical"
    return False, None


def _mark(finding: Finding, tags: Mapping[str, Pattern], accounts: tuple[str, ...]) -> str | None:
    for name, patterns in tags.items():
        for resource in finding.resources:
            value = resource.tags.get(name)
            if value is not None and _matches(value, patterns):
                return f"tag {name}={value}"
    return f"account {finding.account}" if finding.account in accounts else None


def _matches(value: str, patterns: Pattern) -> bool:
    each = (patterns,) if isinstance(patterns, str) else patterns
    return any(fnmatchcase(value, pattern) for pattern in each)
