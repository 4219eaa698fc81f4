"""Say what speaks for looking at a finding soon, and what against: in points, each with its reason in words. Pure.

The points are those of the configuration's `ranking.weights`. What is told twice counts once: the strongest of a kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import assert_never

import msgspec

from secguard.config import Weights
from secguard.model import Finding, Severity, Signal, SignalKind, Workflow


class Step(msgspec.Struct, frozen=True, gc=False):
    """Some points of a priority, and what they are for."""

    points: int
    """Below 0 where it speaks against."""
    reason: str


Told = Mapping[SignalKind, str]
"""The details of the signals that a finding has."""
Why = Callable[[Finding], Sequence[Step]]
"""The steps to a finding's priority."""


class Case(msgspec.Struct, frozen=True, gc=False):
    """Everything that a finding's priority follows from, and nothing else: of many findings there are few cases."""

    weights: Weights
    severity: Severity
    score: int
    """0 where it does not stand high within its level."""
    kind: str
    """The first of its types."""
    public: bool
    """Whether a control fails that says so."""
    passed: bool
    """Whether its control passes."""
    record_state: str | None
    workflow_status: Workflow | None
    remote: str | None
    """Where the other end is, in words; None where it has no public address."""
    seen: int
    """Which of SEEN says how lately."""
    count: int
    """0 where it is too small to matter."""
    signals: tuple[Signal, ...]
    marked: str | None
    """What the configuration says of its account or its tags, in words."""
    critical: bool
    """Whether it says that they are critical; else that they are less so."""


SEEN = (
    (0, ""),
    (3, "seen within the hour"),
    (2, "seen today"),
    (1, "seen this week"),
    (3, "new within the hour"),
    (2, "new today"),
    (1, "new this week"),
)
"""How lately: the thirds that count of what is recent, and the words."""
FEW = 10
"""What happened less often than this is not told to have happened again and again."""
_MANY = 100
UPPER_HALF = {
    Severity.INFORMATIONAL: 101,
    Severity.LOW: 20,
    Severity.MEDIUM: 55,
    Severity.HIGH: 80,
    Severity.CRITICAL: 95,
}
"""The score from which one stands high within its level."""
_CRITICAL = 70
_UNCRITICAL = 20
"""The scores of ASFF's Criticality, 0-100, from and up to which it matters more, or less."""

_SEQUENCE = "AttackSequence:"
_INSIDE = (
    "Backdoor:",
    "CredentialAccess:EC2/",
    "CredentialAccess:IAMUser/",
    "CredentialAccess:Kubernetes/",
    "CredentialAccess:RDS/AnomalousBehavior.Successful",
    "CredentialAccess:RDS/MaliciousIPCaller.Successful",
    "CredentialAccess:RDS/TorIPCaller.Successful",
    "CryptoCurrency:",
    "DefenseEvasion:",
    "DefenseImpairment:",
    "Execution:",
    "Exfiltration:",
    "Impact:",
    "LateralMovement:",
    "Object:S3/",
    "Persistence:",
    "PrivilegeEscalation:",
    "ResourceConsumption:",
    "ResourceDevelopment:",
    "S3Object:",
    "Stealth:",
    "Trojan:",
    "UnauthorizedAccess:EC2/MetadataDNSRebind",
    "UnauthorizedAccess:EC2/TorClient",
    "UnauthorizedAccess:EC2/TorRelay",
    "UnauthorizedAccess:IAMUser/",
    "UnauthorizedAccess:Lambda/",
    "UnauthorizedAccess:Runtime/",
    "UnauthorizedAccess:S3/",
)
"""GuardDuty's types that tell of an attacker who got in, as against one who looks or tries."""
_KNOWN_BAD = (
    ("TorIPCaller", "by way of the Tor network"),
    ("TorClient", "talks to the Tor network"),
    ("TorRelay", "is part of the Tor network"),
    ("MaliciousIPCaller", "the other end is on a list of threats"),
    ("MaliciousDomainRequest", "asks for a name on a list of threats"),
    ("PhishingDomainRequest", "asks for a known phishing site"),
    ("C&CActivity", "talks to a known command-and-control server"),
    ("DropPoint", "talks to a known drop point"),
    ("BitcoinTool", "talks to a known mining pool"),
    ("BitcoinDomainRequest", "asks for a known mining pool"),
)
"""What GuardDuty's types say of the other end where the evidence names no list."""
_OPENED = {
    "Policy:S3/BucketAnonymousAccessGranted": "open to everyone",
    "Policy:S3/BucketPublicAccessGranted": "open to everyone",
    "Policy:Kubernetes/AnonymousAccessGranted": "open to everyone",
    "Policy:Kubernetes/ExposedDashboard": "reachable from the internet",
    "Policy:Kubernetes/KubeflowDashboardExposed": "reachable from the internet",
    "Recon:EC2/PortProbeUnprotectedPort": "reachable from the internet",
    "Recon:EC2/PortProbeEMRUnprotectedPort": "reachable from the internet",
}
"""GuardDuty's types that tell of something open."""
PUBLIC_WHEN_FAILED = frozenset(
    {
        "CloudTrail.6", "DMS.1", "DocumentDB.3", "EC2.1", "EC2.13", "EC2.14", "EC2.18", "EC2.19", "EC2.53", "EC2.54",
        "EKS.1", "KMS.5", "Lambda.1", "MSK.4", "Neptune.3", "Opensearch.2", "RDS.1", "RDS.2", "RDS.46", "Redshift.1",
        "RedshiftServerless.3", "S3.2", "S3.3", "SNS.4", "SQS.3", "SSM.4",
        "PCI.DMS.1", "PCI.EC2.1", "PCI.EC2.5", "PCI.Lambda.1", "PCI.RDS.1", "PCI.RDS.2", "PCI.Redshift.1", "PCI.S3.1",
        "PCI.S3.2",
    }
)  # fmt: skip
"""Security Hub's controls that fail where something is open to everyone, as the control reference says. The last ones
are as PCI DSS numbered them, before a control had one id in all standards."""


def steps_of(case: Case) -> tuple[Step, ...]:
    """Every step that counts, besides the severity: those against it, then those for it, the heaviest first."""
    told = {signal.kind: signal.detail for signal in case.signals}
    against = sorted((step for step in _against(case, told) if step.points), key=lambda step: step.points)
    in_favour = sorted((step for step in _in_favour(case, told) if step.points), key=lambda step: -step.points)
    return (*against, *in_favour)


def _in_favour(case: Case, told: Told) -> Iterator[Step]:
    weights = case.weights
    if case.kind.startswith(_SEQUENCE):
        yield Step(weights.attack_sequence, "steps of one attack")
    elif case.kind.startswith(_INSIDE):
        yield Step(weights.compromised, "an attacker seems to be inside")
    elif SignalKind.ACTING in told:
        yield Step(weights.compromised, "the resource itself acts")
    critical, why = _worth(case, told)
    if critical:
        yield Step(weights.critical, why)
    if told.get(SignalKind.VERDICT) == "TRUE_POSITIVE":
        yield Step(weights.confirmed, "judged a true positive")
    yield from _openness(case, told)
    yield from _other_end(case, told)
    yield from _weakness(weights, told)
    yield from _numbers(case)


def _openness(case: Case, told: Told) -> Iterator[Step]:
    how = told.get(SignalKind.EXPOSED) or _OPENED.get(case.kind) or ("open to everyone" if case.public else None)
    if how:
        yield Step(case.weights.exposed, how)
    elif SignalKind.PUBLIC_ADDRESS in told:
        yield Step(case.weights.public_address, f"has the public address {told[SignalKind.PUBLIC_ADDRESS]}")


def _other_end(case: Case, told: Told) -> Iterator[Step]:
    names = told.get(SignalKind.THREAT_LIST)
    if names:
        yield Step(case.weights.threat_intelligence, f"on the threat list{'s' if ', ' in names else ''} {names}")
    elif names is not None:
        yield Step(case.weights.threat_intelligence, "the other end is known to be malicious")
    elif known := _known_bad(case.kind):
        yield Step(case.weights.threat_intelligence, known)
    if case.remote:
        outwards = SignalKind.ACTING in told
        yield Step(case.weights.from_internet, f"{'to' if outwards else 'from'} {case.remote}")


@lru_cache(maxsize=1024)  # there are few types
def _known_bad(kind: str) -> str | None:
    return next((said for part, said in _KNOWN_BAD if part in kind), None)


_WEAK: tuple[tuple[SignalKind, Callable[[Weights], int], str], ...] = (
    (SignalKind.KNOWN_EXPLOITED, lambda weights: weights.known_exploited, "known exploited"),
    (SignalKind.EXPLOIT_AVAILABLE, lambda weights: weights.exploit_available, "an exploit is public"),
    (SignalKind.EXPLOIT_LIKELY, lambda weights: weights.exploit_likely, "likely to be exploited soon"),
    (SignalKind.FIX_AVAILABLE, lambda weights: weights.fix_available, "a fix is available"),
)


def _weakness(weights: Weights, told: Told) -> Iterator[Step]:
    for kind, points, words in _WEAK:
        if kind in told:
            yield Step(points(weights), f"{words}: {told[kind]}" if told[kind] else words)


def _numbers(case: Case) -> Iterator[Step]:
    weights = case.weights
    thirds, words = SEEN[case.seen]
    yield Step(_part(weights.recent, thirds, of=3), words)
    if case.count:
        yield Step(_part(weights.repeated, 2 if case.count >= _MANY else 1, of=2), f"{case.count:,} times")
    if case.score:
        yield Step(weights.score, f"score {case.score} of 100")


def _part(points: int, share: int, *, of: int) -> int:
    """A share of some points, rounded up."""
    return -(-points * share // of)


def _against(case: Case, told: Told) -> Iterator[Step]:
    weights = case.weights
    over = tuple(_over(case))
    if over:
        yield Step(-weights.over, " and ".join(over))
    if case.workflow_status is Workflow.NOTIFIED:
        yield Step(-weights.in_progress, "being worked on")
    verdict = told.get(SignalKind.VERDICT, "TRUE_POSITIVE")
    if verdict != "TRUE_POSITIVE":
        yield Step(-weights.dismissed, f"judged a {verdict.lower().replace('_', ' ')}")
    critical, why = _worth(case, told)
    if why and not critical:
        yield Step(-weights.less_critical, why)
    if SignalKind.BLOCKED in told:
        yield Step(-weights.blocked, told[SignalKind.BLOCKED])
    if SignalKind.NOTED in told:
        yield Step(-weights.noted, told[SignalKind.NOTED])


def _over(case: Case) -> Iterator[str]:
    if case.record_state == "ARCHIVED":
        yield "archived"
    match case.workflow_status:
        case Workflow.RESOLVED | Workflow.SUPPRESSED:
            yield case.workflow_status.value.lower()
        case Workflow.NEW | Workflow.NOTIFIED | None:
            pass
        case _:
            assert_never(case.workflow_status)
    if case.passed:
        yield "the control passes"


def _worth(case: Case, told: Told) -> tuple[bool, str]:
    """Whether what it is about matters more, else less, and why; no reason where neither is said."""
    if case.marked and case.critical:
        return True, case.marked
    said = told.get(SignalKind.CRITICALITY)
    why = f"criticality {said} of 100"
    if said is not None and int(said) >= _CRITICAL:
        return True, why
    if case.marked:
        return False, case.marked
    return False, why if said is not None and int(said) <= _UNCRITICAL else ""
