"""A finding as the record that other programs read: the keys of every JSON output. Keys may be added, not removed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from secguard.model import Actor, Finding, Resource, timestamp


def to_record(finding: Finding) -> dict[str, Any]:
    """Plain JSON, without what the source said."""
    return {
        "id": finding.id,
        "short_id": finding.short_id,
        "product_arn": finding.product_arn,
        "source": finding.source.value,
        "product": finding.product,
        "account": finding.account,
        "region": finding.region,
        "severity": finding.severity.name,
        "severity_score": finding.severity_score,
        "priority": finding.priority,
        "priority_reasons": list(finding.priority_reasons),
        "title": finding.title,
        "description": finding.description,
        "types": list(finding.types),
        "resources": [_resource(resource) for resource in finding.resources],
        "actor": _actor(finding.actor),
        "workflow_status": finding.workflow_status.value if finding.workflow_status else None,
        "record_state": finding.record_state,
        "compliance_status": finding.compliance_status,
        "control_id": finding.control_id,
        "standards": list(finding.standards),
        "count": finding.count,
        "first_seen": _time(finding.first_seen),
        "last_seen": _time(finding.last_seen),
        "updated_at": _time(finding.updated_at),
        "sample": finding.sample,
        "console_url": finding.console_url,
        "playbooks": list(finding.playbooks),
        "mitre": [{"tactic": known.tactic, "technique": known.technique} for known in finding.mitre],
    }


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "type": resource.type,
        "id": resource.id,
        "name": resource.name,
        "region": resource.region,
        "account": resource.account,
        "tags": dict(resource.tags),
    }


def _actor(actor: Actor | None) -> dict[str, Any] | None:
    if actor is None:
        return None
    return {"ip": actor.ip, "country": actor.country, "asn": actor.asn, "org": actor.org}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
