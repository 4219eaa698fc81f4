"""What should be on, as the configuration and the options of one command say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from secguard.config import Enable
from secguard.coverage.names import check_integration, check_standard, feature_named
from secguard.errors import UsageError

Service = Literal["guardduty", "securityhub"]

# GuardDuty refuses both in one request: Runtime Monitoring covers what EKS Runtime Monitoring did.
RUNTIMES = frozenset({"RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be on in every place."""

    services: tuple[Service, ...]
    features: tuple[str, ...]
    """By the API's names."""
    publishing_frequency: str
    standards: tuple[str, ...]
    """As named: `fsbp`, `cis`, `cis-3.0.0`, or ARNs."""
    integrations: tuple[str, ...]
    home_region: str | None
    """None: no Region was chosen."""
    linked_regions: str
    """ALL_REGIONS, ENABLED_ONLY or NONE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What one command names instead of what is configured; empty or None: it does not."""

    services: Sequence[Service] = ()
    features: Sequence[str] = ()
    standards: Sequence[str] = ()
    integrations: Sequence[str] = ()
    home_region: str | None = None

    @property
    def implied_services(self) -> tuple[Service, ...]:
        """The services named, or those whose parts are."""
        if self.services:
            return tuple(self.services)
        guardduty: tuple[Service, ...] = ("guardduty",) if self.features else ()
        hub: tuple[Service, ...] = ("securityhub",) if self.standards or self.integrations or self.home_region else ()
        return guardduty + hub


def wanted_by(configured: Enable, named: Named, *, known_features: Collection[str]) -> Wanted:
    """The configuration, with what was named in its stead. Raises UsageError naming what is not known.

    Naming something of one service, and no service, means that service alone.
    """
    hub = configured.security_hub
    features = [feature_named(text, known=known_features) for text in named.features or configured.guardduty.features]
    if set(features) >= RUNTIMES:
        raise UsageError("RUNTIME_MONITORING and EKS_RUNTIME_MONITORING exclude one another", advice="name the first")
    return Wanted(
        services=tuple(sorted(set(named.implied_services or configured.services))),
        features=tuple(dict.fromkeys(features)),
        publishing_frequency=configured.guardduty.publishing_frequency,
        standards=_checked(named.standards or hub.standards, check_standard),
        integrations=_checked(named.integrations or hub.integrations, check_integration),
        home_region=named.home_region or hub.home_region,
        linked_regions=hub.linked_regions,
    )


def _checked(texts: Sequence[str], check: Callable[[str], None]) -> tuple[str, ...]:
    for text in texts:
        check(text)
    return tuple(dict.fromkeys(texts))
