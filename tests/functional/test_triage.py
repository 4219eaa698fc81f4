"""`secguard triage` against the sandbox: what is sent and how often, what stands afterwards, what comes back."""

import io
import json
import sys

import boto3
import pytest

from secguard.sandbox.cast import RESPONDER_ROLE, STAGING

ACCOUNT = "123456789012"
HOME = "us-east-1"
FAR = "eu-west-1"


@pytest.fixture
def hub(breach):
    """What an account's Security Hub holds in one Region, by id."""

    def findings(region=HOME, account=ACCOUNT):
        from secguard.sandbox.securityhub.backend import backend_of  # noqa: PLC0415 - moto, only where it is used

        return {each["Id"]: each for each in backend_of(account, region).findings.values()}

    return findings


@pytest.fixture
def detector(breach):
    """What an account's GuardDuty holds in one Region, by id."""

    def findings(region=HOME, account=ACCOUNT):
        from secguard.sandbox.guardduty.backend import backend_of  # noqa: PLC0415 - the same

        return backend_of(account, region).findings

    return findings


@pytest.fixture
def of_guardduty(hub):
    """One of GuardDuty's findings in Security Hub, new."""

    def find(region=HOME, account=ACCOUNT):
        return next(each for each in hub(region, account).values() if ":guardduty:" in each["Id"])

    return find


def own_id(finding):
    return finding["Id"].rpartition("/")[2]


def updates(server):
    return server.calls.of("securityhub", "BatchUpdateFindings")


def run_of(said):
    return json.loads(said.stdout)["run_id"]


def test_a_finding_gets_all_that_is_said_of_it_in_one_call(secguard, breach, hub, of_guardduty):
    wanted = of_guardduty()["Id"]
    words = "--status notified --note seen --verdict true-positive --set-severity low --criticality 70 --confidence 90"
    said = secguard(
        "triage", wanted, *words.split(), "--field", "ticket=SEC-1", "--field", "team=blue", "-y", "-o", "json"
    )
    found = hub()[wanted]

    assert said.code == 0
    assert said.json["outcome"] == "done"
    assert len(updates(breach)) == 1
    assert found["Workflow"]["Status"] == "NOTIFIED"
    assert (found["Note"]["Text"], found["Note"]["UpdatedBy"]) == ("seen", "operator")
    assert found["VerificationState"] == "TRUE_POSITIVE"
    assert found["Severity"]["Label"] == "LOW"
    assert (found["Criticality"], found["Confidence"]) == (70, 90)
    assert found["UserDefinedFields"].items() >= {"ticket": "SEC-1", "team": "blue"}.items()


def test_a_dry_run_says_what_and_sends_nothing(secguard, breach, of_guardduty):
    said = secguard("triage", of_guardduty()["Id"], "--status", "resolved", "--dry-run")

    assert said.code == 0
    assert "status NEW → RESOLVED" in said.stdout
    assert "archive" in said.stdout
    assert breach.calls.writes() == []


def test_undo_puts_back_what_was_there(secguard, breach, hub, detector, of_guardduty):
    finding = of_guardduty()
    before = {name: finding.get(name) for name in ("Workflow", "VerificationState", "Severity")}
    words = "--status suppressed --set-severity low --note ours -y -o json"
    run = run_of(secguard("triage", finding["Id"], *words.split()))
    assert detector()[own_id(finding)]["service"]["archived"] is True
    undone = secguard("undo", run, "-y")
    after = hub()[finding["Id"]]

    assert undone.code == 0
    assert {name: after.get(name) for name in before} == before
    assert after["Note"]["Text"] == "ours"
    assert detector()[own_id(finding)]["service"]["archived"] is False


def test_what_is_so_already_is_not_sent(secguard, breach, of_guardduty):
    said = secguard("triage", of_guardduty()["Id"], "--status", "new", "-y")

    assert said.code == 0
    assert "already so" in said.stdout.lower()
    assert breach.calls.writes() == []


def test_filters_choose_and_one_call_carries_a_hundred(secguard, breach, hub):
    chosen = ("--region", HOME, "--account", ACCOUNT, "--product", "Security Hub")
    said = secguard("triage", *chosen, "--note", "backlog", "-y", "-o", "json")
    changed = [each for each in hub().values() if (each.get("Note") or {}).get("Text") == "backlog"]

    assert said.code == 0
    assert len(changed) == len(said.json["changes"]) > 20
    assert sum(len(call.parameters["FindingIdentifiers"]) for call in updates(breach)) == len(said.json["changes"])
    assert len(updates(breach)) == -(-len(said.json["changes"]) // 100)


def test_a_plan_reads_no_finding_twice(secguard, breach):
    secguard("findings", "--region", HOME, "--product", "Security Hub", "-o", "ids")
    listing = len(breach.calls.of("securityhub", "GetFindings"))
    breach.calls.clear()
    secguard("triage", "--region", HOME, "--product", "Security Hub", "--status", "notified", "--dry-run")

    assert len(breach.calls.of("securityhub", "GetFindings")) == listing


def test_ids_are_taken_from_stdin(secguard, breach, hub, monkeypatch):
    ids = secguard("findings", "--severity-only", "critical", "-o", "ids", "--no-samples").stdout
    monkeypatch.setattr(sys, "stdin", io.StringIO(ids))
    said = secguard("triage", "-", "--verdict", "unknown", "--field", "seen=yes", "-y", "-o", "json")

    assert said.code == 0
    assert len(said.json["changes"]) == len(ids.split()) > 0


def test_findings_of_other_regions_are_set_where_they_are_listed(secguard, breach, hub, of_guardduty):
    finding = of_guardduty(FAR)
    said = secguard("triage", finding["Id"], "--status", "resolved", "-y", "-o", "json")

    assert said.code == 0
    assert hub(FAR)[finding["Id"]]["Workflow"]["Status"] == "RESOLVED"
    assert {call.region for call in updates(breach)} == {HOME}
    assert {call.region for call in breach.calls.of("guardduty", "ArchiveFindings")} == {FAR}


def test_an_administrator_archives_for_its_members(secguard, breach, detector, of_guardduty):
    finding = of_guardduty(account=STAGING)
    said = secguard("triage", finding["Id"], "--status", "suppressed", "--verdict", "false-positive", "-y")
    kept = detector(account=STAGING)[own_id(finding)]["service"]

    assert said.code == 0
    assert kept["archived"] is True
    assert kept["userFeedback"] == "NOT_USEFUL"
    assert {call.account for call in breach.calls.of("guardduty", "ArchiveFindings")} == {ACCOUNT}


def test_a_member_leaves_archiving_to_its_administrator(secguard, breach, hub, detector, of_guardduty, monkeypatch):
    finding = of_guardduty(account=STAGING)
    as_member(monkeypatch)
    said = secguard("triage", finding["Id"], "--status", "resolved", "-y")

    assert said.code == 0
    assert f"only its administrator {ACCOUNT}" in said.stderr
    assert hub(account=STAGING)[finding["Id"]]["Workflow"]["Status"] == "RESOLVED"
    assert detector(account=STAGING)[own_id(finding)]["service"]["archived"] is False


def as_member(monkeypatch):
    """Go on as the responder in the staging account."""
    role = f"arn:aws:iam::{STAGING}:role/{RESPONDER_ROLE}"
    keys = boto3.client("sts", region_name=HOME).assume_role(RoleArn=role, RoleSessionName="anna")["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])


def test_guardduty_is_left_alone_where_that_is_asked_for(secguard, breach, of_guardduty):
    said = secguard("triage", of_guardduty()["Id"], "--status", "resolved", "--no-archive", "-y")

    assert said.code == 0
    assert {call.service for call in breach.calls.writes()} == {"securityhub"}


def test_a_reopened_finding_leaves_guarddutys_archive(secguard, breach, detector, of_guardduty):
    finding = of_guardduty()
    secguard("triage", finding["Id"], "--status", "resolved", "-y")
    said = secguard("triage", finding["Id"], "--status", "new", "-y")

    assert said.code == 0
    assert detector()[own_id(finding)]["service"]["archived"] is False


def test_a_saved_plan_is_applied_as_it_was_shown(secguard, breach, hub, of_guardduty, tmp_path):
    file = tmp_path / "plan.json"
    finding = of_guardduty()
    secguard("triage", finding["Id"], "--status", "suppressed", "--note", "ours", "--plan-out", file)
    assert breach.calls.writes() == []
    said = secguard("apply", file, "-y")

    assert said.code == 0
    assert hub()[finding["Id"]]["Workflow"]["Status"] == "SUPPRESSED"


def test_a_plan_of_filters_is_applied_too(secguard, breach, hub, tmp_path):
    file = tmp_path / "plan.json"
    secguard("triage", "--severity", "critical", "--status", "notified", "--plan-out", file)
    said = secguard("apply", file, "-y", "-o", "json")

    assert said.code == 0
    assert len(said.json["changes"]) > 1
    assert {change["status"] for change in said.json["changes"]} == {"verified"}


def test_what_someone_else_has_set_since_is_not_overwritten(secguard, breach, hub, of_guardduty, tmp_path):
    file = tmp_path / "plan.json"
    finding = of_guardduty()
    secguard("triage", finding["Id"], "--status", "suppressed", "--plan-out", file)
    hub()[finding["Id"]]["Workflow"] = {"Status": "NOTIFIED"}
    said = secguard("apply", file, "-y")

    assert said.code == 4
    assert hub()[finding["Id"]]["Workflow"]["Status"] == "NOTIFIED"


def test_samples_are_chosen_by_filters_only_when_asked_for(secguard, breach):
    def changed(*more):
        said = secguard("triage", "--severity", "low", "--field", "seen=yes", "--dry-run", "-o", "json", *more)
        return {finding for change in said.json["changes"] for finding in change["findings"]}

    samples = {each["id"] for each in secguard("findings", "--severity", "low", "-o", "json").json if each["sample"]}
    assert samples
    assert changed().isdisjoint(samples)
    assert changed("--include-samples") > samples


@pytest.mark.parametrize(
    "words",
    [
        ["--status", "resolved"],
        ["aaaaaaaa", "--severity", "high", "--status", "resolved"],
        ["--severity", "high"],
        ["--severity", "high", "--field", "ticket"],
        ["--severity", "high", "--note", "x" * 513],
        ["--severity", "high", "--note", "  "],
        ["--severity", "high", "--set-severity", "bad"],
        ["--severity", "high", "--criticality", "101"],
    ],
)
def test_what_makes_no_sense_is_refused_before_aws_is_asked(secguard, breach, words):
    said = secguard("triage", *words, "-y")

    assert said.code == 2
    assert list(breach.calls) == []


def test_nothing_chosen_is_nothing_done(secguard, breach):
    said = secguard("triage", "--title", "no finding is called that", "--status", "resolved", "-y")

    assert said.code == 0
    assert breach.calls.writes() == []


def test_without_consent_nothing_is_sent(secguard, breach, of_guardduty):
    said = secguard("triage", of_guardduty()["Id"], "--status", "resolved")

    assert said.code == 4
    assert breach.calls.writes() == []


def test_an_empty_stdin_names_nothing(secguard, breach, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    said = secguard("triage", "-", "--status", "suppressed", "-y")

    assert said.code == 0
    assert breach.calls.writes() == []
