"""Look again and again at what there is of findings, and tell what is new, what got worse, and what can't be seen.

Each place is read from where it was last read completely, so what came while it could not be read is told afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from secguard.engine.seam import Clock
from secguard.errors import AwsError, NoCredentials, SecguardError
from secguard.findings.feeds.levels import Event, Reading, by_level
from secguard.findings.feeds.places import Places, Reach
from secguard.findings.forms.asff import Unreadable
from secguard.findings.query import Query
from secguard.findings.sources import FEEDS, Survey, survey_of
from secguard.findings.watching.changes import OVERLAP, Change, Memory, late_queries
from secguard.model import Finding, Place, Source, Unreached

SURVEY_EVERY = timedelta(minutes=10)
"""How often it is asked anew what is on where, and looked for what comes late."""
MOST_PATIENCE = 300.0
"""Seconds after which a place that can't be read is tried again, at the most."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A finding that is to be shown, and why."""

    finding: Finding
    change: Change


@dataclass(frozen=True, slots=True)
class Blind:
    """Places that can't be seen from now on, and since when they have not been."""

    places: tuple[Unreached, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Seeing:
    """Places that can be seen again; what came in the meantime has been told."""

    places: tuple[Place, ...]
    seconds: float
    """For how long they could not."""


Seen = Sighting | Blind | Seeing | Unreadable


@dataclass(slots=True)
class Blindness:
    """A place that can't be read at present."""

    since: datetime
    why: str
    retry_at: datetime
    tries: int = 1


@dataclass(slots=True, kw_only=True)
class Trail:
    """How far each place has been read."""

    read_at: dict[Place, datetime] = field(default_factory=dict)
    """When the last reading that was complete began."""
    late_at: datetime
    """When it was last looked for what comes late."""


class Lookout:
    """Watches one query. `connect` opens AWS: at the start, and anew when the credentials were refused.

    `interval`: seconds between two rounds, as whoever calls `look` keeps it. `tell` hears what is on where, before it
    is read, and whenever that has changed. `counted` is handed all that arrives, and hands it on.
    """

    def __init__(  # noqa: PLR0913 - by keyword, and all of it is what a watch is
        self,
        query: Query,
        *,
        source: Source | None,
        connect: Callable[[], Reach],
        memory: Memory,
        trail: Trail,
        clock: Clock,
        interval: float,
        tell: Callable[[str], None] = lambda _text: None,
        counted: Callable[[Iterator[Event]], Iterator[Event]] = iter,
    ) -> None:
        self.blind: dict[Place, Blindness] = {}
        """What can't be seen at present."""
        self.blind_seconds: dict[Place, float] = {}
        """For how long what can be seen again could not."""
        self.survey: Survey | None = None
        """What is on where, from the first round on."""
        self._query = query
        self._source = source
        self._connect = connect
        self._memory = memory
        self._trail = trail
        self._clock = clock
        self._interval = interval
        self._tell = tell
        self._counted = counted
        self._aws = connect()
        self._refused = False
        self._surveyed_at = clock.now()

    @property
    def sees(self) -> bool:
        """Whether any place that is watched can be seen."""
        return any(place not in self.blind for place in self._watched())

    def look(self) -> Iterator[Seen]:
        """One round: what is to be shown, and what became of the places.

        Raises an AwsError where not even what is on could be learned, and SecguardError where the credentials have
        become another account's.
        """
        started = self._clock.now()
        yield from self._told(self._places_left_out(started), started)
        survey = self.survey
        assert survey is not None
        late = started - self._trail.late_at >= SURVEY_EVERY
        late_missed = False
        for source, places in survey.read.items():
            for group, since in self._groups(places, started):
                yield from self._read(source, group, since, started)
            if late:
                missed = yield from self._look_for_late(source, places, started)
                late_missed = late_missed or missed
        if late and not late_missed:
            self._trail.late_at = started

    def _places_left_out(self, started: datetime) -> Mapping[Place, str]:
        """Learn what is on where, if it is time. Gives what can't be read for that reason, and why."""
        try:
            if self._refused:
                self._sign_in_again(started)
            if self.survey is None or started - self._surveyed_at >= SURVEY_EVERY:
                survey = survey_of(self._query, aws=self._aws, source=self._source)
                if self.survey is None or str(survey) != str(self.survey):
                    self._tell(str(survey))
                self.survey, self._surveyed_at = survey, started
                return {Place(each.account, each.region): each.why for each in self.survey.unreached}
        except AwsError as error:
            if self.survey is None:
                raise
            self._refused |= isinstance(error, NoCredentials)
            return {place: str(error) for place in self._watched()}
        return {}

    def _sign_in_again(self, started: datetime) -> None:
        """Raises NoCredentials while nobody has signed in."""
        aws, account = self._connect(), self._aws.caller.account
        if aws.caller.account != account:
            raise SecguardError(
                f"the credentials were those of account {account}, and now are those of {aws.caller.account}",
                advice="begin a new watch for that account",
            )
        self._aws, self._refused = aws, False
        for blindness in self.blind.values():
            blindness.retry_at = started

    def _watched(self) -> Iterator[Place]:
        read = self.survey.read.values() if self.survey else ()
        for places in read:
            yield from (*places.ask, *places.behind)

    def _groups(self, places: Places, started: datetime) -> Iterator[tuple[Places, datetime | None]]:
        """What to read together: places last read at the same time. What can't be seen is spared for a while."""
        asked = list(places.ask)
        if places.home in asked and self._rests(places.home, started):
            asked.extend(places.behind)
        together: dict[datetime | None, list[Place]] = {}
        for place in asked:
            if not self._rests(place, started):
                together.setdefault(self._trail.read_at.get(place), []).append(place)
        for since, group in together.items():
            yield _among(places, group), since

    def _rests(self, place: Place | None, started: datetime) -> bool:
        return place is not None and place in self.blind and self.blind[place].retry_at > started

    def _read(self, source: Source, places: Places, since: datetime | None, started: datetime) -> Iterator[Seen]:
        """Read places from where they were last read; all they have, where they never were."""
        begin = None if since is None else since - OVERLAP
        silent: dict[Place, str] = {}
        yield from self._judged(self._events(replace(self._query, since=begin), source, places), begin, silent)
        read = [place for place in (*places.ask, *places.behind) if place not in silent]
        yield from self._told(silent, started)
        yield from self._regained(read, started)
        for place in read:
            self._trail.read_at[place] = started

    def _look_for_late(self, source: Source, places: Places, started: datetime) -> Generator[Seen, None, bool]:
        """Read again what may have come late. Gives back whether some of it may have been missed."""
        seen = [place for place in places.ask if place not in self.blind]
        among = _among(places, seen)
        silent: dict[Place, str] = {}
        for query in late_queries(self._query, now=started) if seen else ():
            yield from self._judged(self._events(query, source, among), query.since, silent)
        return bool(silent)

    def _events(self, query: Query, source: Source, places: Places) -> Iterator[Event]:
        """What arrives; where nothing can, because of what befell the whole, each place says so."""
        try:
            yield from by_level(query, [Reading(FEEDS[source], places, aws=self._aws)], limit=None)
        except AwsError as error:
            self._refused |= isinstance(error, NoCredentials)
            for place in (*places.ask, *places.behind):
                yield Unreached(account=place.account, region=place.region, why=str(error))

    def _judged(self, events: Iterator[Event], since: datetime | None, silent: dict[Place, str]) -> Iterator[Seen]:
        """What is to be shown of what arrives. The places that can't be read are put into `silent`."""
        for event in self._counted(events):
            match event:
                case Finding():
                    change = self._memory.judge(event, since=since)
                    if change is not None:
                        yield Sighting(event, change)
                case Unreached():
                    silent[Place(event.account, event.region)] = event.why
                case Unreadable():
                    yield event
                case _:
                    pass

    def _told(self, silent: Mapping[Place, str], started: datetime) -> Iterator[Blind]:
        """Take note of what can't be seen. What could be until now is told, by since when."""
        fresh: dict[datetime, list[Unreached]] = {}
        for place, why in silent.items():
            known = self.blind.get(place)
            if known is None:
                since = self._trail.read_at.get(place, started)
                self.blind[place] = Blindness(since=since, why=why, retry_at=self._retry_at(started, tries=1))
                fresh.setdefault(since, []).append(Unreached(account=place.account, region=place.region, why=why))
            else:
                known.why, known.tries = why, known.tries + 1
                known.retry_at = self._retry_at(started, tries=known.tries)
        for since, places in fresh.items():
            yield Blind(tuple(places), since)

    def _retry_at(self, started: datetime, *, tries: int) -> datetime:
        patience = min(MOST_PATIENCE, self._interval * 2 ** min(tries - 1, 10))
        # Half a round less, so that the round that is meant is not missed by an instant.
        return started + timedelta(seconds=patience - self._interval / 2)

    def _regained(self, read: Iterable[Place], started: datetime) -> Iterator[Seeing]:
        again: dict[float, list[Place]] = {}
        for place in read:
            was = self.blind.pop(place, None)
            if was is not None:
                seconds = (started - was.since).total_seconds()
                self.blind_seconds[place] = self.blind_seconds.get(place, 0.0) + seconds
                again.setdefault(seconds, []).append(place)
        for seconds, places in again.items():
            yield Seeing(tuple(places), seconds)


def _among(places: Places, chosen: Sequence[Place]) -> Places:
    """These of the places; with the home Region, those behind it."""
    if places.home not in chosen:
        return Places(ask=tuple(chosen))
    return Places(ask=tuple(chosen), home=places.home, behind=places.behind)
