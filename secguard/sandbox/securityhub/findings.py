"""Findings arrive, are listed, and are worked on: what the investigator sets is not the provider's to change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from secguard.sandbox import clock
from secguard.sandbox.operations import ONE_AT_A_TIME, Answer, Ask
from secguard.sandbox.securityhub import rules, severity
from secguard.sandbox.securityhub.backend import Finding, SecurityHubBackend, backend_of
from secguard.sandbox.securityhub.filtering import ordered, predicate
from secguard.sandbox.securityhub.history import caller_arn, key_of, record
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.products import product_of, takes_from
from secguard.sandbox.securityhub.refusals import refuse_size
from secguard.sandbox.securityhub.scope import reachable

INVESTIGATORS = ("Note", "UserDefinedFields", "VerificationState", "Workflow")
"""BatchImportFindings never changes these on a finding that exists: its documentation in the model."""

# The documentation of BatchUpdateFindings, which the model's shapes don't say.
MAX_UPDATES = 100

UPDATABLE = ("VerificationState", "Confidence", "Criticality", "Types", "UserDefinedFields", "RelatedFindings")
"""What BatchUpdateFindings takes over as it is."""


def put_findings(account: str, region: str, findings: list[Finding]) -> None:
    """Have findings in a hub as they are given, with their workflow and notes; the rest gets Security Hub's defaults.

    Raises ApiError (InvalidAccessException) when the hub is off there: it would hold none.
    """
    with ONE_AT_A_TIME:
        here = backend_of(account, region)
        here.subscribed()
        for given in findings:
            finding = completed(here, deepcopy(given))
            before = here.findings.get(key_of(finding))
            here.findings[key_of(finding)] = finding
            record(here, before, finding, source="BATCH_IMPORT_FINDINGS", identity=finding["ProductArn"])


def receive(account: str, region: str, findings: list[Finding]) -> None:
    """Take in what a provider sends, if a hub, old or new, is on there and takes findings from that product."""
    here = backend_of(account, region)
    if here.hub is None and here.hub_v2 is None:
        return
    for given in findings:
        if takes_from(here, given["ProductArn"]):
            take_in(here, given, identity=given["ProductArn"])


def take_in(here: SecurityHubBackend, given: Finding, *, identity: str) -> None:
    """Create or update one finding as its provider may, and as the automation rules then have it."""
    before = here.findings.get(key_of(given))
    finding = completed(here, deepcopy(given))
    if before is not None:
        finding = _kept(here, before, finding)
    key = key_of(finding)
    here.findings[key] = finding
    record(here, before, finding, source="BATCH_IMPORT_FINDINGS", identity=identity)
    for rule, update in rules.updates(here, finding):
        _update(here, here.findings[key], update, identity=rule)


def completed(here: SecurityHubBackend, finding: Finding) -> Finding:
    """Add what Security Hub adds on arrival."""
    product = product_of(finding["ProductArn"])
    provided = finding.get("FindingProviderFields", {})
    graded = severity.completed(finding.get("Severity") or provided.get("Severity") or {})
    original = {"Original": graded["Original"]} if "Original" in graded else {}
    types = finding.get("Types") or provided.get("Types") or []
    defaults = {
        "Region": here.region_name,
        "ProductName": product.name,
        "CompanyName": product.company,
        "Workflow": {"Status": "NEW"},
        "WorkflowState": "NEW",
        "RecordState": "ACTIVE",
        "ProcessedAt": clock.iso_millis(clock.now()),
        "FindingProviderFields": {"Severity": {"Label": graded["Label"], **original}, "Types": types},
    }
    whole = {**defaults, **finding, "Severity": graded, "Types": types}
    whole["ProductFields"] = {**finding.get("ProductFields", {}), **_own_fields(whole)}
    place = {"Partition": here.partition, "Region": whole["Region"]}
    whole["Resources"] = [{**place, **resource} for resource in finding["Resources"]]
    return whole


def _own_fields(finding: Finding) -> dict[str, str]:
    return {
        "aws/securityhub/FindingId": f"{finding['ProductArn']}/{finding['Id']}",
        "aws/securityhub/ProductName": finding["ProductName"],
        "aws/securityhub/CompanyName": finding["CompanyName"],
    }


def _kept(here: SecurityHubBackend, before: Finding, after: Finding) -> Finding:
    """An update by the provider, without what is the investigator's."""
    theirs = {*INVESTIGATORS, "WorkflowState", *here.updated_by_hand.get(key_of(before), ())}
    kept = {name: before[name] for name in theirs if name in before}
    without = {name: value for name, value in after.items() if name not in INVESTIGATORS}
    merged = {**without, **kept}
    if _starts_anew(before, after):
        merged["Workflow"] = {"Status": "NEW"}
    return merged


def _starts_anew(before: Finding, after: Finding) -> bool:
    """Whether what was dealt with is back: archived and active again, or passed and failing. Suppressed stays so."""
    if before["Workflow"]["Status"] == "SUPPRESSED":
        return False
    revived = before["RecordState"] == "ARCHIVED" and after["RecordState"] == "ACTIVE"
    was, now = (each.get("Compliance", {}).get("Status") for each in (before, after))
    return revived or (was == "PASSED" and now in ("FAILED", "WARNING", "NOT_AVAILABLE"))


def get_findings(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetFindings: from the home Region also those of the linked Regions, from an administrator also its members'."""
    here.subscribed()
    wanted = predicate(ask.get("Filters", {}))
    criteria = ask.get("SortCriteria", [])

    def selected() -> list[Finding]:
        found = (finding for hub in reachable(here) for finding in hub.findings.values() if wanted(finding))
        return ordered(found, criteria)

    return page(here, ask, "Findings", selected)


def batch_update_findings(here: SecurityHubBackend, ask: Ask) -> Answer:
    """BatchUpdateFindings: what it can't do is listed in the answer. `UpdatedAt` stays."""
    here.subscribed()
    refuse_size("FindingIdentifiers", len(ask["FindingIdentifiers"]), most=MAX_UPDATES)
    hubs = list(reachable(here))
    repeated = Counter((each["ProductArn"], each["Id"]) for each in ask["FindingIdentifiers"])
    processed, unprocessed = [], []
    for identifier in ask["FindingIdentifiers"]:
        key = (identifier["ProductArn"], identifier["Id"])
        home = next((hub for hub in hubs if key in hub.findings), None)
        if repeated[key] > 1:
            unprocessed.append(_failure(identifier, "DuplicatedFindingIdentifier", "Duplicated Finding Identifier"))
        elif home is None:
            unprocessed.append(_failure(identifier, "FindingNotFound", "Finding Not Found"))
        else:
            _update(home, home.findings[key], ask, identity=caller_arn(here))
            processed.append(identifier)
    return {"ProcessedFindings": processed, "UnprocessedFindings": unprocessed}


def _update(home: SecurityHubBackend, before: Finding, ask: Mapping[str, Any], *, identity: str) -> None:
    changes = {name: ask[name] for name in UPDATABLE if name in ask}
    if "Note" in ask:
        changes["Note"] = {**ask["Note"], "UpdatedAt": clock.iso_millis(clock.now())}
    if "Workflow" in ask:
        changes["Workflow"] = {**before["Workflow"], **ask["Workflow"]}
    if ask.get("Severity"):
        # What is not given anew must not contradict what is.
        rest = {name: value for name, value in before["Severity"].items() if name not in ("Label", "Normalized")}
        changes["Severity"] = severity.completed({**rest, **ask["Severity"]})
    after = {**before, **changes}
    key = key_of(before)
    home.findings[key] = after
    home.updated_by_hand.setdefault(key, set()).update(changes)
    record(home, before, after, source="BATCH_UPDATE_FINDINGS", identity=identity)


def _failure(identifier: Mapping[str, str], code: str, message: str) -> dict[str, Any]:
    return {"FindingIdentifier": identifier, "ErrorCode": code, "ErrorMessage": message}


OPERATIONS = {
    "GetFindings": get_findings,
    "BatchUpdateFindings": batch_update_findings,
}
