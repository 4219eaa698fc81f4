"""`secguard findings`: the ranked list."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from secguard.cli import cached
from secguard.cli.counting import counted
from secguard.cli.filters import cached_option, filter_options, query_of, source_options
from secguard.cli.frame import App, Duration, command
from secguard.cli.whence import Whence
from secguard.errors import Exit, SecguardError, UsageError
from secguard.findings.query import Query, level
from secguard.render import formats

if TYPE_CHECKING:
    from secguard.cli.views import View
    from secguard.findings.index import Entry
    from secguard.findings.listing import Following, Listing
    from secguard.findings.reasons import Why
    from secguard.model import Finding, Severity

_STREAMED = ("jsonl", "csv", "ids")
_REMEMBERED_AT_ONCE = 1000
BY_INCIDENT = "incident"
"""What `--group-by` takes besides the kinds that are counted."""


@command(
    "findings",
    example="secguard findings --severity high --since 7d",
    outputs=("table", "json", "jsonl", "csv", "markdown", "ids", "asff"),
)
@filter_options
@source_options
@cached_option
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="At most so many; a table: 50 unless configured."
)
@click.option(
    "--sort", metavar="ORDER", help="priority, severity, updated, first-seen, account, region, product, resource."
)
@click.option("--query", "expression", metavar="EXPR", help="What JMESPath finds in the list, as JSON.")
@click.option(
    "--group-by",
    metavar="KIND",
    help="Count them by resource, resource-type, type, control, account, region, product, severity, day, principal, "
    "country or address; or tie them together: incident.",
)
@click.option("--window", type=Duration(), help="How far apart the findings of an incident may lie; 24h by default.")
@click.option("--explain", is_flag=True, help="Show what each priority adds up from; weights are configured.")
@click.option("--fail-on", metavar="LEVEL", help="Exit 5 if one so severe, or worse, is listed; samples don't count.")
def findings(  # noqa: PLR0913 - each is one option of the command line
    app: App,
    *,
    limit: int | None,
    sort: str | None,
    expression: str | None,
    group_by: str | None,
    window: float | None,
    explain: bool,
    fail_on: str | None,
    **filters: Any,
) -> None:
    """List findings, what to look at first on top.

    Filters of different kinds must all hold; of one kind, any.
    """
    now = datetime.now(UTC)
    whence = Whence.parse(**{key: filters.pop(key) for key in ("source", "file", "cached")})
    query = query_of(app, filters, now=now, limit=limit, sort=sort)
    gate = None if fail_on is None else level(fail_on, option="--fail-on")
    why = _why(app, group_by=group_by, now=now) if explain else None
    if sort is not None and group_by is not None:
        raise UsageError("--sort is about findings; groups come worst first", advice="leave one of them out")
    view = _other_view(app, expression=expression, group_by=group_by, limit=limit, now=now, why=why, window=window)
    if group_by is not None and whence.cached and _is_counted(group_by):
        cached.count(app, query, by=group_by, limit=limit, gate=gate, now=now)
    elif view is not None:
        _list(app, replace(query, limit=None) if group_by else query, whence, gate=gate, now=now, view=view)
    elif app.output in _STREAMED and limit is None and sort is None:
        _stream(app, query, whence, gate=gate, now=now, why=why)
    else:
        if app.output in (None, "table") and limit is None:
            query = replace(query, limit=app.config.findings.limit)
        _list(app, query, whence, gate=gate, now=now, view=lambda found: _written(app, found, now=now, why=why))


def _other_view(  # noqa: PLR0913 - by keyword
    app: App,
    *,
    expression: str | None,
    group_by: str | None,
    limit: int | None,
    now: datetime,
    why: Why | None,
    window: float | None,
) -> View | None:
    """What is to be seen instead of the list. Raises UsageError."""
    if window is not None and group_by != BY_INCIDENT:
        raise UsageError("--window is about incidents", advice="give --group-by incident with it")
    if expression is None and group_by is None:
        return None
    from secguard.cli import views  # noqa: PLC0415 - only when one is asked for

    if group_by is None:
        assert expression is not None
        return views.expression_view(app, expression, why=why)
    if expression is not None:
        raise UsageError("--query and --group-by are two views of the list", advice="give one of them")
    if group_by == BY_INCIDENT:
        from secguard.cli.incident import incidents_view  # noqa: PLC0415 - only when one is asked for

        return incidents_view(app, limit=limit, now=now, window=window)
    return views.groups_view(app, group_by, limit=limit, now=now)


def _is_counted(by: str) -> bool:
    """Whether the cache counts groups of this kind without reading findings."""
    from secguard.findings.store.counting import can_count  # noqa: PLC0415 - only when the cache is asked

    return can_count(by)


def _why(app: App, *, group_by: str | None, now: datetime) -> Why:
    """How a priority is explained. Raises UsageError where there is no place to."""
    from secguard.findings.ranking import explained  # noqa: PLC0415 - after the options were checked

    if group_by is not None:
        raise UsageError("--explain is about findings, --group-by about how many", advice="give one of them")
    if app.output in ("ids", "asff"):
        raise UsageError(f"--explain has no place in -o {app.output}", advice="leave -o out, or give -o json")
    return partial(explained, now=now, ranking=app.config.ranking)


def _list(  # noqa: PLR0913 - by keyword, and all of it is the one question
    app: App, query: Query, whence: Whence, *, gate: Severity | None, now: datetime, view: View
) -> None:
    from secguard.findings import listing  # noqa: PLC0415 - after the options were checked

    events = whence.events(app, query, limit=listing.fetch_limit(query))
    found = listing.collect(
        counted(events, talk=app.talk), query=query, now=now, answers=answers(app), ranking=app.config.ranking
    )
    remember(app, list(found.findings))
    for part in view(found):
        app.stream([part])
    for unread in found.unreadable:
        app.warn(f"unreadable: {unread}")
    app.incomplete(found.unreached)
    _end(app, found, whence, gate=gate, incomplete=bool(found.unreached or found.unreadable))


def _stream(  # noqa: PLR0913 - the same
    app: App, query: Query, whence: Whence, *, gate: Severity | None, now: datetime, why: Why | None
) -> None:
    from secguard.cli.memory import give_back  # noqa: PLC0415 - ctypes, only where much passes through
    from secguard.findings import listing  # noqa: PLC0415 - after the options were checked

    give_back()
    events = whence.events(app, query)
    if not sys.stdout.isatty():
        events = counted(events, talk=app.talk)
    following = listing.Following(events, now=now, answers=answers(app), ranking=app.config.ranking)
    page = _Page(app)
    arrival = _Arrival(app, following, page)
    for line in _lines(app, iter(arrival), why):
        page.lines.append(line)
    page.show()
    _end(app, following, whence, gate=gate, incomplete=arrival.incomplete)


class _Page:
    """The lines that have come and are yet to be shown; one by one they would cost more than their findings."""

    def __init__(self, app: App) -> None:
        self.lines: list[str] = []
        self._app = app

    def show(self) -> None:
        """Let them be read."""
        self._app.stream(["".join(self.lines)])
        self._app.finish()
        self.lines.clear()


class _Arrival:
    """The findings that stream in; what else arrives is said, and their short ids are kept."""

    def __init__(self, app: App, following: Following, page: _Page) -> None:
        self.incomplete = False
        self._page = page
        self._app = app
        self._following = following

    def __iter__(self) -> Iterator[Finding]:
        from secguard.findings.feeds.levels import PageEnd  # noqa: PLC0415 - the same
        from secguard.findings.forms.asff import Unreadable  # noqa: PLC0415 - after the options were checked
        from secguard.findings.index import entry  # noqa: PLC0415 - the same
        from secguard.model import Finding  # noqa: PLC0415 - the same

        waiting: list[Entry] = []
        try:
            for event in self._following:
                if isinstance(event, Finding):
                    waiting.append(entry(event))
                    yield event
                    if len(waiting) == _REMEMBERED_AT_ONCE:
                        keep(self._app, waiting)
                        waiting = []
                elif isinstance(event, PageEnd):
                    self._page.show()
                elif isinstance(event, Unreadable):
                    self.incomplete = True
                    self._app.warn(f"unreadable: {event}")
                else:
                    self.incomplete = True
                    self._app.incomplete([event])
        finally:
            keep(self._app, waiting)


def answers(app: App) -> Callable[[Finding], tuple[str, ...]]:
    """The playbooks that answer a finding, by name, best first."""
    from secguard.playbooks.catalogue import Catalogue  # noqa: PLC0415 - YAML, only when findings are shown

    return Catalogue.load(app.config.playbooks.folders, app.registry).answers


def remember(app: App, shown: list[Finding]) -> None:
    """Keep what the short ids stand for, so that the next command knows them at once."""
    from secguard.findings.index import entry  # noqa: PLC0415 - only when findings are shown

    keep(app, [entry(finding) for finding in shown])


def keep(app: App, entries: list[Entry]) -> None:
    """The same, of what is kept of each finding."""
    from secguard.findings.index import Index  # noqa: PLC0415 - only when findings are shown

    try:
        if entries:
            Index(app.state_dir).keep(entries)
    except (OSError, sqlite3.Error, SecguardError) as error:
        app.say(f"the short ids could not be kept, so looking one up will take a search: {error}")


def _end(app: App, found: Listing | Following, whence: Whence, *, gate: Severity | None, incomplete: bool) -> None:
    if not found.answered:
        raise whence.nowhere()
    if incomplete:
        app.code = Exit.PARTLY
    elif gate is not None and found.worst is not None and found.worst >= gate:
        app.code = Exit.CONDITION


def _written(app: App, found: Listing, *, now: datetime, why: Why | None) -> Iterator[str]:
    if app.output in _STREAMED:
        yield from _lines(app, iter(found.findings), why)
    elif app.output == "json":
        yield from formats.json_array(_records(iter(found.findings), why))
    elif app.output == "asff":
        yield from formats.json_array(finding.raw for finding in found.findings)
    elif app.output == "markdown":
        yield from _markdown(found, now=now, why=why)
    else:
        yield from _table(app, found, now=now, why=why)


def _lines(app: App, arriving: Iterator[Finding], why: Why | None) -> Iterator[str]:
    if app.output == "jsonl" and why is not None:
        yield from formats.json_lines(_records(arriving, why))
    elif app.output == "jsonl":
        from secguard.findings.record import record_of  # noqa: PLC0415 - only when findings are shown

        yield from formats.json_lines(map(record_of, arriving))
    elif app.output == "csv":
        from secguard.render.findings import csv_columns, csv_row  # noqa: PLC0415 - rich, only when it is needed

        rows = (csv_row(finding, why=why) for finding in arriving)
        yield from formats.csv_lines(rows, columns=csv_columns(explained=why is not None))
    else:
        yield from (f"{finding.short_id}\n" for finding in arriving)


def _records(arriving: Iterator[Finding], why: Why | None) -> Iterator[dict[str, Any]]:
    from secguard.findings.record import to_record, with_steps  # noqa: PLC0415 - only when findings are shown

    if why is None:
        return map(to_record, arriving)
    return (with_steps(to_record(finding), why(finding)) for finding in arriving)


def _markdown(found: Listing, *, now: datetime, why: Why | None) -> Iterator[str]:
    from secguard.render.findings import markdown_headings, markdown_row  # noqa: PLC0415 - rich, only when it is needed

    rows = (markdown_row(finding, now=now, why=why) for finding in found.findings)
    yield from formats.markdown_table(rows, headings=markdown_headings(explained=why is not None))


def _table(app: App, found: Listing, *, now: datetime, why: Why | None) -> Iterator[str]:
    from secguard.render.findings import caption, table  # noqa: PLC0415 - rich, only when it is needed
    from secguard.render.screen import answer_console, drawn  # noqa: PLC0415 - the same

    console = answer_console()
    if found.findings:
        yield drawn(table(found, width=console.width, now=now, why=why), console=console)
    below = caption(found)
    if below:
        app.say(below)
