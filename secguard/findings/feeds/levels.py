"""Read findings from places, everywhere at once, page by page, each finding once.

Where some are enough, level by level, the worst first; where all are wanted, all at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from secguard.findings.feeds.belt import Belt
from secguard.findings.feeds.places import Places, Reach
from secguard.findings.feeds.spread import Spread
from secguard.findings.feeds.taps import Drawn, Feed, HeadStart, Tap
from secguard.findings.forms.asff import Unreadable
from secguard.findings.forms.ocsf import own_id
from secguard.findings.numbers import Numbers
from secguard.findings.pushdown import Predicate
from secguard.findings.query import Query
from secguard.model import Finding, Place, Severity, Unreached, fingerprint

_LEAST_LOOKED_AT = 300
"""How many findings of a level a place is asked for even where fewer are wanted, so that the ranking has a choice:
three pages, a second at Security Hub's pace."""
_SHORT = 1000
"""How long a list may be to be put in order before its first line is shown."""


@dataclass(frozen=True, slots=True)
class LevelEnd:
    """All that will come of one severity has come."""

    severity: Severity
    exhausted: bool
    """Whether that is all there is; else there is more in AWS."""
    answered: int
    """How many places still answered."""


@dataclass(frozen=True, slots=True)
class PageEnd:
    """More has yet to arrive: this is a moment to show what has."""


Read = Finding | Unreadable | Unreached
Event = Read | LevelEnd | PageEnd


def identity(finding: Finding) -> int:
    """A number that is the same for one finding, whichever source has it, and for no other."""
    own = own_id(finding)
    full = fingerprint("", own) if ":guardduty:" in own else fingerprint(finding.product_arn, finding.id)
    return int(full[:15], 16)  # 60 bits tell millions apart


def by_level(query: Query, readings: Sequence[Reading], *, limit: int | None) -> Iterator[Event]:
    """Every finding that the query asks for, as it arrives, each level ended by a LevelEnd.

    A place that can't be asked arrives as Unreached, once. With a `limit` the worst level comes first, and those below
    the one in which it was reached are not asked for. Without one all come at once; a short list the worst first.
    """
    for reading in readings:
        yield from reading.places.unreached
    if limit is None:
        yield from _all_at_once(query, readings)
        return
    for severity in query.levels:
        level = replace(query, levels=(severity,))
        for reading in readings:
            yield from reading.matching(level)
        exhausted = all(reading.all_told for reading in readings)
        yield LevelEnd(severity, exhausted=exhausted, answered=sum(reading.answering for reading in readings))
        if sum(reading.found for reading in readings) >= limit:
            return


def _all_at_once(query: Query, readings: Sequence[Reading]) -> Iterator[Event]:
    yield from _worst_first(event for reading in readings for event in reading.everything(query))
    answered = sum(reading.answering for reading in readings)
    for severity in query.levels:
        yield LevelEnd(severity, exhausted=True, answered=answered)


def _worst_first(events: Iterator[Read | PageEnd]) -> Iterator[Read | PageEnd]:
    """The events: the findings of a short list worst first, those of a long one as they arrive."""
    held: list[Finding] = []
    for event in events:
        if isinstance(event, Finding):
            held.append(event)
            if len(held) == _SHORT:
                break
        elif not isinstance(event, PageEnd):
            yield event
    yield from sorted(held, key=lambda finding: -finding.severity)
    held.clear()
    yield PageEnd()
    yield from events


class Reading:
    """One feed read in some places: which of them still answer, and what has already come.

    Readings of several feeds share what they have `seen`, so that what two of them have is told once. With a `limit`,
    each place is asked only for as many as can matter, the newest first. What was `begun` is gone on with.
    """

    def __init__(  # noqa: PLR0913 - by keyword
        self,
        feed: Feed,
        places: Places,
        *,
        aws: Reach,
        limit: int | None = None,
        seen: Numbers | None = None,
        begun: HeadStart | None = None,
    ) -> None:
        self.places = places
        self.found = 0
        """How many findings it has given."""
        self.all_told = True
        """Whether the last question was answered to its end."""
        self._feed = feed
        self._aws = aws
        self._open = list(places.ask)
        self._limit = limit
        self._seen = Numbers() if seen is None else seen
        self._begun = begun

    @property
    def answering(self) -> int:
        """How many places still answer."""
        return len(self._open)

    def matching(self, query: Query) -> Iterator[Read]:
        """What the places have for a query, without what came before."""
        yield from self.read(*self._feed.split(query))

    def everything(self, query: Query) -> Iterator[Read | PageEnd]:
        """All that the places have for a query, each place going on by itself."""
        asked, holds = self._feed.split(query)
        answered: set[Place] = set()
        with Belt(self._aws, self._feed.service) as belt:
            spread = Spread(self.places, belt, feed=self._feed, asked=asked, tap=self._tap)
            spread.begin()
            for tap, drawn in belt:
                yield from self._told(tap, drawn, holds)
                yield PageEnd()
                (answered.discard if drawn.failed else answered.add)(tap.place)
                yield from spread.after(tap, drawn)
        self._open = sorted(answered)

    def read(self, asked: Any, holds: Predicate) -> Iterator[Read]:
        """What the places have behind what is asked, as far as it holds, without what came before."""
        self.all_told = True
        taps = self._taps(self._open, asked)
        while taps:
            before = set(self._open)
            for place, drawn in self._drawn(taps):
                yield from self._sort_out(place, drawn, taps, holds)
            # A home Region that fell silent is replaced by the Regions that it stood for.
            taps |= self._taps([place for place in self._open if place not in before], asked)

    def _drawn(self, taps: dict[Place, Tap]) -> Iterator[tuple[Place, Drawn | Unreached]]:
        return self._aws.fan_out(list(taps), lambda place: taps[place].draw(), services=[self._feed.service])

    def _sort_out(
        self, place: Place, drawn: Drawn | Unreached, taps: dict[Place, Tap], holds: Predicate
    ) -> Iterator[Read]:
        if isinstance(drawn, Unreached):
            drawn = Drawn(failed=drawn)
        yield from self._told(taps[place], drawn, holds)
        if drawn.failed is not None:
            self._give_up(place)
            yield drawn.failed
        if drawn.ended or drawn.failed is not None or self._enough(taps[place]):
            del taps[place]

    def _told(self, tap: Tap, drawn: Drawn, holds: Predicate) -> Iterator[Finding | Unreadable]:
        """What a page has that holds, and that has not come before."""
        for position, item in enumerate(drawn.items, start=tap.told + 1):
            read = self._feed.read(item, f"{tap.place} item {position}")
            if isinstance(read, Unreadable):
                yield read
            elif holds(read) and self._is_new(read):
                tap.wanted += 1
                self.found += 1
                yield read
        tap.told += len(drawn.items)

    def _enough(self, tap: Tap) -> bool:
        if self._limit is None or tap.wanted < max(self._limit, _LEAST_LOOKED_AT):
            return False
        self.all_told = False
        return True

    def _is_new(self, finding: Finding) -> bool:
        """Paging may show one twice, so may a home Region beside the Region itself, and GuardDuty beside the hub."""
        return self._seen.add(identity(finding))

    def _give_up(self, place: Place) -> None:
        self._open.remove(place)
        if place == self.places.home:
            self._open.extend(self.places.behind)

    def _taps(self, places: Iterable[Place], asked: Any) -> dict[Place, Tap]:
        return {place: self._tap(place, asked) for place in places}

    def _tap(self, place: Place, asked: Any) -> Tap:
        begun = self._begun.tap(self._feed, place, asked) if self._begun is not None else None
        return begun or Tap(self._feed, self._aws, place, asked, limited=self._limit is not None)
