"""Turn a GuardDuty finding into what GuardDuty sends to Security Hub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.utils import get_service_model

from secguard.sandbox.guardduty.affected import resources
from secguard.sandbox.guardduty.backend import Finding
from secguard.sandbox.limits import Shape

Asff = dict[str, Any]

# GuardDuty's severity bands, and the normalized severity that goes with them. The user guide's example pairs 8 and HIGH
# with 60, which is below Security Hub's own band for HIGH.
_BANDS = ((9.0, "CRITICAL", 90), (7.0, "HIGH", 60), (4.0, "MEDIUM", 40), (1.0, "LOW", 20), (0.0, "INFORMATIONAL", 0))

# The GuardDuty user guide's table of ASFF finding types, told by what its rows have in common: first by the
# threat family, then by the resource, then by the purpose.
_BY_FAMILY = {
    "BucketBlockPublicAccessDisabled": "Effects/Data Exposure",
    "ConsoleLogin": "Unusual Behaviors/User",
    "DriveBySourceTraffic": "TTPs/Initial Access",
    "DropPoint": "Effects/Data Exfiltration",
    "InstanceCredentialExfiltration": "Effects/Data Exfiltration",
    "MetadataDNSRebind": "TTPs",
    "RDPBruteForce": "TTPs/Initial Access",
    "ResourceCredentialExfiltration": "Effects/Data Exfiltration",
    "SSHBruteForce": "TTPs/Initial Access",
    "TorClient": "Effects/Resource Consumption",
    "TorRelay": "Effects/Resource Consumption",
}
_BY_PURPOSE_AND_RESOURCE = {
    "Behavior:EC2": "Unusual Behaviors/VM",
    "Policy:Kubernetes": "Software and Configuration Checks/AWS Security Best Practices",
    "UnauthorizedAccess:EC2": "TTPs/Command and Control",
    "UnauthorizedAccess:Lambda": "TTPs/Command and Control",
}
_BY_PURPOSE = {
    "Backdoor": "TTPs/Command and Control",
    "Behavior": "Unusual Behaviors/User",
    "CredentialAccess": "TTPs/Credential Access",
    "CryptoCurrency": "TTPs/Command and Control",
    "DefenseEvasion": "TTPs/Defense Evasion",
    "Discovery": "TTPs/Discovery",
    "Execution": "TTPs/Execution",
    "Exfiltration": "TTPs/Exfiltration",
    "Impact": "TTPs/Impact",
    "InitialAccess": "TTPs/Initial Access",
    "Persistence": "TTPs/Persistence",
    "PrivilegeEscalation": "TTPs/Privilege Escalation",
    "Recon": "TTPs/Discovery",
    "Stealth": "TTPs/Defense Evasion",
    "Trojan": "TTPs/Command and Control",
}


def from_guardduty(finding: Finding) -> Asff:
    """The finding in the AWS Security Finding Format, without what Security Hub adds on arrival."""
    partition, region = finding["partition"], finding["region"]
    service = finding["service"]
    severity = _severity(float(finding["severity"]))
    types = [asff_type(finding["type"])]
    console = f"https://{region}.console.aws.amazon.com/guardduty/home?region={region}"
    asff = {
        "SchemaVersion": "2018-10-08",
        "Id": finding["arn"],
        "ProductArn": f"arn:{partition}:securityhub:{region}::product/aws/guardduty",
        "GeneratorId": finding["arn"].partition("/finding/")[0],
        "AwsAccountId": finding["accountId"],
        "Types": types,
        "FirstObservedAt": service["eventFirstSeen"],
        "LastObservedAt": service["eventLastSeen"],
        "CreatedAt": finding["createdAt"],
        "UpdatedAt": finding["updatedAt"],
        "Severity": severity,
        "Title": finding["title"],
        "Description": finding["description"],
        "SourceUrl": f"{console}#/findings?macros=current&fId={finding['id']}",
        "ProductFields": dict(_flattened("aws/guardduty/service", service)),
        "Resources": resources(finding),
        "FindingProviderFields": {
            "Severity": {"Label": severity["Label"], "Original": severity["Original"]},
            "Types": types,
        },
        "Sample": is_sample(finding),
    }
    action = _action(service)
    return {**asff, **({"Action": action} if action else {})}


def asff_type(kind: str) -> str:
    """`Backdoor:EC2/C&CActivity.B` becomes `TTPs/Command and Control/Backdoor:EC2-C&CActivity.B`."""
    if kind.startswith("AttackSequence:"):
        return f"TTPs/{kind}"
    purpose_and_resource, _, threat = kind.partition("/")
    family = re.split(r"[.!]", threat)[0]
    category = (
        _BY_FAMILY.get(family)
        or _BY_PURPOSE_AND_RESOURCE.get(purpose_and_resource)
        or _BY_PURPOSE.get(purpose_and_resource.partition(":")[0], "TTPs")
    )
    return f"{category}/{purpose_and_resource}-{threat}"


def is_sample(finding: Finding) -> bool:
    """Whether CreateSampleFindings made it: its `additionalInfo` says so, in JSON in a string."""
    value = finding["service"].get("additionalInfo", {}).get("value") or "{}"
    return bool(json.loads(value).get("sample", False))


def _severity(number: float) -> dict[str, Any]:
    label, normalized = next((label, normalized) for floor, label, normalized in _BANDS if number >= floor)
    return {"Product": number, "Label": label, "Normalized": normalized, "Original": f"{number:g}"}


def _flattened(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """Slashes between names, `name.0_` for an item of a list, text for all values. An empty object is an empty text."""
    match value:
        case dict() if value:
            for name, inside in value.items():
                yield from _flattened(f"{path}/{name}", inside)
        case dict():
            yield path, ""
        case list():
            for index, inside in enumerate(value):
                yield from _flattened(f"{path}.{index}_", inside)
        case bool():
            yield path, str(value).lower()
        case float():
            yield path, f"{value:.10g}"
        case None:
            return
        case _:
            yield path, str(value)


def _action(service: Mapping[str, Any]) -> dict[str, Any] | None:
    """The action, for the four kinds of action that ASFF knows."""
    shape = get_service_model("securityhub").shape_for("Action")
    action = service.get("action", {})
    kinds = {"NETWORK_CONNECTION", "AWS_API_CALL", "DNS_REQUEST", "PORT_PROBE"}
    return _recast(shape, action) if action.get("actionType") in kinds else None


def _recast(shape: Shape, value: Any) -> Any:
    """GuardDuty's value in the form of ASFF's shape; what the shape does not have is left out."""
    match shape.type_name:
        case "structure":
            lower = {name: name[0].lower() + name[1:] for name in shape.members}
            present = {name: value.get(lower[name]) for name in shape.members}
            return {name: _recast(shape.members[name], each) for name, each in present.items() if each is not None}
        case "list":
            return [_recast(shape.member, item) for item in value]
        case "map":
            return {str(name): str(each) for name, each in value.items()}
        case "integer":
            return int(value)
        case "double":
            return float(value)
        case _:
            return value
