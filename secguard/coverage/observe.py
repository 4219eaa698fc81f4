"""Look at GuardDuty, Security Hub and AWS Config in many places at once. What could not be looked at is a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from secguard.coverage.look import OneLook
from secguard.coverage.record import Aggregator, Coverage, GuardDuty, Recorder, SecurityHub, Standard, feature_states
from secguard.engine.seam import Reader
from secguard.errors import Denied, NotThere
from secguard.model import Place, Unreached
from secguard.settings.guardduty import SUSPENDED, see_detector, switchable
from secguard.settings.securityhub import (
    aggregation_home,
    integration_name,
    see_aggregator,
    see_integrations,
    see_standards,
)

READS = frozenset({
    "guardduty:ListDetectors",
    "guardduty:GetDetector",
    "securityhub:GetEnabledStandards",
    "securityhub:ListEnabledProductsForImport",
    "securityhub:DescribeStandards",
    "securityhub:ListFindingAggregators",
    "securityhub:GetFindingAggregator",
    "config:DescribeConfigurationRecorderStatus",
})  # fmt: skip
"""Everything that is asked here."""


class Part(StrEnum):
    """What is looked at in a place. Parts are asked for beside one another: distance is what takes the time."""

    GUARDDUTY = "guardduty"
    HUB = "securityhub"
    CONFIG = "config"
    STANDARDS = "standards"
    """Which standards there are."""
    INTEGRATIONS = "integrations"
    AGGREGATION = "aggregation"


SERVICES = {
    Part.GUARDDUTY: "guardduty",
    Part.HUB: "securityhub",
    Part.INTEGRATIONS: "securityhub",
    Part.AGGREGATION: "securityhub",
    Part.CONFIG: "config",
}
"""Which service is missed when a part could not be looked at. Which standards there are can be told without asking."""


@dataclass(frozen=True, slots=True)
class _Task:
    place: Place
    part: Part


Seen = Mapping[_Task, Any]
"""What became of each task: what was seen, or Unreached."""


def observe(aws: OneLook, places: Iterable[Place], *, near: str | None = None) -> list[Coverage]:
    """What is on in every place, sorted by place. Raises NoCredentials.

    `near`: the Region to be asked for the list of standards, should Security Hub be off in all of them.
    """
    places = sorted(set(places))
    tasks = [_Task(place, part) for place in places for part in (Part.GUARDDUTY, Part.HUB, Part.CONFIG)]
    seen = _seen(aws, [*tasks, *(_Task(place, Part.STANDARDS) for place in _nearest(places, near))])
    aggregators, listed = _aggregators(aws, seen), _listed(seen)
    return [_coverage(place, seen, aggregators, listed.get(place, ())) for place in places]


def _nearest(places: Iterable[Place], near: str | None) -> list[Place]:
    """One place of each account."""
    nearest: dict[str, Place] = {}
    for place in places:
        if place.account not in nearest or place.region == near:
            nearest[place.account] = place
    return list(nearest.values())


def _seen(aws: OneLook, tasks: Iterable[_Task]) -> dict[_Task, Any]:
    """What each task saw. A hub that is on is asked for the rest at once, without waiting for other places."""

    def look(task: _Task) -> dict[_Task, Any]:
        found = LOOKS[task.part](aws.look(task.place))
        more: dict[_Task, Any] = {}
        if isinstance(found, SecurityHub) and found.enabled:
            more = _seen(aws, [_Task(task.place, part) for part in OF_A_HUB])
        return {task: found, **more}

    seen: dict[_Task, Any] = {}
    for task, found in aws.fan_out(tasks, look, place=_place):
        seen |= {task: found} if isinstance(found, Unreached) else found
    return seen


def _place(task: _Task) -> Place:
    return task.place


def _coverage(place: Place, seen: Seen, aggregators: Mapping[Place, Aggregator], listed: tuple[str, ...]) -> Coverage:
    parts = {part: seen.get(_Task(place, part)) for part in SERVICES}
    hub = _known(parts[Part.HUB])
    if hub is not None:
        integrations = () if not hub.enabled else _known(parts[Part.INTEGRATIONS])
        hub = replace(hub, aggregator=aggregators.get(place), listed=listed, integrations=integrations)
    missed = [(SERVICES[part], found) for part, found in parts.items() if isinstance(found, Unreached)]
    return Coverage(
        place=place,
        guardduty=_known(parts[Part.GUARDDUTY]),
        security_hub=hub,
        config_recorder=_known(parts[Part.CONFIG]),
        unreached=tuple(dict.fromkeys(missed)),
    )


def _known(found: Any) -> Any:
    return None if isinstance(found, Unreached) else found


def _guardduty(aws: Reader) -> GuardDuty:
    detector = see_detector(aws)
    if detector is None:
        return GuardDuty(features={})
    return GuardDuty(
        detector_id=detector.id,
        suspended=detector.status == SUSPENDED,
        publishing_frequency=detector.publishing_frequency,
        features=feature_states(detector.features, known=switchable(aws)),
        managed=detector.managed,
    )


def _hub(aws: Reader) -> SecurityHub:
    try:
        standards = see_standards(aws)
    except NotThere:
        return SecurityHub(enabled=False)
    seen = tuple(Standard(arn=one.arn, status=one.status, reason=one.reason) for one in standards)
    return SecurityHub(enabled=True, standards=seen)


def _integrations(aws: Reader) -> tuple[str, ...]:
    return tuple(sorted(integration_name(arn) for arn in see_integrations(aws)))


def _standards(aws: Reader) -> tuple[str, ...]:
    """Which standards there are; nothing where Security Hub is off, should it not answer then."""
    try:
        described = list(aws.items("securityhub", "DescribeStandards", "Standards"))
    except (NotThere, Denied):
        return ()
    return tuple(one["StandardsArn"] for one in described if one.get("Provider", "AWS") == "AWS")


def _aggregation(aws: Reader) -> Aggregator | None:
    try:
        arn = see_aggregator(aws)
    except NotThere:
        return None
    if arn is None:
        return None
    home = aggregation_home(arn)
    return _aggregator(aws, arn) if home == aws.place.region else Aggregator(home=home, arn=arn)


def _aggregator(aws: Reader, arn: str) -> Aggregator:
    """The aggregator as its home Region tells of it: another one knows its ARN only."""
    answer = aws.ask("securityhub", "GetFindingAggregator", FindingAggregatorArn=arn)
    return Aggregator(
        home=aggregation_home(arn),
        arn=arn,
        mode=answer["RegionLinkingMode"],
        regions=tuple(sorted(answer.get("Regions", ()))),
    )


def _config(aws: Reader) -> Recorder:
    recorders = list(aws.items("config", "DescribeConfigurationRecorderStatus", "ConfigurationRecordersStatus"))
    if not recorders:
        return Recorder.MISSING
    return Recorder.RECORDING if any(one["recording"] for one in recorders) else Recorder.STOPPED


LOOKS: Mapping[Part, Callable[[Reader], Any]] = {
    Part.GUARDDUTY: _guardduty,
    Part.HUB: _hub,
    Part.CONFIG: _config,
    Part.STANDARDS: _standards,
    Part.INTEGRATIONS: _integrations,
    Part.AGGREGATION: _aggregation,
}
OF_A_HUB = (Part.STANDARDS, Part.INTEGRATIONS, Part.AGGREGATION)


def _aggregators(aws: OneLook, seen: Seen) -> dict[Place, Aggregator]:
    """What each place knows of an aggregator, with what only its home Region tells."""
    known = {task.place: found for task, found in seen.items() if isinstance(found, Aggregator)}
    full = {found.arn: found for found in known.values() if found.mode is not None}
    homes = {Place(place.account, found.home): found.arn for place, found in known.items() if found.arn not in full}
    told = aws.fan_out(homes, lambda home: _aggregator(aws.look(home), homes[home]), place=lambda home: home)
    full |= {found.arn: found for _, found in told if isinstance(found, Aggregator)}
    return {place: full.get(found.arn, found) for place, found in known.items()}


def _listed(seen: Seen) -> dict[Place, tuple[str, ...]]:
    """The standards that there are, by place; where nobody asked or nothing was told, those of another place."""
    told = {task.place: found for task, found in seen.items() if task.part is Part.STANDARDS and _known(found)}
    elsewhere = told[min(told)] if told else ()
    return {task.place: told.get(task.place, elsewhere) for task in seen}
