"""Findings from the new Security Hub (V2), in OCSF: a service with a switch of its own beside Security Hub CSPM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from secguard.engine.seam import Reader
from secguard.findings.feeds.levels import Read, Reading
from secguard.findings.feeds.places import SERVICE, Places, Reach
from secguard.findings.feeds.taps import PAGE, Feed
from secguard.findings.forms.arn import parse_arn
from secguard.findings.forms.asff import Unreadable
from secguard.findings.forms.ocsf import SEVERITIES, STATUSES, read_ocsf
from secguard.findings.forms.products import known_product
from secguard.findings.pushdown import Predicate, matches
from secguard.findings.query import WORST_FIRST, Query
from secguard.model import Finding, Workflow, timestamp

READS = ("securityhub:GetFindingsV2", "securityhub:DescribeSecurityHubV2")

Condition = dict[str, Any]
Filters = dict[str, Any]

# The documentation of GetFindingsV2: up to 10 composite filters, up to 20 filters of a kind in each.
_MOST_COMPOSITES = 10
_MOST_FILTERS = 20
_UNSAID = (0, 99)
"""The severity_id and status_id of what says it in words alone; those are sorted out here."""
_ARCHIVED = 5
_EARLIEST = "1970-01-01T00:00:00Z"
_LATEST = "2100-01-01T00:00:00Z"


def to_ocsf_filters(query: Query) -> tuple[Filters, Predicate]:
    """What to ask for, and what must still hold of each finding that comes: all of the query.

    Each criterion is one composite filter whose conditions are alternatives; the composites must all hold.
    """
    composites = [composite for composite in _composites(query) if composite][:_MOST_COMPOSITES]
    filters = {"CompositeFilters": composites, "CompositeOperator": "AND"} if composites else {}
    return filters, matches(query)


def by_id(ids: Sequence[str], *, aws: Reach, places: Places) -> Iterator[Read]:
    """The findings with these values of `metadata.uid`, from the given places."""
    reading = Reading(FEED, places, aws=aws)
    wanted = frozenset(ids)
    for start in range(0, len(ids), _MOST_FILTERS):
        composite = _texts("metadata.uid", ids[start : start + _MOST_FILTERS])
        asked = {"CompositeFilters": [composite], "CompositeOperator": "AND"}
        yield from reading.read(asked, lambda found: found.id in wanted)


def _composites(query: Query) -> Iterator[Filters]:
    """What narrows the list on the service's side; none of it lets anything through less than the query does."""
    if query.levels != WORST_FIRST:
        numbers = [number for number, level in SEVERITIES.items() if level in query.levels]
        yield _numbers("severity_id", [*numbers, *_UNSAID])
    if query.statuses:
        known = [number for number, status in STATUSES.items() if status in query.statuses]
        # What names no status counts as new.
        unsaid = [*_UNSAID, _ARCHIVED] if Workflow.NEW in query.statuses else []
        yield _numbers("status_id", [*known, *unsaid])
    yield _texts("cloud.account.uid", query.accounts)
    yield _texts("cloud.region", query.regions)
    if query.resources and all(parse_arn(text) for text in query.resources):
        yield _texts("resources.uid", query.resources)
    names = [known_product(typed) for typed in query.products]
    if None not in names:
        yield _texts("metadata.product.name", [name for name in names if name])
    yield _period(query)


def _texts(field: str, values: Sequence[str]) -> Filters:
    if not 0 < len(values) <= _MOST_FILTERS:
        return {}
    conditions = ({"Value": value, "Comparison": "EQUALS"} for value in values)
    return _composite("StringFilters", field, conditions)


def _numbers(field: str, values: Iterable[int]) -> Filters:
    return _composite("NumberFilters", field, ({"Eq": float(value)} for value in values))


def _period(query: Query) -> Filters:
    """Updated within the period; or made within it, since what was never updated may carry no time of an update."""
    if query.since is None and query.until is None:
        return {}
    start = timestamp(query.since) if query.since else _EARLIEST
    end = timestamp(query.until + timedelta(seconds=1)) if query.until else _LATEST
    fields = ("finding_info.modified_time_dt", "finding_info.created_time_dt")
    filters = [{"FieldName": field, "Filter": {"Start": start, "End": end}} for field in fields]
    return {"DateFilters": filters, "Operator": "OR"}


def _composite(kind: str, field: str, conditions: Iterable[Condition]) -> Filters:
    return {kind: [{"FieldName": field, "Filter": condition} for condition in conditions], "Operator": "OR"}


def _opened(reader: Reader, filters: Filters, newest_first: bool) -> Iterator[Any]:  # noqa: ARG001, FBT001 - a Feed calls it so
    # The names that SortCriteria takes are not documented, so the order is the service's.
    request = {"Filters": filters} if filters else {}
    return reader.items(SERVICE, "GetFindingsV2", "Findings", MaxResults=PAGE, **request)


def _read(item: Any, position: str) -> Finding | Unreadable:
    return read_ocsf(item, position=position)


FEED = Feed(
    service=SERVICE,
    off="the new Security Hub (V2) is not enabled",
    split=to_ocsf_filters,
    opened=_opened,
    read=_read,
    expired="ValidationException",
)
