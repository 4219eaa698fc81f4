"""The sandbox's Security Hub."""

from __future__ import annotations

from moto.securityhub.models import securityhub_backends

from secguard.sandbox.operations import Service
from secguard.sandbox.securityhub import (
    actions,
    aggregation,
    controls,
    findings,
    history,
    hub,
    hub_v2,
    imports,
    insights,
    members,
    organization,
    products,
    rules,
    standards,
    tags,
)
from secguard.sandbox.securityhub.backend import SecurityHubBackend
from secguard.sandbox.securityhub.findings import put_findings, receive
from secguard.sandbox.securityhub.refusals import invalid

__all__ = ["BACKEND", "SERVICE", "put_findings", "receive"]

SERVICE = Service(
    name="securityhub",
    backends=securityhub_backends,
    operations={
        **hub.OPERATIONS,
        **hub_v2.OPERATIONS,
        **standards.OPERATIONS,
        **controls.OPERATIONS,
        **aggregation.OPERATIONS,
        **products.OPERATIONS,
        **findings.OPERATIONS,
        **imports.OPERATIONS,
        **history.OPERATIONS,
        **insights.OPERATIONS,
        **rules.OPERATIONS,
        **actions.OPERATIONS,
        **members.OPERATIONS,
        **organization.OPERATIONS,
        **tags.OPERATIONS,
    },
    refuse=invalid,
    check_themselves=frozenset({"BatchImportFindings"}),
)
BACKEND = SecurityHubBackend
