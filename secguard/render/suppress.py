"""Suppression rules on a screen: how each stands, and what each hides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from secguard.findings.query import WORST_FIRST
from secguard.findings.suppression.preview import Preview
from secguard.findings.suppression.rows import AMISS, Row, State
from secguard.model import Finding, severity_word
from secguard.render import sanitize
from secguard.render.findings import affected, severity_style, what
from secguard.render.fit import GAP, Column, cut, padded, widths
from secguard.render.formats import markdown_table

CSV_COLUMNS = ("name", "state", "by", "regions", "in_force", "expires", "owner", "reason", "made_by", "why")
_RULE_COLUMNS = (
    Column(name="rule", heading="RULE", least=20),
    Column(name="state", heading="STATE"),
    Column(name="regions", heading="REGIONS", right=True),
    Column(name="until", heading="UNTIL"),
    Column(name="reason", heading="REASON", least=20),
    Column(name="owner", heading="OWNER", least=12),
    Column(name="by", heading="BY"),
)
_NAMES = tuple(column.name for column in _RULE_COLUMNS)
_COUNT_COLUMNS = (
    Column(name="rule", heading="RULE", least=20),
    Column(name="open", heading="OPEN", right=True),
    *(
        Column(name=severity_word(level), heading=heading, right=True)
        for level, heading in zip(WORST_FIRST, ("CRIT", "HIGH", "MED", "LOW", "INFO"), strict=True)
    ),
    Column(name="past", heading="90 DAYS", right=True),
)
_STYLES = {
    State.IN_FORCE: "good",
    State.AT_EACH_APPLY: "good",
    State.FOREIGN: "quiet",
    State.NOWHERE: "doubt",
    State.UNKNOWN: "doubt",
}


def rules_table(rows: Sequence[Row], *, width: int) -> Iterator[Text]:
    """A line of headings and one for each rule, at most `width` cells wide."""
    cells = [dict(zip(_NAMES, map(sanitize.line, _cells(row)), strict=True)) for row in rows]
    styles = [{"state": "bad" if row.state in AMISS else _STYLES.get(row.state, "")} for row in rows]
    return _lines(_RULE_COLUMNS, cells, styles, width=width)


def rules_markdown(rows: Iterable[Row]) -> Iterator[str]:
    """The same as a table in Markdown."""
    return markdown_table(map(_cells, rows), headings=[name.capitalize() for name in _NAMES])


def previews_view(previews: Sequence[Preview], *, width: int) -> Iterator[Text]:
    """How much each rule hides, then for each what to think about, and the gravest of what it hides."""
    cells = [_counts(seen) for seen in previews]
    styles = [
        {severity_word(level): severity_style(level) if seen.open[level] else "quiet" for level in WORST_FIRST}
        for seen in previews
    ]
    yield from _lines(_COUNT_COLUMNS, cells, styles, width=width)
    for seen in previews:
        yield from _details(seen, width=width)


def _counts(seen: Preview) -> dict[str, str]:
    by_level = {severity_word(level): str(seen.open[level] or "-") for level in WORST_FIRST}
    return {
        "rule": seen.rule.name,
        "open": str(sum(seen.open.values())),
        **by_level,
        "past": str(sum(seen.past.values())),
    }


def _details(seen: Preview, *, width: int) -> Iterator[Text]:
    lines = [
        *(Text(f"  {sanitize.line(warning)}", style="bad") for warning in seen.warnings),
        *(Text(f"  {count} hidden by {other} too", style="doubt") for other, count in seen.overlaps.items()),
        *([Text(f"  {_samples(seen.samples)}", style="quiet")] if seen.samples else ()),
        *(_example(finding, width=width) for finding in seen.examples),
    ]
    if lines:
        yield Text()
        yield Text(seen.rule.name, style="heading")
        yield from lines


def _samples(count: int) -> str:
    return "one of the open ones is a sample" if count == 1 else f"{count} of the open ones are samples"


def _example(finding: Finding, *, width: int) -> Text:
    line = Text("  ", no_wrap=True)
    line.append(severity_word(finding.severity), style=severity_style(finding.severity))
    line.append("  ")
    line.append(finding.short_id, style="id")
    about = sanitize.line(f"  {what(finding)}  {affected(finding)}  {finding.account} {finding.region}")
    line.append(cut(about, width - line.cell_len))
    return line


def _cells(row: Row) -> tuple[str, ...]:
    rule = row.rule
    whole = row.in_force == row.regions
    return (
        row.name,
        row.state.replace("_", " "),
        str(row.regions) if whole else f"{row.in_force} of {row.regions}",
        str(rule.expires) if rule else "",
        rule.reason if rule else row.made_by or "",
        rule.owner if rule else "",
        ", ".join(row.by),
    )


def _lines(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, str]],
    styles: Sequence[Mapping[str, str]],
    *,
    width: int,
) -> Iterator[Text]:
    fitted = widths(columns, rows, width=width)
    shown = [column for column in columns if column.name in fitted]
    headings = {column.name: column.heading for column in shown}
    for row, style in ((headings, dict.fromkeys(headings, "heading")), *zip(rows, styles, strict=True)):
        line = Text(no_wrap=True)
        for column in shown:
            text = padded(cut(row[column.name], fitted[column.name]), fitted[column.name], right=column.right)
            line.append(text, style=style.get(column.name, ""))
            line.append(" " * GAP)
        line.rstrip()
        yield line


def flat_record(record: dict[str, Any]) -> dict[str, Any]:
    """A rule's record without what CSV has no place for."""
    return {column: record[column] for column in CSV_COLUMNS}
