"""One finding in full, in words: what happened, to what, by whom, what was done about it, what can be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.text import Text

from secguard.findings.detail import Detail
from secguard.findings.forms.times import age
from secguard.findings.record import to_record, with_steps
from secguard.findings.telling.explanation import TACTIC_IDS, Explanation, techniques_of
from secguard.model import Finding, Resource, Technique, severity_word, timestamp
from secguard.render import sanitize
from secguard.render.findings import resource_name, severity_style, what
from secguard.render.labelled import labelled
from secguard.render.why import sum_text

_WHOLE = "respond"
"""The section whose lines are typed, so they are never broken."""


def page(detail: Detail, *, width: int, now: datetime) -> Iterator[Text]:
    """The lines of the page."""
    finding = detail.finding
    head = Text(severity_word(finding.severity), style=severity_style(finding.severity))
    head.append("  ")
    head.append(finding.short_id, style="id")
    head.append(f"  {sanitize.line(what(finding))}", style="heading")
    yield head
    yield Text()
    for label, lines in _sections(detail, now=now):
        yield from labelled(label, lines, width=width, whole=label == _WHOLE)


def detail_record(detail: Detail) -> dict[str, Any]:
    """The finding's record with what is known around it."""
    return {
        **with_steps(to_record(detail.finding), detail.steps),
        "note": detail.note,
        "recommendation": detail.recommendation,
        "link": detail.link,
        "story": detail.story,
        "evidence": [{"name": name, "value": said} for name, said in detail.evidence],
        "explanation": _explanation(detail.explanation),
        "documentation": detail.explanation.documentation if detail.explanation else None,
        "mitre": [
            {"tactic": known.tactic, "tactic_id": _tactic_id(known.tactic), "technique": known.technique}
            for known in techniques_of(detail.finding, detail.explanation)
        ],
        "history": [
            {"at": None if event.at is None else timestamp(event.at), "by": event.by, "what": event.what}
            for event in detail.history
        ],
        "related": [
            {"id": other.id, "short_id": other.short_id, "severity": other.severity.name, "title": other.title}
            for other in detail.related
        ],
    }


def _sections(detail: Detail, *, now: datetime) -> Iterator[tuple[str, list[str]]]:
    finding = detail.finding
    explanation = detail.explanation
    yield "what", [detail.story]
    yield "says", _says(finding, story=detail.story)
    if explanation:
        yield "means", [explanation.meaning]
        yield "first", list(filter(None, [explanation.first_steps]))
        yield "normal if", list(filter(None, [explanation.benign]))
    yield "priority", [sum_text(detail.steps)]
    yield "evidence", [f"{name}: {said}" for name, said in detail.evidence]
    yield "to what", [_resource(resource) for resource in finding.resources]
    yield "by whom", _actor(finding)
    yield "when", _when(finding, now=now)
    yield "where", [f"account {finding.account or 'unknown'}, Region {finding.region or 'unknown'}, {finding.product}"]
    yield "state", _state(finding)
    yield "tactics", _tactics(techniques_of(finding, explanation))
    yield "note", [detail.note] if detail.note else []
    yield "history", [_event(event.at, event.by, event.what, now=now) for event in detail.history]
    yield "related", [f"{other.short_id}  {severity_word(other.severity)}  {what(other)}" for other in detail.related]
    yield "advice", list(filter(None, (detail.recommendation, detail.link)))
    documentation = explanation.documentation if explanation else None
    yield "learn", [documentation] if documentation and documentation != detail.link else []
    yield _WHOLE, _respond(finding)
    yield "console", [finding.console_url] if finding.console_url else []
    yield "id", [finding.id]


def _says(finding: Finding, *, story: str) -> list[str]:
    """The product's own words, as far as nothing above or below says them too."""
    title = [] if finding.description.startswith(finding.title) else [finding.title]
    return [said for said in (*title, finding.description) if said not in story]


def _explanation(explanation: Explanation | None) -> dict[str, Any] | None:
    if explanation is None:
        return None
    return {
        "meaning": explanation.meaning,
        "benign": explanation.benign,
        "first_steps": explanation.first_steps,
        "exact": explanation.exact,
    }


def _tactics(techniques: tuple[Technique, ...]) -> list[str]:
    """A line for each tactic: `Credential Access (TA0006): T1110 Brute Force`."""
    by_tactic: dict[str, list[str]] = {}
    for known in techniques:
        by_tactic.setdefault(known.tactic, []).extend(filter(None, [known.technique]))
    return [_tactic(tactic) + (f": {', '.join(names)}" if names else "") for tactic, names in by_tactic.items()]


def _tactic(tactic: str) -> str:
    known = _tactic_id(tactic)
    return f"{tactic} ({known})" if known and known not in tactic else tactic


def _tactic_id(tactic: str) -> str | None:
    return next((identifier for name, identifier in TACTIC_IDS.items() if tactic.endswith(name)), None)


def _resource(resource: Resource) -> str:
    where = ", ".join(filter(None, (resource.account, resource.region)))
    full = f" {resource.id}" if resource.id and resource.id != resource.name else ""
    tags = ", ".join(f"{key}={value}" for key, value in sorted(resource.tags.items()))
    return (
        f"{resource.type} {resource_name(resource)}{full}"
        + (f" ({where})" if where else "")
        + (f" [{tags}]" if tags else "")
    )


def _actor(finding: Finding) -> list[str]:
    actor = finding.actor
    if actor is None:
        return []
    system = " ".join(filter(None, (f"AS{actor.asn}" if actor.asn else None, actor.org)))
    return [", ".join(filter(None, (actor.ip, actor.country, system)))]


def _when(finding: Finding, *, now: datetime) -> list[str]:
    times = (
        ("first seen", finding.first_seen),
        ("last seen", finding.last_seen),
        ("updated", finding.updated_at),
    )
    said = [f"{name} {timestamp(moment)} ({_ago(moment, now=now)})" for name, moment in times if moment]
    if finding.count is not None:
        said.append(f"{finding.count} time{'' if finding.count == 1 else 's'}")
    return said


def _ago(moment: datetime, *, now: datetime) -> str:
    short = age(moment, now=now)
    return "just now" if short == "now" else f"{short} ago"


def _state(finding: Finding) -> list[str]:
    said = [finding.workflow_status.value if finding.workflow_status else None, finding.record_state]
    if finding.compliance_status:
        said.append(f"compliance {finding.compliance_status}")
    if finding.sample:
        said.append("a sample: made to try things out, nothing is done about it")
    lines = [", ".join(part if " " in part else part.lower() for part in said if part)]
    return [*filter(None, lines), *finding.standards]


def _event(at: datetime | None, by: str, what_changed: str, *, now: datetime) -> str:
    when = "at an unknown time" if at is None else f"{timestamp(at)} ({_ago(at, now=now)})"
    return f"{when}  {what_changed}  by {by}"


def _respond(finding: Finding) -> list[str]:
    """The command lines to type, the best answer first."""
    return [
        f"secguard remediate {sanitize.shell(finding.short_id)} --playbook {sanitize.shell(name)} --dry-run"
        for name in finding.playbooks
    ] or ["no playbook answers it"]
