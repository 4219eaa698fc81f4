"""Make a list of what arrives: ranked, cut to what was asked for, with what is missing beside it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from secguard.config import Ranking
from secguard.findings.feeds.levels import Event, LevelEnd, PageEnd
from secguard.findings.forms.asff import Unreadable
from secguard.findings.query import Query, Sort
from secguard.findings.ranking import DEFAULT, judged, ordered, rank
from secguard.findings.short_ids import Told, told_apart
from secguard.model import Finding, Severity, Unreached

Answers = Callable[[Finding], tuple[str, ...]]
"""The names of the playbooks that answer a finding, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Findings in their order, and what an operator must know about the list."""

    findings: tuple[Finding, ...]
    found: int
    """How many there are, of which the list holds the first."""
    more: bool
    """Whether AWS may hold more than `found`: not every level was asked for to its end."""
    worst: Severity | None
    """The worst severity found, samples aside."""
    answered: bool
    """Whether any place could be looked at."""
    unreached: tuple[Unreached, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


def in_full(finding: Finding, *, now: datetime, answers: Answers, ranking: Ranking = DEFAULT) -> Finding:
    """The finding ranked, and with its playbooks."""
    priority, reasons = judged(finding, now=now, ranking=ranking)
    return replace(finding, priority=priority, priority_reasons=reasons, playbooks=answers(finding))


def fetch_limit(query: Query) -> int | None:
    """How many findings are enough; None when the order asked for needs them all."""
    return query.limit if query.sort in (Sort.PRIORITY, Sort.SEVERITY) else None


def collect(
    events: Iterable[Event], *, query: Query, now: datetime, answers: Answers, ranking: Ranking = DEFAULT
) -> Listing:
    """The whole list. A level of which not everything came stands below the others, whatever its priorities."""
    complete: list[Finding] = []
    current: list[Finding] = []
    unreached: list[Unreached] = []
    unreadable: list[Unreadable] = []
    ended: list[LevelEnd] = []
    for event in events:
        match event:
            case Finding():
                current.append(rank(event, now=now, ranking=ranking))
            case Unreached():
                unreached.append(event)
            case Unreadable():
                unreadable.append(event)
            case LevelEnd():
                ended.append(event)
                if event.exhausted:
                    complete, current = complete + current, []
    listed = ordered(complete, by=query.sort) + ordered(current, by=query.sort)
    shown = [replace(finding, playbooks=answers(finding)) for finding in told_apart(listed)[: query.limit]]
    return Listing(
        findings=tuple(shown),
        found=len(listed),
        more=[end.severity for end in ended if end.exhausted] != list(query.levels),
        worst=max((finding.severity for finding in listed if not finding.sample), default=None),
        answered=bool(listed) or any(end.answered for end in ended),
        unreached=tuple(unreached),
        unreadable=tuple(unreadable),
    )


class Following:
    """A list that is handed on as it arrives, and what was learned when it has ended."""

    def __init__(self, events: Iterable[Event], *, now: datetime, answers: Answers, ranking: Ranking = DEFAULT) -> None:
        self.worst: Severity | None = None
        """The worst severity so far, samples aside."""
        self.answered = False
        """Whether any place could be looked at."""
        self._events = events
        self._now = now
        self._answers = answers
        self._ranking = ranking

    def __iter__(self) -> Iterator[Finding | Unreached | Unreadable | PageEnd]:
        told = Told()
        for event in self._events:
            match event:
                case Finding():
                    self.answered = True
                    if not event.sample:
                        self.worst = max(self.worst or event.severity, event.severity)
                    yield told.apart(in_full(event, now=self._now, answers=self._answers, ranking=self._ranking))
                case LevelEnd():
                    self.answered = self.answered or event.answered > 0
                case Unreached() | Unreadable() | PageEnd():
                    yield event
