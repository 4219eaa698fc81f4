"""Automation rules and GuardDuty filters through the engine: made, changed, deleted, taken back, and all that fails."""

from dataclasses import dataclass
from typing import Any

import pytest
from sandbox_bench import HERE, Killed

from secguard.engine.change import Outcome, Status
from secguard.engine.draft import Want
from secguard.errors import Unreachable
from secguard.model import Place
from secguard.sandbox.cast import HOME_REGION, STAGING
from secguard.settings.automation_rules import AutomationRule, see_rules, suppressing
from secguard.settings.guardduty_filters import DetectorFilter, archiving, see_filters
from secguard.settings.own_rules import own_name

THEIRS_TOO = 100
"""The quota of either service."""


def _rule(description="noise"):
    criteria = {"Title": [{"Value": "Port probe", "Comparison": "PREFIX"}]}
    return suppressing(description=description, criteria=criteria, note="a scanner of ours")


def _filter(description="noise"):
    return archiving(description=description, criterion={"type": {"Matches": ["Recon:*"]}})


def make_rule(hub, name, **more):
    action = {"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {"Criticality": 5}}
    wish = {"RuleOrder": 5, "Description": "theirs", "Criteria": {}, "Actions": [action], **more}
    return hub.create_automation_rule(RuleName=name, **wish)["RuleArn"]


def make_filter(guardduty, name, **more):
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    criteria = {"Criterion": {"type": {"Equals": ["x"]}}}
    guardduty.create_filter(DetectorId=detector, Name=name, FindingCriteria=criteria, **more)


def change_rule(hub, text):
    (mine,) = [each for each in hub.list_automation_rules()["AutomationRulesMetadata"] if own(each["RuleName"])]
    items = [{"RuleArn": mine["RuleArn"], "Description": text}]
    hub.batch_update_automation_rules(UpdateAutomationRulesRequestItems=items)


def change_filter(guardduty, text):
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    guardduty.update_filter(DetectorId=detector, FilterName=own_name("probes"), Description=text)


def own(name):
    return name == own_name("probes")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One of the two settings, and how its service is spoken to."""

    setting: Any
    value: Any
    see: Any
    make_theirs: Any
    change_ours: Any
    service: str
    create: str
    update: str
    delete: str


RULES = Case(
    setting=AutomationRule(),
    value=_rule,
    see=see_rules,
    make_theirs=make_rule,
    change_ours=change_rule,
    service="securityhub",
    create="CreateAutomationRule",
    update="BatchUpdateAutomationRules",
    delete="BatchDeleteAutomationRules",
)
FILTERS = Case(
    setting=DetectorFilter(),
    value=_filter,
    see=see_filters,
    make_theirs=make_filter,
    change_ours=change_filter,
    service="guardduty",
    create="CreateFilter",
    update="UpdateFilter",
    delete="DeleteFilter",
)


@pytest.fixture(params=[RULES, FILTERS], ids=["rule", "filter"])
def case(request):
    return request.param


@pytest.fixture
def ours(bench, case):
    """What stands in AWS for our rules, by rule."""
    return lambda: {seen.rule: seen.value for seen in case.see(bench.aws.look(HERE)) if seen.rule}


@pytest.fixture
def written(breach):
    """The operations that were sent and change something."""
    return lambda: [call.operation for call in breach.calls.writes()]


def status(run):
    return [change.status for change in run.changes]


def test_one_is_made_with_one_call_and_read_back(bench, case, ours, written):
    run = bench.set(case.setting, case.value())

    assert (run.outcome, status(run)) == (Outcome.DONE, [Status.VERIFIED])
    assert ours() == {"probes": case.value()}
    assert written() == [case.create]


def test_what_is_made_carries_the_run_and_the_rule(bench, case, breach):
    run = bench.set(case.setting, case.value())

    [call] = breach.calls.writes()
    assert call.parameters[next(name for name in call.parameters if name.lower() == "tags")] == {
        "secguard:suppression": "probes",
        "secguard:run": run.run_id,
        "secguard:change": "1",
    }


def test_what_is_so_already_is_left_alone(bench, case, written):
    bench.set(case.setting, case.value())

    plan = bench.plan(case.setting, case.value())

    assert plan.changes == ()
    assert len(plan.already) == 1
    assert written() == [case.create]


def test_one_is_changed_and_changed_back(bench, case, ours, written):
    bench.set(case.setting, case.value())

    assert bench.set(case.setting, case.value("other")).outcome is Outcome.DONE
    assert ours()["probes"]["Description"] == "other"
    assert bench.undo().outcome is Outcome.DONE

    assert ours() == {"probes": case.value()}
    assert written() == [case.create, case.update, case.update]


def test_one_is_deleted_and_made_anew(bench, case, ours, written):
    bench.set(case.setting, case.value())

    assert bench.set(case.setting, None).outcome is Outcome.DONE
    assert ours() == {}
    assert bench.undo().outcome is Outcome.DONE

    assert ours() == {"probes": case.value()}
    assert written() == [case.create, case.delete, case.create]


def test_undoing_what_was_made_deletes_it(bench, case, ours):
    bench.set(case.setting, case.value())

    bench.undo()

    assert ours() == {}
    assert bench.journal.history()[-1].outcome is Outcome.UNDONE


def test_the_command_line_undoes_it(bench, case, ours, secguard):
    run = bench.set(case.setting, case.value())

    said = secguard("undo", run.run_id, "--yes")

    assert said.code == 0, said.stderr
    assert ours() == {}


def test_planning_writes_nothing_and_gives_the_same_plan_again(bench, case, written):
    first, second = bench.plan(case.setting, case.value()), bench.plan(case.setting, case.value())

    assert first == second
    assert written() == []


def test_someone_elses_change_wins(bench, case, client, ours, written):
    bench.set(case.setting, case.value())
    plan = bench.plan(case.setting, case.value("ours"))
    case.change_ours(client(case.service), "theirs")
    sent = written()

    run = bench.apply(plan)

    assert (run.outcome, status(run)) == (Outcome.REFUSED, [Status.DRIFTED])
    assert "theirs" in run.changes[0].error
    assert ours()["probes"]["Description"] == "theirs"
    assert written() == sent


def test_what_someone_has_changed_since_is_not_undone(bench, case, client, ours):
    bench.set(case.setting, case.value())
    case.change_ours(client(case.service), "theirs")

    plan = bench.plan_undo()

    assert plan.changes == ()
    assert [refusal.rule for refusal in plan.refused] == ["drift"]
    assert ours()["probes"]["Description"] == "theirs"


def test_others_rules_stay_as_they_are(bench, case, client):
    case.make_theirs(client(case.service), "theirs")
    [before] = [seen.value for seen in case.see(bench.aws.look(HERE))]

    bench.set(case.setting, case.value())
    bench.set(case.setting, None)

    [(name, value)] = [(seen.name, seen.value) for seen in case.see(bench.aws.look(HERE))]
    assert (name, value) == ("theirs", before)


def test_a_rule_of_somebody_else_with_our_name_is_no_obstacle(bench, client, written):
    arn = make_rule(client("securityhub"), own_name("probes"))

    bench.set(RULES.setting, RULES.value())
    bench.set(RULES.setting, None)

    assert [seen.arn for seen in see_rules(bench.aws.look(HERE))] == [arn]


def test_a_filter_of_somebody_else_with_our_name_stops_it(bench, client, written):
    make_filter(client("guardduty"), own_name("probes"))
    sent = written()

    plan = bench.plan(FILTERS.setting, FILTERS.value())

    assert plan.changes == ()
    assert "was not made by secguard" in plan.unreached[0].why
    assert written() == sent


@pytest.mark.parametrize(("moment", "left"), [("before", 0), ("after", 1)])
def test_a_run_killed_beside_the_making_is_resumed_to_one_rule(bench, case, ours, written, moment, left):
    with pytest.raises(Killed):
        bench.apply(bench.plan(case.setting, case.value()), dies=(moment, 0))
    assert len(ours()) == left
    assert bench.journal.history()[0].outcome is Outcome.INTERRUPTED

    run = bench.resume()

    assert (run.outcome, status(run)) == (Outcome.DONE, [Status.VERIFIED])
    assert ours() == {"probes": case.value()}
    assert written() == [case.create]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["make", "change", "delete"])
def test_a_killed_run_is_undone(bench, case, ours, moment, step):
    if step != "make":
        bench.set(case.setting, case.value())
    before = ours()
    value = {"make": case.value(), "change": case.value("other"), "delete": None}[step]
    with pytest.raises(Killed):
        bench.apply(bench.plan(case.setting, value), dies=(moment, 0))

    bench.undo()

    assert ours() == before


def test_two_rules_made_for_one_become_one(bench, client, written):
    run = bench.set(RULES.setting, RULES.value())
    [first] = see_rules(bench.aws.look(HERE))
    tags = {"secguard:suppression": "probes"}
    make_rule(client("securityhub"), own_name("probes"), Tags=tags)

    assert bench.set(RULES.setting, RULES.value()).outcome is Outcome.DONE

    assert [seen.arn for seen in see_rules(bench.aws.look(HERE))] == [first.arn]
    bench.undo(run.run_id)
    assert see_rules(bench.aws.look(HERE)) == []


def test_what_may_not_be_made_fails_with_the_action_that_is_missing(bench, case, breach, ours):
    plan = bench.plan(case.setting, case.value())
    breach.faults.add(service=case.service, operation=case.create, answer=(403, "AccessDeniedException", "no"))

    run = bench.apply(plan)

    assert (run.outcome, status(run)) == (Outcome.FAILED, [Status.FAILED])
    assert case.create in run.changes[0].error
    assert ours() == {}


@pytest.mark.parametrize("reading", ["ListAutomationRules", "GetAdministratorAccount", "ListTagsForResource"])
def test_what_can_not_be_looked_at_is_not_made(bench, breach, reading, written):
    bench.set(RULES.setting, RULES.value())
    sent = written()
    breach.faults.add(service="securityhub", operation=reading, answer=(403, "AccessDeniedException", "no"))

    plan = bench.plan(RULES.setting, RULES.value("other"))

    assert (plan.changes, len(plan.unreached)) == ((), 1)
    assert reading in plan.unreached[0].why
    assert written() == sent


def test_a_dead_region_is_named_and_the_other_is_served(bench, case, breach, ours):
    breach.faults.add(service=case.service, region="eu-west-1", answer="drop")
    there = Place(HERE.account, "eu-west-1")
    wants = [
        Want(key=place.region, setting=case.setting.name, place=place, address={"rule": "probes"}, value=case.value())
        for place in (HERE, there)
    ]

    plan = bench.plan_all(*wants)
    run = bench.apply(plan)

    assert [each.region for each in plan.unreached] == ["eu-west-1"]
    assert (run.outcome, ours()) == (Outcome.DONE, {"probes": case.value()})


def test_a_throttle_is_waited_for(bench, case, breach, ours):
    plan = bench.plan(case.setting, case.value())
    throttle = (429, "TooManyRequestsException", "Rate exceeded")
    breach.faults.add(service=case.service, operation=case.create, answer=throttle, times=2)

    assert bench.apply(plan).outcome is Outcome.DONE
    assert ours() == {"probes": case.value()}


def test_a_lost_answer_leaves_one_rule(bench, case, monkeypatch, ours, written):
    """What was sent may have been done: the next look decides, and nothing is made twice."""
    send = bench.aws.send

    def unheard(place, call):
        send(place, call)
        raise Unreachable("the connection was closed")

    plan = bench.plan(case.setting, case.value())
    monkeypatch.setattr(bench.aws, "send", unheard)

    assert bench.apply(plan).outcome is Outcome.DONE
    assert ours() == {"probes": case.value()}
    assert written() == [case.create]


def test_a_full_quota_is_told_and_nothing_is_lost(bench, case, client, ours):
    for n in range(THEIRS_TOO):
        case.make_theirs(client(case.service), f"theirs-{n}")

    run = bench.set(case.setting, case.value())

    assert (run.outcome, status(run)) == (Outcome.FAILED, [Status.FAILED])
    assert len(case.see(bench.aws.look(HERE))) == THEIRS_TOO
    assert ours() == {}


def test_a_member_account_is_sent_to_its_administrator(bench, case, written):
    plan = bench.plan(case.setting, case.value(), place=Place(STAGING, HOME_REGION))

    assert plan.changes == ()
    assert f"made in account {HERE.account}" in plan.unreached[0].why
    assert written() == []


def test_where_the_service_is_off_no_rule_is_made(bench, case, breach, written):
    breach.reset("empty")

    plan = bench.plan(case.setting, case.value())

    assert (plan.changes, [refusal.rule for refusal in plan.refused]) == ((), ["gone"])
    assert written() == []


def unprocessed(code, text):
    return {"ProcessedAutomationRules": [], "UnprocessedAutomationRules": [
        {"RuleArn": "the rule", "ErrorCode": code, "ErrorMessage": text}
    ]}  # fmt: skip


@pytest.fixture
def answer_instead(monkeypatch):
    """Have the sandbox answer an operation of Security Hub with something else, some times."""
    from secguard.sandbox.securityhub import SERVICE  # noqa: PLC0415 - moto takes a second

    def instead(operation, answers):
        real, left = SERVICE.operations[operation], list(answers)
        monkeypatch.setitem(SERVICE.operations, operation, lambda *asked: left.pop(0) if left else real(*asked))

    return instead


@pytest.mark.parametrize(("step", "operation"), [(None, RULES.delete), (_rule("other"), RULES.update)])
def test_a_rule_left_unprocessed_is_a_failure_in_aws_words(bench, answer_instead, step, operation):
    bench.set(RULES.setting, RULES.value())
    answer_instead(operation, [unprocessed(403, "someone else holds it")])

    run = bench.set(RULES.setting, step)

    assert (run.outcome, status(run)) == (Outcome.FAILED, [Status.FAILED])
    assert "403: someone else holds it" in run.changes[0].error


def test_a_rule_left_unprocessed_for_now_is_sent_again(bench, answer_instead, ours, written):
    bench.set(RULES.setting, RULES.value())
    answer_instead(RULES.delete, [unprocessed(500, "broken"), unprocessed(429, "too fast")])

    assert bench.set(RULES.setting, None).outcome is Outcome.DONE
    assert ours() == {}
    assert written().count(RULES.delete) == 3


def test_a_rule_that_someone_deletes_meanwhile_is_gone_as_wanted(bench, case, client, monkeypatch):
    bench.set(case.setting, case.value())
    plan = bench.plan(case.setting, None)
    send = bench.aws.send

    def late(place, call):
        send(place, call)
        return send(place, call)

    monkeypatch.setattr(bench.aws, "send", late)

    assert bench.apply(plan).outcome is Outcome.DONE
