"""What the commands show of incidents: those among a list of findings, and the story of the one a finding is in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from secguard.cli.findings import answers, remember
from secguard.cli.frame import App
from secguard.errors import Exit, UsageError
from secguard.findings.listing import Listing
from secguard.model import Source
from secguard.render import formats

if TYPE_CHECKING:
    from secguard.cli.views import View
    from secguard.findings.incidents.tying import Incident
    from secguard.model import Finding


def window_of(seconds: float | None) -> timedelta:
    """The length of time meant by `--window`."""
    from secguard.findings.incidents.tying import WINDOW  # noqa: PLC0415 - only when incidents are asked for

    return WINDOW if seconds is None else timedelta(seconds=seconds)


def incidents_view(app: App, *, limit: int | None, now: datetime, window: float | None) -> View:
    """The incidents among the findings of a list. Raises UsageError for asff."""
    from secguard.findings.incidents.ties import is_act  # noqa: PLC0415 - the same
    from secguard.findings.incidents.tying import incidents  # noqa: PLC0415 - only when it is asked for

    if app.output == "asff":
        raise UsageError("--group-by has no answer as asff", advice="leave -o out, or give -o json")

    def view(found: Listing) -> Iterator[str]:
        made = incidents(found.findings, window=window_of(window))
        most = app.config.findings.limit if limit is None and app.output in (None, "table") else limit
        yield from _written(app, list(islice(made, most)), now=now)
        _tell_rest(app, made, shown=most, states=sum(not is_act(finding) for finding in found.findings))

    return view


def show_incident(app: App, finding: Finding, *, now: datetime, window: float | None) -> None:
    """Answer with the story of the incident that a finding is in. Raises UsageError where it is in none."""
    from secguard.findings.incidents.pursuit import pursue  # noqa: PLC0415 - the same
    from secguard.findings.incidents.steps import steps_of  # noqa: PLC0415 - the same
    from secguard.findings.listing import in_full  # noqa: PLC0415 - after the options were checked
    from secguard.render import incident as drawing  # noqa: PLC0415 - rich, only when it is needed
    from secguard.render.screen import answer_console, drawn  # noqa: PLC0415 - the same

    prepared = partial(in_full, now=now, answers=answers(app), ranking=app.config.ranking)
    length = window_of(window)
    found = pursue(finding, aws=app.connection(), prepared=prepared, window=length, tell=app.say)
    steps = steps_of(found.incident, window=length)
    remember(app, [*found.incident.findings, *found.context])
    match app.output:
        case "json":
            app.answer(formats.json_object(drawing.story_record(found, steps)))
        case "ids":
            app.stream(f"{each.short_id}\n" for each in found.incident.findings)
        case "markdown":
            app.stream(drawing.markdown_story(found, steps))
        case _:
            console = answer_console()
            app.answer(drawn(drawing.story(found, steps, width=console.width), console=console))
    app.incomplete(found.unreached)
    for unread in found.unreadable:
        app.warn(f"unreadable: {unread}")
    if found.cut:
        app.warn(f"incomplete: the incident may be larger: {found.cut}")
    if found.unreached or found.unreadable or found.cut:
        app.code = Exit.PARTLY


def _written(app: App, made: list[Incident], *, now: datetime) -> Iterator[str]:
    from secguard.findings.incidents.record import incident_record  # noqa: PLC0415 - only when it is asked for

    match app.output:
        case "json":
            yield from formats.json_array(map(incident_record, made))
        case "jsonl":
            yield from formats.json_lines(map(incident_record, made))
        case "ids":
            yield from (f"{incident.lead.short_id}\n" for incident in made)
        case _:
            yield from _drawn(app, made, now=now)


def _drawn(app: App, made: list[Incident], *, now: datetime) -> Iterator[str]:
    from secguard.render import incident as drawing  # noqa: PLC0415 - rich, only when it is needed
    from secguard.render.screen import answer_console, drawn  # noqa: PLC0415 - the same

    if app.output == "csv":
        yield from formats.csv_lines(map(drawing.csv_row, made), columns=drawing.CSV_COLUMNS)
    elif app.output == "markdown":
        rows = (drawing.markdown_row(incident, now=now) for incident in made)
        yield from formats.markdown_table(rows, headings=drawing.MARKDOWN_HEADINGS)
    elif made:
        console = answer_console()
        yield drawn(drawing.table(made, width=console.width, now=now), console=console)


def _tell_rest(app: App, made: list[Incident], *, shown: int | None, states: int) -> None:
    """Say what the list does not show."""
    if not made:
        app.say("no incidents")
    if shown is not None and shown < len(made):
        app.say(f"showing {shown} of {len(made)} incidents; more with --limit {len(made)}")
    if states:
        app.say(f"besides, {states} findings tell how something is and not what was done: they are in no incident")
    if made and made[0].lead.source is not Source.FILE:
        app.say(f"the story of one: secguard show {made[0].lead.short_id} --incident")
