"""What `enable` wants of the settings, given what is on already. Pure.

It only adds: nothing that is on is turned off, nothing is set to less than it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from secguard.coverage.gaps import slower, wanted_standards
from secguard.coverage.names import product_arn
from secguard.coverage.record import OFF, ON, UNSUPPORTED, Coverage, GuardDuty, SecurityHub
from secguard.coverage.wanted import Wanted
from secguard.engine.change import Refusal
from secguard.engine.draft import Want
from secguard.engine.values import late
from secguard.model import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What coverage asks of the settings, and what it does not even ask."""

    wants: tuple[Want, ...]
    refused: tuple[Refusal, ...]


def asked_of(
    coverages: Iterable[Coverage], wanted: Wanted, *, partition: str, default_home: str | None, waits: bool = False
) -> Asked:
    """Everything that would make `wanted` true in every place that could be looked at.

    `default_home`: where findings are gathered when nobody chose a Region. `waits`: standards that are on their way
    already are waited for, too.
    """
    coverages = sorted(coverages, key=lambda coverage: coverage.place)
    wants: list[Want] = []
    refused: list[Refusal] = []
    for coverage in coverages:
        if "guardduty" in wanted.services and coverage.guardduty is not None:
            wants += _guardduty(coverage.place, coverage.guardduty, wanted)
            refused += _managed(coverage.place, coverage.guardduty, wanted)
        if "securityhub" in wanted.services and coverage.security_hub is not None:
            wants += _hub(coverage.place, coverage.security_hub, wanted, partition, waits=waits)
    if "securityhub" in wanted.services:
        for account in dict.fromkeys(coverage.place.account for coverage in coverages):
            of_account = [coverage for coverage in coverages if coverage.place.account == account]
            match _aggregator(account, of_account, wanted, default_home):
                case Want() as want:
                    wants.append(want)
                case Refusal() as refusal:
                    refused.append(refusal)
    return Asked(wants=tuple(wants), refused=tuple(refused))


def _guardduty(place: Place, seen: GuardDuty, wanted: Wanted) -> Iterator[Want]:
    switch = _key(place, "guardduty")
    created = {"features": sorted(wanted.features), "frequency": wanted.publishing_frequency}
    address = {} if seen.detector_id else created
    yield Want(key=switch, setting="guardduty.detector", place=place, address=address, value=ON)
    detector = seen.detector_id or late(f"{switch}.DetectorId")
    wished = wanted.publishing_frequency
    if seen.publishing_frequency in (None, wished) or slower(seen.publishing_frequency, wished):
        yield Want(
            key=f"{switch}/frequency",
            setting="guardduty.publishing-frequency",
            place=place,
            address={"detector": detector},
            value=wished,
            needs=(switch,),
            touched_by=(switch,),
        )
    for feature in wanted.features:
        if seen.features.get(feature) != UNSUPPORTED and not _held_off(seen, feature):
            yield Want(
                key=f"{switch}/{feature}",
                setting="guardduty.feature",
                place=place,
                address={"detector": detector, "feature": feature},
                value=ON,
                needs=(switch,),
                touched_by=(switch,),
            )


def _held_off(seen: GuardDuty, feature: str) -> bool:
    return feature in seen.managed and seen.features.get(feature) == OFF


def _managed(place: Place, seen: GuardDuty, wanted: Wanted) -> Iterator[Refusal]:
    for feature in wanted.features:
        if _held_off(seen, feature):
            why = "a policy of the organization keeps it off; change it there"
            yield Refusal(what=f"{place} GuardDuty {feature}", rule="managed-elsewhere", why=why)


def _hub(place: Place, seen: SecurityHub, wanted: Wanted, partition: str, *, waits: bool) -> Iterator[Want]:
    switch = _key(place, "securityhub")
    yield Want(key=switch, setting="securityhub.hub", place=place, address={}, value=ON)
    on_the_way = {one.arn for one in seen.standards if one.status == "PENDING"}
    for arn in wanted_standards(seen, wanted, partition=partition, region=place.region):
        if waits or arn not in on_the_way:
            yield Want(
                key=f"{switch}/{arn.partition('/')[2].replace('.', '-')}",
                setting="securityhub.standard",
                place=place,
                address={"standard": arn},
                value=ON,
                needs=(switch,),
            )
    for arn in (product_arn(text, partition=partition, region=place.region) for text in wanted.integrations):
        yield Want(
            key=f"{switch}/{arn.partition('/')[2].replace('.', '-')}",
            setting="securityhub.integration",
            place=place,
            address={"product": arn},
            value=ON,
            needs=(switch,),
        )


def _aggregator(
    account: str, coverages: Sequence[Coverage], wanted: Wanted, default_home: str | None
) -> Want | Refusal | None:
    """One home Region per account, made only where there is none and every Region could be asked."""
    hubs = [coverage.security_hub for coverage in coverages if coverage.security_hub is not None]
    existing = next((hub.aggregator for hub in hubs if hub.aggregator is not None), None)
    if existing is not None:
        return _kept(account, existing.home, wanted)
    if wanted.linked_regions == "NONE" or (len(coverages) < 2 and wanted.home_region is None):
        return None
    regions = sorted(coverage.place.region for coverage in coverages if coverage.security_hub is not None)
    home = wanted.home_region or default_home
    if home not in regions:
        return None if wanted.home_region is None else _no_home(account, wanted.home_region)
    if any(coverage.unreached_of(("securityhub",)) for coverage in coverages):
        why = "not every Region would say whether there is one already"
        return Refusal(what=f"{account} finding aggregator", rule="unchecked", why=why)
    linked = [region for region in regions if region != home]
    only = wanted.linked_regions == "ENABLED_ONLY"
    mode = {"mode": "SPECIFIED_REGIONS", "regions": linked} if only else {"mode": "ALL_REGIONS", "regions": []}
    place = Place(account, home)
    switch = _key(place, "securityhub")
    key = f"{switch}/aggregator"
    return Want(key=key, setting="securityhub.aggregator", place=place, address={}, value=mode, needs=(switch,))


def _kept(account: str, home: str, wanted: Wanted) -> Refusal | None:
    if wanted.home_region in (None, home):
        return None
    why = f"findings are gathered in {home} already, and moving the home Region would delete that aggregator"
    return Refusal(what=f"{account} home Region {wanted.home_region}", rule="home-region", why=why)


def _no_home(account: str, home: str) -> Refusal:
    why = f"{home} is not among the Regions that are enabled here, or could not be looked at"
    return Refusal(what=f"{account} finding aggregator", rule="home-region", why=why)


def _key(place: Place, service: str) -> str:
    return f"{place.account}/{place.region}/{service}"
