"""Fit rows of text into a width: which columns stay, how wide each is, what is cut and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

GAP = 2
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    name: str
    heading: str
    least: int | None = None
    """The width below which its text says too little. None: its text is never cut."""
    right: bool = False
    """Numbers line up at their end."""


def widths(columns: Sequence[Column], rows: Sequence[Mapping[str, str]], *, width: int) -> dict[str, int]:
    """The width of every column that is shown. The first columns matter most: the last are dropped first.

    A column is shown when each one before it and itself get at least their least widths; the first two always are.
    Room that is left goes to the columns that were cut, the earliest first.
    """
    natural = {column.name: _natural(column, rows) for column in columns}
    least = {column.name: min(natural[column.name], column.least or natural[column.name]) for column in columns}
    shown = list(columns)
    while len(shown) > 2 and _total([least[column.name] for column in shown]) > width:
        shown.pop()
    chosen = {column.name: least[column.name] for column in shown}
    room = max(0, width - _total(list(chosen.values())))
    for column in shown:
        more = min(room, natural[column.name] - chosen[column.name])
        chosen[column.name] += more
        room -= more
    return chosen


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, an ellipsis where something is missing."""
    if cell_len(text) <= width:
        return text
    # Half of a wide character is left out, not filled up.
    return set_cell_size(text, width - 1).rstrip(" ") + _ELLIPSIS if width > 1 else _ELLIPSIS[:width]


def padded(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled up with spaces to `width` cells."""
    spaces = " " * max(0, width - cell_len(text))
    return spaces + text if right else text + spaces


def cell(column: Column, text: str, fitted: Mapping[str, int], *, style: str) -> Text:
    """A cell as wide as its column was fitted; what it holds is cut and styled, not the spaces beside it."""
    shown = cut(text, fitted[column.name])
    made = Text(padded(shown, fitted[column.name], right=column.right))
    start = len(made) - len(shown) if column.right else 0
    made.stylize(style, start, start + len(shown))
    return made


def row(cells: Sequence[Text]) -> Text:
    """The cells of one line."""
    line = Text(" " * GAP).join(cells)
    line.rstrip()
    line.no_wrap = True
    return line


def _natural(column: Column, rows: Sequence[Mapping[str, str]]) -> int:
    return max([cell_len(column.heading), *(cell_len(row[column.name]) for row in rows)])


def _total(parts: Sequence[int]) -> int:
    return sum(parts) + GAP * max(0, len(parts) - 1)
