"""A finding as the record that other programs read: the keys of every JSON output. Keys may be added, not removed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from secguard.findings.reasons import Step
from secguard.model import Actor, Finding, Resource, Severity, Technique, Workflow, timestamp

_LEVELS = tuple(severity.name for severity in sorted(Severity))


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The keys of the record, in their order."""

    id: str
    short_id: str
    product_arn: str
    source: str
    product: str
    account: str
    region: str
    severity: str
    severity_score: int
    priority: int
    priority_reasons: tuple[str, ...]
    title: str
    description: str
    types: tuple[str, ...]
    resources: tuple[Resource, ...]
    actor: Actor | None
    workflow_status: Workflow | None
    record_state: str | None
    compliance_status: str | None
    control_id: str | None
    standards: tuple[str, ...]
    count: int | None
    first_seen: datetime | str | None
    last_seen: datetime | str | None
    updated_at: datetime | str | None
    sample: bool
    console_url: str | None
    playbooks: tuple[str, ...]
    mitre: tuple[Technique, ...]


def record_of(finding: Finding) -> Record:
    """What is written of a finding; what the source said stays out."""
    return Record(
        id=finding.id,
        short_id=finding.short_id,
        product_arn=finding.product_arn,
        source=finding.source,
        product=finding.product,
        account=finding.account,
        region=finding.region,
        severity=_LEVELS[finding.severity],
        severity_score=finding.severity_score,
        priority=finding.priority,
        priority_reasons=finding.priority_reasons,
        title=finding.title,
        description=finding.description,
        types=finding.types,
        resources=finding.resources,
        actor=finding.actor,
        workflow_status=finding.workflow_status,
        record_state=finding.record_state,
        compliance_status=finding.compliance_status,
        control_id=finding.control_id,
        standards=finding.standards,
        count=finding.count,
        first_seen=_time(finding.first_seen),
        last_seen=_time(finding.last_seen),
        updated_at=_time(finding.updated_at),
        sample=finding.sample,
        console_url=finding.console_url,
        playbooks=finding.playbooks,
        mitre=finding.mitre,
    )


def to_record(finding: Finding) -> dict[str, Any]:
    """The same as plain JSON."""
    record: dict[str, Any] = msgspec.to_builtins(record_of(finding))
    return record


def with_steps(record: dict[str, Any], steps: Iterable[Step]) -> dict[str, Any]:
    """A record with what its priority adds up from, as `--explain` and `show` tell it."""
    return {**record, "priority_steps": [{"points": step.points, "reason": step.reason} for step in steps]}


def _time(moment: datetime | None) -> datetime | str | None:
    """A time as `timestamp` spells it; where it is a whole second of UTC, msgspec spells it so itself."""
    if moment is None or (moment.microsecond == 0 and moment.tzinfo is UTC):
        return moment
    return timestamp(moment)
