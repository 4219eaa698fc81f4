"""Where Security Hub is to be asked: at the home Region of its aggregator, and wherever that does not reach."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from secguard.engine.seam import Reader
from secguard.errors import AwsError, Denied, NoCredentials, UsageError
from secguard.findings.forms.arn import region_in
from secguard.model import Place, Unreached

READS = ("securityhub:ListFindingAggregators", "securityhub:GetFindingAggregator")

SERVICE = "securityhub"

Result = TypeVar("Result")


class Identity(Protocol):
    """Who asks."""

    @property
    def account(self) -> str:
        """Twelve digits."""


class Reach(Protocol):
    """What listing findings needs of AWS; `aws.connection` provides it."""

    @property
    def caller(self) -> Identity:
        """Who asks."""

    @property
    def region(self) -> str | None:
        """The profile's Region, None where it has none."""

    def regions(self, account: str, /) -> Sequence[str]:
        """The Regions that are enabled for an account."""

    def supported(self, service: str, /) -> frozenset[str]:
        """The Regions that have a service, as far as the AWS library knows."""

    def look(self, place: Place, /) -> Reader:
        """A fresh look at a place."""

    def fan_out(
        self, places: Iterable[Place], task: Callable[[Place], Result], *, services: Sequence[str] = ()
    ) -> Iterator[tuple[Place, Result | Unreached]]:
        """Run a task in every place at once; results as they come. `services`: what the task reads from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where to ask, and what stands in for a home Region that does not answer."""

    ask: tuple[Place, ...]
    home: Place | None = None
    behind: tuple[Place, ...] = ()
    """Whose findings the home Region has as well."""
    unreached: tuple[Unreached, ...] = ()


def places_for(regions: Sequence[str], *, aws: Reach) -> Places:
    """Where to ask for findings: the named Regions, or all there are, through the aggregator where there is one.

    Raises UsageError for a name that is no Region.
    """
    if regions:
        return named(regions, aws=aws)
    account, everywhere = aws.caller.account, every_place(aws, service=SERVICE)
    home = _home_region(everywhere, aws=aws)
    if home is None or Place(account, home) not in everywhere:
        return Places(ask=everywhere)
    linked = _linked(Place(account, home), aws=aws)
    behind = tuple(place for place in everywhere if place.region != home and linked(place.region))
    return Places(
        ask=tuple(place for place in everywhere if place not in behind), home=Place(account, home), behind=behind
    )


def every_place(aws: Reach, *, service: str) -> tuple[Place, ...]:
    """The caller's account in every Region that is enabled and has the service."""
    account, known = aws.caller.account, aws.supported(service)
    return tuple(Place(account, region) for region in aws.regions(account) if region in known)


def named(regions: Sequence[str], *, aws: Reach) -> Places:
    """Where to ask for findings of the named Regions. Raises UsageError for a name that is no Region."""
    account, known, enabled = aws.caller.account, aws.supported(SERVICE), _enabled(aws)
    for region in regions:
        if region not in known and region not in (enabled or ()):
            near = difflib.get_close_matches(region, known, n=3)
            raise UsageError(
                f"{region!r} is no Region with Security Hub", advice=f"one of: {', '.join(near or sorted(known))}"
            )
    off = () if enabled is None else tuple(region for region in regions if region not in enabled)
    return Places(
        ask=tuple(Place(account, region) for region in regions if region not in off),
        unreached=tuple(
            Unreached(account=account, region=region, why="the Region is not enabled for the account") for region in off
        ),
    )


def _enabled(aws: Reach) -> frozenset[str] | None:
    """The enabled Regions; None where the caller may not know, since a named Region can be asked all the same."""
    try:
        return frozenset(aws.regions(aws.caller.account))
    except Denied:
        return None


def _home_region(everywhere: Sequence[Place], *, aws: Reach) -> str | None:
    """The aggregator's Region. Every Region where Security Hub is on knows it, so the first that answers will do."""
    near = [place for place in everywhere if place.region == aws.region]
    for places in (near, [place for place in everywhere if place not in near]):
        for _, answer in aws.fan_out(places, lambda place: _aggregators(aws.look(place)), services=[SERVICE]):
            if not isinstance(answer, Unreached):
                return region_in(answer[0]) if answer else None
    return None


def _aggregators(reader: Reader) -> list[str]:
    listed = reader.items(SERVICE, "ListFindingAggregators", "FindingAggregators")
    return [aggregator["FindingAggregatorArn"] for aggregator in listed]


def _linked(home: Place, *, aws: Reach) -> Callable[[str], bool]:
    """Which Regions' findings the home Region has; none where it would not say."""
    try:
        reader = aws.look(home)
        arn = _aggregators(reader)[0]
        answer: Mapping[str, Any] = reader.ask(SERVICE, "GetFindingAggregator", FindingAggregatorArn=arn)
        mode, named = answer["RegionLinkingMode"], frozenset(answer.get("Regions") or ())
    except NoCredentials:
        raise
    except (AwsError, IndexError):
        return lambda _region: False
    match mode:
        case "ALL_REGIONS":
            return lambda _region: True
        case "ALL_REGIONS_EXCEPT_SPECIFIED":
            return lambda region: region not in named
        case "SPECIFIED_REGIONS":
            return lambda region: region in named
        case _:
            return lambda _region: False
