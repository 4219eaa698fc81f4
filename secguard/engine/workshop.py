"""What applying needs besides the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from secguard.engine.change import Change
from secguard.engine.journal import Journal
from secguard.engine.seam import Aws, Clock, Locks
from secguard.engine.setting import Registry

Progress = Callable[[Change], None]


def unwatched(_: Change) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """The tools, and the operator who may be watching."""

    aws: Aws
    registry: Registry
    journal: Journal
    clock: Clock
    locks: Locks
    patience: float | None = None
    """Seconds to wait for what AWS does in its own time (`--wait`); None: as long as each setting says."""
    progress: Progress = unwatched
    """Told of every step of a change, from any thread."""
