"""Findings from Security Hub CSPM, in ASFF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from secguard.engine.seam import Reader
from secguard.findings.feeds import places as whereabouts
from secguard.findings.feeds.levels import Event, Read, Reading, by_level
from secguard.findings.feeds.places import SERVICE, Places, Reach
from secguard.findings.feeds.taps import PAGE, Feed
from secguard.findings.forms.asff import Unreadable, read_asff
from secguard.findings.forms.asff_text import read_asff_text
from secguard.findings.pushdown import MOST_ATTRIBUTES, Filters, to_asff_filters
from secguard.findings.query import Query
from secguard.model import Finding

READS = ("securityhub:GetFindings", "securityhub:GetFindingHistory", *whereabouts.READS)

_IDS_A_CALL = 20  # a filter takes at most 20 values


def stream(query: Query, *, aws: Reach, limit: int | None = None) -> Iterator[Event]:
    """Every finding that the query asks for, as it arrives; see `levels.by_level`."""
    reading = Reading(FEED, whereabouts.places_for(query.regions, aws=aws), aws=aws, limit=limit)
    yield from by_level(query, [reading], limit=limit)


def by_id(ids: Sequence[str], *, aws: Reach, places: Places) -> Iterator[Read]:
    """The findings with these full ids, in whatever state they are, from the given places."""
    reading = Reading(FEED, places, aws=aws)
    yield from places.unreached
    for start in range(0, len(ids), _IDS_A_CALL):
        wanted = ids[start : start + _IDS_A_CALL]
        filters: Filters = {"Id": [{"Value": value, "Comparison": "EQUALS"} for value in wanted]}
        yield from reading.read(filters, lambda _finding: True)


def _opened(reader: Reader, filters: Filters, newest_first: bool) -> Iterator[Any]:  # noqa: FBT001 - a Feed calls it so
    request: dict[str, Any] = {"MaxResults": PAGE}
    if filters:
        request["Filters"] = filters
    if newest_first:
        request["SortCriteria"] = [{"Field": "UpdatedAt", "SortOrder": "desc"}]
    return reader.texts(SERVICE, "GetFindings", "Findings", **request)


def _read(item: Any, position: str) -> Finding | Unreadable:
    if isinstance(item, msgspec.Raw):
        return read_asff_text(item, position=position)
    return read_asff(item, position=position)


def _narrowed(filters: Filters, region: str) -> Filters | None:
    if "Region" in filters or len(filters) >= MOST_ATTRIBUTES:
        return None
    # Security Hub fills in `Region` itself, so no finding is without one.
    return {**filters, "Region": [{"Value": region, "Comparison": "EQUALS"}]}


FEED = Feed(
    service=SERVICE,
    off="Security Hub is not enabled",
    split=to_asff_filters,
    opened=_opened,
    read=_read,
    expired="InvalidInputException",
    narrowed=_narrowed,
)
