"""Hold a finding with all that a teller asks of it: who, what, and what GuardDuty says of the event. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from secguard.findings.forms.fields import inside, mappings, text
from secguard.findings.forms.guardduty import remote_end
from secguard.findings.forms.involved import key_details
from secguard.findings.telling.said import details_of, service_of
from secguard.findings.telling.threat import Threat, threat_of
from secguard.findings.telling.words import end, piece, where
from secguard.model import Finding, Resource

Part = Mapping[Any, Any]

_KEY = "AwsIamAccessKey"
_KINDS = {
    "AwsAutoScalingAutoScalingGroup": "Auto Scaling group",
    "AwsBackupRecoveryPoint": "recovery point",
    "AwsEc2SecurityGroup": "security group",
    "AwsEc2Vpc": "VPC",
    "AwsEcrContainerImage": "container image",
    "AwsEcsCluster": "ECS cluster",
    "AwsEksCluster": "EKS cluster",
    "AwsElbv2LoadBalancer": "load balancer",
    "AwsRdsDbCluster": "database cluster",
    "AwsRdsDbInstance": "database",
    "AwsRdsDbShardGroup": "database shard group",
    "AwsWafv2WebAcl": "web ACL",
    "KubernetesWorkload": "workload",
}
"""What one calls those whose type does not end with the word for them, as `AwsS3Bucket` does."""
_LAST_WORD = re.compile(r"(?:Aws\w*|Container|Kubernetes\w*?)??(?P<word>[A-Z][a-z]+)")
_PRINCIPALS = {
    "assumedrole": "role",
    "awsaccount": "account",
    "awsservice": "service",
    "federateduser": "federated user",
    "iamuser": "user",
    "role": "role",
    "samluser": "federated user",
    "user": "user",
}
"""CloudTrail's `userIdentity.type` in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A finding with what tellers ask of it."""

    finding: Finding
    service: Part
    details: Part
    threat: Threat | None

    @classmethod
    def of(cls, finding: Finding) -> Case:
        """The case of this finding, whose text is decoded once."""
        finding = msgspec.structs.replace(finding, received=finding.raw)
        return cls(
            finding=finding, service=service_of(finding), details=details_of(finding), threat=threat_of(finding.types)
        )

    @property
    def family(self) -> str:
        """The threat's, or nothing."""
        return self.threat.family if self.threat else ""

    @property
    def resource_acts(self) -> bool:
        """Whether GuardDuty takes the resource for the one that acts."""
        return (text(self.service.get("resourceRole")) or "").upper() == "ACTOR"

    @property
    def info(self) -> Part:
        """GuardDuty's `additionalInfo`."""
        return inside(self.service, "additionalInfo")

    def action(self, kind: str) -> Part:
        """What the finding says of an action of this kind: `awsApiCallAction`."""
        return inside(self.service, "action", kind)

    def who(self, action: Part) -> str | None:
        """The remote end of an action, or else of the finding."""
        return end(remote_end(inside(action, "remoteIpDetails"))) or end(self.finding.actor)

    @property
    def what(self) -> str:
        """What it is about, in a few words."""
        return self.name_of(next(iter(self.finding.resources), None))

    @property
    def what_here(self) -> str:
        """The same with its account and Region: `i-0abc (web-1) in 123456789012 eu-west-1`."""
        return f"{self.what}{self.here}"

    @property
    def here(self) -> str:
        """` in 123456789012 eu-west-1`; without the account where that is what it is about."""
        return where(self.finding, account=all(each.type != "AwsAccount" for each in self.finding.resources[:1]))

    def name_of(self, resource: Resource | None) -> str:
        """A resource as one says it."""
        return named(resource) if resource else "something that is not named"

    def first(self, *kinds: str) -> Resource | None:
        """The first resource of one of these kinds."""
        return next((resource for resource in self.finding.resources if resource.type in kinds), None)

    @property
    def principal(self) -> str | None:
        """Whose credentials were used: `role deploy-bot`."""
        key = self.first(_KEY)
        if key is None:
            return None
        known = key_details(self.finding).get(key.id) or {}
        return identity(known.get("PrincipalType") or known.get("principalType"), key.name)

    @property
    def targets(self) -> list[str]:
        """The resources apart from the credentials that were used: `bucket logs`, `object a.csv`."""
        return [named(each) for each in self.finding.resources if each.type not in (_KEY, "AwsAccount")]

    @property
    def raw_resources(self) -> tuple[Part, ...]:
        """The resources as the source wrote them, in ASFF."""
        return mappings(inside(self.finding.raw).get("Resources"))


def identity(kind: Any, name: Any) -> str | None:
    """An identity of CloudTrail's as one says it: `role deploy-bot`, `the root user`."""
    type_, called = (piece(kind) or "").lower(), piece(name)
    if "root" in (type_, "" if type_ else (called or "").lower()):
        return "the root user"
    return f"{_PRINCIPALS.get(type_, 'identity')} {called}" if called else None


def named(resource: Resource) -> str:
    """A resource as one says it: `i-0abc (web-1)`, `bucket acme-data`."""
    name = piece(resource.name) or "something that is not named"
    kind = _KINDS.get(resource.type) or _last_word(resource.type) or "resource"
    tag = piece(resource.tags.get("Name"))
    known = f" ({tag})" if tag and tag != name else ""
    if resource.type == _KEY:
        kind = "access key" if name.startswith(("AKIA", "ASIA")) else "access key of"
    return f"{name}{known}" if _says(name, kind) else f"{kind} {name}{known}"


def _last_word(kind: str) -> str | None:
    match = _LAST_WORD.fullmatch(kind)
    return match["word"].lower() if match and kind != "Other" else None


def _says(name: str, kind: str) -> bool:
    """Whether a name shows of itself what it is the name of: `i-0abc`, `vpc-0abc`."""
    return name.startswith(("i-", f"{kind.lower()}-")) or name.lower() == kind
