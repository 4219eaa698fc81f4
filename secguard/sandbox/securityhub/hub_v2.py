"""The new Security Hub (V2): a switch of its own, and the same findings in OCSF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from secguard.sandbox import clock
from secguard.sandbox.operations import Answer, ApiError, Ask
from secguard.sandbox.securityhub import composite
from secguard.sandbox.securityhub.backend import HubV2, SecurityHubBackend, backend_of
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.ocsf import from_asff
from secguard.sandbox.securityhub.refusals import denied, not_found
from secguard.sandbox.shared import members_of


def enable(here: SecurityHubBackend, ask: Ask) -> Answer:
    """EnableSecurityHubV2."""
    if here.hub_v2 is None:
        here.hub_v2 = HubV2(subscribed_at=clock.now(), tags=ask.get("Tags", {}))
    return {"HubV2Arn": _arn(here)}


def describe(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DescribeSecurityHubV2."""
    del ask
    if here.hub_v2 is None:
        raise not_found(f"Account {here.account_id} is not subscribed to AWS Security Hub V2")
    return {"HubV2Arn": _arn(here), "SubscribedAt": clock.iso_millis(here.hub_v2.subscribed_at)}


def disable(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DisableSecurityHubV2: Security Hub CSPM stays as it is."""
    del ask
    here.hub_v2 = None
    if here.hub is None:
        here.findings.clear()
    return {}


def get_findings(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetFindingsV2: of this Region alone; for an administrator also its members'."""
    if here.hub_v2 is None:
        # Which of its errors the operation answers with then is not documented.
        raise denied(f"Account {here.account_id} is not subscribed to AWS Security Hub V2")
    try:
        wanted = composite.predicate(ask.get("Filters", {}))
    except ValueError as error:
        raise ApiError("ValidationException", str(error)) from error
    return page(here, ask, "Findings", lambda: [each for each in _held(here) if wanted(each)])


def _held(here: SecurityHubBackend) -> Iterator[dict[str, Any]]:
    for account in (here.account_id, *members_of("securityhub", here.region_name, here.account_id)):
        for finding in backend_of(account, here.region_name).findings.values():
            yield from_asff(finding)


def _arn(here: SecurityHubBackend) -> str:
    return here.arn("hubv2/default")


OPERATIONS = {
    "EnableSecurityHubV2": enable,
    "DescribeSecurityHubV2": describe,
    "DisableSecurityHubV2": disable,
    "GetFindingsV2": get_findings,
}
