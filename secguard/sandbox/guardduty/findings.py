"""List, read, archive and count findings. An administrator's detector shows its members' findings too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from moto.moto_api._internal import mock_random

from secguard.sandbox import clock, securityhub
from secguard.sandbox.guardduty import criteria, filters
from secguard.sandbox.guardduty.asff import from_guardduty
from secguard.sandbox.guardduty.backend import Finding, GuardDutyBackend, backend_of
from secguard.sandbox.guardduty.refusals import INVALID_VALUE, NOT_ADMINISTRATOR, bad_request
from secguard.sandbox.operations import ONE_AT_A_TIME, Answer, Ask
from secguard.sandbox.pages import UnknownToken
from secguard.sandbox.shared import administrator_of, members_of

NO_DETECTOR = "0" * 32
"""Stands in for the detector of findings that are put where there is none."""


def put_findings(account: str, region: str, findings: list[Finding]) -> None:
    """Create or update findings, as GuardDuty would find them, and send them on to Security Hub if it is on there.

    Each is a dict in the API's camelCase with at least `type` and `severity`; what else is missing takes AWS's form. A
    finding with a known `id` is an update. One that a suppression filter matches arrives archived and goes no further.
    """
    with ONE_AT_A_TIME:
        here = backend_of(account, region)
        stored = [_store(here, finding) for finding in findings]
        published = [from_guardduty(finding) for finding in stored if not finding["service"]["archived"]]
        securityhub.receive(account, region, published)


def _store(here: GuardDutyBackend, given: Finding) -> Finding:
    finding = _completed(here, deepcopy(given))
    present = here.findings.get(finding["id"])
    if present is not None:
        finding["service"]["archived"] = present["service"]["archived"]
    elif filters.archives(here, finding):
        finding["service"]["archived"] = True
    here.findings[finding["id"]] = finding
    return finding


def _completed(here: GuardDutyBackend, finding: Finding) -> Finding:
    finding.setdefault("id", mock_random.get_random_hex(32))
    detector = here.detector.id if here.detector else NO_DETECTOR
    moment = clock.iso_millis(clock.now())
    created = finding.get("createdAt", moment)
    service = {
        "archived": False,
        "count": 1,
        "detectorId": detector,
        "eventFirstSeen": created,
        "eventLastSeen": finding.get("updatedAt", created),
        "resourceRole": "TARGET",
        "serviceName": "guardduty",
        "additionalInfo": {"type": "default", "value": "{}"},
    }
    base = {
        "schemaVersion": "2.0",
        "accountId": here.account_id,
        "region": here.region_name,
        "partition": here.partition,
        "arn": f"{here.detector_arn(detector)}/finding/{finding['id']}",
        "createdAt": created,
        "updatedAt": created,
        "title": finding["type"],
        "description": finding["type"],
        "resource": {},
    }
    return {**base, **finding, "service": {**service, **finding.get("service", {})}}


def visible(here: GuardDutyBackend) -> Iterator[Finding]:
    """The findings of the account and of those that it administers."""
    for account in (here.account_id, *members_of("guardduty", here.region_name, here.account_id)):
        yield from backend_of(account, here.region_name).findings.values()


def list_findings(here: GuardDutyBackend, ask: Ask) -> Answer:
    """ListFindings: ids only."""
    here.owned(ask["DetectorId"])
    wanted, sort = ask.get("findingCriteria", {}), ask.get("sortCriteria", {})
    criteria.refuse_unknown(wanted, wildcards=False)
    question = f"ListFindings {wanted} {sort}"
    if ask.get("nextToken"):
        try:
            ids = here.pages.rest(ask["nextToken"], question=question)
        except UnknownToken as error:
            raise bad_request(INVALID_VALUE) from error
    else:
        selected = (finding for finding in visible(here) if criteria.matches(finding, wanted))
        ids = [finding["id"] for finding in criteria.ordered(selected, sort)]
    # The model's documentation: 50 is the default and the most.
    page, token = here.pages.cut(ids, ask.get("maxResults", 50), question=question)
    return {"findingIds": list(page), "nextToken": token or ""}


def get_findings(here: GuardDutyBackend, ask: Ask) -> Answer:
    """GetFindings: ids that are not known are left out."""
    here.owned(ask["DetectorId"])
    return {"findings": criteria.ordered(_named(here, ask), ask.get("sortCriteria", {}))}


def archive_findings(here: GuardDutyBackend, ask: Ask) -> Answer:
    """ArchiveFindings: for administrators and accounts on their own. Security Hub does not hear of it."""
    return _set_archived(here, ask, archived=True)


def unarchive_findings(here: GuardDutyBackend, ask: Ask) -> Answer:
    """UnarchiveFindings."""
    return _set_archived(here, ask, archived=False)


def update_feedback(here: GuardDutyBackend, ask: Ask) -> Answer:
    """UpdateFindingsFeedback."""
    here.owned(ask["DetectorId"])
    for finding in _named(here, ask):
        finding["service"]["userFeedback"] = ask["feedback"]
    return {}


def _set_archived(here: GuardDutyBackend, ask: Ask, *, archived: bool) -> Answer:
    here.owned(ask["DetectorId"])
    if administrator_of("guardduty", here.region_name, here.account_id):
        raise bad_request(NOT_ADMINISTRATOR)
    for finding in _named(here, ask):
        finding["service"]["archived"] = archived
    return {}


def _named(here: GuardDutyBackend, ask: Mapping[str, Any]) -> list[Finding]:
    known = {finding["id"]: finding for finding in visible(here)}
    return [known[each] for each in ask["findingIds"] if each in known]


OPERATIONS = {
    "ListFindings": list_findings,
    "GetFindings": get_findings,
    "ArchiveFindings": archive_findings,
    "UnarchiveFindings": unarchive_findings,
    "UpdateFindingsFeedback": update_feedback,
}
