"""`secguard remediate`: plan and run the playbook that answers a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from secguard.cli.consent import PLAN_OUTPUTS, consent_and_apply
from secguard.cli.frame import App, PlanOptions, command, plan_options
from secguard.cli.playbooks import catalogue
from secguard.errors import UsageError
from secguard.playbooks.ask import Ask

if TYPE_CHECKING:
    from secguard.engine.change import Plan
    from secguard.model import Finding
    from secguard.playbooks.catalogue import Catalogue

MOST_FINDINGS = 25


@command("remediate", example="secguard remediate 3f9a2c1b --dry-run", places=False, outputs=PLAN_OUTPUTS)
@click.argument("finding_ids", nargs=-1, required=True, metavar="ID…")
@click.option("--playbook", metavar="NAME", help="Use this one instead of the best answer.")
@click.option("--param", "params", metavar="KEY=VALUE", multiple=True, help="Tell the playbook something. Repeatable.")
@click.option("--max-findings", default=MOST_FINDINGS, show_default=True, type=click.IntRange(min=1))
@plan_options
def remediate(app: App, finding_ids: tuple[str, ...], *, options: PlanOptions, **told: Any) -> None:
    """Plan and run the playbook that answers a finding.

    ID is the short id that a list shows, GuardDuty's id or the full id. The plan is shown first and asked for; every
    change is read back, written down, and taken back with `secguard undo RUN`.
    """
    most, playbook = told["max_findings"], told["playbook"]
    if len(finding_ids) > most:
        raise UsageError(f"{len(finding_ids)} findings are more than --max-findings {most}")
    known = catalogue(app)
    findings = _findings(app, finding_ids, known)
    for finding in findings if playbook is None else ():
        _say_answers(app, finding, known)
    plan = _plan(app, Ask(findings=findings, playbook=playbook, params=_parsed(told["params"])), known, options.allow)
    for name in dict.fromkeys(change.playbook for change in plan.changes if change.playbook):
        for note in known[name].notes:
            app.say(f"{name}: {note}")
    consent_and_apply(app, plan, options)


def replan(app: App, request: Mapping[str, Any], allow: tuple[str, ...]) -> Plan:
    """The plan that a saved remediation asked for, made anew."""
    known = catalogue(app)
    findings = _findings(app, request["findings"], known)
    ask = Ask(findings=findings, playbook=request["playbook"], params=request["params"])
    return _plan(app, ask, known, allow)


def _findings(app: App, ids: Sequence[str], known: Catalogue) -> list[Finding]:
    from secguard.findings.index import Index  # noqa: PLC0415
    from secguard.findings.lookup import resolve  # noqa: PLC0415

    now = datetime.now(UTC)
    return resolve(ids, aws=app.connection(), index=Index(app.state_dir), now=now, answers=known.answers)


def _say_answers(app: App, finding: Finding, known: Catalogue) -> None:
    best, *others = known.answers(finding) or (None,)
    if best is not None:
        also = f" (or --playbook {', '.join(others)})" if others else ""
        app.say(f"{finding.short_id} {finding.title}: {best}{also}")


def _plan(app: App, ask: Ask, known: Catalogue, allow: Iterable[str]) -> Plan:
    from secguard.cli.seam import drafting  # noqa: PLC0415
    from secguard.playbooks.planner import Responder  # noqa: PLC0415

    accounts = {finding.account for finding in ask.findings}
    responder = Responder(
        draft=drafting(app, command="remediate", request={}, allow=allow, accounts=accounts),
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
