"""Who was involved is told alike, whichever form a finding came in."""

import pytest
from asff_made import REMOTE, detected, guardduty, ocsf, read, remote
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_made import ODD

from secguard.findings.forms.guardduty import camel_case, read_guardduty
from secguard.findings.forms.involved import key_details, other_ends, role_of
from secguard.findings.forms.ocsf import read_ocsf

KEY = {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "ann", "userType": "IAMUser"}
KEY_IN_ASFF = {
    "Type": "AwsIamAccessKey",
    "Id": "AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE",
    "Details": {"AwsIamAccessKey": {"PrincipalName": "ann", "PrincipalType": "IAMUser"}},
}
KEY_IN_OCSF = {
    "type": "AwsIamAccessKey",
    "uid": KEY_IN_ASFF["Id"],
    "data": KEY_IN_ASFF["Details"]["AwsIamAccessKey"],
}


def of_guardduty(**over):
    return read_guardduty(detected(**over), position="here")


@pytest.mark.parametrize(
    "finding",
    [
        of_guardduty(resource={"accessKeyDetails": KEY}),
        read(guardduty(Resources=[KEY_IN_ASFF])),
        read_ocsf(ocsf(resources=[KEY_IN_OCSF]), position="here"),
    ],
    ids=["guardduty", "asff", "ocsf"],
)
def test_whose_a_key_is_is_told_alike(finding):
    details = key_details(finding)[finding.resources[0].id]
    assert (details["PrincipalName"], details["PrincipalType"]) == ("ann", "IAMUser")


def test_whose_a_key_in_an_attack_sequence_is_is_told():
    key = {"uid": KEY["accessKeyId"], "resourceType": "ACCESS_KEY", "data": {"accessKey": KEY}}
    finding = of_guardduty(service={"detection": {"sequence": {"resources": [key]}}})
    assert key_details(finding)[finding.resources[0].id]["PrincipalName"] == "ann"


@pytest.mark.parametrize(
    "finding",
    [
        of_guardduty(service={"resourceRole": "ACTOR"}),
        read(guardduty(ProductFields={"aws/guardduty/service/resourceRole": "ACTOR"})),
    ],
    ids=["guardduty", "asff"],
)
def test_the_part_of_the_resource_is_told_alike(finding):
    assert role_of(finding) == "ACTOR"


def test_every_end_of_a_port_probe_is_told():
    probes = [{"remoteIpDetails": {**REMOTE, "ipAddressV4": f"198.51.100.{n}"}} for n in (1, 2)]
    action = {"actionType": "PORT_PROBE", "portProbeAction": {"portProbeDetails": probes}}
    assert set(other_ends(of_guardduty(service={"action": action}))) == {"198.51.100.1", "198.51.100.2"}
    ends = [{"src_endpoint": {"ip": f"198.51.100.{n}"}} for n in (1, 2)]
    assert set(other_ends(read_ocsf(ocsf(evidences=ends), position=""))) == {"198.51.100.1", "198.51.100.2"}
    fields = remote("networkConnectionAction", "198.51.100.1")
    assert set(other_ends(read(guardduty(ProductFields=fields)))) == {"198.51.100.1"}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["service", "resource", "detection"]), ODD)
def test_whatever_a_finding_holds_it_is_asked_without_harm(field, odd):
    finding = of_guardduty(**{field: odd if odd is not None else {}})
    assert role_of(finding) is None or isinstance(role_of(finding), str)
    assert all(isinstance(known, str) for known in (*key_details(finding), *other_ends(finding)))


def test_both_spellings_tell_the_same():
    native = {"Id": "1", "Type": "t", "Service": {"ResourceRole": "ACTOR"}}
    assert role_of(read_guardduty(native, position="")) == role_of(read_guardduty(camel_case(native), position=""))
