"""How many findings there are of each kind, worst first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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


Keys = Callable[[Finding], Iterable[str | None]]
"""What a finding has of a kind; what it lacks may be None."""

_PRINCIPALS = frozenset({"AwsIamAccessKey", "AwsIamUser", "AwsIamRole"})
"""Resources that act. An access key has the name of whoever holds it."""


def _types(finding: Finding) -> Iterable[str]:
    return finding.types[:1]


def _day(finding: Finding) -> Iterable[str]:
    moment = finding.last_seen or finding.updated_at
    return () if moment is None else (timestamp(moment)[:10],)


def _principals(finding: Finding) -> Iterable[str]:
    return [resource.name for resource in finding.resources if resource.type in _PRINCIPALS]


GROUPINGS: Mapping[str, Keys] = {
    "resource": lambda finding: [resource.name for resource in finding.resources],
    "resource-type": lambda finding: [resource.type for resource in finding.resources],
    "type": _types,
    "control": lambda finding: [finding.control_id],
    "account": lambda finding: [finding.account],
    "region": lambda finding: [finding.region],
    "product": lambda finding: [finding.product],
    "severity": lambda finding: [finding.severity.name],
    "day": _day,
    "principal": _principals,
    "country": lambda finding: [finding.actor.country] if finding.actor else [],
    "address": lambda finding: [finding.actor.ip] if finding.actor else [],
}
"""What findings can be grouped by. One that has several of a kind is counted in each of their groups."""


def grouping(name: str) -> Keys:
    """Raises UsageError for what findings can't be grouped by."""
    if name not in GROUPINGS:
        raise UsageError(f"--group-by {name!r}: no such grouping", advice=f"one of: {', '.join(GROUPINGS)}, incident")
    return GROUPINGS[name]


def grouped(findings: Iterable[Finding], by: str) -> list[Group]:
    """The groups: by how many they have of the worst severity, then of the next, then by name."""
    groups = grouped_by(findings, grouping(by))
    return sorted(groups, key=lambda group: ([-group.severities[level] for level in WORST_FIRST], group.key))


def grouped_by(findings: Iterable[Finding], keys_of: Keys) -> list[Group]:
    """The groups in the order in which they were met; each finding is let go as soon as it was counted."""
    tallies: dict[str, _Tally] = {}
    for finding in findings:
        for key in dict.fromkeys(key for key in keys_of(finding) if key) or {NONE: None}:
            tallies.setdefault(key, _Tally()).add(finding)
    return [tally.group(key) for key, tally in tallies.items()]


@dataclass(slots=True)
class _Tally:
    """What is known of a group while its findings come."""

    severities: Counter[Severity] = field(default_factory=Counter)
    last_seen: datetime | None = None

    def add(self, finding: Finding) -> None:
        self.severities[finding.severity] += 1
        if finding.last_seen is not None and (self.last_seen is None or finding.last_seen > self.last_seen):
            self.last_seen = finding.last_seen

    def group(self, key: str) -> Group:
        return Group(
            key=key,
            count=self.severities.total(),
            severities=self.severities,
            worst=max(self.severities),
            last_seen=self.last_seen,
        )


def group_record(group: Group) -> dict[str, Any]:
    """A group as the JSON object other programs read."""
    counts = {level.name.lower(): group.severities[level] for level in WORST_FIRST}
    seen = None if group.last_seen is None else timestamp(group.last_seen)
    return {"key": group.key, "count": group.count, **counts, "worst": group.worst.name, "last_seen": seen}
