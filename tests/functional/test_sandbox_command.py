"""`secguard sandbox` starts a local AWS, points clients at it, and stops it."""

import os
import subprocess
import sys

import pytest

WORDS = [sys.executable, "-m", "secguard"]


@pytest.fixture
def started(secguard):
    said = secguard("sandbox", "start", "--seed", "empty", "-o", "json")
    assert said.code == 0
    yield said.json
    secguard("sandbox", "stop")


def test_what_it_prints_points_a_shell_at_it(started):
    """And takes away what would lead elsewhere."""
    script = f'eval "$({sys.executable} -m secguard sandbox env)"; env'
    leaking = {**os.environ, "AWS_PROFILE": "production", "AWS_ENDPOINT_URL_IAM": "https://iam.amazonaws.com"}

    done = subprocess.run(["sh", "-c", script], env=leaking, capture_output=True, text=True, check=True)

    names = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert names["AWS_ENDPOINT_URL"] == started["endpoint"]
    assert "AWS_PROFILE" not in names
    assert "AWS_ENDPOINT_URL_IAM" not in names


def test_exec_runs_a_command_against_it_and_gives_back_its_exit_code(started):
    program = "import os, sys; print(os.environ['AWS_ENDPOINT_URL'], *sys.argv[1:]); sys.exit(7)"
    words = [*WORDS, "sandbox", "exec", "--", sys.executable, "-c", program, "--region", "-v"]

    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip()) == (7, f"{started['endpoint']} --region -v")


def test_exec_of_what_does_not_exist_is_a_usage_error(secguard, started):
    said = secguard("sandbox", "exec", "--", "no-such-program")

    assert said.code == 2
    assert "no-such-program can't be run" in said.stderr


def test_starting_it_again_finds_the_one_that_runs(secguard, started):
    again = secguard("sandbox", "start", "--seed", "empty", "-o", "json").json

    assert (again["endpoint"], again["was_running"]) == (started["endpoint"], True)
    assert secguard("sandbox", "start", "--seed", "breach").code == 2


def test_the_variables_are_also_json(secguard, started):
    variables = secguard("sandbox", "env", "-o", "json").json

    assert variables["AWS_ENDPOINT_URL"] == started["endpoint"]
    assert variables["AWS_PROFILE"] is None


@pytest.mark.parametrize("words", [["env"], ["exec", "--", "true"]])
def test_without_one_the_next_step_is_said(secguard, words):
    said = secguard("sandbox", *words)

    assert said.code == 2
    assert "next: secguard sandbox start" in said.stderr


def test_stopping_none_is_no_error(secguard):
    said = secguard("sandbox", "stop")

    assert (said.code, said.stdout) == (0, "")
    assert "no sandbox was running" in said.stderr
