"""The two consoles: what is an answer goes to stdout, all talk goes to stderr; colours only where someone looks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import IO

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

UNBOUNDED = 4096
"""The width of what is not a terminal: nothing is cut, since nobody knows how wide the reader is."""

# Each colour has a contrast of at least 3.5 on black and on white, so both kinds of terminal can read it.
_THEME = Theme(
    {
        "severity.critical": "bold white on #c01c28",
        "severity.high": "bold #d7263d",
        "severity.medium": "#b86e00",
        "severity.low": "#2f7fd0",
        "severity.informational": "#7f7f7f",
        "good": "#26883e",
        "bad": "bold #d7263d",
        "doubt": "#b86e00",
        "quiet": "#7f7f7f",
        "heading": "bold",
        "id": "#8a63d2",
    },
    inherit=True,
)


def answer_console(stream: IO[str] | None = None, *, width: int | None = None) -> Console:
    """The console for stdout."""
    return _console(stream or sys.stdout, width=width)


def talk_console(stream: IO[str] | None = None, *, width: int | None = None) -> Console:
    """The console for stderr."""
    return _console(stream or sys.stderr, width=width)


def _console(stream: IO[str], *, width: int | None) -> Console:
    return Console(
        file=stream,
        theme=_THEME,
        width=width or _chosen_width() or (None if stream.isatty() else UNBOUNDED),
        no_color=bool(os.environ.get("NO_COLOR")),
        highlight=False,
        markup=False,
        emoji=False,
    )


def _chosen_width() -> int | None:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isascii() and columns.isdigit() and 0 < int(columns) <= UNBOUNDED else None


def drawn(lines: Iterable[Text], *, console: Console) -> str:
    """Lines as text for `console`; what is longer than it is wide is left to the terminal to wrap, whole."""
    with console.capture() as captured:
        for line in lines:
            console.print(line, soft_wrap=True)
    return captured.get()
