"""Where in a finding each attribute stands that GetFindings, insights and rules filter by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from moto.core.utils import get_service_model

from secguard.sandbox.limits import Shape

# Attributes whose path does not follow from their name.
_EXCEPTIONS = {
    "Type": "Types",
    "RecommendationText": "Remediation.Recommendation.Text",
    "WorkflowState": "WorkflowState",
    "ComplianceAssociatedStandardsId": "Compliance.AssociatedStandards.StandardsId",
    "ComplianceSecurityControlParametersName": "Compliance.SecurityControlParameters.Name",
    "ComplianceSecurityControlParametersValue": "Compliance.SecurityControlParameters.Value",
    "FindingProviderFieldsRelatedFindingsId": "FindingProviderFields.RelatedFindings.Id",
    "FindingProviderFieldsRelatedFindingsProductArn": "FindingProviderFields.RelatedFindings.ProductArn",
    "FindingProviderFieldsSeverityLabel": "FindingProviderFields.Severity.Label",
    "FindingProviderFieldsSeverityOriginal": "FindingProviderFields.Severity.Original",
    "ResourceDetailsOther": "Resources.Details.Other",
    "ResourceOwnerAccountId": "Resources.Owner.Account.Id",
    "ResourceOwnerOrgId": "Resources.Owner.Org.Id",
}
# The longest prefix that fits comes first: what stands before the rest of the name.
_PREFIXES = (
    ("ResourceAwsEc2Instance", "Resources.Details.AwsEc2Instance"),
    ("ResourceAwsS3Bucket", "Resources.Details.AwsS3Bucket"),
    ("ResourceAwsIamAccessKey", "Resources.Details.AwsIamAccessKey"),
    ("ResourceAwsIamUser", "Resources.Details.AwsIamUser"),
    ("ResourceContainer", "Resources.Details.Container"),
    ("Resource", "Resources"),
    ("RelatedFindings", "RelatedFindings"),
    ("FindingProviderFields", "FindingProviderFields"),
    ("ThreatIntelIndicator", "ThreatIntelIndicators"),
    ("Vulnerabilities", "Vulnerabilities"),
    ("Compliance", "Compliance"),
    ("Malware", "Malware"),
    ("Network", "Network"),
    ("Note", "Note"),
    ("Process", "Process"),
    ("Severity", "Severity"),
    ("Workflow", "Workflow"),
)


@cache
def kinds() -> Mapping[str, str]:
    """Every attribute's kind of filter: `StringFilter`, `DateFilter`, …; from the service's own model."""
    shape: Shape = get_service_model("securityhub").shape_for("AwsSecurityFindingFilters")
    return {name: str(member.member.name) for name, member in shape.members.items()}


@cache
def path_of(attribute: str) -> tuple[str, ...]:
    """The steps from a finding to an attribute: `SeverityLabel` is at Severity, Label."""
    if attribute in _EXCEPTIONS:
        return tuple(_EXCEPTIONS[attribute].split("."))
    for prefix, path in _PREFIXES:
        if attribute.startswith(prefix) and attribute != prefix:
            return (*path.split("."), attribute.removeprefix(prefix))
    return (attribute,)


def values_at(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    """What stands at the end of a path; a list on the way stands for each of its items."""
    if isinstance(value, list):
        for item in value:
            yield from values_at(item, steps)
    elif not steps:
        if value is not None:
            yield value
    elif isinstance(value, dict) and steps[0] in value:
        yield from values_at(value[steps[0]], steps[1:])
