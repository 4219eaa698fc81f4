"""Tell an incident as steps in the order of time: who did what to what, and what ties each step to the others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from secguard.findings.forms.attack_sequence import Signal, sequence_of
from secguard.findings.incidents.ties import PRINCIPALS, Key, Kind, ends_of, guardduty_id, is_sequence
from secguard.findings.incidents.tying import WINDOW, Case, Incident
from secguard.findings.telling.story import sentence
from secguard.model import Actor, Finding, Resource, Severity, Technique

_UNNAMED = frozenset({"AwsAccount", "AwsIamAccessKey", "AwsIamUser"})
"""Resources that are where it happened, or who did it, rather than what it was done to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was done: one finding, or several that say the same of the same actor."""

    begins: datetime | None
    ends: datetime | None
    what: str
    """GuardDuty's type, else the title; of a signal that is no finding, what was seen."""
    title: str
    told: str
    """In plain words: who did what to what, from where, when and how often; of several, what the worst says."""
    who: tuple[str, ...] = ()
    """Principals as they are called: `user deploy-bot`."""
    addresses: tuple[Actor, ...] = ()
    """The other ends."""
    to_what: tuple[Resource, ...] = ()
    count: int | None = None
    """How often it was seen, all findings together."""
    attempt: bool = False
    mitre: tuple[Technique, ...] = ()
    severity: Severity | None = None
    """The worst; None for a signal that is no finding."""
    findings: tuple[Finding, ...] = ()
    """For a signal that is no finding: none."""
    ties: tuple[str, ...] = ()
    """What it shares with other steps: `address 203.0.113.7`."""
    after: timedelta | None = None
    """How long after the step before it began; None where either is unknown, and for the first."""
    quiet: timedelta = timedelta()
    """For how long nothing had been seen before it."""


def steps_of(incident: Incident, *, window: timedelta = WINDOW) -> list[Step]:
    """The steps by when they began; what has no time comes last.

    An attack sequence is told by what it lists; it is a step of its own where it lists nothing else that is known.
    """
    told = [case for case in incident.cases if not is_sequence(case.finding)]
    listed = [step for case in incident.cases if is_sequence(case.finding) for step in _signals(case, incident)]
    if not told and not listed:
        told = list(incident.cases)
    steps = [*(_step(cases, incident) for cases in _alike(told, window)), *listed]
    return list(_spaced(sorted(steps, key=_time)))


def resources_in(findings: Iterable[Finding]) -> tuple[Resource, ...]:
    """What was acted upon, each once; accounts, users and their keys aside."""
    every = (resource for finding in findings for resource in finding.resources if resource.type not in _UNNAMED)
    return tuple({resource.id: resource for resource in every}.values())


def principals_in(cases: Iterable[Case]) -> tuple[str, ...]:
    """Who acted, as far as AWS knows them; a key only where nothing says whose it is."""
    named: dict[str, None] = {}
    for case in cases:
        whose = [called for key, called in case.keys.items() if key.kind in PRINCIPALS and key.kind is not Kind.KEY]
        keys = [called for key, called in case.keys.items() if key.kind is Kind.KEY]
        named.update(dict.fromkeys(whose or keys))
    return tuple(named)


def addresses_in(findings: Iterable[Finding]) -> tuple[Actor, ...]:
    """Every other end, each address once."""
    ends = [end for finding in findings for end in ends_of(finding)]
    return tuple({end.ip: end for end in reversed(ends)}.values())[::-1]


def what_of(finding: Finding) -> str:
    """What was done, in the fewest words: GuardDuty's type, else the title."""
    own = finding.types[0] if finding.types else ""
    return own if ":" in own and "/" in own and " " not in own else finding.title


def _alike(cases: Sequence[Case], window: timedelta) -> list[list[Case]]:
    """Cases that say the same of the same actor, each within a window of another."""
    made: list[list[Case]] = []
    open_ones: dict[tuple[object, ...], list[Case]] = {}
    for case in cases:
        known = open_ones.get(_sameness(case))
        if known is not None and _near(known, case, window):
            known.append(case)
        else:
            made.append([case])
            open_ones[_sameness(case)] = made[-1]
    return made


def _sameness(case: Case) -> tuple[object, ...]:
    who = frozenset(key for key in case.keys if key.kind in (*PRINCIPALS, Kind.ADDRESS))
    # Who is not known is not the same.
    return (what_of(case.finding), who or case.fingerprint)


def _near(cases: Sequence[Case], case: Case, window: timedelta) -> bool:
    ends = max((known.ends for known in cases if known.ends), default=None)
    return ends is None or case.begins is None or case.begins - ends <= window


def _step(cases: Sequence[Case], incident: Incident) -> Step:
    findings = tuple(case.finding for case in cases)
    worst = max(findings, key=lambda finding: (finding.severity, finding.priority))
    counts = [finding.count for finding in findings if finding.count is not None]
    return Step(
        begins=min((case.begins for case in cases if case.begins), default=None),
        ends=max((case.ends for case in cases if case.ends), default=None),
        what=what_of(worst),
        title=worst.title,
        told=sentence(worst),
        who=principals_in(cases),
        addresses=addresses_in(findings),
        to_what=resources_in(findings),
        count=sum(counts) if counts else None,
        attempt=all(case.attempt for case in cases),
        mitre=tuple(dict.fromkeys(each for finding in findings for each in finding.mitre)),
        severity=worst.severity,
        findings=findings,
        ties=_ties(cases, incident),
    )


def _ties(cases: Sequence[Case], incident: Incident) -> tuple[str, ...]:
    """What this step shares with others; what only its own findings share is no tie."""
    own = {case.fingerprint for case in cases}
    others = {key for case in incident.cases if case.fingerprint not in own for key in case.keys}
    shared = {key: called for case in cases for key, called in case.keys.items() if key in others}
    return tuple(dict.fromkeys(_said(key, called, incident) for key, called in sorted(shared.items())))


def _said(key: Key, called: str, incident: Incident) -> str:
    if key.kind is not Kind.SEQUENCE:
        return f"same {called}"
    by = [case.finding for case in incident.cases if is_sequence(case.finding) and key in case.keys]
    return f"listed by attack sequence {by[0].short_id}" if by else "of the same attack sequence"


def _signals(case: Case, incident: Incident) -> Iterator[Step]:
    """What a sequence lists that is none of the incident's findings."""
    known = {key.value for other in incident.cases if other is not case for key in other.keys}
    for signal in sequence_of(case.finding.raw).signals:
        if guardduty_id(signal.uid) not in known:
            yield _of_signal(signal, case.finding)


def _of_signal(signal: Signal, sequence: Finding) -> Step:
    return Step(
        begins=signal.first_seen or signal.last_seen,
        ends=signal.last_seen or signal.first_seen,
        what=signal.name,
        title=signal.name,
        told="The attack sequence lists it, and no finding tells more of it.",
        count=signal.count,
        ties=(f"listed by attack sequence {sequence.short_id}",),
    )


def _time(step: Step) -> tuple[bool, float, float, str]:
    begins, ends = (0.0 if moment is None else moment.timestamp() for moment in (step.begins, step.ends))
    return (step.begins is None, begins, ends, step.what)


def _spaced(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, each with how long after the one before it began."""
    before: Step | None = None
    seen: datetime | None = None
    for step in steps:
        if step.begins is None or step.ends is None:
            yield step
            continue
        after = None if before is None or before.begins is None else step.begins - before.begins
        quiet = timedelta() if seen is None else max(timedelta(), step.begins - seen)
        yield replace(step, after=after, quiet=quiet)
        before, seen = step, step.ends if seen is None else max(seen, step.ends)
