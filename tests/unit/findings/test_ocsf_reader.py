"""OCSF findings get through the reader, the new Security Hub's and others'; what is odd in them becomes null."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asff_made import ACCOUNT, ocsf
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_made import ODD

from secguard.findings.forms.asff import Unreadable
from secguard.findings.forms.ocsf import asff_kind, is_ocsf, own_id, read_ocsf
from secguard.findings.record import to_record
from secguard.model import Actor, Finding, Severity, Source, Technique, Workflow

DATA = Path(__file__).parents[2] / "data"
RECORDED = [item for file in sorted((DATA / "ocsf").glob("*.json")) for item in json.loads(file.read_text())] + [
    item
    for event in json.loads((DATA / "security_hub_events" / "v2_bot_scenarios.json").read_text())
    for item in event["detail"]["findings"]
]


def found(**over):
    """A finding that must be readable."""
    finding = read_ocsf(ocsf(**over), position="here")
    assert isinstance(finding, Finding)
    return finding


@pytest.mark.parametrize("item", RECORDED, ids=lambda item: item["finding_info"]["title"][:40])
def test_a_recorded_finding_is_read_with_its_own_id_and_title(item):
    assert is_ocsf(item)
    finding = read_ocsf(item, position="here")
    assert finding.id == item["metadata"].get("uid", item["finding_info"]["uid"])
    assert finding.title == item["finding_info"]["title"]
    assert finding.severity.name == item["severity"].upper()
    assert [resource.id for resource in finding.resources] == [each["uid"] for each in item["resources"]]
    assert finding.updated_at is not None
    assert json.loads(json.dumps(to_record(finding)))["short_id"] == finding.short_id


def test_all_recorded_findings_are_read():
    assert len(RECORDED) == 1 + 5 + 6


def test_guarddutys_finding_is_known_by_its_type_and_its_arn():
    finding = read_ocsf(RECORDED[6], position="here")
    assert (finding.product, finding.types[0]) == ("GuardDuty", "Execution:Runtime/NewBinaryExecuted")
    assert own_id(finding).startswith("arn:aws:guardduty:")
    assert finding.resources[0].tags == {"component-type": "github-action-runners", "environment": "production"}


def test_a_finding_says_where_it_is_and_when():
    finding = found()
    assert (finding.account, finding.region, finding.source) == (ACCOUNT, "us-east-1", Source.SECURITY_HUB_V2)
    assert finding.updated_at == datetime(2026, 11, 22, tzinfo=UTC)
    assert finding.first_seen == datetime.fromtimestamp(1795219200, UTC)
    assert finding.workflow_status is Workflow.NEW
    assert finding.console_url is None


@pytest.mark.parametrize(
    ("number", "word", "severity"),
    [
        (1, None, Severity.INFORMATIONAL),
        (5, "Low", Severity.CRITICAL),
        (6, "Fatal", Severity.CRITICAL),
        (99, "High", Severity.HIGH),
        (0, "fatal", Severity.CRITICAL),
        ("3", None, Severity.MEDIUM),
        (None, None, Severity.INFORMATIONAL),
        (99, "Odd", Severity.INFORMATIONAL),
    ],
)
def test_the_number_of_a_severity_decides_and_the_word_where_it_says_nothing(number, word, severity):
    assert found(severity_id=number, severity=word).severity is severity


@pytest.mark.parametrize(
    ("status", "activity", "workflow", "record_state"),
    [
        (1, 1, Workflow.NEW, "ACTIVE"),
        (2, 2, Workflow.NOTIFIED, "ACTIVE"),
        (3, 2, Workflow.SUPPRESSED, "ACTIVE"),
        (4, 2, Workflow.RESOLVED, "ACTIVE"),
        (5, 2, None, "ARCHIVED"),
        (1, 3, Workflow.NEW, "ARCHIVED"),
        (99, None, None, None),
    ],
)
def test_status_and_activity_tell_what_was_done_about_it(status, activity, workflow, record_state):
    finding = found(status_id=status, activity_id=activity)
    assert (finding.workflow_status, finding.record_state) == (workflow, record_state)


def test_one_resource_may_stand_alone():
    (only,) = found(resources=None, resource={"uid": "arn:aws:s3:::acme", "type": "AWS::S3::Bucket"}).resources
    assert (only.type, only.name) == ("AwsS3Bucket", "acme")
    assert found(resources=None).resources == ()


@pytest.mark.parametrize(
    ("kind", "asff"),
    [
        ("AWS::EC2::Instance", "AwsEc2Instance"),
        ("AWS::Lambda::Function", "AwsLambdaFunction"),
        ("AWS::RDS::DBInstance", "AwsRdsDbInstance"),
        ("AwsIamRole", "AwsIamRole"),
        ("Other", "Other"),
    ],
)
def test_a_kind_of_resource_is_told_in_asffs_words(kind, asff):
    assert asff_kind(kind) == asff


def test_the_other_end_is_the_source_of_what_came_and_the_destination_of_what_went():
    ends = {"src_endpoint": {"ip": "198.51.100.1"}, "dst_endpoint": {"ip": "198.51.100.2"}}
    assert found(evidences=[ends]).actor == Actor(ip="198.51.100.1")
    assert found(evidences=[{**ends, "connection_info": {"direction": "Outbound"}}]).actor == Actor(ip="198.51.100.2")


def test_a_control_tells_its_id_standards_and_outcome():
    finding = found(compliance={"control": "S3.2", "status": "Fail", "standards": ["cis/v/1", "fsbp"]})
    assert (finding.control_id, finding.compliance_status, finding.standards) == ("S3.2", "FAILED", ("cis/v/1", "fsbp"))


def test_attacks_name_tactic_and_technique():
    attack = {"tactic": {"name": "Impact", "uid": "TA0040"}, "technique": {"name": "Data Destruction", "uid": "T1485"}}
    assert found(attacks=[attack]).mitre == (Technique(tactic="TA0040 Impact", technique="T1485 Data Destruction"),)


@pytest.mark.parametrize("uid", ["arn:aws:ec2:us-east-1:123456789012:instance/i-99999999", "GeneratedFindingBucket"])
def test_what_is_about_guarddutys_placeholders_is_a_sample(uid):
    assert found(resources=[{"uid": uid, "type": "Other"}]).sample
    assert not found().sample


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*sorted(ocsf()), "resource", "evidences", "compliance"]), ODD, max_size=6))
def test_whatever_a_field_holds_the_finding_is_read_or_named(over):
    finding = read_ocsf({**ocsf(), **over}, position="here")
    if isinstance(finding, Finding):
        json.dumps(to_record(finding))
    else:
        assert {"metadata", "finding_info"} <= over.keys()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_stands_deep_inside_the_finding_is_read(data):
    item = ocsf(evidences=[{"src_endpoint": {}}], compliance={})
    section = data.draw(st.sampled_from(["finding_info", "cloud", "resources", "evidences", "compliance"]))
    inside = item[section][0] if isinstance(item[section], list) else item[section]
    inside[data.draw(st.sampled_from([*inside, "tags", "src_endpoint", "title", "account", "attacks"]))] = data.draw(
        ODD
    )
    assert isinstance(read_ocsf(item, position="here"), Finding)


@pytest.mark.parametrize("odd", [None, 7, "text", [], {}, {"metadata": {}}])
def test_what_is_no_finding_is_named(odd):
    assert isinstance(read_ocsf(odd, position="here"), Unreadable)
