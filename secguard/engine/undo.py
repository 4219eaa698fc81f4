"""Plan the way back: from what is found now to what each change of a run found before it.

What someone else has changed since is left and named; the rest is undone. The undo of a run is a run like any other.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from secguard.engine.change import Change, Kind, Outcome, Plan, Refusal, Status, Undo
from secguard.engine.draft import Draft, Want
from secguard.engine.order import undo_needs
from secguard.engine.origin import require_same_origin
from secguard.engine.setting import Registry
from secguard.errors import UsageError
from secguard.model import Value


def plan_undo(run: Plan, draft: Draft, *, only: Collection[int] = ()) -> Plan:
    """The plan that takes back what `run` did, or only the changes numbered in `only`.

    `run` is a plan with its results, from the journal or from a result file. Raises UsageError when it can't be undone
    as a whole (it is running, it was never applied, a number is not in it), PlanMismatch when it belongs elsewhere.
    """
    _require_undoable(run, only)
    require_same_origin(f"run {run.run_id}", run, draft.origin)
    acted = [change for change in run.changes if change.acted and (not only or change.n in only)]
    can = {change.n: change for change in acted if change.undo is not Undo.NONE}
    kept = [_kept(change) for change in acted if change.undo is Undo.NONE and change.kind is Kind.IRREVERSIBLE]
    first = undo_needs(list(can.values()))
    wants = [_want_back(can[n], first[n], draft.registry) for n in run.undo_order if n in can]
    wants += [_want_back(can[n], first[n], draft.registry) for n in can if n not in run.undo_order]
    request = {"command": "undo", "run": run.run_id, "only": sorted(only)}
    way = replace(draft, request=request, undoes=run.run_id, cascade=False, refused=[*draft.refused, *kept])
    return way.plan(wants)


def _require_undoable(run: Plan, only: Collection[int]) -> None:
    if run.run_id is None:
        raise UsageError("this plan was never applied, so there is nothing to undo")
    if run.outcome is Outcome.RUNNING:
        raise UsageError(f"run {run.run_id} is still running", advice="wait until it has ended, or stop it")
    unknown = sorted(set(only) - {change.n for change in run.changes})
    if unknown:
        raise UsageError(
            f"run {run.run_id} has no change {unknown[0]}", advice=f"see its changes: secguard history {run.run_id}"
        )


def _kept(change: Change) -> Refusal:
    return Refusal(what=change.target, rule="irreversible", why=change.undo_note or "it can't be undone")


def _want_back(change: Change, first: Collection[int], registry: Registry) -> Want:
    """The setting of `change` as it should be again, from any value that the change left or may have left."""
    setting = registry[change.setting]

    def ours(found: Value) -> bool:
        return found == change.after or setting.passes_through(found, change.before, change.after)

    return Want(
        key=str(change.n),
        setting=change.setting,
        place=change.place,
        address=change.address,
        value=change.undo_to,
        summary=f"undo: {change.summary}",
        findings=change.findings,
        playbook=change.playbook,
        needs=tuple(str(n) for n in sorted(first)),
        kind=change.kind,
        enough=(change.before,),
        accepts=ours,
        undoes=None if change.status is Status.UNDONE else change.n,
    )
