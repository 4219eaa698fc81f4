"""Findings from Security Hub CSPM: asked for level by level, the worst first, everywhere at once, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from secguard.errors import AwsError, NotThere
from secguard.findings import places as whereabouts
from secguard.findings.asff import Unreadable, read_asff
from secguard.findings.places import SERVICE, Places, Reach
from secguard.findings.pushdown import Filters, to_asff_filters
from secguard.findings.query import Query
from secguard.model import Finding, Place, Severity, Unreached, fingerprint

READS = ("securityhub:GetFindings", "securityhub:GetFindingHistory", *whereabouts.READS)

PAGE = 100  # GetFindings: MaxResults 1-100
_LEAST_LOOKED_AT = 300
"""How many findings of a level a place is asked for even where fewer are wanted, so that the ranking has a choice:
three pages, a second at Security Hub's pace."""
_IDS_A_CALL = 20  # a filter takes at most 20 values


@dataclass(frozen=True, slots=True)
class LevelEnd:
    """All that will come of one severity has come."""

    severity: Severity
    exhausted: bool
    """Whether that is all there is; else there is more in AWS."""
    answered: int
    """How many places still answered."""


Event = Finding | Unreadable | Unreached | LevelEnd


def stream(query: Query, *, aws: Reach, limit: int | None = None) -> Iterator[Event]:
    """Every finding that the query asks for, as it arrives: the worst level first, each level ended by a LevelEnd.

    A place that can't be asked arrives as Unreached, once. With a `limit`, levels below the one in which it was
    reached are not asked for, and each place only for as many as can matter, the newest first.
    """
    reader = _Listing(aws, whereabouts.places_for(query.regions, aws=aws), limit=limit)
    yield from reader.places.unreached
    for severity in query.levels:
        yield from reader.level(replace(query, levels=(severity,)), severity)
        if limit is not None and reader.found >= limit:
            return


def by_id(ids: Sequence[str], *, aws: Reach, places: Places) -> Iterator[Finding | Unreadable | Unreached]:
    """The findings with these full ids, in whatever state they are, from the given places."""
    reader = _Listing(aws, places, limit=None)
    yield from places.unreached
    for start in range(0, len(ids), _IDS_A_CALL):
        wanted = ids[start : start + _IDS_A_CALL]
        filters: Filters = {"Id": [{"Value": value, "Comparison": "EQUALS"} for value in wanted]}
        yield from reader.read(filters, lambda _finding: True)


class _Listing:
    """One listing under way: which places still answer, and what has already come."""

    def __init__(self, aws: Reach, places: Places, *, limit: int | None) -> None:
        self.places = places
        self.found = 0
        self._aws = aws
        self._open = list(places.ask)
        self._limit = limit
        self._seen: set[str] = set()
        self._all_told = True

    def level(self, query: Query, severity: Severity) -> Iterator[Event]:
        """Everything of one severity."""
        filters, holds = to_asff_filters(query)
        self._all_told = True
        yield from self.read(filters, holds)
        yield LevelEnd(severity, exhausted=self._all_told, answered=len(self._open))

    def read(self, filters: Filters, holds: Callable[[Finding], bool]) -> Iterator[Finding | Unreadable | Unreached]:
        """What the places have behind these filters, without what came before."""
        taps = self._taps(self._open, filters)
        while taps:
            before = set(self._open)
            for place, drawn in self._drawn(taps):
                yield from self._sort_out(place, drawn, taps, holds)
            # A home Region that fell silent is replaced by the Regions that it stood for.
            taps |= self._taps([place for place in self._open if place not in before], filters)

    def _drawn(self, taps: dict[Place, _Tap]) -> Iterator[tuple[Place, _Drawn | Unreached]]:
        return self._aws.fan_out(list(taps), lambda place: taps[place].draw(), services=[SERVICE])

    def _sort_out(
        self, place: Place, drawn: _Drawn | Unreached, taps: dict[Place, _Tap], holds: Callable[[Finding], bool]
    ) -> Iterator[Finding | Unreadable | Unreached]:
        if isinstance(drawn, Unreached):
            drawn = _Drawn(failed=drawn)
        for position, item in enumerate(drawn.items, start=taps[place].told + 1):
            read = read_asff(item, position=f"{place} item {position}")
            if isinstance(read, Unreadable):
                yield read
            elif holds(read) and self._is_new(read):
                taps[place].wanted += 1
                self.found += 1
                yield read
        taps[place].told += len(drawn.items)
        if drawn.failed is not None:
            self._give_up(place)
            yield drawn.failed
        if drawn.ended or drawn.failed is not None or self._enough(taps[place]):
            del taps[place]

    def _enough(self, tap: _Tap) -> bool:
        if self._limit is None or tap.wanted < max(self._limit, _LEAST_LOOKED_AT):
            return False
        self._all_told = False
        return True

    def _is_new(self, finding: Finding) -> bool:
        """Paging may show one twice, and so may a home Region beside the Region itself."""
        key = fingerprint(finding.product_arn, finding.id)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _give_up(self, place: Place) -> None:
        self._open.remove(place)
        if place == self.places.home:
            self._open.extend(self.places.behind)

    def _taps(self, places: Iterable[Place], filters: Filters) -> dict[Place, _Tap]:
        newest_first = self._limit is not None
        return {place: _Tap(self._aws, place, filters, newest_first=newest_first) for place in places}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """What one request to one place brought."""

    items: tuple[Any, ...] = ()
    ended: bool = False
    failed: Unreached | None = None


class _Tap:
    """The findings of one place behind some filters, drawn a page at a time."""

    def __init__(self, aws: Reach, place: Place, filters: Filters, *, newest_first: bool) -> None:
        self.told = 0
        """How many items it has given."""
        self.wanted = 0
        """How many of those were asked for, and new."""
        self._aws = aws
        self._place = place
        self._request: dict[str, Any] = {"MaxResults": PAGE}
        if filters:
            self._request["Filters"] = filters
        if newest_first:
            self._request["SortCriteria"] = [{"Field": "UpdatedAt", "SortOrder": "desc"}]
        self._items = self._opened()
        self._may_reopen = True

    def draw(self) -> _Drawn:
        """The next page. What has come before an error is kept. Raises an AwsError where nothing has come."""
        items: list[Any] = []
        try:
            items.extend(islice(self._items, PAGE))
        except NotThere:
            return _Drawn(items=tuple(items), failed=self._silent("Security Hub is not enabled"))
        except AwsError as error:
            if not self.told and not items:
                raise
            if self._may_reopen and error.code == "InvalidInputException":
                # A page token that has expired: from the beginning again; what has come is not given twice.
                self._items, self._may_reopen = self._opened(), False
                return _Drawn(items=tuple(items))
            return _Drawn(items=tuple(items), failed=self._silent(f"after {self.told + len(items)} findings: {error}"))
        return _Drawn(items=tuple(items), ended=len(items) < PAGE)

    def _opened(self) -> Iterator[Any]:
        return self._aws.look(self._place).items(SERVICE, "GetFindings", "Findings", **self._request)

    def _silent(self, why: str) -> Unreached:
        return Unreached(account=self._place.account, region=self._place.region, why=why)
