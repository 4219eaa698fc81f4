"""`findings --group-by incident` and `show --incident` against the sandbox: the story of the leaked key."""

import csv
import io
import json

import pytest


@pytest.fixture
def listed(secguard, breach):
    """The incidents, as the list tells them."""
    return secguard("findings", "--group-by", "incident", "-o", "json", "--no-samples").json


@pytest.fixture
def leak(listed):
    """The incident of the leaked key, which comes first."""
    return listed[0]


def test_what_to_look_at_first_is_the_leaked_key_with_all_that_was_done_with_it(leak):
    assert leak["title"].startswith("Potential credential compromise of deploy-bot")
    assert leak["severity"] == "CRITICAL"
    assert {"user deploy-bot", "address 80.94.92.65", "access key AKIAZ7LEAKEDDEPLOY01"} <= set(leak["ties"])
    assert {each["name"] for each in leak["resources"]} == {"acme-invoices-7f3a", "acme-uploads-2019"}


def test_the_miner_and_the_stolen_role_obey_one_controller(listed):
    found = [each for each in listed if "address 193.32.162.157" in each["ties"]]
    (one,) = [
        each for each in found if len(each["principals"]) and any("reporting" in who for who in each["principals"])
    ]
    assert any("batch-7" in str(each) or each["type"] == "AwsEc2Instance" for each in one["resources"])


def test_somebody_else_over_the_same_tor_exit_is_another_incident(listed, leak):
    (other,) = [each for each in listed if "user ci-runner" in each["principals"]]
    assert other["id"] != leak["id"]


def test_each_detection_is_in_one_incident_and_no_control_is(secguard, listed):
    detected = secguard("findings", "--product", "guardduty", "-o", "json", "--no-samples").json
    ids = [each for incident in listed for each in incident["finding_ids"]]
    assert sorted(ids) == sorted(finding["short_id"] for finding in detected)


def test_the_table_fits_eighty_columns_and_leads_on(secguard, breach, monkeypatch, leak):
    monkeypatch.setenv("COLUMNS", "80")
    said = secguard("findings", "--group-by", "incident")
    lines = said.stdout.splitlines()
    assert said.code == 0
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith(f"critical  {leak['lead']}")
    assert f"secguard show {leak['lead']} --incident" in said.stderr
    assert "they are in no incident" in said.stderr


def test_every_format_answers(secguard, breach, listed):
    lines = secguard("findings", "--group-by", "incident", "--no-samples", "-o", "jsonl").stdout.splitlines()
    rows = list(
        csv.DictReader(io.StringIO(secguard("findings", "--group-by", "incident", "--no-samples", "-o", "csv").stdout))
    )
    ids = secguard("findings", "--group-by", "incident", "--no-samples", "-o", "ids").stdout.split()
    page = secguard("findings", "--group-by", "incident", "--no-samples", "-o", "markdown").stdout.splitlines()

    assert [json.loads(line)["id"] for line in lines] == [row["id"] for row in rows] == [each["id"] for each in listed]
    assert ids == [each["lead"] for each in listed]
    assert len(page) == len(listed) + 2


def test_a_limit_shows_the_first_and_says_how_many_there_are(secguard, breach):
    said = secguard("findings", "--group-by", "incident", "--limit", "2")
    assert len(said.stdout.splitlines()) == 3
    assert "showing 2 of " in said.stderr


def test_filters_hold_before_anything_is_tied(secguard, breach):
    said = secguard("findings", "--group-by", "incident", "--ip", "80.94.92.65", "--no-samples", "-o", "json")
    assert said.json
    assert all("80.94.92.65" in [end["ip"] for end in each["addresses"]] for each in said.json)


def test_nothing_to_tie_is_an_empty_answer(secguard, breach):
    said = secguard("findings", "--group-by", "incident", "--control", "S3.2", "-o", "json")
    assert (said.code, said.json) == (0, [])


def test_a_short_window_ties_less(secguard, breach, listed):
    narrow = secguard("findings", "--group-by", "incident", "--window", "1s", "--no-samples", "-o", "json").json
    assert len(narrow) > len(listed)


def test_a_file_is_tied_without_aws(secguard, breach, tmp_path, listed):
    kept = tmp_path / "kept.json"
    kept.write_text(secguard("findings", "-o", "asff", "--no-samples").stdout)
    said = secguard("findings", "--from", kept, "--group-by", "incident", "-o", "json")
    assert {each["id"] for each in said.json} == {each["id"] for each in listed}


def test_the_story_is_told_in_order_with_what_ties_it_and_what_to_type(secguard, leak):
    said = secguard("show", leak["lead"], "--incident")
    order = ["CompromisedCredentials", "BucketAnonymousAccessGranted", "Persistence:IAMUser"]
    places = [said.stdout.index(word) for word in order]
    assert said.code == 0
    assert places == sorted(places)
    assert "listed by attack sequence" in said.stdout
    assert "S3.2 S3 general purpose buckets should block public read access" in said.stdout, "context"
    assert "--playbook contain-iam-user --dry-run" in said.stdout


def test_the_story_is_the_same_from_each_of_its_findings_and_as_in_the_list(secguard, leak):
    for member in leak["finding_ids"]:
        told = secguard("show", member, "--incident", "-o", "json").json
        assert told["id"] == leak["id"]
        assert set(told["finding_ids"]) >= set(leak["finding_ids"])


def test_its_steps_are_in_the_order_of_time_and_hold_all_its_findings(secguard, leak):
    told = secguard("show", leak["lead"], "--incident", "-o", "json").json
    begins = [step["begins"] for step in told["steps"]]
    steps = {each for step in told["steps"] for each in step["finding_ids"]}
    assert begins == sorted(begins)
    assert steps | {leak["lead"]} == set(told["finding_ids"])
    assert told["complete"] is True


def test_the_ids_of_an_incident_can_be_triaged(secguard, leak, monkeypatch):
    ids = secguard("show", leak["lead"], "--incident", "-o", "ids").stdout
    monkeypatch.setattr("sys.stdin", io.StringIO(ids))
    said = secguard("triage", "-", "--status", "notified", "--dry-run", "-o", "json")
    assert len(ids.split()) >= leak["findings"]
    assert said.json["changes"]
    # What GuardDuty alone has, where Security Hub is off, has no status.
    assert {each["rule"] for each in said.json["refused"]} <= {"not-in-security-hub"}


def test_markdown_tells_it_for_a_ticket(secguard, leak):
    said = secguard("show", leak["lead"], "--incident", "-o", "markdown")
    assert said.stdout.startswith("# Potential credential compromise")
    assert "## What happened" in said.stdout


def test_nothing_is_written(secguard, breach, leak):
    secguard("show", leak["lead"], "--incident")
    assert breach.calls.writes() == []


def test_a_finding_that_tells_of_no_act_is_refused_with_what_to_do(secguard, breach):
    control = secguard("findings", "--control", "S3.2", "-o", "ids").stdout.split()[0]
    said = secguard("show", control, "--incident")
    assert said.code == 2
    assert "no incident" in said.stderr
    assert f"secguard show {control}" in said.stderr


def test_a_lone_finding_has_a_story_of_one_step(secguard, listed):
    alone = next(each for each in listed if each["findings"] == 1)
    told = secguard("show", alone["lead"], "--incident", "-o", "json").json
    assert len(told["steps"]) == 1


def test_a_region_that_does_not_answer_is_named_and_the_rest_is_told(secguard, breach, leak):
    breach.faults.add(answer=(403, "AccessDeniedException", "no"), operation="ListFindings", region="eu-north-1")
    said = secguard("show", leak["lead"], "--incident", "-o", "json")
    assert said.code == 3
    assert "eu-north-1" in said.stderr
    assert said.json["complete"] is False
    assert said.json["steps"]


@pytest.mark.parametrize(
    "words",
    [
        ("show", "3f9a2c1b", "--incident", "--raw"),
        ("show", "3f9a2c1b", "--incident", "-o", "asff"),
        ("show", "3f9a2c1b", "--window", "2h"),
        ("show", "3f9a2c1b", "-o", "ids"),
        ("show", "3f9a2c1b", "-o", "markdown"),
        ("show", "3f9a2c1b", "--incident", "--window", "soon"),
        ("findings", "--window", "2h"),
        ("findings", "--group-by", "account", "--window", "2h"),
        ("findings", "--group-by", "incident", "-o", "asff"),
        ("findings", "--group-by", "incident", "--query", "[]"),
        ("findings", "--group-by", "incident", "--sort", "updated"),
        ("findings", "--group-by", "incident", "--window", "99999999999h"),
    ],
)
def test_what_makes_no_sense_is_refused_before_aws_is_asked(secguard, breach, words):
    said = secguard(*words)
    assert (said.code, said.stdout) == (2, "")
    assert "error: " in said.stderr
    assert list(breach.calls) == []
