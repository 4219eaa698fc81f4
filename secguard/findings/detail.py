"""What is known around one finding: its history, other findings about the same things, notes and advice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from secguard.config import Ranking
from secguard.errors import AwsError
from secguard.findings.feeds.levels import Read
from secguard.findings.feeds.places import SERVICE, Reach
from secguard.findings.feeds.taps import PAGE
from secguard.findings.forms.arn import region_in
from secguard.findings.forms.asff import Unreadable, read_asff
from secguard.findings.forms.fields import inside, mappings, text, texts
from secguard.findings.forms.products import GUARDDUTY
from secguard.findings.forms.times import read_time
from secguard.findings.pushdown import to_asff_filters
from secguard.findings.query import Query, Sort
from secguard.findings.ranking import DEFAULT, explained, ordered, rank
from secguard.findings.reasons import Step
from secguard.findings.short_ids import told_apart
from secguard.findings.sources import FEEDS
from secguard.findings.telling.evidence import Fact, evidence
from secguard.findings.telling.explanation import Explanation, explain
from secguard.findings.telling.story import sentence
from secguard.model import Finding, Place, Source, Unreached

_MOST_RELATED = 5
_MOST_HISTORY = 20
_MOST_LOOKED_AT = 300
"""How many findings are gone through where the API can't be asked for those of a resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change of a finding."""

    at: datetime | None
    by: str
    """An ARN, or the name of what did it."""
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A finding with what is known around it."""

    finding: Finding
    history: tuple[Event, ...] = ()
    """Newest first."""
    related: tuple[Finding, ...] = ()
    """Other open findings about the same resources, what to look at first on top."""
    note: str | None = None
    recommendation: str | None = None
    """What the product advises."""
    link: str | None = None
    """Where it says more."""
    steps: tuple[Step, ...] = ()
    """What its priority adds up from."""
    story: str = ""
    """What happened, in one sentence."""
    evidence: tuple[Fact, ...] = ()
    explanation: Explanation | None = None
    """What its type means, where that is known."""
    unreached: tuple[Unreached, ...] = ()


def detail_of(finding: Finding, *, aws: Reach, now: datetime, ranking: Ranking = DEFAULT) -> Detail:
    """The finding with its history and its relatives. What can't be read is named, and the rest is there."""
    unreached: list[Unreached] = []
    place = Place(aws.caller.account, region_in(finding.product_arn) or finding.region)
    history: tuple[Event, ...] = ()
    related: tuple[Finding, ...] = ()
    try:
        history = _history(finding, aws=aws, place=place) if finding.source is Source.SECURITY_HUB else ()
    except AwsError as error:
        unreached.append(Unreached(account=place.account, region=place.region, why=f"no history: {error}"))
    try:
        related = _related(finding, aws=aws, place=place, now=now, ranking=ranking)
    except AwsError as error:
        unreached.append(Unreached(account=place.account, region=place.region, why=f"no related findings: {error}"))
    known = detail_at_rest(finding, now=now, ranking=ranking)
    return replace(known, history=history, related=related, unreached=tuple(unreached))


def detail_at_rest(
    finding: Finding, *, others: Iterable[Finding] = (), now: datetime, ranking: Ranking = DEFAULT
) -> Detail:
    """What the finding itself tells, without its history; its relatives are among `others`. AWS is not asked."""
    raw = inside(finding.raw)
    advice, links = _advice(raw)
    return Detail(
        finding=finding,
        related=_first_of(others, finding, now=now, ranking=ranking),
        note=text(inside(raw, "Note").get("Text")),
        recommendation=advice,
        link=next(iter(links), None) or _source(finding),
        steps=explained(finding, now=now, ranking=ranking),
        story=sentence(finding),
        evidence=tuple(evidence(finding)),
        explanation=explain(finding),
    )


def _advice(raw: Mapping[Any, Any]) -> tuple[str | None, list[str]]:
    """What the product advises, and where it says more: in ASFF, or in OCSF."""
    recommendation, remediation = inside(raw, "Remediation", "Recommendation"), inside(raw, "remediation")
    said = (*texts(recommendation.get("Url")), *texts(remediation.get("references")))
    links = [link for link in said if link.startswith(("https://", "http://"))]
    return text(recommendation.get("Text")) or text(remediation.get("desc")), links


def _source(finding: Finding) -> str | None:
    """Where a product shows its finding; GuardDuty's own is the finding's console address already."""
    return None if finding.product == GUARDDUTY else text(inside(finding.raw).get("SourceUrl"))


def _history(finding: Finding, *, aws: Reach, place: Place) -> tuple[Event, ...]:
    identifier = {"Id": finding.id, "ProductArn": finding.product_arn}
    records = aws.look(place).items(SERVICE, "GetFindingHistory", "Records", FindingIdentifier=identifier)
    events = [_event(record) for record in islice(records, _MOST_HISTORY)]
    return tuple(sorted(events, key=lambda event: event.at.timestamp() if event.at else 0.0, reverse=True))


def _event(record: Mapping[str, Any]) -> Event:
    changes = [
        f"{text(update.get('UpdatedField')) or '?'}: "
        f"{text(update.get('OldValue')) or 'nothing'} → {text(update.get('NewValue')) or 'nothing'}"
        for update in mappings(record.get("Updates"))
    ]
    created = ["created"] if record.get("FindingCreated") is True else []
    source = inside(record, "UpdateSource")
    return Event(
        at=read_time(record.get("UpdateTime")),
        by=text(source.get("Identity")) or text(source.get("Type")) or "unknown",
        what="; ".join([*created, *changes]) or "changed",
    )


def _related(finding: Finding, *, aws: Reach, place: Place, now: datetime, ranking: Ranking) -> tuple[Finding, ...]:
    ids = relating_ids(finding)
    if not ids:
        return ()
    read = (
        _about(ids, aws=aws, place=place)
        if finding.source is Source.SECURITY_HUB
        else _beside(finding, ids, aws, place)
    )
    others = (each for each in read if isinstance(each, Finding))
    return _first_of(others, finding, now=now, ranking=ranking)


def relating_ids(finding: Finding) -> list[str]:
    """The resources by which others are related to a finding. A whole account is none."""
    return [resource.id for resource in finding.resources if resource.id and resource.type != "AwsAccount"]


def _first_of(others: Iterable[Finding], finding: Finding, *, now: datetime, ranking: Ranking) -> tuple[Finding, ...]:
    ranked = [rank(each, now=now, ranking=ranking) for each in others if each.id != finding.id]
    return tuple(told_apart(ordered(ranked, by=Sort.PRIORITY))[:_MOST_RELATED])


def _about(ids: Sequence[str], *, aws: Reach, place: Place) -> Iterator[Finding | Unreadable]:
    """What Security Hub has about these resources."""
    filters, _ = to_asff_filters(Query())
    filters["ResourceId"] = [{"Value": each, "Comparison": "EQUALS"} for each in ids[:20]]
    found = aws.look(place).items(SERVICE, "GetFindings", "Findings", Filters=filters, MaxResults=PAGE)
    return (read_asff(item, position="") for item in islice(found, PAGE))


def _beside(finding: Finding, ids: Sequence[str], aws: Reach, place: Place) -> Iterator[Read]:
    """What the source that the finding is from has about these resources."""
    feed = FEEDS.get(finding.source)
    if feed is None:
        return iter(())
    asked, holds = feed.split(Query())
    about = (feed.read(item, "") for item in islice(feed.opened(aws.look(place), asked, True), _MOST_LOOKED_AT))  # noqa: FBT003 - a Feed is called so
    return (
        each
        for each in about
        if isinstance(each, Finding) and holds(each) and any(resource.id in ids for resource in each.resources)
    )
