"""Choose where findings are read from: what is on in each Region, or what was asked for; and say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from secguard.engine.seam import Reader
from secguard.errors import NotThere, UsageError
from secguard.findings.feeds import guardduty, securityhub, securityhub_v2
from secguard.findings.feeds import places as whereabouts
from secguard.findings.feeds.levels import Event, Reading, by_level
from secguard.findings.feeds.places import Places, Reach
from secguard.findings.feeds.taps import Feed, HeadStart
from secguard.findings.numbers import Numbers
from secguard.findings.query import Query
from secguard.model import Place, Source, Unreached

READS = ("securityhub:DescribeHub", *securityhub.READS, *securityhub_v2.READS, *guardduty.READS)

AUTO = "auto"
CHOICES = (AUTO, Source.SECURITY_HUB.value, Source.SECURITY_HUB_V2.value, Source.GUARDDUTY.value)
FEEDS: Mapping[Source, Feed] = {
    Source.SECURITY_HUB: securityhub.FEED,
    Source.SECURITY_HUB_V2: securityhub_v2.FEED,
    Source.GUARDDUTY: guardduty.FEED,
}
"""How each API is read."""
_IN_TURN = (Source.SECURITY_HUB, Source.SECURITY_HUB_V2, Source.GUARDDUTY)
"""What a Region is read through: the first of these that is on there. Security Hub holds what GuardDuty found."""
_NAMES = {
    Source.SECURITY_HUB: "Security Hub",
    Source.SECURITY_HUB_V2: "the new Security Hub (V2)",
    Source.GUARDDUTY: "GuardDuty",
}
_MOST_NAMED = 4
"""More Regions than these are counted and not named."""


def parse(text: str) -> Source | None:
    """The source meant by `--source`, None for auto. Raises UsageError."""
    if text not in CHOICES:
        raise UsageError(f"--source {text!r} is no source", advice="one of: " + ", ".join(CHOICES))
    return None if text == AUTO else Source(text)


def name_of(source: Source | None) -> str:
    """What was to be asked, in words."""
    return "Security Hub and GuardDuty" if source is None else _NAMES[source]


def stream(
    query: Query,
    *,
    aws: Reach,
    source: Source | None = None,
    limit: int | None = None,
    tell: Callable[[str], None] = lambda _text: None,
) -> Iterator[Event]:
    """Every finding that the query asks for, each once, as it arrives; see `levels.by_level`.

    Without a `source` each Region is read through what is on there. `tell` hears what is read, before it is.
    """
    if source is Source.SECURITY_HUB:
        # Its own aggregator tells which Regions are worth asking, and where it is off it says so.
        yield from securityhub.stream(query, aws=aws, limit=limit)
        return
    # Where all is wanted, the first page is wanted wherever there is one; that it comes tells that the hub is on.
    begun = HeadStart(securityhub.FEED, aws, query) if limit is None and source is None else None
    survey = _survey(query, aws=aws, among=_IN_TURN if source is None else (source,), begun=begun)
    seen = Numbers()
    readings = [
        Reading(FEEDS[each], places, aws=aws, limit=limit, seen=seen, begun=begun)
        for each, places in survey.read.items()
    ]
    tell(f"reading {survey}")
    yield from survey.unreached
    yield from by_level(query, readings, limit=limit)


def survey_of(query: Query, *, aws: Reach, source: Source | None) -> Survey:
    """What is on where, of what the query means; without a `source`, of all of them."""
    return _survey(query, aws=aws, among=_IN_TURN if source is None else (source,))


def places_on(source: Source, *, aws: Reach) -> Places:
    """Every Region where a source is on, as far as it is known."""
    everywhere = whereabouts.every_place(aws, service=FEEDS[source].service)
    return Places(ask=_where_on(everywhere, source, aws=aws, chosen=False)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What is on where; as text, what there is to read, in one line."""

    read: dict[Source, Places] = field(default_factory=dict)
    off: tuple[Place, ...] = ()
    """Where there is nothing to read."""
    among: tuple[Source, ...]
    unreached: tuple[Unreached, ...] = ()

    def __str__(self) -> str:
        parts = [f"{_NAMES[source]} in {_where(places)}" for source, places in self.read.items()]
        off = f"; off in {_regions(self.off)}" if self.off else ""
        return f"{', '.join(parts) or 'nothing'}{off}"


def _survey(query: Query, *, aws: Reach, among: Sequence[Source], begun: HeadStart | None = None) -> Survey:
    """Ask every Region that is meant what is on there; Security Hub by what is `begun`, where something is."""
    wanted = whereabouts.named(query.regions, aws=aws) if query.regions else None
    read: dict[Source, Places] = {}
    left = wanted.ask if wanted else _everywhere(among, aws=aws)
    for source in among:
        is_on = begun.is_on if begun is not None and source is Source.SECURITY_HUB else None
        on, silent = _where_on(left, source, aws=aws, chosen=len(among) == 1, is_on=is_on)
        if on:
            read[source] = _places(source, on, query, aws=aws)
            # What the home Region is read for never says that it would not tell: GuardDuty may be all that is on there.
            behind = read[source].behind if len(among) > 1 else ()
            left = tuple(place for place in left if place not in on or (place in silent and place in behind))
    named = {place for places in read.values() for place in (*places.ask, *places.behind)}
    off = tuple(place for place in left if place not in named)
    unreached = [*(wanted.unreached if wanted else ())]
    if wanted is not None:
        unreached += [_is_off(place, among) for place in off]
    return Survey(read=read, off=off, among=tuple(among), unreached=tuple(unreached))


def _everywhere(among: Sequence[Source], *, aws: Reach) -> tuple[Place, ...]:
    """Wherever one of them is offered."""
    services = {FEEDS[source].service for source in among}
    return tuple(sorted({place for service in services for place in whereabouts.every_place(aws, service=service)}))


def _places(source: Source, on: tuple[Place, ...], query: Query, *, aws: Reach) -> Places:
    """Where to ask for what is on there. Security Hub is asked at its home Region for those behind it."""
    if source is not Source.SECURITY_HUB or query.regions:
        return Places(ask=on)
    through = whereabouts.places_for((), aws=aws)
    return replace(
        through,
        ask=tuple(place for place in through.ask if place in on),
        behind=tuple(place for place in through.behind if place in on),
    )


def _where_on(
    places: Sequence[Place],
    source: Source,
    *,
    aws: Reach,
    chosen: bool,
    is_on: Callable[[Place], bool] | None = None,
) -> tuple[tuple[Place, ...], frozenset[Place]]:
    """Where a source is on, and which of those won't say. These are asked all the same, and say why they have nothing.

    The new Security Hub is an exception where it was not `chosen`: many roles may not even ask about it.
    """
    supported = aws.supported(FEEDS[source].service)
    asked = [place for place in places if place.region in supported]
    if not asked:
        return (), frozenset()
    doubtful = chosen or source is not Source.SECURITY_HUB_V2
    tells = is_on or (lambda place: _is_on(source, aws.look(place)))
    answers = dict(aws.fan_out(asked, tells, services=[FEEDS[source].service]))
    silent = frozenset(place for place, answer in answers.items() if isinstance(answer, Unreached) and doubtful)
    return tuple(sorted(p for p, answer in answers.items() if answer is True or p in silent)), silent


def _is_on(source: Source, reader: Reader) -> bool:
    """Whether a source has findings at one place. Raises an AwsError where it won't say."""
    try:
        match source:
            case Source.SECURITY_HUB:
                reader.ask("securityhub", "DescribeHub")
            case Source.SECURITY_HUB_V2:
                reader.ask("securityhub", "DescribeSecurityHubV2")
            case Source.GUARDDUTY:
                return bool(guardduty.detectors(reader))
            case Source.FILE:
                return False
            case _:
                assert_never(source)
    except NotThere:
        return False
    return True


def _is_off(place: Place, among: Sequence[Source]) -> Unreached:
    why = FEEDS[among[0]].off
    if len(among) > 1:
        why += ", and neither is GuardDuty"
    return Unreached(account=place.account, region=place.region, why=why)


def _where(places: Places) -> str:
    if places.home is None or not places.behind:
        return _regions(places.ask)
    others = [place for place in places.ask if place != places.home]
    through = f"{places.home.region} for {len(places.behind) + 1} Regions"
    return f"{through} and in {_regions(others)}" if others else through


def _regions(places: Sequence[Place]) -> str:
    if len(places) > _MOST_NAMED:
        return f"{len(places)} Regions"
    return ", ".join(place.region for place in places)
