"""Where GuardDuty and Security Hub are on, and how: in four Regions as secguard wants it, elsewhere with a gap each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from moto.config.models import config_backends

from secguard.sandbox.cast import HOME_REGION, MANAGEMENT, MEMBERS, PRODUCTION, RESEARCH, STAGING
from secguard.sandbox.guardduty import detectors
from secguard.sandbox.guardduty.backend import backend_of as guardduty_of
from secguard.sandbox.regions import DEFAULT_REGIONS
from secguard.sandbox.securityhub import hub, standards
from secguard.sandbox.securityhub.backend import Aggregator
from secguard.sandbox.securityhub.backend import backend_of as security_hub_of
from secguard.sandbox.seed.accounts import add_role, email, service_trust
from secguard.sandbox.seed.asff_form import CIS, FSBP
from secguard.sandbox.seed.scene import stamp, uuid_id
from secguard.sandbox.shared import EVERYWHERE, Member, set_members, set_unsupported_features, shared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from secguard.sandbox.seed.scene import Scene
    from secguard.sandbox.shared import ServiceName

FEATURES = {
    "S3_DATA_EVENTS": "ENABLED",
    "EKS_AUDIT_LOGS": "ENABLED",
    "EBS_MALWARE_PROTECTION": "ENABLED",
    "RDS_LOGIN_EVENTS": "ENABLED",
    "LAMBDA_NETWORK_LOGS": "ENABLED",
    "RUNTIME_MONITORING": "DISABLED",
}
OLD_CIS = "ruleset/cis-aws-foundations-benchmark/v/1.2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How one Region of an account is covered. As it stands: as it should be."""

    guardduty: str = "ENABLED"
    """ENABLED, DISABLED (suspended) or ABSENT."""
    frequency: str = "FIFTEEN_MINUTES"
    features_off: tuple[str, ...] = ()
    hub: bool = True
    standards: tuple[str, ...] = (FSBP, CIS)
    recorder: bool = True


FULL = Coverage()
OFF = Coverage(guardduty="ABSENT", hub=False)
NO_HUB = replace(FULL, hub=False)

PRODUCTION_GAPS: Mapping[str, Coverage] = {
    "ap-northeast-3": OFF,
    "ap-south-1": OFF,
    "ca-central-1": OFF,
    "sa-east-1": OFF,
    "us-west-1": OFF,
    "eu-west-3": replace(FULL, guardduty="DISABLED"),
    "eu-north-1": NO_HUB,
    "ap-southeast-1": NO_HUB,
    "ap-southeast-2": replace(FULL, features_off=("S3_DATA_EVENTS", "LAMBDA_NETWORK_LOGS")),
    "eu-west-2": replace(FULL, features_off=("EBS_MALWARE_PROTECTION",), frequency="SIX_HOURS"),
    "us-east-2": replace(FULL, features_off=("RDS_LOGIN_EVENTS",)),
    "us-west-2": replace(FULL, standards=(FSBP, OLD_CIS)),
    "ap-northeast-1": replace(FULL, frequency="SIX_HOURS", recorder=False),
}
STAGING_GAPS: Mapping[str, Coverage] = {"ap-northeast-3": OFF, "sa-east-1": NO_HUB}
RESEARCH_GAPS: Mapping[str, Coverage] = {
    "us-west-2": replace(FULL, guardduty="DISABLED"),
    "eu-central-1": NO_HUB,
    "ap-south-1": OFF,
}
GAPS: Mapping[str, Mapping[str, Coverage]] = {
    PRODUCTION: PRODUCTION_GAPS,
    STAGING: STAGING_GAPS,
    RESEARCH: RESEARCH_GAPS,
    MANAGEMENT: {},
}

LACKS_A_FEATURE = "ap-northeast-2"
LACKING = frozenset({"LAMBDA_NETWORK_LOGS"})


def switch_on(scene: Scene) -> None:
    """Cover every account's Regions, and make production the administrator where it is covered itself."""
    set_unsupported_features(LACKS_A_FEATURE, LACKING)
    for account, gaps in GAPS.items():
        add_role(account, "config-recorder", trust=service_trust("config"))
        for region in DEFAULT_REGIONS:
            _cover(account, region, gaps.get(region, FULL))
    for region in DEFAULT_REGIONS:
        _administer(scene, region, PRODUCTION_GAPS.get(region, FULL))
    _aggregate()


def _cover(account: str, region: str, wanted: Coverage) -> None:
    if wanted.recorder:
        _record(account, region)
    if wanted.guardduty != "ABSENT":
        _detect(account, region, wanted)
    if wanted.hub:
        here = security_hub_of(account, region)
        hub.enable_security_hub(here, {"EnableDefaultStandards": False})
        standards.put_enabled(here, list(wanted.standards))


def _detect(account: str, region: str, wanted: Coverage) -> None:
    here = guardduty_of(account, region)
    lacking = shared().unsupported_features.get(region, frozenset())
    features = [
        {"name": name, "status": "DISABLED" if name in wanted.features_off else status}
        for name, status in FEATURES.items()
        if name not in lacking
    ]
    ask: dict[str, Any] = {"enable": True, "findingPublishingFrequency": wanted.frequency, "features": features}
    detectors.create_detector(here, ask)
    if wanted.guardduty == "DISABLED" and here.detector:
        here.detector = replace(here.detector, enabled=False)


def _record(account: str, region: str) -> None:
    config = config_backends[account][region]
    role = f"arn:aws:iam::{account}:role/config-recorder"
    config.put_configuration_recorder({"name": "default", "roleARN": role})
    recorder = config.recorders["default"]
    recorder.status.start()
    recorder.status.last_status = "Success"


def _administer(scene: Scene, region: str, own: Coverage) -> None:
    services: dict[ServiceName, bool] = {"guardduty": own.guardduty != "ABSENT", "securityhub": own.hub}
    joined = stamp(scene.ago(days=200))
    members = {each: Member(account=each, email=email(each), joined_at=joined) for each in MEMBERS}
    for service, is_on in services.items():
        shared().designated[service, EVERYWHERE] = PRODUCTION
        if is_on:
            set_members(service, region, PRODUCTION, members)


def _aggregate() -> None:
    here = security_hub_of(PRODUCTION, HOME_REGION)
    arn = here.arn(f"finding-aggregator/{uuid_id('aggregator')}")
    here.aggregator = Aggregator(arn=arn, mode="ALL_REGIONS", regions=())
