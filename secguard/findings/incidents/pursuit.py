"""Find the incident that a finding belongs to: ask AWS for what shares its ties, and theirs, until nothing new comes.

The findings read are those that `findings.incidents` would tie; whatever their workflow status, but not archived ones,
unless an attack sequence lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import assert_never

from secguard.errors import UsageError
from secguard.findings import sources
from secguard.findings.feeds.levels import Read, Reading, identity
from secguard.findings.feeds.places import Reach
from secguard.findings.forms.arn import parse_arn
from secguard.findings.forms.asff import Unreadable
from secguard.findings.incidents.clues import clues_in, questions
from secguard.findings.incidents.steps import resources_in
from secguard.findings.incidents.ties import Key, is_act
from secguard.findings.incidents.tying import WINDOW, Case, Incident, case_of, incidents_of
from secguard.findings.numbers import Numbers
from secguard.findings.pushdown import Predicate
from secguard.findings.query import EVERYTHING, Query
from secguard.findings.sources import FEEDS
from secguard.model import Finding, Severity, Source, Unreached, Workflow

_MOST_ROUNDS = 8
_MOST_FINDINGS = 1000
"""Of an incident, and of the answer to one question at one place."""
_MOST_RESOURCES = 20
"""How many are asked about for what else is known of them: as many as one filter takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An incident, and what must be known about how it was found."""

    incident: Incident
    context: tuple[Finding, ...] = ()
    """What is known about its resources besides: open controls and vulnerabilities of high severity or worse."""
    cut: str | None = None
    """Why there may be more of it than was read."""
    unreached: tuple[Unreached, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


def pursue(
    finding: Finding,
    *,
    aws: Reach,
    prepared: Callable[[Finding], Finding] = lambda found: found,
    window: timedelta = WINDOW,
    tell: Callable[[str], None] = lambda _text: None,
) -> Found:
    """The incident of a finding. `prepared` ranks what is found. `tell` hears what is read, before it is.

    Raises UsageError for a finding that tells of no act.
    """
    if not is_act(finding):
        raise UsageError(
            f"{finding.short_id} tells how something is and not what was done: it is part of no incident",
            advice=f"see it by itself: secguard show {finding.short_id}",
        )
    return _Pursuit(finding, aws=aws, prepared=prepared, window=window, tell=tell).found()


@dataclass
class _Heard:
    """What was read that is no finding."""

    unreached: list[Unreached] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    def findings(self, events: Iterable[Read]) -> Iterator[Finding]:
        for event in events:
            match event:
                case Finding():
                    yield event
                case Unreached():
                    self.unreached.append(event)
                case Unreadable():
                    self.unreadable.append(event)
                case _:
                    assert_never(event)


class _Pursuit:
    """What is known so far."""

    def __init__(
        self,
        finding: Finding,
        *,
        aws: Reach,
        prepared: Callable[[Finding], Finding],
        window: timedelta,
        tell: Callable[[str], None],
    ) -> None:
        self._seed = case_of(finding)
        self._prepared = prepared
        self._window = window
        self._cases = [self._seed]
        self._asked: set[Key] = set()
        self._heard = _Heard()
        self._cut: str | None = None
        survey = sources.survey_of(EVERYTHING, aws=aws, source=None)
        tell(f"reading {survey}")
        self._heard.unreached.extend(survey.unreached)
        seen = Numbers()
        seen.add(identity(finding))
        self._readings = [
            (source, Reading(FEEDS[source], places, aws=aws, limit=_MOST_FINDINGS, seen=seen))
            for source, places in survey.read.items()
        ]
        for _, reading in self._readings:
            self._heard.unreached.extend(reading.places.unreached)

    def found(self) -> Found:
        """Everything, to the end or to where it is cut."""
        incident = self._followed()
        context = self._context(incident)
        return Found(
            incident=incident,
            context=context,
            cut=self._cut,
            unreached=tuple(dict.fromkeys(self._heard.unreached)),
            unreadable=tuple(self._heard.unreadable),
        )

    def _followed(self) -> Incident:
        for _ in range(_MOST_ROUNDS):
            incident = self._incident()
            if len(incident.cases) >= _MOST_FINDINGS:
                self._cut = f"it was followed to {len(incident.cases)} findings and no further"
                return incident
            if not self._ask(incident):
                return incident
        self._cut = f"its ties were followed {_MOST_ROUNDS} times and no further"
        return self._incident()

    def _incident(self) -> Incident:
        """The one that the seed is in, of all that is known."""
        made = incidents_of(self._cases, window=self._window)
        return next(each for each in made if any(case.fingerprint == self._seed.fingerprint for case in each.cases))

    def _ask(self, incident: Incident) -> bool:
        """Ask for what shares a tie that was not followed yet. Whether there was one."""
        clues = clues_in(incident.cases, asked=self._asked)
        new = {key for case in incident.cases for key in case.keys} - self._asked
        self._asked |= new
        for source, reading in self._readings:
            for question in questions(source, clues):
                self._cases.extend(self._answered(reading.read(question, is_act)))
                if not reading.all_told:
                    self._cut = f"of some ties only the newest {_MOST_FINDINGS} findings were read"
        return bool(new)

    def _answered(self, events: Iterator[Read]) -> Iterator[Case]:
        return (case_of(self._prepared(each)) for each in self._heard.findings(events))

    def _context(self, incident: Incident) -> tuple[Finding, ...]:
        """What else is known about its resources, the worst first."""
        arns = [each.id for each in resources_in(incident.findings) if parse_arn(each.id)][:_MOST_RESOURCES]
        if not arns or self._seed.finding.sample:
            return ()
        query = Query(levels=_WORTH_KNOWING, statuses=_OPEN, resources=tuple(arns), samples=False)
        known: list[Finding] = []
        for source, reading in self._readings:
            if source is not Source.GUARDDUTY:  # which knows of acts alone
                asked, holds = FEEDS[source].split(query)
                known.extend(self._heard.findings(reading.read(asked, partial(_is_state, holds))))
        ranked = (self._prepared(each) for each in known if each.compliance_status != "PASSED")
        return tuple(sorted(ranked, key=lambda each: (-each.priority, each.id)))


def _is_state(holds: Predicate, finding: Finding) -> bool:
    return holds(finding) and not is_act(finding)


_WORTH_KNOWING = (Severity.CRITICAL, Severity.HIGH)
_OPEN = (Workflow.NEW, Workflow.NOTIFIED)
