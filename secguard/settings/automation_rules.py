"""Security Hub's automation rules: those there are, and the one that a suppression rule of ours stands behind.

A rule changes findings as they arrive or are updated by their provider, in its own Region, for its account and those
that the account administers. It does nothing to findings that are there already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from secguard.engine.change import Undo
from secguard.engine.seam import Answer, Call, Reader
from secguard.engine.setting import Address, Item, Read, Setting, WayBack
from secguard.engine.values import canonical, late
from secguard.errors import AwsError, ManagedElsewhere, NotThere, UsageError
from secguard.model import Value, Workflow, timestamp
from secguard.settings.own_rules import may_be_own, own_name, own_rule, own_tags

# Security Hub quotas: rules of an administrator account, in each Region.
MOST_RULES = 100
LAST = 1000
"""RuleOrder is 1 to 1000, the lowest first. Others decide before ours do, and a terminal rule of theirs is final."""
LONGEST_DESCRIPTION = 1024  # AWS::SecurityHub::AutomationRule in the CloudFormation reference
LONGEST_NOTE = 512  # the API reference of Security Hub's Note
NOTE_AUTHOR = "secguard"
_MOST_A_QUESTION = 100
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_GONE = 404

# AutomationRulesFindingFilters in the API reference, and how many values each of them takes.
CRITERIA = frozenset({
    "AwsAccountId", "AwsAccountName", "CompanyName", "ComplianceAssociatedStandardsId", "ComplianceSecurityControlId",
    "ComplianceStatus", "Confidence", "CreatedAt", "Criticality", "Description", "FirstObservedAt", "GeneratorId", "Id",
    "LastObservedAt", "NoteText", "NoteUpdatedAt", "NoteUpdatedBy", "ProductArn", "ProductName", "RecordState",
    "RelatedFindingsId", "RelatedFindingsProductArn", "ResourceApplicationArn", "ResourceApplicationName",
    "ResourceDetailsOther", "ResourceId", "ResourceOwnerAccountId", "ResourceOwnerOrgId", "ResourcePartition",
    "ResourceProvider", "ResourceRegion", "ResourceTags", "ResourceType", "SeverityLabel", "SourceUrl", "Title", "Type",
    "UpdatedAt", "UserDefinedFields", "VerificationState", "WorkflowStatus",
})  # fmt: skip
_TAKE_MORE = frozenset({"AwsAccountId", "GeneratorId", "ResourceId", "Title"})

_WORDS = {
    "RuleStatus": "status",
    "RuleOrder": "order",
    "IsTerminal": "finality",
    "Description": "description",
    "Criteria": "criteria",
    "Actions": "actions",
}
_PARTS = tuple(_WORDS)
_DEFAULTS = {"RuleStatus": "ENABLED", "IsTerminal": False, "Criteria": {}}
COPIES = "copies"
"""Beside those parts, where more than one rule was made for the same rule of ours: how many."""


def most_values(attribute: str) -> int:
    """How many values a criterion takes."""
    return 100 if attribute in _TAKE_MORE else 20


def suppressing(
    *, description: str, criteria: Mapping[str, Sequence[Mapping[str, Value]]], note: str, order: int = LAST
) -> dict[str, Value]:
    """The rule that sets what meets `criteria` to SUPPRESSED, with a note, as `AutomationRule` holds it.

    Raises UsageError for what AWS would refuse, and for an empty criterion or none, which would hide everything.
    """
    if not 1 <= len(description.strip()) <= LONGEST_DESCRIPTION:
        raise UsageError(f"an automation rule's description takes 1 to {LONGEST_DESCRIPTION} characters")
    if not 1 <= len(note.strip()) <= LONGEST_NOTE:
        raise UsageError(f"a note takes 1 to {LONGEST_NOTE} characters")
    _check(criteria)
    update = {"Workflow": {"Status": Workflow.SUPPRESSED.value}, "Note": {"Text": note, "UpdatedBy": NOTE_AUTHOR}}
    actions = [{"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update}]
    return _document({"RuleOrder": order, "Description": description, "Criteria": criteria, "Actions": actions})


def _check(criteria: Mapping[str, Sequence[Any]]) -> None:
    if not criteria or not all(criteria.values()):
        raise UsageError("a rule with an empty criterion, or none, would suppress every finding")
    for attribute, values in criteria.items():
        if attribute not in CRITERIA:
            raise UsageError(f"automation rules have no criterion {attribute}")
        if len(values) > most_values(attribute):
            raise UsageError(f"{attribute} takes {most_values(attribute)} values in a rule, not {len(values)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSeen:
    """An automation rule as BatchGetAutomationRules shows it, whoever made it."""

    arn: str
    name: str
    rule: str | None
    """The rule of ours that it was made for; None for what others have made."""
    value: dict[str, Value]
    """RuleStatus, RuleOrder, IsTerminal, Description, Criteria, Actions."""
    created_at: datetime | None
    """Timezone-aware."""
    updated_at: datetime | None
    created_by: str

    @property
    def suppresses(self) -> bool:
        """Whether it is in force and sets findings to SUPPRESSED."""
        return _hides(self.value) and self.value["RuleStatus"] == "ENABLED"


def see_rules(aws: Reader) -> list[RuleSeen]:
    """The rules of a place, in the order in which they are applied. Raises NotThere when Security Hub is off."""
    # Of two with the same order, the one that was edited last is applied last: the Security Hub user guide.
    return sorted(_look(aws), key=lambda rule: (rule.value["RuleOrder"], rule.updated_at or _LONG_AGO, rule.arn))


def _look(aws: Reader, *, named: str | None = None) -> list[RuleSeen]:
    """Every rule, or those of one name of ours."""
    listed = list(aws.items("securityhub", "ListAutomationRules", "AutomationRulesMetadata"))
    meant = [rule["RuleArn"] for rule in listed if named in (None, rule["RuleName"])]
    if not meant:
        return []
    # Whichever of ours is meant, the question is the same: within one look it is asked once.
    asked = [rule["RuleArn"] for rule in listed if named is None or may_be_own(rule["RuleName"])]
    told = _described(aws, asked)
    return [_seen(aws, rule) for arn in meant if (rule := _told(told, arn)) is not None]


def _described(aws: Reader, arns: Sequence[str]) -> dict[str, Mapping[str, Any] | AwsError]:
    """The rules by ARN, and why AWS would not tell some."""
    found: dict[str, Mapping[str, Any] | AwsError] = {}
    for start in range(0, len(arns), _MOST_A_QUESTION):
        some = list(arns[start : start + _MOST_A_QUESTION])
        answer = aws.ask("securityhub", "BatchGetAutomationRules", AutomationRulesArns=some)
        found |= {rule["RuleArn"]: rule for rule in answer["Rules"]}
        for unread in answer.get("UnprocessedAutomationRules", ()):
            if unread.get("ErrorCode") != _GONE:
                arn = unread.get("RuleArn", "")
                found[arn] = AwsError(f"automation rule {arn} can't be read: {_why(unread)}")
    return found


def _told(told: Mapping[str, Mapping[str, Any] | AwsError], arn: str) -> Mapping[str, Any] | None:
    """The rule of that ARN, or None where it has gone since it was listed. Raises AwsError when AWS would not tell."""
    rule = told.get(arn)
    if isinstance(rule, AwsError):
        raise rule
    return rule


def _seen(aws: Reader, rule: Mapping[str, Any]) -> RuleSeen:
    arn, name = rule["RuleArn"], rule["RuleName"]
    tags = aws.ask("securityhub", "ListTagsForResource", ResourceArn=arn)["Tags"] if may_be_own(name) else {}
    return RuleSeen(
        arn=arn,
        name=name,
        rule=own_rule(name, tags),
        value=_document(rule),
        created_at=rule.get("CreatedAt"),
        updated_at=rule.get("UpdatedAt"),
        created_by=rule.get("CreatedBy", ""),
    )


def administrator_of(aws: Reader) -> str | None:
    """The account whose rules hold here, and which alone can make any; None: this one. Raises NotThere when off."""
    administrator = aws.ask("securityhub", "GetAdministratorAccount").get("Administrator") or {}
    in_force = str(administrator.get("MemberStatus", "")).upper() == "ENABLED"
    return administrator.get("AccountId") if in_force else None


class AutomationRule(Setting):
    """The automation rule made for a rule of ours: RuleStatus, RuleOrder, IsTerminal, Description, Criteria, Actions.

    None where there is none. The address holds the name of our `rule`: an ARN is known only once a rule is made, and
    whoever makes one again gets another.
    """

    name = "securityhub.automation-rule"
    reads = (
        "securityhub:ListAutomationRules",
        "securityhub:BatchGetAutomationRules",
        "securityhub:ListTagsForResource",
        "securityhub:GetAdministratorAccount",
    )
    writes = (
        "securityhub:CreateAutomationRule",
        "securityhub:BatchUpdateAutomationRules",
        "securityhub:BatchDeleteAutomationRules",
        "securityhub:TagResource",
    )

    def read(self, aws: Reader, address: Address) -> Read:
        """The context is the ARNs. Raises ManagedElsewhere in a member account, NotThere when Security Hub is off."""
        if (administrator := administrator_of(aws)) is not None:
            raise ManagedElsewhere(
                f"automation rules for {aws.place.account} are made in account {administrator}, its administrator",
                advice=f"name that account: --account {administrator}",
            )
        named = _look(aws, named=own_name(address["rule"]))
        rules = sorted((r for r in named if r.rule is not None), key=lambda r: (r.created_at or _LONG_AGO, r.arn))
        if not rules:
            return Read(None, context=[])
        copies = {COPIES: len(rules)} if len(rules) > 1 else {}
        return Read({**rules[0].value, **copies}, context=[r.arn for r in rules], yields={"RuleArn": rules[0].arn})

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """One call; two where a second rule had been made for the same rule of ours."""
        if found is None:
            return [] if wanted is None else [_create(address["rule"], wanted)]
        arns = context or [late("this.RuleArn")]
        if wanted is None:
            return [_delete(arns)]
        extra = [_delete(arns[1:])] if len(arns) > 1 else []
        changed = {part: wanted[part] for part in _PARTS if found[part] != wanted[part]}
        update = {"UpdateAutomationRulesRequestItems": [{"RuleArn": arns[0], **changed}]}
        return [*extra, *([Call("securityhub", "BatchUpdateAutomationRules", update)] if changed else [])]

    def refusals(self, items: Sequence[Item], answers: Sequence[Answer]) -> Mapping[int, str]:
        """What was left unprocessed and will be again."""
        problems = [why for code, why in _unprocessed(answers) if not _passing(code)]
        return {0: problems[0]} if problems else {}

    def postponed(self, items: Sequence[Item], answers: Sequence[Answer]) -> Mapping[int, str]:
        """What was left unprocessed for want of pace, or because something broke in AWS."""
        problems = [why for code, why in _unprocessed(answers) if _passing(code)]
        return {0: problems[0]} if problems else {}

    def passes(self, error: AwsError) -> bool:
        """What is not there to be deleted any more, the next look does not find."""
        return isinstance(error, NotThere) and error.operation == "BatchDeleteAutomationRules"

    def passes_through(self, value: Value, before: Value, after: Value) -> bool:
        """A second rule may have come up beside the first, or be gone before the first is as it should be."""
        return value is not None and _one(value) in (_one(before), after)

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """A rule that was deleted is made anew; of several, one."""
        if before is None:
            return WayBack(Undo.EXACT, None, "what the rule has suppressed until then stays suppressed")
        if after is None or COPIES in before:
            return WayBack(Undo.NEAREST, _one(before), "the rule is made anew, under another ARN")
        return WayBack(Undo.EXACT, before)

    def target(self, address: Address) -> str:
        """AWS's name of it."""
        return f"automation rule {own_name(address['rule'])}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """Made, deleted, or what of it changes. It names the rule: many Regions are told of without their targets."""
        rule = address["rule"]
        if after is None:
            return f"lift {rule}: delete the rule"
        if before is None:
            does = "suppress" if _hides(after) else "update"
            return f"{does} what {rule} means, by {', '.join(after['Criteria'])}"
        parts = [_WORDS[part] for part in _PARTS if before[part] != after[part]]
        return f"change the {', '.join(parts)} of {rule}" if parts else f"delete the double of {rule}"


SETTINGS = (AutomationRule(),)


def _create(rule: str, wanted: Value) -> Call:
    wish = {"RuleName": own_name(rule), **{part: wanted[part] for part in _PARTS}, "Tags": own_tags(rule)}
    return Call("securityhub", "CreateAutomationRule", wish)


def _delete(arns: Sequence[Value]) -> Call:
    return Call("securityhub", "BatchDeleteAutomationRules", {"AutomationRulesArns": list(arns)})


def _one(value: Value) -> Value:
    return None if value is None else {part: value[part] for part in _PARTS}


def _unprocessed(answers: Sequence[Answer]) -> Iterator[tuple[int, str]]:
    """What a batch left out: the code, which is an HTTP status, and the reason. What is gone, the next look tells."""
    for answer in answers:
        for entry in answer.get("UnprocessedAutomationRules", ()):
            code = int(entry.get("ErrorCode", 0))
            if code != _GONE:
                yield code, _why(entry)


def _passing(code: int) -> bool:
    return code == 429 or code >= 500


def _why(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage', 'no reason given')}"


def _document(rule: Mapping[str, Any]) -> dict[str, Value]:
    """What we care about of a rule. AWS keeps no order in criteria, and leaves out what is empty."""
    whole = {**_DEFAULTS, **{part: rule[part] for part in _PARTS if rule.get(part) is not None}}
    criteria = {
        name: sorted(map(_timed, map(_plain, wanted)), key=canonical)
        for name, wanted in whole["Criteria"].items()
        if wanted
    }
    return {**whole, "Criteria": criteria, "Actions": [_plain(action) for action in whole["Actions"]]}


def _timed(criterion: Mapping[str, Any]) -> dict[str, Any]:
    """The criterion with its moments spelled as we do: AWS takes several spellings, and may answer with another."""
    return {name: _moment(part) if name in ("Start", "End") else part for name, part in criterion.items()}


def _moment(said: Any) -> Any:
    try:
        return timestamp(msgspec.convert(said, datetime))
    except (msgspec.ValidationError, ValueError, OverflowError):
        return said


def _plain(value: Any) -> Any:
    """A copy without what says nothing: null, an empty list, an empty object."""
    if isinstance(value, Mapping):
        inside = {name: _plain(part) for name, part in value.items()}
        return {name: part for name, part in inside.items() if part is not None and part not in ({}, [])}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _hides(value: Mapping[str, Any]) -> bool:
    updates = (action.get("FindingFieldsUpdate", {}) for action in value["Actions"])
    return any(update.get("Workflow", {}).get("Status") == Workflow.SUPPRESSED for update in updates)
