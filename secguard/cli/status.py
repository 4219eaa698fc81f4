"""`secguard status`: what is on, and what is missing, per account and Region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from secguard.cli.enable import places_here, wanted_here
from secguard.cli.frame import App, command
from secguard.errors import Exit
from secguard.render import formats

if TYPE_CHECKING:
    from secguard.coverage.record import Coverage
    from secguard.model import Unreached


@command(
    "status", example="secguard status --all-regions --check", outputs=("table", "json", "jsonl", "csv", "markdown")
)
@click.option("--check", is_flag=True, help="Exit 5 if anything that is configured is not on.")
def status(app: App, *, check: bool) -> None:
    """Show what is on, and what is missing, per account and Region."""
    from secguard.coverage.gaps import status_of  # noqa: PLC0415
    from secguard.coverage.look import OneLook  # noqa: PLC0415
    from secguard.coverage.observe import observe  # noqa: PLC0415

    wanted = wanted_here(app)
    connection = app.connection()
    places, unlisted = places_here(app)
    coverages = observe(OneLook(connection), places, near=connection.region)
    partition, alone = connection.caller.partition, len(coverages) == 1
    records = [status_of(coverage, wanted, partition=partition, alone=alone) for coverage in coverages]
    unreached = [*unlisted, *(one for coverage in coverages for _, one in coverage.unreached)]
    app.incomplete(dict.fromkeys(unreached))
    app.code = _code(coverages, unreached, gap=check and any(record["gaps"] for record in records))
    _show(app, records)


def _code(coverages: Sequence[Coverage], unreached: Sequence[Unreached], *, gap: bool) -> Exit:
    if unreached and all(coverage.blind for coverage in coverages):
        return Exit.NOTHING
    if unreached:
        return Exit.PARTLY
    return Exit.CONDITION if gap else Exit.OK


def _show(app: App, records: list[dict[str, Any]]) -> None:
    from secguard.render import coverage as view  # noqa: PLC0415 - rich

    match app.output:
        case "json":
            app.stream(formats.json_array(records))
        case "jsonl":
            app.stream(formats.json_lines(records))
        case "csv":
            app.stream(formats.csv_lines(view.flat_records(records), columns=view.CSV_COLUMNS))
        case "markdown":
            app.stream(view.matrix_markdown(records))
        case _:
            app.show(view.matrix_view(records))
