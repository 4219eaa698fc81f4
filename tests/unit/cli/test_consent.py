"""Nothing is changed that was not asked for, and what was changed can be followed, finished and taken back."""

import json
import stat

import pytest

from secguard.engine.change import from_record, to_record


def run_of(said):
    return said.json["run_id"]


def test_a_dry_run_shows_the_calls_and_does_nothing(secguard, house):
    said = secguard("light", "hall", "--dry-run")

    assert (said.code, house.sent) == (0, [])
    assert "lamp hall" in said.stdout
    assert "iam:SetLamp Name=hall On=true" in said.stdout
    assert secguard("history", "-o", "json").json == []


def test_without_a_terminal_a_change_needs_yes(secguard, house):
    said = secguard("light", "hall")

    assert (said.code, house.sent, said.stdout) == (4, [], "")
    assert "next: look at it with --dry-run, then repeat with --yes" in said.stderr
    assert secguard("light", "hall", "--yes").code == 0
    assert len(house.sent) == 1


def test_a_command_that_names_its_own_intent_asks_on_a_terminal_only(secguard, house, terminal):
    house.wants = {"own_intent": True}

    assert secguard("light", "hall").code == 0

    terminal("n\n")

    assert secguard("light", "porch").code == 4
    assert [call.parameters["Name"] for call in house.sent] == ["hall"]


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("YES", 0), ("n", 4), ("", 4), ("yep", 4)])
def test_on_a_terminal_it_is_shown_and_asked_for(secguard, house, terminal, typed, code):
    terminal(f"{typed}\n")

    said = secguard("light", "hall")

    assert (said.code, len(house.sent)) == (code, 1 if code == 0 else 0)
    assert "iam:SetLamp Name=hall" in said.stderr
    assert "Apply this change in account 123456789012? [y/N]" in said.stderr


def test_the_end_of_input_is_no_consent(secguard, house, terminal):
    terminal()

    assert secguard("light", "hall").code == 4
    assert house.sent == []


@pytest.mark.parametrize(("typed", "code"), [("1", 0), ("2", 4), ("y", 4), ("", 4)])
def test_what_lowers_coverage_needs_the_number_of_regions_typed(secguard, house, terminal, typed, code):
    house.wants = {"lowers_coverage": True}
    terminal(f"{typed}\n")

    assert (secguard("light", "hall", "-y").code, len(house.sent)) == (code, 1 if code == 0 else 0)


def test_where_nobody_can_type_the_rule_must_be_lifted_by_name(secguard, house):
    house.wants = {"lowers_coverage": True}

    assert secguard("light", "hall", "-y").code == 4
    assert house.sent == []
    assert secguard("light", "hall", "-y", "--allow", "lower-coverage").code == 0


def test_what_is_so_already_is_no_change_and_no_run(secguard, house):
    secguard("light", "hall", "-y")

    said = secguard("light", "hall")

    assert said.code == 0
    assert "nothing to do" in said.stdout
    assert "lamp hall" in said.stdout
    assert len(secguard("history", "-o", "json").json) == 1


@pytest.mark.parametrize(("broken", "code"), [(["hall"], 3), (["hall", "porch"], 1)])
def test_the_exit_code_says_how_much_was_done(secguard, house, broken, code):
    house.broken = set(broken)

    said = secguard("light", "hall", "porch", "-y")

    assert said.code == code
    assert "may not" in said.stdout


def test_a_saved_plan_is_the_operators_own_and_nothing_is_done(secguard, house, tmp_path):
    file = tmp_path / "plan.json"

    said = secguard("light", "hall", "--plan-out", file)

    assert (said.code, said.stdout, house.sent) == (0, "", [])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["changes"][0]["target"] == "lamp hall"
    assert list(tmp_path.glob(".plan*")) == []


def test_a_plan_can_be_written_to_stdout(secguard, house):
    assert secguard("light", "hall", "--plan-out", "-").json["plan_version"] == 1


def test_a_place_that_can_not_be_written_is_said(secguard, house, tmp_path):
    said = secguard("light", "hall", "--plan-out", tmp_path / "absent" / "plan.json")

    assert (said.code, house.sent) == (2, [])
    assert "can't be written" in said.stderr


def test_json_after_apply_is_the_plan_with_its_results(secguard, house):
    record = secguard("light", "hall", "-y", "-o", "json").json

    assert (record["outcome"], record["changes"][0]["status"]) == ("done", "verified")
    assert secguard("history", record["run_id"][:6], "-o", "json").json == record


def test_every_output_of_a_plan(secguard, house):
    assert secguard("light", "hall", "--dry-run", "-o", "jsonl").json["command"] == "light"
    assert "| 1 | 123456789012 | us-east-1 |" in secguard("light", "hall", "--dry-run", "-o", "markdown").stdout
    *_, line = secguard("light", "hall", "--dry-run", "-o", "commands").stdout.splitlines()
    assert line == "aws iam set-lamp --name hall --on --region us-east-1"


def test_a_run_is_listed_and_undone_and_both_say_so(secguard, house):
    run = run_of(secguard("light", "hall", "porch", "-y", "-o", "json"))

    undone = secguard("undo", run[:5], "-y", "-o", "json")

    assert (undone.code, undone.json["undoes"]) == (0, run)
    assert set(house.lamps.values()) == {None}
    newest, oldest = secguard("history", "-o", "json").json
    assert (newest["undoes"], oldest["undone_by"], oldest["outcome"]) == (run, newest["run_id"], "undone")
    assert f"undoes {run}" in secguard("history").stdout


def test_only_some_changes_are_undone(secguard, house):
    run = run_of(secguard("light", "hall", "porch", "-y", "-o", "json"))

    assert secguard("undo", run, "--only", "2", "-y").code == 0
    assert [name for (_, name), on in house.lamps.items() if on] == ["hall"]
    assert secguard("undo", run, "--only", "9", "-y").code == 2


def test_a_result_file_serves_as_well_as_a_run(secguard, house, tmp_path):
    file = tmp_path / "result.json"
    file.write_text(secguard("light", "hall", "-y", "-o", "json").stdout)

    assert secguard("undo", file, "-y").code == 0
    assert set(house.lamps.values()) == {None}


@pytest.mark.parametrize("words", [["history"], ["undo"], ["resume"]])
def test_an_unknown_run_is_a_usage_error(secguard, house, words):
    said = secguard(*words, "abcdef")

    assert said.code == 2
    assert "next: list the runs: secguard history" in said.stderr


def test_an_interrupted_run_is_listed_and_resumed(secguard, house, monkeypatch):
    house.interrupt = True
    said = secguard("light", "hall", "-y")
    house.interrupt = False

    (run,) = secguard("history", "-o", "json").json
    assert (said.code, run["outcome"]) == (130, "interrupted")
    assert f"secguard resume {run['run_id']}" in said.stderr
    assert secguard("resume", run["run_id"]).code == 4
    assert secguard("resume", run["run_id"], "--yes").code == 0
    assert set(house.lamps.values()) == {True}
    assert "nothing is left to do" in secguard("resume", run["run_id"]).stderr


@pytest.fixture
def saved(secguard, house, tmp_path):
    """A saved plan, which undoes a run."""
    run = run_of(secguard("light", "hall", "-y", "-o", "json"))
    file = tmp_path / "undo.json"
    secguard("undo", run, "--plan-out", file)
    house.sent.clear()
    return file


def test_a_saved_plan_is_applied_when_it_still_holds(secguard, house, saved):
    assert secguard("apply", saved, "--dry-run").code == 0
    assert house.sent == []
    assert secguard("apply", saved, "--yes").code == 0
    assert set(house.lamps.values()) == {None}


def test_the_calls_in_the_file_are_never_sent(secguard, house, saved):
    """They are worked out anew; a file that says otherwise was altered."""
    record = json.loads(saved.read_text())
    record["changes"][0]["calls"][0]["parameters"]["Name"] = "vault"
    saved.write_text(json.dumps(record))

    said = secguard("apply", saved, "--yes")

    assert (said.code, house.sent) == (4, [])
    assert "altered" in said.stderr


def test_a_plan_forged_with_its_digest_is_refused_all_the_same(secguard, house, saved):
    record = json.loads(saved.read_text())
    record["changes"][0]["calls"][0]["parameters"]["Name"] = "vault"
    saved.write_text(json.dumps(to_record(from_record(record, origin="test").sealed())))

    said = secguard("apply", saved, "--yes")

    assert (said.code, house.sent) == (4, [])
    assert "secguard would not do the same any more: lamp hall has changed" in said.stderr


def test_a_plan_whose_ground_has_moved_is_refused(secguard, house, saved):
    for spot in house.lamps:
        house.lamps[spot] = "flickering"

    said = secguard("apply", saved, "--yes")

    assert (said.code, house.sent) == (4, [])
    assert "lamp hall: someone has changed it since" in said.stderr


@pytest.mark.parametrize(
    "change",
    [{"endpoint": "http://127.0.0.1:4000"}, {"caller": "arn:aws:iam::999988887777:user/x"}, {"partition": "aws-cn"}],
    ids=lambda change: next(iter(change)),
)
def test_a_plan_belongs_where_it_was_made(secguard, house, saved, elsewhere, change):
    elsewhere(**change)

    said = secguard("apply", saved, "--yes")

    assert (said.code, house.sent) == (4, [])
    assert "belongs to account 123456789012" in said.stderr


def test_another_session_of_the_same_account_may_apply_it(secguard, house, saved, elsewhere):
    """One plans, another reviews and applies."""
    elsewhere(caller="arn:aws:sts::123456789012:assumed-role/responder/bob")

    assert secguard("apply", saved, "--yes").code == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "not a plan of version 1"),
        ('{"plan_version": 2}', "not a plan of version 1"),
        ('{"plan_version": 1}', "not a plan: "),
    ],
)
def test_a_file_that_is_no_plan_is_a_usage_error(secguard, house, tmp_path, text, problem):
    file = tmp_path / "x.json"
    file.write_text(text)

    said = secguard("apply", file)

    assert said.code == 2
    assert f"{file}: {problem}" in said.stderr
    assert secguard("apply", tmp_path / "absent.json").code == 2


def test_a_plan_that_was_applied_is_not_applied_again(secguard, house, tmp_path):
    file = tmp_path / "result.json"
    file.write_text(secguard("light", "hall", "-y", "-o", "json").stdout)

    said = secguard("apply", file, "--yes")

    assert said.code == 2
    assert "was applied already, as run" in said.stderr
