"""Custom actions: targets that a finding can be sent to, as an event."""

from __future__ import annotations

from typing import Any

from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.securityhub.backend import SecurityHubBackend
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.refusals import conflict, invalid_input, not_found, too_many

# The Security Hub user guide: 50 custom actions, with names and ids of at most 20 characters.
MAX_TARGETS, MAX_LENGTH = 50, 20


def create_target(here: SecurityHubBackend, ask: Ask) -> Answer:
    """CreateActionTarget."""
    here.subscribed()
    if len(ask["Name"]) > MAX_LENGTH:
        raise invalid_input(f"Invalid parameter 'Name'. Size is greater than maximum value: {MAX_LENGTH}.")
    if len(ask["Id"]) > MAX_LENGTH or not (ask["Id"].isascii() and ask["Id"].isalnum()):
        raise invalid_input(f"Invalid parameter 'Id'. Up to {MAX_LENGTH} letters and digits.")
    arn = here.arn(f"action/custom/{ask['Id']}")
    if arn in here.action_targets:
        raise conflict(f"The action target {ask['Id']} already exists")
    if len(here.action_targets) >= MAX_TARGETS:
        raise too_many(f"The account has the {MAX_TARGETS} action targets that it may have")
    here.action_targets[arn] = {"ActionTargetArn": arn, "Name": ask["Name"], "Description": ask["Description"]}
    return {"ActionTargetArn": arn}


def describe_targets(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DescribeActionTargets."""
    here.subscribed()
    wanted = ask.get("ActionTargetArns")
    listed = [_known(here, arn) for arn in wanted] if wanted else list(here.action_targets.values())
    return page(here, ask, "ActionTargets", lambda: listed)


def update_target(here: SecurityHubBackend, ask: Ask) -> Answer:
    """UpdateActionTarget."""
    here.subscribed()
    target = _known(here, ask["ActionTargetArn"])
    changes: dict[str, str] = {name: ask[name] for name in ("Name", "Description") if name in ask}
    here.action_targets[ask["ActionTargetArn"]] = {**target, **changes}
    return {}


def delete_target(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DeleteActionTarget."""
    here.subscribed()
    del here.action_targets[_known(here, ask["ActionTargetArn"])["ActionTargetArn"]]
    return {"ActionTargetArn": ask["ActionTargetArn"]}


def _known(here: SecurityHubBackend, arn: str) -> dict[str, Any]:
    if arn not in here.action_targets:
        raise not_found(f"Action target {arn} was not found")
    return here.action_targets[arn]


OPERATIONS = {
    "CreateActionTarget": create_target,
    "DescribeActionTargets": describe_targets,
    "UpdateActionTarget": update_target,
    "DeleteActionTarget": delete_target,
}
