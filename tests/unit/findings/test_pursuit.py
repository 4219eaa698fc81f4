"""The incident that a finding is in is found in AWS by what ties it, wherever it lies, and what is not read is said."""

import pytest
from acts_made import OTHER, THIEF, act, attempt, bucket, instance, key, sequence
from asff_made import ACCOUNT, asff, detected, ocsf, read
from hubs_made import OFF, Hubs

from secguard.errors import AwsError, Denied, UsageError
from secguard.findings.forms.guardduty import read_guardduty
from secguard.findings.incidents import pursuit
from secguard.findings.incidents.pursuit import pursue
from secguard.model import Unreached

EAST, WEST, NORTH = "us-east-1", "eu-west-1", "eu-north-1"


def numbers(found):
    return {int(finding.id.rpartition("/")[2], 16) for finding in found.incident.findings}


def raw(*findings):
    return [finding.raw for finding in findings]


@pytest.mark.parametrize(
    "shared",
    [
        {"ip": THIEF},
        {"on": [bucket()]},
        {"on": [instance()]},
        {"on": [key()]},
        {"on": [key("", principal="AROAX:alice", kind="AssumedRole", name="deploy")]},
    ],
)
def test_what_shares_a_tie_is_found_by_it(shared):
    first, second, other = act(1, **shared), act(2, hours=3, **shared), act(3, ip=OTHER, on=[bucket("b")])
    aws = Hubs({EAST: raw(first, second, other)})

    assert numbers(pursue(first, aws=aws)) == {1, 2}


def test_another_key_of_the_same_user_is_found_by_the_users_name():
    first, second = (act(n, on=[key(f"AKIA000000000000000{n}")]) for n in (1, 2))

    assert numbers(pursue(first, aws=Hubs({EAST: raw(first, second)}))) == {1, 2}


def test_ties_are_followed_to_their_end_across_regions():
    first = act(1, ip=THIEF)
    second = act(2, ip=THIEF, on=[key()], Region=WEST, hours=1)
    third = act(3, on=[key(), bucket()], Region=NORTH, hours=2)
    fourth = act(4, on=[bucket()], hours=3)
    aws = Hubs({EAST: raw(first, fourth), WEST: raw(second), NORTH: raw(third)})

    for seed in (first, second, third, fourth):
        assert numbers(pursue(seed, aws=aws)) == {1, 2, 3, 4}


def test_what_guardduty_alone_has_is_found_there():
    first = act(1, ip=THIEF, on=[instance()])
    remote = {"ipAddressV4": THIEF}
    seen = {"eventFirstSeen": "2026-11-22T12:00:00Z", "eventLastSeen": "2026-11-22T13:00:00Z", "archived": False}
    service = {"action": {"actionType": "X", "networkConnectionAction": {"remoteIpDetails": remote}}, **seen}
    about = {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-0abc12345678def01"}}
    by_address = detected(2, region=WEST, service=service)
    by_instance = detected(3, region=WEST, resource=about, service={"action": {}, **seen})
    another = {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-0123456789abcdef0"}}
    other = detected(4, region=WEST, resource=another, service=seen)
    aws = Hubs({EAST: raw(first), WEST: OFF}, detectors={WEST: [by_address, by_instance, other]})

    assert numbers(pursue(first, aws=aws)) == {1, 2, 3}


def test_what_the_new_security_hub_alone_has_is_found_there():
    first = act(1, ip=THIEF, on=[bucket()])
    info = {"title": "x", "types": ["TTPs/Exfiltration"], "last_seen_time_dt": "2026-11-22T14:00:00Z"}
    by_address = ocsf(2, finding_info={"uid": "a/2", **info}, evidences=[{"src_endpoint": {"ip": THIEF}}], resources=[])
    by_bucket = ocsf(3, finding_info={"uid": "a/3", **info}, resources=[{"type": "x", "uid": "arn:aws:s3:::acme"}])
    aws = Hubs({EAST: raw(first), WEST: OFF}, new_hubs={WEST: [by_address, by_bucket]})

    assert {finding.id for finding in pursue(first, aws=aws).incident.findings} == {first.id, f"{2:064x}", f"{3:064x}"}


def test_what_a_sequence_lists_is_found_by_its_id_even_archived():
    listed = act(2, hours=-90, RecordState="ARCHIVED")
    bare = act(3, hours=-80)
    found = sequence(1, [{"uid": listed.id}, {"uid": bare.id.rpartition("/")[2]}])

    assert numbers(pursue(found, aws=Hubs({EAST: raw(found, listed, bare)}))) == {1, 2, 3}


def test_what_a_sequence_in_guardduty_lists_is_found_there_even_archived():
    listed = detected(2, region=WEST, service={"archived": True, "action": {}})
    signals = {"detection": {"sequence": {"signals": [{"uid": listed["id"], "type": "FINDING"}]}}}
    found = detected(1, "AttackSequence:S3/CompromisedData", region=WEST, service=signals, resource={})
    aws = Hubs({WEST: OFF}, detectors={WEST: [found, listed]})

    assert numbers(pursue(read_guardduty(found, position=""), aws=aws)) == {1, 2}


def test_resolved_steps_are_part_of_the_story_and_archived_ones_are_not():
    first, resolved = act(1, ip=THIEF), act(2, ip=THIEF, Workflow={"Status": "RESOLVED"})
    archived = act(3, ip=THIEF, RecordState="ARCHIVED")

    assert numbers(pursue(first, aws=Hubs({EAST: raw(first, resolved, archived)}))) == {1, 2}


def test_samples_and_real_ones_are_never_one_story():
    real, sample = act(1, ip=THIEF), act(2, ip=THIEF, Sample=True)
    aws = Hubs({EAST: raw(real, sample)})

    assert numbers(pursue(real, aws=aws)) == {1}
    assert numbers(pursue(sample, aws=aws)) == {2}


def test_what_is_wrong_with_a_resource_is_context_and_no_step():
    first = act(1, on=[bucket()])
    public = read(asff(5, Resources=[bucket()]))
    passed = read(asff(6, Resources=[bucket()], Compliance={"Status": "PASSED", "SecurityControlId": "S3.1"}))
    minor = read(asff(7, Resources=[bucket()], Severity={"Label": "LOW"}))
    done = read(asff(8, Resources=[bucket()], Workflow={"Status": "SUPPRESSED"}))
    elsewhere = read(asff(9, Resources=[bucket("b")]))
    found = pursue(first, aws=Hubs({EAST: raw(first, public, passed, minor, done, elsewhere)}))

    assert numbers(found) == {1}
    assert [finding.id for finding in found.context] == [public.id]


def test_a_finding_that_tells_of_no_act_is_in_no_incident():
    with pytest.raises(UsageError, match="no incident"):
        pursue(read(asff(1)), aws=Hubs({EAST: []}))


def test_the_same_incident_is_found_from_each_of_its_findings_as_in_the_list():
    hosts = [instance(f"i-0{n:016x}") for n in range(4)]
    probes = [attempt(n, ip=THIEF, on=host) for n, host in enumerate(hosts)]
    broken = act(100, ip=OTHER, on=[hosts[0]], hours=2)
    aws = Hubs({EAST: raw(*probes, broken)})

    assert numbers(pursue(probes[0], aws=aws)) == {0, 100}
    assert numbers(pursue(probes[1], aws=aws)) == {1, 2, 3}


@pytest.mark.parametrize("error", [Denied("not allowed", code="AccessDeniedException"), AwsError("throttled")])
def test_a_region_that_does_not_answer_is_named_once_and_the_rest_is_there(error):
    first, second = act(1, ip=THIEF, on=[bucket()]), act(2, ip=THIEF, hours=2)
    found = pursue(first, aws=Hubs({EAST: raw(first, second), WEST: error}))

    assert numbers(found) == {1, 2}
    assert [place.region for place in found.unreached] == [WEST]


def test_a_region_that_falls_silent_in_between_is_named():
    first, second = act(1, ip=THIEF, on=[bucket()]), act(2, ip=THIEF, Region=WEST)
    aws = Hubs({EAST: raw(first), WEST: raw(second)})
    aws.breaks = {WEST: (0, AwsError("gone"))}
    found = pursue(first, aws=aws)

    assert [(place.region, place.account) for place in found.unreached] == [(WEST, ACCOUNT)]
    assert isinstance(found.unreached[0], Unreached)


def test_what_can_not_be_read_is_named_and_the_rest_goes_on():
    first, second = act(1, ip=THIEF), act(2, ip=THIEF, hours=1)
    found = pursue(first, aws=Hubs({EAST: [first.raw, "not a finding", second.raw]}))

    assert numbers(found) == {1, 2}
    assert found.unreadable


def test_an_incident_that_is_too_large_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(pursuit, "_MOST_FINDINGS", 5)
    findings = [act(n, ip=THIEF, on=[bucket(f"b{n}")]) for n in range(9)]
    found = pursue(findings[0], aws=Hubs({EAST: raw(*findings)}))

    assert "no further" in found.cut


def test_of_a_tie_that_thousands_share_so_many_are_read_and_it_is_said(monkeypatch):
    """A place is asked for 300 at least, which is three pages."""
    monkeypatch.setattr(pursuit, "_MOST_FINDINGS", 5)
    findings = [act(n, ip=THIEF) for n in range(450)]
    found = pursue(findings[0], aws=Hubs({EAST: raw(*findings)}))

    assert found.cut
    assert len(numbers(found)) < 450


def test_ties_without_end_are_followed_so_far_and_it_is_said(monkeypatch):
    monkeypatch.setattr(pursuit, "_MOST_ROUNDS", 3)
    findings = [act(n, on=[bucket(f"b{n}"), bucket(f"b{n + 1}")], hours=n) for n in range(9)]
    found = pursue(findings[0], aws=Hubs({EAST: raw(*findings)}))

    assert "3 times" in found.cut
    assert numbers(found) < set(range(9))


def test_a_whole_incident_is_not_cut():
    first, second = act(1, ip=THIEF), act(2, ip=THIEF)

    assert pursue(first, aws=Hubs({EAST: raw(first, second)})).cut is None


def test_no_question_breaks_the_rules_of_the_api():
    """At most 20 values of one attribute, as the stand-in that compiles the filters and Security Hub hold it."""
    findings = [act(n, ip=f"81.0.0.{n}", on=[bucket(f"b{n}"), bucket()], hours=n / 10) for n in range(9)]
    aws = Hubs({EAST: raw(*findings)})
    pursue(findings[0], aws=aws)
    sent = [parameters["Filters"] for _, operation, parameters in aws.asked if operation == "GetFindings"]

    assert sent
    assert all(len(values) <= 20 for filters in sent for values in filters.values())
    assert all(len(filters) <= 10 for filters in sent)


def test_a_finding_of_guardduty_itself_is_followed_too():
    first = detected(1, region=WEST)
    second = detected(2, region=WEST)
    aws = Hubs({WEST: OFF}, detectors={WEST: [first, second]})

    assert numbers(pursue(read_guardduty(first, position=""), aws=aws)) == {1, 2}
