"""What is on in one place: GuardDuty, Security Hub and AWS Config. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from secguard.model import Place, Unreached
from secguard.settings.securityhub import standard_name

ON, OFF, UNSUPPORTED = "ENABLED", "DISABLED", "UNSUPPORTED"


class Aggregation(StrEnum):
    """What a Region is to the gathering of findings in one home Region."""

    HOME = "home"
    LINKED = "linked"
    NONE = "none"


class Recorder(StrEnum):
    """Whether AWS Config records; without it most controls of Security Hub have nothing to check."""

    RECORDING = "recording"
    STOPPED = "stopped"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardDuty:
    """GuardDuty in one place."""

    detector_id: str | None = None
    suspended: bool = False
    publishing_frequency: str | None = None
    features: Mapping[str, str]
    """Every protection plan the API knows: ENABLED, DISABLED, or UNSUPPORTED where the Region lacks it.

    Empty without a detector: only a detector shows what its Region has.
    """
    managed: frozenset[str] = frozenset()
    """Those that a policy of the organization owns."""

    @property
    def enabled(self) -> bool:
        """Whether it works."""
        return self.detector_id is not None and not self.suspended


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """One standard that is on, or on its way."""

    arn: str
    status: str
    """READY, INCOMPLETE, PENDING, FAILED or DELETING."""
    reason: str | None

    @property
    def name(self) -> str:
        """The short one: `cis-5.0.0`."""
        return standard_name(self.arn)

    @property
    def works(self) -> bool:
        """Whether it checks, at least in part."""
        return self.status in ("READY", "INCOMPLETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregator:
    """Where an account's findings are gathered."""

    home: str
    arn: str
    mode: str | None = None
    """ALL_REGIONS, ALL_REGIONS_EXCEPT_SPECIFIED, SPECIFIED_REGIONS or NO_REGIONS; None: only the home knows."""
    regions: tuple[str, ...] = ()

    def gathers(self, region: str) -> bool:
        """Whether it takes the findings of a Region other than its home."""
        match self.mode:
            case "ALL_REGIONS":
                return True
            case "ALL_REGIONS_EXCEPT_SPECIFIED":
                return region not in self.regions
            case _:
                return region in self.regions


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityHub:
    """Security Hub in one place."""

    enabled: bool
    standards: tuple[Standard, ...] = ()
    integrations: tuple[str, ...] | None = ()
    """`aws/guardduty`; None: it would not say."""
    aggregator: Aggregator | None = None
    """The account's, as this Region tells of it."""
    listed: tuple[str, ...] = ()
    """The ARNs of the standards that there are, as far as AWS would say; see `names.standard_arn`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What is on in one place. None stands for what could not be looked at, and `unreached` says why."""

    place: Place
    guardduty: GuardDuty | None
    security_hub: SecurityHub | None
    config_recorder: Recorder | None
    unreached: tuple[tuple[str, Unreached], ...] = ()
    """Each with the service that would not say: guardduty, securityhub or config."""

    @property
    def aggregation(self) -> Aggregation:
        """What the place is to its account's aggregator."""
        aggregator = self.security_hub.aggregator if self.security_hub else None
        if aggregator is None:
            return Aggregation.NONE
        if aggregator.home == self.place.region:
            return Aggregation.HOME
        return Aggregation.LINKED if aggregator.gathers(self.place.region) else Aggregation.NONE

    @property
    def blind(self) -> bool:
        """Whether neither service could be looked at."""
        return self.guardduty is None and self.security_hub is None

    def unreached_of(self, services: Collection[str]) -> list[Unreached]:
        """What could not be looked at of the services that matter."""
        return [one for service, one in self.unreached if service in services]


def status_record(
    coverage: Coverage, *, features: Sequence[str], standards: Sequence[str], gaps: Sequence[str]
) -> dict[str, Any]:
    """One place as other programs read it; `features` and `standards` are the wanted ones, by name."""
    return {
        "account": coverage.place.account,
        "region": coverage.place.region,
        "guardduty": None if coverage.guardduty is None else _guardduty_record(coverage.guardduty),
        "security_hub": None if coverage.security_hub is None else _hub_record(coverage),
        "config_recorder": coverage.config_recorder,
        "wanted": {"features": list(features), "standards": list(standards)},
        "gaps": list(gaps),
        "error": "; ".join(dict.fromkeys(one.why for _, one in coverage.unreached)) or None,
    }


def _guardduty_record(guardduty: GuardDuty) -> dict[str, Any]:
    return {
        "enabled": guardduty.enabled,
        "suspended": guardduty.suspended,
        "detector_id": guardduty.detector_id,
        "features": dict(guardduty.features),
        "publishing_frequency": guardduty.publishing_frequency,
    }


def _hub_record(coverage: Coverage) -> dict[str, Any]:
    hub = coverage.security_hub
    assert hub is not None
    return {
        "enabled": hub.enabled,
        "standards": [{"name": one.name, "status": one.status, "reason": one.reason} for one in hub.standards],
        "integrations": None if hub.integrations is None else list(hub.integrations),
        "aggregation": coverage.aggregation,
    }


def feature_states(seen: Mapping[str, str], *, known: Collection[str]) -> dict[str, str]:
    """The state of every feature the API knows, where a detector shows `seen`."""
    return {name: seen.get(name, UNSUPPORTED) for name in dict.fromkeys((*known, *seen))}
