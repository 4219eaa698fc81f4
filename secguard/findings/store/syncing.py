"""Bring the cache up to date: each Region where it is, from when it was last read to its end.

First everything is read; then what was updated since, and what is open. The second because a workflow status changes
without an update: what is open here and not there any more is looked up by its id. A Region is done when all of that
has come, and only then is its age today's; one that can't be read keeps what was known of it. Whatever was read is
kept page by page, so that a reading that is interrupted loses nothing, and the next begins with the Regions not done.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from secguard.engine.locks import Busy, hold_file
from secguard.findings.feeds import guardduty, securityhub, securityhub_v2
from secguard.findings.feeds.belt import Belt
from secguard.findings.feeds.levels import Read
from secguard.findings.feeds.places import Places, Reach
from secguard.findings.feeds.taps import Drawn, Tap
from secguard.findings.forms.asff import Unreadable
from secguard.findings.pushdown import Predicate
from secguard.findings.query import EVERYTHING, Query
from secguard.findings.sources import FEEDS, Survey
from secguard.findings.store.database import PlaceState, Store, explained
from secguard.findings.store.writing import (
    Held,
    Suspect,
    Tally,
    begin,
    begin_round,
    came_to_its_end,
    failed,
    forget,
    forget_unseen,
    keep,
    note_the_day,
    settle,
    suspects,
)
from secguard.findings.watching.changes import LATE_OF_GUARDDUTY
from secguard.model import Finding, Place, Source, Unreached

_BY_ID: Mapping[Source, Callable[..., Iterator[Read]]] = {
    Source.SECURITY_HUB: securityhub.by_id,
    Source.SECURITY_HUB_V2: securityhub_v2.by_id,
    Source.GUARDDUTY: guardduty.by_id,
}


@dataclass(slots=True)
class Synced:
    """What a reading brought."""

    tally: Tally = field(default_factory=Tally)
    done: list[str] = field(default_factory=list)
    """The Regions that were read to their end."""
    unreached: list[Unreached] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Be the only one who fills this cache. Raises Busy, which names the process that does."""
    lock = path.with_name(f"{path.name}.lock")
    with ExitStack() as held:
        with explained(path):
            try:
                held.enter_context(hold_file(lock, "the cache"))
            except Busy as error:
                raise Busy(f"the cache is being filled by process {lock.read_text().strip()}") from error
            lock.write_text(f"{os.getpid()}\n")
        yield


def sync(  # noqa: PLR0913 - by keyword, and all of it is the one question
    store: Store,
    survey: Survey,
    *,
    aws: Reach,
    now: datetime,
    full: bool = False,
    tell: Callable[[int], None] = lambda _count: None,
) -> Synced:
    """Read what the survey found. `full`: everything, and not only what has changed. `tell` hears how much has come.

    Raises CacheError, NoCredentials.
    """
    states = {state.region: state for state in store.places()}
    work = _Work(
        store=store,
        aws=aws,
        now=now,
        round=begin_round(store),
        states=states,
        sources=_sources(survey),
        full=full,
        tell=tell,
    )
    begin(store, sorted({*work.sources, *(place.region for place in survey.off)}), at=now)
    for unreached in survey.unreached:
        work.give_up(unreached.region, unreached)
    for source, places in survey.read.items():
        work.read(source, places)
    for place in survey.off:
        work.is_off(place.region)
    if work.synced.done:
        note_the_day(store, now=now, complete=not work.synced.unreached)
    settle(store)
    return work.synced


def _sources(survey: Survey) -> dict[str, list[Source]]:
    """Through what each Region is read: two, where Security Hub would not say whether it is on."""
    sources: dict[str, list[Source]] = {}
    for source, places in survey.read.items():
        for place in dict.fromkeys((*places.ask, *places.behind)):
            sources.setdefault(place.region, []).append(source)
    return sources


@dataclass(slots=True)
class _Region:
    """One Region while it is read."""

    place: Place
    """Where its findings are asked for: the Region itself, or its home Region."""
    held: Held
    since: datetime | None
    """None: everything is read."""
    instead_of: Unreached | None = None
    """Why it is not asked itself, where its home Region is."""
    under_way: int = 0
    """How many questions are yet to be answered to their end."""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of a Region, and what must hold of each finding that comes."""

    region: _Region
    asked: Any
    holds: Predicate


@dataclass(slots=True, kw_only=True)
class _Work:
    """One reading of all Regions."""

    store: Store
    aws: Reach
    now: datetime
    round: int
    states: Mapping[str, PlaceState]
    """What the cache had of each Region before."""
    sources: Mapping[str, Sequence[Source]]
    """Through what each Region is read."""
    full: bool
    tell: Callable[[int], None]
    synced: Synced = field(default_factory=Synced)
    came: Counter[str] = field(default_factory=Counter)
    """Through how many sources all of a Region has come."""

    def read(self, source: Source, places: Places) -> None:
        """Read every Region in which a source is on."""
        regions = [self._region(source, place) for place in dict.fromkeys((*places.ask, *places.behind))]
        questions: dict[Tap, _Question] = {}
        with Belt(self.aws, FEEDS[source].service) as belt:
            questions |= self._ask([each for region in regions for each in self._questions(region, places)], belt)
            for tap, drawn in belt:
                questions |= self._ask(self._arrived(tap, drawn, questions[tap], places), belt)

    def is_off(self, region: str) -> None:
        """Nothing is on there, so there is nothing to be seen."""
        self.synced.tally.gone += forget_unseen(self.store, region, round_number=self.round)
        came_to_its_end(self.store, region, None, at=self.now, full=True)

    def give_up(self, region: str, why: Unreached) -> None:
        """It can't be read to the end this time."""
        failed(self.store, region, why.why, at=self.now)
        self.synced.unreached.append(why)

    def _region(self, source: Source, place: Place) -> _Region:
        state = self.states.get(place.region)
        alone = list(self.sources[place.region]) == [source]
        known = alone and state is not None and state.source == source and state.full_at is not None and not self.full
        since = state.read_at - LATE_OF_GUARDDUTY if known and state is not None and state.read_at is not None else None
        return _Region(place, Held(region=place.region, source=source, round=self.round), since)

    def _questions(self, region: _Region, places: Places) -> list[_Question]:
        """Everything; or what was updated since, and what is open."""
        feed = FEEDS[region.held.source]
        queries = [EVERYTHING] if region.since is None else [replace(EVERYTHING, since=region.since), Query()]
        region.under_way = len(queries)
        # A home Region has the findings of others, which are read where they are; and where none is known, as when
        # one Region alone is read, any may be it.
        may_be_home = places.home in (None, region.place)
        asked: list[_Question] = []
        for query in queries:
            wanted, holds = feed.split(query)
            narrowed = feed.narrowed(wanted, region.held.region) if may_be_home else None
            asked.append(_Question(region, wanted if narrowed is None else narrowed, holds))
        return asked

    def _ask(self, asked: Sequence[_Question], belt: Belt) -> dict[Tap, _Question]:
        """Put questions on the belt: the first of each place together, then the second."""
        questions: dict[Tap, _Question] = {}
        together: list[dict[Place, Tap]] = []
        for question in asked:
            place = question.region.place
            tap = Tap(FEEDS[question.region.held.source], self.aws, place, question.asked, limited=False)
            questions[tap] = question
            group = next((each for each in together if place not in each), None)
            if group is None:
                group = {}
                together.append(group)
            group[place] = tap
        for taps in together:
            belt.put_on(taps)
        return questions

    def _arrived(self, tap: Tap, drawn: Drawn, question: _Question, places: Places) -> list[_Question]:
        """Keep a page. Gives what is to be asked instead where a Region itself can't be."""
        region = question.region
        self._keep(self._read_all(tap, drawn, question), region.held)
        self.tell(self.synced.tally.read)
        if drawn.failed is not None and not region.failed:
            region.failed = True
            if region.place in places.behind and places.home is not None and places.home in places.ask:
                through = _Region(places.home, region.held, region.since, instead_of=drawn.failed)
                return self._questions(through, places)
            self.give_up(region.held.region, region.instead_of or drawn.failed)
        elif not tap.goes_on(drawn):
            region.under_way -= 1
            if not region.under_way and not region.failed:
                self._finish(region)
        return []

    def _read_all(self, tap: Tap, drawn: Drawn, question: _Question) -> Iterator[Finding]:
        read = FEEDS[question.region.held.source].read
        for position, item in enumerate(drawn.items, start=tap.told + 1):
            found = read(item, f"{tap.place} item {position}")
            if isinstance(found, Unreadable):
                self.synced.unreadable.append(found)
            elif question.holds(found):
                yield found
        tap.told += len(drawn.items)

    def _keep(self, findings: Iterable[Finding], held: Held) -> None:
        self.synced.tally += keep(self.store, findings, held)

    def _finish(self, region: _Region) -> None:
        """All of it has come: what has not is no longer there."""
        name = region.held.region
        self.came[name] += 1
        if self.came[name] < len(self.sources[name]):
            return
        if region.since is None:
            self.synced.tally.gone += forget_unseen(self.store, name, round_number=self.round)
        else:
            # What is closed is not worth asking for more than once a day: it only takes up room.
            expired = self.states[name].tried_at.date() < self.now.date()
            doubtful = suspects(self.store, name, round_number=self.round, now=self.now, expired=expired)
            why = self._look_up(doubtful, region) if doubtful else None
            if why is not None:
                self.give_up(name, why)
                return
        came_to_its_end(self.store, name, " and ".join(self.sources[name]), at=self.now, full=region.since is None)
        self.synced.done.append(name)

    def _look_up(self, doubtful: Sequence[Suspect], region: _Region) -> Unreached | None:
        """See what has become of findings. Gives why that could not be seen."""
        ids = [each.finding.id for each in doubtful]
        found: list[Finding] = []
        for read in _BY_ID[region.held.source](ids, aws=self.aws, places=Places(ask=(region.place,))):
            if isinstance(read, Unreached):
                return read
            if isinstance(read, Finding):
                found.append(read)
        self._keep(found, region.held)
        self.synced.tally.gone += forget(self.store, doubtful, round_number=self.round)
        return None
