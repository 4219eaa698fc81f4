"""Findings from GuardDuty itself, for Regions without Security Hub: listed by detector, then read by their ids."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from secguard.engine.seam import Reader
from secguard.errors import NotThere
from secguard.findings.feeds.levels import Read, Reading
from secguard.findings.feeds.places import Places, Reach
from secguard.findings.feeds.taps import Feed
from secguard.findings.forms.asff import Unreadable
from secguard.findings.forms.guardduty import read_guardduty
from secguard.findings.pushdown import Predicate, matches
from secguard.findings.query import WORST_FIRST, Query
from secguard.model import Finding, Severity

READS = ("guardduty:ListDetectors", "guardduty:ListFindings", "guardduty:GetFindings")

SERVICE = "guardduty"
Criteria = dict[str, dict[str, Any]]

_AT_ONCE = 50
"""ListFindings gives 50 ids a page, GetFindings takes 50, and so many values has a condition."""
_BANDS = {
    Severity.CRITICAL: (9, None),
    Severity.HIGH: (7, 9),
    Severity.MEDIUM: (4, 7),
    Severity.LOW: (1, 4),
    Severity.INFORMATIONAL: (None, 1),
}
"""From which severity to below which: conditions take whole numbers alone."""


def to_criteria(query: Query) -> tuple[Criteria, Predicate]:
    """What to ask GuardDuty for, and what must still hold of each finding that it sends: all of the query.

    Types and resources are not left to GuardDuty: it compares with case, and knows the resources of an attack
    sequence by no criterion.
    """
    criteria: Criteria = {}
    if query.levels != WORST_FIRST:
        criteria |= _severity(query.levels)
    if not query.archived:
        criteria["service.archived"] = {"Equals": ["false"]}
    if 0 < len(query.accounts) <= _AT_ONCE:
        criteria["accountId"] = {"Equals": list(query.accounts)}
    updated = {
        **({"GreaterThanOrEqual": _milliseconds(query.since, math.floor)} if query.since else {}),
        **({"LessThan": _milliseconds(query.until, math.ceil)} if query.until else {}),
    }
    if updated:
        criteria["updatedAt"] = updated
    return criteria, matches(query)


def by_id(arns: Sequence[str], *, aws: Reach, places: Places) -> Iterator[Read]:
    """The findings with these ARNs, archived or not, from the given places."""
    reading = Reading(FEED, places, aws=aws)
    wanted = frozenset(arns)
    ids = [arn.rpartition("/")[2] for arn in arns]
    for start in range(0, len(ids), _AT_ONCE):
        yield from reading.read({"id": {"Equals": ids[start : start + _AT_ONCE]}}, lambda found: found.id in wanted)


def detectors(reader: Reader) -> list[str]:
    """The ids of the detectors of one place: one, or none."""
    return list(reader.items(SERVICE, "ListDetectors", "DetectorIds"))


def _severity(levels: Iterable[Severity]) -> Criteria:
    """One condition for the span of the levels; what lies between them is sorted out here."""
    bands = [_BANDS[level] for level in levels]
    lowest = None if any(low is None for low, _ in bands) else min(low for low, _ in bands if low is not None)
    highest = None if any(high is None for _, high in bands) else max(high for _, high in bands if high is not None)
    condition = {
        **({"GreaterThanOrEqual": lowest} if lowest is not None else {}),
        **({"LessThan": highest} if highest is not None else {}),
    }
    return {"severity": condition} if condition else {}


def _milliseconds(moment: datetime, rounded: Any) -> int:
    return int(rounded(moment.timestamp() * 1000))


def _opened(reader: Reader, criteria: Criteria, newest_first: bool) -> Iterator[Any]:  # noqa: FBT001 - a Feed calls it so
    """Raises NotThere where there is no detector."""
    found = detectors(reader)
    if not found:
        raise NotThere("there is no detector", service=SERVICE, operation="ListDetectors")
    order = {"AttributeName": "updatedAt" if newest_first else "severity", "OrderBy": "DESC"}
    for detector in found:
        request = {"DetectorId": detector, "SortCriteria": order, "MaxResults": _AT_ONCE}
        if criteria:
            request["FindingCriteria"] = {"Criterion": criteria}
        listed = reader.items(SERVICE, "ListFindings", "FindingIds", **request)
        while ids := list(islice(listed, _AT_ONCE)):
            yield from reader.items(SERVICE, "GetFindings", "Findings", DetectorId=detector, FindingIds=ids)


def _read(item: Any, position: str) -> Finding | Unreadable:
    return read_guardduty(item, position=position)


FEED = Feed(
    service=SERVICE,
    off="GuardDuty is not enabled",
    split=to_criteria,
    opened=_opened,
    read=_read,
    expired="BadRequestException",
)
