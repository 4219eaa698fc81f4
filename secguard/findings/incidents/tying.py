"""Tie findings into incidents: what one actor did, as one thing. Pure.

Two findings are tied when they share a key of `ties` and no more than a window of time lies between the one's last and
the other's first sight; what an attack sequence lists is tied at any time. Ties chain, which is why few things tie:

- An attempt (a port probe, guessed passwords) joins what was done to the same resource, else from the same address,
  nearest in time, and never chains: a scanner that probes every host does not make one incident of all of them.
- A crowded key ties nothing: an address under which more than ten principals act is a way out that they share (an
  office, a VPN); a resource that more than ten addresses act on is one that everybody reaches (a public bucket).
- What is then still alone is gathered by one key each, the address before the resource, so that 200 hosts probed by
  one scanner are one line. A gathered finding brings no other with it.
- Samples are tied to samples alone. A finding without a time is tied by an attack sequence alone.

The result does not depend on the order of the findings, and one that shares no key changes nothing. An incident is
known by a digest of the finding it began with, which stays when more comes. It costs n log n.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from msgspec.structs import replace

from secguard.findings.incidents.ties import PRINCIPALS, Key, Kind, is_act, is_attempt, keys_of
from secguard.model import SHORT_ID_DIGITS, Finding, Severity, fingerprint

WINDOW = timedelta(hours=24)
"""An attacker pauses for a night; what lies further apart needs something stronger to be one incident."""
_CROWD = 10
"""More of the other kind than this share a key, and it tells nothing about who it is."""
_ALWAYS = float("inf")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A finding that tells of an act, with what it may be tied by."""

    finding: Finding
    keys: Mapping[Key, str]
    """Each with what it is called."""
    attempt: bool
    fingerprint: str

    @property
    def begins(self) -> datetime | None:
        """When it was first seen, as far as it is known."""
        return min(self._times, default=None)

    @property
    def ends(self) -> datetime | None:
        """When it was last seen."""
        return max(self._times, default=None)

    @cached_property
    def span(self) -> tuple[float, float] | None:
        """From when to when, in seconds since 1970."""
        times = self._times
        return (min(times).timestamp(), max(times).timestamp()) if times else None

    @property
    def order(self) -> tuple[bool, float, str]:
        """Findings by time; those without one come last."""
        return (self.span is None, self.span[0] if self.span else 0.0, self.fingerprint)

    @cached_property
    def _times(self) -> tuple[datetime, ...]:
        """Both ends, in whichever order; where neither is said, the time of the last update stands for them."""
        finding = self.finding
        seen = tuple(moment for moment in (finding.first_seen, finding.last_seen) if moment)
        return seen or ((finding.updated_at,) if finding.updated_at else ())


@dataclass(frozen=True, kw_only=True)
class Incident:
    """Findings that are one thing."""

    cases: tuple[Case, ...]
    """In the order of time; at least one."""

    @cached_property
    def id(self) -> str:
        """Of the finding it began with."""
        return hashlib.sha256(f"incident\n{self.cases[0].fingerprint}".encode()).hexdigest()[:SHORT_ID_DIGITS]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """In the order of time."""
        return tuple(case.finding for case in self.cases)

    @cached_property
    def lead(self) -> Finding:
        """What to look at first."""
        return min(self.findings, key=lambda finding: (-finding.priority, -finding.severity, finding.short_id))

    @property
    def worst(self) -> Severity:
        """The worst severity in it."""
        return max(finding.severity for finding in self.findings)

    @cached_property
    def begins(self) -> datetime | None:
        """When the first of it was first seen."""
        return min((case.begins for case in self.cases if case.begins), default=None)

    @cached_property
    def ends(self) -> datetime | None:
        """When the last of it was last seen."""
        return max((case.ends for case in self.cases if case.ends), default=None)

    @cached_property
    def shared(self) -> Mapping[Key, str]:
        """What at least two of its findings have in common, with what it is called."""
        count: defaultdict[Key, int] = defaultdict(int)
        called: dict[Key, str] = {}
        for case in self.cases:
            for key, name in case.keys.items():
                count[key] += 1
                called.setdefault(key, name)
        return {key: name for key, name in called.items() if count[key] > 1}


def case_of(finding: Finding) -> Case:
    """A finding that tells of an act, with its keys. What the source said is decoded once."""
    known = replace(finding, received=finding.raw)
    return Case(
        finding=finding,
        keys=keys_of(known),
        attempt=is_attempt(known),
        fingerprint=fingerprint(finding.product_arn, finding.id),
    )


def incidents(findings: Iterable[Finding], *, window: timedelta = WINDOW) -> list[Incident]:
    """The incidents among findings, what to look at first on top. What tells of no act is in none."""
    return incidents_of(map(case_of, _each_once(filter(is_act, findings))), window=window)


def incidents_of(cases: Iterable[Case], *, window: timedelta = WINDOW) -> list[Incident]:
    """The same, of cases that each come once."""
    listed = sorted(cases, key=lambda case: case.order)
    apart = ([case for case in listed if case.finding.sample is sample] for sample in (False, True))
    made = [Incident(cases=tuple(tied)) for some in apart for tied in _tied(some, window.total_seconds())]
    return sorted(made, key=_what_first)


def _what_first(incident: Incident) -> tuple[int, int, float, str]:
    ends = incident.ends or datetime.fromtimestamp(0, UTC)
    return (-incident.lead.priority, -incident.worst, -ends.timestamp(), incident.id)


def _each_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Files may hold a finding twice; its last update counts."""
    newest: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        known = newest.setdefault((finding.product_arn, finding.id), finding)
        if known is not finding and (finding.updated_at or _NEVER) > (known.updated_at or _NEVER):
            newest[finding.product_arn, finding.id] = finding
    yield from newest.values()


_NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(slots=True)
class _Run:
    """Cases with one key, each within a window of another."""

    begins: float
    ends: float
    members: list[int]
    crowded: bool = False


class _Forest:
    """Which cases belong together (a union-find)."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))
        self._sizes = [1] * size

    def root(self, at: int) -> int:
        parents = self._parents
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    def join(self, members: Sequence[int]) -> None:
        first = self.root(members[0])
        for member in members[1:]:
            other = self.root(member)
            if other != first:
                if self._sizes[first] < self._sizes[other]:
                    first, other = other, first
                self._parents[other] = first
                self._sizes[first] += self._sizes[other]

    def alone(self, at: int) -> bool:
        return self._sizes[self.root(at)] == 1


def _tied(cases: Sequence[Case], window: float) -> Iterator[list[Case]]:
    forest = _Forest(len(cases))
    acts = _runs(cases, window, kinds=tuple(Kind), of=lambda at: not cases[at].attempt)
    for key, runs in acts.items():
        for run in runs:
            run.crowded = _is_crowded(key, [cases[at] for at in run.members])
            if not run.crowded:
                forest.join(run.members)
    _join_attempts(cases, acts, forest, window)
    for kind in (Kind.ADDRESS, Kind.RESOURCE):
        _gather(cases, kind, forest, window)
    together: defaultdict[int, list[Case]] = defaultdict(list)
    for at, case in enumerate(cases):
        together[forest.root(at)].append(case)
    yield from together.values()


def _runs(
    cases: Sequence[Case], window: float, *, kinds: Container[Kind], of: Callable[[int], bool]
) -> dict[Key, list[_Run]]:
    """For each key of these kinds its runs, in the order of time, of the cases meant.

    A sequence ties at any time, and whatever it lists.
    """
    runs: defaultdict[Key, list[_Run]] = defaultdict(list)
    for at, case in enumerate(cases):  # in the order of time
        for key in case.keys:
            always = key.kind is Kind.SEQUENCE
            if key.kind not in kinds or not (always or (case.span and of(at))):
                continue
            known = runs[key]
            begins, ends = (-_ALWAYS, _ALWAYS) if always or not case.span else case.span
            if known and begins - known[-1].ends <= window:
                known[-1].members.append(at)
                known[-1].ends = max(known[-1].ends, ends)
            else:
                known.append(_Run(begins, ends, [at]))
    return runs


def _is_crowded(key: Key, cases: Sequence[Case]) -> bool:
    others = {Kind.ADDRESS: PRINCIPALS[:2], Kind.RESOURCE: (Kind.ADDRESS,)}.get(key.kind)
    if others is None or len(cases) <= _CROWD:
        return False
    return len({other for case in cases for other in case.keys if other.kind in others}) > _CROWD


def _join_attempts(cases: Sequence[Case], acts: Mapping[Key, list[_Run]], forest: _Forest, window: float) -> None:
    for at, case in enumerate(cases):
        if not case.attempt or not case.span or not forest.alone(at):
            continue
        for kind in (Kind.RESOURCE, Kind.ADDRESS):
            near = [
                (gap, run.begins, key, run)
                for key in case.keys
                if key.kind is kind
                for gap, run in _near(acts.get(key, ()), case.span, window)
            ]
            if near:
                forest.join([min(near, key=lambda found: found[:3])[3].members[0], at])
                break


def _near(runs: Sequence[_Run], span: tuple[float, float], window: float) -> Iterator[tuple[float, _Run]]:
    """The runs that tie and lie no further than a window away, each with how far: those around its beginning."""
    begins, ends = span
    after = bisect_right(runs, begins, key=lambda run: run.begins)
    for run in runs[max(0, after - 1) : after + 1]:
        gap = max(0.0, run.begins - ends, begins - run.ends)
        if gap <= window and not run.crowded:
            yield gap, run


def _gather(cases: Sequence[Case], kind: Kind, forest: _Forest, window: float) -> None:
    """Put together what is alone and has a key of this kind in common. Each takes the one that most of them have."""
    alone = {at for at, case in enumerate(cases) if case.span and forest.alone(at)}
    chosen: dict[int, tuple[int, Key, float, _Run]] = {}
    for key, runs in _runs(cases, window, kinds=(kind,), of=alone.__contains__).items():
        for run in runs:
            for at in run.members:
                choice = (-len(run.members), key, run.begins, run)
                if at not in chosen or choice[:3] < chosen[at][:3]:
                    chosen[at] = choice
    together: defaultdict[tuple[Key, float], list[int]] = defaultdict(list)
    for at, (_, key, begins, _run) in chosen.items():
        together[key, begins].append(at)
    for members in together.values():
        forest.join(members)
