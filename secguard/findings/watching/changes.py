"""Tell what is new, and what got worse, among findings that come again and again. Pure: no AWS, no clock, no output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from secguard.findings.feeds.levels import identity
from secguard.findings.forms.fields import inside
from secguard.findings.forms.products import GUARDDUTY, known_product
from secguard.findings.forms.times import read_time
from secguard.findings.query import Query
from secguard.model import Finding, Workflow

OVERLAP = timedelta(minutes=10)
"""How far each round looks back beyond the last one. A finding bears the time of its product and comes later:
GuardDuty's new ones within about five minutes (its guide); and clocks differ, by as much where calls still work."""
LATE = timedelta(minutes=75)
"""How far back is looked from time to time, for what took longer: from one Region to another, say."""
LATE_OF_GUARDDUTY = timedelta(hours=6, minutes=15)
"""The same for GuardDuty's updates: by default it passes them on every six hours."""

_FAILING = {"PASSED": 0, "NOT_AVAILABLE": 1, "WARNING": 2, "FAILED": 3}
"""How bad a control's outcome is."""
_SETTLED = (Workflow.RESOLVED, Workflow.SUPPRESSED)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(StrEnum):
    """Why a finding is shown."""

    NEW = "new"
    WORSE = "worse"
    REOPENED = "reopened"
    AGAIN = "again"
    """It happened again, many times more than when it was last shown."""
    MATCHES = "matches"
    """It is older, and did not match what is watched for before."""
    UPDATED = "updated"
    """It is older, and from what it has changed is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to a finding: from what to what, where that is known."""

    kind: Kind
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        match self.before, self.after:
            case None, None:
                return self.kind.value
            case None, after:
                return f"{self.kind.value}: {after}"
            case before, after:
                return f"{self.kind.value}: {before} → {after}"


class Known(msgspec.Struct, frozen=True, gc=False):
    """What is kept of a finding, to tell whether it got worse."""

    updated_at: float
    """Seconds since 1970: of several versions the latest counts, in whatever order they come."""
    severity: str
    rank: int
    """The severity as a number."""
    settled: str
    """RESOLVED, SUPPRESSED or ARCHIVED; empty while it is open."""
    compliance: str
    count: int
    """How often it had happened when it was last shown."""


class Memory:
    """The findings that a watch has met. `begin`: what was last updated before is known, and not shown."""

    def __init__(self, *, begin: datetime, known: Mapping[int, Known] | None = None) -> None:
        self.begin = begin
        self._known = dict(known or {})
        self._unsaved: dict[int, Known] = {}
        self._unshown: set[int] = set()

    def __len__(self) -> int:
        return len(self._known)

    def judge(self, finding: Finding, *, since: datetime | None) -> Change | None:
        """Why the finding is to be shown, or None; from now on it is known. Once it was, `shown` is to be told.

        `since`: from when the place that has it was read; None where that was all it had.
        """
        key = identity(finding)
        before = self._known.get(key)
        now = _known(finding)
        if before is not None and now.updated_at < before.updated_at:
            return None
        change = self._first_met(finding, since=since) if before is None else _changed(before, now)
        if before is not None and change is None:
            now = msgspec.structs.replace(now, count=before.count)
        self._known[key] = now
        if change is not None:
            self._unshown.add(key)
        elif now != before and key not in self._unshown:
            self._unsaved[key] = now
        return change

    def shown(self, finding: Finding) -> None:
        """Take note that it was shown: whoever goes on from here need not do so."""
        key = identity(finding)
        self._unshown.discard(key)
        self._unsaved[key] = self._known[key]

    def unsaved(self) -> dict[int, Known]:
        """What was learned, and not yet kept; what is yet to be shown is not among it."""
        return dict(self._unsaved)

    def saved(self, learned: Mapping[int, Known]) -> None:
        """Take note that this was kept."""
        for key, known in learned.items():
            if self._unsaved.get(key) is known:
                del self._unsaved[key]

    def _first_met(self, finding: Finding, *, since: datetime | None) -> Change | None:
        if since is None and (finding.updated_at or _NEVER) < self.begin:
            return None
        made = created_at(finding)
        if made is not None and made >= (since or self.begin):
            return Change(kind=Kind.NEW)
        if since is not None:
            return Change(kind=Kind.MATCHES, after=_standing(finding))
        if finding.control_id is not None:
            # A control is checked, and its finding updated, every day, whether or not anything changed.
            return None
        return Change(kind=Kind.UPDATED, after=_standing(finding))


def created_at(finding: Finding) -> datetime | None:
    """When the product made the finding; where it does not say, when it was first seen, or else updated."""
    raw: Any = finding.raw
    info = inside(raw, "finding_info")
    stated = (inside(raw).get("CreatedAt"), inside(raw).get("createdAt"), info.get("created_time"))
    return next(filter(None, map(read_time, stated)), finding.first_seen or finding.updated_at)


def late_queries(query: Query, *, now: datetime) -> Iterator[Query]:
    """The query for what may have come late."""
    yield replace(query, since=now - LATE)
    if not query.products or GUARDDUTY in map(known_product, query.products):
        yield replace(query, products=(GUARDDUTY,), since=now - LATE_OF_GUARDDUTY)


def _changed(before: Known, now: Known) -> Change | None:
    failing = _FAILING.get(now.compliance), _FAILING.get(before.compliance)
    if failing[0] is not None and failing[1] is not None and failing[0] > failing[1]:
        return Change(kind=Kind.WORSE, before=before.compliance, after=now.compliance)
    if now.rank > before.rank:
        return Change(kind=Kind.WORSE, before=before.severity, after=now.severity)
    if before.settled and not now.settled:
        return Change(kind=Kind.REOPENED, before=before.settled, after="open")
    if now.count >= 2 * before.count > 0:
        return Change(kind=Kind.AGAIN, before=str(before.count), after=f"{now.count} times")
    return None


def _known(finding: Finding) -> Known:
    return Known(
        updated_at=(finding.updated_at or _NEVER).timestamp(),
        severity=finding.severity.name,
        rank=int(finding.severity),
        settled=_settled(finding),
        compliance=finding.compliance_status or "",
        count=finding.count or 0,
    )


def _settled(finding: Finding) -> str:
    if finding.record_state == "ARCHIVED":
        return finding.record_state
    return finding.workflow_status.value if finding.workflow_status in _SETTLED else ""


def _standing(finding: Finding) -> str | None:
    """What has become of it so far, None while that is nothing; its severity is told beside it anyway."""
    return _settled(finding) or (Workflow.NOTIFIED if finding.workflow_status is Workflow.NOTIFIED else None)
