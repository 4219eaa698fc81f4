"""Other views of a list of findings than the list itself: what an expression finds in it, and its groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from secguard.cli.frame import App
from secguard.errors import UsageError
from secguard.findings.listing import Listing
from secguard.findings.record import to_record, with_steps
from secguard.render import formats

if TYPE_CHECKING:
    from secguard.findings.groups import Group
    from secguard.findings.reasons import Why
    from secguard.model import Finding

View = Callable[[Listing], Iterator[str]]
"""The pieces of an answer, made of a whole list."""


def expression_view(app: App, text: str, *, why: Why | None = None) -> View:
    """What JMESPath finds. Raises UsageError for what is no expression, and beside a format that can't hold it."""
    from secguard.findings.expression import Expression  # noqa: PLC0415 - jmespath, only when one is given

    if app.output not in (None, "json"):
        raise UsageError(f"--query answers in JSON, not as {app.output}", advice="leave -o out, or give -o json")
    expression = Expression.parse(text)

    def view(found: Listing) -> Iterator[str]:
        yield formats.json_object(expression.of([_record(finding, why) for finding in found.findings]))

    return view


def _record(finding: Finding, why: Why | None) -> dict[str, Any]:
    record = to_record(finding)
    return record if why is None else with_steps(record, why(finding))


def groups_view(app: App, by: str, *, limit: int | None, now: datetime) -> View:
    """How many findings there are of each kind. Raises UsageError for an unknown kind, and for ids and asff."""
    from secguard.findings.groups import grouped, grouping  # noqa: PLC0415 - only when it is asked for

    grouping(by)
    if app.output in ("ids", "asff"):
        raise UsageError(f"--group-by has no answer as {app.output}", advice="leave -o out, or give -o json")

    def view(found: Listing) -> Iterator[str]:
        groups = grouped(found.findings, by)
        shown = groups[: shown_groups(app, limit)]
        yield from groups_written(app, shown, found=len(groups), by=by, now=now)

    return view


def shown_groups(app: App, limit: int | None) -> int | None:
    """How many groups are shown at most."""
    return app.config.findings.limit if limit is None and app.output in (None, "table") else limit


def groups_written(app: App, groups: Sequence[Group], *, found: int, by: str, now: datetime) -> Iterator[str]:
    """Groups in the format asked for; how many more have been `found` is said."""
    from secguard.findings.groups import group_record  # noqa: PLC0415 - only when it is asked for

    records = map(group_record, groups)
    match app.output:
        case "json":
            yield from formats.json_array(records)
        case "jsonl":
            yield from formats.json_lines(records)
        case _:
            yield from _drawn(app, groups, by=by, now=now)
    if not found:
        app.say("nothing to group")
    if found > len(groups):
        app.say(f"the first {len(groups):,} of {found:,} groups; more with --limit")


def _drawn(app: App, groups: Sequence[Group], *, by: str, now: datetime) -> Iterator[str]:
    from secguard.render import groups as drawing  # noqa: PLC0415 - rich, only when it is needed
    from secguard.render.screen import answer_console, drawn  # noqa: PLC0415 - the same

    if app.output == "csv":
        from secguard.findings.groups import group_record  # noqa: PLC0415 - the same

        yield from formats.csv_lines(map(group_record, groups), columns=drawing.CSV_COLUMNS)
    elif app.output == "markdown":
        yield from formats.markdown_table(drawing.groups_markdown(groups), headings=drawing.markdown_headings(by))
    elif groups:
        console = answer_console()
        yield drawn(drawing.groups_lines(groups, by=by, width=console.width, now=now), console=console)
