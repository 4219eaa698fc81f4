"""One finding at a time: what the operator sees of it, and the keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from secguard.findings.forms.times import age
from secguard.model import Finding, severity_word
from secguard.render import sanitize
from secguard.render.findings import affected, severity_style, what

KEYS = {
    "n": "next",
    "N": "note",
    "s": "suppress",
    "r": "resolve",
    "R": "remediate",
    "w": "why here",
    "o": "open",
    "u": "undo last",
    "q": "quit",
}
"""What each key does, in a word or two."""


def card(finding: Finding, *, position: int, total: int, now: datetime) -> RenderableType:
    """A finding in a few lines."""
    head = Text(f"{position}/{total}  ", style="quiet")
    head.append(severity_word(finding.severity), style=severity_style(finding.severity))
    head.append("  ")
    head.append(finding.short_id, style="id")
    head.append(f"  {sanitize.line(what(finding))}", style="heading")
    title = Text(f"  {sanitize.line(finding.title)}")
    facts = Text(f"  {sanitize.line(' · '.join(_facts(finding, now=now)))}", style="quiet")
    return Group(Text(), head, title, facts)


def menu() -> Text:
    """The keys on a line."""
    return Text("  " + "  ".join(f"{key} {does}" for key, does in KEYS.items()), style="quiet")


def _facts(finding: Finding, *, now: datetime) -> Iterator[str]:
    seen = finding.last_seen or finding.updated_at
    yield from filter(None, (affected(finding), finding.account, finding.region))
    if seen is not None:
        yield f"seen {age(seen, now=now)} ago"
    if finding.actor is not None and finding.actor.ip:
        yield " ".join(filter(None, ("from", finding.actor.ip, finding.actor.country)))
    if finding.sample:
        yield "a sample"
    if finding.workflow_status is not None:
        yield finding.workflow_status.lower()
