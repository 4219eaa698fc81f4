"""Look around once and let everyone use what was seen: the observation, and the plan that is drafted from it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from secguard.engine.seam import Answer, Aws, Call, Reader
from secguard.model import Place, Unreached

T = TypeVar("T")
R = TypeVar("R")


class Fleet(Aws, Protocol):
    """AWS in many places at once."""

    def fan_out(
        self, items: Iterable[T], task: Callable[[T], R], *, place: Callable[[T], Place]
    ) -> Iterator[tuple[T, R | Unreached]]:
        """Each item with what its task returned, as they come; an error of AWS is a value. Raises NoCredentials."""


class OneLook:
    """AWS with one look per place, kept as long as this is: nothing is asked twice."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._looks: dict[Place, Reader] = {}
        self._lock = threading.Lock()

    def look(self, place: Place, *, service: str = "", within: float = 0.0) -> Reader:
        """The look at `place`."""
        with self._lock:
            if place not in self._looks:
                self._looks[place] = self._fleet.look(place)
            return self._looks[place]

    def send(self, place: Place, call: Call) -> Answer:
        """Make one call that may write. What was seen before it is not looked at again."""
        return self._fleet.send(place, call)

    def fan_out(
        self, items: Iterable[T], task: Callable[[T], R], *, place: Callable[[T], Place]
    ) -> Iterator[tuple[T, R | Unreached]]:
        """As the fleet does it."""
        return self._fleet.fan_out(items, task, place=place)
