"""Plans in files: read, checked, and made anew before anything is done."""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secguard import __version__
from secguard.engine.change import Change, Plan, content_digest, from_record
from secguard.errors import InputError, PlanMismatch, UsageError

if TYPE_CHECKING:
    from secguard.cli.frame import App

PLANNERS = ("enable", "insights", "remediate", "suppress", "triage", "undo")
"""The commands whose plans can be saved; each module has a `replan`."""


def read_plan(file: str) -> Plan:
    """The plan in a file, or on stdin for `-`. Raises InputError."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        return from_record(json.loads(text), origin=file)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: can't be read: {error}") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{file}: not JSON: {error}") from error


def require_unaltered(file: str, plan: Plan) -> None:
    """Raises PlanMismatch when the plan is not what was written, UsageError when it was applied already."""
    if plan.run_id is not None:
        raise UsageError(
            f"{file}: this plan was applied already, as run {plan.run_id}",
            advice=f"secguard history {plan.run_id} shows it, secguard undo {file} takes it back",
        )
    if plan.secguard_version != __version__:
        raise PlanMismatch(f"{file}: made by secguard {plan.secguard_version}, and this is {__version__}")
    if content_digest(plan) != plan.digest:
        raise PlanMismatch(f"{file}: the plan was altered after it was made")


def planned_anew(app: App, file: str, saved: Plan) -> Plan:
    """The plan that the same request gives now. Raises PlanMismatch when it is not the very same."""
    planner = saved.request.get("command")
    if planner not in PLANNERS:
        raise InputError(f"{file}: no command plans {planner!r}")
    module: Any = importlib.import_module(f"secguard.cli.{planner}")
    now: Plan = module.replan(app, saved.request, saved.allowed)
    # Another session of the same account may apply what one has planned.
    now = dataclasses.replace(now, caller=saved.caller).sealed()
    if now.digest != saved.digest:
        raise PlanMismatch(f"{file}: secguard would not do the same any more: {_difference(saved, now)}")
    return now


def _difference(saved: Plan, now: Plan) -> str:
    before, after = ({_spot(change): change for change in plan.changes} for plan in (saved, now))
    why = {refusal.what: refusal.why for refusal in now.refused}
    lost = [change.target for spot, change in before.items() if spot not in after]
    gone = [f"{target}: {why.get(target, 'nothing is left to change')}" for target in lost]
    new = [f"{change.target} would change too" for spot, change in after.items() if spot not in before]
    both = [spot for spot in before if spot in after]
    moved = [f"{after[spot].target} has changed" for spot in both if after[spot] != before[spot]]
    told = [*gone, *new, *moved] or ["what is refused, or could not be looked at, is not the same"]
    return "; ".join(told[:3]) + (f"; and {len(told) - 3} more" if len(told) > 3 else "")


def _spot(change: Change) -> tuple[str, str, str]:
    return change.account, change.region, f"{change.setting} {change.target}"
