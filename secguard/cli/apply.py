"""`secguard apply`: a saved plan, after it was planned anew."""

from __future__ import annotations

import click

from secguard.cli.consent import PLAN_OUTPUTS, consent_and_apply
from secguard.cli.frame import App, Duration, PlanOptions, command
from secguard.cli.saved import planned_anew, read_plan, require_unaltered
from secguard.cli.seam import origin
from secguard.cli.undo import lowers_coverage
from secguard.engine.origin import require_same_origin


@command("apply", example="secguard apply plan.json --dry-run", places=False, outputs=PLAN_OUTPUTS)
@click.argument("plan", metavar="PLAN")
@click.option("--wait", type=Duration(), help="Wait so long for what AWS does in its own time.")
@click.option("--dry-run", is_flag=True, help="Check that the plan still holds, and do nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do it without asking.")
def apply(app: App, plan: str, *, wait: float | None, dry_run: bool, yes: bool) -> None:
    """Apply a plan that --plan-out has saved.

    PLAN is a file, or - for stdin. The calls in it are not sent: they are worked out anew, and if anything differs from
    what was saved, nothing is done.
    """
    saved = read_plan(plan)
    require_unaltered(plan, saved)
    require_same_origin(plan, saved, origin(app))
    options = PlanOptions(dry_run=dry_run, yes=yes, allow=saved.allowed)
    now = planned_anew(app, plan, saved)
    lowers = now.undoes is not None and lowers_coverage(app.journal().plan(now.undoes))
    consent_and_apply(app, now, options, lowers_coverage=lowers, patience=wait)
