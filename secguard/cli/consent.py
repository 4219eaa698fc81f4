"""From a plan to its results: show it, ask, apply it, say what became of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from secguard.cli.cached import keep_up
from secguard.engine.apply import apply, new_run_id, resume
from secguard.engine.change import Change, Plan, to_record
from secguard.engine.clock import SystemClock
from secguard.engine.guardrails import Allowances
from secguard.engine.outcome import exit_code
from secguard.engine.workshop import Progress, Workshop, unwatched
from secguard.errors import InputError, NoConsent
from secguard.render.calls import command_lines
from secguard.render.formats import json_lines, json_object
from secguard.render.plan import plan_markdown, plan_view, result_view
from secguard.whole_file import write_whole

if TYPE_CHECKING:
    from rich.console import RenderableType

    from secguard.cli.frame import App
    from secguard.cli.options import PlanOptions

PLAN_OUTPUTS = ("table", "json", "jsonl", "markdown", "commands")
LOWER_COVERAGE = "lower-coverage"


def consent_and_apply(  # noqa: PLR0913 - by keyword, and rare but for the first three
    app: App,
    plan: Plan,
    options: PlanOptions,
    *,
    own_intent: bool = False,
    lowers_coverage: bool = False,
    patience: float | None = None,
    results: Callable[[Plan], RenderableType] | None = None,
) -> Plan:
    """Show a plan, ask for consent, apply it, show its results and set the exit code; return what became of it.

    `own_intent`: the command says what it does, so that without a terminal it needs no --yes. `lowers_coverage`: --yes
    is not enough. `patience`: seconds to wait for what AWS does in its own time. `results` draws the table of results
    in the plain one's stead. Raises NoConsent.
    """
    app.code = exit_code(plan)
    app.incomplete(plan.unreached)
    if options.plan_out is not None:
        _save(app, plan, options.plan_out)
    elif options.dry_run or not (plan.changes or plan.undoes):
        show(app, plan)
    else:
        if plan.changes:  # else only the journal learns something: that a run left nothing to take back
            _require_consent(app, plan, options, own_intent=own_intent, lowers_coverage=lowers_coverage)
        plan = _applied(app, plan, patience)
        app.code = exit_code(plan)
        show(app, plan, view=results)
        _say_way_back(app, plan)
    return plan


def show(app: App, plan: Plan, *, view: Callable[[Plan], RenderableType] | None = None) -> None:
    """Answer with a plan, or with what became of it, in the format asked for."""
    match app.output:
        case "json":
            app.answer(json_object(to_record(plan)))
        case "jsonl":
            app.stream(json_lines([to_record(plan)]))
        case "markdown":
            app.stream(plan_markdown(plan))
        case "commands":
            app.stream(command_lines(plan))
        case _:
            app.show(view(plan) if view and plan.run_id else _view(app, plan))


def workshop(app: App, run_id: str, *, patience: float | None, progress: Progress) -> Workshop:
    """What the engine needs to work on one run."""
    from secguard.engine.locks import FileLocks  # noqa: PLC0415

    return Workshop(
        aws=app.connection().for_run(run_id),
        registry=app.registry,
        journal=app.journal(),
        clock=SystemClock(),
        locks=FileLocks(app.state_dir),
        patience=patience,
        progress=progress,
    )


def watched(app: App, changes: tuple[Change, ...]) -> AbstractContextManager[Progress]:
    """Show how a run goes, where somebody looks."""
    if not app.talk.live:
        return nullcontext(unwatched)
    from secguard.render.progress import watched as on_terminal  # noqa: PLC0415

    return on_terminal(changes, app.console)


def finish(app: App, plan: Plan, options: PlanOptions, *, patience: float | None) -> None:
    """Show what is left of a run, ask for consent, bring it to its end, show its results. Raises NoConsent."""
    assert plan.run_id is not None
    if options.dry_run:
        show(app, plan)
        return
    _require_consent(app, plan, options, own_intent=False, lowers_coverage=False)
    with watched(app, plan.changes) as progress:
        done = resume(plan.run_id, workshop(app, plan.run_id, patience=patience, progress=progress))
    keep_up(app, done)
    app.code = exit_code(done)
    show(app, done)
    _say_way_back(app, done)


def _applied(app: App, plan: Plan, patience: float | None) -> Plan:
    run_id = new_run_id()
    with watched(app, plan.changes) as progress:
        done = apply(plan, workshop(app, run_id, patience=patience, progress=progress), run_id=run_id)
    keep_up(app, done)
    return done


def _view(app: App, plan: Plan) -> RenderableType:
    draw = plan_view if plan.run_id is None else result_view
    return draw(plan, verbose=app.verbose)


def _say_way_back(app: App, plan: Plan) -> None:
    if plan.undoes is None and any(change.acted for change in plan.changes):
        app.say(f"take it back: secguard undo {plan.run_id}")


def _save(app: App, plan: Plan, file: Path) -> None:
    text = json_object(to_record(plan))
    if str(file) == "-":
        app.answer(text)
        return
    try:
        write_whole(file, text)
    except OSError as error:
        raise InputError(f"the plan can't be written to {file}: {error.strerror}") from error
    app.say(f"the plan of {len(plan.changes)} changes is in {file}; apply it: secguard apply {file}")


def _require_consent(app: App, plan: Plan, options: PlanOptions, *, own_intent: bool, lowers_coverage: bool) -> None:
    """Raises NoConsent unless the operator wants this."""
    if lowers_coverage:
        _require_consent_to_lower(app, plan, options)
        return
    if options.yes:
        return
    if not _on_terminal():
        if own_intent:
            return
        raise NoConsent("this changes things, and nobody is there to be asked")
    app.talk.draw(app.console, _view(app, plan))
    if _asked(f"Apply {_these(plan)}? [y/N] ").lower() not in {"y", "yes"}:
        raise NoConsent("not confirmed; nothing was changed")


def _require_consent_to_lower(app: App, plan: Plan, options: PlanOptions) -> None:
    if any(Allowances.parse(options.allow).permits(LOWER_COVERAGE, change.target) for change in plan.changes):
        return
    regions = str(len({change.region for change in plan.changes}))
    if not _on_terminal():
        raise NoConsent("this turns detection off; --yes is not enough", advice=f"repeat with --allow {LOWER_COVERAGE}")
    app.talk.draw(app.console, _view(app, plan))
    if _asked(f"This turns detection off. Type the number of Regions ({regions}) to go on: ") != regions:
        raise NoConsent("not confirmed; nothing was changed", advice="type the number, or repeat with --dry-run")


def _these(plan: Plan) -> str:
    changes = "this change" if len(plan.changes) == 1 else f"these {len(plan.changes)} changes"
    accounts = sorted({change.account for change in plan.changes})
    return f"{changes} in account {accounts[0]}" if len(accounts) == 1 else f"{changes} in {len(accounts)} accounts"


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked(question: str) -> str:
    """What the operator types; nothing when the input ends."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip()
