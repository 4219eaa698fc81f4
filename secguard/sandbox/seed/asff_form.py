"""How Security Hub writes a finding: its own controls', and other products'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from secguard.sandbox.seed.scene import Finding, Place, Seen, stamp, uuid_id

FSBP = "standards/aws-foundational-security-best-practices/v/1.0.0"
CIS = "standards/cis-aws-foundations-benchmark/v/5.0.0"

CHECK = "Software and Configuration Checks/Industry and Regulatory Standards"

# ASFF: Severity.Normalized by label.
NORMALIZED = {"INFORMATIONAL": 0, "LOW": 1, "MEDIUM": 40, "HIGH": 70, "CRITICAL": 90}


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One security control of Security Hub."""

    id: str
    title: str
    severity: str
    resource_type: str
    rule: str
    """The name of the AWS Config rule behind it."""
    in_cis: bool = False

    @property
    def standards(self) -> list[str]:
        """The standards that it is part of."""
        return [FSBP, CIS] if self.in_cis else [FSBP]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What sends findings to Security Hub."""

    path: str
    """The end of its ARN: `aws/inspector`."""
    name: str
    company: str
    default_type: str


INSPECTOR = Product(
    path="aws/inspector", name="Inspector", company="Amazon",
    default_type="Software and Configuration Checks/Vulnerabilities/CVE",
)  # fmt: skip
MACIE = Product(
    path="aws/macie", name="Macie", company="Amazon",
    default_type="Sensitive Data Identifications/PII/SensitiveData:S3Object-Personal",
)  # fmt: skip
ACCESS_ANALYZER = Product(
    path="aws/access-analyzer", name="IAM Access Analyzer", company="AWS",
    default_type="Software and Configuration Checks/AWS Security Best Practices/External Access Granted",
)  # fmt: skip
CONFIG = Product(
    path="aws/config", name="Config", company="AWS", default_type="Software and Configuration Checks"
)  # fmt: skip
FIREWALL_MANAGER = Product(
    path="aws/firewall-manager", name="Firewall Manager", company="AWS",
    default_type="Software and Configuration Checks/AWS Security Best Practices",
)  # fmt: skip
PROWLER = Product(
    path="prowler/prowler", name="Prowler", company="Prowler",
    default_type="Software and Configuration Checks/Industry and Regulatory Standards",
)  # fmt: skip


def resource(kind: str, identity: str, region: str, **details: Any) -> dict[str, Any]:
    """One entry of `Resources`."""
    entry: dict[str, Any] = {"Type": kind, "Id": identity, "Partition": "aws", "Region": region}
    tags = details.pop("tags", None)
    if tags:
        entry["Tags"] = tags
    if details:
        entry["Details"] = {kind: details}
    return entry


def control_finding(
    control: Control,
    *,
    at: Place,
    seen: Seen,
    about: dict[str, Any],
    status: str = "FAILED",
    workflow: str | None = None,
) -> Finding:
    """What a control says about one resource. A passed check is informational and resolved."""
    account, region = at
    passed = status == "PASSED"
    label = "INFORMATIONAL" if passed else control.severity
    identity = uuid_id(control.id, account, region, about["Id"])
    arn = f"arn:aws:securityhub:{region}:{account}:security-control/{control.id}/finding/{identity}"
    product = f"arn:aws:securityhub:{region}::product/aws/securityhub"
    return {
        **_common(arn, product, at, seen),
        "ProductName": "Security Hub",
        "CompanyName": "AWS",
        "GeneratorId": f"security-control/{control.id}",
        "Types": [CHECK],
        "Severity": {"Label": label, "Normalized": NORMALIZED[label], "Original": label},
        "Title": control.title,
        "Description": f"This control checks the following: {control.title}.",
        "Remediation": _remediation(control),
        "ProductFields": {
            "RelatedAWSResources:0/name": f"securityhub-{control.rule}-{identity[:8]}",
            "RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
            "aws/securityhub/ProductName": "Security Hub",
            "aws/securityhub/CompanyName": "AWS",
            "Resources:0/Id": about["Id"],
            "aws/securityhub/FindingId": f"{product}/{arn}",
        },
        "Resources": [about],
        "Compliance": {
            "Status": status,
            "SecurityControlId": control.id,
            "AssociatedStandards": [{"StandardsId": standard} for standard in control.standards],
        },
        "Workflow": {"Status": workflow or ("RESOLVED" if passed else "NEW")},
        "FindingProviderFields": {"Severity": {"Label": label, "Original": label}, "Types": [CHECK]},
    }


def _remediation(control: Control) -> dict[str, Any]:
    text = "For information on how to correct this issue, consult the AWS Security Hub controls documentation."
    url = f"https://docs.aws.amazon.com/console/securityhub/{control.id}/remediation"
    return {"Recommendation": {"Text": text, "Url": url}}


def product_finding(
    product: Product,
    *,
    at: Place,
    seen: Seen,
    identity: str,
    label: str,
    title: str,
    description: str,
    about: list[dict[str, Any]],
    kind: str | None = None,
    workflow: str = "NEW",
    **more: Any,
) -> Finding:
    """What another product says; `more` are further fields of ASFF."""
    arn = f"arn:aws:securityhub:{at[1]}::product/{product.path}"
    types = [kind or product.default_type]
    fields = {
        "aws/securityhub/ProductName": product.name,
        "aws/securityhub/CompanyName": product.company,
        "aws/securityhub/FindingId": f"{arn}/{identity}",
    }
    return {
        **_common(identity, arn, at, seen),
        "ProductName": product.name,
        "CompanyName": product.company,
        "GeneratorId": more.pop("generator", product.path),
        "Types": types,
        "Severity": {"Label": label, "Normalized": NORMALIZED[label]},
        "Title": title,
        "Description": description,
        "ProductFields": {**more.pop("fields", {}), **fields},
        "Resources": about,
        "Workflow": {"Status": workflow},
        "FindingProviderFields": {"Severity": {"Label": label}, "Types": types},
        **more,
    }


def _common(identity: str, product: str, at: Place, seen: Seen) -> dict[str, Any]:
    account, region = at
    first, last = seen
    return {
        "SchemaVersion": "2018-10-08",
        "Id": identity,
        "ProductArn": product,
        "Region": region,
        "AwsAccountId": account,
        "FirstObservedAt": stamp(first),
        "LastObservedAt": stamp(last),
        "CreatedAt": stamp(first),
        "UpdatedAt": stamp(last),
        "ProcessedAt": stamp(last),
        "WorkflowState": "NEW",
        "RecordState": "ACTIVE",
    }
