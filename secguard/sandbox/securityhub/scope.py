"""Whose findings a hub shows: its own account's, its members', and those of the Regions linked to it."""

from __future__ import annotations

from collections.abc import Iterator

from secguard.sandbox.securityhub.backend import (
    Aggregator,
    SecurityHubBackend,
    backend_of,
    backends_of,
)
from secguard.sandbox.shared import administrator_of, members_of


def reachable(here: SecurityHubBackend) -> Iterator[SecurityHubBackend]:
    """The hubs, switched on, whose findings can be read and updated from here; its own first."""
    for region in (here.region_name, *linked_regions(here)):
        for account in (here.account_id, *members_of("securityhub", region, here.account_id)):
            hub = backend_of(account, region)
            if hub.hub is not None:
                yield hub


def aggregator_of(here: SecurityHubBackend) -> tuple[Aggregator, str] | None:
    """The aggregation that holds for an account, with its home Region. Members have their administrator's."""
    administrator = administrator_of("securityhub", here.region_name, here.account_id)
    for account in (here.account_id, administrator):
        for region, backend in backends_of(account).items() if account else ():
            if backend.aggregator:
                return backend.aggregator, region
    return None


def linked_regions(here: SecurityHubBackend) -> list[str]:
    """The Regions whose findings come here, if this is the home Region."""
    found = aggregator_of(here)
    if found is None or found[1] != here.region_name:
        return []
    aggregator, home = found
    others = sorted(_known_regions(here) - {home})
    match aggregator.mode:
        case "ALL_REGIONS":
            return others
        case "ALL_REGIONS_EXCEPT_SPECIFIED":
            return [region for region in others if region not in aggregator.regions]
        case "SPECIFIED_REGIONS":
            return [region for region in others if region in aggregator.regions]
        case _:
            return []


def _known_regions(here: SecurityHubBackend) -> set[str]:
    """The Regions where this account or one of its members has a hub."""
    regions = set(backends_of(here.account_id))
    for account in members_of("securityhub", here.region_name, here.account_id):
        regions |= set(backends_of(account))
    return regions
