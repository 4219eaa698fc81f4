"""Draw what belongs to a label beside it: the label once, its lines wrapped and as harmless as they must be."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from secguard.render import sanitize

_LABEL = 10
"""How wide a label is, with the gap after it."""
WIDEST_TEXT = 100
"""Longer lines are hard to read."""
NARROWEST_TEXT = 20


def labelled(label: str, lines: Sequence[str], *, width: int, whole: bool = False) -> Iterator[Text]:
    """The lines beside their label. `whole`: they are command lines, to be copied as they are."""
    room = max(NARROWEST_TEXT, min(width - _LABEL, WIDEST_TEXT))
    shown_lines = [sanitize.line(line) for line in lines]
    parts = shown_lines if whole else [part for line in shown_lines for part in wrapped(line, room)]
    for at, part in enumerate(parts):
        shown = Text(f"{'' if at else label:<{_LABEL}}", style="quiet")
        shown.append(part, style="none")
        yield shown


def wrapped(line: str, room: int) -> list[str]:
    """A line in pieces that fit; no word is broken, since it may be an id."""
    return textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False, subsequent_indent="  ")
