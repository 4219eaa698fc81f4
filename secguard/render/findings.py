"""Findings as a table that fits the terminal, and as the flat rows of CSV and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from secguard.findings.forms.products import GUARDDUTY
from secguard.findings.forms.times import age
from secguard.findings.listing import Listing
from secguard.findings.reasons import Step, Why
from secguard.findings.record import to_record
from secguard.model import Finding, Resource, Severity, severity_word
from secguard.render import sanitize
from secguard.render.fit import GAP, Column, cell, row, widths
from secguard.render.why import step_texts, sum_lines, sum_text

_COLUMNS = (
    Column(name="severity", heading="SEVERITY"),
    Column(name="id", heading="ID"),
    Column(name="what", heading="WHAT", least=24),
    Column(name="resource", heading="RESOURCE", least=20),
    Column(name="age", heading="SEEN", right=True),
    Column(name="region", heading="REGION"),
    Column(name="account", heading="ACCOUNT"),
    Column(name="from", heading="FROM", least=15),
    Column(name="count", heading="COUNT", right=True),
    Column(name="playbook", heading="PLAYBOOK", least=12),
    Column(name="product", heading="PRODUCT", least=9),
    Column(name="status", heading="STATUS"),
    Column(name="priority", heading="PRIORITY", right=True),
)
"""What matters most comes first; what does not fit is left out from the end."""

CSV_COLUMNS = (
    "short_id", "severity", "severity_score", "priority", "priority_reasons", "account", "region", "product", "title",
    "types", "resource_types", "resource_names", "resource_ids", "actor_ip", "actor_country", "actor_asn", "actor_org",
    "workflow_status", "record_state", "compliance_status", "control_id", "standards", "count", "first_seen",
    "last_seen", "updated_at", "sample", "playbooks", "mitre", "description", "console_url", "source", "product_arn",
    "id",
)  # fmt: skip

MARKDOWN_HEADINGS = ("Severity", "Id", "What", "Resource", "Account", "Region", "Seen", "Playbook")


def table(listing: Listing, *, width: int, now: datetime, why: Why | None = None) -> Iterator[Text]:
    """One line of headings and one for each finding, at most `width` cells wide; with `why`, its sum below it."""
    rows = [_row(finding, now=now) for finding in listing.findings]
    fitted = widths(_COLUMNS, rows, width=width)
    shown = [column for column in _COLUMNS if column.name in fitted]
    yield row([cell(column, column.heading, fitted, style="heading") for column in shown])
    for finding, texts in zip(listing.findings, rows, strict=True):
        yield row([cell(column, texts[column.name], fitted, style=_style(column, finding)) for column in shown])
        if why is not None:
            yield from _sum(why(finding), indent=fitted["severity"] + GAP, width=width)


def caption(listing: Listing) -> str | None:
    """What the table does not show, or None where it shows all there is."""
    shown = len(listing.findings)
    if not listing.found:
        return "no findings" + ("" if not listing.unreached else " where it could be looked")
    if shown == listing.found and not listing.more:
        return None
    total, enough = (f"at least {listing.found}", shown * 10) if listing.more else (str(listing.found), listing.found)
    return f"showing {shown} of {total} findings; more with --limit {enough}, all with -o jsonl"


def csv_columns(*, explained: bool) -> tuple[str, ...]:
    """The columns of CSV, with those of `--explain`."""
    return (*CSV_COLUMNS, "priority_steps") if explained else CSV_COLUMNS


def csv_row(finding: Finding, *, why: Why | None = None) -> dict[str, Any]:
    """The record with nothing nested; lists stay lists."""
    record = to_record(finding)
    actor: Mapping[str, Any] = record["actor"] or {}
    return {
        **record,
        **{f"actor_{key}": actor.get(key) for key in ("ip", "country", "asn", "org")},
        **{f"resource_{key}s": [resource[key] for resource in record["resources"]] for key in ("type", "name", "id")},
        "mitre": ["/".join(filter(None, (known.tactic, known.technique))) for known in finding.mitre],
        "priority_steps": [] if why is None else step_texts(why(finding)),
    }


def markdown_headings(*, explained: bool) -> tuple[str, ...]:
    """The headings of Markdown, with that of `--explain`."""
    return (*MARKDOWN_HEADINGS, "Priority") if explained else MARKDOWN_HEADINGS


def markdown_row(finding: Finding, *, now: datetime, why: Why | None = None) -> tuple[str, ...]:
    """The cells under `markdown_headings`."""
    return (
        severity_word(finding.severity),
        finding.short_id,
        what(finding),
        affected(finding),
        finding.account,
        finding.region,
        age(_seen(finding), now=now),
        ", ".join(finding.playbooks),
        *([] if why is None else [sum_text(why(finding))]),
    )


def what(finding: Finding) -> str:
    """What happened, in the words that say it shortest: GuardDuty's type, a control with its title, or the title."""
    if finding.control_id:
        said = f"{finding.control_id} {finding.title.removeprefix(finding.control_id).lstrip()}"
    elif finding.product == GUARDDUTY and finding.types:
        said = finding.types[0]
    else:
        said = finding.title
    return f"(sample) {said}" if finding.sample else said


def affected(finding: Finding) -> str:
    """What it happened to, by the name it is known by; how many more there are."""
    if not finding.resources:
        return "-"
    others = len(finding.resources) - 1
    return resource_name(finding.resources[0]) + (f" +{others}" if others else "")


def resource_name(resource: Resource) -> str:
    """A resource's name, with what people call it where that differs."""
    called = resource.tags.get("Name")
    return f"{resource.name} ({called})" if called and called != resource.name else resource.name


def severity_style(severity: Severity) -> str:
    """The theme's style for a severity."""
    return f"severity.{severity_word(severity)}"


def _row(finding: Finding, *, now: datetime) -> dict[str, str]:
    actor = finding.actor
    row = {
        "severity": severity_word(finding.severity),
        "id": finding.short_id,
        "what": what(finding),
        "resource": affected(finding),
        "age": age(_seen(finding), now=now),
        "region": finding.region,
        "account": finding.account,
        "from": " ".join(filter(None, (actor.ip, actor.country))) if actor else "",
        "count": "" if finding.count is None else str(finding.count),
        "playbook": finding.playbooks[0] if finding.playbooks else "",
        "product": finding.product,
        "status": finding.workflow_status.value.lower() if finding.workflow_status else "",
        "priority": str(finding.priority),
    }
    return {name: sanitize.line(text) for name, text in row.items()}


def _sum(steps: Sequence[Step], *, indent: int, width: int) -> Iterator[Text]:
    for line in sum_lines(steps, width=width - indent):
        yield Text(" " * indent + line, style="quiet", no_wrap=True)


def _seen(finding: Finding) -> datetime | None:
    return finding.last_seen or finding.updated_at


def _style(column: Column, finding: Finding) -> str:
    if column.name == "severity":
        return severity_style(finding.severity)
    if finding.sample:
        return "quiet"
    return {"id": "id", "age": "quiet"}.get(column.name, "")
