"""Which look at a place still shows what is: the newest one, if nothing has been sent there since."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from secguard.aws.reader import Look
from secguard.model import Place

Spot = tuple[Place, str]
"""A place and a service; the service is empty for a look that was not taken for one."""


class Looks:
    """The newest look at each spot, and when something was last sent there. For any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: dict[Spot, tuple[float, Look]] = {}
        self._under_way: Counter[Spot] = Counter()
        self._sent: dict[Spot, float] = {}

    def keep(self, look: Look, service: str) -> Look:
        """Remember a look that begins now."""
        with self._lock:
            self._newest[look.place, service] = (time.monotonic(), look)
        return look

    def recent(self, place: Place, service: str, *, within: float) -> Look | None:
        """The newest look that is at most `within` seconds old, and older than nothing that was sent to `service`."""
        spot = (place, service)
        with self._lock:
            since = max(time.monotonic() - within, self._sent.get(spot, 0.0))
            if within <= 0 or self._under_way[spot]:
                return None
            kept = [self._newest[s] for s in (spot, (place, "")) if s in self._newest]
            return max(((at, look) for at, look in kept if at >= since), key=lambda k: k[0], default=(0.0, None))[1]

    @contextmanager
    def sending(self, place: Place, service: str) -> Iterator[None]:
        """While the block runs, and for every look begun before its end, `service` there may be about to change."""
        spot = (place, service)
        with self._lock:
            self._under_way[spot] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[spot] -= 1
                self._sent[spot] = time.monotonic()
