"""Incidents as a table, and as the rows of CSV and Markdown; one incident as a story, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.text import Text

from secguard.findings.forms.times import age
from secguard.findings.incidents.pursuit import Found
from secguard.findings.incidents.record import accounts_of, actor_of, incident_record, regions_of, step_record, title_of
from secguard.findings.incidents.steps import Step, addresses_in, principals_in, resources_in
from secguard.findings.incidents.tying import Incident
from secguard.model import Actor, Finding, severity_word, timestamp
from secguard.render import sanitize
from secguard.render.findings import resource_name, severity_style, what
from secguard.render.fit import GAP, Column, cell, row, widths
from secguard.render.labelled import NARROWEST_TEXT, WIDEST_TEXT, labelled, wrapped

_COLUMNS = (
    Column(name="severity", heading="SEVERITY"),
    Column(name="id", heading="ID"),
    Column(name="what", heading="WHAT HAPPENED", least=24),
    Column(name="findings", heading="N", right=True),
    Column(name="span", heading="SPAN", right=True),
    Column(name="seen", heading="SEEN", right=True),
    Column(name="by", heading="BY", least=15),
    Column(name="accounts", heading="ACCOUNT", least=12),
    Column(name="resources", heading="RESOURCE", least=16),
    Column(name="regions", heading="REGION", least=9),
)
"""What matters most comes first; what does not fit is left out from the end."""
CSV_COLUMNS = (
    "lead", "severity", "priority", "title", "findings", "begins", "ends", "seconds", "accounts", "regions",
    "resource_names", "principals", "address_ips", "tactics", "ties", "attempted", "sample", "finding_ids", "id",
    "lead_id",
)  # fmt: skip
MARKDOWN_HEADINGS = ("Severity", "Id", "What happened", "Findings", "Span", "Seen", "By", "Accounts", "Resources")
_MOST_NAMED = 12
"""More resources, or more ids on a line to type, are counted, or piped."""
_MOST_CONTEXT = 10


def table(incidents: Sequence[Incident], *, width: int, now: datetime) -> Iterator[Text]:
    """One line of headings and one for each incident, at most `width` cells wide."""
    rows = [_row(incident, now=now) for incident in incidents]
    fitted = widths(_COLUMNS, rows, width=width)
    shown = [column for column in _COLUMNS if column.name in fitted]
    yield row([cell(column, column.heading, fitted, style="heading") for column in shown])
    for incident, texts in zip(incidents, rows, strict=True):
        yield row([cell(column, texts[column.name], fitted, style=_style(column, incident)) for column in shown])


def csv_row(incident: Incident) -> dict[str, Any]:
    """The record with nothing nested; lists stay lists."""
    record = incident_record(incident)
    return {
        **record,
        "resource_names": [resource["name"] for resource in record["resources"]],
        "address_ips": [end["ip"] for end in record["addresses"]],
    }


def markdown_row(incident: Incident, *, now: datetime) -> tuple[str, ...]:
    """The cells under MARKDOWN_HEADINGS."""
    texts = _row(incident, now=now)
    return (
        *(texts[name] for name in ("severity", "id", "what", "findings", "span", "seen", "by")),
        ", ".join(accounts_of(incident)),
        ", ".join(resource.name for resource in resources_in(incident.findings)),
    )


def story_record(found: Found, steps: Sequence[Step]) -> dict[str, Any]:
    """The incident's record with its story."""
    return {
        **incident_record(found.incident),
        "steps": [step_record(step) for step in steps],
        "context": [
            {"id": each.id, "short_id": each.short_id, "severity": each.severity.name, "title": each.title}
            for each in found.context
        ],
        "commands": commands(found.incident),
        "cut": found.cut,
        "complete": not (found.cut or found.unreached or found.unreadable),
    }


def story(found: Found, steps: Sequence[Step], *, width: int) -> Iterator[Text]:
    """The lines of the story: what it comes to, its steps, what is known besides, what to type next."""
    incident = found.incident
    yield from _head(incident, width=width)
    yield Text()
    for label, lines in _summary(incident):
        yield from labelled(label, lines, width=width)
    yield Text()
    for number, step in enumerate(steps, start=1):
        yield from _step(number, step, width=width)
    yield Text()
    yield from labelled("known too", _context(found), width=width)
    yield from labelled("cut", [found.cut] if found.cut else [], width=width)
    yield from labelled("respond", commands(incident), width=width, whole=True)


def markdown_story(found: Found, steps: Sequence[Step]) -> Iterator[str]:
    """The story for a ticket or a page."""
    incident = found.incident
    shown = sanitize.markdown
    yield f"# {shown(title_of(incident))}\n\n"
    for label, lines in _summary(incident):
        yield from (f"- {label}: {shown(line)}\n" for line in lines)
    yield "\n## What happened\n\n"
    for number, step in enumerate(steps, start=1):
        first, *others = _told(step)
        yield f"{number}. {shown(_when(step))}: {shown(first)}\n"
        yield from (f"   - {shown(line)}\n" for line in others)
    context = _context(found)
    if context:
        yield "\n## Also known\n\n"
        yield from (f"- {shown(line)}\n" for line in context)
    yield "\n## What to type next\n\n```\n"
    yield from (f"{line}\n" for line in commands(incident))
    yield "```\n"


def commands(incident: Incident) -> list[str]:
    """The command lines to type: the playbooks that answer its findings, then what to do with all of them."""
    ranked = sorted(incident.findings, key=lambda finding: (-finding.priority, finding.short_id))
    answered: dict[str, list[str]] = {}
    for finding in ranked:
        for name in finding.playbooks:
            answered.setdefault(name, []).append(finding.short_id)
    lines = [
        f"secguard remediate {_ids(ids[:_MOST_NAMED])} --playbook {sanitize.shell(name)} --dry-run"
        for name, ids in answered.items()
    ]
    everything = [finding.short_id for finding in ranked]
    if len(everything) <= _MOST_NAMED:
        return [*lines, f"secguard triage {_ids(everything)} --status notified --dry-run"]
    piped = f"secguard show {incident.lead.short_id} --incident -o ids"
    return [*lines, f"{piped} | secguard triage - --status notified --dry-run"]


def _ids(ids: Sequence[str]) -> str:
    return " ".join(map(sanitize.shell, ids))


def _head(incident: Incident, *, width: int) -> Iterator[Text]:
    head = Text(severity_word(incident.worst), style=severity_style(incident.worst))
    head.append("  ")
    head.append(incident.lead.short_id, style="id")
    sample = "(sample) " if incident.lead.sample else ""
    margin = len(head) + GAP
    title = f"{sample}{sanitize.line(title_of(incident))}"
    first, *others = wrapped(title, max(NARROWEST_TEXT, width - margin)) or [""]
    yield head.append(f"  {first}", style="heading")
    yield from (Text(f"{'':{margin}}{other}", style="heading") for other in others)


def _summary(incident: Incident) -> Iterator[tuple[str, list[str]]]:
    count = len(incident.cases)
    yield "incident", [f"{count} finding{'' if count == 1 else 's'}, {_from_to(incident)}"]
    lead = incident.lead
    yield "priority", [f"{lead.priority} of 100: {', '.join(lead.priority_reasons)}"]
    yield "by whom", [*principals_in(incident.cases), *map(_end, addresses_in(incident.findings))]
    yield "to what", _touched(incident)
    places = (_listed("account", accounts_of(incident)), _listed("Region", regions_of(incident)))
    yield "where", ["; ".join(filter(None, places))]
    yield "tied by", ["; ".join(dict.fromkeys(incident.shared.values()))] if incident.shared else []


def _from_to(incident: Incident) -> str:
    if incident.begins is None or incident.ends is None:
        return "at an unknown time"
    return f"{timestamp(incident.begins)} to {timestamp(incident.ends)} ({_length(incident.ends - incident.begins)})"


def _listed(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else ""


def _end(actor: Actor) -> str:
    system = " ".join(filter(None, (f"AS{actor.asn}" if actor.asn else None, actor.org)))
    return ", ".join(filter(None, (actor.ip, actor.country, system)))


def _touched(incident: Incident) -> list[str]:
    things = resources_in(incident.findings)
    named = [f"{thing.type} {resource_name(thing)}" for thing in things[:_MOST_NAMED]]
    return named + ([f"and {len(things) - _MOST_NAMED} more"] if len(things) > _MOST_NAMED else [])


def _context(found: Found) -> list[str]:
    lines = [f"{each.short_id}  {severity_word(each.severity)}  {_about(each)}" for each in found.context]
    more = len(lines) - _MOST_CONTEXT
    return lines[:_MOST_CONTEXT] + ([f"and {more} more of high severity or worse"] if more > 0 else [])


def _about(finding: Finding) -> str:
    named = resource_name(finding.resources[0]) if finding.resources else ""
    return f"{what(finding)}" + (f" ({named})" if named else "")


def _step(number: int, step: Step, *, width: int) -> Iterator[Text]:
    margin = len(f"{number}") + GAP
    head = Text(f"{number}", style="quiet")
    head.append(f"  {_when(step)}", style="heading")
    if step.severity is not None:
        head.append("  ")
        head.append(severity_word(step.severity), style=severity_style(step.severity))
    for finding in step.findings[:1]:
        head.append(f"  {finding.short_id}", style="id")
    yield head
    room = max(NARROWEST_TEXT, min(width - margin, WIDEST_TEXT))
    for line in _told(step):
        for part in wrapped(sanitize.line(line), room):
            yield Text(f"{'':{margin}}{part}")


def _when(step: Step) -> str:
    """When it began, and how long after the step before."""
    if step.begins is None:
        return "at an unknown time"
    if not step.after:
        return timestamp(step.begins)
    quiet = f", after {_length(step.quiet)} of silence" if step.quiet >= _WORTH_SAYING else ""
    return f"{timestamp(step.begins)}  {_length(step.after)} later{quiet}"


_WORTH_SAYING = timedelta(hours=1)


def _told(step: Step) -> Iterator[str]:
    """The step in words: what kind of thing it is, what happened, and what ties it."""
    tactics = ", ".join(dict.fromkeys(each.tactic for each in step.mitre))
    kind = ", ".join(filter(None, (tactics, "attempted" if step.attempt else "")))
    yield f"{step.what} ({kind})" if kind else step.what
    yield step.told
    others = len(step.findings) - 1
    if others > 0:
        named = ", ".join(resource_name(each) for each in step.to_what[:_MOST_NAMED])
        more = f" and {len(step.to_what) - _MOST_NAMED} more" if len(step.to_what) > _MOST_NAMED else ""
        told = (f"with {others} more finding{'s' if others > 1 else ''} like it", f"on {named}{more}" if named else "")
        yield "; ".join(filter(None, (*told, _how_often(step))))
    elif not step.findings and _how_often(step):
        yield _how_often(step)
    if step.ties:
        yield f"tied by: {', '.join(step.ties)}"


def _how_often(step: Step) -> str:
    lasted = timedelta() if step.begins is None or step.ends is None else step.ends - step.begins
    within = f" in {_length(lasted)}" if lasted else ""
    if step.count is None:
        return f"went on for {_length(lasted)}" if lasted else ""
    return f"{step.count} time{'' if step.count == 1 else 's'}{within}"


def _length(span: timedelta) -> str:
    """A length of time in a few characters: `40s`, `12m`, `21h`, `6d`."""
    seconds = int(span.total_seconds())
    for size, unit, least in ((86400, "d", 2 * 86400), (3600, "h", 3600), (60, "m", 60)):
        if seconds >= least:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _row(incident: Incident, *, now: datetime) -> dict[str, str]:
    span = None if incident.begins is None or incident.ends is None else incident.ends - incident.begins
    texts = {
        "severity": severity_word(incident.worst),
        "id": incident.lead.short_id,
        "what": ("(sample) " if incident.lead.sample else "") + title_of(incident),
        "findings": str(len(incident.cases)),
        "span": "-" if span is None else _length(span),
        "seen": age(incident.ends, now=now),
        "by": actor_of(incident) or "-",
        "accounts": _counted(accounts_of(incident), "accounts"),
        "resources": _counted([each.name for each in resources_in(incident.findings)], "resources"),
        "regions": _counted(regions_of(incident), "Regions"),
    }
    return {name: sanitize.line(text) for name, text in texts.items()}


def _counted(names: Sequence[str], noun: str) -> str:
    """The one name, or how many there are."""
    return f"{len(names)} {noun}" if len(names) > 1 else next(iter(names), "-")


def _style(column: Column, incident: Incident) -> str:
    if column.name == "severity":
        return severity_style(incident.worst)
    if incident.lead.sample:
        return "quiet"
    return {"id": "id", "span": "quiet", "seen": "quiet"}.get(column.name, "")
