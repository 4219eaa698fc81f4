"""Say how far a long listing is, where somebody looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from secguard.cli.talk import Talk
from secguard.model import Finding

if TYPE_CHECKING:
    from secguard.findings.feeds.levels import Event

_SOON = 1.0
"""Seconds after which something is said, and then again."""
_EVERY = 100
"""How many findings come between two looks at the clock."""


def counted(events: Iterable[Event], *, talk: Talk, monotonic: Callable[[], float] = time.monotonic) -> Iterator[Event]:
    """The events as they come; each second it is said how many findings have come, until the last has."""
    told, count = monotonic(), 0
    for event in events:
        count += isinstance(event, Finding)
        if count % _EVERY == 0 and monotonic() - told >= _SOON:
            told = monotonic()
            talk.progress(f"{count:,} findings so far")
        yield event
    talk.progress("")
