"""A run as it goes, on a terminal: a line per place, redrawn as its changes come along."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from secguard.engine.change import Change, Status
from secguard.model import Place
from secguard.render.sanitize import line

_UNSETTLED = frozenset({Status.PLANNED, Status.APPLIED})


@contextmanager
def watched(changes: Iterable[Change], console: Console) -> Iterator[Callable[[Change], None]]:
    """Show how far `changes` have come; the block is given what is to be told of every step, from any thread."""
    board = _Board(changes)
    with Live(get_renderable=board.drawn, console=console, transient=True, refresh_per_second=8):
        yield board.step


class _Board:
    """Where each change stands."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._lock = threading.Lock()
        self._changes = {change.n: change for change in changes}
        self._latest: dict[Place, Change] = {}

    def step(self, change: Change) -> None:
        """Take note of a step."""
        with self._lock:
            self._changes[change.n] = change
            self._latest[change.place] = change

    def drawn(self) -> Table:
        """One line per place."""
        with self._lock:
            changes, latest = list(self._changes.values()), dict(self._latest)
        table = Table(box=None, show_header=False, pad_edge=False)
        for place in dict.fromkeys(change.place for change in changes):
            here = [change for change in changes if change.place == place]
            settled = sum(change.status not in _UNSETTLED for change in here)
            last = latest.get(place)
            table.add_row(str(place), f"{settled}/{len(here)}", _mark(here), Text(line(last.summary) if last else ""))
        return table


def _mark(changes: list[Change]) -> Text:
    if any(change.status in _UNSETTLED for change in changes):
        return Text("…", style="quiet")
    bad = {Status.FAILED, Status.DRIFTED, Status.SKIPPED, Status.GONE}
    if any(change.status in bad for change in changes):
        return Text("failed", style="bad")
    return Text("done", style="good")
