"""Saved filters; with the action ARCHIVE they suppress what GuardDuty finds from then on.

Only an administrator, or an account on its own, has filters that count; they are about its members' findings too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from secguard.sandbox import clock
from secguard.sandbox.guardduty import criteria
from secguard.sandbox.guardduty.backend import Detector, Filter, Finding, GuardDutyBackend, backend_of
from secguard.sandbox.guardduty.refusals import (
    FILTER_EXISTS,
    INVALID_VALUE,
    NO_SUCH_RESOURCE,
    NOT_ADMINISTRATOR,
    RANK_OUT_OF_BOUNDS,
    bad_request,
)
from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.pages import UnknownToken
from secguard.sandbox.shared import administrator_of

# The quota table of the GuardDuty user guide.
MAX_FILTERS = 100
# CreateFilter in the API reference, which the model's shapes don't say.
NAME = re.compile(r"[A-Za-z0-9._-]+")
DESCRIPTION = re.compile(r"[A-Za-z0-9\s.:_(){}\[\]/-]*", re.ASCII)


def archives(here: GuardDutyBackend, finding: Finding) -> bool:
    """Whether a finding that is new in an account is one that a filter suppresses."""
    administrator = administrator_of("guardduty", here.region_name, here.account_id)
    decides = backend_of(administrator, here.region_name) if administrator else here
    filters = decides.detector.filters.values() if decides.detector else ()
    return any(each.action == "ARCHIVE" and criteria.matches(finding, each.criteria) for each in filters)


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
    """CreateFilter: with the rank 1 unless told otherwise; those from there on move up."""
    detector = _administered(here, ask)
    _refuse_misfits(ask)
    present = detector.filters.get(ask["name"])
    if present is not None:
        if present.client_token and present.client_token == ask.get("clientToken"):
            return {"name": present.name}
        raise bad_request(FILTER_EXISTS)
    if len(detector.filters) >= MAX_FILTERS:
        raise bad_request(INVALID_VALUE)
    moment = clock.now()
    new = Filter(
        name=ask["name"],
        action=ask.get("action", "NOOP"),
        rank=ask.get("rank", 1),
        description=ask.get("description", ""),
        criteria=ask["findingCriteria"],
        tags=ask.get("tags", {}),
        client_token=ask.get("clientToken", ""),
        created_at=moment,
        updated_at=moment,
    )
    _rank(detector, list(detector.filters.values()), new)
    return {"name": new.name}


def get_filter(here: GuardDutyBackend, ask: Ask) -> Answer:
    """GetFilter."""
    each = _named(here.owned(ask["DetectorId"]), ask)
    return {
        "name": each.name,
        "action": each.action,
        "rank": each.rank,
        "description": each.description,
        "findingCriteria": each.criteria,
        **({"tags": each.tags} if each.tags else {}),
        "createdAt": clock.epoch(each.created_at),
        "updatedAt": clock.epoch(each.updated_at),
        "version": each.version,
    }


def update_filter(here: GuardDutyBackend, ask: Ask) -> Answer:
    """UpdateFilter: what the request does not name keeps its value."""
    detector = _administered(here, ask)
    each = _named(detector, ask)
    _refuse_misfits(ask)
    changed = replace(
        each,
        action=ask.get("action", each.action),
        rank=ask.get("rank", each.rank),
        description=ask.get("description", each.description),
        criteria=ask.get("findingCriteria", each.criteria),
        updated_at=clock.now(),
        version=each.version + 1,
    )
    _rank(detector, [other for other in detector.filters.values() if other.name != each.name], changed)
    return {"name": each.name}


def delete_filter(here: GuardDutyBackend, ask: Ask) -> Answer:
    """DeleteFilter: those behind it move down."""
    detector = _administered(here, ask)
    gone = _named(detector, ask)
    _number(detector, [each for each in detector.filters.values() if each.name != gone.name])
    return {}


def _administered(here: GuardDutyBackend, ask: Ask) -> Detector:
    """The caller's detector, unless another account decides for it."""
    detector = here.owned(ask["DetectorId"])
    if administrator_of("guardduty", here.region_name, here.account_id):
        raise bad_request(NOT_ADMINISTRATOR)
    return detector


def _refuse_misfits(ask: Ask) -> None:
    criteria.refuse_unknown(ask.get("findingCriteria", {}), wildcards=True)
    if not NAME.fullmatch(ask.get("name", "_")) or not DESCRIPTION.fullmatch(ask.get("description", "")):
        raise bad_request(INVALID_VALUE)


def _rank(detector: Detector, others: list[Filter], ranked: Filter) -> None:
    """Put a filter in its place among the others: ranks have no gaps."""
    if ranked.rank > len(others) + 1:
        raise bad_request(RANK_OUT_OF_BOUNDS)
    in_order = sorted(others, key=lambda each: each.rank)
    _number(detector, [*in_order[: ranked.rank - 1], ranked, *in_order[ranked.rank - 1 :]])


def _number(detector: Detector, filters: Iterable[Filter]) -> None:
    numbered = {each.name: replace(each, rank=rank) for rank, each in enumerate(filters, start=1)}
    detector.filters.clear()
    detector.filters.update(numbered)


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
