"""The findings of one place behind what was asked of it, drawn a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from secguard.engine.seam import Reader
from secguard.errors import AwsError, NotThere
from secguard.findings.feeds.places import Reach
from secguard.findings.forms.asff import Unreadable
from secguard.findings.pushdown import Predicate
from secguard.findings.query import Query
from secguard.model import Finding, Place, Unreached

PAGE = 100  # GetFindings and GetFindingsV2: MaxResults 1-100


def not_narrowed(_asked: Any, _region: str) -> None:
    """For a feed that can't be asked for the findings of one Region among others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One API that has findings: how a place is asked for some, and how what it sends is read."""

    service: str
    off: str
    """Why a place where it is not enabled has no findings to give."""
    split: Callable[[Query], tuple[Any, Predicate]]
    """What to ask for, and what must still hold of each finding that comes."""
    opened: Callable[[Reader, Any, bool], Iterator[Any]]
    """The items of one place behind what `split` or a caller asks for; whether the newest are to come first."""
    read: Callable[[Any, str], Finding | Unreadable]
    """One item, with the position by which it is named if it is no finding."""
    expired: str
    """The code of the error by which a page token is no longer good."""
    narrowed: Callable[[Any, str], Any | None] = not_narrowed
    """What is asked for, narrowed to the findings of one Region; None where that can't be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What one request to one place brought."""

    items: tuple[Any, ...] = ()
    ended: bool = False
    failed: Unreached | None = None


class Tap:
    """What one place has, page by page."""

    def __init__(self, feed: Feed, aws: Reach, place: Place, asked: Any, *, limited: bool) -> None:
        self.place = place
        self.told = 0
        """How many items have been read of those that it gave."""
        self.wanted = 0
        """How many of those were asked for, and new."""
        self.closed = False
        """Whether no more is to be drawn."""
        self._feed = feed
        self._given = 0
        self._opened: Callable[[], Iterator[Any]] = lambda: feed.opened(aws.look(place), asked, limited)
        self._items = self._opened()
        self._may_reopen = True
        self._ahead: Drawn | None = None

    def begin(self) -> bool:
        """Draw the first page, to be given later. Returns whether there is any to draw. Raises an AwsError."""
        self._ahead = self._drawn()
        return self._ahead.failed is None

    def draw(self) -> Drawn:
        """The next page. What has come before an error is kept. Raises an AwsError where nothing has come."""
        drawn, self._ahead = self._ahead or self._drawn(), None
        self._given += len(drawn.items)
        return drawn

    def goes_on(self, drawn: Drawn) -> bool:
        """Whether there is more to draw after that page."""
        return not (self.closed or drawn.ended or drawn.failed)

    def _drawn(self) -> Drawn:
        items: list[Any] = []
        try:
            items.extend(islice(self._items, PAGE))
        except NotThere:
            return Drawn(items=tuple(items), failed=self._silent(self._feed.off))
        except AwsError as error:
            if not self._given and not items:
                raise
            if self._may_reopen and error.code == self._feed.expired:
                # A page token that has expired: from the beginning again; what has come is not given twice.
                self._items, self._may_reopen = self._opened(), False
                return Drawn(items=tuple(items))
            return Drawn(items=tuple(items), failed=self._silent(f"after {self._given + len(items)} findings: {error}"))
        return Drawn(items=tuple(items), ended=len(items) < PAGE)

    def _silent(self, why: str) -> Unreached:
        return Unreached(account=self.place.account, region=self.place.region, why=why)


class HeadStart:
    """The first page of each place, asked for while it is found out where there is anything: one call tells both."""

    def __init__(self, feed: Feed, aws: Reach, query: Query) -> None:
        self._feed = feed
        self._aws = aws
        self._asked, _ = feed.split(query)
        self._begun: dict[Place, Tap] = {}

    def is_on(self, place: Place) -> bool:
        """Whether a place has any. Raises an AwsError where it won't say."""
        tap = Tap(self._feed, self._aws, place, self._asked, limited=False)
        on = tap.begin()
        if on:
            self._begun[place] = tap
        return on

    def tap(self, feed: Feed, place: Place, asked: Any) -> Tap | None:
        """What was begun there, once, if the same was asked."""
        return self._begun.pop(place, None) if feed is self._feed and asked == self._asked else None
