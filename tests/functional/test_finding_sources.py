"""`secguard findings --source` and `--from`, and what stands on findings from other places than Security Hub CSPM."""

import json
from pathlib import Path

import boto3
import pytest

from secguard.findings.forms.guardduty import read_guardduty
from secguard.playbooks.case import about
from secguard.sandbox.cast import PRODUCTION
from secguard.sandbox.securityhub.backend import backend_of

DATA = Path(__file__).parents[1] / "data"
NO_HUB = ["ap-southeast-1", "eu-north-1"]
"""Where GuardDuty is on and Security Hub is not."""
ALL_OFF = "sa-east-1"


@pytest.fixture
def new_hub(breach):
    """The new Security Hub, on in us-east-1 beside the old one."""
    boto3.client("securityhub").enable_security_hub_v2()
    breach.calls.clear()


@pytest.fixture
def without_hub(breach):
    """No Security Hub in eu-west-1, where an instance talks to its controller."""
    backend_of(PRODUCTION, "eu-west-1").hub = None


def records(said):
    return [json.loads(line) for line in said.stdout.splitlines()]


def test_regions_without_security_hub_are_read_from_guardduty_and_that_is_said(secguard, breach):
    said = secguard("findings", "-o", "jsonl")
    assert said.code == 0
    regions = {record["region"] for record in records(said) if record["source"] == "guardduty"}
    assert regions == set(NO_HUB)
    assert f"GuardDuty in {', '.join(NO_HUB)}; off in 5 Regions" in said.stderr
    assert breach.calls.writes() == []


def test_guardduty_alone_tells_its_findings_under_the_ids_that_security_hub_has(secguard, breach):
    here = ("--region", "us-east-1", "--status", "all", "-o", "jsonl")
    direct = {record["short_id"]: record for record in records(secguard("findings", "--source", "guardduty", *here))}
    hub = {record["short_id"]: record for record in records(secguard("findings", "--product", "guardduty", *here))}
    assert direct
    assert set(direct) == set(hub)
    for short, record in direct.items():
        assert record["types"][0] == hub[short]["types"][0]
        assert record["severity"] == hub[short]["severity"]
        # Where there is no key, as behind a login at the console, the hub names none.
        assert hub[short]["resources"][0]["id"] in (record["resources"][0]["id"], "AWS::IAM::AccessKey:")
        assert record["sample"] == hub[short]["sample"]


def test_what_guardduty_can_filter_is_left_to_it(secguard, breach):
    said = secguard(
        "findings", "--source", "guardduty", "--region", "us-east-1", "--severity-only", "high", "-o", "json"
    )
    assert {record["severity"] for record in said.json} == {"HIGH"}
    (listed,) = breach.calls.of("guardduty", "ListFindings")
    assert listed.parameters["FindingCriteria"]["Criterion"]["severity"] == {"GreaterThanOrEqual": 7, "LessThan": 9}


def test_the_new_security_hub_tells_the_same_findings_in_its_own_words(secguard, new_hub):
    new = records(secguard("findings", "--source", "securityhub-v2", "-o", "jsonl"))
    old = records(secguard("findings", "--region", "us-east-1", "-o", "jsonl"))
    assert {record["source"] for record in new} == {"securityhub-v2"}
    told = [(record["title"], record["account"], record["severity"], record["control_id"]) for record in new]
    assert sorted(told, key=str) == sorted(
        [(record["title"], record["account"], record["severity"], record["control_id"]) for record in old], key=str
    )


def test_the_new_security_hub_is_asked_only_where_it_is_on(secguard, breach, new_hub):
    said = secguard("findings", "--source", "securityhub-v2", "--severity", "critical", "-o", "json")
    assert {call.region for call in breach.calls.of("securityhub", "GetFindingsV2")} == {"us-east-1"}
    assert "reading the new Security Hub (V2) in us-east-1; off in 16 Regions" in said.stderr
    assert {record["severity"] for record in said.json} == {"CRITICAL"}


def test_where_the_new_security_hub_is_on_nowhere_that_is_an_error(secguard, breach):
    said = secguard("findings", "--source", "securityhub-v2", "-o", "json")
    assert said.code == 1
    assert "the new Security Hub (V2) could be asked nowhere" in said.stderr


def test_auto_reads_the_new_security_hub_where_only_that_is_on(secguard, breach):
    boto3.client("securityhub", region_name=ALL_OFF).enable_security_hub_v2()
    assert f"the new Security Hub (V2) in {ALL_OFF}" in secguard("findings", "--limit", "1").stderr


def test_a_finding_of_the_new_security_hub_is_shown_as_it_was_received(secguard, new_hub):
    short = secguard("findings", "--source", "securityhub-v2", "-o", "ids", "--limit", "1").stdout.strip()
    assert secguard("show", short).code == 0
    raw = secguard("show", short, "--raw").json
    assert raw["metadata"]["version"] == "1.6.0"


def test_guarddutys_finding_is_shown_and_answered_without_security_hub(secguard, without_hub):
    (record,) = [
        record
        for record in records(secguard("findings", "--region", "eu-west-1", "--severity", "high", "-o", "jsonl"))
        if record["types"][0] == "Backdoor:EC2/C&CActivity.B"
    ]
    assert record["source"] == "guardduty"
    for name in (record["short_id"], record["id"], record["id"].rpartition("/")[2]):
        said = secguard("show", name, "-o", "json")
        assert (said.code, said.json["id"], said.json["source"]) == (0, record["id"], "guardduty")
    said = secguard("remediate", record["short_id"], "--dry-run", "-o", "json")
    assert said.code == 0
    assert said.json["refused"] == []
    assert {change["setting"] for change in said.json["changes"]} >= {"ec2.interface-groups"}
    assert "findings.workflow" not in {change["setting"] for change in said.json["changes"]}


def test_a_leaked_key_is_answered_as_it_is_from_security_hub(secguard, breach):
    """Whose key it is, and what it is, must not get lost on the other way."""
    short = secguard("findings", "--type", "AttackSequence:IAM/*", "-o", "ids").stdout.split()[0]
    detector = boto3.client("guardduty").list_detectors()["DetectorIds"][0]
    arn = secguard("show", short, "-o", "json").json["id"]
    (native,) = boto3.client("guardduty").get_findings(DetectorId=detector, FindingIds=[arn.rpartition("/")[2]])[
        "Findings"
    ]
    principals = about(read_guardduty(native, position=""))["principals"]
    assert {(each["kind"], each["name"]) for each in principals} == {("user", "deploy-bot")}


def test_a_file_is_read_without_aws(secguard):
    said = secguard(
        "findings", "--from", DATA / "security_hub_events" / "asr_tests.json", "--status", "all", "-o", "json"
    )
    assert said.code == 0
    assert {record["source"] for record in said.json} == {"file"}
    assert said.stderr == ""


def test_a_file_with_something_odd_in_it_tells_where_and_the_rest_is_there(secguard, tmp_path):
    mixed = tmp_path / "mixed.jsonl"
    lines = [(DATA / "ocsf" / "prowler_docs.json").read_text().replace("\n", " "), "odd", '{"a": 1}']
    mixed.write_text("\n".join(lines))
    for output in ("json", "jsonl"):
        said = secguard("findings", "--from", mixed, "-o", output)
        assert said.code == 3
        assert f"unreadable: {mixed}:2: no JSON" in said.stderr
        assert f"unreadable: {mixed}:3: no form of finding that is known: it has a" in said.stderr
        assert "Prowler" in said.stdout


@pytest.mark.parametrize(
    ("text", "code", "problem"), [("odd", 2, "nothing in it is a finding"), ("[]", 0, ""), (None, 2, "can't be read")]
)
def test_a_file_that_is_none_is_refused(secguard, tmp_path, text, code, problem):
    file = tmp_path / "file.json"
    if text is not None:
        file.write_text(text)
    said = secguard("findings", "--from", file, "-o", "json")
    assert said.code == code
    assert problem in said.stderr


@pytest.mark.parametrize("options", [["--source", "cloudtrail"], ["--source", "guardduty", "--from", "-"]])
def test_what_makes_no_sense_is_refused(secguard, breach, options):
    said = secguard("findings", *options)
    assert said.code == 2
    assert breach.calls.of("securityhub", "GetFindings") == []


def test_nothing_in_a_file_reaches_the_terminal_or_a_spreadsheet_unharmed(secguard, tmp_path):
    evil = "=HYPERLINK(1)\x1b[2J\u202e[red]"
    finding = {
        "finding_info": {"uid": evil, "title": evil, "types": [evil]},
        "metadata": {"product": {"name": evil, "uid": evil}},
        "cloud": {"account": {"uid": evil}, "region": evil},
        "resources": [{"uid": evil, "type": evil, "name": evil, "tags": [{"name": "Name", "value": evil}]}],
    }
    file = tmp_path / "evil.json"
    file.write_text(json.dumps(finding))
    for output in ("table", "csv", "markdown", "json", "jsonl", "ids"):
        said = secguard("findings", "--from", file, "-o", output)
        assert said.code == 0
        assert "\x1b[2J" not in said.stdout
        assert "\u202e" not in said.stdout
        assert said.stdout
    assert ",=HYPERLINK" not in secguard("findings", "--from", file, "-o", "csv").stdout
