"""Automation rules and GuardDuty filters, over answers that are dictionaries."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secguard.engine.change import Undo
from secguard.engine.setting import Item
from secguard.engine.values import late
from secguard.errors import AwsError, BrokenAnswer, Denied, ManagedElsewhere, NotThere, UsageError
from secguard.model import Place
from secguard.settings import automation_rules, guardduty_filters
from secguard.settings.automation_rules import CRITERIA, AutomationRule, most_values, see_rules, suppressing
from secguard.settings.guardduty_filters import DetectorFilter, archiving, see_filters
from secguard.settings.own_rules import own_name, own_rule

HERE = Place("123456789012", "eu-west-1")
PROBES = {"rule": "probes"}
CRITERIA_OF_PROBES = {"Title": [{"Value": "Port probe", "Comparison": "PREFIX"}]}
RULE = suppressing(description="noise", criteria=CRITERIA_OF_PROBES, note="a scanner of ours")
FILTER = archiving(description="noise", criterion={"type": {"Matches": ["Recon:*"]}})
OURS = {"secguard:suppression": "probes"}


@dataclass
class Aws:
    """Lists and answers by operation; an error is raised, a function asked."""

    told: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    place: Place = HERE

    def items(self, service, operation, key, /, **parameters: Any):
        return iter(self.ask(service, operation, **parameters))

    def ask(self, service, operation, /, **parameters: Any):
        self.asked.append((operation, parameters))
        told = self.told[operation]
        if isinstance(told, Exception):
            raise told
        return told(**parameters) if callable(told) else told


def rule(arn="arn:1", name="secguard-probes", day=1, **more):
    moment = datetime(2026, 11, day, tzinfo=UTC)
    return {"RuleArn": arn, "RuleName": name, "CreatedAt": moment, "UpdatedAt": moment, **RULE, **more}


def hub(*rules, tags=OURS, administrator=None, unprocessed=()):
    """A Security Hub with these rules; `tags` are on each of them."""

    def described(AutomationRulesArns):  # noqa: N803 - the API's name
        known = {each["RuleArn"]: each for each in rules}
        return {
            "Rules": [known[arn] for arn in AutomationRulesArns],
            "UnprocessedAutomationRules": list(unprocessed),
        }

    return Aws(
        {
            "GetAdministratorAccount": {"Administrator": administrator} if administrator else {},
            "ListAutomationRules": list(rules),
            "BatchGetAutomationRules": described,
            "ListTagsForResource": {"Tags": tags},
        }
    )


def guardduty(*filters, administrator=None, detectors=("d" * 32,)):
    """A GuardDuty with these filters, each as GetFilter tells it."""
    known = {each["Name"]: each for each in filters}

    def get(DetectorId, FilterName):  # noqa: N803 - the API's names
        if known[FilterName].get("gone"):
            raise NotThere("The request is rejected since no such resource found.")
        return known[FilterName]

    return Aws(
        {
            "ListDetectors": {"DetectorIds": list(detectors)},
            "GetAdministratorAccount": {"Administrator": administrator} if administrator else BrokenAnswer("empty"),
            "ListFilters": list(known),
            "GetFilter": get,
        }
    )


def filter_(name="secguard-probes", tags=OURS, rank=1, **more):
    return {"Name": name, "Tags": tags, "Rank": rank, **FILTER, **more}


# What is ours


def test_a_name_alone_makes_nothing_ours():
    assert own_rule("secguard-probes", {}) is None
    assert own_rule("secguard-probes", {"secguard:suppression": "other"}) is None


def test_a_tag_alone_makes_nothing_ours():
    assert own_rule("probes", OURS) is None
    assert own_rule("secguard-probes", OURS) == "probes"


@pytest.mark.parametrize("name", ["", "Probes", "-probes", "probes-", "a b", "a_b", "a" * 56, "é", "probes\n"])
def test_a_rules_name_must_fit_both_services(name):
    with pytest.raises(UsageError, match="rule's name"):
        own_name(name)


@pytest.mark.parametrize("name", ["a", "7", "port-probes", "a" * 55])
def test_what_fits_takes_no_more_than_guardduty_has_room_for(name):
    assert 3 <= len(own_name(name)) <= 64


# What a rule may say


def test_a_rule_suppresses_and_says_why_on_each_finding():
    [action] = RULE["Actions"]

    assert action["FindingFieldsUpdate"] == {
        "Workflow": {"Status": "SUPPRESSED"},
        "Note": {"Text": "a scanner of ours", "UpdatedBy": "secguard"},
    }
    assert (RULE["RuleOrder"], RULE["IsTerminal"], RULE["RuleStatus"]) == (1000, False, "ENABLED")


def criterion(**criteria):
    return suppressing(description="x", criteria=criteria, note="x")


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (criterion, "every finding"),
        (lambda: criterion(Title=[], Type=[{"Value": "x"}]), "every finding"),
        (lambda: criterion(Keyword=[{"Value": "x"}]), "no criterion Keyword"),
        (lambda: criterion(Type=[{"Value": str(n)} for n in range(21)]), "takes 20 values"),
        (lambda: criterion(Title=[{"Value": str(n)} for n in range(101)]), "takes 100 values"),
        (lambda: suppressing(description=" ", criteria=CRITERIA_OF_PROBES, note="x"), "1 to 1024"),
        (lambda: suppressing(description="x" * 1025, criteria=CRITERIA_OF_PROBES, note="x"), "1 to 1024"),
        (lambda: suppressing(description="x", criteria=CRITERIA_OF_PROBES, note=""), "1 to 512"),
        (lambda: suppressing(description="x", criteria=CRITERIA_OF_PROBES, note="x" * 513), "1 to 512"),
        (lambda: archiving(description="x", criterion={}), "every finding"),
        (lambda: archiving(description="x", criterion={"type": {}}), "every finding"),
        (lambda: archiving(description="x", criterion={"type": {"Equals": []}}), "every finding"),
        (lambda: archiving(description="x", criterion={"type": {"Equals": ["x"] * 51}}), "takes 50 values"),
        (lambda: archiving(description="x", criterion={"type": {"Matches": ["x"] * 6}}), "takes 5 values"),
    ],
)
def test_what_aws_would_refuse_or_would_hide_all_is_not_built(build, problem):
    with pytest.raises(UsageError, match=problem):
        build()


def test_the_criteria_are_those_of_the_api():
    model = botocore.session.get_session().get_service_model("securityhub")

    assert set(model.shape_for("AutomationRulesFindingFilters").members) == CRITERIA


def test_some_criteria_take_more_values():
    more = {name for name in CRITERIA if most_values(name) == 100}
    assert more == {"AwsAccountId", "GeneratorId", "ResourceId", "Title"}


@given(st.text())
def test_a_filters_description_is_what_guardduty_takes(text):
    description = archiving(description=text, criterion={"type": {"Equals": ["x"]}})["Description"]

    assert len(description) <= 512
    assert all(each.isascii() and (each.isalnum() or each.isspace() or each in ".:_(){}[]/-") for each in description)


def test_what_a_description_may_hold_is_kept():
    text = "rule probes (until 2027-01-01): scanner_of/ours [x] {y} v1.2"
    assert archiving(description=text, criterion={"type": {"Equals": ["x"]}})["Description"] == text


# Reading


def test_the_rule_of_ours_is_the_value():
    read = AutomationRule().read(hub(rule()), PROBES)

    assert (read.value, read.context, read.yields) == (RULE, ["arn:1"], {"RuleArn": "arn:1"})


def test_a_rule_of_somebody_else_with_our_name_is_none_of_ours():
    assert AutomationRule().read(hub(rule(), tags={}), PROBES).value is None


def test_no_other_rules_tags_are_asked_for():
    aws = hub(rule(), rule("arn:2", "secguard-other"), rule("arn:3", "theirs"))

    AutomationRule().read(aws, PROBES)

    assert [asked for operation, asked in aws.asked if operation == "ListTagsForResource"] == [{"ResourceArn": "arn:1"}]


def test_without_a_rule_of_that_name_nothing_else_is_asked():
    aws = hub(rule(name="theirs"))

    assert AutomationRule().read(aws, PROBES).value is None
    assert [operation for operation, _ in aws.asked] == ["GetAdministratorAccount", "ListAutomationRules"]


def test_the_order_in_which_aws_tells_criteria_does_not_matter():
    values = [{"Value": each, "Comparison": "EQUALS"} for each in "abc"]

    told = [rule(Criteria={"Title": list(order), "Type": []}) for order in itertools.permutations(values)]

    wanted = suppressing(description="noise", criteria={"Title": values}, note="a scanner of ours")
    assert [AutomationRule().read(hub(each), PROBES).value for each in told] == [wanted] * 6


def test_a_moment_that_aws_spells_otherwise_is_the_same():
    def until(end):
        return {"UpdatedAt": [{"Start": "2026-11-01T00:00:00Z", "End": end}], **CRITERIA_OF_PROBES}

    ours = suppressing(description="noise", criteria=until("2027-02-22T00:00:00Z"), note="a scanner of ours")
    aws = hub(rule(Criteria=until("2027-02-22T00:00:00.000+00:00")))
    assert AutomationRule().read(aws, PROBES).value == ours


def test_what_aws_leaves_out_of_a_rule_is_what_it_has_by_default():
    bare = {name: part for name, part in rule().items() if name not in ("RuleStatus", "IsTerminal")}

    assert AutomationRule().read(hub(bare), PROBES).value == RULE


def test_two_rules_for_one_are_no_rule_as_wanted():
    read = AutomationRule().read(hub(rule("arn:2", day=2), rule("arn:1", day=1)), PROBES)

    assert read.value == {**RULE, "copies": 2}
    assert read.context == ["arn:1", "arn:2"]


@pytest.mark.parametrize(
    ("setting", "aws"),
    [
        (AutomationRule(), hub(administrator={"AccountId": "999999999999", "MemberStatus": "ENABLED"})),
        (AutomationRule(), hub(administrator={"AccountId": "999999999999", "MemberStatus": "Enabled"})),
        (DetectorFilter(), guardduty(administrator={"AccountId": "999999999999", "RelationshipStatus": "Enabled"})),
    ],
)
def test_in_a_member_account_rules_are_its_administrators(setting, aws):
    with pytest.raises(ManagedElsewhere, match="999999999999") as caught:
        setting.read(aws, PROBES)
    assert "--account 999999999999" in caught.value.advice


@pytest.mark.parametrize(
    ("setting", "aws"),
    [
        (AutomationRule(), hub(administrator={"AccountId": "999999999999", "MemberStatus": "REMOVED"})),
        (DetectorFilter(), guardduty(administrator={"AccountId": "999999999999", "RelationshipStatus": "Removed"})),
    ],
)
def test_a_former_administrator_is_none(setting, aws):
    assert setting.read(aws, PROBES).value is None


@pytest.mark.parametrize("operation", ["GetAdministratorAccount", "ListAutomationRules", "ListTagsForResource"])
def test_rules_that_could_not_be_looked_at_are_not_absent(operation):
    aws = hub(rule())
    aws.told[operation] = Denied("no")

    with pytest.raises(Denied):
        AutomationRule().read(aws, PROBES)


def test_a_rule_that_aws_would_not_tell_is_not_absent():
    aws = hub(rule(), unprocessed=[{"RuleArn": "arn:1", "ErrorCode": 500, "ErrorMessage": "broken"}])

    with pytest.raises(AwsError, match="arn:1 can't be read: 500: broken"):
        AutomationRule().read(aws, PROBES)


def test_another_rule_that_aws_would_not_tell_does_not_matter():
    aws = hub(rule(), unprocessed=[{"RuleArn": "arn:2", "ErrorCode": 500, "ErrorMessage": "broken"}])

    assert AutomationRule().read(aws, PROBES).value == RULE


def test_whichever_rule_of_ours_is_meant_the_question_is_the_same():
    aws = hub(rule(), rule("arn:2", "secguard-other"), rule("arn:3", "theirs"))

    AutomationRule().read(aws, PROBES)
    AutomationRule().read(aws, {"rule": "other"})

    asked = [more for operation, more in aws.asked if operation == "BatchGetAutomationRules"]
    assert asked == [{"AutomationRulesArns": ["arn:1", "arn:2"]}] * 2


def test_a_rule_that_went_while_they_were_listed_is_absent():
    aws = hub()
    aws.told["ListAutomationRules"] = [rule()]
    aws.told["BatchGetAutomationRules"] = {
        "Rules": [],
        "UnprocessedAutomationRules": [{"RuleArn": "arn:1", "ErrorCode": 404, "ErrorMessage": "gone"}],
    }

    assert AutomationRule().read(aws, PROBES).value is None


def test_rules_are_described_a_hundred_at_a_time():
    aws = hub(*(rule(f"arn:{n}", f"rule {n}") for n in range(150)))

    assert len(see_rules(aws)) == 150
    asked = [
        len(more["AutomationRulesArns"]) for operation, more in aws.asked if operation == "BatchGetAutomationRules"
    ]
    assert asked == [100, 50]


def test_rules_are_told_in_the_order_in_which_they_are_applied():
    rules = hub(
        rule("arn:late", "theirs", day=2, RuleOrder=7),
        rule("arn:last", RuleOrder=1000),
        rule("arn:early", "theirs", day=1, RuleOrder=7),
    )

    seen = see_rules(rules)

    assert [each.arn for each in seen] == ["arn:early", "arn:late", "arn:last"]
    assert [each.rule for each in seen] == [None, None, "probes"]


@pytest.mark.parametrize(
    ("more", "hides"),
    [
        ({}, True),
        ({"RuleStatus": "DISABLED"}, False),
        ({"Actions": [{"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {"Criticality": 90}}]}, False),
    ],
)
def test_only_a_rule_in_force_that_suppresses_suppresses(more, hides):
    [seen] = see_rules(hub(rule(**more)))
    assert seen.suppresses is hides


def test_the_filter_of_ours_is_the_value():
    read = DetectorFilter().read(guardduty(filter_()), PROBES)

    assert (read.value, read.context) == (FILTER, "d" * 32)


def test_a_filter_of_somebody_else_with_our_name_is_not_touched():
    with pytest.raises(ManagedElsewhere, match="secguard-probes in 123456789012 eu-west-1 was not made by secguard"):
        DetectorFilter().read(guardduty(filter_(tags={"team": "blue"})), PROBES)


def test_without_a_filter_of_that_name_none_is_asked_for():
    aws = guardduty(filter_("theirs"))

    assert DetectorFilter().read(aws, PROBES).value is None
    assert "GetFilter" not in [operation for operation, _ in aws.asked]


def test_a_filter_that_went_while_they_were_listed_is_absent():
    gone = filter_(gone=True)

    assert DetectorFilter().read(guardduty(gone), PROBES).value is None
    assert [each.name for each in see_filters(guardduty(gone, filter_("theirs")))] == ["theirs"]


def test_without_a_detector_there_is_nothing_that_could_hold_a_filter():
    with pytest.raises(NotThere, match="GuardDuty is off in 123456789012 eu-west-1"):
        DetectorFilter().read(guardduty(detectors=()), PROBES)


def test_the_older_names_of_operators_mean_the_same():
    told = {
        "severity": {"Gte": 4, "GreaterThanOrEqual": 4},
        "type": {"Eq": ["b", "a"], "Equals": ["a", "b"], "Neq": []},
    }
    aws = guardduty(filter_(FindingCriteria={"Criterion": told}))

    wanted = archiving(
        description="noise", criterion={"type": {"Equals": ["b", "a"]}, "severity": {"GreaterThanOrEqual": 4}}
    )
    assert DetectorFilter().read(aws, PROBES).value == wanted


def test_filters_are_told_by_rank():
    seen = see_filters(guardduty(filter_(rank=3), filter_("theirs", {}, 1), filter_("old", {}, None, Action="NOOP")))

    assert [(each.name, each.rule, each.suppresses) for each in seen] == [
        ("theirs", None, True),
        ("secguard-probes", "probes", True),
        ("old", None, False),
    ]


# What is sent


def test_a_rule_is_made_with_the_marks_of_ours():
    [call] = AutomationRule().calls(PROBES, None, RULE, [])

    assert call.operation == "CreateAutomationRule"
    assert call.parameters["RuleName"] == "secguard-probes"
    assert call.parameters["Tags"] == {
        "secguard:suppression": "probes",
        "secguard:run": late("run_id"),
        "secguard:change": late("this.change"),
    }


def test_only_what_changes_of_a_rule_is_sent():
    wanted = suppressing(description="other", criteria=CRITERIA_OF_PROBES, note="a scanner of ours")

    [call] = AutomationRule().calls(PROBES, RULE, wanted, ["arn:1"])

    assert call.parameters == {"UpdateAutomationRulesRequestItems": [{"RuleArn": "arn:1", "Description": "other"}]}


def test_undoing_what_is_not_made_yet_names_what_will_be_known():
    [call] = AutomationRule().preview(PROBES, RULE, None, [])

    assert call.parameters == {"AutomationRulesArns": [late("this.RuleArn")]}


def test_of_two_rules_for_one_the_younger_goes():
    found = {**RULE, "copies": 2}

    [delete] = AutomationRule().calls(PROBES, found, RULE, ["arn:1", "arn:2"])
    [both] = AutomationRule().calls(PROBES, found, None, ["arn:1", "arn:2"])

    assert delete.parameters == {"AutomationRulesArns": ["arn:2"]}
    assert both.parameters == {"AutomationRulesArns": ["arn:1", "arn:2"]}


def test_two_rules_that_are_to_change_become_one_on_the_way():
    before, after = {**RULE, "copies": 2}, {**RULE, "Description": "other"}

    assert AutomationRule().passes_through(RULE, before, after)
    assert AutomationRule().passes_through({**after, "copies": 2}, None, after)
    assert not AutomationRule().passes_through({**RULE, "Description": "theirs"}, before, after)


def test_nothing_is_deleted_that_is_not_there():
    assert AutomationRule().calls(PROBES, None, None, []) == []
    assert DetectorFilter().calls(PROBES, None, None, "d") == []


def unprocessed(code):
    return [{"UnprocessedAutomationRules": [{"RuleArn": "arn:1", "ErrorCode": code, "ErrorMessage": "no"}]}]


ITEMS = [Item(PROBES, RULE, None, ["arn:1"])]


def test_what_is_left_unprocessed_is_refused_or_sent_again():
    setting = AutomationRule()

    assert setting.refusals(ITEMS, unprocessed(403)) == {0: "403: no"}
    assert setting.postponed(ITEMS, unprocessed(403)) == {}
    assert setting.refusals(ITEMS, unprocessed(500)) == {}
    assert setting.postponed(ITEMS, unprocessed(500)) == {0: "500: no"}
    assert setting.postponed(ITEMS, unprocessed(429)) == {0: "429: no"}


def test_what_is_gone_already_is_no_refusal():
    setting = AutomationRule()
    gone = NotThere("gone", operation="BatchDeleteAutomationRules")

    assert (setting.refusals(ITEMS, unprocessed(404)), setting.postponed(ITEMS, unprocessed(404))) == ({}, {})
    assert setting.passes(gone)
    assert not setting.passes(NotThere("gone", operation="BatchUpdateAutomationRules"))
    assert DetectorFilter().passes(NotThere("gone", operation="DeleteFilter"))
    assert not DetectorFilter().passes(NotThere("gone", operation="UpdateFilter"))


def test_a_filter_is_made_with_the_marks_of_ours_and_without_a_rank():
    [call] = DetectorFilter().calls(PROBES, None, FILTER, "d")

    assert call.parameters["Name"] == "secguard-probes"
    assert call.parameters["Tags"]["secguard:suppression"] == "probes"
    assert "Rank" not in call.parameters


def test_only_what_changes_of_a_filter_is_sent():
    [call] = DetectorFilter().calls(PROBES, FILTER, {**FILTER, "Description": "other"}, "d")

    assert call.parameters == {"DetectorId": "d", "FilterName": "secguard-probes", "Description": "other"}


# Undo and words


@pytest.mark.parametrize(("setting", "value"), [(AutomationRule(), RULE), (DetectorFilter(), FILTER)])
def test_the_way_back_says_what_it_can_not_bring_back(setting, value):
    made = setting.way_back(PROBES, None, value)
    deleted = setting.way_back(PROBES, value, None)
    changed = setting.way_back(PROBES, value, {**value, "Description": "other"})

    assert (made.grade, made.value) == (Undo.EXACT, None)
    assert "stays" in made.note
    assert (deleted.grade, deleted.value) == (Undo.NEAREST, value)
    assert "anew" in deleted.note
    assert (changed.grade, changed.value) == (Undo.EXACT, value)


def test_of_two_rules_one_comes_back():
    back = AutomationRule().way_back(PROBES, {**RULE, "copies": 2}, None)

    assert (back.grade, back.value) == (Undo.NEAREST, RULE)


@pytest.mark.parametrize(
    ("setting", "before", "after", "words"),
    [
        (AutomationRule(), None, RULE, "suppress what probes means, by Title"),
        (AutomationRule(), None, {**RULE, "Actions": []}, "update what probes means, by Title"),
        (AutomationRule(), RULE, None, "lift probes: delete the rule"),
        (AutomationRule(), RULE, {**RULE, "RuleOrder": 7}, "change the order of probes"),
        (AutomationRule(), {**RULE, "copies": 2}, RULE, "delete the double of probes"),
        (DetectorFilter(), None, FILTER, "archive what probes means, by type"),
        (DetectorFilter(), FILTER, None, "lift probes: delete the filter"),
        (DetectorFilter(), FILTER, {**FILTER, "Action": "NOOP"}, "change the action of probes"),
    ],
)
def test_a_change_is_told_in_words(setting, before, after, words):
    assert setting.summary(PROBES, before, after) == words


def test_the_address_is_told_as_aws_names_it():
    assert AutomationRule().target(PROBES) == "automation rule secguard-probes"
    assert DetectorFilter().target(PROBES) == "GuardDuty filter secguard-probes"


def test_both_are_registered():
    assert automation_rules.SETTINGS[0].name == "securityhub.automation-rule"
    assert guardduty_filters.SETTINGS[0].name == "guardduty.filter"
