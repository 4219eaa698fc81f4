"""Coverage on a screen: the matrix of `status`, and what an `enable` came to in every Region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from secguard.coverage.results import Result
from secguard.engine.change import Refusal
from secguard.model import Place
from secguard.render.formats import markdown_table
from secguard.render.sanitize import block, line

Record = Mapping[str, Any]

_FREQUENCIES = {"FIFTEEN_MINUTES": "15 min", "ONE_HOUR": "1 h", "SIX_HOURS": "6 h"}
_GOOD = frozenset({"on", "home", "linked", "recording"})
_BAD = frozenset({"off", "suspended", "missing", "stopped", "?"})
MATRIX = ("region", "GuardDuty", "plans", "updates", "Hub", "standards", "findings", "Config")
CSV_COLUMNS = (
    "account",
    "region",
    "guardduty",
    "features",
    "publishing_frequency",
    "security_hub",
    "standards",
    "aggregation",
    "config_recorder",
    "gaps",
    "error",
)


def matrix_view(records: Sequence[Record]) -> RenderableType:
    """A line per place, then every gap with the places that have it."""
    several = len({record["account"] for record in records}) > 1
    table = Table(box=None, pad_edge=False, header_style="heading", padding=(0, 2, 0, 0), collapse_padding=True)
    for heading in ("account", *MATRIX) if several else MATRIX:
        table.add_column(heading, no_wrap=True)
    for record in records:
        cells = (_coloured(text) for text in _row(record))
        table.add_row(*([record["account"]] if several else []), *cells)
    return Group(table, *_gaps(records, several=several))


def matrix_markdown(records: Sequence[Record]) -> Iterator[str]:
    """The same as a table in Markdown."""
    rows = [(record["account"], *_row(record), "; ".join(record["gaps"])) for record in records]
    return markdown_table(rows, headings=("account", *MATRIX, "gaps"))


def flat_records(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """The same for CSV: what is on by name, and nothing within anything."""
    for record in records:
        guardduty, hub = record["guardduty"] or {}, record["security_hub"] or {}
        on = [name for name, state in guardduty.get("features", {}).items() if state == "ENABLED"]
        yield {
            "account": record["account"],
            "region": record["region"],
            "guardduty": _switch(record["guardduty"]),
            "features": on,
            "publishing_frequency": guardduty.get("publishing_frequency"),
            "security_hub": _switch(record["security_hub"]),
            "standards": [f"{one['name']} {one['status']}" for one in hub.get("standards", ())],
            "aggregation": hub.get("aggregation"),
            "config_recorder": record["config_recorder"],
            "gaps": record["gaps"],
            "error": record["error"],
        }


def _row(record: Record) -> tuple[str, ...]:
    """One place in few letters: `4/5` is how many of the wanted ones are on."""
    guardduty, hub = record["guardduty"], record["security_hub"]
    return (
        record["region"],
        _switch(guardduty),
        _plans(guardduty, record["wanted"]["features"]),
        _FREQUENCIES.get(guardduty["publishing_frequency"], "-") if guardduty else "?",
        _switch(hub),
        _standards(hub, record["wanted"]["standards"]),
        hub["aggregation"] if hub else "?",
        record["config_recorder"] or "?",
    )


def _switch(service: Record | None) -> str:
    if service is None:
        return "?"
    return "on" if service["enabled"] else "suspended" if service.get("suspended") else "off"


def _plans(guardduty: Record | None, features: Sequence[str]) -> str:
    """How many of the wanted plans are on, of those that the Region has."""
    if guardduty is None or not guardduty["features"]:
        return "-" if guardduty else "?"
    offered = [name for name in features if guardduty["features"].get(name) != "UNSUPPORTED"]
    on = sum(guardduty["features"].get(name) == "ENABLED" for name in offered)
    return f"{on}/{len(offered)}"


def _standards(hub: Record | None, wanted: Sequence[str]) -> str:
    """How many of the wanted standards check all that they should."""
    if hub is None or not hub["enabled"]:
        return "-" if hub else "?"
    ready = {one["name"] for one in hub["standards"] if one["status"] == "READY"}
    return f"{sum(name in ready for name in wanted)}/{len(wanted)}"


def _coloured(text: str) -> Text:
    return Text(line(text), style="good" if text in _GOOD else "bad" if text in _BAD else "")


def _gaps(records: Iterable[Record], *, several: bool) -> Iterator[RenderableType]:
    """Every gap once, with where it is; then what could not be looked at."""
    where: dict[tuple[str, str], list[str]] = {}
    records = list(records)
    for record in records:
        place = str(Place(record["account"], record["region"])) if several else record["region"]
        for gap in record["gaps"]:
            where.setdefault((gap, "doubt"), []).append(place)
        if record["error"]:
            where.setdefault((f"not looked at: {record['error']}", "bad"), []).append(place)
    if where:
        yield Text("\nGaps", style="heading")
    for (gap, style), places in where.items():
        everywhere = len(places) == len(records) > 1
        shown = f"everywhere, in {len(places)} places" if everywhere else ", ".join(places)
        yield Padding(Text.assemble((line(gap), style), f": {line(shown)}"), (0, 0, 0, 2), expand=False)


def results_view(
    results: Sequence[Result], headline: str, *, refused: Sequence[Refusal] = (), verbose: bool = False
) -> RenderableType:
    """A line per place: how much was done, was so already, is on its way, is not offered there, and failed with why."""
    several = len({result.place.account for result in results}) > 1
    table = Table(box=None, pad_edge=False, header_style="heading", padding=(0, 2, 0, 0), collapse_padding=True)
    table.add_column("account region" if several else "region", no_wrap=True)
    for heading in ("done", "already so"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("pending", "unsupported here", "failed"):
        if any(_cell(result, heading) for result in results):
            table.add_column(heading, overflow="fold")
    shown = [str(column.header) for column in table.columns[3:]]
    for result in results:
        place = str(result.place) if several else result.place.region
        done = "\n".join(result.done) if verbose else str(len(result.done) or "-")
        cells = [_block(_cell(result, heading), heading) for heading in shown]
        table.add_row(place, Text(done, style="good" if result.done else "quiet"), str(result.already or "-"), *cells)
    return Group(Text(headline, style="heading"), Text(), table, *_refusals(refused))


def _refusals(refused: Sequence[Refusal]) -> Iterator[RenderableType]:
    if refused:
        yield Text("\nRefused", style="heading")
    for refusal in refused:
        told = f"{refusal.what}: {refusal.why} ({refusal.rule})"
        yield Padding(Text(line(told)), (0, 0, 0, 2), expand=False)


def _block(text: str, heading: str) -> Text:
    return Text(block(text), style={"failed": "bad", "pending": "doubt"}.get(heading, ""))


def _cell(result: Result, heading: str) -> str:
    cells = {"pending": result.pending, "unsupported here": result.unsupported, "failed": result.failed}
    return "\n".join(cells[heading])
