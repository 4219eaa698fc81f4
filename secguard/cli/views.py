"""Other views of a list of findings than the list itself: what an expression finds in it, and its groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from secguard.cli.frame import App
from secguard.errors import UsageError
from secguard.findings.listing import Listing
from secguard.findings.record import to_record
from secguard.render import formats

if TYPE_CHECKING:
    from secguard.findings.groups import Group

View = Callable[[Listing], Iterator[str]]
"""The pieces of an answer, made of a whole list."""


def expression_view(app: App, text: str) -> View:
    """What JMESPath finds. Raises UsageError for what is no expression, and beside a format that can't hold it."""
    from secguard.findings.expression import Expression  # noqa: PLC0415 - jmespath, only when one is given

    if app.output not in (None, "json"):
        raise UsageError(f"--query answers in JSON, not as {app.output}", advice="leave -o out, or give -o json")
    expression = Expression.parse(text)

    def view(found: Listing) -> Iterator[str]:
        yield formats.json_object(expression.of([to_record(finding) for finding in found.findings]))

    return view


def groups_view(app: App, by: str, *, limit: int | None, now: datetime) -> View:
    """How many findings there are of each kind. Raises UsageError for an unknown kind, and for ids and asff."""
    from secguard.findings.groups import group_record, grouped, grouping  # noqa: PLC0415 - only when it is asked for

    grouping(by)
    if app.output in ("ids", "asff"):
        raise UsageError(f"--group-by has no answer as {app.output}", advice="leave -o out, or give -o json")

    def view(found: Listing) -> Iterator[str]:
        groups = list(islice(grouped(found.findings, by), limit))
        records = map(group_record, groups)
        match app.output:
            case "json":
                yield from formats.json_array(records)
            case "jsonl":
                yield from formats.json_lines(records)
            case _:
                yield from _drawn(app, groups, by=by, now=now)

    return view


def _drawn(app: App, groups: list[Group], *, by: str, now: datetime) -> Iterator[str]:
    from secguard.render import groups as drawing  # noqa: PLC0415 - rich, only when it is needed
    from secguard.render.screen import answer_console  # noqa: PLC0415 - the same

    if app.output == "csv":
        from secguard.findings.groups import group_record  # noqa: PLC0415 - the same

        yield from formats.csv_lines(map(group_record, groups), columns=drawing.CSV_COLUMNS)
    elif app.output == "markdown":
        yield from formats.markdown_table(drawing.groups_markdown(groups), headings=drawing.markdown_headings(by))
    else:
        console = answer_console()
        with console.capture() as drawn:
            console.print(drawing.groups_table(groups, by=by, now=now))
        yield drawn.get()
