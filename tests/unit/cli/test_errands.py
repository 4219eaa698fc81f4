"""A command of the operator's is run for each finding, one after the other; nothing that it does stops the watch."""

import json
import shlex
import sys
import time

import pytest

from secguard.cli.errands import Errand, Errands, parse_command
from secguard.errors import UsageError

WRITES = "import sys, os, json; open(sys.argv[1], 'a').write(json.dumps([sys.stdin.read(), os.environ['SECGUARD_T']]))"


def errand(name="3f9a2c1b", text="title"):
    return Errand(name=name, stdin=b'{"a": 1}\n', variables={"SECGUARD_T": text})


@pytest.fixture
def errands():
    """Errands for a Python program with these arguments, and what was told of them."""
    begun = []

    def begin(program, *arguments, limit=30.0):
        told = []
        begun.append(Errands([sys.executable, "-c", program, *arguments], limit=limit, tell=told.append))
        return begun[-1], told

    yield begin
    for each in begun:
        each.leave(grace=0)


def test_the_finding_is_on_stdin_and_in_the_environment_and_no_shell_sees_it(errands, tmp_path):
    out = tmp_path / "out"
    line, told = errands(WRITES, str(out))
    evil = f"$(touch {tmp_path / 'evil'}); `touch {tmp_path / 'evil'}`"
    line.send(errand(text=evil))
    line.finish()
    assert json.loads(out.read_text()) == ['{"a": 1}\n', evil]
    assert told == []
    assert not (tmp_path / "evil").exists()


def test_they_run_one_after_the_other_in_their_order(errands, tmp_path):
    out = tmp_path / "out"
    line, _ = errands("import sys, os; open(sys.argv[1], 'a').write(os.environ['SECGUARD_T'])", str(out))
    for letter in "abcde":
        line.send(errand(text=letter))
    line.finish()
    assert out.read_text() == "abcde"


def test_one_that_fails_is_told_and_the_next_is_run(errands):
    line, told = errands("import sys, os; sys.exit(int(os.environ['SECGUARD_T']))")
    line.send(errand("aaaaaaaa", "3"))
    line.send(errand("bbbbbbbb", "0"))
    line.send(errand("cccccccc", "1"))
    line.finish()
    assert told == ["--exec for aaaaaaaa: exit code 3", "--exec for cccccccc: exit code 1"]


def test_one_that_hangs_is_ended_with_all_that_it_began(errands, tmp_path):
    child = f"import time; time.sleep(2); open({str(tmp_path / 'late')!r}, 'w')"
    program = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    line, told = errands(program, limit=1.0)
    line.send(errand())
    line.finish()
    assert told == ["--exec for 3f9a2c1b: stopped after 1 s"]
    time.sleep(1.5)
    assert not (tmp_path / "late").exists()


def test_one_that_does_not_read_what_it_is_given_is_no_failure(errands):
    line, told = errands("pass")
    line.send(Errand(name="x", stdin=b"x" * 1_000_000, variables={}))
    line.finish()
    assert told == []


def test_one_that_is_ended_by_a_signal_is_told(errands):
    line, told = errands("import os; os.kill(os.getpid(), 9)")
    line.send(errand())
    line.finish()
    assert told == ["--exec for 3f9a2c1b: ended by signal 9"]


def test_one_that_can_not_be_run_is_told(tmp_path):
    told = []
    line = Errands([str(tmp_path / "gone")], limit=1.0, tell=told.append)
    line.send(errand())
    line.finish()
    assert told == ["--exec for 3f9a2c1b: it can't be run: No such file or directory"]


def test_who_leaves_early_is_told_what_was_not_run(errands):
    line, _ = errands("import time; time.sleep(60)")
    for name in ("a", "b", "c"):
        line.send(errand(name))
    time.sleep(0.3)
    started = time.monotonic()
    assert line.leave(grace=0.2) == ["b", "c"]
    assert time.monotonic() - started < 5


def test_after_all_were_run_there_is_nothing_left(errands):
    line, _ = errands("pass")
    line.send(errand())
    line.finish()
    assert line.leave(grace=1.0) == []


@pytest.mark.parametrize("text", ["", "   ", "'open", "no-such-command-here --x"])
def test_a_command_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="--exec"):
        parse_command(text)


def test_a_command_is_split_as_a_shell_would():
    text = shlex.join([sys.executable, "-c", "a b", "{}"])
    assert parse_command(text) == [sys.executable, "-c", "a b", "{}"]
