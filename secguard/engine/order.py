"""In which order changes may be taken back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter

from secguard.engine.change import Change, Kind, Undo


def undo_order(changes: Sequence[Change]) -> tuple[int, ...]:
    """The numbers of the changes that can be taken back, first to be taken back first.

    What needs or follows another goes before it, unless `undo_after` says the other way; for the rest, the last change
    is first, and bookkeeping is last.
    """
    sorter = TopologicalSorter(undo_needs(changes))
    sorter.prepare()
    order: list[int] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), reverse=True)
        order.extend(ready)
        sorter.done(*ready)
    books = {change.n for change in changes if change.kind is Kind.BOOKKEEPING}
    return tuple(sorted(order, key=books.__contains__))


def undo_needs(changes: Iterable[Change]) -> Mapping[int, set[int]]:
    """For each change that can be taken back, the ones that must be taken back before it.

    Nothing waits for bookkeeping: it comes last, forwards and backwards.
    """
    can = {change.n: change for change in changes if change.undo is not Undo.NONE}
    first: dict[int, set[int]] = {n: {m for m in change.undo_after if m in can} for n, change in can.items()}
    for n, change in can.items():
        holds = () if change.kind is Kind.BOOKKEEPING else change.needs + change.follows
        for needed in holds:
            if needed in can and needed not in _all_before(n, first):
                first[needed].add(n)
    return first


def _all_before(n: int, first: Mapping[int, set[int]]) -> set[int]:
    """Everything that must be taken back before `n`, directly or not."""
    found: set[int] = set()
    waiting = list(first[n])
    while waiting:
        m = waiting.pop()
        if m not in found:
            found.add(m)
            waiting.extend(first[m])
    return found
