"""What to look at first, and why."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from asff_made import ACCOUNT, asff, detected, guardduty, ocsf, read, remote
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from secguard.config import Ranking, Weights
from secguard.findings import files
from secguard.findings.forms.guardduty import read_guardduty
from secguard.findings.forms.ocsf import read_ocsf
from secguard.findings.query import EVERYTHING, Sort
from secguard.findings.ranking import explained, judged, ordered, rank
from secguard.model import Actor, Finding, Severity, Signal, SignalKind, Workflow

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
RECORDED = Path(__file__).parents[2] / "data"
OWN = "aws/guardduty/service/"
LONG_AGO = "2026-05-01T00:00:00Z"
ATTACKER = "185.220.101.1"


def ago(**span):
    return (NOW - timedelta(**span)).isoformat()


def seen(when):
    return {"LastObservedAt": when, "UpdatedAt": when}


def threat(kind, label, *, when=None, role="TARGET", lists=(), count=1, ip=ATTACKER, **over):
    """What GuardDuty reports, as Security Hub has it."""
    fields = {
        **(remote("networkConnectionAction", ip) if ip else {}),
        f"{OWN}resourceRole": role,
        f"{OWN}count": str(count),
        **{f"{OWN}evidence/threatIntelligenceDetails.{n}_/threatListName": name for n, name in enumerate(lists)},
    }
    return read(guardduty(kind=kind, Severity={"Label": label}, ProductFields=fields, **seen(when or LONG_AGO), **over))


def control(name, label, *, first=LONG_AGO, status="FAILED", **over):
    compliance = {"Status": status, "SecurityControlId": name}
    return read(
        asff(Severity={"Label": label}, Compliance=compliance, FirstObservedAt=first, **seen(ago(hours=2)), **over)
    )


def cve(label, *, first=LONG_AGO, **over):
    return read(
        asff(
            ProductName="Inspector",
            Types=["Software and Configuration Checks/Vulnerabilities/CVE"],
            Severity={"Label": label},
            Compliance=None,
            GeneratorId="AWSInspector",
            Vulnerabilities=[{"Id": "CVE-2021-44228", **over}],
            FirstObservedAt=first,
            **seen(ago(hours=2)),
        )
    )


TAGGED = [{"Type": "AwsEc2Instance", "Id": "i-1", "Tags": {"env": "prod"}}]
DISPENSABLE = [{"Type": "AwsEc2Instance", "Id": "i-2", "Tags": {"env": "dev-7"}}]
CONFIGURED = Ranking(critical_tags={"env": ("prod", "live-*")}, less_critical_tags={"env": "dev-*"})
EXPLOITED = {"ExploitAvailable": "YES", "LastKnownExploitAt": "2026-11-01T00:00:00Z"}
PUBLIC_BUCKET = {"s3BucketDetails": [{"publicAccess": {"effectivePermission": "PUBLIC"}}]}


def wanted():
    """Typical findings, the one that an operator must see first on top. Names are for whoever reads a failure."""
    inside, probe = "Backdoor:EC2/C&CActivity.B", "Recon:EC2/PortProbeUnprotectedPort"
    brute, stolen = "UnauthorizedAccess:EC2/SSHBruteForce", "UnauthorizedAccess:IAMUser/MaliciousIPCaller"
    sequence = "AttackSequence:IAM/CompromisedCredentials"
    return {
        "an attack in steps, now, on what matters": threat(sequence, "CRITICAL", when=ago(minutes=5), Resources=TAGGED),
        "an attack in steps, now": threat(sequence, "CRITICAL", when=ago(minutes=5)),
        "an attack in steps, last month": threat(sequence, "CRITICAL", when=ago(days=30)),
        "a vulnerability that attackers use, found today": cve("CRITICAL", first=ago(hours=9), **EXPLOITED),
        "a bucket that is public, found today": control("S3.2", "CRITICAL", first=ago(hours=9)),
        "a vulnerability that attackers use": cve("CRITICAL", **EXPLOITED),
        "a bucket that is public": control("S3.2", "CRITICAL"),
        "a vulnerability with a public exploit": cve("CRITICAL", ExploitAvailable="YES"),
        "a critical control": control("IAM.6", "CRITICAL"),
        "a bot that talks to its master, on what matters, now": threat(
            inside, "HIGH", when=ago(minutes=9), role="ACTOR", lists=["ProofPoint"], Resources=TAGGED
        ),
        "a bot that talks to its master, now": threat(inside, "HIGH", when=ago(minutes=9), role="ACTOR"),
        "a bot that talks to its master, yesterday": threat(inside, "HIGH", when=ago(hours=20), role="ACTOR"),
        "a bot that talked to its master, in spring": threat(inside, "HIGH", role="ACTOR"),
        "data going out of a public bucket": read_guardduty(
            detected(kind="Exfiltration:S3/AnomalousBehavior", resource=PUBLIC_BUCKET, updatedAt=LONG_AGO,
                     service={"eventLastSeen": LONG_AGO, "count": 1}), position="here"
        ),
        "a vulnerability that attackers use, less severe": cve("HIGH", **EXPLOITED),
        "a bot on what matters less": threat(inside, "HIGH", role="ACTOR", Resources=DISPENSABLE),
        "a port open to the internet": read(
            asff(Title="Port 22 is reachable from an Internet Gateway - TCP", Compliance=None, **seen(LONG_AGO))
        ),
        "a vulnerability that can be mended": cve("HIGH", FixAvailable="YES"),
        "a control": control("CloudTrail.1", "HIGH"),
        "somebody guesses passwords, now, again and again": threat(
            brute, "MEDIUM", when=ago(minutes=20), lists=["ProofPoint"], count=5000
        ),
        "a key used from a bad address": threat(stolen, "MEDIUM"),
        "a bot that somebody is at": threat("Impact:EC2/PortSweep", "HIGH", ip=None, Workflow={"Status": "NOTIFIED"},
                                            Resources=DISPENSABLE),
        "a look around from a bad address, noted": threat(
            "Recon:IAMUser/MaliciousIPCaller", "MEDIUM", ip=None, Note={"Text": "our scanner?"}
        ),
        "a control that matters less": control("CloudTrail.5", "MEDIUM"),
        "an open port was probed": threat(probe, "LOW"),
        "a control of little weight": control("S3.9", "LOW"),
        "a finding that somebody dismissed": threat(inside, "HIGH", VerificationState="FALSE_POSITIVE", ip=None),
        "an attack in steps, dealt with": threat(sequence, "CRITICAL", Workflow={"Status": "RESOLVED"}, ip=None),
        "a control that informs": control("S3.11", "INFORMATIONAL"),
        "a control that passes": control("S3.2", "INFORMATIONAL", status="PASSED"),
        "a sample": threat(sequence, "CRITICAL", when=ago(minutes=1), Sample=True),
    }  # fmt: skip


def test_typical_findings_stand_in_the_order_that_an_operator_wants():
    named = [replace(finding, id=name) for name, finding in wanted().items()]
    shuffled = random.Random(7).sample(named, len(named))
    ranked = ordered([rank(finding, now=NOW, ranking=CONFIGURED) for finding in shuffled], by=Sort.PRIORITY)

    assert [finding.id for finding in ranked] == list(wanted())
    ties = [(one.id, other.id) for one, other in pairwise(ranked) if one.priority == other.priority]
    assert ties == [("a control that passes", "a sample")]


@pytest.mark.parametrize("name", wanted())
def test_the_steps_add_up_to_the_priority_and_are_its_reasons(name):
    finding = wanted()[name]
    priority, reasons = judged(finding, now=NOW, ranking=CONFIGURED)
    steps = explained(finding, now=NOW, ranking=CONFIGURED)

    assert sum(step.points for step in steps) == priority
    assert [step.reason for step in steps if not step.reason.startswith("no ")] == list(reasons)
    assert all(step.points for step in steps)


def recorded():
    for file in sorted(RECORDED.glob("*/*.json")):
        yield from (event for event in files.stream(str(file), EVERYTHING) if isinstance(event, Finding))


def test_of_the_recorded_findings_the_real_attacks_come_first_and_the_samples_last():
    ranked = ordered([rank(finding, now=NOW) for finding in recorded()], by=Sort.PRIORITY)

    assert [(finding.priority, finding.types[0]) for finding in ranked if finding.product == "GuardDuty"][:4] == [
        (88, "AttackSequence:IAM/CompromisedCredentials"),
        (70, "Execution:Kubernetes/MaliciousIPCaller"),
        (69, "CryptoCurrency:EC2/BitcoinTool.B!DNS"),
        (66, "PrivilegeEscalation:IAMUser/AnomalousAPIActivity"),
    ]
    samples = [finding.sample for finding in ranked]
    assert any(samples)
    assert samples == sorted(samples)


def test_every_recorded_finding_is_explained():
    findings = list(recorded())
    assert len(findings) > 100
    for finding in findings:
        priority, reasons = judged(finding, now=NOW)
        assert sum(step.points for step in explained(finding, now=NOW)) == priority
        assert 0 <= priority <= 100
        assert all(reason and "None" not in reason for reason in reasons)


def test_a_priority_tells_every_reason_the_severity_first_then_the_heaviest():
    finding = threat("Backdoor:EC2/C&CActivity.B", "HIGH", when=ago(minutes=30), role="ACTOR", count=1200,
                     lists=["ProofPoint"], Note={"Text": "looking", "UpdatedBy": "jane"})  # fmt: skip

    assert [(step.points, step.reason) for step in explained(finding, now=NOW)] == [
        (60, "high severity"),
        (-2, "noted by jane"),
        (5, "an attacker seems to be inside"),
        (4, "on the threat list ProofPoint"),
        (4, "seen within the hour"),
        (2, "to the internet (Netherlands)"),
        (2, "1,200 times"),
    ]


def test_what_is_too_much_and_what_is_too_little_is_told_as_a_step_and_is_no_reason():
    loud = threat("AttackSequence:EC2/CompromisedInstanceGroup", "HIGH", when=ago(minutes=1), count=500,
                  lists=["A", "B"], Criticality=95)  # fmt: skip
    assert explained(loud, now=NOW)[-1].reason == "no more than 18 are added"
    assert judged(loud, now=NOW)[0] == 78
    quiet = control("S3.2", "LOW", status="PASSED")
    assert explained(quiet, now=NOW)[-1].reason == "no less than 0"
    assert judged(quiet, now=NOW) == (0, ("low severity", "the control passes"))


def test_an_address_that_is_not_public_is_no_reason():
    finding = threat("Recon:EC2/Portscan", "MEDIUM", ip="10.0.0.1")
    assert judged(finding, now=NOW) == (40, ("medium severity",))


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ({"minutes": 59}, "seen within the hour"),
        ({"hours": 23}, "seen today"),
        ({"days": 6}, "seen this week"),
        ({"days": 8}, None),
        ({"minutes": -5}, "seen within the hour"),
        ({"days": -400}, None),
    ],
)
def test_what_happened_lately_is_told_also_where_clocks_differ(when, reason):
    reasons = judged(threat("Recon:EC2/Portscan", "MEDIUM", when=ago(**when)), now=NOW)[1]
    assert [each for each in reasons if each.startswith("seen ")] == ([reason] if reason else [])


def test_a_state_that_every_check_sees_anew_is_new_when_it_was_first_seen():
    assert "new today" in judged(control("S3.9", "LOW", first=ago(hours=5)), now=NOW)[1]
    assert judged(control("S3.9", "LOW"), now=NOW)[1] == ("low severity",)


def test_a_finding_without_any_time_is_not_recent():
    finding = replace(read(asff()), first_seen=None, last_seen=None, updated_at=None, compliance_status=None)
    assert judged(finding, now=NOW)[0] == 60


CRITICAL_REASONS = [
    ({"critical_tags": {"env": "prod"}}, 5, "tag env=prod is critical"),
    ({"critical_tags": {"env": ("live", "pr*")}}, 5, "tag env=prod is critical"),
    ({"critical_tags": {"env": "Prod"}}, 0, None),
    ({"critical_tags": {"Env": "prod"}}, 0, None),
    ({"critical_accounts": (ACCOUNT,)}, 5, f"account {ACCOUNT} is critical"),
    ({"critical_accounts": ("111122223333",)}, 0, None),
    ({"less_critical_tags": {"env": "*"}}, -6, "tag env=prod is less critical"),
    ({"less_critical_accounts": (ACCOUNT,)}, -6, f"account {ACCOUNT} is less critical"),
    ({"critical_tags": {"env": "prod"}, "less_critical_accounts": (ACCOUNT,)}, 5, "tag env=prod is critical"),
]


@pytest.mark.parametrize(("configured", "points", "reason"), CRITICAL_REASONS)
def test_tags_and_accounts_of_the_configuration_say_what_matters(configured, points, reason):
    resources = [{"Type": "AwsVpc", "Id": "vpc-1"}, *TAGGED]
    finding = read(asff(Resources=resources, **seen(LONG_AGO)))
    plain, _ = judged(finding, now=NOW)
    priority, reasons = judged(finding, now=NOW, ranking=Ranking(**configured))
    assert priority - plain == points
    assert [each for each in reasons if "critical" in each] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("score", "points", "reason"),
    [(95, 5, ["criticality 95 of 100"]), (50, 0, []), (10, -6, ["criticality 10 of 100"])],
)
def test_a_criticality_that_the_finding_has_says_what_matters(score, points, reason):
    one, other = (judged(read(asff(Criticality=said)), now=NOW) for said in (score, None))
    assert one[0] - other[0] == points
    assert [each for each in one[1] if "criticality" in each] == reason


def test_what_somebody_called_critical_is_not_less_so_by_its_account():
    finding = read(asff(Criticality=95))
    reasons = judged(finding, now=NOW, ranking=Ranking(less_critical_accounts=(ACCOUNT,)))[1]
    assert [each for each in reasons if "critical" in each] == ["criticality 95 of 100"]


NOTHING = Weights(**dict.fromkeys(Weights.__struct_fields__, 0))


@pytest.mark.parametrize("name", wanted())
def test_with_all_weights_at_nothing_only_the_severity_counts(name):
    finding = wanted()[name]
    steps = explained(finding, now=NOW, ranking=Ranking(weights=NOTHING))
    assert len(steps) == (2 if finding.sample else 1)


EACH_WEIGHT = {
    "attack_sequence": threat("AttackSequence:S3/CompromisedData", "HIGH", ip=None),
    "known_exploited": cve("HIGH", LastKnownExploitAt="2026-11-01T00:00:00Z"),
    "compromised": threat("Impact:EC2/PortSweep", "HIGH", ip=None),
    "critical": read(asff(Criticality=70)),
    "threat_intelligence": threat("Recon:EC2/Portscan", "HIGH", ip=None, lists=["A"]),
    "exposed": control("S3.3", "HIGH"),
    "exploit_available": cve("HIGH", ExploitAvailable="YES"),
    "confirmed": read(asff(VerificationState="TRUE_POSITIVE")),
    "recent": control("IAM.6", "HIGH", first=ago(minutes=1)),
    "exploit_likely": cve("HIGH", EpssScore=0.2),
    "from_internet": threat("Recon:EC2/Portscan", "HIGH"),
    "repeated": threat("Recon:EC2/Portscan", "HIGH", ip=None, count=100),
    "score": read(asff(Severity={"Label": "HIGH", "Normalized": 85})),
    "public_address": read(
        asff(
            Compliance=None,
            Resources=[{"Type": "AwsEc2Eip", "Id": "x", "Details": {"AwsEc2Eip": {"PublicIp": "3.5.140.1"}}}],
        )
    ),
    "fix_available": cve("HIGH", FixAvailable="YES"),
    "over": read(asff(RecordState="ARCHIVED")),
    "dismissed": read(asff(VerificationState="BENIGN_POSITIVE")),
    "in_progress": read(asff(Workflow={"Status": "NOTIFIED"})),
    "less_critical": read(asff(Criticality=20)),
    "blocked": read_ocsf(ocsf(disposition_id=2), position="here"),
    "noted": read(asff(Note={"Text": "looking"})),
}
AGAINST = ("over", "dismissed", "in_progress", "less_critical", "blocked", "noted")


@pytest.mark.parametrize("name", Weights.__struct_fields__)
def test_each_weight_counts_what_it_is_named_after_and_nothing_else(name):
    alone = Ranking(weights=msgspec.structs.replace(NOTHING, **{name: 7}))
    floor, step = explained(EACH_WEIGHT[name], now=NOW, ranking=alone)
    assert (floor.points, step.points) == (60, -7 if name in AGAINST else 7)


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"RecordState": "ARCHIVED"}, "archived"),
        ({"Workflow": {"Status": "SUPPRESSED"}}, "suppressed"),
        ({"RecordState": "ARCHIVED", "Workflow": {"Status": "RESOLVED"}}, "archived and resolved"),
    ],
)
def test_what_is_over_stands_below_all_that_is_open_and_counts_once(over, reason):
    finding = read(asff(Severity={"Label": "CRITICAL"}, **over))
    steps = explained(finding, now=NOW)
    assert [(step.points, step.reason) for step in steps if step.points < 0] == [(-80, reason)]
    assert judged(finding, now=NOW)[0] < judged(control("S3.9", "LOW"), now=NOW)[0]


def test_a_sample_has_nothing_but_its_severity_taken_back():
    finding = threat("AttackSequence:S3/CompromisedData", "CRITICAL", when=ago(minutes=1), Sample=True)
    assert [(step.points, step.reason) for step in explained(finding, now=NOW)] == [
        (80, "critical severity"),
        (-80, "a sample"),
    ]


FOR_IT = st.sampled_from(
    [
        Signal(SignalKind.KNOWN_EXPLOITED, "CVE-1"),
        Signal(SignalKind.EXPLOIT_AVAILABLE, "CVE-1"),
        Signal(SignalKind.EXPLOIT_LIKELY, "CVE-1"),
        Signal(SignalKind.FIX_AVAILABLE),
        Signal(SignalKind.THREAT_LIST, "ProofPoint"),
        Signal(SignalKind.THREAT_LIST),
        Signal(SignalKind.EXPOSED, "open to everyone"),
        Signal(SignalKind.PUBLIC_ADDRESS, "3.5.140.1"),
        Signal(SignalKind.ACTING),
        Signal(SignalKind.CRITICALITY, "90"),
        Signal(SignalKind.VERDICT, "TRUE_POSITIVE"),
    ]
)
AGAINST_IT = st.sampled_from(
    [
        Signal(SignalKind.BLOCKED, "it was blocked"),
        Signal(SignalKind.NOTED, "has a note"),
        Signal(SignalKind.CRITICALITY, "5"),
        Signal(SignalKind.VERDICT, "FALSE_POSITIVE"),
    ]
)
MOMENTS = st.none() | st.integers(-1, 400).map(lambda hours: NOW - timedelta(hours=hours))
KINDS = st.sampled_from(
    ["Backdoor:EC2/C&CActivity.B", "AttackSequence:S3/CompromisedData", "Recon:EC2/Portscan",
     "UnauthorizedAccess:IAMUser/TorIPCaller", "Software and Configuration Checks/Vulnerabilities/CVE", "Exposure/X"]
)  # fmt: skip


@st.composite
def cases(draw):
    """Any finding, as far as its rank is concerned."""
    severity = draw(st.sampled_from(Severity))
    return replace(
        read(asff(1)),
        id=draw(st.uuids().map(str)),
        severity=severity,
        severity_score=draw(st.integers(0, 100)),
        types=draw(st.lists(KINDS, max_size=2).map(tuple)),
        control_id=draw(st.sampled_from([None, "S3.2", "IAM.6"])),
        compliance_status=draw(st.sampled_from([None, "FAILED", "PASSED"])),
        record_state=draw(st.sampled_from([None, "ACTIVE", "ARCHIVED"])),
        workflow_status=draw(st.sampled_from([None, *Workflow])),
        actor=draw(st.sampled_from([None, Actor(ip=ATTACKER, country="Netherlands"), Actor(ip="10.0.0.1")])),
        count=draw(st.none() | st.integers(0, 5000)),
        sample=draw(st.booleans()),
        first_seen=draw(MOMENTS),
        last_seen=draw(MOMENTS),
        updated_at=draw(MOMENTS),
        signals=tuple({signal.kind: signal for signal in draw(st.lists(FOR_IT | AGAINST_IT, max_size=4))}.values()),
    )


def with_signal(finding, signal):
    others = tuple(each for each in finding.signals if each.kind is not signal.kind)
    return replace(finding, signals=others), replace(finding, signals=(*others, signal))


@given(cases(), FOR_IT)
def test_what_speaks_for_a_finding_never_lowers_it(finding, signal):
    without, having = with_signal(finding, signal)
    assert judged(having, now=NOW)[0] >= judged(without, now=NOW)[0]


@given(cases(), AGAINST_IT)
def test_what_speaks_against_a_finding_never_raises_it(finding, signal):
    without, having = with_signal(finding, signal)
    assert judged(having, now=NOW)[0] <= judged(without, now=NOW)[0]


WEIGHTS = st.builds(
    Weights, **{name: st.integers(0, 100 if name in AGAINST else 18) for name in Weights.__struct_fields__}
)


@given(cases(), WEIGHTS)
def test_a_priority_is_the_sum_of_its_steps_whatever_the_weights(finding, weights):
    ranking = Ranking(weights=weights, critical_accounts=(ACCOUNT,))
    priority, reasons = judged(finding, now=NOW, ranking=ranking)
    steps = explained(finding, now=NOW, ranking=ranking)
    assert 0 <= priority <= 100
    assert sum(step.points for step in steps) == priority
    assert len(set(reasons)) == len(reasons)


@given(cases(), cases(), WEIGHTS)
def test_without_anything_against_it_a_worse_finding_is_never_below(one, other, weights):
    ranking = Ranking(weights=weights)
    worse, better = sorted((one, other), key=lambda finding: -finding.severity)
    against = [step for step in explained(worse, now=NOW, ranking=ranking)[1:] if step.points < 0]
    held_back = any(not step.reason.startswith("no more") for step in against)
    if worse.severity > better.severity and not held_back:
        assert judged(worse, now=NOW, ranking=ranking)[0] > judged(better, now=NOW, ranking=ranking)[0]


@given(st.lists(cases(), max_size=8), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_arrival(findings, chance):
    ranked = [rank(finding, now=NOW) for finding in findings]
    shuffled = chance.sample(ranked, len(ranked))
    assert ordered(shuffled, by=Sort.PRIORITY) == ordered(ranked, by=Sort.PRIORITY)
