"""Groups of findings as a table, and as the rows of CSV and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.text import Text

from secguard.findings.forms.times import age
from secguard.findings.groups import Group
from secguard.findings.query import WORST_FIRST
from secguard.model import Severity, severity_word
from secguard.render import sanitize
from secguard.render.findings import severity_style
from secguard.render.fit import Column, cell, row, widths

CSV_COLUMNS = ("key", "count", *(severity_word(level) for level in WORST_FIRST), "worst", "last_seen")
_LEAST_KEY = 20


def groups_lines(groups: Sequence[Group], *, by: str, width: int, now: datetime) -> Iterator[Text]:
    """A line of headings and one for each group: how many findings of each severity that any of them has."""
    levels = {severity_word(level): level for level in WORST_FIRST if any(group.severities[level] for group in groups)}
    numbers = [Column(name=name, heading=name.upper(), right=True) for name in ("count", *levels, "seen")]
    columns = [Column(name="key", heading=by.upper(), least=_LEAST_KEY), *numbers]
    rows = [_row(group, levels, now=now) for group in groups]
    fitted = widths(columns, rows, width=width)
    shown = [column for column in columns if column.name in fitted]
    yield row([cell(column, column.heading, fitted, style="heading") for column in shown])
    for texts in rows:
        yield row([cell(each, texts[each.name], fitted, style=_style(each, texts, levels)) for each in shown])


def groups_markdown(groups: Sequence[Group]) -> Iterator[tuple[str, ...]]:
    """The rows of a Markdown table, under `markdown_headings`."""
    for group in groups:
        yield (group.key, str(group.count), *(str(group.severities[level] or "") for level in WORST_FIRST))


def markdown_headings(by: str) -> tuple[str, ...]:
    """The headings of a Markdown table."""
    return (by.capitalize(), "Count", *(severity_word(level).capitalize() for level in WORST_FIRST))


def _row(group: Group, levels: Mapping[str, Severity], *, now: datetime) -> dict[str, str]:
    counts = {name: str(group.severities[level] or "-") for name, level in levels.items()}
    seen = "" if group.last_seen is None else age(group.last_seen, now=now)
    return {"key": sanitize.line(group.key), "count": str(group.count), **counts, "seen": seen}


def _style(column: Column, texts: Mapping[str, str], levels: Mapping[str, Severity]) -> str:
    if column.name not in levels:
        return ""
    return "quiet" if texts[column.name] == "-" else severity_style(levels[column.name])
