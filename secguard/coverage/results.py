"""What became of an `enable` in every place: done, already so, pending, unsupported, failed and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from secguard.coverage.enabling import Enabling
from secguard.coverage.gaps import besides, recorder_gap, wanted_standards
from secguard.coverage.record import ON, UNSUPPORTED, Coverage, GuardDuty, Recorder, SecurityHub
from secguard.engine.change import Change, Plan, Status
from secguard.engine.draft import Want
from secguard.model import Place
from secguard.settings.securityhub import standard_name

BILLED = {
    "guardduty": "GuardDuty bills by what it analyzes, each protection plan for itself, after 30 days of trial",
    "securityhub": "Security Hub bills by checks and findings, and AWS Config by what it records",
}
"""What turning a service on costs, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One place, after."""

    place: Place
    done: tuple[str, ...] = ()
    already: int = 0
    """How many settings were as wanted before."""
    pending: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    """Protection plans that the Region does not have."""
    failed: tuple[str, ...] = ()
    """What did not come about, each with why."""


def results(enabling: Enabling, plan: Plan) -> list[Result]:
    """One for each place that was asked for, from the plan as it was made or as it ended."""
    changes: dict[Place, list[Change]] = {}
    for change in plan.changes:
        changes.setdefault(change.place, []).append(change)
    return [_result(coverage, enabling, changes.get(coverage.place, ())) for coverage in enabling.coverages]


def _result(coverage: Coverage, enabling: Enabling, changes: Sequence[Change]) -> Result:
    wants = [want for want in enabling.wants if want.place == coverage.place]
    unreached = coverage.unreached_of(enabling.wanted.services)
    return Result(
        place=coverage.place,
        done=tuple(_what(change) for change in changes if change.status is Status.VERIFIED),
        already=sum(_so_already(want, coverage) for want in wants),
        pending=(*_on_the_way(coverage, enabling), *_of(changes, Status.PENDING, Status.APPLIED)),
        unsupported=(*_lacking(coverage, enabling), *(_what(change) for change in changes if change.unsupported)),
        failed=(*(one.why for one in unreached), *_failures(changes)),
    )


def _of(changes: Iterable[Change], *statuses: Status) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_what(change) for change in changes if change.status in statuses))


def _failures(changes: Iterable[Change]) -> tuple[str, ...]:
    """Each failure with its reason; what was skipped because of it is not told again."""
    bad = (Status.FAILED, Status.DRIFTED, Status.GONE)
    return tuple(f"{_what(change)}: {change.error}" for change in changes if change.status in bad)


def _what(change: Change) -> str:
    match change.setting:
        case "guardduty.feature":
            return str(change.address["feature"])
        case "securityhub.standard":
            return standard_name(change.address["standard"])
        case _:
            return change.target


def _so_already(want: Want, coverage: Coverage) -> bool:
    """Whether what is wanted was so when it was looked at."""
    if want.setting.startswith("guardduty."):
        return coverage.guardduty is not None and _so_in_guardduty(want, coverage.guardduty)
    return coverage.security_hub is not None and _so_in_the_hub(want, coverage.security_hub)


def _so_in_guardduty(want: Want, seen: GuardDuty) -> bool:
    match want.setting:
        case "guardduty.detector":
            return seen.enabled
        case "guardduty.feature":
            return seen.features.get(want.address["feature"]) == ON
        case _:
            return bool(seen.publishing_frequency == want.value)


def _so_in_the_hub(want: Want, seen: SecurityHub) -> bool:
    match want.setting:
        case "securityhub.hub":
            return seen.enabled
        case "securityhub.standard":
            return any(one.arn == want.address["standard"] and one.works for one in seen.standards)
        case "securityhub.integration":
            return want.address["product"].partition("/")[2] in (seen.integrations or ())
        case _:
            return False


def _on_the_way(coverage: Coverage, enabling: Enabling) -> tuple[str, ...]:
    """Standards that somebody has turned on and that AWS is still about, where nobody waits for them."""
    hub = coverage.security_hub
    if hub is None or "securityhub" not in enabling.wanted.services:
        return ()
    place = coverage.place
    named = wanted_standards(hub, enabling.wanted, partition=enabling.partition, region=place.region)
    asked = {want.address.get("standard") for want in enabling.wants if want.place == place}
    return tuple(one.name for one in hub.standards if one.status == "PENDING" and one.arn in {*named} - asked)


def _lacking(coverage: Coverage, enabling: Enabling) -> tuple[str, ...]:
    if coverage.guardduty is None or "guardduty" not in enabling.wanted.services:
        return ()
    states = coverage.guardduty.features
    return tuple(feature for feature in enabling.wanted.features if states.get(feature) == UNSUPPORTED)


def remarks(enabling: Enabling) -> list[str]:
    """What an operator should know besides: costs, missing recorders, what is on and was not asked for."""
    said = [BILLED[service] for service in enabling.wanted.services if _touches(enabling.plan, service)]
    recorders = {
        coverage.place: recorder_gap(coverage.config_recorder)
        for coverage in enabling.coverages
        if "securityhub" in enabling.wanted.services
        and coverage.security_hub is not None
        and coverage.config_recorder in (Recorder.MISSING, Recorder.STOPPED)
    }
    more = {
        coverage.place: besides(coverage, enabling.wanted, partition=enabling.partition)
        for coverage in enabling.coverages
    }
    on_besides = [f"on besides, and left on: {what}: {where}" for what, where in _by_what(more)]
    lacking = [f"{what}: {where}" for what, where in _by_what({place: (gap,) for place, gap in recorders.items()})]
    return [*said, *lacking, *on_besides]


def _touches(plan: Plan, service: str) -> bool:
    return any(change.setting.startswith(f"{service}.") for change in plan.changes)


def _by_what(found: Mapping[Place, Iterable[str]]) -> list[tuple[str, str]]:
    """Each thing with the Regions in which it was found; accounts are told apart where there are several."""
    several = len({place.account for place in found}) > 1
    where: dict[str, list[str]] = {}
    for place, things in found.items():
        for thing in things:
            where.setdefault(thing, []).append(str(place) if several else place.region)
    return [(thing, ", ".join(places)) for thing, places in where.items()]
