"""Tell of attack sequences: which signals GuardDuty ties together, and whose. Pure."""

from __future__ import annotations

from secguard.findings.forms.attack_sequence import Principal, sequence_of
from secguard.findings.telling.case import Case, identity
from secguard.findings.telling.words import counted, end, listed, piece

_COMPROMISED = {
    "CompromisedCluster": "a cluster",
    "CompromisedCredentials": "credentials",
    "CompromisedData": "data in S3",
    "CompromisedInstanceGroup": "a group of instances",
}


def tied_together(case: Case) -> str | None:
    """`4 signals together point to a compromise of credentials: iam:CreateRole, … by user mallory from …`."""
    sequence, names = sequence_of(case.finding.raw), signals(case)
    if not names:
        return None
    what = _COMPROMISED.get(case.family, "what they are about")
    told = f"{counted(len(names), 'signal')} together point to a compromise of {what}{case.here}: {listed(names)}"
    actors, ends = listed(map(_actor, sequence.principals)), listed(map(end, sequence.endpoints))
    told += (f"; by {actors}" if actors else "") + (f" from {ends}" if ends else "")
    return told + (f", about {listed(case.targets)}" if case.targets else "")


def signals(case: Case) -> list[str]:
    """The names of the signals, in the order of the finding."""
    return list(filter(None, (piece(signal.name) for signal in sequence_of(case.finding.raw).signals)))


def _actor(principal: Principal) -> str | None:
    return identity(principal.kind, principal.name)
