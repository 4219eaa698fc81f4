"""How long findings take until they are resolved, as their histories tell.

A finding itself does not say when it was resolved: to set its workflow status does not change UpdatedAt (the service
model's documentation of BatchUpdateFindings). GetFindingHistory does, for 90 days, one finding a call; so the newest
resolved findings of each severity are asked about, and no more.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from secguard.engine.seam import Reader
from secguard.errors import NotThere
from secguard.findings.feeds import securityhub
from secguard.findings.feeds.places import SERVICE, Reach
from secguard.findings.forms.arn import region_in
from secguard.findings.forms.asff import Unreadable
from secguard.findings.forms.fields import mappings, text
from secguard.findings.forms.times import read_time
from secguard.findings.insights.own import Heard
from secguard.findings.query import Query
from secguard.model import Finding, Place, Severity, Unreached, Workflow

ASKED = 50
"""How many findings of a severity are asked about unless it is said: five seconds at Security Hub's pace."""
_HOUR = 3600
_RESOLVED = re.compile(r"\bRESOLVED\b")
_MOST_RECORDS = 500
"""How much of one finding's history is gone through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolving:
    """How long the findings of one severity took, from when they were first seen until they were resolved."""

    severity: Severity
    asked: int
    """How many resolved findings were asked about."""
    hours: tuple[float, ...] = ()
    """For each whose history tells, the shortest first."""

    @property
    def median(self) -> float | None:
        """Half of them took no longer."""
        return statistics.median(self.hours) if self.hours else None

    @property
    def p90(self) -> float | None:
        """Nine in ten took no longer (the nearest rank)."""
        return self.hours[math.ceil(0.9 * len(self.hours)) - 1] if self.hours else None


@dataclass(slots=True, kw_only=True)
class Told:
    """What was learned, and what could not be."""

    times: list[Resolving] = field(default_factory=list)
    """By severity, the worst first; one with no resolved finding is left out."""
    unreached: list[Unreached] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    answered: bool = False


def resolving_times(query: Query, *, aws: Reach, most: int, progress: Callable[[str], None]) -> Told:
    """For each severity of `query`, its newest resolved findings, at most `most`, and how long they took.

    `query.since` and `query.until` are about the moment at which a finding was resolved.
    """
    told = Told()
    for severity in query.levels:
        wanted = replace(query, levels=(severity,), statuses=(Workflow.RESOLVED,), since=None, until=None)
        heard = Heard(securityhub.stream(wanted, aws=aws, limit=most))
        newest = sorted(heard, key=_updated, reverse=True)[:most]
        told.unreached.extend(heard.unreached)
        told.unreadable.extend(heard.unreadable)
        told.answered = told.answered or heard.answered
        if newest:
            progress(f"asking for the history of {len(newest)} {severity.name.lower()} findings")
            told.times.append(_times(severity, newest, query, aws=aws, told=told))
    progress("")
    told.unreached = list(dict.fromkeys(told.unreached))
    return told


def _times(severity: Severity, findings: Sequence[Finding], query: Query, *, aws: Reach, told: Told) -> Resolving:
    by_place: dict[Place, list[Finding]] = {}
    for finding in findings:
        place = Place(aws.caller.account, region_in(finding.product_arn) or finding.region)
        by_place.setdefault(place, []).append(finding)
    hours: list[float] = []
    answers = aws.fan_out(
        by_place, lambda place: _hours_at(aws.look(place), by_place[place], query), services=[SERVICE]
    )
    for _, answer in answers:
        if isinstance(answer, Unreached):
            told.unreached.append(answer)
        else:
            hours.extend(answer)
    return Resolving(severity=severity, asked=len(findings), hours=tuple(sorted(hours)))


def _hours_at(reader: Reader, findings: Iterable[Finding], query: Query) -> list[float]:
    return [hours for finding in findings if (hours := _hours(reader, finding, query)) is not None]


def _hours(reader: Reader, finding: Finding, query: Query) -> float | None:
    """None where it can't be told, or was at another time."""
    try:
        moment = _resolved_at(_records(reader, finding))
    except NotThere:
        return None  # it has left Security Hub since it was listed
    if moment is None or finding.first_seen is None or moment < finding.first_seen:
        return None
    if (query.since and moment < query.since) or (query.until and moment >= query.until):
        return None
    return (moment - finding.first_seen).total_seconds() / _HOUR


def _records(reader: Reader, finding: Finding) -> Iterator[Mapping[str, Any]]:
    identifier = {"Id": finding.id, "ProductArn": finding.product_arn}
    records = reader.items(SERVICE, "GetFindingHistory", "Records", FindingIdentifier=identifier)
    return islice((record for record in records if isinstance(record, Mapping)), _MOST_RECORDS)


def _resolved_at(records: Iterable[Mapping[str, Any]]) -> datetime | None:
    """When it became resolved the last time."""
    moments = [
        read_time(record.get("UpdateTime"))
        for record in records
        if any(map(_resolves, mappings(record.get("Updates"))))
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def _resolves(update: Mapping[Any, Any]) -> bool:
    """Whether a workflow status became RESOLVED; the value is the status, or the JSON of an object with it."""
    if not (text(update.get("UpdatedField")) or "").startswith("Workflow"):
        return False
    before, after = (text(update.get(name)) or "" for name in ("OldValue", "NewValue"))
    return bool(_RESOLVED.search(after)) and not _RESOLVED.search(before)


def _updated(finding: Finding) -> float:
    return finding.updated_at.timestamp() if finding.updated_at else 0.0


def resolving_record(times: Resolving) -> dict[str, Any]:
    """The times of one severity as the JSON object other programs read."""
    return {
        "key": times.severity.name,
        "asked": times.asked,
        "counted": len(times.hours),
        "median_hours": None if times.median is None else round(times.median, 2),
        "p90_hours": None if times.p90 is None else round(times.p90, 2),
    }
