"""How many findings there are of each kind, worst first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from secguard.errors import UsageError
from secguard.findings.query import WORST_FIRST
from secguard.model import Finding, Severity, timestamp

NONE = "(none)"
"""What a group is called whose findings have nothing of the kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The findings that have one thing in common."""

    key: str
    count: int
    severities: Mapping[Severity, int]
    worst: Severity
    last_seen: datetime | None
    """When the newest of them was last seen."""


def _types(finding: Finding) -> Iterable[str]:
    return finding.types[:1]


def _day(finding: Finding) -> Iterable[str]:
    moment = finding.last_seen or finding.updated_at
    return () if moment is None else (timestamp(moment)[:10],)


GROUPINGS: Mapping[str, Callable[[Finding], Iterable[str | None]]] = {
    "resource": lambda finding: [resource.name for resource in finding.resources],
    "resource-type": lambda finding: [resource.type for resource in finding.resources],
    "type": _types,
    "control": lambda finding: [finding.control_id],
    "account": lambda finding: [finding.account],
    "region": lambda finding: [finding.region],
    "product": lambda finding: [finding.product],
    "severity": lambda finding: [finding.severity.name],
    "day": _day,
}
"""What findings can be grouped by. One that has several of a kind is counted in each of their groups."""


def grouping(name: str) -> Callable[[Finding], Iterable[str | None]]:
    """Raises UsageError for what findings can't be grouped by."""
    if name not in GROUPINGS:
        raise UsageError(f"--group-by {name!r}: no such grouping", advice=f"one of: {', '.join(GROUPINGS)}")
    return GROUPINGS[name]


def grouped(findings: Iterable[Finding], by: str) -> list[Group]:
    """The groups: by how many they have of the worst severity, then of the next, then by name."""
    keys_of = grouping(by)
    members: dict[str, list[Finding]] = {}
    for finding in findings:
        for key in dict.fromkeys(key for key in keys_of(finding) if key) or {NONE: None}:
            members.setdefault(key, []).append(finding)
    groups = [_group(key, found) for key, found in members.items()]
    return sorted(groups, key=lambda group: ([-group.severities[level] for level in WORST_FIRST], group.key))


def _group(key: str, findings: list[Finding]) -> Group:
    seen = [finding.last_seen for finding in findings if finding.last_seen is not None]
    return Group(
        key=key,
        count=len(findings),
        severities=Counter(finding.severity for finding in findings),
        worst=max(finding.severity for finding in findings),
        last_seen=max(seen, default=None),
    )


def group_record(group: Group) -> dict[str, Any]:
    """A group as the JSON object other programs read."""
    counts = {level.name.lower(): group.severities[level] for level in WORST_FIRST}
    seen = None if group.last_seen is None else timestamp(group.last_seen)
    return {"key": group.key, "count": group.count, **counts, "worst": group.worst.name, "last_seen": seen}
