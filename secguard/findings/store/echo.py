"""Have in the cache what secguard itself has just set on findings: AWS tells of it by no update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from secguard.engine.change import Change, Plan, Status
from secguard.findings.forms.asff import LABEL_SCORES, read_asff
from secguard.findings.forms.fields import inside
from secguard.findings.forms.guardduty import read_guardduty
from secguard.findings.store.database import Store
from secguard.findings.store.reading import numbered
from secguard.findings.store.writing import overwrite
from secguard.model import Finding, Severity, Source, Value
from secguard.settings.findings import WorkflowStatus
from secguard.settings.guardduty_findings import Archived
from secguard.settings.triage import OWN_FIELD, Triage

_SET = frozenset({Status.VERIFIED, Status.PENDING})
_ABOUT_FINDINGS = frozenset({Triage.name, WorkflowStatus.name, Archived.name})


def tells_of_findings(plan: Plan) -> bool:
    """Whether a plan that was applied has set something on findings."""
    return any(_of_a_finding(plan))


def echo(store: Store, plan: Plan) -> int:
    """Set in the cache what an applied plan has set in AWS; gives on how many findings. Raises CacheError."""
    count = 0
    for change in _of_a_finding(plan):
        known = numbered(store, finding_id=_id(change), product_arn=change.address.get("product_arn"))
        changed = None if known is None else _changed(known[1], change)
        if known is not None and changed is not None:
            overwrite(store, known[0], changed)
            count += 1
    return count


def _of_a_finding(plan: Plan) -> Iterator[Change]:
    return (change for change in plan.changes if change.status in _SET and change.setting in _ABOUT_FINDINGS)


def _id(change: Change) -> str:
    # GuardDuty's setting has the finding by the id within its detector; the change itself has it by the full one.
    return str(change.findings[0] if change.setting == Archived.name and change.findings else change.address["id"])


def _changed(finding: Finding, change: Change) -> Finding | None:
    """The finding as its source tells it now; None where this change is none of what that source tells."""
    said = finding.raw
    if change.setting == Archived.name:
        if finding.source is not Source.GUARDDUTY:
            return None
        read = read_guardduty({**said, "Service": {**inside(said, "Service"), "Archived": change.after}}, position="")
    elif finding.source is Source.SECURITY_HUB:
        fields = {"Workflow": change.after} if change.setting == WorkflowStatus.name else change.after
        read = read_asff(with_fields(said, fields), position="")
    else:
        return None
    return read if isinstance(read, Finding) else None


def with_fields(finding: Mapping[str, Any], fields: Mapping[str, Value]) -> dict[str, Any]:
    """A finding in ASFF with some fields set, by their names in `settings.triage`; None takes one away."""
    told = dict(finding)
    for name, value in fields.items():
        if name.startswith(OWN_FIELD):
            own = {**inside(told, "UserDefinedFields"), name.removeprefix(OWN_FIELD): value}
            told["UserDefinedFields"] = {key: each for key, each in own.items() if each is not None}
        elif value is None:
            told.pop(name, None)
        elif name == "Workflow":
            told[name] = {**inside(told, name), "Status": value}
        elif name == "Severity":
            told[name] = {**inside(told, name), **_severity(value)}
        else:
            told[name] = value
    return told


def _severity(value: Value) -> dict[str, Value]:
    if isinstance(value, str):
        return {"Label": value, "Normalized": LABEL_SCORES[Severity[value]]}
    return {"Label": Severity.of_normalized(value).name, "Normalized": value}
