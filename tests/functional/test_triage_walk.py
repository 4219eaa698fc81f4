"""`secguard triage` on a terminal: one finding at a time, by single keys, taken up again where it was left."""

import os
import pty
import select
import subprocess
import sys

import pytest

from secguard.sandbox.cast import OPERATOR_KEY, OPERATOR_SECRET

LINE = ("triage", "--severity-only", "critical", "--region", "us-east-1")
PATIENCE = 30.0


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, words, environment):
        self._screen, inner = pty.openpty()
        command = [sys.executable, "-m", "secguard", *words]
        self._process = subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, env=environment)
        os.close(inner)
        self.shown = ""

    def until(self, text):
        """Wait for `text` to come; what stood before it."""
        while text not in self.shown:
            ready, _, _ = select.select([self._screen], [], [], PATIENCE)
            assert ready, f"{text!r} did not come: {self.shown}"
            self.shown += os.read(self._screen, 4096).decode(errors="replace")
        before, _, self.shown = self.shown.partition(text)
        return before

    def press(self, keys):
        os.write(self._screen, keys.encode())

    def left(self):
        """The exit code, once it has ended."""
        return self._process.wait(PATIENCE)

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._screen)


@pytest.fixture
def terminal(breach):
    """Run a command line on a terminal."""
    opened = []

    def run(*words):
        own = {"AWS_ACCESS_KEY_ID": OPERATOR_KEY, "AWS_SECRET_ACCESS_KEY": OPERATOR_SECRET, "TERM": "dumb"}
        opened.append(Terminal(words, {**os.environ, **own}))
        return opened[-1]

    yield run
    for each in opened:
        each.close()


def statuses():
    from secguard.sandbox.securityhub.backend import backend_of  # noqa: PLC0415 - moto, only where it is used

    held = [*backend_of("123456789012", "us-east-1").findings.values()]
    return [each["Workflow"]["Status"] for each in held if each["Severity"]["Label"] == "CRITICAL"]


def notes():
    from secguard.sandbox.securityhub.backend import backend_of  # noqa: PLC0415 - the same

    held = backend_of("123456789012", "us-east-1").findings.values()
    return [each["Note"]["Text"] for each in held if "Note" in each]


def test_keys_say_what_becomes_of_a_finding_and_undo_takes_it_back(terminal, breach):
    before = statuses()
    screen = terminal(*LINE)
    screen.until("1/")
    screen.press("w")
    screen.until("priority")
    screen.press("R")
    screen.until("secguard remediate ")
    screen.press("s")
    screen.until("done")
    screen.until("2/")
    assert sorted(statuses()) == sorted([*before[1:], "SUPPRESSED"])
    screen.press("u")
    screen.until("done")
    screen.until("1/")
    assert statuses() == before
    screen.press("q")

    assert screen.left() == 0


def test_a_note_is_typed_and_the_finding_stays(terminal, breach):
    screen = terminal(*LINE)
    screen.until("1/")
    screen.press("N")
    screen.until("note: ")
    screen.press("asked the owner\n")
    screen.until("done")
    screen.press("q")

    assert screen.left() == 0
    assert "asked the owner" in notes()


def test_an_arrow_is_one_key_and_none_that_sets_anything(terminal, breach):
    before = statuses()
    screen = terminal(*LINE)
    screen.until("1/")
    for arrow in ("\x1b[A", "\x1b[1;5s", "\x1bs", "\x1bOR"):
        screen.press(arrow)
        screen.until("q quit")
    screen.press("q")

    assert "q quit" not in screen.until("left at 1 of ")
    assert screen.left() == 0
    assert statuses() == before


def test_a_walk_that_was_left_is_taken_up_where_it_was(terminal, breach):
    left = terminal(*LINE)
    left.until("1/")
    left.press("n")
    left.until("2/")
    left.until("critical  ")
    second = left.until("  ")
    left.press("q")
    assert left.left() == 0

    again = terminal(*LINE)
    again.until("1 that were looked at before are left out")
    again.until("1/")
    again.until("critical  ")
    assert again.until("  ") == second
    again.press("q")
    assert again.left() == 0


def test_keys_pressed_ahead_are_not_lost_and_the_end_is_the_end(terminal, breach, tmp_path):
    screen = terminal(*LINE, "--limit", "3")
    screen.until("1/3")
    screen.press("nnn")
    screen.until("that was the last one")

    assert screen.left() == 0
    assert list((tmp_path / "state").glob("triage*")) == []


def test_without_a_terminal_nothing_is_walked(secguard, breach):
    said = secguard("triage")

    assert said.code == 2
    assert breach.calls.writes() == []
