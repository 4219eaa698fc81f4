"""Say a suppression rule in AWS's own words: as criteria of an automation rule, or of a GuardDuty filter. Pure.

What AWS is told may let less through than the rule means, never more: what stays visible is seen, and what is hidden
by mistake is not. Where AWS can't be told, `Inexpressible` says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from secguard.findings.feeds.guardduty import to_criteria
from secguard.findings.forms.arn import parse_arn
from secguard.findings.forms.products import GUARDDUTY, known_product
from secguard.findings.pushdown import MOST_ATTRIBUTES, criteria, is_whole_type
from secguard.findings.query import EVERYTHING, OPEN, WORST_FIRST
from secguard.findings.suppression.rule import Match, Rule, is_own_type
from secguard.model import timestamp
from secguard.settings.automation_rules import most_values
from secguard.settings.guardduty_filters import MOST_PATTERNS, MOST_VALUES

Criteria = dict[str, list[dict[str, Any]]]
Filtered = tuple[str, list[dict[str, Any]]]
"""An attribute, and the filters on it."""
Condition = dict[str, dict[str, Any]]

_EARLIEST = "1970-01-01T00:00:00Z"
_SPECIAL = re.compile(r"[*?\[]")
# What the GuardDuty user guide's table of ASFF types begins with; Security Hub keeps a GuardDuty type only behind it.
_CATEGORIES = (
    "TTPs",
    *(
        f"TTPs/{tactic}"
        for tactic in (
            "Collection", "Command and Control", "Credential Access", "Defense Evasion", "Discovery", "Execution",
            "Exfiltration", "Impact", "Initial Access", "Lateral Movement", "Persistence", "Privilege Escalation",
        )
    ),
    "Effects/Data Destruction",
    "Effects/Data Exfiltration",
    "Effects/Data Exposure",
    "Effects/Resource Consumption",
    "Software and Configuration Checks/AWS Security Best Practices",
    "Unusual Behaviors/User",
    "Unusual Behaviors/VM",
)  # fmt: skip
_INSTANCE = re.compile(r"(?:arn:[^:]+:ec2:[^:]*:\d*:instance/)?(i-[0-9a-f]{8,17})")
_BUCKET = re.compile(r"arn:[^:]+:s3:::([^/*?]+)")

_WITH_CASE = ("title", "resource", "resource_type", "standard")
"""What secguard compares without its case, and Security Hub with it."""
_KINDS = ((_INSTANCE, "resource.instanceDetails.instanceId"), (_BUCKET, "resource.s3BucketDetails.name"))


class Inexpressible(Exception):
    """AWS's rules have no words for it; the text says for what, as the end of a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A rule in AWS's words."""

    criteria: dict[str, Any]
    narrower: tuple[str, ...] = ()
    """Where AWS lets less through than the rule means, and why."""


def automation_criteria(rule: Rule, *, partition: str) -> Said:
    """The `Criteria` of an automation rule. It ends by itself: after the rule's last day no finding meets it.

    Raises Inexpressible.
    """
    said: Criteria = {}
    narrower: list[str] = []
    for field in rule.match.given:
        attribute, filters = _filtered(rule.match, field, partition=partition)
        if len(filters) > most_values(attribute):
            raise Inexpressible(f"an automation rule takes at most {most_values(attribute)} values for {field}")
        if filters:
            said[attribute] = filters
        if any(each.get("Comparison") == "CONTAINS" for each in filters) and field in _WITH_CASE:
            narrower.append(f"Security Hub compares the {field.replace('_', ' ')} with its case")
    if any(map(is_own_type, rule.match.type)):
        said["ProductName"] = _of_guardduty(said.get("ProductName"))
    said["RecordState"] = _equals(["ACTIVE"])
    said["WorkflowStatus"] = _equals([status.value for status in OPEN])
    said["UpdatedAt"] = [{"Start": _EARLIEST, "End": timestamp(rule.ends_at - timedelta(seconds=1))}]
    if len(said) > MOST_ATTRIBUTES:
        raise Inexpressible(f"it filters by more than the {MOST_ATTRIBUTES} attributes that Security Hub takes")
    return Said(criteria=said, narrower=tuple(narrower))


def guardduty_criteria(rule: Rule) -> Said:
    """The `Criterion` of a GuardDuty filter; Regions are left to where it stands. Raises Inexpressible."""
    if not rule.of_guardduty:
        raise Inexpressible("it does not say that it is about GuardDuty's findings alone")
    if rule.match.product and GUARDDUTY not in map(known_product, rule.match.product):
        raise Inexpressible("its type is GuardDuty's and its product is not, so it hides nothing")
    said: dict[str, Any] = {}
    for field, values in rule.match.given.items():
        if field in ("product", "region"):
            continue
        if field not in _CONDITIONS:
            raise Inexpressible(f"GuardDuty's filters have no word for {field.replace('_', ' ')}")
        said |= _CONDITIONS[field](values, rule.match)
    if not said:
        raise Inexpressible("a filter without criteria would archive all that GuardDuty finds")
    return Said(criteria=said)


def _equals(values: Sequence[str]) -> list[dict[str, Any]]:
    return [{"Value": value, "Comparison": "EQUALS"} for value in values]


def _contains(values: Sequence[str]) -> list[dict[str, Any]]:
    return [{"Value": value, "Comparison": "CONTAINS"} for value in values]


def _filtered(match: Match, field: str, *, partition: str) -> Filtered:
    """The attribute that tells of a field, and the filters on it."""
    values: tuple[str, ...] = getattr(match, field)
    if field == "region":
        # Every product's ARN names the Region in which it reports.
        arns = [f"arn:{partition}:securityhub:{region}:" for region in values]
        return "ProductArn", [{"Value": arn, "Comparison": "PREFIX"} for arn in arns]
    return _FIELDS[field](values) if field in _FIELDS else _as_listed(match, field)


def _as_listed(match: Match, field: str) -> Filtered:
    """What `findings` asks Security Hub for, which is exact for these fields; nothing, where every value is meant."""
    name = _IN_QUERY[field]
    asked = next(criteria(replace(EVERYTHING, **{name: getattr(match.query, name)})), None)
    if asked is None:
        return "SeverityLabel", []
    if asked.attribute is None:
        raise Inexpressible(f"Security Hub compares a {field} with its case, and one of these is spelled otherwise")
    return asked.attribute, [dict(each) for each in asked.values]


def _types(globs: Sequence[str]) -> Filtered:
    """GuardDuty's own types stand in Security Hub behind a category, with a dash for their slash."""
    own = [is_own_type(glob) for glob in globs]
    if any(own) and not all(own):
        raise Inexpressible("it mixes GuardDuty's types with Security Hub's")
    stems = [glob.removesuffix("*") for glob in globs]
    if any(_SPECIAL.search(stem) for stem in stems):
        raise Inexpressible("a type is a pattern, and Security Hub knows none but those that end with *")
    begun = [glob.endswith("*") for glob in globs]
    if any(begun) and not all(begun):
        raise Inexpressible("a criterion is either whole types or beginnings of types")
    if all(own):
        return "Type", _own_types([stem.replace("/", "-", 1) for stem in stems], whole=not all(begun))
    if not all("/" in stem for stem in stems):
        raise Inexpressible("a type is spelled neither as GuardDuty's are nor as Security Hub's")
    return "Type", [{"Value": stem, "Comparison": "PREFIX" if all(begun) else "EQUALS"} for stem in stems]


def _own_types(spelled: Sequence[str], *, whole: bool) -> list[dict[str, Any]]:
    if not whole:
        return _contains([f"/{each}" for each in spelled])
    if len(spelled) > 1:
        raise Inexpressible("an automation rule has room for one whole type of GuardDuty: write a rule for each")
    return _equals([f"{category}/{spelled[0]}" for category in _CATEGORIES])


def _resources(texts: Sequence[str]) -> Filtered:
    whole = all(parse_arn(text) for text in texts)
    return "ResourceId", _equals(texts) if whole else _contains(texts)


def _resource_types(kinds: Sequence[str]) -> Filtered:
    whole = all(map(is_whole_type, kinds))
    return "ResourceType", _equals(kinds) if whole else _contains(kinds)


def _standards(names: Sequence[str]) -> Filtered:
    asked = next(criteria(replace(EVERYTHING, standards=tuple(names))))
    known = [dict(each) for each in asked.values]
    return "ComplianceAssociatedStandardsId", known or _contains(names)


def _tags(texts: Sequence[str]) -> Filtered:
    pairs = [text.partition("=") for text in texts]
    if not all(value for _, _, value in pairs):
        raise Inexpressible("an automation rule knows no empty tag")
    return "ResourceTags", [{"Key": key, "Value": value, "Comparison": "EQUALS"} for key, _, value in pairs]


def _networks(_texts: Sequence[str]) -> Filtered:
    raise Inexpressible("automation rules have no criterion for addresses")


_IN_QUERY = {
    "severity": "levels",
    "product": "products",
    "control": "controls",
    "compliance": "compliance",
    "account": "accounts",
}
_FIELDS: Mapping[str, Callable[[Sequence[str]], Filtered]] = {
    "type": _types,
    "resource": _resources,
    "resource_type": _resource_types,
    "standard": _standards,
    "tag": _tags,
    "ip": _networks,
    "title": lambda texts: ("Title", _contains(texts)),
}


def _of_guardduty(products: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """GuardDuty's types are looked for among its findings alone."""
    if products is not None and not any(each["Value"] == GUARDDUTY for each in products):
        raise Inexpressible("its type is GuardDuty's and its product is not, so it hides nothing")
    return _equals([GUARDDUTY])


def _severity(_levels: Sequence[str], match: Match) -> Condition:
    levels = match.query.levels
    if len(levels) != levels[0] - levels[-1] + 1:
        raise Inexpressible("a filter knows one span of severities, and these have a gap")
    if levels == WORST_FIRST:
        return {}
    asked, _ = to_criteria(replace(EVERYTHING, levels=levels))
    return {"severity": asked["severity"]}


def _own_type_condition(globs: Sequence[str], _match: Match) -> Condition:
    if not all(map(is_own_type, globs)):
        raise Inexpressible("a type is not spelled as GuardDuty's are")
    if any("[" in glob for glob in globs):
        raise Inexpressible("GuardDuty knows no sets of characters")
    if not any(map(_SPECIAL.search, globs)):
        return {"type": _any_of(globs, "type")}
    if len(globs) > MOST_PATTERNS:
        raise Inexpressible(f"a filter takes at most {MOST_PATTERNS} patterns")
    return {"type": {"Matches": list(globs)}}


def _accounts(accounts: Sequence[str], _match: Match) -> Condition:
    return {"accountId": _any_of(accounts, "account")}


def _resource_condition(texts: Sequence[str], _match: Match) -> Condition:
    """Only what is named alike everywhere is left to GuardDuty: instances and buckets."""
    for pattern, key in _KINDS:
        found = [match[1] for text in texts if (match := pattern.fullmatch(text))]
        if len(found) == len(texts):
            return {key: _any_of(found, "resource")}
    raise Inexpressible("GuardDuty can be told of instances or of whole buckets, by id or ARN, and of nothing else")


def _any_of(values: Sequence[str], field: str) -> dict[str, Any]:
    if len(values) > MOST_VALUES:
        raise Inexpressible(f"a filter takes at most {MOST_VALUES} values for {field}")
    return {"Equals": list(values)}


_CONDITIONS: Mapping[str, Callable[[Sequence[str], Match], Condition]] = {
    "severity": _severity,
    "type": _own_type_condition,
    "account": _accounts,
    "resource": _resource_condition,
}
