"""How a run ended, from how its changes ended; and what that means to a shell. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from secguard.engine.change import Change, Kind, Outcome, Plan, Status, Undo
from secguard.errors import Exit

GOOD = frozenset({Status.VERIFIED, Status.PENDING, Status.UNDONE})
STOPPED = frozenset({Status.DRIFTED, Status.SKIPPED})


def outcome_of(changes: Sequence[Change], *, waited: bool) -> Outcome:
    """The outcome of a run that came to its end; `waited` makes what is still pending count as partly."""
    told = [change.status for change in changes if change.kind is not Kind.BOOKKEEPING and not change.unsupported]
    bad = [status for status in told if status not in GOOD]
    if not bad:
        return Outcome.PARTIAL if waited and Status.PENDING in told else Outcome.DONE
    if len(bad) < len(told):
        return Outcome.PARTIAL
    return Outcome.REFUSED if all(status in STOPPED for status in bad) else Outcome.FAILED


def outcome_of_undone(changes: Sequence[Change]) -> Outcome | None:
    """UNDONE or PARTLY_UNDONE for a run of which something was taken back, else None."""
    acted = [change for change in changes if change.acted and change.undo is not Undo.NONE]
    undone = [change for change in acted if change.status is Status.UNDONE]
    if not undone:
        return None
    return Outcome.UNDONE if len(undone) == len(acted) else Outcome.PARTLY_UNDONE


def exit_code(plan: Plan) -> Exit:
    """What a run, or a dry run, says to the shell."""
    if not plan.changes:
        return _code_of_nothing(plan)
    short = plan.refused or plan.unreached
    match plan.outcome:
        case None | Outcome.DONE | Outcome.UNDONE:
            return Exit.PARTLY if short else Exit.OK
        case Outcome.FAILED:
            return Exit.PARTLY if plan.already else Exit.NOTHING
        case Outcome.REFUSED:
            return Exit.PARTLY if plan.already else Exit.REFUSED
        case Outcome.INTERRUPTED:
            return Exit.INTERRUPTED
        case _:
            return Exit.PARTLY


def _code_of_nothing(plan: Plan) -> Exit:
    if plan.already or plan.undone_already:
        return Exit.PARTLY if plan.refused or plan.unreached else Exit.OK
    if plan.refused:
        return Exit.PARTLY if plan.unreached else Exit.REFUSED
    return Exit.NOTHING if plan.unreached else Exit.OK
