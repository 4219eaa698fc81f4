"""What was done on an AWS can be listed, looked at, and taken back, by any command that comes later."""

import os
import stat
from pathlib import Path

import pytest


@pytest.fixture
def run(secguard, breach):
    """A run that has turned GuardDuty and Security Hub on in one Region."""
    done = secguard("enable", "--region", "ca-central-1", "-o", "json", "-q")
    assert done.code == 0
    return done.json


def test_a_run_is_kept_as_it_was_answered(secguard, run):
    assert secguard("history", run["run_id"][:4], "-o", "json").json == run


def test_the_history_lists_what_was_done(secguard, run):
    (listed,) = secguard("history", "-o", "json").json

    assert (listed["run_id"], listed["outcome"]) == (run["run_id"], "done")
    assert listed["changes"] == {"verified": len(run["changes"])}
    assert listed["caller"] == "arn:aws:iam::123456789012:user/operator"


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "markdown"])
def test_every_output_names_the_run(secguard, run, form):
    said = secguard("history", "-o", form)

    assert said.code == 0
    assert run["run_id"] in said.stdout


def test_the_records_are_the_operators_own(run):
    folder = Path(os.environ["SECGUARD_STATE_DIR"])

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "journal.sqlite3").stat().st_mode) == 0o600


def test_taking_coverage_back_needs_more_than_yes_and_is_listed(secguard, breach, run):
    assert secguard("undo", run["run_id"], "--yes").code == 4

    undone = secguard("undo", run["run_id"], "--allow", "lower-coverage", "--yes", "-o", "json")

    newest, oldest = secguard("history", "-o", "json").json
    assert (newest["run_id"], newest["undoes"]) == (undone.json["run_id"], run["run_id"])
    assert oldest["undone_by"] == newest["run_id"]
    assert oldest["outcome"] in {"undone", "partly_undone"}


def test_a_run_of_another_endpoint_is_not_undone_here(secguard, breach, run, monkeypatch):
    """The sandbox and AWS, or two sandboxes, can't be mistaken for each other."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", breach.endpoint.replace("127.0.0.1", "localhost"))
    breach.calls.clear()

    said = secguard("undo", run["run_id"], "--allow", "lower-coverage", "--yes")

    assert said.code == 4
    assert f"belongs to account 123456789012 at {breach.endpoint}" in said.stderr
    assert breach.calls.of("guardduty", "UpdateDetector") == []
