"""The hub: Security Hub's switch and settings."""

from __future__ import annotations

from dataclasses import replace

from secguard.sandbox import clock
from secguard.sandbox.operations import Answer, ApiError, Ask
from secguard.sandbox.securityhub import standards
from secguard.sandbox.securityhub.backend import Hub, SecurityHubBackend
from secguard.sandbox.securityhub.refusals import conflict, not_found
from secguard.sandbox.shared import members_of


def enable_security_hub(here: SecurityHubBackend, ask: Ask) -> Answer:
    """EnableSecurityHub: brings the two default standards unless told not to."""
    if here.hub:
        raise conflict("Account is already subscribed to AWS Security Hub")
    here.hub = Hub(
        subscribed_at=clock.now(),
        auto_enable_controls=True,
        control_finding_generator=ask.get("ControlFindingGenerator", "SECURITY_CONTROL"),
        tags=ask.get("Tags", {}),
    )
    if ask.get("EnableDefaultStandards", True):
        for standard in standards.enabled_by_default(here):
            standards.subscribe(here, standard, {})
    return {}


def describe_hub(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DescribeHub."""
    hub = here.subscribed()
    arn = here.arn("hub/default")
    if ask.get("HubArn", arn) != arn:
        raise not_found(f"Hub {ask['HubArn']} was not found")
    return {
        "HubArn": arn,
        "SubscribedAt": clock.iso_millis(hub.subscribed_at),
        "AutoEnableControls": hub.auto_enable_controls,
        "ControlFindingGenerator": hub.control_finding_generator,
    }


def update_configuration(here: SecurityHubBackend, ask: Ask) -> Answer:
    """UpdateSecurityHubConfiguration."""
    hub = here.subscribed()
    here.hub = replace(
        hub,
        auto_enable_controls=ask.get("AutoEnableControls", hub.auto_enable_controls),
        control_finding_generator=ask.get("ControlFindingGenerator", hub.control_finding_generator),
    )
    return {}


def disable_security_hub(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DisableSecurityHub: refused to an administrator that has members."""
    del ask
    here.subscribed()
    if members_of("securityhub", here.region_name, here.account_id):
        raise ApiError(
            "InvalidAccessException", f"Account {here.account_id} is an administrator account and has member accounts"
        )
    here.clear_settings()
    here.findings.clear()
    here.history.clear()
    here.updated_by_hand.clear()
    here.aggregator = None
    return {}


OPERATIONS = {
    "EnableSecurityHub": enable_security_hub,
    "DescribeHub": describe_hub,
    "UpdateSecurityHubConfiguration": update_configuration,
    "DisableSecurityHub": disable_security_hub,
}
