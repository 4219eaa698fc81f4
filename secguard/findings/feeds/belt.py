"""Bring pages from many places to one reader as they come: each place goes on by itself, none far ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

from secguard.findings.feeds.places import Reach
from secguard.findings.feeds.taps import Drawn, Tap
from secguard.model import Place, Unreached

_WAITING = 4
"""Pages that may wait to be read; more would only fill the memory."""
_LOOK_UP_SECONDS = 0.5
"""How often a place that waits for room looks whether anybody still reads."""

Arrived = tuple[Tap, Drawn]


class Belt:
    """Pages of every tap put on it, until all have ended. Leaving it stops them."""

    def __init__(self, aws: Reach, service: str) -> None:
        self._aws = aws
        self._service = service
        self._pages: queue.Queue[Arrived | BaseException | None] = queue.Queue(_WAITING)
        self._left = threading.Event()
        self._running = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._left.set()

    def put_on(self, taps: Mapping[Place, Tap]) -> None:
        """Begin with these, beside those that are under way."""
        self._running += 1
        threading.Thread(target=self._carry, args=(taps,), name="belt", daemon=True).start()

    def __iter__(self) -> Iterator[Arrived]:
        """Each page with the tap that it came from. Raises what a tap raised that is no fault of its place alone."""
        while self._running:
            arrived = self._pages.get()
            if arrived is None:
                self._running -= 1
            elif isinstance(arrived, BaseException):
                raise arrived
            else:
                yield arrived

    def _carry(self, taps: Mapping[Place, Tap]) -> None:
        try:
            drained = self._aws.fan_out(list(taps), lambda place: self._drain(taps[place]), services=[self._service])
            for place, outcome in drained:
                if isinstance(outcome, Unreached):
                    self._put((taps[place], Drawn(failed=outcome)))
        except BaseException as error:  # noqa: BLE001 - raised by `__iter__`, in the thread that reads
            self._put(error)
        else:
            self._put(None)

    def _drain(self, tap: Tap) -> None:
        while not self._left.is_set():
            drawn = tap.draw()
            self._put((tap, drawn))
            if not tap.goes_on(drawn):
                return

    def _put(self, arrived: Arrived | BaseException | None) -> None:
        while not self._left.is_set():
            try:
                self._pages.put(arrived, timeout=_LOOK_UP_SECONDS)
            except queue.Full:
                continue
            return
