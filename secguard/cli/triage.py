"""`secguard triage`: say what became of findings: status, note, verdict, severity, scores, fields of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from secguard.cli.chosen import Chosen, by_filters, by_ids, require_choice
from secguard.cli.consent import PLAN_OUTPUTS, consent_and_apply
from secguard.cli.filters import filter_options
from secguard.cli.findings import remember
from secguard.cli.frame import App, PlanOptions, command, plan_options
from secguard.errors import Exit, UsageError
from secguard.model import Workflow

if TYPE_CHECKING:
    from secguard.engine.change import Plan
    from secguard.findings.triage import Decision, Proposal
    from secguard.model import Finding

_SAID = ("to", "note", "verdict", "set_severity", "criticality", "confidence", "own", "archives")
_SCORE = click.IntRange(0, 100)


@command(
    "triage",
    example="secguard triage 3f9a2c1b --status suppressed --note 'our own scanner' --verdict benign-positive",
    outputs=PLAN_OUTPUTS,
)
@click.argument("finding_ids", nargs=-1, metavar="[ID…|-]")
@click.option("--status", "to", type=click.Choice([each.value.lower() for each in Workflow]), help="Set the status.")
@click.option("--note", metavar="TEXT", help="Put a note there, signed by whoever the credentials belong to.")
@click.option(
    "--verdict",
    type=click.Choice(["true-positive", "false-positive", "benign-positive", "unknown"]),
    help="Say whether it is one.",
)
@click.option("--set-severity", metavar="LEVEL", help="Set the severity.")
@click.option("--criticality", type=_SCORE, metavar="0-100", help="Say how critical what it is about is.")
@click.option("--confidence", type=_SCORE, metavar="0-100", help="Say how sure it is.")
@click.option("--field", "own", metavar="NAME=VALUE", multiple=True, help="Set a field of your own. Repeatable.")
@click.option(
    "--archive/--no-archive",
    "archives",
    default=True,
    help="Archive GuardDuty's own in GuardDuty too when they are resolved or suppressed (the default), or leave it be.",
)
@partial(filter_options, status="--with-status")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many, the first to look at.")
@plan_options
def triage(app: App, finding_ids: tuple[str, ...], *, options: PlanOptions, **given: Any) -> None:
    """Say what became of findings, one or thousands.

    Name them by ID, by - (ids on stdin) or by the filters of `findings`, where those filter by the status with
    --with-status and leave samples out. The plan is shown first and asked for; it is taken back with `secguard undo`.

    On a terminal, without ids and with nothing to set, it goes through the findings one at a time, by single keys; a
    walk that was left is taken up where it was.
    """
    said = {name: given.pop(name) for name in _SAID}
    limit = given.pop("limit")
    if not finding_ids and not _says_anything(said) and not options.dry_run and options.plan_out is None:
        _walk_if_on_terminal(app, given, limit=limit, archives=said["archives"])
    require_choice(app, finding_ids, {**given, "limit": limit})
    decision = _decision(app, said)
    chosen = by_ids(app, finding_ids) if finding_ids else by_filters(app, given, limit=limit)
    proposal = _proposed(app, chosen, decision, options.allow)
    for remark in proposal.remarks:
        app.say(remark)
    consent_and_apply(app, proposal.plan, options)


def replan(app: App, request: Mapping[str, Any], allow: tuple[str, ...]) -> Plan:
    """The plan that a saved triage asked for, made anew."""
    from secguard.findings.triage import asked_again  # noqa: PLC0415 - after the options were checked

    ids, decision = asked_again(request)
    return _proposed(app, by_ids(app, ids), decision, allow).plan


def _says_anything(said: Mapping[str, Any]) -> bool:
    return any(value not in (None, ()) for name, value in said.items() if name != "archives")


def _walk_if_on_terminal(app: App, filters: Mapping[str, Any], *, limit: int | None, archives: bool) -> None:
    """Go through the findings with somebody who looks, and leave then; where nobody does, return."""
    from secguard.cli.keyboard import Keyboard  # noqa: PLC0415 - only where somebody looks
    from secguard.cli.walk import Bookmark, Walk, on_terminal  # noqa: PLC0415 - the same

    if not on_terminal():
        return
    bookmark = Bookmark(app.state_dir)
    most = (limit or app.config.findings.limit) + len(bookmark.seen)
    chosen = by_filters(app, filters, limit=most)
    app.incomplete(chosen.unreached)
    app.code = Exit.PARTLY if chosen.unreached else Exit.OK
    left = bookmark.unseen(chosen.findings)
    if bookmark.seen and left:
        app.say(f"{len(chosen.findings) - len(left)} that were looked at before are left out")
    remember(app, left)
    author = _last_part(app.connection().caller.arn)

    def propose(finding: Finding, decision: Decision) -> Proposal:
        signed = replace(decision, author=author, archives=archives)
        return _proposed(app, Chosen(findings=[finding]), signed, ())

    Walk(app, left, bookmark, propose, Keyboard()).go()
    app.exit(app.code)


def _decision(app: App, said: Mapping[str, Any]) -> Decision:
    from secguard.findings.query import level  # noqa: PLC0415 - after the options were checked
    from secguard.findings.triage import Decision  # noqa: PLC0415 - the same

    severity = said["set_severity"]
    own_fields = _own_fields(said["own"])
    decision = Decision(
        author="",
        status=Workflow(said["to"].upper()) if said["to"] else None,
        note=said["note"],
        verdict=said["verdict"].upper().replace("-", "_") if said["verdict"] else None,
        severity=None if severity is None else level(severity, option="--set-severity"),
        criticality=said["criticality"],
        confidence=said["confidence"],
        own_fields=own_fields,
        archives=said["archives"],
    )
    decision.check()
    return decision.signed(_last_part(app.connection().caller.arn))


def _own_fields(texts: Iterable[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise UsageError(f"--field {text}: write NAME=VALUE")
        fields[name.strip()] = value
    return fields


def _last_part(arn: str) -> str:
    """The name of a user, or of a session, or `root`."""
    return re.split("[:/]", arn)[-1]


def _proposed(app: App, chosen: Chosen, decision: Decision, allow: Iterable[str]) -> Proposal:
    from secguard.cli.seam import drafting  # noqa: PLC0415 - after the options were checked
    from secguard.findings.triage import Investigator  # noqa: PLC0415 - the same

    draft = drafting(app, command="triage", request={}, allow=allow)
    investigator = Investigator(draft=draft, aws=app.connection())
    return investigator.plan(chosen.findings, decision, unreached=chosen.unreached)
