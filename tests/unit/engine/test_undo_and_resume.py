import dataclasses
import json
import sqlite3

import pytest
from engine_fakes import ORIGIN, REGISTRY, Bench, Killed, want

from secguard.engine.change import Outcome, Status, from_record, to_record
from secguard.engine.journal import Journal, JournalError
from secguard.engine.locks import Busy
from secguard.engine.outcome import exit_code
from secguard.engine.undo import plan_undo
from secguard.engine.values import late
from secguard.errors import AmbiguousId, Denied, Exit, PlanMismatch, Refused, UnknownId, UsageError


def statuses(plan):
    return [change.status.value for change in plan.changes]


def test_undo_puts_back_what_was(bench):
    bench.put("a", "off")
    done = bench.apply(bench.plan(want("a", "on"), want("b", "on")))

    undone = bench.undo(done.run_id)

    assert (bench.get("a"), bench.get("b")) == ("off", None)
    assert statuses(undone) == ["verified", "verified"]
    assert statuses(bench.journal.plan(done.run_id)) == ["undone", "undone"]


def test_history_tells_who_undid_whom(bench):
    done = bench.apply(bench.plan(want("a", "on", findings=("f1",))))
    undo = bench.undo(done.run_id)

    newest, oldest = bench.journal.history()

    assert (newest.run_id, newest.undoes) == (undo.run_id, done.run_id)
    assert (oldest.run_id, oldest.undone_by, oldest.outcome) == (done.run_id, undo.run_id, Outcome.UNDONE)
    assert oldest.findings == ("f1",)


def test_what_someone_else_changed_is_left_and_named_and_the_rest_is_undone(bench):
    done = bench.apply(bench.plan(want("a", "on"), want("b", "on", needs=("a",))))
    bench.put("b", "someone else's")

    plan = bench.plan_undo(done.run_id)
    undone = bench.apply(plan)

    assert [(r.what, r.rule) for r in plan.refused] == [("plain b", "drift")]
    assert (bench.get("a"), bench.get("b")) == (None, "someone else's")
    assert bench.journal.summary(done.run_id).outcome is Outcome.PARTLY_UNDONE
    assert exit_code(undone) is Exit.PARTLY


def test_what_was_not_done_is_not_undone(bench):
    """It became so by someone else's hand, between plan and apply."""
    plan = bench.plan(want("a", "on"))
    bench.put("a", "on")
    done = bench.apply(plan)

    assert bench.plan_undo(done.run_id).changes == ()
    assert bench.get("a") == "on"


def test_undo_keeps_the_order_that_the_plan_carries(bench):
    done = bench.apply(bench.plan(want("block", "on"), want("policy", "on", undo_after=("block",))))
    bench.world.sent.clear()

    bench.undo(done.run_id)

    assert [name for _, name in bench.world.sent] == ["block", "policy"]


def test_an_undo_that_fails_holds_back_what_must_come_after_it(bench):
    done = bench.apply(bench.plan(want("block", "on"), want("policy", "on", undo_after=("block",))))
    bench.world.answer = lambda operation, p: Denied("no") if p["name"] == "block" else None

    undone = bench.undo(done.run_id)

    assert statuses(undone) == ["failed", "skipped"]
    assert statuses(bench.journal.plan(done.run_id)) == ["verified", "verified"]


def test_undo_leaves_scaffold_and_evidence(bench):
    done = bench.apply(
        bench.plan(
            want("g", "empty", "fake.group"),
            want("e", "taken", "fake.evidence"),
            want("eni", [late("g.Id")], needs=("g",)),
        )
    )

    undone = bench.undo(done.run_id)

    assert [c.target for c in undone.changes] == ["plain eni"]
    assert bench.get("e") == "taken"
    assert bench.get("g") is not None
    assert bench.journal.summary(done.run_id).outcome is Outcome.UNDONE


def test_bookkeeping_is_undone_after_the_rest(bench):
    done = bench.apply(bench.plan(want("a", "on"), want("note", "NOTIFIED", "fake.book", needs=("a",))))
    bench.world.sent.clear()

    undone = bench.undo(done.run_id)

    assert statuses(undone) == ["verified", "verified"]
    assert [name for _, name in bench.world.sent] == ["a", "note"]


def test_what_never_left_its_former_value_needs_no_nearest_one(bench):
    """The way back of this setting aims at a default; killed before the call, there is nothing to take back."""
    bench.world.kill_before = 0
    with pytest.raises(Killed):
        bench.apply(bench.plan(want("a", "on", "fake.nearest")))
    bench.revive()

    undo = bench.plan_undo("000000000001")

    assert (undo.changes, undo.refused, undo.undone_already) == ((), (), (1,))


def test_undoing_twice_changes_nothing_and_says_so(bench):
    done = bench.apply(bench.plan(want("a", "on")))
    bench.undo(done.run_id)
    bench.world.sent.clear()

    again = bench.plan_undo(done.run_id)

    assert (again.changes, again.undone_already) == ((), ())
    assert len(again.already) == 1
    assert exit_code(again) is Exit.OK


def test_only_the_named_change_is_undone(bench):
    done = bench.apply(bench.plan(want("a", "on"), want("b", "on")))

    bench.apply(bench.plan_undo(done.run_id, only=(2,)))

    assert (bench.get("a"), bench.get("b")) == ("on", None)


def test_a_change_that_is_not_in_the_run_cannot_be_undone(bench):
    done = bench.apply(bench.plan(want("a", "on")))

    with pytest.raises(UsageError, match="no change 7"):
        bench.plan_undo(done.run_id, only=(7,))


def test_a_result_file_serves_as_well_as_a_run(bench):
    done = bench.apply(bench.plan(want("a", "on")))
    from_file = from_record(json.loads(json.dumps(to_record(done))), origin="result.json")

    plan = plan_undo(from_file, bench.draft(command="undo"))

    assert [c.after for c in plan.changes] == [None]


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"partition": "aws-cn"},
        {"caller": "arn:aws:iam::999999999999:user/operator"},
        {"endpoint": "http://127.0.0.1:4599"},
    ],
)
def test_a_run_belongs_to_where_it_was_made(bench, elsewhere):
    done = bench.apply(bench.plan(want("a", "on")))
    here = dataclasses.replace(ORIGIN, **elsewhere)

    with pytest.raises(PlanMismatch, match="belongs to account 123456789012"):
        plan_undo(bench.journal.plan(done.run_id), bench.draft(command="undo", origin=here))


def test_undoing_an_undo_brings_the_change_back(bench):
    done = bench.apply(bench.plan(want("a", "on")))
    undo = bench.undo(done.run_id)

    bench.undo(undo.run_id)

    assert bench.get("a") == "on"


def test_a_change_that_failed_after_its_call_is_undone_all_the_same(bench):
    """It reads back as something between; what our call may have left is ours to take back."""

    def crash(operation, parameters):
        if operation == "Empty":
            return Denied("no")
        return None

    bench.world.answer = crash
    plan = bench.plan(want("g", "empty", "fake.group", kind="setting"))
    done = bench.apply(plan)
    assert statuses(done) == ["failed"]

    undo = bench.plan_undo(done.run_id)

    assert [(c.before, c.after) for c in undo.changes] == [("open", None)]


def plan_of_everything(bench):
    """One of each kind of change; five calls."""
    bench.put("doc", {"token": 1, "parts": {"keep": "this"}})
    bench.put("a", "off")
    return bench.plan(
        want("a", "on"),
        want("g", "empty", "fake.group", needs=("a",)),
        want("eni", [late("g.Id")], needs=("g",)),
        want("p", "on", "fake.part", address={"document": "doc", "part": "p"}, needs=("eni",)),
        want("note", "NOTIFIED", "fake.book"),
    )


KILLS = [(moment, call) for moment in ("kill_before", "kill_after") for call in range(6)]


@pytest.mark.parametrize(("moment", "call"), KILLS)
def test_a_killed_run_is_shown_and_resumed_to_its_end(bench, moment, call):
    setattr(bench.world, moment, call)
    with pytest.raises(Killed):
        bench.apply(plan_of_everything(bench))
    bench.revive()
    run_id = bench.journal.find("0")
    assert bench.journal.summary(run_id).outcome is Outcome.INTERRUPTED

    done = bench.resume(run_id)

    assert set(statuses(done)) == {"verified"}
    assert done.outcome is Outcome.DONE
    assert bench.get("eni") == ["id-of-g"]
    assert bench.get("doc")["parts"] == {"keep": "this", "p": "on"}
    assert [operation for operation, _ in bench.world.sent].count("Create") == 1


@pytest.mark.parametrize(("moment", "call"), KILLS)
def test_a_killed_run_is_undone_to_where_it_began(bench, moment, call):
    setattr(bench.world, moment, call)
    with pytest.raises(Killed):
        bench.apply(plan_of_everything(bench))
    bench.revive()
    run_id = bench.journal.find("0")

    bench.undo(run_id)

    assert bench.get("a") == "off"
    assert bench.get("eni") is None
    assert bench.get("doc")["parts"] == {"keep": "this"}
    assert bench.plan_undo(run_id).changes == ()


@pytest.mark.parametrize("call", range(3))
@pytest.mark.parametrize("moment", ["kill_before", "kill_after"])
def test_a_killed_undo_is_resumed_to_its_end(bench, moment, call):
    done = bench.apply(plan_of_everything(bench))
    setattr(bench.world, moment, len(bench.world.sent) + call)
    with pytest.raises(Killed):
        bench.undo(done.run_id)
    bench.revive()

    bench.resume("000000000002")

    assert bench.get("a") == "off"
    assert bench.get("doc")["parts"] == {"keep": "this"}
    assert bench.journal.summary(done.run_id).outcome is Outcome.UNDONE


def test_a_killed_run_that_was_taken_back_is_undone_and_no_longer_interrupted(bench):
    bench.world.kill_after = 0
    with pytest.raises(Killed):
        bench.apply(bench.plan(want("a", "on"), want("b", "on", needs=("a",))))
    bench.revive()

    bench.undo("000000000001")

    assert bench.journal.summary("000000000001").outcome is Outcome.UNDONE


def test_a_run_that_was_taken_back_is_not_finished_by_a_resume(bench):
    """What it had not come to is no longer wanted."""
    bench.world.kill_after = 0
    with pytest.raises(Killed):
        bench.apply(bench.plan(want("a", "on"), want("b", "on", needs=("a",))))
    bench.revive()
    bench.undo("000000000001")
    bench.world.sent.clear()

    with pytest.raises(Refused, match="was taken back"):
        bench.resume("000000000001")

    assert bench.world.sent == []


def test_a_run_that_was_taken_back_is_no_failure(bench):
    done = bench.apply(bench.plan(want("a", "on")))
    bench.undo(done.run_id)

    assert exit_code(bench.journal.plan(done.run_id)) is Exit.OK


def test_a_killed_run_that_left_nothing_to_take_back_is_undone_by_an_empty_undo(bench):
    """Only evidence was taken, and that is kept."""
    bench.world.kill_after = 0
    with pytest.raises(Killed):
        bench.apply(bench.plan(want("e", "taken", "fake.evidence"), want("b", "on", needs=("e",))))
    bench.revive()

    undo = bench.undo("000000000001")

    assert undo.changes == ()
    assert bench.journal.summary("000000000001").outcome is Outcome.UNDONE


def test_the_journal_holds_a_run_as_it_was_answered(bench):
    """What was found afresh regrades the undo; the journal must say the same as the answer did."""
    bench.world.answer = lambda operation, p: bench.put("feature", "default") if p["name"] == "switch" else None
    done = bench.apply(
        bench.plan(
            want("switch", "on"), want("feature", "on", "fake.nearest", needs=("switch",), touched_by=("switch",))
        )
    )

    assert to_record(bench.journal.plan(done.run_id)) == to_record(done)


def test_a_killed_run_that_drifted_since_is_left_alone_there(bench):
    bench.world.kill_after = 0
    with pytest.raises(Killed):
        bench.apply(bench.plan(want("a", "on"), want("b", "on", needs=("a",))))
    bench.revive()
    bench.put("a", "someone else's")

    done = bench.resume("000000000001")

    assert statuses(done) == ["failed", "skipped"]
    assert bench.get("a") == "someone else's"


def test_two_processes_cannot_work_on_one_run(bench, tmp_path):
    other = Journal(tmp_path)
    with other.running("000000000001"), pytest.raises(Busy):
        bench.apply(bench.plan(want("a", "on")))
    other.close()
    assert bench.world.sent == []


def test_a_run_that_is_running_cannot_be_undone(bench):
    done = bench.apply(bench.plan(want("a", "on")))
    running = dataclasses.replace(done, outcome=Outcome.RUNNING)

    with pytest.raises(UsageError, match="still running"):
        plan_undo(running, bench.draft(command="undo"))


def test_a_unique_prefix_of_a_run_id_is_enough(tmp_path):
    bench = Bench(tmp_path)
    done = bench.apply(bench.plan(want("a", "on")))
    bench.apply(bench.plan(want("b", "on")))

    assert bench.journal.find("000000000001") == done.run_id
    with pytest.raises(AmbiguousId) as caught:
        bench.journal.find("0000")
    assert caught.value.candidates == ["000000000001", "000000000002"]
    with pytest.raises(UnknownId):
        bench.journal.find("f00")
    bench.journal.close()


def test_no_percent_sign_finds_a_run(bench):
    """Prefixes are text, not patterns."""
    bench.apply(bench.plan(want("a", "on")))

    with pytest.raises(UnknownId):
        bench.journal.find("%")


def test_the_journal_is_for_its_owner_only(bench):
    assert (bench.folder / "journal.sqlite3").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda file: file.write_bytes(b"no database at all, but text" * 99), "can't be used"),
        (lambda file: sqlite3.connect(file).executescript("CREATE TABLE runs (id)"), "another version"),
    ],
)
def test_a_journal_that_is_not_ours_is_left_alone_and_named(tmp_path, spoil, said):
    file = tmp_path / "journal.sqlite3"
    spoil(file)
    before = file.read_bytes()

    with pytest.raises(JournalError, match=said):
        Journal(tmp_path)

    assert file.read_bytes() == before


def test_every_way_a_change_can_end_has_a_count_in_the_history(bench):
    bench.world.answer = lambda operation, p: Denied("no") if p["name"] == "a" else None
    done = bench.apply(bench.plan(want("a", "on"), want("b", "on", needs=("a",)), want("c", "on")))

    assert bench.journal.summary(done.run_id).changes == {"failed": 1, "skipped": 1, "verified": 1}


def test_the_registry_knows_what_is_read_and_what_is_written():
    assert "fake:Put" in REGISTRY.writes()
    assert REGISTRY.reads().isdisjoint(REGISTRY.writes())
    assert Status("verified") is Status.VERIFIED
