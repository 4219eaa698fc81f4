"""`secguard sync`: fill the cache, or bring it up to date."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from secguard.cli.cached import opened
from secguard.cli.filters import source_option
from secguard.cli.frame import App, command
from secguard.errors import Exit, SecguardError, UsageError
from secguard.render import formats

if TYPE_CHECKING:
    from pathlib import Path

    from secguard.engine.origin import Origin
    from secguard.findings.sources import Survey
    from secguard.findings.store.syncing import Synced


@command("sync", example="secguard sync && secguard findings --cached", outputs=("table", "json", "csv", "markdown"))
@source_option
@click.option("--full", is_flag=True, help="Read everything again, and not only what has changed.")
@click.option("--history", is_flag=True, help="Read nothing; show how many were open each day.")
def sync(app: App, *, source: str | None, full: bool, history: bool) -> None:
    """Fill the cache with every finding, or bring it up to date.

    `secguard findings --cached` answers from it in a moment, without AWS. The first time everything is read, then what
    was updated since and what is open. A Region that can't be read keeps what was known of it, with its age. Each sync
    also notes how many are open that day: see --history, where --account chooses whose.
    """
    if history and (full or source or app.regions or app.all_regions):
        raise UsageError("--history reads nothing, so there is nothing to choose but --account")
    if history:
        _show_history(app)
        return
    if app.accounts or app.all_accounts:
        raise UsageError("sync reads all that the account sees", advice="choose when listing: findings --cached")
    _show(app, *_synced(app, source=source, full=full))


def _synced(app: App, *, source: str | None, full: bool) -> tuple[Path, Synced]:
    from secguard.cli.seam import origin as origin_here  # noqa: PLC0415 - boto3
    from secguard.findings import sources  # noqa: PLC0415 - after the options were checked
    from secguard.findings.query import Query  # noqa: PLC0415 - the same
    from secguard.findings.store.database import Damaged, discard, path_of  # noqa: PLC0415 - the same
    from secguard.findings.store.syncing import alone  # noqa: PLC0415 - the same

    api = sources.parse(source or sources.AUTO)
    origin = origin_here(app)
    path = path_of(app.state_dir, origin)
    with alone(path):
        survey = sources.survey_of(Query(regions=app.regions), aws=app.connection(), source=api)
        app.say(f"reading {survey}")
        try:
            return path, _filled(app, path, origin, survey, full=full)
        except Damaged as error:
            app.warn(f"{error}; it is filled anew")
            return path, _filled(app, path, origin, survey, kept=discard(path))


def _filled(  # noqa: PLR0913 - by keyword, and all of it is the one question
    app: App, path: Path, origin: Origin, survey: Survey, *, full: bool = False, kept: Sequence[Any] = ()
) -> Synced:
    from secguard.findings.store.choice import Told  # noqa: PLC0415 - the same
    from secguard.findings.store.database import open_to_write, restore_history  # noqa: PLC0415 - after the options were checked
    from secguard.findings.store.syncing import sync as read  # noqa: PLC0415 - the same

    profile = Told.by(os.environ, profile=app.common.profile).profile
    with open_to_write(path, origin, profile=profile) as store:
        restore_history(store, kept)
        synced = read(
            store,
            survey,
            aws=app.connection(),
            now=datetime.now(UTC),
            full=full,
            tell=lambda count: app.talk.progress(f"{count:,} findings so far"),
        )
    app.talk.progress("")
    for unread in synced.unreadable:
        app.warn(f"unreadable: {unread}")
    app.incomplete(synced.unreached)
    if not synced.done:
        raise SecguardError("no Region could be read; the cache is as it was", advice="see what is on: secguard status")
    if synced.unreached or synced.unreadable:
        app.code = Exit.PARTLY
    return synced


def _show(app: App, path: Path, synced: Synced) -> None:
    from secguard.findings.store.counting import contents  # noqa: PLC0415 - the same
    from secguard.findings.store.database import open_to_read  # noqa: PLC0415 - after the options were checked
    from secguard.render import sync as drawing  # noqa: PLC0415 - rich, only when it is needed

    tally = synced.tally
    with open_to_read(path) as store:
        regions = contents(store)
        record = drawing.cache_record(store.origin, regions, tally)
    app.say(
        f"read {tally.read:,}: {tally.new:,} new, {tally.changed:,} changed, {tally.gone:,} gone; "
        f"{record['findings']:,} in the cache, {record['open']:,} open"
    )
    match app.output:
        case "json":
            app.answer(formats.json_object(record))
        case "csv":
            app.stream(formats.csv_lines(record["regions"], columns=drawing.REGION_COLUMNS))
        case "markdown":
            app.stream(drawing.regions_markdown(regions, now=datetime.now(UTC)))
        case _:
            app.show(drawing.regions_table(regions, now=datetime.now(UTC)))


def _show_history(app: App) -> None:
    from secguard.findings.store import counting as store_counting  # noqa: PLC0415 - after the options were checked
    from secguard.render import sync as drawing  # noqa: PLC0415 - rich, only when it is needed
    from secguard.render.screen import answer_console, drawn  # noqa: PLC0415 - the same

    days = store_counting.history(opened(app), accounts=app.accounts)
    if app.accounts and not any(day.open for day in days):
        app.say(f"on none of these days was anything open in {', '.join(app.accounts)}")
    records = map(drawing.day_record, days)
    match app.output:
        case "json":
            app.stream(formats.json_array(records))
        case "csv":
            app.stream(formats.csv_lines(records, columns=drawing.DAY_COLUMNS))
        case "markdown":
            app.stream(drawing.history_markdown(days))
        case _:
            console = answer_console()
            app.stream([drawn(drawing.history_bars(days, console=console), console=console)])
            starred = drawing.incomplete_days(days)
            if starred:
                app.say(starred)
