"""Where suppression rules stand in AWS, where they should, and what hides the findings where AWS can't be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from secguard.engine.seam import Reader
from secguard.errors import NotThere
from secguard.findings.feeds.places import Reach, every_place
from secguard.findings.suppression.criteria import Inexpressible, automation_criteria, guardduty_criteria
from secguard.findings.suppression.rule import Rule
from secguard.model import Place, Unreached, Value
from secguard.settings import automation_rules, guardduty_filters


class Means(StrEnum):
    """What hides the findings of a rule in one place."""

    AUTOMATION_RULE = "automation-rule"
    GUARDDUTY = "guardduty"
    """A GuardDuty filter: what it archives goes nowhere else."""
    SECGUARD = "secguard"
    """`suppress apply`, each time that it is run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An automation rule that suppresses, or a filter that archives, whoever made it."""

    rule: str | None
    """The rule of ours that it stands for; None: it is somebody else's."""
    name: str
    value: Value
    made_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one service holds in one place."""

    on: bool = True
    administrator: str | None = None
    """The account that makes the rules for this one; None: this one makes its own."""
    seen: tuple[Seen, ...] = ()
    """Of others' rules, those alone that hide findings."""
    others: int = 0
    """How many rules or filters others have, whatever they do: they count towards the quota."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One place; None for a service that could not be looked at."""

    place: Place
    hub: Held | None
    guardduty: Held | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one rule stands in one place."""

    rule: str
    place: Place
    means: Means
    wanted: Value = None
    """None: nothing is to stand there."""
    seen: Value = None
    """None: nothing does."""
    why: str | None = None
    """Why it is done by these means, where that was not a matter of course."""
    narrower: tuple[str, ...] = ()
    """Where AWS hides less than the rule means."""


def observe(aws: Reach) -> tuple[list[Ground], list[Unreached]]:
    """What there is in every Region, and where could not be looked. Raises NoCredentials."""
    hubs, lost_hubs = _held(aws, "securityhub", _hub)
    detectors, lost_detectors = _held(aws, "guardduty", _guardduty)
    nothing = Held(on=False)
    grounds = [
        Ground(place=place, hub=hubs.get(place, nothing), guardduty=detectors.get(place, nothing))
        for place in sorted({*hubs, *detectors})
    ]
    return grounds, sorted({*lost_hubs, *lost_detectors})


def standings(rules: Sequence[Rule], grounds: Iterable[Ground], *, partition: str, now: datetime) -> list[Standing]:
    """How the rules that hold should stand, and what of ours stands besides, which is to be lifted."""
    holding = [rule for rule in rules if not rule.expired(now)]
    found: list[Standing] = []
    for ground in grounds:
        wanted = [each for rule in holding for each in _wanted(rule, ground, partition)]
        wanted = list(_within_quota(wanted, ground))
        found.extend([*wanted, *_left_over(wanted, ground)])
    return found


def _held(aws: Reach, service: str, look: Callable[[Reader], Held]) -> tuple[dict[Place, Held | None], list[Unreached]]:
    held: dict[Place, Held | None] = {}
    unreached: list[Unreached] = []
    places = every_place(aws, service=service)
    for place, answer in aws.fan_out(places, lambda place: look(aws.look(place)), services=[service]):
        held[place] = None if isinstance(answer, Unreached) else answer
        if isinstance(answer, Unreached):
            unreached.append(answer)
    return held, unreached


def _hub(reader: Reader) -> Held:
    try:
        administrator = automation_rules.administrator_of(reader)
        if administrator is not None:
            return Held(administrator=administrator)
        rules = automation_rules.see_rules(reader)
    except NotThere:
        return Held(on=False)
    return Held(
        seen=tuple(
            Seen(rule=each.rule, name=each.name, value=each.value, made_by=each.created_by)
            for each in rules
            if each.rule is not None or each.suppresses
        ),
        others=sum(each.rule is None for each in rules),
    )


def _guardduty(reader: Reader) -> Held:
    detector = guardduty_filters.detector_of(reader)
    if detector is None:
        return Held(on=False)
    administrator = guardduty_filters.administrator_of(reader, detector)
    if administrator is not None:
        return Held(administrator=administrator)
    filters = guardduty_filters.see_filters(reader)
    return Held(
        seen=tuple(
            Seen(rule=each.rule, name=each.name, value=each.value)
            for each in filters
            if each.rule is not None or each.suppresses
        ),
        others=sum(each.rule is None for each in filters),
    )


def _wanted(rule: Rule, ground: Ground, partition: str) -> Iterator[Standing]:
    """How a rule is to stand in one place: nowhere, where it is not about that Region or nothing is on there."""
    if rule.match.region and ground.place.region not in rule.match.region:
        return
    hub_on, detector_on = _on(ground.hub), _on(ground.guardduty) and rule.reaches_guardduty
    if rule.by == "secguard" and (hub_on or detector_on):
        yield _by_secguard(rule, ground, why="the rule says so")
    if rule.by in ("auto", "automation-rule") and hub_on:
        yield _automation_rule(rule, ground, partition)
    # A Security Hub that could not be looked at is not taken for one that is off.
    alone = ground.hub is not None and not hub_on
    if detector_on and (rule.by == "guardduty" or (rule.by == "auto" and alone)):
        yield _filter(rule, ground)


def _on(held: Held | None) -> bool:
    return held is not None and held.on


def _automation_rule(rule: Rule, ground: Ground, partition: str) -> Standing:
    assert ground.hub is not None
    if ground.hub.administrator is not None:
        return _by_secguard(rule, ground, why=f"account {ground.hub.administrator} makes the automation rules here")
    try:
        said = automation_criteria(rule, partition=partition)
    except Inexpressible as error:
        return _by_secguard(rule, ground, why=str(error))
    value = automation_rules.suppressing(description=_description(rule), criteria=said.criteria, note=rule.note)
    return Standing(
        rule=rule.name,
        place=ground.place,
        means=Means.AUTOMATION_RULE,
        wanted=value,
        seen=_found(ground.hub, rule),
        narrower=said.narrower,
    )


def _filter(rule: Rule, ground: Ground) -> Standing:
    assert ground.guardduty is not None
    if ground.guardduty.administrator is not None:
        return _by_secguard(
            rule, ground, why=f"account {ground.guardduty.administrator} makes GuardDuty's filters here"
        )
    try:
        said = guardduty_criteria(rule)
    except Inexpressible as error:
        return _by_secguard(rule, ground, why=str(error))
    value = guardduty_filters.archiving(description=_description(rule), criterion=said.criteria)
    seen = _found(ground.guardduty, rule)
    return Standing(rule=rule.name, place=ground.place, means=Means.GUARDDUTY, wanted=value, seen=seen)


def _description(rule: Rule) -> str:
    """The end first: GuardDuty keeps no more than the beginning of a long one."""
    return f"until {rule.expires}: {rule.reason} (owner {rule.owner}; secguard suppress)"


def _found(held: Held, rule: Rule) -> Value:
    return next((each.value for each in held.seen if each.rule == rule.name), None)


def _by_secguard(rule: Rule, ground: Ground, *, why: str) -> Standing:
    return Standing(rule=rule.name, place=ground.place, means=Means.SECGUARD, why=why)


def _within_quota(wanted: Iterable[Standing], ground: Ground) -> Iterator[Standing]:
    """The first that have room in AWS; the others are left to secguard."""
    most = {Means.AUTOMATION_RULE: automation_rules.MOST_RULES, Means.GUARDDUTY: guardduty_filters.MOST_FILTERS}
    taken = Counter(
        {
            Means.AUTOMATION_RULE: ground.hub.others if ground.hub else 0,
            Means.GUARDDUTY: ground.guardduty.others if ground.guardduty else 0,
        }
    )
    for each in wanted:
        taken[each.means] += 1
        if each.means in most and taken[each.means] > most[each.means]:
            why = f"AWS takes {most[each.means]} of them here, and they are there"
            yield Standing(rule=each.rule, place=each.place, means=Means.SECGUARD, why=why)
        else:
            yield each


def _left_over(wanted: Iterable[Standing], ground: Ground) -> Iterator[Standing]:
    """What stands for a rule of ours that is not to stand there."""
    to_stand = {(each.rule, each.means) for each in wanted if each.wanted is not None}
    for means, held in ((Means.AUTOMATION_RULE, ground.hub), (Means.GUARDDUTY, ground.guardduty)):
        for each in sorted(held.seen if held else (), key=lambda seen: seen.name):
            if each.rule is not None and (each.rule, means) not in to_stand:
                yield Standing(rule=each.rule, place=ground.place, means=means, seen=each.value)
