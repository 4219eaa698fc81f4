"""The sandbox's GuardDuty."""

from __future__ import annotations

from moto.guardduty.models import guardduty_backends

from secguard.sandbox.guardduty import counts, detectors, filters, findings, members, organization, samples
from secguard.sandbox.guardduty.backend import GuardDutyBackend
from secguard.sandbox.guardduty.findings import put_findings
from secguard.sandbox.guardduty.refusals import invalid
from secguard.sandbox.operations import Service

__all__ = ["BACKEND", "SERVICE", "put_findings"]

SERVICE = Service(
    name="guardduty",
    backends=guardduty_backends,
    operations={
        **detectors.OPERATIONS,
        **findings.OPERATIONS,
        **counts.OPERATIONS,
        **samples.OPERATIONS,
        **filters.OPERATIONS,
        **members.OPERATIONS,
        **organization.OPERATIONS,
    },
    refuse=invalid,
)
BACKEND = GuardDutyBackend
