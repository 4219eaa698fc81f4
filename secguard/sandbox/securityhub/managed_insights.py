"""The insights that Security Hub brings along: the user guide, "Managed insights in Security Hub CSPM"."""

from __future__ import annotations

from functools import cache
from typing import Any

Filters = dict[str, list[dict[str, Any]]]

_CHECKS = "Software and Configuration Checks"
_PRACTICES = f"{_CHECKS}/Industry and Regulatory Standards/AWS Security Best Practices"
_REACHABLE = f"{_CHECKS}/AWS Security Best Practices/Network Reachability"
_CIS = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule"
_BUCKET, _INSTANCE, _KEY = "AwsS3Bucket", "AwsEc2Instance", "AwsIamAccessKey"
_IMAGE = "ResourceAwsEc2InstanceImageId"


@cache
def managed(partition: str) -> dict[str, dict[str, Any]]:
    """Every managed insight by its ARN."""
    found = {}
    for number, (name, group_by, filters) in _INSIGHTS.items():
        arn = f"arn:{partition}:securityhub:::insight/securityhub/default/{number}"
        found[arn] = {"InsightArn": arn, "Name": name, "GroupByAttribute": group_by, "Filters": filters}
    return found


def _equals(*values: str) -> list[dict[str, Any]]:
    return [{"Value": value, "Comparison": "EQUALS"} for value in values]


def _begins(*values: str) -> list[dict[str, Any]]:
    return [{"Value": value, "Comparison": "PREFIX"} for value in values]


def _open(*types: str, resource: str | None = None) -> Filters:
    """What is active and not yet dealt with, of types that begin so, about a type of resource."""
    filters: Filters = {"RecordState": _equals("ACTIVE"), "WorkflowStatus": _equals("NEW", "NOTIFIED")}
    if types:
        filters["Type"] = _begins(*types)
    if resource:
        filters["ResourceType"] = _equals(resource)
    return filters


def _failed_lately() -> Filters:
    return {
        **_open(),
        "UpdatedAt": [{"DateRange": {"Value": 1, "Unit": "DAYS"}}],
        "ComplianceStatus": _equals("FAILED"),
    }


_INSIGHTS: dict[int, tuple[str, str, Filters]] = {
    1: ("AWS resources with the most findings", "ResourceId", _open()),
    3: ("AMIs that are generating the most findings", _IMAGE, _open(resource=_INSTANCE)),
    6: ("AWS resources that don't meet security standards / best practices", "ResourceId", _open(_PRACTICES)),
    7: ("AWS resources associated with potential data exfiltration", "ResourceId", _open("Effects/Data Exfiltration/")),
    8: (
        "AWS resources associated with unauthorized resource consumption",
        "ResourceId",
        _open("Effects/Resource Consumption"),
    ),
    9: (
        "AWS principals with suspicious access key activity",
        "ResourceAwsIamAccessKeyPrincipalName",
        _open(resource=_KEY),
    ),
    10: (
        "S3 buckets with public write or read permissions",
        "ResourceId",
        _open("Effects/Data Exposure", resource=_BUCKET),
    ),
    11: (
        "S3 buckets that don't meet security standards / best practice",
        "ResourceId",
        _open(_PRACTICES, resource=_BUCKET),
    ),
    12: ("S3 buckets with sensitive data", "ResourceId", _open("Sensitive Data Identifications/", resource=_BUCKET)),
    13: ("Credentials that may have leaked", "ResourceId", _open("Sensitive Data Identifications/Passwords/")),
    14: (
        "EC2 instances involved in known Tactics, Techniques, and Procedures (TTPs)",
        "ResourceId",
        _open("TTPs", resource=_INSTANCE),
    ),
    16: (
        "EC2 instances that have missing security patches for important vulnerabilities",
        "ResourceId",
        _open(f"{_CHECKS}/Vulnerabilities/CVE", resource=_INSTANCE),
    ),
    17: (
        "EC2 instances with general unusual behavior",
        "ResourceId",
        _open("Unusual Behaviors", resource=_INSTANCE),
    ),
    18: (
        "EC2 instances that have ports accessible from the Internet",
        "ResourceId",
        _open(_REACHABLE, resource=_INSTANCE),
    ),
    19: (
        "EC2 instances that don't meet security standards / best practices",
        "ResourceId",
        _open(
            f"{_CHECKS}/Industry and Regulatory Standards/",
            f"{_CHECKS}/AWS Security Best Practices",
            resource=_INSTANCE,
        ),
    ),
    21: ("EC2 instances that are open to the Internet", "ResourceId", _open(_REACHABLE, resource=_INSTANCE)),
    22: (
        "EC2 instances associated with adversary reconnaissance",
        "ResourceId",
        _open("TTPs/Discovery/Recon", resource=_INSTANCE),
    ),
    23: (
        "AWS resources that are associated with malware",
        "ResourceId",
        _open(
            "Effects/Data Exfiltration/Trojan",
            "TTPs/Initial Access/Trojan",
            "TTPs/Command and Control/Backdoor",
            "TTPs/Command and Control/Trojan",
            f"{_CHECKS}/Backdoor",
            "Unusual Behaviors/VM/Backdoor",
        ),
    ),
    24: (
        "AWS resources associated with cryptocurrency issues",
        "ResourceId",
        _open("Effects/Resource Consumption/Cryptocurrency", "TTPs/Command and Control/CryptoCurrency"),
    ),
    25: (
        "AWS resources with unauthorized access attempts",
        "ResourceId",
        _open(
            "TTPs/Command and Control/UnauthorizedAccess",
            "TTPs/Initial Access/UnauthorizedAccess",
            "Effects/Data Exfiltration/UnauthorizedAccess",
            "Unusual Behaviors/User/UnauthorizedAccess",
            "Effects/Resource Consumption/UnauthorizedAccess",
        ),
    ),
    26: (
        "Threat Intel indicators with the most hits in the last week",
        "ThreatIntelIndicatorValue",
        {"CreatedAt": [{"DateRange": {"Value": 7, "Unit": "DAYS"}}]},
    ),
    27: ("Top accounts by counts of findings", "AwsAccountId", _open()),
    28: ("Top products by counts of findings", "ProductArn", _open()),
    29: ("Severity by counts of findings", "SeverityLabel", _open()),
    30: ("Top S3 buckets by counts of findings", "ResourceId", _open(resource=_BUCKET)),
    31: ("Top EC2 instances by counts of findings", "ResourceId", _open(resource=_INSTANCE)),
    32: ("Top AMIs by counts of findings", _IMAGE, _open(resource=_INSTANCE)),
    33: ("Top IAM users by counts of findings", "ResourceAwsIamAccessKeyUserName", _open(resource=_KEY)),
    34: (
        "Top resources by counts of failed CIS checks",
        "ResourceId",
        {**_failed_lately(), "GeneratorId": _begins(_CIS)},
    ),
    35: ("Top integrations by counts of findings", "ProductArn", _open()),
    36: ("Resources with the most failed security checks", "ResourceId", _failed_lately()),
    37: ("IAM users with suspicious activity", "ResourceAwsIamUserUserName", _open(resource="AwsIamUser")),
    38: ("Resources with the most AWS Health findings", "ResourceId", {**_open(), "ProductName": _equals("Health")}),
    39: ("Resources with the most AWS Config findings", "ResourceId", {**_open(), "ProductName": _equals("Config")}),
    40: ("Applications with the most findings", "ResourceApplicationArn", _open()),
}
