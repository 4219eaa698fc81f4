import pytest
from engine_fakes import HERE, THERE, want

from secguard.engine.apply import Interrupted
from secguard.engine.change import Kind, Outcome, Status
from secguard.engine.draft import Draft
from secguard.engine.journal import JournalError
from secguard.engine.outcome import exit_code
from secguard.engine.values import late
from secguard.errors import Already, Denied, Exit, NotThere, Stale, Unreachable, Unsupported


def statuses(plan):
    return [change.status.value for change in plan.changes]


def test_a_change_is_sent_read_back_and_verified(bench):
    bench.put("a", "off")

    done = bench.apply(bench.plan(want("a", "on")))

    assert statuses(done) == ["verified"]
    assert bench.get("a") == "on"
    assert done.outcome is Outcome.DONE
    assert exit_code(done) is Exit.OK


def test_the_intent_is_on_disk_before_the_call(bench):
    """Read with another connection, at the moment the call arrives."""
    seen = []

    def look_into_the_journal(operation, parameters):
        rows = bench.journal._db.execute("SELECT n, found, calls FROM intents").fetchall()
        seen.append([tuple(row) for row in rows])

    bench.put("a", "off")
    bench.world.answer = look_into_the_journal
    bench.apply(bench.plan(want("a", "on")))

    assert [(n, found) for n, found, _ in seen[0]] == [(1, '"off"')]
    assert '"Put"' in seen[0][0][2]


def test_drift_stops_before_any_write(bench):
    """Someone else's change wins; the operator is asked to plan again."""
    bench.put("a", "off")
    plan = bench.plan(want("a", "on"))
    bench.put("a", "half")

    done = bench.apply(plan)

    assert statuses(done) == ["drifted"]
    assert "half" in done.changes[0].error
    assert bench.world.sent == []
    assert exit_code(done) is Exit.REFUSED


def test_what_became_so_meanwhile_is_done_without_a_call(bench):
    plan = bench.plan(want("a", "on"))
    bench.put("a", "on")

    done = bench.apply(plan)

    assert statuses(done) == ["verified"]
    assert bench.world.sent == []
    assert not done.changes[0].acted


def test_what_is_gone_when_applied_is_named_and_the_rest_is_done(bench):
    plan = bench.plan(want("a", "on"), want("b", "on"))
    bench.put("a", "MISSING")

    done = bench.apply(plan)

    assert statuses(done) == ["gone", "verified"]
    assert done.outcome is Outcome.PARTIAL


def test_a_failure_skips_what_needs_it_and_nothing_else(bench):
    bench.world.answer = lambda operation, p: Denied("no") if p.get("name") == "a" else None

    done = bench.apply(
        bench.plan(want("a", "on"), want("b", "on", needs=("a",)), want("c", "on", needs=("b",)), want("d", "on"))
    )

    assert statuses(done) == ["failed", "skipped", "skipped", "verified"]
    assert [name for _, name in bench.world.sent] == ["d"]
    assert done.outcome is Outcome.PARTIAL


def test_only_the_first_look_at_a_switch_may_be_an_old_one(bench):
    """What was planned a moment ago need not be asked again; what was sent is always read back afresh."""
    plan = bench.plan(want("a", "on", "fake.switch"))
    bench.world.within.clear()

    bench.apply(plan)

    assert bench.world.within == [2.0, 0.0]


def test_what_follows_another_waits_for_it_and_goes_on_though_it_failed(bench):
    """Deny everything first; but a policy that can't be put must not keep the keys active."""
    bench.world.answer = lambda operation, p: Denied("no") if p["name"] == "policy" else None

    done = bench.apply(bench.plan(want("policy", "deny"), want("key", "off", follows=("policy",))))

    assert statuses(done) == ["failed", "verified"]
    assert [step for step in bench.steps if step[1] in ("failed", "verified")] == [(1, "failed"), (2, "verified")]


def test_a_value_shown_late_is_polled_for(bench):
    bench.clock.on_sleep.append(lambda passed: passed >= 20 and bench.put("a", "on"))

    done = bench.apply(bench.plan(want("a", "on", "fake.slow")))

    assert statuses(done) == ["verified"]
    assert bench.world.sent == [("Begin", "a")]


def test_a_value_never_shown_stays_pending_and_is_sent_once(bench):
    done = bench.apply(bench.plan(want("a", "on", "fake.slow")))

    assert statuses(done) == ["pending"]
    assert bench.world.sent == [("Begin", "a")]
    assert done.outcome is Outcome.DONE


def test_past_the_patience_asked_for_pending_is_partly(bench):
    done = bench.apply(bench.plan(want("a", "on", "fake.slow")), patience=600.0)

    assert statuses(done) == ["pending"]
    assert exit_code(done) is Exit.PARTLY
    assert bench.clock.monotonic() > 590


def test_what_needs_something_pending_waits_for_a_resume(bench):
    done = bench.apply(bench.plan(want("a", "on", "fake.slow"), want("b", "on", needs=("a",))))
    assert statuses(done) == ["pending", "skipped"]

    bench.put("a", "on")
    assert statuses(bench.resume(done.run_id)) == ["verified", "verified"]
    assert bench.world.sent == [("Begin", "a"), ("Put", "b")]


def test_something_else_read_back_is_a_failure(bench):
    def sabotage(operation, parameters):
        bench.clock.on_sleep.append(lambda passed: bench.put("a", "broken"))

    bench.world.answer = sabotage
    done = bench.apply(bench.plan(want("a", "on", "fake.slow")))

    assert statuses(done) == ["failed"]
    assert "reads back as broken" in done.changes[0].error


def test_parts_of_one_document_all_arrive(bench):
    """Each write replaces the whole document: two at a time would lose one."""
    bench.put("doc", {"token": 1, "parts": {"keep": "to the letter"}})
    wants = [want(f"p{i}", "on", "fake.part", address={"document": "doc", "part": f"p{i}"}) for i in range(12)]

    done = bench.apply(bench.plan(*wants))

    assert set(statuses(done)) == {"verified"}
    assert bench.get("doc")["parts"] == {"keep": "to the letter"} | {f"p{i}": "on" for i in range(12)}


def test_a_stale_token_is_read_again_and_the_write_repeated(bench):
    bench.put("doc", {"token": 1, "parts": {}})
    plan = bench.plan(want("p", "on", "fake.part", address={"document": "doc", "part": "p"}))
    bumps = iter([7, 8])

    def someone_else_writes(operation, parameters):
        token = next(bumps, None)
        if token is not None:
            bench.get("doc")["token"] = token

    bench.world.answer = someone_else_writes
    done = bench.apply(plan)

    assert statuses(done) == ["verified"]


def test_a_token_that_is_always_stale_is_given_up(bench):
    bench.world.answer = lambda operation, parameters: Stale("always")

    assert statuses(bench.apply(bench.plan(want("a", "on")))) == ["failed"]


def test_a_value_that_never_comes_to_rest_is_not_chased_for_ever(bench):
    done = bench.apply(bench.plan(want("a", "on", "fake.restless")))

    assert statuses(done) == ["failed"]
    assert "does not come to rest" in done.changes[0].error


def test_a_refusal_that_passes_is_waited_out(bench):
    def settling(operation, parameters):
        return Denied("not yet", code="Settling") if bench.clock.monotonic() < 5 else None

    bench.world.answer = settling

    assert statuses(bench.apply(bench.plan(want("a", "on", "fake.waits")))) == ["verified"]


def test_a_refusal_that_does_not_pass_in_time_fails_with_what_aws_said(bench):
    bench.world.answer = lambda operation, parameters: Denied("not yet", code="Settling")

    done = bench.apply(bench.plan(want("a", "on", "fake.waits")))

    assert (statuses(done), done.changes[0].error) == (["failed"], "not yet")


def test_a_call_without_an_answer_is_judged_by_what_is_found(bench):
    """The first call got through although its answer was lost, the second did not."""

    def lost(operation, parameters):
        if parameters["name"] == "arrived":
            bench.put("arrived", "on")
        return Unreachable("no answer")

    bench.world.answer = lost
    done = bench.apply(bench.plan(want("arrived", "on"), want("lost", "on")))

    assert statuses(done) == ["verified", "failed"]
    assert done.changes[1].acted


def test_already_there_is_read_back_like_any_other(bench):
    def already(operation, parameters):
        bench.put("a", "on")
        return Already("exists")

    bench.world.answer = already

    assert statuses(bench.apply(bench.plan(want("a", "on")))) == ["verified"]


def test_what_a_region_lacks_is_skipped_and_counts_for_nothing(bench):
    bench.world.answer = lambda operation, p: Unsupported("not here") if p["name"] == "a" else None

    done = bench.apply(bench.plan(want("a", "on"), want("b", "on")))

    assert statuses(done) == ["skipped", "verified"]
    assert done.changes[0].unsupported
    assert exit_code(done) is Exit.OK


def test_ready_changes_share_a_call_up_to_the_limit(bench):
    done = bench.apply(bench.plan(*(want(f"m{i}", "on", "fake.many") for i in range(5))))

    assert statuses(done) == ["verified"] * 5
    assert len(bench.world.sent) == 2


def test_places_and_values_that_differ_never_share_a_call(bench):
    done = bench.apply(
        bench.plan(
            want("a", "on", "fake.many"),
            want("b", "off", "fake.many"),
            want("c", "on", "fake.many", place=THERE),
        )
    )

    assert statuses(done) == ["verified"] * 3
    assert len(bench.world.sent) == 3


def test_one_bad_item_of_a_shared_call_fails_alone(bench):
    """Inside a 200, by item."""
    bench.put("refuse-me", "off")
    plan = bench.plan(want("a", "on", "fake.many"), want("refuse-me", "on", "fake.many"))

    done = bench.apply(plan)

    assert statuses(done) == ["verified", "failed"]
    assert done.changes[1].error == "AWS did not process it"


def test_what_a_shared_call_did_not_do_for_now_is_sent_again(bench):
    done = bench.apply(bench.plan(*(want(name, "on", "fake.many") for name in ("a", "busy"))))

    assert statuses(done) == ["verified", "verified"]
    assert bench.world.values[HERE, "tries"] == 2


def test_what_is_never_done_fails_with_what_aws_said(bench):
    done = bench.apply(bench.plan(want("stuck", "on", "fake.many")))

    assert (statuses(done), done.changes[0].error) == (["failed"], "AWS was busy with it")


def test_a_shared_call_that_is_refused_whole_is_repeated_singly(bench):
    """One feature that a Region lacks must not cost the others."""

    def batch_refused(operation, parameters):
        return Unsupported("out of range") if "bad" in parameters["names"] else None

    bench.world.answer = batch_refused
    done = bench.apply(bench.plan(*(want(name, "on", "fake.many") for name in ("a", "bad", "c"))))

    assert statuses(done) == ["verified", "skipped", "verified"]


def test_calls_that_are_refused_are_replaced_by_what_the_setting_knows_instead(bench):
    """And the replacement is in the journal before it is sent, as any call is."""
    bench.world.answer = lambda operation, p: Unsupported("no lists here") if operation == "Put" else None

    done = bench.apply(bench.plan(want("a", "on", "fake.fallback")))

    assert statuses(done) == ["verified"]
    assert [operation for operation, _ in bench.world.sent] == ["PutAll"]
    calls = [row["calls"] for row in bench.journal._db.execute("SELECT calls FROM intents")]
    assert ["PutAll" in text for text in calls] == [False, True]


def test_something_created_in_two_steps_gives_its_id_to_what_needs_it(bench):
    plan = bench.plan(want("g", "empty", "fake.group"), want("eni", [late("g.Id")], needs=("g",)))

    done = bench.apply(plan)

    assert statuses(done) == ["verified", "verified"]
    assert bench.get("eni") == ["id-of-g"]
    assert bench.get("g")["tags"] == {"secguard:run": done.run_id, "secguard:change": "1"}
    assert bench.journal.known(done.run_id)["1.Id"] == "id-of-g"


def test_what_an_earlier_change_touched_is_observed_afresh(bench):
    """Turning a detector on sets its features in passing: that is not drift."""

    def touches(operation, parameters):
        if parameters["name"] == "detector":
            bench.put("feature", "default")

    bench.world.answer = touches
    plan = bench.plan(want("detector", "on"), want("feature", "on", needs=("detector",), touched_by=("detector",)))
    done = bench.apply(plan)

    assert statuses(done) == ["verified", "verified"]
    assert (done.changes[1].before, done.changes[1].undo_to) == ("default", "default")
    assert bench.journal.plan(done.run_id).changes[1].before == "default"


def test_what_an_earlier_change_touched_the_right_way_needs_no_call(bench):
    bench.world.answer = lambda operation, p: bench.put("feature", "on") if p["name"] == "detector" else None
    plan = bench.plan(want("detector", "on"), want("feature", "on", needs=("detector",), touched_by=("detector",)))

    done = bench.apply(plan)

    assert statuses(done) == ["verified", "verified"]
    assert bench.world.sent == [("Put", "detector")]


def test_evidence_that_fails_holds_back_only_what_would_destroy_it(bench):
    bench.world.answer = lambda operation, p: Denied("no") if p["name"] == "snapshot" else None

    done = bench.apply(
        bench.plan(
            want("snapshot", "taken", "fake.evidence"),
            want("isolate", "on"),
            want("stop", "on", needs=("snapshot",)),
        )
    )

    assert statuses(done) == ["failed", "verified", "skipped"]


def test_bookkeeping_comes_last_and_decides_nothing(bench):
    bench.world.answer = lambda operation, p: Denied("no") if p["name"] == "note" else None

    done = bench.apply(
        bench.plan(want("note", "NOTIFIED", "fake.book"), want("a", "on"), want("b", "on", needs=("a",)))
    )

    assert statuses(done) == ["failed", "verified", "verified"]
    assert done.outcome is Outcome.DONE
    assert [step for step in bench.steps if step[1] != "applied"][-1] == (1, "failed")


def test_late_values_of_the_run_are_filled_in(bench):
    done = bench.apply(bench.plan(want("a", {"at": late("now"), "by": late("run_id")})))

    assert bench.get("a") == {"at": "2026-11-23T12:00:00Z", "by": done.run_id}
    assert statuses(done) == ["verified"]


def test_a_late_value_that_never_came_fails_that_change_alone(bench):
    done = bench.apply(bench.plan(want("a", [late("9.Id")]), want("b", "on")))

    assert statuses(done) == ["failed", "verified"]
    assert bench.world.sent == [("Put", "b")]


def test_ctrl_c_settles_what_was_sent_and_begins_nothing_new(bench):
    def press(change):
        if change.n == 1 and change.status is Status.VERIFIED:
            raise KeyboardInterrupt

    plan = bench.plan(want("a", "on"), want("b", "on", needs=("a",)))

    with pytest.raises(Interrupted) as caught:
        bench.apply(plan, progress=press)

    assert bench.world.sent == [("Put", "a")]
    assert caught.value.exit_code is Exit.INTERRUPTED
    run = bench.journal.plan(caught.value.run_id)
    assert run.outcome is Outcome.INTERRUPTED
    assert statuses(run) == ["verified", "planned"]


def test_nothing_is_sent_when_the_journal_cannot_be_written(bench):
    plan = bench.plan(want("a", "on"))
    bench.journal._db.execute("DROP TABLE intents")

    with pytest.raises(JournalError):
        bench.apply(plan)

    assert bench.world.sent == []


def test_a_gone_target_on_sending_is_gone(bench):
    bench.world.answer = lambda operation, parameters: NotThere("deleted a moment ago")

    assert statuses(bench.apply(bench.plan(want("a", "on")))) == ["gone"]


def test_a_sensitive_value_arrives_and_is_not_in_the_journal(bench):
    done = bench.apply(bench.plan(want("s", "hunter2", "fake.secret")))

    assert bench.get("s") == "hunter2"
    assert statuses(done) == ["verified"]
    assert "hunter2" not in (bench.folder / "journal.sqlite3").read_bytes().decode("latin1")
    assert "hunter2" not in (bench.folder / "journal.sqlite3-wal").read_bytes().decode("latin1")


def test_a_kind_other_than_the_settings_own_may_be_given(bench):
    plan = bench.plan(want("a", "on", kind=Kind.EVIDENCE))

    assert plan.changes[0].kind is Kind.EVIDENCE


def test_a_draft_without_wants_is_an_empty_plan(bench):
    draft: Draft = bench.draft()

    assert exit_code(draft.plan([])) is Exit.OK
