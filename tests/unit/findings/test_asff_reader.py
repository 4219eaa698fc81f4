"""Every finding gets through the reader; what is odd in it becomes null."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asff_made import ACCOUNT, asff, guardduty, read, remote
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_made import ODD

from secguard.findings.forms.asff import guardduty_type, read_asff
from secguard.findings.record import to_record
from secguard.model import Actor, Finding, Severity, Technique, Workflow

DATA = Path(__file__).parents[2] / "data"
RECORDED = [item for file in sorted((DATA / "asff").glob("*.json")) for item in json.loads(file.read_text())]


@pytest.mark.parametrize("item", RECORDED, ids=lambda item: item["Id"][-40:])
def test_a_recorded_finding_is_read_with_its_own_id_and_title(item):
    finding = read(item)
    assert (finding.id, finding.title) == (item["Id"], item["Title"].strip())
    assert [resource.id for resource in finding.resources] == [resource["Id"] for resource in item["Resources"]]
    assert json.loads(json.dumps(to_record(finding)))["short_id"] == finding.short_id


def test_guarddutys_finding_says_who_did_what_to_what_and_how_often():
    (item,) = json.loads((DATA / "asff" / "guardduty_ssh_brute_force.json").read_text())
    finding = read(item)
    assert finding.types == (
        "UnauthorizedAccess:EC2/SSHBruteForce",
        "TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce",
    )
    assert finding.actor == Actor(
        ip="199.241.229.197", country="United States", asn="209", org="CENTURYLINK-US-LEGACY-QWEST"
    )
    (instance,) = finding.resources
    assert (instance.name, instance.account, instance.region) == ("i-0c10c2c7863d1a356", "193043430472", "us-east-1")
    assert instance.tags == {"Name": "kubectl"}
    assert (finding.product, finding.count, finding.severity_score) == ("GuardDuty", 74, 40)
    assert finding.first_seen == datetime(2020, 8, 22, 9, 15, 57, tzinfo=UTC)
    assert finding.mitre == (Technique(tactic="Initial Access"),)
    assert finding.console_url is not None
    assert finding.console_url.endswith("fId=46ba0ac2845071e23ccdeb2ae03bfdea")


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(asff())), ODD, max_size=6), st.sampled_from([asff, guardduty]))
def test_whatever_a_field_holds_the_finding_is_read_or_named(over, made):
    item = {**made(), **over}
    finding = read_asff(item, position="here")
    if isinstance(finding, Finding):
        json.dumps(to_record(finding))
    else:
        assert "Id" in over
        assert str(finding) == "here: a finding without an Id"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_stands_deep_inside_the_finding_is_read(data):
    item = guardduty(ProductFields=remote("networkConnectionAction", "198.51.100.7"), Action={"PortProbeAction": {}})
    section = data.draw(st.sampled_from(["ProductFields", "Severity", "Workflow", "Resources", "Action"]))
    inside = item[section][0] if isinstance(item[section], list) else item[section]
    inside[data.draw(st.sampled_from([*inside, "Details", "Tags"]))] = data.draw(ODD)
    assert isinstance(read(item), Finding)


def test_every_guardduty_type_is_found_again_behind_its_rewritten_form():
    rows = (DATA / "guardduty_finding_types.tsv").read_text().splitlines()[1:]
    kinds = [row.split("\t")[0] for row in rows if "/" in row.split("\t")[0]]
    assert len(kinds) > 200
    for kind in kinds:
        assert guardduty_type("TTPs/Command and Control/" + kind.replace("/", "-", 1)) == kind
        assert guardduty_type("TTPs/" + kind.replace("/", "-", 1)) == kind


def test_the_type_that_security_hub_names_otherwise_is_mapped_back():
    assert (
        guardduty_type("TTPs/Command and Control/Trojan:EC2-DNSDataExfiltration!DNS")
        == "Trojan:EC2/DNSDataExfiltration"
    )


@pytest.mark.parametrize(
    ("rewritten", "kind"),
    [
        ("TTPs/Credential Access/IAMUser-AnomalousBehavior", "CredentialAccess:IAMUser/AnomalousBehavior"),
        ("TTPs/Privilege Escalation/IAMUser-AnomalousBehavior", "PrivilegeEscalation:IAMUser/AnomalousBehavior"),
        ("TTPs/Discovery/RDS-TorIPCaller", "Discovery:RDS/TorIPCaller"),
        (
            "TTPs/Credential Access/CredentialAccess:RDS-TorIPCaller.FailedLogin",
            "CredentialAccess:RDS/TorIPCaller.FailedLogin",
        ),
        (
            "TTPs/AnomalousBehavior/PrivilegeEscalation:Kubernetes-WorkloadDeployed!PrivilegedContainer",
            "PrivilegeEscalation:Kubernetes/AnomalousBehavior.WorkloadDeployed!PrivilegedContainer",
        ),
        ("TTPs/DefenseEvasion/EC2:Unusual-DNS-Resolver", "DefenseEvasion:EC2/UnusualDNSResolver"),
        ("TTPs/PenTest:IAMUser/KaliLinux", "PenTest:IAMUser/KaliLinux"),
    ],
)
def test_a_type_whose_parts_security_hub_took_apart_is_put_together(rewritten, kind):
    """The rows of the GuardDuty user guide's table that follow no rule."""
    assert guardduty_type(rewritten) == kind


def test_two_spellings_of_one_type_are_told_once():
    kinds = ["TTPs/Discovery/Recon:EC2-Portscan", "Effects/Recon:EC2-Portscan"]
    assert read(guardduty(Types=kinds)).types == ("Recon:EC2/Portscan", *kinds)


def test_another_products_types_are_left_as_they_are():
    assert read(asff(Types=["TTPs/Discovery/Recon:EC2-Portscan"])).types == ("TTPs/Discovery/Recon:EC2-Portscan",)


@pytest.mark.parametrize(
    ("severity", "label", "score"),
    [
        ({"Label": "LOW", "Normalized": 40}, Severity.LOW, 1),
        ({"Label": "HIGH", "Normalized": 80}, Severity.HIGH, 80),
        ({"Label": "critical"}, Severity.CRITICAL, 90),
        ({"Label": "INFORMATIONAL", "Normalized": 90}, Severity.INFORMATIONAL, 0),
        ({"Normalized": 55.0}, Severity.MEDIUM, 55),
        ({"Normalized": "90"}, Severity.CRITICAL, 90),
        ({"Normalized": 1e9}, Severity.INFORMATIONAL, 0),
        ({"Original": "MEDIUM"}, Severity.MEDIUM, 40),
        ({"Original": 10}, Severity.INFORMATIONAL, 0),
        ({"Label": None, "Normalized": None}, Severity.INFORMATIONAL, 0),
        (None, Severity.INFORMATIONAL, 0),
    ],
)
def test_the_label_decides_and_what_is_missing_is_worked_out(severity, label, score):
    finding = read(asff(Severity=severity))
    assert (finding.severity, finding.severity_score) == (label, score)


def test_a_provider_may_be_the_only_one_to_say_how_severe_it_is():
    assert read(asff(Severity=None, FindingProviderFields={"Severity": {"Label": "LOW"}})).severity == Severity.LOW


def test_guarddutys_own_scale_is_the_last_resort():
    assert read(guardduty(Severity={"Product": 8})).severity == Severity.HIGH


@pytest.mark.parametrize(
    "kind", ["networkConnectionAction", "awsApiCallAction", "kubernetesApiCallAction", "rdsLoginAttemptAction",
             "portProbeAction/portProbeDetails.0_"],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["aws/guardduty/service/", ""])
def test_the_remote_end_is_found_for_every_kind_of_action(kind, prefix):
    finding = read(guardduty(ProductFields=remote(kind, "198.51.100.7", prefix=prefix)))
    assert finding.actor == Actor(ip="198.51.100.7", country="Netherlands", asn="208046", org="HOSTING")


def test_the_local_end_is_nobody():
    fields = {"aws/guardduty/service/action/networkConnectionAction/localIpDetails/ipAddressV4": "10.0.0.1"}
    assert read(guardduty(ProductFields=fields)).actor is None


@pytest.mark.parametrize(
    ("network", "ip"),
    [
        ({"Direction": "IN", "SourceIpV4": "198.51.100.7", "DestinationIpV4": "10.0.0.1"}, "198.51.100.7"),
        ({"Direction": "OUT", "SourceIpV4": "10.0.0.1", "DestinationIpV6": "2001:db8::1"}, "2001:db8::1"),
        ({"SourceIpV4": "198.51.100.7"}, None),
        ({"Direction": "IN", "SourceIpV4": "example.com"}, None),
    ],
)
def test_the_direction_tells_which_end_is_remote(network, ip):
    actor = read(asff(Network=network)).actor
    assert (actor.ip if actor else None) == ip


def test_an_attack_sequence_names_its_first_endpoint():
    endpoint = {"Ip": "198.51.100.7", "Location": {"Country": "NL"}, "AutonomousSystem": {"Name": "H", "Number": 64500}}
    finding = read(guardduty(Detection={"Sequence": {"Endpoints": [endpoint]}}))
    assert finding.actor == Actor(ip="198.51.100.7", country="NL", asn="64500", org="H")


@pytest.mark.parametrize(
    ("over", "control", "standards"),
    [
        ({}, "S3.2", ("aws-foundational-security-best-practices/v/1.0.0",)),
        ({"Compliance": None}, "S3.2", ()),
        (
            {"Compliance": None, "GeneratorId": "aws-foundational-security-best-practices/v/1.0.0/EC2.19"},
            "EC2.19",
            ("aws-foundational-security-best-practices/v/1.0.0",),
        ),
        (
            {
                "Compliance": {"Status": "FAILED"},
                "GeneratorId": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1",
            },
            "CIS.4.1",
            ("cis-aws-foundations-benchmark/v/1.2.0",),
        ),
        ({"Compliance": None, "GeneratorId": "pci-dss/v/3.2.1/PCI.EC2.2"}, "PCI.EC2.2", ("pci-dss/v/3.2.1",)),
        ({"Compliance": None, "GeneratorId": "Trivy"}, None, ()),
    ],
)
def test_the_control_and_its_standards_are_found_in_every_form(over, control, standards):
    finding = read(asff(**over))
    assert (finding.control_id, finding.standards) == (control, standards)


def test_an_account_written_as_a_number_keeps_its_zeros():
    assert read(asff(AwsAccountId=12345678)).account == "000012345678"


def test_an_account_and_a_region_that_are_not_said_are_taken_from_the_id():
    finding = read(guardduty(AwsAccountId=None, Region=None, ProductArn=None))
    assert (finding.account, finding.region) == (ACCOUNT, "us-east-1")


def test_a_missing_workflow_or_record_state_is_unknown():
    finding = read(asff(Workflow=None, RecordState=None))
    assert (finding.workflow_status, finding.record_state) == (None, None)
    assert read(asff(Workflow={"Status": "notified"})).workflow_status == Workflow.NOTIFIED


def test_an_access_key_is_known_by_its_user():
    key = {"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:AKIAEXAMPLE"}
    named = {**key, "Details": {"AwsIamAccessKey": {"PrincipalName": "deploy-bot"}}}
    finding = read(guardduty(Resources=[named, key]))
    assert [resource.name for resource in finding.resources] == ["deploy-bot", "AKIAEXAMPLE"]


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_console_is_the_partitions_own(partition, region, host):
    finding = read(asff(Region=region, ProductArn=f"arn:{partition}:securityhub:{region}::product/aws/securityhub"))
    assert finding.console_url.startswith(f"https://{host}/securityhub/home?region={region}#/findings?search=")
    assert finding.console_url.endswith("finding%252F00000001")


def test_no_console_is_made_up():
    iso = "arn:aws-iso:securityhub:us-iso-east-1::product/aws/securityhub"
    assert read(asff(ProductArn=iso, Region="us-iso-east-1")).console_url is None
    assert read(asff(Region="evil.example/#")).console_url is None
