"""Read the findings that suppression rules are about: those that they mean, and those that they have hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from secguard.findings.feeds.levels import Event, Reading, by_level
from secguard.findings.feeds.places import Places, Reach
from secguard.findings.forms.asff import Unreadable
from secguard.findings.forms.fields import inside, text
from secguard.findings.numbers import Numbers
from secguard.findings.pushdown import Filters, to_asff_filters
from secguard.findings.query import EVERYTHING, Query
from secguard.findings.sources import FEEDS, Survey, survey_of
from secguard.findings.suppression.rule import AUTHOR, NOTE_BEGINS, Rule, named_in
from secguard.model import Finding, Source, Unreached, Workflow

_HIDDEN: Filters = {
    "WorkflowStatus": [{"Value": Workflow.SUPPRESSED.value, "Comparison": "EQUALS"}],
    "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
    "NoteText": [{"Value": NOTE_BEGINS, "Comparison": "PREFIX"}],
    "NoteUpdatedBy": [{"Value": AUTHOR, "Comparison": "EQUALS"}],
}


Watched = Callable[[Iterable[Event]], Iterator[Event]]


@dataclass(slots=True)
class Gaps:
    """What could not be looked at, or not be read, each once."""

    unreached: dict[Unreached, None] = field(default_factory=dict)
    unreadable: dict[str, Unreadable] = field(default_factory=dict)

    def sift(self, read: Iterable[Event]) -> Iterator[Finding]:
        """The findings among what was read; the rest is kept here."""
        for each in read:
            match each:
                case Finding():
                    yield each
                case Unreached():
                    self.unreached[each] = None
                case Unreadable():
                    self.unreadable[str(each)] = each


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All findings there are, to be asked for. What is on where was asked once."""

    aws: Reach
    survey: Survey
    gaps: Gaps = field(default_factory=Gaps)
    watched: Watched = iter

    @classmethod
    def surveyed(cls, aws: Reach, *, watched: Watched = iter) -> Findings:
        """Ask what is on where. `watched` sees what arrives, and hands it on. Raises NoCredentials."""
        found = cls(aws=aws, survey=survey_of(Query(), aws=aws, source=None), watched=watched)
        found.gaps.unreached |= dict.fromkeys(found.survey.unreached)
        return found

    @property
    def hub_places(self) -> Places:
        """Where Security Hub is asked."""
        return self.survey.read.get(Source.SECURITY_HUB, Places(ask=()))

    def of(self, query: Query) -> Iterator[Finding]:
        """Those that a query asks for, each once."""
        seen = Numbers()
        readings = [
            Reading(FEEDS[source], _within(places, query.regions), aws=self.aws, seen=seen)
            for source, places in self.survey.read.items()
        ]
        yield from self.gaps.sift(self.watched(by_level(query, readings, limit=None)))

    def meant_by(self, rules: Sequence[Rule], *, whatever_became_of_it: bool = False) -> Iterator[tuple[Rule, Finding]]:
        """Every rule with each open finding that it means; or with all that it means, open or not.

        The rules of which an API can filter nothing share one reading of everything.
        """
        whole = EVERYTHING if whatever_became_of_it else Query()
        holds = {rule.name: rule.holds(whatever_became_of_it=whatever_became_of_it) for rule in rules}
        together: list[Rule] = []
        for rule in rules:
            asked = replace(rule.match.query, statuses=whole.statuses, archived=whole.archived)
            if to_asff_filters(asked)[0] == to_asff_filters(whole)[0]:
                together.append(rule)
            else:
                yield from ((rule, each) for each in self.of(asked) if holds[rule.name](each))
        for each in self.of(whole) if together else ():
            yield from ((rule, each) for rule in together if holds[rule.name](each))

    def hidden(self) -> Iterator[tuple[str, Finding]]:
        """Active findings that a rule of ours has suppressed, by its note, with the rule's name."""
        reading = Reading(FEEDS[Source.SECURITY_HUB], self.hub_places, aws=self.aws)
        for finding in self.gaps.sift(reading.read(_HIDDEN, lambda _finding: True)):
            note = inside(finding.raw, "Note")
            name = named_in(text(note.get("Text")) or "", text(note.get("UpdatedBy")) or "")
            if name is not None:
                yield name, finding


def _within(places: Places, regions: Sequence[str]) -> Places:
    """Those places alone that can have findings of the Regions; all, where none is named."""
    if not regions:
        return places
    asked = tuple(place for place in places.ask if place.region in regions or place == places.home)
    return replace(places, ask=asked)
