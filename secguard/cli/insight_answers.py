"""How an answer about insights is written: rows with bars, or the same rows in another format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from secguard.cli.frame import App
from secguard.errors import Exit
from secguard.model import Unreached
from secguard.render import formats
from secguard.render.insights import CSV_COLUMNS, markdown
from secguard.render.screen import answer_console, drawn

_IN_A_TABLE = 20
"""How many rows a table has unless it is said."""

View = Callable[[Console], Iterator[Text]]


def answer(
    app: App, kind: str, records: Iterable[Mapping[str, Any]], *, view: View, about: Mapping[str, Any] | None = None
) -> None:
    """Write an answer in the format asked for: an object with its rows, or, without `about`, a list of them."""
    match app.output:
        case "json" if about is not None:
            app.answer(formats.json_object({**about, "rows": list(records)}))
        case "json":
            app.stream(formats.json_array(records))
        case "jsonl":
            app.stream(formats.json_lines(records))
        case "csv":
            app.stream(formats.csv_lines(records, columns=CSV_COLUMNS[kind]))
        case "markdown":
            rows, headings = markdown(kind, records)
            app.stream(formats.markdown_table(rows, headings=headings))
        case _:
            console = answer_console()
            app.stream([drawn(view(console), console=console)])


def most_rows(app: App, limit: int | None) -> int | None:
    """How many rows are shown; None: all."""
    return limit or (_IN_A_TABLE if app.output in (None, "table") else None)


def say_more(app: App, *, shown: int | None, total: int) -> None:
    """Say what is not shown."""
    if shown is not None and shown < total:
        app.say(f"showing {shown} of {total:,}; more with --limit {min(total, shown * 10)}, all with -o jsonl")


def warn_of(app: App, unreached: Iterable[Unreached], unreadable: Iterable[object] = ()) -> None:
    """Name what is missing, and leave with the code that says that something is."""
    missing, unread = list(dict.fromkeys(unreached)), list(unreadable)
    app.incomplete(missing)
    for each in unread:
        app.warn(f"unreadable: {each}")
    if missing or unread:
        app.code = Exit.PARTLY
