"""What a look-up is: a question about one resource, answered by reading AWS, and the rules that hold for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from secguard.engine.change import Refusal
from secguard.engine.seam import Reader
from secguard.playbooks.case import Case


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look brought, and what of it is not to be acted on."""

    facts: Any
    refused: tuple[Refusal, ...] = ()
    """Parts that were left out of `facts`, or, where `facts` is None, why there are none."""


Look = Callable[[Reader, Mapping[str, Any], Case], Seen]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A named question. `takes` are the arguments it must be given."""

    name: str
    takes: tuple[str, ...]
    reads: tuple[str, ...]
    look: Look
    is_global: bool = False
    """Whether it is asked in the partition's home Region."""
