"""What happened is told in one sentence of plain words, from every form of a finding, whatever it lacks."""

import json
from pathlib import Path

import pytest
from asff_made import asff, detected, guardduty, ocsf, read
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_made import ODD
from stories_made import MADE, event, process, vulnerable

from secguard.findings.files import findings_in
from secguard.findings.telling.evidence import evidence
from secguard.findings.telling.story import sentence
from secguard.model import Finding

DATA = Path(__file__).parents[2] / "data"
RECORDED = {
    f"{file.parent.name}/{file.stem}-{number}-{place}": finding
    for file in sorted(DATA.glob("*/*.json"))
    for number, item in enumerate(json.loads(file.read_text()))
    for place, finding in enumerate(findings_in(item, position="here"))
    if isinstance(finding, Finding)
}

STORIES = json.loads((DATA / "stories.json").read_text())
"""What is said of each of the findings that are made for it, and of some that others recorded."""


def test_every_story_that_is_written_down_is_looked_at():
    assert STORIES.keys() == MADE.keys() | (STORIES.keys() & RECORDED.keys())


def told(item):
    (finding,) = findings_in(item, position="here")
    return sentence(finding)


def facts(item):
    (finding,) = findings_in(item, position="here")
    return dict(evidence(finding))


def one_sentence(said):
    return said and said.endswith((".", "…")) and said == " ".join(said.split()) and " None" not in said


@pytest.mark.parametrize("name", MADE)
def test_a_story_reads_well(name):
    assert told(MADE[name]) == STORIES[name]


@pytest.mark.parametrize("name", sorted(RECORDED.keys() & STORIES.keys()))
def test_a_recorded_story_reads_well(name):
    assert sentence(RECORDED[name]) == STORIES[name]


@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_finding_has_a_story_of_one_sentence(name):
    said = sentence(RECORDED[name])
    assert one_sentence(said)
    assert RECORDED[name].region in said
    assert all(value and "None" not in value for _, value in evidence(RECORDED[name]))


def test_the_same_event_is_told_the_same_from_guardduty_and_from_security_hub():
    call = MADE["a connection out"]
    action = call["service"]["action"]["networkConnectionAction"]
    prefix = "aws/guardduty/service"
    fields = {f"{prefix}/resourceRole": "ACTOR", f"{prefix}/count": "12", **_flat(f"{prefix}/action", action)}
    times = {"FirstObservedAt": "2026-11-22T14:02:00Z", "LastObservedAt": "2026-11-22T14:40:00Z"}
    instance = guardduty()["Resources"][0] | {"Tags": {"Name": "web-1"}}
    flattened = guardduty(kind="Backdoor:EC2/C&CActivity.B", ProductFields=fields, Resources=[instance], **times)
    assert told(flattened) == told(call).partition("; named on")[0] + "."


def _flat(path, action):
    """ProductFields as Security Hub makes them of a connection."""
    base = f"{path}/networkConnectionAction"
    remote = action["remoteIpDetails"]
    return {
        f"{base}/connectionDirection": action["connectionDirection"],
        f"{base}/protocol": action["protocol"],
        f"{base}/remotePortDetails/port": str(action["remotePortDetails"]["port"]),
        f"{base}/remoteIpDetails/ipAddressV4": remote["ipAddressV4"],
        f"{base}/remoteIpDetails/country/countryName": remote["country"]["countryName"],
        f"{base}/remoteIpDetails/organization/asn": remote["organization"]["asn"],
        f"{base}/remoteIpDetails/organization/asnOrg": remote["organization"]["asnOrg"],
    }


@pytest.mark.parametrize(
    ("first", "last", "count", "said"),
    [
        (None, None, None, ""),
        (None, None, 1, ""),
        (None, None, 1203, ", 1,203 times"),
        ("2026-11-22T14:02:00Z", None, 1, ", at 2026-11-22 14:02 UTC"),
        (None, "2026-11-22T14:02:00Z", 2, ", twice at 2026-11-22 14:02 UTC"),
        ("2026-11-22T14:02:01Z", "2026-11-22T14:02:59Z", None, ", at 2026-11-22 14:02 UTC"),
        ("2026-11-21T23:59:00Z", "2026-11-22T00:01:00Z", None, ", between 2026-11-21 23:59 and 2026-11-22 00:01 UTC"),
        ("2026-11-22T01:00:00+02:00", "2026-11-22T00:00:00Z", 3, ", 3 times between 2026-11-21 23:00 and 2026-11-22"),
    ],
)
def test_times_are_said_in_utc_and_only_as_far_as_they_are_known(first, last, count, said):
    made = detected(service={"count": count, "eventFirstSeen": first, "eventLastSeen": last})
    assert said in told(made)
    assert told(made).startswith("GuardDuty says of i-0c10c2c7863d1a356")


def test_what_is_missing_is_left_out():
    bare = detected(
        kind="Backdoor:EC2/C&CActivity.B",
        resource=None,
        service={"action": {"networkConnectionAction": {"protocol": "TCP"}}},
    )
    assert told(bare).startswith("Account 123456789012 in us-east-1 talked to an address that is not named")
    assert told(asff(Title=None, Compliance=None, GeneratorId=None, Resources=None)).startswith("Security Hub says in")


def test_a_text_is_brought_to_one_line_and_a_length():
    name = "a\nb\u2028c\td" + "x" * 500
    said = told(process("Execution:Runtime/ReverseShell", name=name, executablePath=None))
    assert "process a b c dxxx" in said.lower()
    assert "x" * 200 not in said


def test_many_of_a_kind_are_counted_not_listed():
    probes = [
        {"localPortDetails": {"port": port}, "remoteIpDetails": {"ipAddressV4": f"45.0.0.{port}"}}
        for port in range(1, 9)
    ]
    said = told(event("Recon:EC2/PortProbeUnprotectedPort", action={"portProbeAction": {"portProbeDetails": probes}}))
    assert said.startswith("45.0.0.1, 45.0.0.2, 45.0.0.3 and 5 more probed port 1, port 2, port 3 and 5 more of")


def test_an_exploit_is_said_only_where_it_is_known():
    assert "exploit" not in told(vulnerable(is_exploit_available=False))
    assert "fixed" not in told(vulnerable(affected_packages=[{"name": "xz", "fixed_in_version": "NotAvailable"}]))


def test_evidence_names_what_a_sentence_has_no_room_for():
    call = facts(MADE["a call that was refused"])
    assert call["user agent"] == "aws-cli/2.1 kali"
    assert call["unusual"] == "asns user identity: asnNumber: 208046"
    assert call["access key"] == "AKIAEXAMPLE"
    assert facts(MADE["a reverse shell"])["parents"] == "sh (/bin/sh) and nginx"
    assert facts(MADE["malware on a volume"])["hashes"] == "cd" * 32
    assert facts(MADE["a connection out"])["connection"] == "outbound, TCP, port 51322 to port 4444"


def test_a_key_that_is_no_path_of_guarddutys_is_not_looked_at():
    deep = "aws/guardduty/service/" + "/".join("x" * 20) + "/y"
    both = {"aws/guardduty/service/action": "text", "aws/guardduty/service/action/dnsRequestAction/domain": "a.example"}
    assert told(guardduty(ProductFields={deep: "1", "action/dnsRequestAction.999_/domain": "x", **both}))


LEAVES = st.one_of(ODD, st.sampled_from(["{", '{"a":', "[[[", "TARGET", "true", -1, 1e308, "9" * 400]))


def _spoilt(value, draw):
    if isinstance(value, dict):
        return {key: _spoilt(part, draw) for key, part in value.items()}
    if isinstance(value, list):
        return [_spoilt(part, draw) for part in value]
    return draw(LEAVES) if draw(st.integers(0, 5)) == 0 else value


@pytest.mark.parametrize("name", MADE)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_nothing_that_a_finding_holds_breaks_its_story(name, data):
    for finding in findings_in(_spoilt(MADE[name], data.draw), position="here"):
        if isinstance(finding, Finding):
            assert one_sentence(sentence(finding))
            assert all(isinstance(value, str) for _, value in evidence(finding))


@settings(max_examples=100, deadline=None)
@given(fields=st.dictionaries(st.text(max_size=30).map("aws/guardduty/service/{}".format), ODD, max_size=6), part=ODD)
def test_no_product_fields_break_a_story(fields, part):
    made = guardduty(
        ProductFields=fields, Action=part, Detection=part, Process=part, Threats=part, Vulnerabilities=part
    )
    assert one_sentence(sentence(read(made)))
    for finding in findings_in(ocsf(evidences=part, vulnerabilities=[part], malware=part), position="here"):
        assert not isinstance(finding, Finding) or one_sentence(sentence(finding))
