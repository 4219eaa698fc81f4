"""Which protection plans a detector has, what is on by default and how a request changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from secguard.sandbox import clock
from secguard.sandbox.guardduty.backend import Detector, Feature
from secguard.sandbox.guardduty.refusals import INVALID_VALUE, SUSPENDED, bad_request
from secguard.sandbox.shared import shared

FOUNDATIONAL = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
"""Always on while the detector is, and cannot be set."""

# A new detector came up so, with only Enable given, in 2026-07. The rest of the features came up enabled.
OFF_BY_DEFAULT = frozenset({"AI_ANALYST", "AI_PROTECTION", "EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING"})

ADDITIONAL: Mapping[str, tuple[str, ...]] = {
    "RDS_LOGIN_EVENTS": ("RDS_DATA_RISK",),
    "EKS_RUNTIME_MONITORING": ("EKS_ADDON_MANAGEMENT",),
    "RUNTIME_MONITORING": ("EKS_ADDON_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT", "EC2_AGENT_MANAGEMENT"),
}
OPTIONAL = (
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "EKS_RUNTIME_MONITORING",
    "LAMBDA_NETWORK_LOGS",
    "RUNTIME_MONITORING",
    "AI_PROTECTION",
    "AI_ANALYST",
)
OF_ORGANIZATIONS = frozenset(OPTIONAL) - {"AI_ANALYST"}
"""What the organization's operations know: the model's OrgFeature."""

EITHER_OR = {"RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING"}
"""Naming both in one request is an error."""


def at_creation(region: str, asked: Iterable[Mapping[str, Any]], *, moment: datetime) -> dict[str, Feature]:
    """The features of a new detector: what is not named takes its default, which is on for most."""
    start = {name: _default(name, moment) for name in offered(region)}
    return merged(region, start, asked, moment=moment)


def merged(
    region: str, present: Mapping[str, Feature], asked: Iterable[Mapping[str, Any]], *, moment: datetime
) -> dict[str, Feature]:
    """Change the features that a request names and leave the others. Refuses what the Region does not have."""
    asked = list(asked)
    if {feature.get("name") for feature in asked} >= EITHER_OR:
        raise bad_request(INVALID_VALUE)
    result = dict(present)
    for feature in asked:
        name = feature.get("name", "")
        if name not in offered(region):
            raise bad_request(INVALID_VALUE)
        result[name] = _changed(name, present[name], feature, moment)
    return result


def offered(region: str) -> list[str]:
    """The optional features of a Region."""
    lacking = shared().unsupported_features.get(region, frozenset())
    return [name for name in OPTIONAL if name not in lacking]


def refuse_enabling_while_suspended(asked: Iterable[Mapping[str, Any]], *, enabled: bool) -> None:
    """A data source can't be enabled while the detector is disabled."""
    if not enabled and any(feature.get("status") == "ENABLED" for feature in asked):
        raise bad_request(SUSPENDED)


def asked_features(ask: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a request wants of the features; the older `dataSources` says the same of three of them."""
    sources = ask.get("dataSources", {})
    volumes = sources.get("malwareProtection", {}).get("scanEc2InstanceWithFindings", {}).get("ebsVolumes")
    older = {
        "S3_DATA_EVENTS": sources.get("s3Logs", {}).get("enable"),
        "EKS_AUDIT_LOGS": sources.get("kubernetes", {}).get("auditLogs", {}).get("enable"),
        "EBS_MALWARE_PROTECTION": volumes,
    }
    named = [{"name": name, "status": _status(on=on)} for name, on in older.items() if on is not None]
    return [*named, *ask.get("features", [])]


def shown(detector: Detector) -> list[dict[str, Any]]:
    """The features as GetDetector lists them: a suspended detector shows all of them as off."""
    foundation = Feature(status="ENABLED", updated_at=detector.created_at)
    everything = {**dict.fromkeys(FOUNDATIONAL, foundation), **detector.features}
    return [_shown(name, feature, enabled=detector.enabled) for name, feature in everything.items()]


def shown_as_data_sources(detector: Detector) -> dict[str, Any]:
    """The same, as the older `dataSources` of GetDetector."""
    status = {feature["name"]: {"status": feature["status"]} for feature in shown(detector)}
    off = {"status": "DISABLED"}
    return {
        "cloudTrail": status["CLOUD_TRAIL"],
        "dnsLogs": status["DNS_LOGS"],
        "flowLogs": status["FLOW_LOGS"],
        "s3Logs": status.get("S3_DATA_EVENTS", off),
        "kubernetes": {"auditLogs": status.get("EKS_AUDIT_LOGS", off)},
        "malwareProtection": {
            "scanEc2InstanceWithFindings": {"ebsVolumes": status.get("EBS_MALWARE_PROTECTION", off)},
        },
    }


def _shown(name: str, feature: Feature, *, enabled: bool) -> dict[str, Any]:
    status = feature.status if enabled else "DISABLED"
    entry: dict[str, Any] = {"name": name, "status": status, "updatedAt": clock.epoch(feature.updated_at)}
    if feature.additional:
        entry["additionalConfiguration"] = [
            _shown(name, more, enabled=enabled) for name, more in feature.additional.items()
        ]
    return entry


def _default(name: str, moment: datetime) -> Feature:
    additional = {more: Feature(status="DISABLED", updated_at=moment) for more in ADDITIONAL.get(name, ())}
    return Feature(status=_status(on=name not in OFF_BY_DEFAULT), updated_at=moment, additional=additional)


def _changed(name: str, feature: Feature, asked: Mapping[str, Any], moment: datetime) -> Feature:
    additional = dict(feature.additional)
    for more in asked.get("additionalConfiguration", []):
        if more.get("name") not in ADDITIONAL.get(name, ()):
            raise bad_request(INVALID_VALUE)
        additional[more["name"]] = _moved(additional[more["name"]], more.get("status"), moment)
    return replace(_moved(feature, asked.get("status"), moment), additional=additional)


def _moved(feature: Feature, status: str | None, moment: datetime) -> Feature:
    if status in (None, feature.status):
        return feature
    return replace(feature, status=status, updated_at=moment)


def _status(*, on: bool) -> str:
    return "ENABLED" if on else "DISABLED"
