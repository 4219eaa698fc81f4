"""Automation rules: what they make of the findings that arrive after them.

An administrator's rules are about its members' findings too; a member's own count for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from moto.moto_api._internal import mock_random

from secguard.sandbox import clock
from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.securityhub.backend import Finding, SecurityHubBackend, backend_of
from secguard.sandbox.securityhub.filtering import conjunction, refuse_many
from secguard.sandbox.securityhub.history import caller_arn
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.refusals import denied, invalid_input, too_many
from secguard.sandbox.shared import administrator_of

# Security Hub quotas: automation rules of an administrator account in a Region.
MAX_RULES = 100
# The API reference of AutomationRulesFindingFilters.
MAX_VALUES = 20
TAKE_MORE = {"AwsAccountId": 100, "GeneratorId": 100, "ResourceId": 100, "Title": 100}
# AWS::SecurityHub::AutomationRule in the CloudFormation reference.
LONGEST = {"RuleName": 256, "Description": 1024}
SETTINGS = ("RuleStatus", "RuleOrder", "RuleName", "Description", "IsTerminal", "Criteria", "Actions")
METADATA = ("RuleArn", *SETTINGS[:5], "CreatedAt", "UpdatedAt", "CreatedBy")

Rule = dict[str, Any]
Update = dict[str, Any]
"""Fields of a finding with their new values, as BatchUpdateFindings takes them."""


def updates(here: SecurityHubBackend, finding: Finding) -> Iterator[tuple[str, Update]]:
    """What the rules make of a finding as it has arrived: each rule's ARN and its update, the last to be applied last.

    BatchUpdateFindings sets no rule off.
    """
    for rule in sorted(_in_force(here), key=_turn):
        if conjunction(rule["Criteria"])(finding):
            yield from ((rule["RuleArn"], action["FindingFieldsUpdate"]) for action in rule["Actions"])
            if rule["IsTerminal"]:
                return


def _in_force(here: SecurityHubBackend) -> list[Rule]:
    if here.hub is None:
        # Only the new Security Hub is on, which has rules of another kind.
        return []
    administrator = administrator_of("securityhub", here.region_name, here.account_id)
    rules = (backend_of(administrator, here.region_name) if administrator else here).rules
    return [rule for rule in rules.values() if rule["RuleStatus"] == "ENABLED"]


def _turn(rule: Rule) -> tuple[int, str]:
    """Of two with the same order, the one that was edited last comes last: the Security Hub user guide."""
    return rule["RuleOrder"], rule["UpdatedAt"]


def create_rule(here: SecurityHubBackend, ask: Ask) -> Answer:
    """CreateAutomationRule: not for member accounts."""
    here.subscribed()
    if administrator_of("securityhub", here.region_name, here.account_id):
        raise denied("Automation rules can only be created by an administrator account")
    if len(here.rules) >= MAX_RULES:
        raise too_many(f"The account has the {MAX_RULES} automation rules that it may have")
    _refuse_misfits(ask)
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
    rules = sorted(here.rules.values(), key=_turn)
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
    for item in items.values():
        _refuse_misfits(item)
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
    changes = {name: item[name] for name in SETTINGS if name in item}
    here.rules[item["RuleArn"]] = {
        **here.rules[item["RuleArn"]],
        **changes,
        "UpdatedAt": clock.iso_millis(clock.now()),
    }


def _refuse_misfits(rule: Rule) -> None:
    """Refuse criteria that don't go together or are too many, and texts that are too long."""
    for attribute, wanted in rule.get("Criteria", {}).items():
        refuse_many(f"Criteria.{attribute}", wanted, most=TAKE_MORE.get(attribute, MAX_VALUES))
    conjunction(rule.get("Criteria", {}))
    for name, longest in LONGEST.items():
        if len(rule.get(name, "")) > longest:
            raise invalid_input(f"Invalid parameter '{name}'. It is longer than {longest} characters.")


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
