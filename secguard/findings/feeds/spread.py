"""Decide which places are asked for all that they have: a home Region for those behind it, or each for itself.

A home Region has the findings of others, but one quota for all: where there are many, reading each Region where it is
takes a fraction of the time. How many there are, nobody says; so the home Region is first asked for its own. More than
a page of those, or more than a few pages of all, and the others are read where they are. One that can't be is still
read through the home Region.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from secguard.findings.feeds.belt import Belt
from secguard.findings.feeds.places import Places
from secguard.findings.feeds.taps import Drawn, Feed, Tap
from secguard.model import Place, Unreached

_READ_THROUGH = 5
"""How many pages are read through a home Region: as many as it gives at once, before its quota rules."""


class Spread:
    """Puts taps on a belt, as what comes from the first of them tells."""

    def __init__(self, places: Places, belt: Belt, *, feed: Feed, asked: Any, tap: Callable[[Place, Any], Tap]) -> None:
        self._places = places
        self._belt = belt
        self._feed = feed
        self._asked = asked
        self._tap = tap
        self._is_spread = not places.behind
        self._own: Tap | None = None
        self._whole: Tap | None = None
        self._home_answers = places.home in places.ask
        self._through: dict[Tap, Unreached] = {}
        """Taps of the home Region for a Region that could not be read, with the reason."""
        self._pages = 0

    def begin(self) -> None:
        """Put on the first taps."""
        home, first = self._places.home, {place: self._tap(place, self._asked) for place in self._places.ask}
        if home is not None and home in first and not self._is_spread:
            own = self._feed.narrowed(self._asked, home.region)
            if own is not None:
                self._own = first[home] = self._tap(home, own)
        self._belt.put_on(first)

    def after(self, tap: Tap, drawn: Drawn) -> Iterator[Unreached]:
        """Put on what a page calls for. Gives what can't be looked at by any way."""
        if drawn.failed is not None:
            yield from self._without(tap, drawn.failed)
        elif tap is self._own and not self._is_spread:
            self._own = None
            if drawn.ended:
                self._whole = self._tap(tap.place, self._asked)
                self._belt.put_on({tap.place: self._whole})
            else:
                self._spread()
        elif tap is self._whole and not drawn.ended:
            self._pages += 1
            if self._pages == _READ_THROUGH:
                tap.closed = True
                self._spread()

    def _without(self, tap: Tap, failed: Unreached) -> Iterator[Unreached]:
        if tap in self._through:
            yield self._through[tap]
        elif tap.place == self._places.home:
            self._home_answers = False
            yield failed
            self._spread()
        elif tap.place in self._places.behind and self._may_go_through(tap.place, failed):
            return
        else:
            yield failed

    def _may_go_through(self, place: Place, failed: Unreached) -> bool:
        home, narrowed = self._places.home, self._feed.narrowed(self._asked, place.region)
        if home is None or narrowed is None or not self._home_answers:
            return False
        through = self._tap(home, narrowed)
        self._through[through] = failed
        self._belt.put_on({home: through})
        return True

    def _spread(self) -> None:
        if not self._is_spread:
            self._is_spread = True
            self._belt.put_on({place: self._tap(place, self._asked) for place in self._places.behind})
