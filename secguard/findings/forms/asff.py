"""Read findings in ASFF, the format of Security Hub CSPM, whoever wrote them: what is missing or odd becomes null.

Pure. Only what has no `Id`, or is no object, can't be read; it is named with its position and the rest goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from secguard.findings.forms.actor import actor_of
from secguard.findings.forms.arn import account_in, region_in, told_by
from secguard.findings.forms.console import console_url
from secguard.findings.forms.controls import control_of, standards_of
from secguard.findings.forms.fields import inside, kind_of, mappings, number, text, texts
from secguard.findings.forms.products import GUARDDUTY, NAMES
from secguard.findings.forms.samples import is_sample_asff
from secguard.findings.forms.signals import signals_of_asff
from secguard.findings.forms.times import read_time
from secguard.model import (
    SHORT_ID_DIGITS,
    Finding,
    Resource,
    Severity,
    Source,
    Technique,
    Workflow,
    fingerprint,
)

_GUARDDUTY_ARN = re.compile(r"arn:[^:]+:securityhub:[^:]*::product/aws/guardduty")
# `TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce`: Security Hub writes a dash for GuardDuty's slash.
_REWRITTEN = re.compile(r"(?:.*/)?([A-Za-z0-9]+:[A-Za-z0-9]+)[-/](.+)")
_ACCESS_KEY = "AwsIamAccessKey"
# `TTPs/Credential Access/IAMUser-AnomalousBehavior`, `TTPs/Discovery/RDS-TorIPCaller`: the purpose stands apart.
_PURPOSE_APART = re.compile(r"TTPs/(?P<purpose>[A-Za-z ]+)/(?P<resource>IAMUser|RDS)-(?P<rest>.+)")
# `TTPs/AnomalousBehavior/Execution:Kubernetes-ExecInPod`: the family stands apart.
_FAMILY_APART = re.compile(r"TTPs/(AnomalousBehavior)/([A-Za-z]+:Kubernetes)-(.+)")
_RESPELLED = {
    "EC2:Unusual/DNS-Resolver": "DefenseEvasion:EC2/UnusualDNSResolver",
    "EC2:Unusual/DoH-Activity": "DefenseEvasion:EC2/UnusualDoHActivity",
    "EC2:Unusual/DoT-Activity": "DefenseEvasion:EC2/UnusualDoTActivity",
    "Impact:Runtime/SuspiciousDomainRequest.Reputatio": "Impact:Runtime/SuspiciousDomainRequest.Reputation",
    "Trojan:EC2/DNSDataExfiltration!DNS": "Trojan:EC2/DNSDataExfiltration",
}
"""The types that Security Hub names otherwise than GuardDuty does, as the GuardDuty user guide's table of both says."""
LABEL_SCORES = {
    Severity.INFORMATIONAL: 0,
    Severity.LOW: 1,
    Severity.MEDIUM: 40,
    Severity.HIGH: 70,
    Severity.CRITICAL: 90,
}
"""The normalized score that Security Hub gives a finding which has a label alone."""
TACTICS = (
    "Reconnaissance",
    "Resource Development",
    "Initial Access",
    "Execution",
    "Persistence",
    "Privilege Escalation",
    "Defense Evasion",
    "Credential Access",
    "Discovery",
    "Lateral Movement",
    "Collection",
    "Command and Control",
    "Exfiltration",
    "Impact",
)
"""MITRE ATT&CK's tactics for enterprises; ASFF's `TTPs/…` categories are named after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """One item that is no finding."""

    position: str
    """Where it stands, as in `us-east-1 item 17`."""
    why: str

    def __str__(self) -> str:
        return f"{self.position}: {self.why}"


def is_asff(item: Any) -> bool:
    """Whether something has the shape of an ASFF finding."""
    return isinstance(item, Mapping) and "Id" in item and bool(item.keys() & {"ProductArn", "AwsAccountId"})


def read_asff(
    item: Any, *, position: str, source: Source = Source.SECURITY_HUB, received: Any = None
) -> Finding | Unreadable:
    """One ASFF finding, not yet ranked. `received`: what it keeps as what the source said, where that is not `item`."""
    if not isinstance(item, Mapping):
        return Unreadable(position=position, why=f"not a finding but {kind_of(item)}")
    finding_id = text(item.get("Id"))
    if finding_id is None:
        return Unreadable(position=position, why="a finding without an Id")
    product_arn = text(item.get("ProductArn")) or ""
    resources = tuple(_resource(part) for part in mappings(item.get("Resources")))
    severity, score = _severity(item)
    types = types_of(_said_types(item), guardduty=_is_guardduty(item))
    region = _region(item, finding_id, resources)
    return Finding(
        id=finding_id,
        short_id=fingerprint(product_arn, finding_id)[:SHORT_ID_DIGITS],
        product_arn=product_arn,
        source=source,
        product=_product(item),
        account=_account(item, finding_id, resources),
        region=region,
        severity=severity,
        severity_score=score,
        priority=0,
        priority_reasons=(),
        title=(text(item.get("Title")) or (types[0] if types else finding_id)).strip(),
        description=(text(item.get("Description")) or "").strip(),
        types=types,
        resources=resources,
        actor=actor_of(item),
        workflow_status=_workflow(item),
        record_state=_upper(item.get("RecordState")),
        compliance_status=_upper(inside(item, "Compliance").get("Status")),
        control_id=control_of(item),
        standards=standards_of(item),
        count=count_in(inside(item, "ProductFields")),
        first_seen=_seen(item, "FirstObservedAt", "eventFirstSeen"),
        last_seen=_seen(item, "LastObservedAt", "eventLastSeen"),
        updated_at=read_time(item.get("UpdatedAt")),
        sample=is_sample_asff(item),
        console_url=console_url(finding_id, product_arn=product_arn, region=region),
        mitre=tactics_of(types),
        signals=signals_of_asff(item),
        received=item if received is None else received,
    )


@lru_cache(maxsize=1024)
def guardduty_type(asff_type: str) -> str | None:
    """GuardDuty's own spelling of a type that Security Hub rewrote, or None where it is none of GuardDuty's."""
    apart = _PURPOSE_APART.fullmatch(asff_type)
    if apart:
        return f"{apart['purpose'].replace(' ', '')}:{apart['resource']}/{apart['rest']}"
    match = _REWRITTEN.fullmatch(_FAMILY_APART.sub(r"\2-\1.\3", asff_type))
    if match is None:
        return None
    spelled = f"{match[1]}/{match[2]}"
    return _RESPELLED.get(spelled, spelled)


def _is_guardduty(item: Mapping[str, Any]) -> bool:
    return item.get("ProductName") == GUARDDUTY or is_guardduty_arn(text(item.get("ProductArn")) or "")


@lru_cache(maxsize=1024)
def is_guardduty_arn(product_arn: str) -> bool:
    """Whether a product's ARN is GuardDuty's."""
    return _GUARDDUTY_ARN.fullmatch(product_arn) is not None


def _said_types(item: Mapping[str, Any]) -> tuple[str, ...]:
    return texts(item.get("Types")) or texts(inside(item, "FindingProviderFields").get("Types"))


@lru_cache(maxsize=1024)  # there are few types
def types_of(said: tuple[str, ...], *, guardduty: bool) -> tuple[str, ...]:
    """The types of a finding as it says them, in front of them GuardDuty's own spelling."""
    own = tuple(filter(None, map(guardduty_type, said))) if guardduty else ()
    return tuple(dict.fromkeys((*own, *said)))


def _product(item: Mapping[str, Any]) -> str:
    named = text(item.get("ProductName")) or text(inside(item, "ProductFields").get("aws/securityhub/ProductName"))
    return named or product_in(text(item.get("ProductArn")) or "")


@lru_cache(maxsize=1024)  # there are few products
def product_in(product_arn: str) -> str:
    """The name of the product that has this ARN."""
    vendor, _, name = product_arn.rpartition("/")
    return NAMES.get(name, name) if vendor.endswith("product/aws") else name or "unknown"


def _severity(item: Mapping[str, Any]) -> tuple[Severity, int]:
    """The label decides, as in Security Hub; a score of another level gives way to the label's own."""
    said = inside(item, "Severity") or inside(item, "FindingProviderFields", "Severity")
    score = number(said.get("Normalized"))
    if score is not None and not 0 <= score <= 100:
        score = None
    labels = (_label(said.get(key)) for key in ("Label", "Original"))
    label = next((label for label in labels if label is not None), None)
    if label is None:
        return (Severity.of_normalized(score), int(score)) if score is not None else _by_product(item, said)
    return severity_of(label, score)


def severity_of(label: Severity, score: float | None) -> tuple[Severity, int]:
    """The label with its score: the one said, where it is of that level."""
    fits = score is not None and 0 <= score <= 100 and Severity.of_normalized(score) == label
    return label, int(score) if fits and score is not None else LABEL_SCORES[label]


def _by_product(item: Mapping[str, Any], said: Mapping[str, Any]) -> tuple[Severity, int]:
    own = number(said.get("Product")) if _is_guardduty(item) else None
    label = Severity.INFORMATIONAL if own is None else Severity.of_guardduty(own)
    return label, LABEL_SCORES[label]


def _label(value: Any) -> Severity | None:
    named = (text(value) or "").strip().upper()
    return Severity.__members__.get(named)


def _workflow(item: Mapping[str, Any]) -> Workflow | None:
    status = _upper(inside(item, "Workflow").get("Status"))
    return Workflow.__members__.get(status or "")


def _account(item: Mapping[str, Any], finding_id: str, resources: tuple[Resource, ...]) -> str:
    named = text(item.get("AwsAccountId"))
    if named:
        # A number loses its leading zeros.
        return named.strip().zfill(12) if named.strip().isdigit() else named.strip()
    return account_in(finding_id) or next(filter(None, (resource.account for resource in resources)), "")


def _region(item: Mapping[str, Any], finding_id: str, resources: tuple[Resource, ...]) -> str:
    named = text(item.get("Region")) or region_in(text(item.get("ProductArn")) or "") or region_in(finding_id)
    return (named or next(filter(None, (resource.region for resource in resources)), "")).strip()


def _resource(part: Mapping[str, Any]) -> Resource:
    kind = text(part.get("Type")) or "Other"
    return resource_of(
        kind,
        text(part.get("Id")) or "",
        region=text(part.get("Region")),
        tags=dict(_named(inside(part, "Tags"))),
        details=lambda: inside(part, "Details", kind),
    )


def resource_of(
    kind: str, identifier: str, *, region: str | None, tags: dict[str, str], details: Callable[[], Mapping[Any, Any]]
) -> Resource:
    """A resource; its `details` are asked for where the rest does not tell whose it is."""
    name, arn_region, account = _known(identifier)
    if kind == _ACCESS_KEY or account is None:
        said = details()
        account = account or text(said.get("OwnerAccountId")) or text(said.get("AccountId"))
        name = (_user_of_key(said) if kind == _ACCESS_KEY else None) or name
    return Resource(
        type=kind, id=identifier, name=name or kind, region=region or arn_region, account=account, tags=tags
    )


_known = lru_cache(maxsize=4096)(told_by)  # what has one finding often has several


def _named(tags: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    names = map(text, tags)
    return ((name, text(str(value)) or "") for name, value in zip(names, tags.values(), strict=True) if name)


def _user_of_key(details: Mapping[Any, Any]) -> str | None:
    """An access key is known by whose it is."""
    return text(details.get("UserName")) or text(details.get("PrincipalName"))


def count_in(fields: Mapping[Any, Any]) -> int | None:
    """How often it was seen, as ProductFields tell."""
    found = number(fields.get("aws/guardduty/service/count", fields.get("count")))
    return int(found) if found is not None and found >= 0 else None


def _seen(item: Mapping[str, Any], key: str, guardduty_key: str) -> datetime | None:
    fields = inside(item, "ProductFields")
    flattened = fields.get(f"aws/guardduty/service/{guardduty_key}", fields.get(guardduty_key))
    return read_time(item.get(key)) or read_time(flattened)


@lru_cache(maxsize=1024)  # there are few types
def tactics_of(types: tuple[str, ...]) -> tuple[Technique, ...]:
    """The tactics after which ASFF names a finding's types."""
    named = {kind.split("/")[1].strip().lower() for kind in types if kind.startswith("TTPs/")}
    return tuple(Technique(tactic=tactic) for tactic in TACTICS if tactic.lower() in named)


def _upper(value: Any) -> str | None:
    named = text(value)
    return named.strip().upper() if named else None
