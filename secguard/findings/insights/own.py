"""The insights that secguard makes of findings by itself: which there are, and what each counts. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from secguard.findings.feeds.levels import Event, LevelEnd, PageEnd
from secguard.findings.forms.asff import Unreadable
from secguard.findings.groups import GROUPINGS, NONE, Group, grouped_by
from secguard.findings.query import WORST_FIRST, Query
from secguard.findings.short_ids import told_apart
from secguard.model import Finding, Severity, Unreached, timestamp

_DAY = 86400
_AGES = (("under 1 day", 1), ("1 to 7 days", 7), ("7 to 30 days", 30), ("30 to 90 days", 90))
_OLDER, _AGELESS = "90 days and more", "of unknown age"
AGES = (*(name for name, _ in _AGES), _OLDER, _AGELESS)
"""How old a finding may be, by when it was first seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltIn:
    """One insight of secguard's own."""

    name: str
    asks: str
    """The question that it answers."""
    by: str | None = None
    """What it counts findings by, one of GROUPINGS; None: it is no count of groups."""
    at_least: Severity | None = None
    """The severities it is about, where the operator names none."""
    failed: bool = False
    """Whether it is about controls that failed, where the operator says nothing else."""


OLDEST, AGE, RESOLVING = "oldest", "age", "time-to-resolve"
BUILT_IN = (
    BuiltIn(name="resources", asks="What is affected most?", by="resource"),
    BuiltIn(name="accounts", asks="Which accounts have most to do?", by="account"),
    BuiltIn(name="principals", asks="Which users, roles and keys are involved?", by="principal"),
    BuiltIn(name="countries", asks="Where do the other ends stand?", by="country"),
    BuiltIn(name="addresses", asks="Which addresses come up most?", by="address"),
    BuiltIn(name="types", asks="What happens most?", by="type"),
    BuiltIn(name="controls", asks="Which controls fail most?", by="control", failed=True),
    BuiltIn(name="products", asks="Who reports most?", by="product"),
    BuiltIn(name="regions", asks="Which Regions have most to do?", by="region"),
    BuiltIn(name=OLDEST, asks="Which critical findings have been open longest?", at_least=Severity.CRITICAL),
    BuiltIn(name=AGE, asks="How old is what is open?"),
    BuiltIn(name=RESOLVING, asks="How long does it take until a finding is resolved?"),
)
"""In the order in which they are listed."""


def built_in(name: str) -> BuiltIn | None:
    """The one of that name, however it is spelled in upper and lower case."""
    return next((each for each in BUILT_IN if each.name == name.casefold()), None)


def query_for(insight: BuiltIn, query: Query) -> Query:
    """What to ask for: the query that was typed, with what the insight is about where it says nothing of that."""
    if insight.at_least is not None and query.levels == WORST_FIRST:
        query = replace(query, levels=tuple(level for level in WORST_FIRST if level >= insight.at_least))
    if insight.failed and not query.compliance:
        query = replace(query, compliance=("FAILED",))
    return query


class Heard:
    """The findings among events, as they come; what else came is known when they have ended."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.unreached: list[Unreached] = []
        self.unreadable: list[Unreadable] = []
        self.answered = False
        """Whether any place could be looked at."""
        self.count = 0
        self._events = events

    def __iter__(self) -> Iterator[Finding]:
        for event in self._events:
            match event:
                case Finding():
                    self.answered = True
                    self.count += 1
                    yield event
                case Unreached():
                    self.unreached.append(event)
                case Unreadable():
                    self.unreadable.append(event)
                case LevelEnd():
                    self.answered = self.answered or event.answered > 0
                case PageEnd():
                    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many findings there are of each kind, most first."""

    groups: tuple[Group, ...]
    findings: int
    """How many findings were counted: one may be in several groups."""
    without: int = 0
    """How many have nothing of the kind, and so are in no group."""


def counts_of(findings: Iterable[Finding], by: str) -> Counts:
    """The groups: by how many findings they have, then by how severe those are, then by name."""
    keys_of, total = GROUPINGS[by], 0

    def counted() -> Iterator[Finding]:
        nonlocal total
        for finding in findings:
            total += 1
            yield finding

    groups = grouped_by(counted(), keys_of)
    without = next((group.count for group in groups if group.key == NONE), 0)
    named = sorted((group for group in groups if group.key != NONE), key=_most)
    return Counts(groups=tuple(named), findings=total - without, without=without)


def ages_of(findings: Iterable[Finding], *, now: datetime) -> Counts:
    """How many findings are how old, the youngest first."""
    groups = {group.key: group for group in grouped_by(findings, lambda finding: [age_of(finding, now=now)])}
    found = tuple(groups[name] for name in AGES if name in groups)
    return Counts(groups=found, findings=sum(group.count for group in found))


def age_of(finding: Finding, *, now: datetime) -> str:
    """One of AGES."""
    if finding.first_seen is None:
        return _AGELESS
    days = (now - finding.first_seen).total_seconds() / _DAY
    return next((name for name, below in _AGES if days < below), _OLDER)


def oldest_of(findings: Iterable[Finding], *, most: int | None) -> list[Finding]:
    """The findings that were first seen longest ago, at most so many; those that say nothing of it are left out."""
    dated = (finding for finding in findings if finding.first_seen is not None)
    found = sorted(dated, key=_first_seen) if most is None else heapq.nsmallest(most, dated, key=_first_seen)
    return told_apart(found)


def days_open(finding: Finding, *, now: datetime) -> float:
    """Since it was first seen."""
    assert finding.first_seen is not None
    return max(0.0, (now - finding.first_seen).total_seconds() / _DAY)


def share(count: int, total: int) -> float:
    """A part of a whole, 0 to 1."""
    return count / total if total else 0.0


def count_records(counts: Counts) -> list[dict[str, Any]]:
    """The groups as the JSON objects other programs read."""
    return [_record(group, counts.findings) for group in counts.groups]


def oldest_record(finding: Finding, *, now: datetime) -> dict[str, Any]:
    """An old finding as the JSON object other programs read."""
    assert finding.first_seen is not None
    return {
        "key": finding.short_id,
        "severity": finding.severity.name,
        "title": finding.title,
        "resource": finding.resources[0].name if finding.resources else None,
        "account": finding.account,
        "region": finding.region,
        "first_seen": timestamp(finding.first_seen),
        "days": round(days_open(finding, now=now), 1),
        "id": finding.id,
    }


def _record(group: Group, total: int) -> dict[str, Any]:
    levels = {level.name.lower(): group.severities[level] for level in WORST_FIRST}
    return {"key": group.key, "count": group.count, "share": round(share(group.count, total), 4), **levels}


def _most(group: Group) -> tuple[int, list[int], str]:
    return -group.count, [-group.severities[level] for level in WORST_FIRST], group.key


def _first_seen(finding: Finding) -> tuple[datetime, str]:
    assert finding.first_seen is not None
    return finding.first_seen, finding.id


Reckon = Callable[[Iterable[Finding]], Counts]
"""How findings are counted."""


def reckoning(insight: BuiltIn, *, now: datetime) -> Reckon | None:
    """How an insight counts findings; None where it is no count."""
    if insight.name == AGE:
        return lambda findings: ages_of(findings, now=now)
    by = insight.by
    return None if by is None else lambda findings: counts_of(findings, by)
