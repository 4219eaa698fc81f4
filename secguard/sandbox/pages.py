"""Cut long answers into pages with opaque tokens over what stood when the first page was asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.moto_api._internal import mock_random

KEPT_SNAPSHOTS = 500
"""Older ones are forgotten, and their tokens are then refused."""


class UnknownToken(Exception):
    """A page was asked for with a token that was never given, belongs to another question, or is too old."""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    question: str
    rest: Sequence[Any]


@dataclass(slots=True)
class Pages:
    """Where the next pages of one account and Region wait."""

    waiting: OrderedDict[str, _Snapshot] = field(default_factory=OrderedDict)

    def rest(self, token: str, *, question: str) -> Sequence[Any]:
        """What remains after the pages already given. A token works more than once. Raises UnknownToken."""
        snapshot = self.waiting.get(token)
        if snapshot is None or snapshot.question != question:
            raise UnknownToken(token)
        return snapshot.rest

    def cut(self, items: Sequence[Any], size: int, *, question: str) -> tuple[Sequence[Any], str | None]:
        """The first page, and the token for the next one if there is more."""
        page, rest = items[:size], items[size:]
        if not rest:
            return page, None
        token = mock_random.get_random_hex(64)
        self.waiting[token] = _Snapshot(question, rest)
        if len(self.waiting) > KEPT_SNAPSHOTS:
            self.waiting.popitem(last=False)
        return page, token
