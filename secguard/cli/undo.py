"""`secguard undo`: put back what a run changed."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import click

from secguard.cli.consent import PLAN_OUTPUTS, consent_and_apply
from secguard.cli.frame import App, PlanOptions, command, plan_options
from secguard.cli.saved import read_plan
from secguard.cli.seam import drafting
from secguard.engine.change import Plan
from secguard.engine.undo import plan_undo


@command("undo", example="secguard undo 4f1c09 --dry-run", places=False, outputs=PLAN_OUTPUTS)
@click.argument("run")
@click.option("--only", metavar="N", type=click.IntRange(min=1), multiple=True, help="Only change N. Repeatable.")
@plan_options
def undo(app: App, run: str, only: tuple[int, ...], options: PlanOptions) -> None:
    """Put back what a run changed.

    RUN is the beginning of a run's id, or a file with a run's result as JSON. What someone else has changed since is
    left and named; the rest is put back. The undo is a run of its own.
    """
    done = _run(app, run)
    plan = _way_back(app, done, only, options.allow)
    consent_and_apply(app, plan, options, lowers_coverage=lowers_coverage(done))


def replan(app: App, request: dict[str, Any], allow: tuple[str, ...]) -> Plan:
    """The plan that a saved undo asked for, made anew."""
    return _way_back(app, app.journal().plan(request["run"]), tuple(request["only"]), allow)


def lowers_coverage(run: Plan) -> bool:
    """Whether taking `run` back turns detection off."""
    return run.request.get("command") == "enable"


def _run(app: App, run: str) -> Plan:
    if re.fullmatch(r"[0-9a-f]+", run) or not Path(run).is_file():
        return app.journal().plan(app.journal().find(run))
    return read_plan(run)


def _way_back(app: App, run: Plan, only: tuple[int, ...], allow: tuple[str, ...]) -> Plan:
    accounts = {change.account for change in run.changes}
    draft = drafting(app, command=f"undo {run.run_id}", request={}, allow=allow, accounts=accounts)
    # What was let in may go back, however much it is.
    return plan_undo(run, dataclasses.replace(draft, max_changes=None), only=only)
