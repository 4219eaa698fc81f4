"""What a playbook is run for: a finding, taken apart into what can be acted on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from secguard.engine.change import Refusal
from secguard.engine.guardrails import Allowances
from secguard.findings.forms.fields import text
from secguard.findings.forms.involved import key_details, other_ends, role_of
from secguard.findings.record import to_record
from secguard.model import Finding, Resource, Value

_INSTANCE = re.compile(r"(?:^|/)(i-[0-9a-f]{8,17})$")
_KEY = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{8,}\b")
# Types of principal in GuardDuty's `userType` and ASFF's `PrincipalType`.
_KINDS = {
    "IAMUser": "user",
    "Root": "root",
    "AssumedRole": "role",
    "Role": "role",
    "FederatedUser": "federated",
    "SAMLUser": "federated",
    "WebIdentityUser": "federated",
    "IdentityCenterUser": "federated",
    "AWSService": "service",
    "AWSAccount": "account",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One finding, with what the rules need to know about secguard itself."""

    finding: Finding
    hops: tuple[str, ...] = ()
    """The ARN of every identity secguard acts as."""
    never_block: tuple[str, ...] = ()
    allowances: Allowances = Allowances()

    def standing(self, *refusals: Refusal | None) -> tuple[Refusal, ...]:
        """Those of the refusals that no `--allow` lifts."""
        return tuple(refusal for refusal in refusals if refusal is not None and not self._lifts(refusal))

    def _lifts(self, refusal: Refusal) -> bool:
        names = (refusal.what, refusal.what.rpartition(" ")[2])
        return any(self.allowances.permits(refusal.rule, name) for name in names)


def about(finding: Finding) -> dict[str, Value]:
    """What a finding names, as playbooks ask for it: `instances`, `buckets`, `principals`, `ips`, `role`."""
    finding = msgspec.structs.replace(finding, received=finding.raw)  # decoded once for all that look into it
    return {
        "instances": _distinct(_instances(finding)),
        "buckets": _distinct(r.name for r in finding.resources if r.type == "AwsS3Bucket"),
        "principals": _distinct(_principals(finding)),
        "ips": _distinct(other_ends(finding)),
        "role": role_of(finding),
    }


def as_scope(finding: Finding) -> dict[str, Value]:
    """A finding as expressions see it: the fields of its record."""
    return to_record(finding)


def account_of(finding: Finding, target: str) -> str | None:
    """The account that the finding's resource called `target` says it is in."""
    accounts = (resource.account for resource in finding.resources if target in (resource.name, resource.id))
    return next(filter(None, accounts), None)


def _instances(finding: Finding) -> Iterator[str]:
    for resource in finding.resources:
        match = _INSTANCE.search(resource.id) if resource.type == "AwsEc2Instance" else None
        if match:
            yield match[1]


def _principals(finding: Finding) -> Iterator[dict[str, Value]]:
    details = key_details(finding)
    for resource in finding.resources:
        match resource.type:
            case "AwsIamAccessKey":
                yield _key_owner(resource, details.get(resource.id, {}))
            case "AwsIamUser":
                yield {"kind": "user", "name": resource.name, "key": None}
            case "AwsIamRole":
                yield {"kind": "role", "name": resource.name, "key": None}


def _key_owner(resource: Resource, details: Mapping[str, Any]) -> dict[str, Value]:
    named = text(details.get("UserName")) or text(details.get("PrincipalName"))
    key = _KEY.search(text(details.get("AccessKeyId")) or resource.id)
    spelled = text(details.get("PrincipalType")) or ""
    # Long-term keys (AKIA) are a user's, or root's; the sessions of roles have others (IAM's table of unique ids).
    otherwise = "user" if key and key[0].startswith("AKIA") else "unknown"
    return {"kind": _KINDS.get(spelled, otherwise), "name": named, "key": key[0] if key else None}


def _distinct(values: Iterator[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
