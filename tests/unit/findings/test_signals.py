"""What a finding says of how soon to look at it, in each of the three forms."""

import json

import msgspec
import pytest
from asff_made import asff, detected, guardduty, ocsf, read
from hypothesis import given
from hypothesis import strategies as st

from secguard.findings.forms.asff_text import read_asff_text
from secguard.findings.forms.guardduty import read_guardduty
from secguard.findings.forms.guardduty_signals import signals_of_guardduty
from secguard.findings.forms.ocsf import read_ocsf
from secguard.findings.forms.ocsf_signals import signals_of_ocsf
from secguard.findings.forms.signals import is_public, signals_of_asff
from secguard.model import Signal, SignalKind

OWN = "aws/guardduty/service/"
CVE = "CVE-2021-44228"


def said(signals):
    return {signal.kind: signal.detail for signal in signals}


def vulnerable(**over):
    return asff(ProductName="Inspector", Compliance=None, Vulnerabilities=[{"Id": CVE, **over}])


@pytest.mark.parametrize(
    ("over", "signals"),
    [
        ({}, {}),
        ({"ExploitAvailable": "NO", "FixAvailable": "NO", "EpssScore": 0.0002}, {}),
        ({"ExploitAvailable": "YES"}, {SignalKind.EXPLOIT_AVAILABLE: CVE}),
        ({"LastKnownExploitAt": "2026-01-16T00:01:35Z"}, {SignalKind.KNOWN_EXPLOITED: CVE}),
        ({"ExploitAvailable": "YES", "LastKnownExploitAt": "2026-01-16T00:01:35Z"}, {SignalKind.KNOWN_EXPLOITED: CVE}),
        ({"EpssScore": 0.97}, {SignalKind.EXPLOIT_LIKELY: CVE}),
        ({"FixAvailable": "YES"}, {SignalKind.FIX_AVAILABLE: ""}),
        ({"FixAvailable": "PARTIAL"}, {}),
    ],
)
def test_a_vulnerability_tells_whether_it_is_exploited_and_whether_it_can_be_mended(over, signals):
    assert said(signals_of_asff(vulnerable(**over))) == signals


def test_of_several_vulnerabilities_the_exploited_are_named_and_a_fix_must_mend_all():
    parts = [
        {"Id": "CVE-1", "ExploitAvailable": "YES", "FixAvailable": "YES"},
        {"Id": "CVE-2", "FixAvailable": "NO"},
        {"Id": "CVE-3", "ExploitAvailable": "YES", "FixAvailable": "YES"},
    ]
    assert said(signals_of_asff(asff(Vulnerabilities=parts))) == {SignalKind.EXPLOIT_AVAILABLE: "CVE-1, CVE-3"}


def test_a_finding_without_any_of_it_says_nothing():
    assert signals_of_asff(asff()) == ()
    assert signals_of_guardduty({}) == ()
    assert signals_of_ocsf(ocsf()) == ()


@pytest.mark.parametrize("prefix", [OWN, ""])
def test_the_lists_of_threats_are_named_as_security_hub_flattens_them(prefix):
    fields = {
        f"{prefix}resourceRole": "TARGET",
        f"{prefix}evidence/threatIntelligenceDetails.0_/threatListName": "ProofPoint",
        f"{prefix}evidence/threatIntelligenceDetails.1_/threatListName": "acme-threats",
        f"{prefix}additionalInfo/threatListName": "acme-threats",
    }
    assert said(read(guardduty(ProductFields=fields)).signals) == {SignalKind.THREAT_LIST: "ProofPoint, acme-threats"}


def test_a_list_of_threats_is_known_by_the_details_alone():
    fields = {f"{OWN}resourceRole": "TARGET", f"{OWN}additionalInfo/threatListName": "acme-threats"}
    assert said(signals_of_asff(guardduty(ProductFields=fields))) == {SignalKind.THREAT_LIST: "acme-threats"}


def test_an_indicator_names_its_source():
    parts = [{"Type": "IPV4_ADDRESS", "Value": "203.0.113.9", "Source": "Threat Exchange"}, {"Type": "DOMAIN"}]
    assert said(signals_of_asff(asff(ThreatIntelIndicators=parts))) == {SignalKind.THREAT_LIST: "Threat Exchange"}
    assert said(signals_of_asff(asff(ThreatIntelIndicators=parts[1:]))) == {SignalKind.THREAT_LIST: ""}


def test_a_sequence_of_attacks_tells_of_known_bad_addresses_in_both_spellings():
    indicators = [{"Key": "ATTACK_TACTIC", "Values": ["Impact"]}, {"Key": "TOR_IP", "Values": ["185.220.101.1"]}]
    hub = guardduty(Detection={"Sequence": {"Signals": [{"SignalIndicators": indicators}]}})
    own = {"sequenceIndicators": [{"key": "MALICIOUS_IP"}, {"key": "REACHABILITY"}]}

    assert said(signals_of_asff(hub)) == {SignalKind.THREAT_LIST: "Tor"}
    assert said(signals_of_guardduty({"service": {"detection": {"sequence": own}}})) == {
        SignalKind.THREAT_LIST: "",
        SignalKind.EXPOSED: "reachable from the internet",
    }


@pytest.mark.parametrize(
    ("fields", "signals"),
    [
        ({"resourceRole": "ACTOR"}, {SignalKind.ACTING: ""}),
        ({"resourceRole": "TARGET"}, {}),
        (
            {
                "resourceRole": "TARGET",
                "action/actionType": "NETWORK_CONNECTION",
                "action/networkConnectionAction/blocked": "true",
            },
            {SignalKind.BLOCKED: "it was blocked"},
        ),
        (
            {
                "resourceRole": "TARGET",
                "action/actionType": "NETWORK_CONNECTION",
                "action/networkConnectionAction/blocked": "false",
            },
            {},
        ),
        (
            {
                "resourceRole": "TARGET",
                "action/actionType": "AWS_API_CALL",
                "action/awsApiCallAction/errorCode": "AccessDenied",
            },
            {SignalKind.BLOCKED: "the call failed: AccessDenied"},
        ),
    ],
)
def test_who_acts_and_whether_it_got_through_is_known_from_the_fields(fields, signals):
    flattened = {OWN + key: value for key, value in fields.items()}
    assert said(signals_of_asff(guardduty(ProductFields=flattened))) == signals


@pytest.mark.parametrize(
    ("title", "how"),
    [
        ("AwsS3Bucket/arn:aws:s3:::acme/ allows public access", "open to everyone"),
        ("AwsIamRole/arn:aws:iam::123456789012:role/partner/ allows cross-account access", None),
        ("Port 22 is reachable from an Internet Gateway - TCP", "reachable from the internet"),
        ("On instance i-1, TCP port 22 is reachable from the internet", "reachable from the internet"),
        ("On instance i-1, TCP port 443 is reachable from a Peered VPC", None),
        ("Unreachable from anywhere", None),
    ],
)
def test_what_is_open_is_told_by_the_title_where_nothing_else_does(title, how):
    assert said(signals_of_asff(asff(Title=title))).get(SignalKind.EXPOSED) == how


@pytest.mark.parametrize(
    ("kind", "details", "signals"),
    [
        ("AwsRdsDbInstance", {"PubliclyAccessible": True}, {SignalKind.EXPOSED: "publicly accessible"}),
        ("AwsRdsDbInstance", {"PubliclyAccessible": False}, {}),
        ("AwsElbv2LoadBalancer", {"Scheme": "internet-facing"}, {SignalKind.EXPOSED: "faces the internet"}),
        ("AwsElbv2LoadBalancer", {"Scheme": "internal"}, {}),
        ("AwsEc2Instance", {"IpV4Addresses": ["10.0.0.7", "3.5.140.1"]}, {SignalKind.PUBLIC_ADDRESS: "3.5.140.1"}),
        ("AwsEc2Instance", {"IpV4Addresses": ["10.0.0.7"], "IpV6Addresses": None}, {}),
        ("AwsEc2NetworkInterface", {"PublicIp": "3.5.140.1"}, {SignalKind.PUBLIC_ADDRESS: "3.5.140.1"}),
        ("AwsEc2NetworkInterface", {"PublicIp": 17}, {}),
    ],
)
def test_a_resource_tells_by_its_details_how_open_it_is(kind, details, signals):
    item = asff(Resources=[{"Type": "AwsVpc", "Id": "vpc-1"}, {"Type": kind, "Id": "x", "Details": {kind: details}}])
    assert said(signals_of_asff(item)) == signals


@pytest.mark.parametrize("verdict", ["TRUE_POSITIVE", "FALSE_POSITIVE", "BENIGN_POSITIVE"])
def test_a_verdict_is_kept_and_no_verdict_is_none(verdict):
    assert said(signals_of_asff(asff(VerificationState=verdict))) == {SignalKind.VERDICT: verdict}
    assert signals_of_asff(asff(VerificationState="UNKNOWN")) == ()


def test_a_note_names_who_left_it_and_an_empty_one_is_none():
    note = {"Text": "looking", "UpdatedBy": "arn:aws:sts::123456789012:assumed-role/ops/jane"}
    assert said(signals_of_asff(asff(Note=note))) == {SignalKind.NOTED: "noted by jane"}
    assert said(signals_of_asff(asff(Note={"Text": "looking"}))) == {SignalKind.NOTED: "has a note"}
    assert signals_of_asff(asff(Note={"Text": " ", "UpdatedBy": "jane"})) == ()


@pytest.mark.parametrize(("value", "kept"), [(90, "90"), (0, "0"), ("35", "35"), (101, None), (-1, None), ("x", None)])
def test_a_criticality_is_a_score_of_asffs_scale(value, kept):
    assert said(signals_of_asff(asff(Criticality=value))).get(SignalKind.CRITICALITY) == kept


SAYING = [
    vulnerable(ExploitAvailable="YES", EpssScore=0.5, FixAvailable="YES"),
    asff(ThreatIntelIndicators=[{"Source": "Threat Exchange"}]),
    guardduty(Detection={"Sequence": {"SequenceIndicators": [{"Key": "TOR_IP"}]}}),
    asff(VerificationState="TRUE_POSITIVE", Criticality=90, Note={"Text": "looking", "UpdatedBy": "jane"}),
    asff(Title="AwsS3Bucket/arn:aws:s3:::acme/ allows public access"),
    guardduty(ProductFields={f"{OWN}resourceRole": "ACTOR", f"{OWN}additionalInfo/threatListName": "acme"}),
    asff(Resources=[{"Type": "AwsEc2Eip", "Id": "x", "Details": {"AwsEc2Eip": {"PublicIp": "3.5.140.1"}}}]),
    asff(Resources=[{"Type": "AwsElbLoadBalancer", "Id": "x",
                     "Details": {"AwsElbLoadBalancer": {"Scheme": "internet-facing"}}}]),
]  # fmt: skip


@pytest.mark.parametrize("item", SAYING)
def test_a_finding_says_the_same_however_it_was_read(item):
    received = msgspec.Raw(msgspec.json.encode(item))
    assert read_asff_text(received, position="here").signals == read(item).signals == signals_of_asff(item) != ()


EVIDENCE = {"threatIntelligenceDetails": [{"threatListName": "ProofPoint", "threatNames": ["Mirai"]}]}
NETWORK = {"actionType": "NETWORK_CONNECTION"}


@pytest.mark.parametrize(
    ("service", "signals"),
    [
        ({"evidence": EVIDENCE}, {SignalKind.THREAT_LIST: "ProofPoint"}),
        ({"additionalInfo": {"threatListName": "acme"}}, {SignalKind.THREAT_LIST: "acme"}),
        ({"additionalInfo": {"value": '{"threatListName":"acme"}'}}, {SignalKind.THREAT_LIST: "acme"}),
        ({"additionalInfo": '{"threatListName":"acme"}'}, {SignalKind.THREAT_LIST: "acme"}),
        ({"additionalInfo": {"value": '{"threatListName":'}}, {}),
        ({"resourceRole": "ACTOR"}, {SignalKind.ACTING: ""}),
        ({"userFeedback": "NOT_USEFUL"}, {SignalKind.VERDICT: "FALSE_POSITIVE"}),
        ({"userFeedback": "NONE"}, {}),
        ({"action": {**NETWORK, "networkConnectionAction": {"blocked": True}}}, {SignalKind.BLOCKED: "it was blocked"}),
        ({"action": {**NETWORK, "networkConnectionAction": {"blocked": False}}}, {}),
        (
            {"action": {"awsApiCallAction": {"errorCode": "AccessDenied"}}},
            {SignalKind.BLOCKED: "the call failed: AccessDenied"},
        ),
        ({"action": {"kubernetesApiCallAction": {"statusCode": 403}}}, {SignalKind.BLOCKED: "the call was denied"}),
        ({"action": {"kubernetesApiCallAction": {"statusCode": 200}}}, {}),
    ],
)
def test_guarddutys_own_form_says_the_same(service, signals):
    assert said(signals_of_guardduty({"service": service})) == signals


@pytest.mark.parametrize(
    ("resource", "signals"),
    [
        (
            {"s3BucketDetails": [{"publicAccess": {"effectivePermission": "PUBLIC"}}]},
            {SignalKind.EXPOSED: "the bucket is public"},
        ),
        ({"s3BucketDetails": [{"publicAccess": {"effectivePermission": "NOT_PUBLIC"}}]}, {}),
        (
            {"instanceDetails": {"networkInterfaces": [{"publicIp": "3.5.140.1"}]}},
            {SignalKind.PUBLIC_ADDRESS: "3.5.140.1"},
        ),
        ({"instanceDetails": {"networkInterfaces": [{"publicIp": ""}]}}, {}),
    ],
)
def test_what_guardduty_says_of_the_resource_tells_how_open_it_is(resource, signals):
    assert said(signals_of_guardduty({"resource": resource})) == signals


def test_both_spellings_of_guardduty_say_the_same():
    camel = detected(service={"resourceRole": "ACTOR", "evidence": EVIDENCE})
    pascal = {
        **{key[:1].upper() + key[1:]: value for key, value in camel.items() if key != "service"},
        "Service": {
            "ResourceRole": "ACTOR",
            "Evidence": {"ThreatIntelligenceDetails": [{"ThreatListName": "ProofPoint"}]},
        },
    }
    one, other = (read_guardduty(item, position="here") for item in (camel, pascal))
    assert one.signals == other.signals == (Signal(SignalKind.THREAT_LIST, "ProofPoint"), Signal(SignalKind.ACTING))


def weakness(**over):
    return ocsf(class_uid=2002, vulnerabilities=[{"cve": {"uid": CVE, "epss": {"score": "0.00018"}}, **over}])


@pytest.mark.parametrize(
    ("item", "signals"),
    [
        (weakness(), {}),
        (weakness(is_exploit_available=True), {SignalKind.EXPLOIT_AVAILABLE: CVE}),
        (weakness(exploit_last_seen_time=1795305600000), {SignalKind.KNOWN_EXPLOITED: CVE}),
        (weakness(is_fix_available=True), {SignalKind.FIX_AVAILABLE: ""}),
        (weakness(cve={"uid": CVE, "epss": {"score": "0.5"}}), {SignalKind.EXPLOIT_LIKELY: CVE}),
        (ocsf(databucket={"is_public": True}), {SignalKind.EXPOSED: "the bucket is public"}),
        (ocsf(databucket={"is_public": False}), {}),
        (ocsf(osint=[{"value": "203.0.113.9", "vendor_name": "Exchange"}]), {SignalKind.THREAT_LIST: "Exchange"}),
        (ocsf(comment="looking"), {SignalKind.NOTED: "has a note"}),
        (ocsf(assignee={"name": "jane"}, comment="looking"), {SignalKind.NOTED: "assigned to jane"}),
        (ocsf(verdict_id=1), {SignalKind.VERDICT: "FALSE_POSITIVE"}),
        (ocsf(disposition_id=2), {SignalKind.BLOCKED: "it was blocked"}),
        (
            ocsf(evidences=[{"api": {"operation": "GetObject", "response": {"error": "AccessDenied"}}}]),
            {SignalKind.BLOCKED: "the call failed: AccessDenied"},
        ),
    ],
)
def test_ocsf_says_the_same(item, signals):
    assert said(signals_of_ocsf(item)) == signals
    assert said(read_ocsf(item, position="here").signals) == signals


def test_guarddutys_traits_in_ocsf_tell_of_known_bad_addresses():
    info = {"uid": "x", "traits": [{"name": "MALICIOUS_DOMAIN", "values": ["bad.example.com"]}]}
    assert said(signals_of_ocsf(ocsf(finding_info=info))) == {SignalKind.THREAT_LIST: ""}


def exposure(*events):
    info = {
        "uid": "x",
        "title": "Potential Remote Execution",
        "types": ["Exposure/Potential Impact/Resource Hijacking"],
    }
    return ocsf(finding_info={**info, "related_events": list(events)})


@pytest.mark.parametrize(
    "event",
    [
        {"tags": [{"name": "Reachability", "values": ["Publicly Invocable"]}]},
        {"traits": [{"category": "Reachability", "name": "The function can be invoked publicly"}]},
    ],
)
def test_an_exposure_finding_that_is_reachable_says_so(event):
    assert said(signals_of_ocsf(exposure(event))) == {SignalKind.EXPOSED: "reachable from the internet"}


def test_an_exposure_finding_tells_of_an_exploit_and_is_one_without_being_reachable():
    event = {
        "tags": [
            {"name": "Vulnerability", "values": ["EPSS Level >= High", "EPSS Level >= Medium", "Exploit Available"]}
        ]
    }
    assert said(signals_of_ocsf(exposure(event))) == {
        SignalKind.EXPOSED: "several weaknesses together open a way in",
        SignalKind.EXPLOIT_AVAILABLE: "",
        SignalKind.EXPLOIT_LIKELY: "",
    }


@pytest.mark.parametrize(("text", "public"), [("3.5.140.1", True), ("10.0.0.1", False), ("::1", False), ("x", False)])
def test_a_public_address_is_one_that_is_routed(text, public):
    assert is_public(text) is public


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(st.text(max_size=8), part, max_size=3)),
    max_leaves=8,
)
ASFF_KEYS = [
    "Vulnerabilities", "ThreatIntelIndicators", "Detection", "VerificationState", "Note", "ProductFields", "Title",
    "Resources", "Criticality",
]  # fmt: skip
DEEP_KEYS = [
    "Id", "Type", "Details", "AwsEc2Instance", "IpV4Addresses", "PubliclyAccessible", "Sequence", "Signals", "Key",
    "SequenceIndicators", "EpssScore", "ExploitAvailable", "Text", "UpdatedBy", f"{OWN}resourceRole",
    f"{OWN}action/actionType", "service", "resource", "evidence", "threatIntelligenceDetails", "additionalInfo",
    "value", "action", "detection", "sequence", "resources", "data", "cve", "epss", "score", "name", "values", "traits",
]  # fmt: skip
ODD = st.recursive(
    ANYTHING,
    lambda part: st.one_of(
        st.lists(part, max_size=3), st.dictionaries(st.sampled_from(DEEP_KEYS), part, min_size=1, max_size=5)
    ),
    max_leaves=12,
)
OCSF_KEYS = ["vulnerabilities", "osint", "finding_info", "resources", "databucket", "evidences", "assignee",
             "comment", "verdict_id", "disposition_id", "resource"]  # fmt: skip


@given(st.dictionaries(st.sampled_from([*ASFF_KEYS, *OCSF_KEYS, "service"]), ODD))
def test_whatever_a_finding_says_each_kind_is_said_once_and_in_text(item):
    for signals in (signals_of_asff(item), signals_of_guardduty(item), signals_of_ocsf(item)):
        assert len(said(signals)) == len(signals)
        assert all(isinstance(signal.detail, str) for signal in signals)


@given(st.text(max_size=300))
def test_details_that_are_no_json_name_no_list(text):
    service = {"additionalInfo": f"threatListName{text}", "evidence": {"threatIntelligenceDetails": text}}
    assert signals_of_guardduty({"service": service}) == ()


def test_json_that_is_too_deep_names_no_list():
    deep = json.dumps({"threatListName": "x"})[:-1] + ',"a":' + "[" * 100_000
    assert signals_of_guardduty({"service": {"additionalInfo": deep}}) == ()


def test_a_reason_stays_short_however_much_is_said():
    long = "x" * 10_000
    fields = {
        f"{OWN}resourceRole": "TARGET",
        f"{OWN}action/actionType": "AWS_API_CALL",
        f"{OWN}action/awsApiCallAction/errorCode": long,
        f"{OWN}additionalInfo/threatListName": long,
    }
    signals = signals_of_asff(guardduty(ProductFields=fields, Note={"Text": long, "UpdatedBy": long}))
    assert len(signals) == 3
    assert all(len(signal.detail) < 120 for signal in signals)
