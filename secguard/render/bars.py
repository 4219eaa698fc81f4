"""Rows with a bar each, as wide as the terminal lets them be, in letters where it has no blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from secguard.findings.query import WORST_FIRST
from secguard.model import Severity
from secguard.render import sanitize
from secguard.render.findings import severity_style
from secguard.render.fit import GAP, Column, cut, padded, widths

_BAR = "bar"
KEY = "key"
"""The column of what the rows are told apart by."""
_LEAST, _ENOUGH, _MOST = 8, 24, 40
"""How many cells a bar has at least, before a column is shown that may be left out, and at most."""
_BLOCK, _LIGHT = "█", "░"
_SHADES = dict(zip(WORST_FIRST, "█▓▒░·", strict=True))
"""Each severity is told by its shade as well as by its colour."""
_PLAIN = {_BLOCK: "#", _LIGHT: "."}
"""What stands for blocks where a terminal's letters do not include them; for a severity, its first letter does."""
_COLOUR, _WORST_COLOUR = "#2f7fd0", "#c01c28"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: a text for each column, and how long its bar is."""

    cells: Mapping[str, str]
    amount: float
    parts: Mapping[Severity, int] = field(default_factory=dict)
    """What the bar is made of; empty: it is all of one kind."""
    further: float = 0.0
    """How far the bar goes on, lighter, behind `amount`."""
    styles: Mapping[str, str] = field(default_factory=dict)
    """The styles of columns that have one."""


def bars(
    rows: Sequence[Row], columns: Sequence[Column], *, extra: Sequence[Column] = (), console: Console
) -> Iterator[Text]:
    """A line of headings and one for each row, the bar at its end; nothing, where there is no row.

    `extra` columns are shown where there is room.
    """
    if not rows:
        return
    texts = [{name: sanitize.line(text) for name, text in row.cells.items()} | {_BAR: " " * _ENOUGH} for row in rows]
    bar = Column(name=_BAR, heading="", least=_LEAST if not extra else _ENOUGH)
    fitted = widths([*columns, bar, *extra], texts, width=console.width)
    shown = [column for column in (*columns, *extra) if column.name in fitted]
    room = console.width - sum(fitted[column.name] + GAP for column in shown)
    cells = min(_MOST, max(_LEAST, room))
    yield _line([_cell(column, column.heading, fitted, "heading") for column in shown])
    longest, plain = max((row.amount + row.further for row in rows), default=0.0), _lacks_blocks(console)
    for row, text in zip(rows, texts, strict=True):
        parts = [_cell(column, text[column.name], fitted, row.styles.get(column.name, "")) for column in shown]
        yield _line([*parts, _drawn(row, longest=longest, cells=cells, plain=plain)])


def tail(text: str, width: int) -> str:
    """A path, as ARNs and types are, in at most `width` cells: its end says most."""
    if "/" not in text or cell_len(text) <= width or width < 2:
        return cut(text, width)
    return "…" + set_cell_size(text[::-1], width - 1)[::-1].lstrip(" ")


def _drawn(row: Row, *, longest: float, cells: int, plain: bool) -> Text:
    length = _cells(row.amount, longest, cells)
    if not row.parts:
        behind = _cells(row.amount + row.further, longest, cells) - length
        block, light = (_PLAIN[_BLOCK], _PLAIN[_LIGHT]) if plain else (_BLOCK, _LIGHT)
        return Text(block * length + light * behind, style=_COLOUR)
    bar = Text()
    for severity, part in _shared_out(row.parts, length).items():
        letter = severity.name[0] if plain else _SHADES[severity]
        bar.append(letter * part, style=_WORST_COLOUR if severity is WORST_FIRST[0] else severity_style(severity))
    return bar


def _cells(amount: float, longest: float, cells: int) -> int:
    """The length of a bar. What is there has one cell at least."""
    return max(1, round(cells * amount / longest)) if amount > 0 and longest > 0 else 0


def _shared_out(parts: Mapping[Severity, int], cells: int) -> dict[Severity, int]:
    """The cells of a bar by severity, the worst first, which is always to be seen."""
    total = sum(parts.values())
    exact = {severity: cells * parts[severity] / total for severity in sorted(parts, reverse=True) if parts[severity]}
    found = {severity: int(part) for severity, part in exact.items()}
    left = cells - sum(found.values())
    for severity in sorted(exact, key=lambda each: (found[each] - exact[each], -each))[:left]:
        found[severity] += 1
    worst, widest = max(found), max(found, key=lambda each: found[each])
    if not found[worst]:
        found[worst], found[widest] = 1, found[widest] - 1
    return found


def _lacks_blocks(console: Console) -> bool:
    """Whether what is answered can't hold blocks: its encoding has none."""
    try:
        "".join([*_SHADES.values(), _LIGHT]).encode(console.encoding)
    except UnicodeEncodeError:
        return True
    return False


def _cell(column: Column, text: str, fitted: Mapping[str, int], style: str) -> Text:
    width = fitted[column.name]
    shorten = tail if column.name == KEY else cut
    return Text(padded(shorten(text, width), width, right=column.right), style=style)


def _line(cells: Sequence[Text]) -> Text:
    line = Text(" " * GAP).join(cells)
    line.rstrip()
    line.no_wrap = True
    return line
