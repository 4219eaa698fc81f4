"""`secguard resume`: finish a run that was interrupted."""

from __future__ import annotations

import click

from secguard.cli.consent import PLAN_OUTPUTS, finish, show
from secguard.cli.frame import App, Duration, PlanOptions, command
from secguard.cli.seam import origin
from secguard.engine.apply import OPEN, require_resumable
from secguard.engine.origin import require_same_origin
from secguard.engine.outcome import exit_code


@command("resume", example="secguard resume 4f1c09", places=False, outputs=PLAN_OUTPUTS)
@click.argument("run")
@click.option("--wait", type=Duration(), help="Wait so long for what AWS does in its own time.")
@click.option("--dry-run", is_flag=True, help="Show where the run stands, and do nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do it without asking.")
def resume(app: App, run: str, *, wait: float | None, dry_run: bool, yes: bool) -> None:
    """Finish a run that was interrupted, or that left something pending.

    RUN is the beginning of a run's id. What was done is not done again.
    """
    plan = app.journal().plan(app.journal().find(run))
    if not any(change.status in OPEN for change in plan.changes):
        app.say(f"run {plan.run_id} is at its end; nothing is left to do")
        app.code = exit_code(plan)
        show(app, plan)
        return
    require_resumable(plan)
    require_same_origin(f"run {plan.run_id}", plan, origin(app))
    finish(app, plan, PlanOptions(dry_run=dry_run, yes=yes), patience=wait)
