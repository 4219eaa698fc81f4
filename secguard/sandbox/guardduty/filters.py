"""Saved filters; with the action ARCHIVE they suppress what GuardDuty finds from then on."""

from __future__ import annotations

from dataclasses import replace

from secguard.sandbox import clock
from secguard.sandbox.guardduty import criteria
from secguard.sandbox.guardduty.backend import Detector, Filter, GuardDutyBackend
from secguard.sandbox.guardduty.refusals import FILTER_EXISTS, INVALID_VALUE, NO_SUCH_RESOURCE, bad_request
from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.pages import UnknownToken

# The quota table of the GuardDuty user guide.
MAX_FILTERS = 100


def list_filters(here: GuardDutyBackend, ask: Ask) -> Answer:
    """ListFilters: names only."""
    detector = here.owned(ask["DetectorId"])
    token = ask.get("nextToken")
    try:
        names = here.pages.rest(token, question="ListFilters") if token else list(detector.filters)
    except UnknownToken as error:
        raise bad_request(INVALID_VALUE) from error
    page, further = here.pages.cut(names, ask.get("maxResults", 50), question="ListFilters")
    return {"filterNames": list(page), "nextToken": further or ""}


def create_filter(here: GuardDutyBackend, ask: Ask) -> Answer:
    """CreateFilter."""
    detector = here.owned(ask["DetectorId"])
    criteria.refuse_unknown(ask["findingCriteria"], wildcards=True)
    if ask["name"] in detector.filters:
        raise bad_request(FILTER_EXISTS)
    if len(detector.filters) >= MAX_FILTERS:
        raise bad_request(INVALID_VALUE)
    moment = clock.now()
    detector.filters[ask["name"]] = Filter(
        name=ask["name"],
        action=ask.get("action", "NOOP"),
        rank=ask.get("rank", 1),
        description=ask.get("description", ""),
        criteria=ask["findingCriteria"],
        tags=ask.get("tags", {}),
        created_at=moment,
        updated_at=moment,
    )
    return {"name": ask["name"]}


def get_filter(here: GuardDutyBackend, ask: Ask) -> Answer:
    """GetFilter."""
    each = _named(here.owned(ask["DetectorId"]), ask)
    return {
        "name": each.name,
        "action": each.action,
        "rank": each.rank,
        "description": each.description,
        "findingCriteria": each.criteria,
        "tags": each.tags,
        "createdAt": clock.epoch(each.created_at),
        "updatedAt": clock.epoch(each.updated_at),
        "version": each.version,
    }


def update_filter(here: GuardDutyBackend, ask: Ask) -> Answer:
    """UpdateFilter: what the request does not name keeps its value."""
    detector = here.owned(ask["DetectorId"])
    each = _named(detector, ask)
    criteria.refuse_unknown(ask.get("findingCriteria", {}), wildcards=True)
    detector.filters[each.name] = replace(
        each,
        action=ask.get("action", each.action),
        rank=ask.get("rank", each.rank),
        description=ask.get("description", each.description),
        criteria=ask.get("findingCriteria", each.criteria),
        updated_at=clock.now(),
        version=each.version + 1,
    )
    return {"name": each.name}


def delete_filter(here: GuardDutyBackend, ask: Ask) -> Answer:
    """DeleteFilter."""
    detector = here.owned(ask["DetectorId"])
    del detector.filters[_named(detector, ask).name]
    return {}


def _named(detector: Detector, ask: Ask) -> Filter:
    if ask["FilterName"] not in detector.filters:
        raise bad_request(NO_SUCH_RESOURCE)
    return detector.filters[ask["FilterName"]]


OPERATIONS = {
    "ListFilters": list_filters,
    "CreateFilter": create_filter,
    "GetFilter": get_filter,
    "UpdateFilter": update_filter,
    "DeleteFilter": delete_filter,
}
