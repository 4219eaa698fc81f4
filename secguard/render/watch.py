"""What a watch sees, one line for each finding, and what it says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from secguard.findings.record import to_record
from secguard.findings.watching.changes import Change, Kind
from secguard.model import Finding, Place, Severity, severity_word
from secguard.render import sanitize
from secguard.render.findings import CSV_COLUMNS as FINDING_COLUMNS
from secguard.render.findings import affected, csv_row, severity_style, what
from secguard.render.fit import GAP, Column, cut, padded, widths

CSV_COLUMNS = ("change", "change_from", "change_to", *FINDING_COLUMNS)

_MOST_NAMED = 4
"""More Regions than these are counted and not named."""
_ROOM_FOR_PRIORITY = 100
_TIME, _SEVERITY, _PRIORITY, _CHANGE = len("12:03:10Z"), len("critical"), len("100"), len("again")
_PARTS = (
    Column(name="change", heading=""),
    Column(name="what", heading="", least=24),
    Column(name="resource", heading="", least=12),
    Column(name="region", heading=""),
    Column(name="account", heading=""),
)
"""What matters most comes first; what does not fit is left out from the end."""
_STYLES = {Kind.NEW: "heading", Kind.WORSE: "bad", Kind.REOPENED: "doubt"}


def record(finding: Finding, change: Change) -> dict[str, Any]:
    """The finding's record, and why it is shown."""
    return {**_change(change), **to_record(finding)}


def row(finding: Finding, change: Change) -> dict[str, Any]:
    """The same with nothing nested, under CSV_COLUMNS."""
    return {**_change(change), **csv_row(finding)}


def line(finding: Finding, change: Change, *, width: int, now: datetime) -> Text:
    """One finding on one line of at most `width` cells."""
    shown = Text("  ").join(_head(finding, width=width, now=now))
    texts = {name: sanitize.line(text) for name, text in _texts(finding, change).items()}
    fitted = widths(_PARTS, [texts], width=max(0, width - len(shown) - GAP))
    for column in _PARTS:
        if column.name in fitted:
            style = _STYLES.get(change.kind, "") if column.name == "change" else ""
            shown.append("  ").append(cut(texts[column.name], fitted[column.name]), style=style)
    shown.truncate(width, overflow="ellipsis")
    shown.no_wrap = True
    return shown


def lasted(seconds: float) -> str:
    """A length of time in words: `35 s`, `4 min`, `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours = f"{minutes // 60} h" if minutes >= 60 else ""
    return " ".join(filter(None, (hours, f"{minutes % 60} min" if minutes % 60 else "")))


def moment(at: datetime, *, now: datetime) -> str:
    """A time of today as `12:03:10Z`, of another day as `11-22 12:03Z`."""
    utc = at.astimezone(UTC)
    return f"{utc:%H:%M:%S}Z" if utc.date() == now.astimezone(UTC).date() else f"{utc:%m-%d %H:%M}Z"


def stopped(at: datetime, *, now: datetime) -> str:
    """When something stopped: `at 12:03:10Z, 4 min ago`."""
    return f"at {moment(at, now=now)}, {lasted((now - at).total_seconds())} ago"


def regions(places: Sequence[Place]) -> str:
    """The Regions of places, named where they are few."""
    names = sorted({place.region for place in places})
    return ", ".join(names) if len(names) <= _MOST_NAMED else f"{len(names)} Regions"


def _change(change: Change) -> dict[str, Any]:
    return {"change": change.kind.value, "change_from": change.before, "change_to": change.after}


def _head(finding: Finding, *, width: int, now: datetime) -> list[Text]:
    informational = finding.severity is Severity.INFORMATIONAL
    severity = "info" if informational else severity_word(finding.severity)
    word = Text(padded(severity, _SEVERITY))
    word.stylize(severity_style(finding.severity), 0, len(severity))
    head = [Text(padded(_seen(finding, now=now), _TIME), style="quiet"), word]
    if width >= _ROOM_FOR_PRIORITY:
        head.append(Text(padded(str(finding.priority), _PRIORITY, right=True)))
    return [*head, Text(finding.short_id, style="id")]


def _seen(finding: Finding, *, now: datetime) -> str:
    """The time of its last update; of another day's, the day."""
    at = finding.updated_at
    if at is None:
        return "-"
    return moment(at, now=now) if at.date() == now.astimezone(UTC).date() else f"{at:%m-%d}"


def _texts(finding: Finding, change: Change) -> dict[str, str]:
    return {
        "change": padded(str(change), _CHANGE),
        "what": what(finding),
        "resource": affected(finding),
        "region": finding.region,
        "account": finding.account,
    }
