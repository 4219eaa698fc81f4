"""Security controls: what the standards check, and in which of them each check is on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from secguard.sandbox import clock
from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.securityhub.backend import SecurityHubBackend
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.refusals import invalid_input, not_found
from secguard.sandbox.securityhub.standards import by_arn, updatable_standards

_PATHS = {
    "fsbp": "standards/aws-foundational-security-best-practices/v/1.0.0",
    "tags": "standards/aws-resource-tagging-standard/v/1.0.0",
    "cis12": "ruleset/cis-aws-foundations-benchmark/v/1.2.0",
    "cis14": "standards/cis-aws-foundations-benchmark/v/1.4.0",
    "cis30": "standards/cis-aws-foundations-benchmark/v/3.0.0",
    "cis50": "standards/cis-aws-foundations-benchmark/v/5.0.0",
    "n53": "standards/nist-800-53/v/5.0.0",
    "n171": "standards/nist-800-171/v/2.0.0",
    "p32": "standards/pci-dss/v/3.2.1",
    "p40": "standards/pci-dss/v/4.0.1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One check. `standards` are the last parts of the ARNs of the standards that it belongs to."""

    id: str
    title: str
    severity: str
    standards: frozenset[str]


@cache
def controls() -> Mapping[str, Control]:
    """Some sixty of the service's several hundred controls, by id."""
    lines = files(__package__).joinpath("controls.tsv").read_text("utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return {
        name: Control(
            id=name, title=title, severity=severity, standards=frozenset(_PATHS[code] for code in codes.split())
        )
        for name, severity, codes, title in rows
    }


def list_definitions(here: SecurityHubBackend, ask: Ask) -> Answer:
    """ListSecurityControlDefinitions: of one standard, or all."""
    here.subscribed()
    wanted = ask.get("StandardsArn")
    if wanted is not None and wanted not in by_arn(here):
        raise invalid_input(f"Invalid parameter 'StandardsArn'. Unknown standard {wanted}.")
    path = by_arn(here)[wanted].path if wanted else None
    providers = ask.get("Providers", ["AWS"])
    listed = [
        _definition(each) for each in controls().values() if "AWS" in providers and path in (None, *each.standards)
    ]
    return page(here, ask, "SecurityControlDefinitions", lambda: listed)


def get_definition(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetSecurityControlDefinition."""
    here.subscribed()
    control = controls().get(ask["SecurityControlId"])
    if control is None:
        raise not_found(f"Security control {ask['SecurityControlId']} was not found")
    return {"SecurityControlDefinition": _definition(control)}


def batch_get(here: SecurityHubBackend, ask: Ask) -> Answer:
    """BatchGetSecurityControls: a control is on if it is on in any standard."""
    here.subscribed()
    names = [identity.rpartition("/")[2] for identity in ask["SecurityControlIds"]]
    known = [controls()[name] for name in names if name in controls()]
    unknown = [
        {"SecurityControlId": name, "ErrorCode": "NOT_FOUND", "ErrorReason": "The control was not found."}
        for name in names
        if name not in controls()
    ]
    return {"SecurityControls": [_described(here, each) for each in known], "UnprocessedIds": unknown}


def list_associations(here: SecurityHubBackend, ask: Ask) -> Answer:
    """ListStandardsControlAssociations: one row per enabled standard that has the control."""
    here.subscribed()
    control = controls().get(ask["SecurityControlId"])
    if control is None:
        raise invalid_input(f"Invalid parameter 'SecurityControlId'. Unknown control {ask['SecurityControlId']}.")
    rows = [
        _association(here, arn, control)
        for arn, standard in updatable_standards(here).items()
        if standard.path in control.standards
    ]
    return page(here, ask, "StandardsControlAssociationSummaries", lambda: rows)


def batch_get_associations(here: SecurityHubBackend, ask: Ask) -> Answer:
    """BatchGetStandardsControlAssociations."""
    here.subscribed()
    details, unprocessed = [], []
    for identity in ask["StandardsControlAssociationIds"]:
        control = _member(here, identity)
        if control is None:
            unprocessed.append({"StandardsControlAssociationId": identity, **_NOT_THERE})
        else:
            details.append(_association(here, identity["StandardsArn"], control))
    return {"StandardsControlAssociationDetails": details, "UnprocessedAssociations": unprocessed}


def batch_update_associations(here: SecurityHubBackend, ask: Ask) -> Answer:
    """BatchUpdateStandardsControlAssociations: what it can't do is listed in the answer."""
    here.subscribed()
    unprocessed = []
    for update in ask["StandardsControlAssociationUpdates"]:
        problem = _problem(here, update)
        if problem:
            unprocessed.append({"StandardsControlAssociationUpdate": update, **problem})
            continue
        here.associations[update["StandardsArn"], update["SecurityControlId"]] = {
            "AssociationStatus": update["AssociationStatus"],
            "UpdatedAt": clock.iso_millis(clock.now()),
            **({"UpdatedReason": update["UpdatedReason"]} if "UpdatedReason" in update else {}),
        }
    return {"UnprocessedAssociationUpdates": unprocessed}


_NOT_THERE = {"ErrorCode": "NOT_FOUND", "ErrorReason": "The standard is not enabled or does not have the control."}
_NO_REASON = {"ErrorCode": "INVALID_INPUT", "ErrorReason": "UpdatedReason is required to disable a control."}


def _problem(here: SecurityHubBackend, update: Mapping[str, str]) -> dict[str, str] | None:
    if _member(here, update) is None:
        return _NOT_THERE
    if update["AssociationStatus"] == "DISABLED" and "UpdatedReason" not in update:
        return _NO_REASON
    return None


def _member(here: SecurityHubBackend, identity: Mapping[str, str]) -> Control | None:
    """The control, if the standard is enabled and has it."""
    standard = updatable_standards(here).get(identity["StandardsArn"])
    control = controls().get(identity["SecurityControlId"])
    return control if control and standard and standard.path in control.standards else None


def _association(here: SecurityHubBackend, arn: str, control: Control) -> dict[str, Any]:
    subscribed_at = here.subscribed().subscribed_at
    return {
        "StandardsArn": arn,
        "SecurityControlId": control.id,
        "SecurityControlArn": here.arn(f"security-control/{control.id}"),
        "StandardsControlTitle": control.title,
        "StandardsControlDescription": _description(control),
        "RelatedRequirements": [],
        "AssociationStatus": "ENABLED",
        "UpdatedAt": clock.iso_millis(subscribed_at),
        **here.associations.get((arn, control.id), {}),
    }


def _described(here: SecurityHubBackend, control: Control) -> dict[str, Any]:
    rows = [
        _association(here, arn, control)
        for arn, standard in updatable_standards(here).items()
        if standard.path in control.standards
    ]
    on = any(row["AssociationStatus"] == "ENABLED" for row in rows)
    return {
        **_common(control),
        "SecurityControlArn": here.arn(f"security-control/{control.id}"),
        "SecurityControlStatus": "ENABLED" if on else "DISABLED",
        "UpdateStatus": "READY",
        "Parameters": {},
    }


def _definition(control: Control) -> dict[str, Any]:
    return {**_common(control), "CurrentRegionAvailability": "AVAILABLE", "CustomizableProperties": []}


def _common(control: Control) -> dict[str, Any]:
    return {
        "SecurityControlId": control.id,
        "Title": control.title,
        "Description": _description(control),
        "RemediationUrl": f"https://docs.aws.amazon.com/console/securityhub/{control.id}/remediation",
        "SeverityRating": control.severity,
        "Provider": "AWS",
    }


def _description(control: Control) -> str:
    return f"This control checks the following: {control.title}."


OPERATIONS = {
    "ListSecurityControlDefinitions": list_definitions,
    "GetSecurityControlDefinition": get_definition,
    "BatchGetSecurityControls": batch_get,
    "ListStandardsControlAssociations": list_associations,
    "BatchGetStandardsControlAssociations": batch_get_associations,
    "BatchUpdateStandardsControlAssociations": batch_update_associations,
}
