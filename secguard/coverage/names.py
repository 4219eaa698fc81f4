"""What operators call protection plans, standards and integrations, and what AWS calls them. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from secguard.errors import UsageError
from secguard.settings.securityhub import FAMILIES

FEATURES = {
    "s3": "S3_DATA_EVENTS",
    "eks-audit": "EKS_AUDIT_LOGS",
    "ebs-malware": "EBS_MALWARE_PROTECTION",
    "rds": "RDS_LOGIN_EVENTS",
    "lambda": "LAMBDA_NETWORK_LOGS",
    "runtime": "RUNTIME_MONITORING",
    "eks-runtime": "EKS_RUNTIME_MONITORING",
    "ai": "AI_PROTECTION",
    "ai-analyst": "AI_ANALYST",
}
"""Short names of GuardDuty's protection plans; the API's own are as good."""

# As of 2026-11. Security Hub itself is asked wherever it answers.
KNOWN_STANDARDS = (
    "standards/aws-foundational-security-best-practices/v/1.0.0",
    "standards/aws-resource-tagging-standard/v/1.0.0",
    "ruleset/cis-aws-foundations-benchmark/v/1.2.0",
    "standards/cis-aws-foundations-benchmark/v/1.4.0",
    "standards/cis-aws-foundations-benchmark/v/3.0.0",
    "standards/cis-aws-foundations-benchmark/v/5.0.0",
    "standards/nist-800-53/v/5.0.0",
    "standards/nist-800-171/v/2.0.0",
    "standards/pci-dss/v/3.2.1",
    "standards/pci-dss/v/4.0.1",
)

_STANDARD = re.compile(r"(?P<family>[a-z][a-z0-9-]*?)(-(?P<version>\d+(\.\d+)+))?")
_STANDARD_ARN = re.compile(r"arn:[\w-]+:securityhub:[\w-]*::(standards|ruleset)/[\w-]+/v/[\d.]+")
_PRODUCT = re.compile(r"[\w.-]+/[\w.-]+")
_PRODUCT_ARN = re.compile(r"arn:[\w-]+:securityhub:[\w-]*:\d*:product/[\w.-]+/[\w.-]+")


def feature_named(text: str, *, known: Collection[str]) -> str:
    """The API's name of a protection plan, from that or from the short one. Raises UsageError."""
    name = FEATURES.get(text.lower(), text.upper().replace("-", "_"))
    if name not in known:
        allowed = [short for short, name in FEATURES.items() if name in known]
        raise UsageError(
            f"GuardDuty has no feature {text!r}", advice=f"one of: {', '.join(allowed)}; or {', '.join(known)}"
        )
    return name


def check_standard(text: str) -> None:
    """Raises UsageError for what names no standard."""
    match = _STANDARD.fullmatch(text)
    if not _STANDARD_ARN.fullmatch(text) and not (match and match["family"] in FAMILIES):
        allowed = ", ".join(FAMILIES)
        raise UsageError(
            f"there is no standard {text!r}", advice=f"one of: {allowed}; with a version, like cis-3.0.0; or an ARN"
        )


def standard_arn(text: str, *, partition: str, region: str, listed: Iterable[str] = ()) -> str:
    """The ARN in a Region of a standard named `fsbp`, `cis` (the newest), `cis-3.0.0`, or by an ARN of any Region.

    `listed` are ARNs that DescribeStandards knows; without them the newest is taken from what is known here.
    """
    if text.startswith("arn:"):
        return _standard_in(text.split(":", 5)[5], partition, region)
    match = _STANDARD.fullmatch(text)
    assert match is not None
    slug = FAMILIES[match["family"]]
    paths = _versions(slug, (arn.split(":", 5)[5] for arn in listed)) or _versions(slug, KNOWN_STANDARDS)
    if match["version"] is None:
        return _standard_in(max(paths, key=_version), partition, region)
    asked = (path for path in (*paths, *KNOWN_STANDARDS) if path.endswith(f"/{slug}/v/{match['version']}"))
    return _standard_in(next(asked, f"standards/{slug}/v/{match['version']}"), partition, region)


def check_integration(text: str) -> None:
    """Raises UsageError for what names no product."""
    if not (_PRODUCT.fullmatch(f"aws/{text}") or _PRODUCT.fullmatch(text) or _PRODUCT_ARN.fullmatch(text)):
        raise UsageError(
            f"{text!r} names no integration", advice="an AWS service (inspector), COMPANY/PRODUCT, or a product's ARN"
        )


def product_arn(text: str, *, partition: str, region: str) -> str:
    """The ARN in a Region of a product named `inspector`, `prowler/prowler`, or by an ARN of any Region."""
    if text.startswith("arn:"):
        _, _, service, _, account, resource = text.split(":", 5)
        return f"arn:{partition}:{service}:{region}:{account}:{resource}"
    product = text if "/" in text else f"aws/{text}"
    return f"arn:{partition}:securityhub:{region}::product/{product}"


def _standard_in(path: str, partition: str, region: str) -> str:
    # CIS 1.2.0, the oldest, is a `ruleset` without a Region.
    return f"arn:{partition}:securityhub:{'' if path.startswith('ruleset/') else region}::{path}"


def _versions(slug: str, paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path.partition("/")[2].startswith(f"{slug}/v/")]


def _version(path: str) -> tuple[int, ...]:
    return tuple(int(part) for part in path.rpartition("/")[2].split("."))
