"""Groups of findings as a table, and as the rows of CSV and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from secguard.findings.forms.times import age
from secguard.findings.groups import Group
from secguard.findings.query import WORST_FIRST
from secguard.model import severity_word
from secguard.render import sanitize
from secguard.render.findings import severity_style

CSV_COLUMNS = ("key", "count", *(severity_word(level) for level in WORST_FIRST), "worst", "last_seen")


def groups_table(groups: Sequence[Group], *, by: str, now: datetime) -> Table:
    """A row for each group, with how many findings of each severity it has."""
    table = Table(box=None, pad_edge=False, header_style="heading", padding=(0, 2, 0, 0))
    table.add_column(by.upper(), overflow="fold")
    for heading in ("COUNT", *(severity_word(level).upper() for level in WORST_FIRST), "SEEN"):
        table.add_column(heading, justify="right", no_wrap=True)
    for group in groups:
        counts = [_count(group, n) for n in range(len(WORST_FIRST))]
        seen = "" if group.last_seen is None else age(group.last_seen, now=now)
        table.add_row(Text(sanitize.line(group.key)), Text(str(group.count)), *counts, Text(seen))
    return table


def groups_markdown(groups: Sequence[Group]) -> Iterator[tuple[str, ...]]:
    """The rows of a Markdown table, under `markdown_headings`."""
    for group in groups:
        yield (group.key, str(group.count), *(str(group.severities[level] or "") for level in WORST_FIRST))


def markdown_headings(by: str) -> tuple[str, ...]:
    """The headings of a Markdown table."""
    return (by.capitalize(), "Count", *(severity_word(level).capitalize() for level in WORST_FIRST))


def _count(group: Group, n: int) -> Text:
    level = WORST_FIRST[n]
    count = group.severities[level]
    return Text(str(count), style=severity_style(level)) if count else Text("-", style="quiet")
