"""How each source is asked for findings that share what ties an incident. Pure.

No API can be asked for all of it: Security Hub knows an address that GuardDuty saw by GuardDuty's details alone,
GuardDuty knows no attack sequence by its resources. What a question lets through too much is sorted out by the ties.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, assert_never

from secguard.findings.forms.arn import name_in, parse_arn
from secguard.findings.forms.attack_sequence import sequence_of
from secguard.findings.incidents.ties import ACTS, Key, Kind, is_sequence
from secguard.findings.incidents.tying import Case
from secguard.model import Finding, Source

_MOST_VALUES = 20
"""A filter of Security Hub takes so many, of GuardDuty more."""
_ADDRESS_FIELDS = tuple(
    f"aws/guardduty/service/action/{kind}/remoteIpDetails/ipAddressV4"
    for kind in (
        "awsApiCallAction",
        "kubernetesApiCallAction",
        "networkConnectionAction",
        "portProbeAction/portProbeDetails.0_",
        "rdsLoginAttemptAction",
    )
)
_GUARDDUTY_ADDRESSES = tuple(
    f"service.action.{kind}.remoteIpDetails.ipAddressV4"
    for kind in ("awsApiCallAction", "kubernetesApiCallAction", "networkConnectionAction", "rdsLoginAttemptAction")
)


@dataclass(frozen=True, slots=True)
class Clues:
    """What to ask for; each once, in the order found."""

    findings: dict[str, None] = field(default_factory=dict)
    """Full ids, which a sequence lists."""
    resources: dict[str, None] = field(default_factory=dict)
    """As sources spell them: ARNs mostly."""
    keys: dict[str, None] = field(default_factory=dict)
    names: dict[str, None] = field(default_factory=dict)
    """Of users, and of the roles whose sessions acted."""
    addresses: dict[str, None] = field(default_factory=dict)
    instances: dict[str, None] = field(default_factory=dict)


def clues_in(cases: Iterable[Case], *, asked: Collection[Key]) -> Clues:
    """What to ask for on account of the keys that were not `asked` for yet."""
    clues = Clues()
    for case in cases:
        new = [key for key in case.keys if key not in asked]
        for key in new:
            _take(key, case.finding, clues)
        if new and is_sequence(case.finding):
            clues.findings.update(dict.fromkeys(_listed(case.finding)))
    return clues


def questions(source: Source, clues: Clues) -> Iterator[Any]:
    """What to ask one source's feed, question by question."""
    match source:
        case Source.SECURITY_HUB:
            yield from _for_security_hub(clues)
        case Source.SECURITY_HUB_V2:
            yield from _for_v2(clues)
        case Source.GUARDDUTY:
            yield from _for_guardduty(clues)
        case Source.FILE:
            return
        case _:
            assert_never(source)


def _take(key: Key, finding: Finding, clues: Clues) -> None:
    arn = parse_arn(finding.product_arn)
    partition = arn.partition if arn else "aws"
    match key.kind:
        case Kind.ADDRESS:
            clues.addresses[key.value] = None
        case Kind.KEY:
            clues.keys[key.value] = None
        case Kind.USER:
            account, _, name = key.value.partition("/")
            clues.names[name] = None
            clues.resources[f"arn:{partition}:iam::{account}:user/{name}"] = None
        case Kind.SESSION:
            held = [resource for resource in finding.resources if resource.type == "AwsIamAccessKey"]
            clues.names.update(dict.fromkeys(name_in(resource.name) for resource in held))
        case Kind.RESOURCE if key.value.startswith("i-"):
            clues.instances[key.value] = None
            here = f"arn:{partition}:ec2:{finding.region}:{finding.account}:instance/{key.value}"
            clues.resources[here] = None
        case Kind.RESOURCE:
            # What is a bare name stands after the account, the Region, the cluster and the type.
            clues.resources[key.value if parse_arn(key.value) else key.value.split(" ", 4)[-1]] = None
        case Kind.SEQUENCE:
            return
        case _:
            assert_never(key.kind)


def _listed(sequence: Finding) -> Iterator[str]:
    """The full ids of the findings that a sequence lists; a bare id is of the sequence's own detector."""
    before = sequence.id.rpartition("/")[0]
    for signal in sequence_of(sequence.raw).signals:
        if ":guardduty:" in signal.uid:
            yield signal.uid
        elif ":guardduty:" in before and "/" not in signal.uid and ":" not in signal.uid:
            yield f"{before}/{signal.uid}"


def _for_security_hub(clues: Clues) -> Iterator[dict[str, Any]]:
    acted = {"Type": [{"Value": kind, "Comparison": "PREFIX"} for kind in ACTS], **_ACTIVE}
    for ids in _batches(clues.findings):
        yield {"Id": _equals(ids)}
    known = [*clues.resources, *(name for key in clues.keys for name in (f"AWS::IAM::AccessKey:{key}", key))]
    for ids in _batches(known):
        yield {"ResourceId": _equals(ids), **acted}
    for names in _batches(clues.names):
        yield {"ResourceAwsIamAccessKeyPrincipalName": _equals(names), **acted}
    for addresses in _batches(clues.addresses, most=_MOST_VALUES // len(_ADDRESS_FIELDS)):
        said = [{"Key": name, **each} for name in _ADDRESS_FIELDS for each in _equals(addresses)]
        yield {"ProductFields": said, **_ACTIVE}


_ACTIVE = {"RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}]}


def _for_v2(clues: Clues) -> Iterator[dict[str, Any]]:
    known = [*clues.resources, *(name for key in clues.keys for name in (f"AWS::IAM::AccessKey:{key}", key))]
    for name, values in (("resources.uid", known), ("finding_info.uid", clues.findings)):
        for some in _batches(values):
            yield _either("StringFilters", [{"FieldName": name, "Filter": each} for each in _equals(some)])
    ends = ("evidences.src_endpoint.ip", "evidences.dst_endpoint.ip")
    for some in _batches(clues.addresses, most=_MOST_VALUES // len(ends)):
        blocks = [str(ipaddress.ip_network(address)) for address in some]
        filters = [{"FieldName": end, "Filter": {"Cidr": block}} for end in ends for block in blocks]
        yield _either("IpFilters", filters)


def _either(kind: str, filters: list[dict[str, Any]]) -> dict[str, Any]:
    return {"CompositeFilters": [{kind: filters, "Operator": "OR"}], "CompositeOperator": "AND"}


def _for_guardduty(clues: Clues) -> Iterator[dict[str, Any]]:
    names = [arn.resource for arn in map(parse_arn, clues.resources) if arn and arn.service == "s3"]
    conditions = (
        ("id", [each.rpartition("/")[2] for each in clues.findings]),
        ("resource.accessKeyDetails.accessKeyId", clues.keys),
        ("resource.accessKeyDetails.userName", clues.names),
        ("resource.instanceDetails.instanceId", clues.instances),
        ("resource.s3BucketDetails.name", [name.partition("/")[0] for name in names]),
        *((field_name, clues.addresses) for field_name in _GUARDDUTY_ADDRESSES),
    )
    for attribute, values in conditions:
        for some in _batches(values):
            yield {attribute: {"Equals": some}, **({} if attribute == "id" else _UNARCHIVED)}


_UNARCHIVED = {"service.archived": {"Equals": ["false"]}}


def _batches(values: Iterable[str], *, most: int = _MOST_VALUES) -> Iterator[list[str]]:
    left = iter(dict.fromkeys(values))
    while some := list(islice(left, most)):
        yield some


def _equals(values: Sequence[str]) -> list[dict[str, str]]:
    return [{"Value": value, "Comparison": "EQUALS"} for value in values]
