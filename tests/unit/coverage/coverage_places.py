"""Places that are covered as they should be, to be varied."""

from secguard.coverage.record import Aggregator, Coverage, GuardDuty, Recorder, SecurityHub, Standard
from secguard.model import Place

ACCOUNT = "123456789012"
FEATURES = ("S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS")
KNOWN = (*FEATURES, "RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING")
HOME = "us-east-1"


def covered(region=HOME, *, guardduty=None, hub=None, recorder=Recorder.RECORDING, unreached=()):
    """A place as it should be, but for what is given."""
    return Coverage(
        place=Place(ACCOUNT, region),
        guardduty=guarded() if guardduty is None else guardduty or None,
        security_hub=hubbed(region) if hub is None else hub or None,
        config_recorder=recorder,
        unreached=tuple(unreached),
    )


def guarded(**other):
    """GuardDuty as it should be, but for what is given; `features` are those that differ."""
    features = dict.fromkeys(FEATURES, "ENABLED") | dict.fromkeys(KNOWN[5:], "DISABLED") | other.pop("features", {})
    return GuardDuty(**{"detector_id": "d1", "publishing_frequency": "FIFTEEN_MINUTES", "features": features, **other})


def hubbed(region=HOME, *, statuses=("READY", "READY"), **other):
    """Security Hub as it should be, but for what is given; `statuses` are FSBP's and CIS's, or None."""
    paths = ("aws-foundational-security-best-practices/v/1.0.0", "cis-aws-foundations-benchmark/v/5.0.0")
    standards = tuple(
        Standard(arn=f"arn:aws:securityhub:{region}::standards/{path}", status=status, reason=None)
        for path, status in zip(paths, statuses, strict=True)
        if status
    )
    aggregator = Aggregator(home=HOME, arn=f"arn:aws:securityhub:{HOME}:{ACCOUNT}:x/1", mode="ALL_REGIONS")
    return SecurityHub(**{"enabled": True, "standards": standards, "aggregator": aggregator, **other})


NO_GUARDDUTY = GuardDuty(features={})
NO_HUB = SecurityHub(enabled=False)
