"""Automation rules: kept, listed and changed. They are not applied to findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.moto_api._internal import mock_random

from secguard.sandbox import clock
from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.securityhub.backend import SecurityHubBackend
from secguard.sandbox.securityhub.filtering import predicate
from secguard.sandbox.securityhub.history import caller_arn
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.refusals import denied, too_many
from secguard.sandbox.shared import administrator_of

# Security Hub quotas: automation rules of an administrator account in a Region.
MAX_RULES = 100
SETTINGS = ("RuleStatus", "RuleOrder", "RuleName", "Description", "IsTerminal", "Criteria", "Actions")
METADATA = ("RuleArn", *SETTINGS[:5], "CreatedAt", "UpdatedAt", "CreatedBy")

Rule = dict[str, Any]


def create_rule(here: SecurityHubBackend, ask: Ask) -> Answer:
    """CreateAutomationRule: not for member accounts."""
    here.subscribed()
    if administrator_of("securityhub", here.region_name, here.account_id):
        raise denied("Automation rules can only be created by an administrator account")
    if len(here.rules) >= MAX_RULES:
        raise too_many(f"The account has the {MAX_RULES} automation rules that it may have")
    predicate(ask["Criteria"])
    arn = here.arn(f"automation-rule/{mock_random.uuid4()}")
    moment = clock.iso_millis(clock.now())
    here.rules[arn] = {
        "RuleArn": arn,
        "RuleStatus": "ENABLED",
        "IsTerminal": False,
        **{name: ask[name] for name in SETTINGS if name in ask},
        "CreatedAt": moment,
        "UpdatedAt": moment,
        "CreatedBy": caller_arn(here),
    }
    here.tags[arn] = ask.get("Tags", {})
    return {"RuleArn": arn}


def list_rules(here: SecurityHubBackend, ask: Ask) -> Answer:
    """ListAutomationRules: without their criteria and actions, in their order."""
    here.subscribed()
    rules = sorted(here.rules.values(), key=lambda rule: rule["RuleOrder"])
    metadata = [{name: rule[name] for name in METADATA} for rule in rules]
    return page(here, ask, "AutomationRulesMetadata", lambda: metadata)


def batch_get_rules(here: SecurityHubBackend, ask: Ask) -> Answer:
    """BatchGetAutomationRules."""
    here.subscribed()
    known = [here.rules[arn] for arn in ask["AutomationRulesArns"] if arn in here.rules]
    return {"Rules": known, "UnprocessedAutomationRules": _unknown(here, ask["AutomationRulesArns"])}


def batch_update_rules(here: SecurityHubBackend, ask: Ask) -> Answer:
    """BatchUpdateAutomationRules: what is not named keeps its value."""
    here.subscribed()
    items = {item["RuleArn"]: item for item in ask["UpdateAutomationRulesRequestItems"]}
    return _batch(here, list(items), lambda arn: _update(here, items[arn]))


def batch_delete_rules(here: SecurityHubBackend, ask: Ask) -> Answer:
    """BatchDeleteAutomationRules."""
    here.subscribed()
    return _batch(here, ask["AutomationRulesArns"], lambda arn: _delete(here, arn))


def _batch(here: SecurityHubBackend, arns: list[str], act: Callable[[str], None]) -> Answer:
    unknown = _unknown(here, arns)
    processed = [arn for arn in arns if arn in here.rules]
    for arn in processed:
        act(arn)
    return {"ProcessedAutomationRules": processed, "UnprocessedAutomationRules": unknown}


def _update(here: SecurityHubBackend, item: Rule) -> None:
    predicate(item.get("Criteria", {}))
    changes = {name: item[name] for name in SETTINGS if name in item}
    here.rules[item["RuleArn"]] = {
        **here.rules[item["RuleArn"]],
        **changes,
        "UpdatedAt": clock.iso_millis(clock.now()),
    }


def _delete(here: SecurityHubBackend, arn: str) -> None:
    del here.rules[arn]
    here.tags.pop(arn, None)


def _unknown(here: SecurityHubBackend, arns: list[str]) -> list[dict[str, Any]]:
    message = "The automation rule was not found"
    return [{"RuleArn": arn, "ErrorCode": 404, "ErrorMessage": message} for arn in arns if arn not in here.rules]


OPERATIONS = {
    "CreateAutomationRule": create_rule,
    "ListAutomationRules": list_rules,
    "BatchGetAutomationRules": batch_get_rules,
    "BatchUpdateAutomationRules": batch_update_rules,
    "BatchDeleteAutomationRules": batch_delete_rules,
}
