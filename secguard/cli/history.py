"""`secguard history`: the runs, or what one of them did."""

from __future__ import annotations

import click

from secguard.cli.consent import show
from secguard.cli.frame import App, command
from secguard.render.formats import csv_lines, json_array, json_lines
from secguard.render.history import COLUMNS, history_markdown, history_record, history_table


@command(
    "history",
    example="secguard history 4f1c09",
    aws=False,
    outputs=("table", "json", "jsonl", "csv", "markdown", "commands"),
)
@click.argument("run", required=False)
def history(app: App, run: str | None) -> None:
    """List the runs, newest first, or show what RUN did.

    RUN is the beginning of a run's id.
    """
    journal = app.journal()
    if run is not None:
        show(app, journal.plan(journal.find(run)))
        return
    runs = journal.history()
    match app.output:
        case "json":
            app.stream(json_array(history_record(run) for run in runs))
        case "jsonl":
            app.stream(json_lines(history_record(run) for run in runs))
        case "csv":
            app.stream(csv_lines((history_record(run) for run in runs), columns=COLUMNS))
        case "markdown":
            app.stream(history_markdown(runs))
        case _:
            app.show(history_table(runs)) if runs else app.say("nothing was changed yet")
