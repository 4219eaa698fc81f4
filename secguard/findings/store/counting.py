"""Count in the cache without reading findings: groups, days, and what there is of each Region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from secguard.findings.groups import NONE, Group
from secguard.findings.query import WORST_FIRST, Query
from secguard.findings.store.database import PlaceState, Store, moment
from secguard.findings.store.reading import conditions
from secguard.findings.store.writing import GROUPED_BY, IS_OPEN, MANY
from secguard.model import Severity

_COUNTS = ", ".join(f"sum(severity = {int(level)}) AS {level.name}" for level in WORST_FIRST)
_ALL = (1 << 63) - 1
"""SQLite counts no further."""
_WORST_FIRST = ", ".join(f"{level.name} DESC" for level in WORST_FIRST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The first groups of what a query asks for, and what must be known of all of it."""

    groups: tuple[Group, ...]
    found: int
    """How many groups there are."""
    worst: Severity | None
    """The worst severity found, samples aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How many findings were open on one day, samples aside."""

    day: str
    """As in 2026-11-23."""
    severities: Mapping[Severity, int]
    complete: bool
    """Whether every Region could be read; else some of the figures are older."""

    @property
    def open(self) -> int:
        """Of any severity."""
        return sum(self.severities.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is here of one Region."""

    state: PlaceState
    findings: int
    open: int


def contents(store: Store) -> list[Content]:
    """Every Region that was ever asked, and how many findings there are of it."""
    counting = f"SELECT held, count(*) AS findings, sum({IS_OPEN}) AS open FROM finding GROUP BY held"  # noqa: S608 - ours
    rows = store.rows(counting)
    counts = {row["held"]: (row["findings"], row["open"]) for row in rows}
    held = ((place, *counts.get(place.region, (0, 0))) for place in store.places())
    return [Content(state=place, findings=findings, open=opened) for place, findings, opened in held]


def can_count(by: str) -> bool:
    """Whether groups of this kind are counted without reading findings."""
    return by in GROUPED_BY or by == "severity"


def count(store: Store, query: Query, *, by: str, limit: int | None) -> Counted:
    """How many there are of each kind, as `groups.grouped` counts them, the first `limit` groups of them."""
    chosen, values = conditions(store, query)
    column = "severity" if by == "severity" else f"ifnull(nullif({GROUPED_BY[by]}, ''), '{NONE}')"
    every = f"SELECT n, {column} AS key, severity, seen FROM finding WHERE {chosen}"  # noqa: S608 - ours
    if by in MANY:
        further = "SELECT n, key, severity, seen FROM finding JOIN further USING (n)"
        every += f" UNION ALL {further} WHERE kind = ? AND {chosen}"
        values = [*values, by, *values]
    rows = store.rows(
        f"SELECT key, count(*) AS count, {_COUNTS}, max(seen) AS seen, count(*) OVER () AS found "  # noqa: S608 - ours
        f"FROM ({every}) GROUP BY key ORDER BY {_WORST_FIRST}, key LIMIT ?",
        [*values, _ALL if limit is None else min(limit, _ALL)],
    )
    listed = list(rows)
    return Counted(
        groups=tuple(_group(row, by=by) for row in listed),
        found=listed[0]["found"] if listed else 0,
        worst=_worst(store, query),
    )


def history(store: Store, *, accounts: Sequence[str] = ()) -> list[Day]:
    """How many were open, day by day, the newest last; in these accounts, or in all."""
    chosen = f"AND account IN ({', '.join('?' * len(accounts))})" if accounts else ""
    rows = store.rows(
        "SELECT day, complete, severity, sum(open) AS open FROM day LEFT JOIN "  # noqa: S608 - ours
        f"(SELECT * FROM history WHERE TRUE {chosen}) USING (day) GROUP BY day, severity ORDER BY day",
        accounts,
    )
    days: dict[str, Day] = {}
    for row in rows:
        counted = {} if row["severity"] is None else {Severity(row["severity"]): int(row["open"])}
        known = days.get(row["day"], Day(day=row["day"], severities={}, complete=bool(row["complete"])))
        days[row["day"]] = replace(known, severities={**known.severities, **counted})
    return list(days.values())


def _group(row: Any, *, by: str) -> Group:
    severities = {level: row[level.name] for level in WORST_FIRST if row[level.name]}
    key = Severity(row["key"]).name if by == "severity" else row["key"]
    return Group(
        key=key,
        count=row["count"],
        severities=_Counts(severities),
        worst=max(severities),
        last_seen=moment(row["seen"]),
    )


class _Counts(dict[Severity, int]):
    """Counts, none where there is nothing to count."""

    def __missing__(self, _level: Severity) -> int:
        return 0


def _worst(store: Store, query: Query) -> Severity | None:
    chosen, values = conditions(store, replace(query, samples=False))
    (row,) = store.rows(f"SELECT max(severity) AS worst FROM finding WHERE {chosen}", values)  # noqa: S608 - ours
    return None if row["worst"] is None else Severity(row["worst"])
