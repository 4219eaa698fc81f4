"""GuardDuty's own findings get through the reader in both spellings; what is odd in them becomes null."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asff_made import ACCOUNT, DETECTOR, REMOTE, detected, guardduty, read
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_made import ODD

from secguard.findings.forms.asff import Unreadable
from secguard.findings.forms.guardduty import camel_case, is_guardduty, read_guardduty
from secguard.findings.record import to_record
from secguard.model import Actor, Finding, Severity, Source, Technique

DATA = Path(__file__).parents[2] / "data"
RECORDED = [
    item.get("detail", item)
    for folder in ("guardduty", "guardduty_events")
    for file in sorted((DATA / folder).glob("*.json"))
    for item in json.loads(file.read_text())
]


def found(**over):
    """A finding that must be readable."""
    finding = read_guardduty(detected(**over), position="here")
    assert isinstance(finding, Finding)
    return finding


def about(**details):
    return [(resource.type, resource.name) for resource in found(resource=details).resources]


def native(value):
    """The other spelling."""
    if isinstance(value, list):
        return [native(part) for part in value]
    return (
        {key[:1].upper() + key[1:]: native(part) for key, part in value.items()} if isinstance(value, dict) else value
    )


@pytest.mark.parametrize("item", RECORDED, ids=lambda item: item.get("Id") or item["id"])
def test_a_recorded_finding_is_read_with_its_own_id_and_type(item):
    assert is_guardduty(item)
    finding = read_guardduty(item, position="here")
    said = camel_case(item)
    assert finding.id.endswith(said["id"])
    assert (finding.types, finding.title) == ((said["type"],), said["title"].strip())
    assert finding.severity == Severity.of_guardduty(said["severity"])
    assert finding.resources
    assert finding.updated_at is not None
    assert json.loads(json.dumps(to_record(finding)))["short_id"] == finding.short_id


def test_all_recorded_findings_are_read():
    assert len(RECORDED) == 1 + 9 + 15 + 4 + 15 + 2


def test_samples_are_known_among_the_recorded():
    samples = [item for item in RECORDED if read_guardduty(item, position="here").sample]
    text = [
        item for item in RECORDED if '"sample": true' in json.dumps(item) or '\\"sample\\":true' in json.dumps(item)
    ]
    assert len(text) > 30
    assert [item for item in text if item not in samples] == []


@pytest.mark.parametrize("item", [detected(), *RECORDED[:12]], ids=lambda item: item.get("Id") or item["id"])
def test_both_spellings_tell_the_same(item):
    one, other = (read_guardduty(form, position="here") for form in (camel_case(item), native(camel_case(item))))
    assert to_record(one) == to_record(other)


def test_a_finding_has_the_short_id_that_it_has_in_security_hub():
    one, other = found(number=7), read(guardduty(7))
    assert (one.id, one.product_arn, one.short_id) == (other.id, other.product_arn, other.short_id)
    assert (one.types[0], one.resources[0].id) == (other.types[0], other.resources[0].id)


def test_a_finding_says_who_did_what_to_what_and_how_often():
    finding = found()
    assert finding.actor == Actor(ip="185.220.101.1", country="Netherlands", asn="208046", org="HOSTING")
    assert (finding.product, finding.count, finding.severity, finding.severity_score) == (
        "GuardDuty", 3, Severity.HIGH, 80,
    )  # fmt: skip
    assert (finding.account, finding.region, finding.source) == (ACCOUNT, "us-east-1", Source.GUARDDUTY)
    assert finding.first_seen == datetime(2026, 11, 20, tzinfo=UTC)
    assert (finding.record_state, finding.workflow_status, finding.sample) == ("ACTIVE", None, False)
    assert finding.console_url is not None
    assert "guardduty/home" in finding.console_url


@pytest.mark.parametrize(
    ("severity", "label", "score"),
    [
        (9.5, Severity.CRITICAL, 95),
        (8.95, Severity.HIGH, 89),
        (7, Severity.HIGH, 70),
        ("5.0", Severity.MEDIUM, 50),
        (1.0, Severity.LOW, 10),
        (0.5, Severity.INFORMATIONAL, 0),
        (None, Severity.INFORMATIONAL, 0),
        ("high", Severity.INFORMATIONAL, 0),
        (11, Severity.CRITICAL, 100),
        (float("nan"), Severity.INFORMATIONAL, 0),
    ],
)
def test_a_severity_is_a_band_and_a_score_within_it(severity, label, score):
    finding = read_guardduty({**detected(), "severity": severity}, position="here")
    assert (finding.severity, finding.severity_score) == (label, score)


@pytest.mark.parametrize(
    "action",
    [
        {"actionType": "NETWORK_CONNECTION", "networkConnectionAction": {"remoteIpDetails": REMOTE}},
        {"actionType": "AWS_API_CALL", "awsApiCallAction": {"remoteIpDetails": REMOTE}},
        {"actionType": "PORT_PROBE", "portProbeAction": {"portProbeDetails": [{"remoteIpDetails": REMOTE}]}},
        {"actionType": "KUBERNETES_API_CALL", "kubernetesApiCallAction": {"remoteIpDetails": REMOTE}},
        {"actionType": "RDS_LOGIN_ATTEMPT", "rdsLoginAttemptAction": {"remoteIpDetails": REMOTE}},
    ],
    ids=lambda action: action["actionType"],
)
def test_the_other_end_is_found_in_every_kind_of_action(action):
    assert found(service={"action": action}).actor.ip == REMOTE["ipAddressV4"]


def test_a_dns_request_has_no_other_end():
    assert found(service={"action": {"actionType": "DNS_REQUEST", "dnsRequestAction": {"domain": "x"}}}).actor is None


@pytest.mark.parametrize(
    ("details", "resources"),
    [
        (
            {"accessKeyDetails": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "ann"}},
            [("AwsIamAccessKey", "ann")],
        ),
        ({"accessKeyDetails": {"principalId": "AIDA", "userName": None}}, [("AwsIamAccessKey", "AIDA")]),
        (
            {"s3BucketDetails": [{"name": "one"}, {"arn": "arn:aws:s3:::two", "s3ObjectDetails": [{"key": "k"}]}]},
            [("AwsS3Bucket", "one"), ("AwsS3Bucket", "two"), ("AwsS3Object", "k")],
        ),
        (
            {"lambdaDetails": {"functionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"}},
            [("AwsLambdaFunction", "f")],
        ),
        ({"rdsDbInstanceDetails": {"dbInstanceIdentifier": "db"}}, [("AwsRdsDbInstance", "db")]),
        (
            {"rdsLimitlessDbDetails": {"dbShardGroupIdentifier": "shard"}},
            [("AwsRdsDbShardGroup", "shard")],
        ),
        (
            {
                "eksClusterDetails": {"name": "c", "arn": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/c"},
                "kubernetesDetails": {"kubernetesWorkloadDetails": {"name": "pod", "namespace": "ns"}},
            },
            [("AwsEksCluster", "c"), ("KubernetesWorkload", "pod")],
        ),
        (
            {"ecsClusterDetails": {
                "arn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/c",
                "taskDetails": {"arn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:task/c/t", "containers": [{"name": "app"}]},
            }},
            [("AwsEcsCluster", "c"), ("AwsEcsTask", "t"), ("Container", "app")],
        ),
        (
            {"ebsVolumeDetails": {"scannedVolumeDetails": [
                {"volumeArn": f"arn:aws:ec2:us-east-1:{ACCOUNT}:volume/vol-1"}
            ]}},
            [("AwsEc2Volume", "vol-1")],
        ),
        ({"ec2ImageDetails": {"imageArn": "arn:aws:ec2:us-east-1::image/ami-1"}}, [("AwsEc2Image", "ami-1")]),
        ({"resourceType": "Nothing"}, [("AwsAccount", ACCOUNT)]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_every_kind_of_resource_is_named(details, resources):
    assert about(**details) == resources


def test_what_the_finding_is_about_stands_before_what_it_names_besides():
    both = {"instanceDetails": {"instanceId": "i-1"}, "accessKeyDetails": {"accessKeyId": "ASIA1", "userName": "role"}}
    assert about(resourceType="AccessKey", **both)[0] == ("AwsIamAccessKey", "role")
    assert about(resourceType="Instance", **both)[0] == ("AwsEc2Instance", "i-1")


def test_an_attack_sequence_names_its_own_resources_actors_and_techniques():
    signal = {"signalIndicators": [
        {"key": "ATTACK_TACTIC", "values": ["Discovery"]}, {"key": "ATTACK_TECHNIQUE", "values": ["T1526"]},
    ]}  # fmt: skip
    sequence = {
        "resources": [
            {"uid": "AKIAIOSFODNN7EXAMPLE", "resourceType": "ACCESS_KEY", "data": {"accessKey": {"userName": "ann"}}},
            {"uid": "arn:aws:s3:::acme", "resourceType": "S3_BUCKET", "accountId": "222222222222"},
        ],
        "endpoints": [{"ip": "185.220.101.1", "location": {"country": "Germany"}, "autonomousSystem": {"number": 1}}],
        "signals": [signal],
        "sequenceIndicators": [{"key": "ATTACK_TACTIC", "values": ["Discovery", "Impact"]}],
    }
    finding = found(resource={"resourceType": "AttackSequence"}, service={"detection": {"sequence": sequence}})
    assert [(each.type, each.name, each.account) for each in finding.resources] == [
        ("AwsIamAccessKey", "ann", None),
        ("AwsS3Bucket", "acme", "222222222222"),
    ]
    assert finding.actor == Actor(ip="185.220.101.1", country="Germany", asn="1")
    assert finding.mitre == (Technique(tactic="Discovery", technique="T1526"), Technique(tactic="Impact"))


def test_the_purpose_of_a_type_is_a_tactic_where_it_is_named_after_one():
    assert found(kind="CredentialAccess:IAMUser/AnomalousBehavior").mitre == (Technique(tactic="Credential Access"),)
    assert found(kind="Trojan:EC2/DropPoint").mitre == ()


def test_an_event_without_an_arn_still_gets_the_one_it_has():
    assert found(arn=None).id == found().id
    assert found(arn=None, accountId=None).id == detected()["id"]


def test_what_the_finding_says_counts_and_not_the_arn():
    finding = found(accountId=12345678901, region="eu-west-1", arn=detected()["arn"])
    assert (finding.account, finding.region) == ("012345678901", "eu-west-1")
    assert finding.product_arn == "arn:aws:securityhub:us-east-1::product/aws/guardduty"


@pytest.mark.parametrize(
    ("service", "sample"),
    [
        ({"additionalInfo": {"sample": True}}, True),
        ({"additionalInfo": {"type": "default", "value": '{"sample":true}'}}, True),
        ({"additionalInfo": '{"sample": true}'}, True),
        ({"additionalInfo": {"value": '{"sample":false}'}}, False),
        ({"additionalInfo": "sample"}, False),
        ({}, False),
    ],
)
def test_a_sample_is_known_in_every_shape(service, sample):
    assert found(service=service).sample is sample
    assert read_guardduty(native(detected(service=service)), position="here").sample is sample


def test_an_archived_finding_is_archived():
    assert found(service={"archived": True}).record_state == "ARCHIVED"
    assert found(service={"archived": "true"}).record_state == "ARCHIVED"
    assert found(service={}).record_state is None


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(detected())), ODD, max_size=6))
def test_whatever_a_field_holds_the_finding_is_read_or_named(over):
    read_back = read_guardduty({**detected(), **over}, position="here")
    if isinstance(read_back, Finding):
        json.dumps(to_record(read_back))
    else:
        assert {"arn", "id"} <= over.keys()
        assert str(read_back) == "here: a GuardDuty finding without an Arn or an Id"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_stands_deep_inside_the_finding_is_read(data):
    details = ["instanceDetails", "accessKeyDetails", "s3BucketDetails", "ecsClusterDetails", "ebsVolumeDetails"]
    item = detected(resource={key: data.draw(ODD) for key in data.draw(st.sets(st.sampled_from(details)))})
    item["service"] = {"action": data.draw(ODD), "detection": {"sequence": {"resources": data.draw(ODD)}}}
    item["service"][data.draw(st.sampled_from(["additionalInfo", "count", "archived", "detection"]))] = data.draw(ODD)
    assert isinstance(read_guardduty(item, position="here"), Finding)


def test_what_is_nested_beyond_reason_is_read():
    deep = nested = {}
    for _ in range(500):
        nested["x"] = nested = {}
    assert isinstance(read_guardduty(detected(resource=deep), position="here"), Finding)


@pytest.mark.parametrize("odd", [None, 7, "text", [], {}])
def test_what_is_no_finding_is_named(odd):
    assert isinstance(read_guardduty(odd, position="here"), Unreadable)


def test_the_detector_is_part_of_the_id():
    assert f"detector/{DETECTOR}/finding/" in found().id
