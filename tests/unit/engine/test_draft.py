import dataclasses

import pytest
from engine_fakes import HERE, THERE, Bench, want

from secguard.engine.change import Kind, Undo, content_digest, from_record, to_record
from secguard.engine.draft import told_apart
from secguard.engine.guardrails import Allowances, Irreversible, OwnIdentity, ProtectedResources
from secguard.engine.outcome import exit_code
from secguard.engine.values import late
from secguard.errors import Denied, Exit, InputError, NoCredentials, Unsupported, UsageError


def test_a_setting_that_holds_the_wanted_value_is_no_change(bench):
    bench.put("a", "on")

    plan = bench.plan(want("a", "on"))

    assert plan.changes == ()
    assert plan.already == ("123456789012 us-east-1: plain a: on",)


def test_a_change_shows_the_value_seen_the_call_and_the_way_back(bench):
    bench.put("a", "off")

    change = bench.plan(want("a", "on")).changes[0]

    assert (change.before, change.after, change.undo_to, change.undo) == ("off", "on", "off", Undo.EXACT)
    assert [(c.operation, c.parameters) for c in change.calls] == [("Put", {"name": "a", "value": "on"})]
    assert [c.parameters["value"] for c in change.undo_calls] == ["off"]


def test_planning_sends_nothing(bench):
    bench.plan(want("a", "on"), want("g", "empty", "fake.group"))

    assert bench.world.sent == []


def test_the_same_inputs_give_the_same_plan_byte_for_byte(tmp_path):
    """Not the same order of threads: many wants in two places are looked at together."""
    texts = set()
    for n in range(5):
        bench = Bench(tmp_path / str(n))
        wants = [want(f"w{i}", "on", place=HERE if i % 2 else THERE) for i in range(40)]
        texts.add(str(to_record(bench.plan(*wants))))
        bench.journal.close()

    assert len(texts) == 1


def test_a_setting_wanted_twice_is_one_change_for_both_findings(bench):
    first = want("a", "on", findings=("f1",))
    again = dataclasses.replace(want("b", "on", findings=("f2",)), address={"name": "a"})

    plan = bench.plan(first, again, want("c", "on", needs=("b",)))

    assert [c.findings for c in plan.changes] == [("f1", "f2"), ()]
    assert plan.changes[1].needs == (1,)


def test_a_setting_wanted_two_ways_is_refused(bench):
    other = dataclasses.replace(want("b", "off"), address={"name": "a"})

    plan = bench.plan(want("a", "on"), other)

    assert [r.rule for r in plan.refused] == ["conflict"]
    assert [c.after for c in plan.changes] == ["on"]


def test_a_value_that_only_applying_will_know_is_marked_with_the_change_that_gives_it(bench):
    plan = bench.plan(want("x", "on"), want("g", "empty", "fake.group"), want("eni", [late("g.Id")], needs=("g",)))

    assert plan.changes[2].after == [{"$late": "2.Id"}]
    assert [c.operation for c in plan.changes[1].calls] == ["Create", "Empty"]
    assert plan.changes[1].calls[0].parameters["tags"]["secguard:change"] == "2"


def test_a_scaffold_that_stands_already_gives_its_value_at_once(bench):
    bench.put("g", {"id": "sg-1", "open": False})
    bench.put("eni", ["sg-1"])

    plan = bench.plan(want("g", "empty", "fake.group"), want("eni", [late("g.Id")]), want("b", [late("g.Id")]))

    assert [(c.target, c.after) for c in plan.changes] == [("plain b", ["sg-1"])]


def test_an_address_that_waits_for_a_value_is_read_as_soon_as_that_is_known(bench):
    bench.put("g", {"id": "known", "open": True})
    bench.put("known", "off")

    plan = bench.plan(want("g", "empty", "fake.group"), want("a", "on", address={"name": late("g.Id")}))

    assert plan.changes[1].before == "off"


def test_a_place_that_would_not_say_is_unreached_and_the_rest_is_planned(bench):
    bench.put("a", Denied("not allowed to look"))

    plan = bench.plan(want("a", "on"), want("dependent", "on", needs=("a",)), want("b", "on"))

    assert [str(u) for u in plan.unreached] == ["123456789012 us-east-1: not allowed to look"]
    assert [c.target for c in plan.changes] == ["plain b"]
    assert plan.refused == ()


def test_what_a_region_lacks_is_said_and_is_no_failure(bench):
    bench.put("a", Unsupported("no such plan here"))

    plan = bench.plan(want("a", "on"), want("b", "on"))

    assert plan.unsupported == ("no such plan here",)
    assert (plan.unreached, plan.refused) == ((), ())
    assert exit_code(plan) is Exit.OK


def test_missing_credentials_end_planning(bench):
    bench.put("a", NoCredentials("expired"))

    with pytest.raises(NoCredentials):
        bench.plan(want("a", "on"))


def test_what_is_gone_is_refused_and_so_is_what_needs_it(bench):
    bench.put("a", "MISSING")

    plan = bench.plan(want("a", "on"), want("b", "on", needs=("a",)))

    assert [(r.what, r.rule) for r in plan.refused] == [("plain a", "gone"), ("plain b", "gone")]


def test_a_protected_tag_is_read_live_and_refuses(bench):
    rail = ProtectedResources(
        arns=(), accounts=(), tags={"protect": "yes"}, read_tags=lambda aws, arn: {"protect": "yes"}
    )

    plan = bench.plan(want("a", "on"), guardrails=[rail])

    assert [(r.what, r.rule) for r in plan.refused] == [("plain a", "protected")]
    assert "protect=yes" in plan.refused[0].why


def test_tags_that_cannot_be_read_refuse(bench):
    def denied(aws, arn):
        raise Denied("no tags for you")

    rail = ProtectedResources(arns=(), accounts=(), tags={"protect": "yes"}, read_tags=denied)

    plan = bench.plan(want("a", "on"), guardrails=[rail])

    assert [r.why for r in plan.refused] == ["can't be checked: no tags for you"]


@pytest.mark.parametrize("allow", ["protected", "protected=plain a", "protected=arn:aws:fake:*"])
def test_a_rule_is_lifted_by_name_or_for_one_thing(bench, allow):
    rail = ProtectedResources(arns=("arn:aws:fake:*",), accounts=(), tags={}, read_tags=lambda aws, arn: {})

    plan = bench.plan(want("a", "on"), guardrails=[rail], allowances=Allowances.parse([allow]))

    assert len(plan.changes) == 1
    assert plan.allowed == (allow,)


def test_an_allowance_for_another_thing_lifts_nothing(bench):
    rail = ProtectedResources(arns=("arn:aws:fake:*",), accounts=(), tags={}, read_tags=lambda aws, arn: {})

    plan = bench.plan(want("a", "on"), guardrails=[rail], allowances=Allowances.parse(["protected=plain b", "sample"]))

    assert plan.changes == ()


def test_a_rule_that_does_not_exist_cannot_be_lifted():
    with pytest.raises(UsageError, match="no such rule"):
        Allowances.parse(["everything"])


def test_secguards_own_identity_is_never_changed(bench):
    rail = OwnIdentity(hops=("arn:aws:fake::123456789012:plain/a",))

    plan = bench.plan(want("a", "on"), want("b", "on"), guardrails=[rail])

    assert [r.rule for r in plan.refused] == ["own-identity"]
    assert [c.target for c in plan.changes] == ["plain b"]


@pytest.mark.parametrize(
    ("hop", "subject", "own"),
    [
        ("arn:aws:iam::123456789012:role/Ops", "arn:aws:iam::123456789012:role/teams/sec/Ops", True),
        ("arn:aws:iam::123456789012:role/Ops", "arn:aws:iam::999999999999:role/Ops", False),
        ("arn:aws:iam::123456789012:role/Ops", "arn:aws:iam::123456789012:user/Ops", False),
    ],
)
def test_the_path_of_a_role_does_not_hide_that_it_is_ours(bench, hop, subject, own):
    """A session's ARN has the role's name, without its path."""
    rail = OwnIdentity(hops=(hop,))

    assert (
        rail.objection(bench.plan(want("a", "on")).changes[0], [subject], bench.world.look(HERE)) is not None
    ) == own


def test_what_cannot_be_undone_must_be_allowed(bench):
    final = want("a", "on", kind=Kind.IRREVERSIBLE)

    refused = bench.plan(final, guardrails=[Irreversible()])
    allowed = bench.plan(final, guardrails=[Irreversible()], allowances=Allowances.parse(["irreversible"]))

    assert [r.rule for r in refused.refused] == ["irreversible"]
    assert allowed.changes[0].undo is Undo.NONE


def test_too_many_changes_refuse_the_whole_plan(bench):
    plan = bench.plan(*(want(f"w{i}", "on") for i in range(4)), max_changes=3)

    assert plan.changes == ()
    assert [r.rule for r in plan.refused] == ["max-changes"]


def test_evidence_does_not_count_as_a_change_too_many(bench):
    plan = bench.plan(want("a", "on"), want("e", "yes", "fake.evidence"), max_changes=1)

    assert len(plan.changes) == 2


def test_what_needs_another_is_undone_before_it_and_an_order_of_its_own_wins(bench):
    plan = bench.plan(
        want("block", "on"), want("policy", "on", undo_after=("block",)), want("keys", "off", needs=("policy",))
    )

    assert plan.undo_order == (3, 1, 2)


def test_undo_after_and_needs_the_same_way_round_is_no_circle(bench):
    plan = bench.plan(want("block", "on"), want("policy", "on", needs=("block",), undo_after=("block",)))

    assert plan.undo_order == (1, 2)


def test_a_plan_comes_back_from_its_record_as_it_was(bench):
    plan = bench.plan(want("g", "empty", "fake.group"), want("a", [late("g.Id")], needs=("g",)))

    assert to_record(from_record(to_record(plan), origin="plan.json")) == to_record(plan)
    assert content_digest(from_record(to_record(plan), origin="plan.json")) == plan.digest


def test_a_plan_that_was_altered_has_another_digest(bench):
    record = to_record(bench.plan(want("a", "on")))
    record["changes"][0]["after"] = "off"

    assert content_digest(from_record(record, origin="plan.json")) != record["digest"]


@pytest.mark.parametrize("record", [None, [], {}, {"plan_version": 2}, {"plan_version": 1, "changes": [{"n": "x"}]}])
def test_what_is_not_a_plan_is_named(record):
    with pytest.raises(InputError, match=r"plan\.json"):
        from_record(record, origin="plan.json")


def test_sensitive_values_are_digests_in_every_record(bench):
    bench.put("s", "hunter1")

    plan = bench.plan(want("s", "hunter2", "fake.secret"))

    assert "hunter" not in str(to_record(plan))
    assert plan.changes[0].undo is Undo.NONE


def test_of_two_documents_only_what_differs_is_told():
    was, now = {"criteria": "x" * 200, "text": "ours"}, {"criteria": "x" * 200, "text": "theirs", "new": 1}

    assert told_apart(was, now) == ('{"new":null,"text":"ours"}', '{"new":1,"text":"theirs"}')
    assert told_apart("ours", None) == ("ours", "absent")


def test_a_long_document_that_stands_already_is_not_spelled_out(bench):
    document = {"criteria": "x" * 200}
    bench.put("a", document)

    assert bench.plan(want("a", document)).already == ("123456789012 us-east-1: plain a: as wanted",)
