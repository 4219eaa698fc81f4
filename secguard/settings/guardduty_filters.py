"""GuardDuty's filters: those there are, and the one that archives what a suppression rule of ours is about.

A filter that archives does so with new findings as they come, of its account and of those that the account administers;
they go no further, neither to Security Hub nor to EventBridge. Findings that are there already stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from secguard.engine.change import Undo
from secguard.engine.seam import Call, Reader
from secguard.engine.setting import Address, Read, Setting, WayBack
from secguard.engine.values import late
from secguard.errors import AwsError, BrokenAnswer, ManagedElsewhere, NotThere, UsageError
from secguard.model import Value
from secguard.settings.own_rules import own_name, own_rule, own_tags

MOST_FILTERS = 100  # the quota table of the GuardDuty user guide: for each account and Region
# Condition in the API reference.
MOST_VALUES = 50
MOST_PATTERNS = 5
LONGEST_DESCRIPTION = 512  # FilterDescription in the API reference
ARCHIVE = "ARCHIVE"
_IN_FORCE = "Enabled"

# CreateFilter in the API reference: what else stands in a description, the service refuses.
_NOT_IN_A_DESCRIPTION = re.compile(r"[^A-Za-z0-9\s.:_(){}\[\]/-]", re.ASCII)
# Condition in the API reference: each of the older names means the same as the newer one.
_NEWER = {
    "Eq": "Equals",
    "Neq": "NotEquals",
    "Gt": "GreaterThan",
    "Gte": "GreaterThanOrEqual",
    "Lt": "LessThan",
    "Lte": "LessThanOrEqual",
}
_MOST = {"Equals": MOST_VALUES, "NotEquals": MOST_VALUES, "Matches": MOST_PATTERNS, "NotMatches": MOST_PATTERNS}
_WORDS = {"Action": "action", "Description": "description", "FindingCriteria": "criteria"}
_PARTS = tuple(_WORDS)


def archiving(*, description: str, criterion: Mapping[str, Mapping[str, Value]]) -> dict[str, Value]:
    """The filter that archives what meets `criterion`, as `DetectorFilter` holds it.

    What a description may not hold becomes a hyphen, and what is too long is cut. Raises UsageError for what AWS would
    refuse, and for an empty criterion or none at all, which would hide everything.
    """
    if not criterion or not all(map(_condition, criterion.values())):
        raise UsageError("a filter with an empty criterion, or none, would archive every finding")
    for field, condition in criterion.items():
        for operator, wanted in condition.items():
            if isinstance(wanted, list) and len(wanted) > _MOST.get(operator, MOST_VALUES):
                raise UsageError(f"{field} takes {_MOST[operator]} values with {operator}, not {len(wanted)}")
    told = _NOT_IN_A_DESCRIPTION.sub("-", description)[:LONGEST_DESCRIPTION]
    return _document({"Action": ARCHIVE, "Description": told, "FindingCriteria": {"Criterion": criterion}})


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSeen:
    """A filter as GetFilter shows it, whoever made it."""

    name: str
    rule: str | None
    """The rule of ours that it was made for; None for what others have made."""
    rank: int | None
    value: dict[str, Value]
    """Action, Description, FindingCriteria."""
    created_at: datetime | None
    """Timezone-aware."""

    @property
    def suppresses(self) -> bool:
        """Whether it archives what it matches."""
        return bool(self.value["Action"] == ARCHIVE)


def see_filters(aws: Reader) -> list[FilterSeen]:
    """The filters of a place, by rank. Raises NotThere when GuardDuty is off."""
    detector = _detector(aws)
    seen = (_seen(aws, detector, name) for name in _names(aws, detector))
    there = (each for each in seen if each is not None)
    return sorted(there, key=lambda each: (each.rank or MOST_FILTERS, each.name))


def detector_of(aws: Reader) -> str | None:
    """The id of the place's detector, or None."""
    ids = aws.ask("guardduty", "ListDetectors")["DetectorIds"]
    return str(ids[0]) if ids else None


def _detector(aws: Reader) -> str:
    detector = detector_of(aws)
    if detector is None:
        raise NotThere(
            f"GuardDuty is off in {aws.place}",
            advice=f"turn it on: secguard enable --service guardduty --region {aws.place.region}",
        )
    return detector


def administrator_of(aws: Reader, detector: str) -> str | None:
    """The account that administers this one's GuardDuty, and alone can make filters; None: this one."""
    try:
        answer = aws.ask("guardduty", "GetAdministratorAccount", DetectorId=detector)
    except BrokenAnswer:
        # GuardDuty answers with nothing, against its own model, where nobody administers the account.
        return None
    administrator: Mapping[str, Any] = answer.get("Administrator") or {}
    in_force = administrator.get("RelationshipStatus") == _IN_FORCE
    return administrator.get("AccountId") if in_force else None


def _names(aws: Reader, detector: str) -> list[str]:
    return list(aws.items("guardduty", "ListFilters", "FilterNames", DetectorId=detector))


def _seen(aws: Reader, detector: str, name: str) -> FilterSeen | None:
    """One filter, or None where it has gone since it was listed."""
    try:
        found = aws.ask("guardduty", "GetFilter", DetectorId=detector, FilterName=name)
    except NotThere:
        return None
    return FilterSeen(
        name=name,
        rule=own_rule(name, found.get("Tags") or {}),
        rank=found.get("Rank"),
        value=_document(found),
        created_at=found.get("CreatedAt"),
    )


class DetectorFilter(Setting):
    """The filter made for a rule of ours: Action, Description, FindingCriteria. None where there is none.

    The address holds the name of our `rule`. The rank is not part of the value: GuardDuty keeps ranks without gaps, and
    moves a filter's when another one comes or goes.
    """

    name = "guardduty.filter"
    reads = (
        "guardduty:ListDetectors",
        "guardduty:GetAdministratorAccount",
        "guardduty:ListFilters",
        "guardduty:GetFilter",
    )
    writes = ("guardduty:CreateFilter", "guardduty:UpdateFilter", "guardduty:DeleteFilter", "guardduty:TagResource")

    def read(self, aws: Reader, address: Address) -> Read:
        """The context is the detector's id. Raises ManagedElsewhere in a member account, and for a filter not ours."""
        detector, name = _detector(aws), own_name(address["rule"])
        if (administrator := administrator_of(aws, detector)) is not None:
            raise ManagedElsewhere(
                f"GuardDuty's filters for {aws.place.account} are made in account {administrator}, its administrator",
                advice=f"name that account: --account {administrator}",
            )
        yields = {"DetectorId": detector, "FilterName": name}
        seen = _seen(aws, detector, name) if name in _names(aws, detector) else None
        if seen is None:
            return Read(None, context=detector, yields=yields)
        if seen.rule is None:
            raise ManagedElsewhere(
                f"the GuardDuty filter {name} in {aws.place} was not made by secguard",
                advice="give the rule another name, or that filter",
            )
        return Read(seen.value, context=detector, yields=yields)

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """One call."""
        detector, name = context or late("this.DetectorId"), own_name(address["rule"])
        if found is None:
            return [] if wanted is None else [_create(detector, address["rule"], wanted)]
        filter_ = {"DetectorId": detector, "FilterName": name}
        if wanted is None:
            return [Call("guardduty", "DeleteFilter", filter_)]
        changed = {part: wanted[part] for part in _PARTS if found[part] != wanted[part]}
        return [Call("guardduty", "UpdateFilter", {**filter_, **changed})]

    def passes(self, error: AwsError) -> bool:
        """What is not there to be deleted any more, the next look does not find."""
        return isinstance(error, NotThere) and error.operation == "DeleteFilter"

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """A filter that was deleted is made anew."""
        if before is None:
            return WayBack(Undo.EXACT, None, "what the filter has archived until then stays archived")
        if after is None:
            return WayBack(Undo.NEAREST, before, "the filter is made anew, and its rank may be another")
        return WayBack(Undo.EXACT, before)

    def document(self, address: Address) -> str:
        """Ranks are given out one at a time."""
        return self.name

    def target(self, address: Address) -> str:
        """AWS's name of it."""
        return f"GuardDuty filter {own_name(address['rule'])}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """Made, deleted, or what of it changes. It names the rule: many Regions are told of without their targets."""
        rule = address["rule"]
        if after is None:
            return f"lift {rule}: delete the filter"
        if before is None:
            return f"archive what {rule} means, by {', '.join(after['FindingCriteria']['Criterion'])}"
        return f"change the {', '.join(_WORDS[part] for part in _PARTS if before[part] != after[part])} of {rule}"


SETTINGS = (DetectorFilter(),)


def _create(detector: Value, rule: str, wanted: Value) -> Call:
    wish = {"DetectorId": detector, "Name": own_name(rule), **wanted, "Tags": own_tags(rule)}
    return Call("guardduty", "CreateFilter", wish)


def _document(seen: Mapping[str, Any]) -> dict[str, Value]:
    """What we care about of a filter, in one form: the newer operators, and values in order."""
    criterion = (seen.get("FindingCriteria") or {}).get("Criterion") or {}
    return {
        "Action": seen.get("Action", "NOOP"),
        "Description": seen.get("Description") or "",
        "FindingCriteria": {"Criterion": {field: _condition(each) for field, each in criterion.items()}},
    }


def _condition(condition: Mapping[str, Any]) -> dict[str, Value]:
    named = {_NEWER.get(operator, operator): wanted for operator, wanted in condition.items()}
    kept = {operator: wanted for operator, wanted in named.items() if wanted is not None and wanted != []}
    return {operator: sorted(wanted) if isinstance(wanted, list) else wanted for operator, wanted in kept.items()}
