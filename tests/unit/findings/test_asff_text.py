"""What is read from the text of a finding is what is read from the finding."""

import json
from pathlib import Path

import msgspec
import pytest
from asff_made import asff, guardduty
from hypothesis import given
from hypothesis import strategies as st
from odd_made import ODD

from secguard.findings.forms import asff_text
from secguard.findings.forms.asff import read_asff
from secguard.findings.forms.asff_text import read_asff_text
from secguard.model import Finding

DATA = Path(__file__).parents[2] / "data"
RECORDED = [item for file in sorted((DATA / "asff").glob("*.json")) for item in json.loads(file.read_text())]
INTERESTING = {
    "AwsAccountId": ["123456789012", "12345", " 123456789012", ""],
    "ProductName": ["GuardDuty", "", " ", "Inspector"],
    "FirstObservedAt": ["2026-11-01T10:00:00.123Z", "2026-11-01T10:00:00+02:00", "1969-01-01T00:00:00Z", "then", None],
    "LastObservedAt": ["2026-11-01T10:00:00", "2026-11-01 10:00:00Z", 1700000000, "2026-11-01T10:00:00.123456789Z"],
    "Severity": [{"Label": "HIGH", "Normalized": 40}, {"Label": "high"}, {"Normalized": 70}, {"Label": "NONE"}, {}],
    "Workflow": [{"Status": "NEW"}, {"Status": "new"}, {"Status": "OLD"}, {}, None],
    "RecordState": ["ACTIVE", "archived", "", None],
    "Compliance": [
        {"Status": "FAILED", "SecurityControlId": "S3.8", "AssociatedStandards": [{"StandardsId": "standards/x/v/1"}]},
        {"Status": "failed", "SecurityControlId": " "},
        {"AssociatedStandards": [{}, {"StandardsId": " "}]},
        None,
    ],
    "ProductFields": [
        {"aws/guardduty/service/count": "12", "aws/guardduty/service/resourceRole": "ACTOR"},
        {"StandardsArn": "arn:aws:securityhub:::standards/pci-dss/v/3.2.1", "count": 3},
        {"aws/securityhub/ProductName": "Mine", "aws/guardduty/service/additionalInfo/sample": "true"},
        {"aws/guardduty/service/eventFirstSeen": "2026-11-01T10:00:00Z"},
        {"aws/guardduty/service/action/networkConnectionAction/remoteIpDetails/ipAddressV4": "198.51.100.7"},
    ],
    "Resources": [
        [{"Type": "AwsEc2Instance", "Id": "i-1", "Details": {"AwsEc2Instance": {"IpV4Addresses": ["198.51.100.7"]}}}],
        [{"Type": "AwsIamAccessKey", "Id": "AKIA", "Details": {"AwsIamAccessKey": {"UserName": "alice"}}}],
        [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::x", "Details": {"AwsS3Bucket": {"OwnerAccountId": "1" * 12}}}],
        [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::x", "Region": " ", "Tags": {"": "x", "a": " ", "b": "c"}}],
        [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::x", "Tags": {"Name": " "}}],
        [{"Type": "", "Id": ""}, {"Id": "x", "Details": 1}],
        [],
    ],
    "Note": [{"Text": "mine", "UpdatedBy": "arn:aws:iam::123456789012:user/alice"}],
    "Vulnerabilities": [[{"Id": "CVE-2026-1", "ExploitAvailable": "YES", "EpssScore": 0.9}]],
    "Criticality": [90, "90"],
    "VerificationState": ["TRUE_POSITIVE"],
    "Sample": [True, "true", False],
    "Network": [{"Direction": "IN", "SourceIpV4": "198.51.100.7"}],
    "Types": [["TTPs/Discovery", ""], [" "], ["", "Effects/Data Exfiltration"], []],
    "Title": [
        " [SAMPLE] one",
        "AwsS3Bucket/x allows public access\n",
        "[SAMPLE] one",
        " ",
        "AwsS3Bucket/x allows public access",
        "Port 22 is reachable from the internet",
    ],
}
"""Values of keys that mean something, each of which must mean the same both ways."""


def same_both_ways(item):
    """Read `item` in both ways; the finding."""
    text = msgspec.Raw(msgspec.json.encode(item))
    found = read_asff_text(text, position="here")
    whole = read_asff(msgspec.json.decode(text), position="here", received=text)
    if isinstance(found, Finding) and isinstance(whole, Finding):
        told = {name: getattr(found, name) for name in found.__struct_fields__ if name != "received"}
        assert told == {name: getattr(whole, name) for name in told}
        assert bytes(found.received) == bytes(whole.received)
    else:
        assert found == whole
    return found


@pytest.mark.parametrize("item", RECORDED, ids=lambda item: str(item.get("Id"))[-40:])
def test_a_recorded_finding_is_the_same_read_from_its_text(item):
    assert same_both_ways(item).raw == item


@given(
    st.sampled_from([asff, guardduty]),
    st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in INTERESTING.items()}),
)
def test_what_is_unusual_is_the_same_read_from_its_text(made, over):
    same_both_ways(made(**over))


@given(st.dictionaries(st.sampled_from(sorted(asff())), ODD, max_size=4), st.sampled_from([asff, guardduty]))
def test_whatever_a_field_holds_it_is_the_same_read_from_its_text(over, made):
    try:
        msgspec.json.decode(msgspec.json.encode(made(**over)))
    except (msgspec.MsgspecError, UnicodeError, OverflowError):
        return
    same_both_ways(made(**over))


@pytest.mark.parametrize("made", [asff, guardduty])
def test_a_tidy_finding_is_not_decoded_whole(made, monkeypatch):
    monkeypatch.setattr(asff_text, "read_asff", lambda *_, **__: pytest.fail("it was decoded whole"))
    found = read_asff_text(msgspec.Raw(msgspec.json.encode(made())), position="here")
    assert found.raw == made()


def test_a_number_that_no_float_holds_spoils_nothing():
    text = msgspec.Raw(msgspec.json.encode(asff())[:-1] + b',"Confidence":1e999}')
    assert read_asff_text(text, position="here").raw == {**asff(), "Confidence": "1e999"}


def test_what_is_no_finding_is_named_with_its_position():
    assert read_asff_text(msgspec.Raw(b"3"), position="eu-west-1 item 3").position == "eu-west-1 item 3"
