"""`secguard remediate`: plan and run the playbook that answers a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from secguard.cli.chosen import Chosen, by_filters, by_ids, require_choice, typed
from secguard.cli.consent import PLAN_OUTPUTS, consent_and_apply
from secguard.cli.filters import filter_options
from secguard.cli.frame import App, PlanOptions, command, plan_options
from secguard.cli.playbooks import catalogue
from secguard.errors import UsageError
from secguard.playbooks.ask import Ask

if TYPE_CHECKING:
    from secguard.engine.change import Plan
    from secguard.model import Finding, Unreached
    from secguard.playbooks.catalogue import Catalogue

MOST_FINDINGS = 25


@command("remediate", example="secguard remediate 3f9a2c1b --dry-run", outputs=PLAN_OUTPUTS)
@click.argument("finding_ids", nargs=-1, metavar="[ID…|-]")
@click.option("--playbook", metavar="NAME", help="Use this one instead of the best answer.")
@click.option("--param", "params", metavar="KEY=VALUE", multiple=True, help="Tell the playbook something. Repeatable.")
@click.option(
    "--max-findings",
    default=MOST_FINDINGS,
    show_default=True,
    type=click.IntRange(min=1),
    help="Refuse when there are more.",
)
@filter_options
@plan_options
def remediate(app: App, finding_ids: tuple[str, ...], *, options: PlanOptions, **told: Any) -> None:
    """Plan and run the playbook that answers a finding.

    ID is the short id that a list shows, GuardDuty's id or the full id; - reads ids from stdin; the filters of
    `findings` choose instead. The plan is shown first and asked for; every change is read back, written down, and taken
    back with `secguard undo RUN`.
    """
    most, playbook, params = (told.pop(name) for name in ("max_findings", "playbook", "params"))
    require_choice(app, finding_ids, told)
    known = catalogue(app)
    chosen = _chosen(app, finding_ids, told, most=most, answers=known.answers)
    for finding in chosen.findings if playbook is None else ():
        _say_answers(app, finding, known)
    ask = Ask(findings=chosen.findings, playbook=playbook, params=_parsed(params))
    plan = _plan(app, ask, known, options.allow, unreached=chosen.unreached)
    for name in dict.fromkeys(change.playbook for change in plan.changes if change.playbook):
        for note in known[name].notes:
            app.say(f"{name}: {note}")
    consent_and_apply(app, plan, options)


def replan(app: App, request: Mapping[str, Any], allow: tuple[str, ...]) -> Plan:
    """The plan that a saved remediation asked for, made anew."""
    known = catalogue(app)
    chosen = by_ids(app, request["findings"], answers=known.answers)
    ask = Ask(findings=chosen.findings, playbook=request["playbook"], params=request["params"])
    return _plan(app, ask, known, allow)


def _chosen(
    app: App,
    ids: Sequence[str],
    filters: Mapping[str, Any],
    *,
    most: int,
    answers: Callable[[Finding], tuple[str, ...]],
) -> Chosen:
    """Raises UsageError where there are more than `most`."""
    if ids:
        named = typed(ids)
        if len(named) > most:
            raise UsageError(f"{len(named)} findings are more than --max-findings {most}")
        return by_ids(app, named, answers=answers)
    chosen = by_filters(app, filters, limit=most + 1, answers=answers)
    if len(chosen.findings) > most:
        raise UsageError(
            f"more findings are so than --max-findings {most}", advice="narrow the filters, or give a larger number"
        )
    return chosen


def _say_answers(app: App, finding: Finding, known: Catalogue) -> None:
    best, *others = known.answers(finding) or (None,)
    if best is not None:
        also = f" (or --playbook {', '.join(others)})" if others else ""
        app.say(f"{finding.short_id} {finding.title}: {best}{also}")


def _plan(app: App, ask: Ask, known: Catalogue, allow: Iterable[str], *, unreached: Sequence[Unreached] = ()) -> Plan:
    from secguard.cli.seam import drafting  # noqa: PLC0415
    from secguard.playbooks.planner import Responder  # noqa: PLC0415

    accounts = {finding.account for finding in ask.findings}
    draft = drafting(app, command="remediate", request={}, allow=allow, accounts=accounts)
    responder = Responder(
        draft=replace(draft, unreached=unreached),
        catalogue=known,
        home_region=app.connection().home_region,
        hops=app.connection().identities(accounts),
        never_block=app.config.guardrails.never_block,
    )
    return responder.plan(ask)


def _parsed(params: Iterable[str]) -> dict[str, str]:
    """Raises UsageError for what is not KEY=VALUE."""
    given: dict[str, str] = {}
    for text in params:
        key, sign, value = text.partition("=")
        if not sign or not key:
            raise UsageError(f"--param {text}: write KEY=VALUE")
        given[key] = value
    return given
