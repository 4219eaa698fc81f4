"""The guided tour runs to its end by itself, shows what it types, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys

import pytest

from secguard.cli import demo as tour
from secguard.cli.frame import App, Common
from secguard.cli.talk import Talk

WORDS = [sys.executable, "-m", "secguard", "demo"]


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A folder that all temporary files go to."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def processes_in(folder):
    """The command lines of every process that works in a folder."""
    lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if str(folder) in line]


def test_the_tour_shows_every_step_as_it_would_be_typed(room):
    done = subprocess.run(WORDS, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    typed = re.findall(r"^\$ secguard (\S+)", done.stdout, re.MULTILINE)
    assert typed == ["enable", "enable", "findings", "show", "remediate", "remediate", "history", "undo"]
    assert [re.sub(" .*", "", line) for line in re.findall(r"^run \w+: (.*)$", done.stdout, re.MULTILINE)] == [
        "done,"
    ] * 3
    assert "Traceback" not in done.stderr
    assert (list(room.iterdir()), processes_in(room)) == ([], [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_tour_that_is_ended_cleans_up(room, number):
    process = subprocess.Popen(WORDS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.startswith("$ secguard"):
            break

    process.send_signal(number)
    _, stderr = process.communicate()

    assert process.returncode == 128 + number
    assert "Traceback" not in stderr
    assert (list(room.iterdir()), processes_in(room)) == ([], [])


def test_a_step_that_fails_ends_the_tour_with_what_failed(tmp_path):
    one = tour._Tour(App(Common(), Talk()), tmp_path)
    one.environment = one._own(dict(os.environ))

    with pytest.raises(tour.TourEnded, match="`secguard history abcdef` ended with exit code 2"):
        one.run("history abcdef")
