"""What is missing in one place, in words, and what is on besides. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from secguard.coverage.names import product_arn, standard_arn
from secguard.coverage.record import (
    OFF,
    ON,
    Aggregation,
    Coverage,
    GuardDuty,
    Recorder,
    SecurityHub,
    Standard,
    status_record,
)
from secguard.coverage.wanted import Wanted
from secguard.settings.securityhub import standard_name

# From the most to the least often, as the API spells them.
FREQUENCIES = ("FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")

REASONS = {
    "NO_AVAILABLE_CONFIGURATION_RECORDER": "no Config recorder",
    "MAXIMUM_NUMBER_OF_CONFIG_RULES_EXCEEDED": "too many Config rules",
    "INTERNAL_ERROR": "an error within AWS",
}


def status_of(coverage: Coverage, wanted: Wanted, *, partition: str, alone: bool) -> dict[str, Any]:
    """One place as other programs read it, with its gaps."""
    listed = coverage.security_hub or SecurityHub(enabled=False)
    standards = wanted_standards(listed, wanted, partition=partition, region=coverage.place.region)
    return status_record(
        coverage,
        features=wanted.features if "guardduty" in wanted.services else (),
        standards=[standard_name(arn) for arn in standards] if "securityhub" in wanted.services else (),
        gaps=gaps(coverage, wanted, partition=partition, alone=alone),
    )


def gaps(coverage: Coverage, wanted: Wanted, *, partition: str, alone: bool = False) -> tuple[str, ...]:
    """What differs from what is wanted, GuardDuty first. `alone`: there is no other Region to gather findings from.

    What could not be looked at is not in here: it is not known to be missing.
    """
    return tuple(_gaps(coverage, wanted, partition, alone=alone))


def _gaps(coverage: Coverage, wanted: Wanted, partition: str, *, alone: bool) -> Iterator[str]:
    if "guardduty" in wanted.services and coverage.guardduty is not None:
        yield from _of_guardduty(coverage.guardduty, wanted)
    if "securityhub" in wanted.services and coverage.security_hub is not None:
        if not coverage.security_hub.enabled:
            yield "Security Hub is off"
            return
        yield from _of_the_hub(coverage, coverage.security_hub, wanted, partition)
        if wanted.linked_regions != "NONE" and not alone and coverage.aggregation is Aggregation.NONE:
            yield "findings are not gathered in a home Region"


def _of_guardduty(guardduty: GuardDuty, wanted: Wanted) -> Iterator[str]:
    if not guardduty.enabled:
        yield "GuardDuty is suspended" if guardduty.suspended else "GuardDuty is off"
        return
    yield from (f"{feature} is off" for feature in wanted.features if guardduty.features.get(feature) == OFF)
    if slower(guardduty.publishing_frequency, wanted.publishing_frequency):
        yield f"GuardDuty publishes updates at {guardduty.publishing_frequency}, not {wanted.publishing_frequency}"


def slower(found: str | None, wanted: str) -> bool:
    """Whether updates go out less often than wanted."""
    return found in FREQUENCIES and FREQUENCIES.index(found) > FREQUENCIES.index(wanted)


def _of_the_hub(coverage: Coverage, hub: SecurityHub, wanted: Wanted, partition: str) -> Iterator[str]:
    region = coverage.place.region
    for arn in wanted_standards(hub, wanted, partition=partition, region=region):
        standard = next((one for one in hub.standards if one.arn == arn), None)
        if standard is None:
            yield f"{standard_name(arn)} is off"
        elif standard.status != "READY":
            yield f"{standard.name} is {standard.status}{_reason(standard)}"
    for arn in (product_arn(text, partition=partition, region=region) for text in wanted.integrations):
        if hub.integrations is not None and (name := arn.partition("/")[2]) not in hub.integrations:
            yield f"no findings of {name} are taken in"
    if coverage.config_recorder in (Recorder.STOPPED, Recorder.MISSING):
        yield recorder_gap(coverage.config_recorder)


def wanted_standards(hub: SecurityHub, wanted: Wanted, *, partition: str, region: str) -> list[str]:
    """The ARNs of the wanted standards in a Region."""
    arns = (standard_arn(text, partition=partition, region=region, listed=hub.listed) for text in wanted.standards)
    return list(dict.fromkeys(arns))


def recorder_gap(recorder: Recorder) -> str:
    """What it means that AWS Config does not record."""
    which = "there is no Config recorder" if recorder is Recorder.MISSING else "the Config recorder is stopped"
    return f"{which}: most controls of Security Hub have nothing to check"


def besides(coverage: Coverage, wanted: Wanted, *, partition: str) -> tuple[str, ...]:
    """What is on, and billed, though the configuration does not name it: protection plans and standards."""
    guardduty, hub = coverage.guardduty, coverage.security_hub
    plans: list[str] = []
    if "guardduty" in wanted.services and guardduty is not None:
        plans = [name for name, state in guardduty.features.items() if state == ON and name not in wanted.features]
    standards: list[str] = []
    if "securityhub" in wanted.services and hub is not None:
        named = wanted_standards(hub, wanted, partition=partition, region=coverage.place.region)
        standards = [one.name for one in hub.standards if one.arn not in named and one.status != "DELETING"]
    return (*plans, *standards)


def _reason(standard: Standard) -> str:
    return f": {REASONS.get(standard.reason, standard.reason)}" if standard.reason else ""
