"""`secguard show`: one finding in full."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from secguard.cli.findings import answers, remember
from secguard.cli.frame import App, command
from secguard.errors import Exit
from secguard.render import formats


@command("show", example="secguard show 3f9a2c1b", places=False, outputs=("table", "json", "asff"))
@click.argument("finding_id", metavar="ID")
@click.option("--raw", is_flag=True, help="As it was received, and nothing else; the same as -o asff.")
def show(app: App, finding_id: str, raw: bool) -> None:  # noqa: FBT001 - click calls it so
    """Show one finding in full: what happened, to what, by whom, and what answers it.

    ID is a full id, GuardDuty's own, or the short id that `secguard findings` shows.
    """
    from secguard.findings.detail import detail_of  # noqa: PLC0415 - after the options were checked
    from secguard.findings.index import Index  # noqa: PLC0415 - the same
    from secguard.findings.lookup import resolve  # noqa: PLC0415 - the same
    from secguard.render.finding import detail_record, page  # noqa: PLC0415 - rich, only when it is needed
    from secguard.render.screen import answer_console, drawn  # noqa: PLC0415 - the same

    now = datetime.now(UTC)
    aws = app.connection()
    (finding,) = resolve([finding_id], aws=aws, index=Index(app.state_dir), now=now, answers=answers(app))
    if raw or app.output == "asff":
        app.answer(formats.json_object(finding.raw))
        return
    detail = detail_of(finding, aws=aws, now=now)
    remember(app, [finding, *detail.related])
    if app.output == "json":
        app.answer(formats.json_object(detail_record(detail)))
    else:
        console = answer_console()
        app.answer(drawn(page(detail, width=console.width, now=now), console=console))
    app.incomplete(detail.unreached)
    if detail.unreached:
        app.code = Exit.PARTLY
