"""Insights on a screen: which there are, and what one counts, with bars; and the rows of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from secguard.findings.forms.arn import name_in
from secguard.findings.groups import Group
from secguard.findings.insights.hub import MOST_ROWS, Results
from secguard.findings.insights.own import BUILT_IN, Counts, days_open, share
from secguard.findings.insights.resolving import Resolving
from secguard.findings.query import WORST_FIRST
from secguard.model import Finding, severity_word
from secguard.render import sanitize
from secguard.render.bars import KEY, Row, bars
from secguard.render.findings import affected, severity_style, what
from secguard.render.fit import GAP, Column, cut, padded, widths

CSV_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "counts": ("key", "count", "share", *(severity_word(level) for level in WORST_FIRST)),
    "oldest": ("key", "severity", "title", "resource", "account", "region", "first_seen", "days", "id"),
    "resolving": ("key", "asked", "counted", "median_hours", "p90_hours"),
    "hub": ("key", "count", "share"),
    "list": ("id", "name", "kind", "group_by", "top", "count", "values", "account", "region", "asks", "arn"),
}
"""The columns of each kind of answer."""

_COUNTS = (Column(name="count", heading="COUNT", right=True), Column(name="share", heading="SHARE", right=True))
_LEVELS = tuple(
    Column(name=severity_word(level), heading=heading, right=True)
    for level, heading in zip(WORST_FIRST, ("CRIT", "HIGH", "MED", "LOW", "INFO"), strict=True)
)
_OLDEST = (
    Column(name="id", heading="ID"),
    Column(name="days", heading="OPEN", right=True),
    Column(name="what", heading="WHAT", least=24),
    Column(name="resource", heading="RESOURCE", least=12),
)
_WHERE = (Column(name="region", heading="REGION"), Column(name="account", heading="ACCOUNT"))
_RESOLVING = (
    Column(name="severity", heading="SEVERITY"),
    Column(name="median", heading="MEDIAN", right=True),
    Column(name="p90", heading="90 %", right=True),
    Column(name="told", heading="COUNTED", right=True),
    Column(name="asked", heading="ASKED", right=True),
)
_HUB_LIST = (
    Column(name="id", heading="SECURITY HUB'S"),
    Column(name="name", heading="NAME", least=32),
    Column(name="top", heading="TOP", least=12),
    Column(name="count", heading="COUNT", right=True),
    Column(name="values", heading="VALUES", right=True),
    Column(name="by", heading="BY", least=10),
    Column(name="region", heading="REGION"),
)


def counts_view(counts: Counts, *, by: str, most: int | None, console: Console) -> Iterator[Text]:
    """A bar for each group, split by severity."""
    columns = (Column(name=KEY, heading=by.upper(), least=28), *_COUNTS)
    rows = [_counts_row(group, counts.findings) for group in counts.groups[:most]]
    return bars(rows, columns, extra=_LEVELS, console=console)


def oldest_view(findings: Sequence[Finding], *, now: datetime, console: Console) -> Iterator[Text]:
    """A bar for each finding, as long as it has been open."""
    rows = [
        Row(
            cells={
                "id": finding.short_id,
                "days": f"{days_open(finding, now=now):.0f}d",
                "what": what(finding),
                "resource": affected(finding),
                "region": finding.region,
                "account": finding.account,
            },
            amount=days_open(finding, now=now),
            styles={"id": "id"},
        )
        for finding in findings
    ]
    return bars(rows, _OLDEST, extra=_WHERE, console=console)


def resolving_view(times: Sequence[Resolving], *, console: Console) -> Iterator[Text]:
    """A bar for each severity: to the median, and on to where nine in ten were resolved."""
    rows = [
        Row(
            cells={
                "severity": severity_word(each.severity),
                "median": _hours(each.median),
                "p90": _hours(each.p90),
                "told": str(len(each.hours)),
                "asked": str(each.asked),
            },
            amount=each.median or 0.0,
            further=(each.p90 or 0.0) - (each.median or 0.0),
            styles={"severity": severity_style(each.severity)},
        )
        for each in times
    ]
    return bars(rows, _RESOLVING, console=console)


def results_view(results: Results, *, most: int | None, console: Console) -> Iterator[Text]:
    """A bar for each value; where the values are severities, in their colours."""
    total = sum(count for _, count in results.values)
    levels = {level.name: level for level in WORST_FIRST}
    rows = [
        Row(
            cells={KEY: key, "count": f"{count:,}", "share": _percent(count, total)},
            amount=count,
            parts={levels[key]: count} if key in levels else {},
        )
        for key, count in results.values[:most]
    ]
    columns = (Column(name=KEY, heading=results.insight.group_by.upper(), least=24), *_COUNTS)
    return bars(rows, columns, console=console)


def list_view(records: Sequence[Mapping[str, Any]], *, console: Console) -> Iterator[Text]:
    """Insights of secguard's own with their questions, then Security Hub's with the value that most findings have."""
    name_width = max(len(insight.name) for insight in BUILT_IN)
    yield Text(padded("SECGUARD'S", name_width + GAP) + "ANSWERS", style="heading")
    for insight in BUILT_IN:
        line = Text(padded(insight.name, name_width + GAP))
        yield line.append(cut(insight.asks, max(1, console.width - name_width - GAP)), style="quiet")
    hubs = [record for record in records if record["kind"] != "built-in"]
    if hubs:
        yield Text()
        yield from _hub_list(hubs, console=console)


def markdown(kind: str, records: Iterable[Mapping[str, Any]]) -> tuple[list[tuple[Any, ...]], tuple[str, ...]]:
    """The rows and the headings of a Markdown table of one kind of answer."""
    columns = CSV_COLUMNS[kind]
    headings = tuple(column.replace("_", " ").capitalize() for column in columns)
    return [tuple(record.get(column) for column in columns) for record in records], headings


def _counts_row(group: Group, total: int) -> Row:
    levels = {severity_word(level): group.severities[level] for level in WORST_FIRST}
    return Row(
        cells={
            KEY: group.key,
            "count": f"{group.count:,}",
            "share": _percent(group.count, total),
            **{name: f"{count:,}" if count else "-" for name, count in levels.items()},
        },
        amount=group.count,
        parts=group.severities,
    )


def _hub_list(records: Sequence[Mapping[str, Any]], *, console: Console) -> Iterator[Text]:
    rows = [
        {
            "id": sanitize.line(record["id"]),
            "name": sanitize.line(record["name"]),
            "top": sanitize.line(name_in(record["top"]) if record["top"] else "-"),
            "count": "-" if record["count"] is None else f"{record['count']:,}",
            "values": _values(record["values"]),
            "by": sanitize.line(record["group_by"]),
            "region": record["region"] or "",
        }
        for record in records
    ]
    fitted = widths(_HUB_LIST, rows, width=console.width)
    shown = [column for column in _HUB_LIST if column.name in fitted]
    yield _line(shown, {column.name: column.heading for column in shown}, fitted, style="heading")
    for row in rows:
        yield _line(shown, row, fitted, style="")


def _line(shown: Sequence[Column], row: Mapping[str, str], fitted: Mapping[str, int], *, style: str) -> Text:
    cells = (padded(cut(row[c.name], fitted[c.name]), fitted[c.name], right=c.right) for c in shown)
    line = Text((" " * GAP).join(cells).rstrip(), style=style)
    line.no_wrap = True
    return line


def _values(count: int | None) -> str:
    return "-" if count is None else f"{count}+" if count >= MOST_ROWS else str(count)


def _percent(count: int, total: int) -> str:
    return f"{share(count, total):.0%}"


def _hours(hours: float | None) -> str:
    """A length of time in a few characters."""
    if hours is None:
        return "-"
    return f"{hours * 60:.0f}m" if hours < 1 else f"{hours:.0f}h" if hours < 72 else f"{hours / 24:.0f}d"
