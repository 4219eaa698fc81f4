"""Join the suppression rules of the file with what stands in AWS: what holds, what does not, whose it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from secguard.findings.suppression.rule import Rule
from secguard.findings.suppression.standing import Ground, Means, Seen, Standing
from secguard.model import Place


class State(StrEnum):
    """How a rule stands."""

    IN_FORCE = "in_force"
    """In the file and in AWS, alike."""
    AT_EACH_APPLY = "at_each_apply"
    """AWS can't be told: secguard hides what it means each time that the rules are applied."""
    NOT_APPLIED = "not_applied"
    """In the file, and in some Region, or in all, not in AWS."""
    DIFFERS = "differs"
    """AWS holds another version of it, or holds it where it should not."""
    EXPIRED = "expired"
    NOWHERE = "nowhere"
    """In the file, and about Regions or products where nothing is on."""
    UNKNOWN = "unknown"
    """Where it should stand could not be looked at."""
    LEFT_OVER = "left_over"
    """Made by secguard, and in the file no more: the next apply lifts it."""
    FOREIGN = "foreign"
    """Somebody else's, which is never touched."""


AMISS = frozenset({State.NOT_APPLIED, State.DIFFERS, State.EXPIRED, State.LEFT_OVER})
"""What an apply, or the one who keeps the file, should set right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rule, wherever it stands."""

    name: str
    state: State
    by: tuple[Means, ...]
    regions: int
    """In how many Regions it should stand, or stands where it is in no file."""
    in_force: int
    """In how many of those AWS, or secguard at each apply, holds to it."""
    rule: Rule | None = None
    """None for what is not in the file."""
    why: tuple[str, ...] = ()
    """Why secguard does it and not AWS; where AWS hides less than it means."""
    made_by: str | None = None
    standing: tuple[Standing, ...] = ()
    places: tuple[Place, ...] = ()
    """Where a foreign one stands."""


def rows(
    rules: Sequence[Rule], standing: Sequence[Standing], grounds: Iterable[Ground], *, now: datetime
) -> Iterator[Row]:
    """The rules of the file in their order, then what is left over of ours, then what others have."""
    looked = list(grounds)
    blind = any(ground.hub is None or ground.guardduty is None for ground in looked)
    of_rule: dict[str, list[Standing]] = {}
    for each in standing:
        of_rule.setdefault(each.rule, []).append(each)
    for rule in rules:
        row = _row(rule, of_rule.pop(rule.name, []), now=now)
        unknown = blind and row.state is State.NOWHERE
        yield (
            replace(row, state=State.UNKNOWN, why=("where it should stand could not be looked at",)) if unknown else row
        )
    for name, held in of_rule.items():
        yield Row(
            name=name,
            state=State.LEFT_OVER,
            by=_means(held),
            regions=_regions(held),
            in_force=_regions(held),
            standing=tuple(held),
        )
    yield from _foreign(looked)


def row_record(row: Row) -> dict[str, Any]:
    """A row as the JSON object other programs read."""
    rule = row.rule
    return {
        "name": row.name,
        "state": row.state.value,
        "by": [means.value for means in row.by],
        "why": list(row.why),
        "reason": rule.reason if rule else None,
        "owner": rule.owner if rule else None,
        "expires": str(rule.expires) if rule else None,
        "match": {name: list(values) for name, values in rule.match.given.items()} if rule else None,
        "made_by": row.made_by,
        "regions": row.regions,
        "in_force": row.in_force,
        "places": [
            *(
                {"account": each.place.account, "region": each.place.region, "by": each.means, "state": _state_of(each)}
                for each in row.standing
            ),
            *({"account": p.account, "region": p.region, "by": row.by[0], "state": State.FOREIGN} for p in row.places),
        ],
    }


def _row(rule: Rule, held: Sequence[Standing], *, now: datetime) -> Row:
    meant = [each for each in held if not _is_left_over(each)]
    holding = [each for each in meant if _state_of(each) in (State.IN_FORCE, State.AT_EACH_APPLY)]
    if rule.expired(now):
        meant = holding = list(held)  # what AWS still has of it
    reasons = [why for each in held for why in ((each.why,) if each.why else each.narrower)]
    state = State.EXPIRED if rule.expired(now) else _worst(held)
    if state is State.NOWHERE:
        reasons.append(f"nothing that has such findings is on in {', '.join(rule.match.region) or 'any Region'}")
    return Row(
        name=rule.name,
        rule=rule,
        state=state,
        by=_means(held),
        regions=_regions(meant),
        in_force=_regions(holding),
        why=tuple(dict.fromkeys(reasons)),
        standing=tuple(held),
    )


def _worst(held: Sequence[Standing]) -> State:
    """The state that asks most for something to be done."""
    states = {State.DIFFERS if _is_left_over(each) else _state_of(each) for each in held}
    order = (State.NOT_APPLIED, State.DIFFERS, State.IN_FORCE, State.AT_EACH_APPLY)
    return next((state for state in order if state in states), State.NOWHERE)


def _state_of(standing: Standing) -> State:
    if _is_left_over(standing):
        return State.LEFT_OVER
    if standing.means is Means.SECGUARD:
        return State.AT_EACH_APPLY
    if standing.seen is None:
        return State.NOT_APPLIED
    return State.IN_FORCE if standing.seen == standing.wanted else State.DIFFERS


def _is_left_over(standing: Standing) -> bool:
    return standing.wanted is None and standing.seen is not None


def _foreign(grounds: Iterable[Ground]) -> Iterator[Row]:
    """Others' rules of one name are one row: whoever keeps them in all Regions calls them alike."""
    found: dict[tuple[Means, str], list[tuple[Place, Seen]]] = {}
    for ground in grounds:
        for means, held in ((Means.AUTOMATION_RULE, ground.hub), (Means.GUARDDUTY, ground.guardduty)):
            for seen in held.seen if held else ():
                if seen.rule is None:
                    found.setdefault((means, seen.name), []).append((ground.place, seen))
    for (means, name), held_in in sorted(found.items(), key=lambda item: item[0]):
        places = tuple(dict.fromkeys(place for place, _ in held_in))
        makers = {seen.made_by for _, seen in held_in}
        yield Row(
            name=name,
            state=State.FOREIGN,
            by=(means,),
            regions=len(places),
            in_force=len(places),
            made_by=makers.pop() if len(makers) == 1 else None,
            places=places,
        )


def _means(held: Iterable[Standing]) -> tuple[Means, ...]:
    return tuple(dict.fromkeys(each.means for each in held))


def _regions(held: Iterable[Standing]) -> int:
    return len({each.place for each in held})
