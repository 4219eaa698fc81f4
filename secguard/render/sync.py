"""What is in the cache, Region by Region, and how many findings were open day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from secguard.engine.origin import Origin
from secguard.findings.forms.times import age
from secguard.findings.query import WORST_FIRST
from secguard.findings.store.counting import Content, Day
from secguard.findings.store.writing import Tally
from secguard.model import severity_word, timestamp
from secguard.render.bars import Row, bars
from secguard.render.fit import Column
from secguard.render.formats import markdown_table
from secguard.render.sanitize import line

REGION_COLUMNS = ("region", "source", "findings", "open", "read_at", "full_at", "error")
DAY_COLUMNS = ("day", "open", *map(severity_word, WORST_FIRST), "complete")
_HEADINGS = ("region", "source", "findings", "open", "age", "remarks")
_DAY_HEADINGS = ("day", "open", *map(severity_word, WORST_FIRST), "remarks")
_INCOMPLETE = "some Regions are older"


def cache_record(origin: Origin, regions: Sequence[Content], tally: Tally) -> dict[str, Any]:
    """What a sync did and what there is now, as other programs read it."""
    return {
        "account": origin.account,
        "partition": origin.partition,
        "endpoint": origin.endpoint,
        "read": tally.read,
        "new": tally.new,
        "changed": tally.changed,
        "gone": tally.gone,
        "findings": sum(each.findings for each in regions),
        "open": sum(each.open for each in regions),
        "regions": [_region_record(each) for each in regions],
    }


def regions_table(regions: Sequence[Content], *, now: datetime) -> Table:
    """A row for each Region that has findings, or that could not be read."""
    table = Table(box=None, pad_edge=False, header_style="heading", padding=(0, 2, 0, 0))
    for heading in _HEADINGS:
        table.add_column(heading.upper(), justify="right" if heading in {"findings", "open", "age"} else "left")
    for row in _rows(regions, now=now):
        table.add_row(*(Text(line(text)) for text in row))
    return table


def regions_markdown(regions: Sequence[Content], *, now: datetime) -> Iterator[str]:
    """The same as a Markdown table."""
    return markdown_table(_rows(regions, now=now), headings=[heading.capitalize() for heading in _HEADINGS])


def day_record(day: Day) -> dict[str, Any]:
    """One day as other programs read it."""
    counts = {severity_word(level): day.severities.get(level, 0) for level in WORST_FIRST}
    return {"day": day.day, "open": day.open, **counts, "complete": day.complete}


def history_markdown(days: Sequence[Day]) -> Iterator[str]:
    """A row for each day."""
    rows = ([*list(day_record(day).values())[:-1], "" if day.complete else _INCOMPLETE] for day in days)
    return markdown_table(rows, headings=[heading.capitalize() for heading in _DAY_HEADINGS])


def history_bars(days: Sequence[Day], *, console: Console) -> Iterator[Text]:
    """A bar for each day, made of the severities; a star where `incomplete_days` has something to say."""
    columns = [Column(name="day", heading="DAY"), Column(name="open", heading="OPEN", right=True)]
    columns += [Column(name=severity_word(each), heading=each.name, right=True) for each in WORST_FIRST]
    rows = [
        Row(
            cells={
                "day": day.day if day.complete else f"{day.day} *",
                "open": f"{day.open:,}",
                **{severity_word(each): f"{day.severities.get(each, 0):,}" for each in WORST_FIRST},
            },
            amount=day.open,
            parts=day.severities,
        )
        for day in days
    ]
    return bars(rows, columns, console=console)


def incomplete_days(days: Sequence[Day]) -> str | None:
    """What the star beside a day means, where there is one."""
    return None if all(day.complete for day in days) else f"* {_INCOMPLETE} than that day"


def _rows(regions: Sequence[Content], *, now: datetime) -> Iterator[tuple[str, ...]]:
    for each in regions:
        state = each.state
        if each.findings or state.source or state.why:
            age_here = age(state.read_at, now=now)
            yield state.region, state.source or "", f"{each.findings:,}", f"{each.open:,}", age_here, state.why or ""


def _region_record(each: Content) -> dict[str, Any]:
    state = each.state
    return {
        "region": state.region,
        "source": state.source,
        "findings": each.findings,
        "open": each.open,
        "read_at": None if state.read_at is None else timestamp(state.read_at),
        "full_at": None if state.full_at is None else timestamp(state.full_at),
        "error": state.why,
    }
