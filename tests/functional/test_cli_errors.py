"""Every kind of bad input has a clear message, the next step and its exit code; nothing is half recorded."""

import os
import re
import signal
import subprocess
import sys
import threading

import pytest

from secguard.sandbox.cast import OPERATOR_SECRET

ASKING = (
    ["findings"],
    ["status"],
    ["show", "3f9a2c1b"],
    ["enable", "--dry-run"],
    ["remediate", "3f9a2c1b", "--dry-run"],
)
"""A line of every command that asks AWS before anything else."""


@pytest.fixture
def leaked_key(secguard, breach):
    """The finding of the leaked access key, which `contain-iam-user` answers."""
    found = secguard("findings", "--severity", "medium", "-o", "json", "-q").json
    return next(finding for finding in found if "contain-iam-user" in finding["playbooks"] and not finding["sample"])


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_without_credentials_nothing_is_done_and_the_way_in_is_said(secguard, breach, monkeypatch, words):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    said = secguard(*words)

    assert (said.code, said.stdout) == (1, "")
    assert "error: " in said.stderr
    assert "next: sign in" in said.stderr


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId"])
def test_credentials_that_do_not_hold_are_named(secguard, breach, words, code):
    breach.faults.add(answer=(403, code, "The security token included in the request is expired or invalid"))

    said = secguard(*words)

    assert (said.code, said.stdout) == (1, "")
    assert "next: sign in" in said.stderr


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_a_profile_that_does_not_exist_is_a_usage_error(secguard, breach, words):
    said = secguard(*words, "--profile", "nobody")

    assert (said.code, said.stdout) == (2, "")
    assert "nobody" in said.stderr


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_what_is_not_aws_is_named_even_when_quiet(secguard, breach, words):
    assert secguard(*words, "-q").stderr.startswith(f"endpoint: {breach.endpoint}, not AWS\n")


@pytest.mark.parametrize("words", ASKING, ids=lambda words: words[0])
def test_a_wrong_configuration_stops_before_anything_is_asked(secguard, breach, tmp_path, words):
    file = tmp_path / "c.yaml"
    file.write_text("enable: {guardduty: {features: [S3_DATA_EVENTS, EVERYTHING]}}")

    said = secguard(*words, "--config", file)

    assert (said.code, said.stdout, list(breach.calls)) == (2, "", [])
    assert f"error: {file}: enable.guardduty.features[1]: there is no 'EVERYTHING' (allowed: " in said.stderr


@pytest.mark.parametrize("words", [["findings"], ["status"], ["enable", "--dry-run"]], ids=lambda words: words[0])
def test_a_region_that_does_not_exist_is_a_usage_error(secguard, breach, words):
    said = secguard(*words, "--region", "eu-wst-1")

    assert (said.code, said.stdout) == (2, "")
    assert "eu-wst-1" in said.stderr


@pytest.mark.parametrize("words", [["show"], ["remediate", "--dry-run"]], ids=lambda words: words[0])
@pytest.mark.parametrize("finding", ["00000000", "not-an-id", "0"])
def test_an_unknown_finding_is_a_usage_error(secguard, breach, words, finding):
    said = secguard(*words, finding)

    assert (said.code, said.stdout) == (2, "")
    assert finding in said.stderr


def test_a_denied_call_names_what_was_denied(secguard, breach):
    denied = "User is not authorized to perform: securityhub:GetFindings"
    breach.faults.add(answer=(403, "AccessDeniedException", denied), service="securityhub", operation="GetFindings")

    said = secguard("findings", "--source", "securityhub")

    assert (said.code, said.stdout) == (1, "")
    assert "GetFindings" in said.stderr


def test_what_is_denied_in_security_hub_leaves_the_regions_that_have_guardduty_alone(secguard, breach):
    denied = "User is not authorized to perform: securityhub:GetFindings"
    breach.faults.add(answer=(403, "AccessDeniedException", denied), service="securityhub", operation="GetFindings")

    said = secguard("findings", "-o", "json")

    assert said.code == 3
    assert {finding["source"] for finding in said.json} == {"guardduty"}
    assert "incomplete: 123456789012 us-east-1: " in said.stderr


def test_one_region_that_is_denied_is_named_and_the_rest_answers(secguard, breach):
    breach.faults.add(answer=(403, "AccessDeniedException", "explicit deny"), service="guardduty", region="eu-west-1")

    said = secguard("status", "--all-regions", "-q", "-o", "json")

    assert said.code == 3
    assert len(said.json) > 10
    assert "incomplete: 123456789012 eu-west-1: " in said.stderr


def test_nobody_at_the_endpoint_is_said(secguard, breach, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    said = secguard("findings", "--timeout", "2s")

    assert (said.code, said.stdout) == (1, "")
    assert "error: " in said.stderr


def test_debug_says_what_was_asked_and_holds_no_secret(secguard, breach):
    said = secguard("status", "--debug")

    assert re.search(r"^sts:GetCallerIdentity .* attempt 1, request id [\w-]+$", said.stderr, re.MULTILINE)
    assert OPERATOR_SECRET not in said.stderr


def test_a_reader_that_leaves_ends_the_listing_quietly(breach):
    read, write = os.pipe()
    os.close(read)
    words = [sys.executable, "-m", "secguard", "findings", "-o", "jsonl"]

    done = subprocess.run(words, stdout=write, stderr=subprocess.PIPE, text=True, check=False)

    os.close(write)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_ctrl_c_in_the_middle_leaves_a_run_that_can_be_brought_to_its_end(secguard, breach, leaked_key):
    """The first change is through when the second one hangs, and the operator gives up."""
    breach.faults.add(answer="hang", service="iam", operation="UpdateAccessKey")
    words = [sys.executable, "-m", "secguard", "remediate", leaked_key["short_id"], "--yes", "--timeout", "30s"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: breach.calls.of("iam", "UpdateAccessKey"))

    process.send_signal(signal.SIGINT)
    threading.Timer(1, breach.faults.clear).start()
    _, stderr = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Traceback" not in stderr
    (run,) = secguard("history", "-o", "json").json
    assert run["outcome"] == "interrupted"
    assert f"secguard resume {run['run_id']}" in stderr
    undone = secguard("undo", run["run_id"], "--yes", "-o", "json")
    assert (undone.code, undone.json["outcome"]) == (0, "done")
    assert {change["status"] for change in undone.json["changes"]} == {"verified"}
    assert secguard("history", "-o", "json").json[1]["outcome"] == "undone"


def until(holds):
    """Wait for something that another process brings about; the test's own time limit ends a vain wait."""
    while not holds():
        threading.Event().wait(0.02)
