"""The history fits the terminal, and no id in it is broken."""

from secguard.engine.change import Outcome
from secguard.engine.journal import RunSummary
from secguard.render.history import history_table
from secguard.render.screen import answer_console

FIRST, SECOND = "e80eabde585a", "1404e8457951"


def run(run_id, command, **more):
    known = {"undoes": None, "undone_by": None, **more}
    return RunSummary(
        run_id=run_id,
        command=command,
        caller="arn:aws:iam::123456789012:user/ann",
        started_at="2026-11-23T23:23:47Z",
        ended_at="2026-11-23T23:23:49Z",
        outcome=Outcome.DONE,
        changes={"verified": 1},
        findings=(),
        **known,
    )


def test_at_eighty_columns_no_id_and_no_word_is_broken(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    console = answer_console()
    runs = [run(SECOND, f"undo {FIRST}", undoes=FIRST), run(FIRST, "triage", undone_by=SECOND)]
    with console.capture() as drawn:
        console.print(history_table(runs))
    words = drawn.get().split()
    assert (words.count(FIRST), words.count(SECOND)) == (3, 2)
    assert {"verified", "undoes", "undone", "changes", "command", "2026-11-23", "23:23Z"} <= set(words)
