"""What ties a finding to others: the addresses, principals and resources of what was done. Pure.

Only a finding that tells of an act has ties. One that tells how something is (a control, a vulnerability, a permission)
is known about a resource and no part of what happened to it: a bucket with 300 of them is no incident.

Not everything that two findings share ties them, since one tie too many makes one incident of a whole organization:

- an address: not a private one, nor Amazon's own or a content network's, which thousands share, nor one that GuardDuty
  knows as Tor's; and never its autonomous system alone;
- a principal: the user, the access key, the session of a role. Never a role alone, which many sessions share;
- a resource: not an account, a network, an image, a template; a cluster only where nothing in it is named;
- an attack sequence: GuardDuty itself has tied its signals, at whatever time they were.

What is a bare name has the account and the Region before it: two accounts may each have a `default/web`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from secguard.findings.forms.actor import actors_of
from secguard.findings.forms.arn import account_in, name_in, parse_arn
from secguard.findings.forms.asff import is_asff
from secguard.findings.forms.attack_sequence import SEQUENCES, Principal, sequence_of
from secguard.findings.forms.fields import inside, mappings, text
from secguard.findings.forms.guardduty import actors_in as actors_of_guardduty
from secguard.findings.forms.guardduty import camel_case
from secguard.findings.forms.ocsf import actors_in as actors_of_ocsf
from secguard.findings.forms.ocsf import is_ocsf
from secguard.findings.forms.products import GUARDDUTY
from secguard.model import Actor, Finding, Resource


class Kind(StrEnum):
    """What kind of thing ties findings; the strongest first."""

    SEQUENCE = "attack sequence"
    KEY = "access key"
    USER = "user"
    SESSION = "role session"
    RESOURCE = "resource"
    ADDRESS = "address"


PRINCIPALS = (Kind.USER, Kind.SESSION, Kind.KEY)


class Key(NamedTuple):
    """One thing that ties every finding that has it."""

    kind: Kind
    value: str
    """Unique within its kind, however the source spells it: `123456789012/deploy-bot`, `i-0abc`, an ARN, an address."""


ACTS = ("TTPs", "Effects", "Unusual Behaviors")
"""The categories of ASFF's types that tell of something done."""
_EXPOSURE = "Effects/Data Exposure/"
"""Except for GuardDuty's, these tell that something can be reached, not that somebody did anything."""
_EXAMPLES = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))
"""Addresses of documentation. They are nobody's, so they are no shared way out either."""
_SHARED_SYSTEMS = frozenset({"16509", "14618", "13335", "54113", "20940"})
"""Amazon's two autonomous systems (services, and every NAT gateway), Cloudflare's, Fastly's and Akamai's."""
_TOR = re.compile(r"\bTor\b|Tor(?:IPCaller|Client|Relay)", re.ASCII)
_ACCESS_KEY = re.compile(r"(?:.*[:/])?(A[KS]IA[A-Z0-9]{12,124})")
_INSTANCE = re.compile(r"(?:.*[:/])?(i-[0-9a-f]{8,17})")
_NEVER = frozenset(
    {
        "AwsAccount",
        "AwsCloudFormationStack",
        "AwsEc2Image",
        "AwsEc2LaunchTemplate",
        "AwsEc2NetworkAcl",
        "AwsEc2RouteTable",
        "AwsEc2SecurityGroup",
        "AwsEc2Subnet",
        "AwsEc2Vpc",
        "AwsIamInstanceProfile",
        "AwsIamRole",
        "Other",
    }
)
"""Resources that have too many others in them, or belong to too many."""
_HOUSES = frozenset({"AwsAutoScalingAutoScalingGroup", "AwsEcsCluster", "AwsEksCluster"})
_NOUNS = {"AwsEc2Instance": "instance", "AwsS3Bucket": "bucket"}


def is_act(finding: Finding) -> bool:
    """Whether a finding tells of something that was done, and not of how something is."""
    if finding.control_id or finding.compliance_status:
        return False
    if finding.product == GUARDDUTY:
        return True
    return bool(finding.mitre) or any(
        kind.partition("/")[0] in ACTS and not kind.startswith(_EXPOSURE) for kind in finding.types
    )


def is_sequence(finding: Finding) -> bool:
    """Whether it is an attack sequence: GuardDuty's own account of an incident."""
    return any(kind.startswith(SEQUENCES) for kind in finding.types[:1])


def is_attempt(finding: Finding) -> bool:
    """Whether someone reached for a thing from outside, and nothing says that they got in.

    `finding.raw` is read: an inbound connection to the target, a port probe, a login that failed.
    """
    if any(kind.endswith(".FailedLogin") for kind in finding.types[:1]):
        return True
    action, direction, role = _way(finding.raw)
    if action == "PORT_PROBE":
        return True
    return action == "NETWORK_CONNECTION" and direction == "INBOUND" and role != "ACTOR"


def keys_of(finding: Finding) -> dict[Key, str]:
    """What ties a finding that tells of an act, each with what it is called: `address 203.0.113.7`, `user deploy-bot`.

    `finding.raw` is read.
    """
    raw = finding.raw
    named: dict[Key, str] = {}
    for key, called in (
        *_addresses(finding, raw),
        *_principals(finding, raw),
        *_resources(finding),
        *_sequences(finding, raw),
    ):
        named.setdefault(key, called)
    return named


def ends_of(finding: Finding) -> list[Actor]:
    """Every other end that a finding names, each address once; also those that tie nothing. `finding.raw` is read."""
    return _ends(finding, finding.raw)


def _way(raw: Any) -> tuple[str, str, str]:
    """The kind of action, its direction and the part the resource plays, in GuardDuty's words."""
    if is_asff(raw):
        fields, action = inside(raw, "ProductFields"), inside(raw, "Action")
        base = "aws/guardduty/service"
        direction = fields.get(f"{base}/action/networkConnectionAction/connectionDirection")
        return (
            _upper(fields.get(f"{base}/action/actionType") or action.get("ActionType")),
            _upper(direction or inside(action, "NetworkConnectionAction").get("ConnectionDirection")),
            _upper(fields.get(f"{base}/resourceRole")),
        )
    if is_ocsf(raw):
        ends = {_upper(inside(each, "connection_info").get("direction")) for each in mappings(raw.get("evidences"))}
        return ("NETWORK_CONNECTION", "INBOUND", "") if ends == {"INBOUND"} else ("", "", "")
    service = inside(camel_case(inside(raw, "service") or inside(raw, "Service")))
    action = inside(service, "action")
    said = (action.get("actionType"), inside(action, "networkConnectionAction").get("connectionDirection"))
    return _upper(said[0]), _upper(said[1]), _upper(service.get("resourceRole"))


def _upper(value: Any) -> str:
    return (text(value) or "").upper()


def _addresses(finding: Finding, raw: Any) -> Iterator[tuple[Key, str]]:
    over_tor = any(_TOR.search(kind) for kind in finding.types[:1])
    for end in _ends(finding, raw):
        if end.ip and not over_tor and _is_ones_own(end.ip, end.asn, end.org):
            yield Key(Kind.ADDRESS, end.ip), f"address {end.ip}"


@lru_cache(maxsize=4096)  # an attacker is seen many times
def _is_ones_own(ip: str, asn: str | None, org: str | None) -> bool:
    """Whether whoever has this address may be taken for one and the same."""
    address = ipaddress.ip_address(ip)
    if not address.is_global and not any(address in example for example in _EXAMPLES):
        return False
    return (asn or "").upper().removeprefix("AS") not in _SHARED_SYSTEMS and not _TOR.search(org or "")


def _ends(finding: Finding, raw: Any) -> list[Actor]:
    if is_asff(raw):
        told = actors_of(raw)
    elif is_ocsf(raw):
        told = actors_of_ocsf(raw)
    else:
        told = actors_of_guardduty(camel_case(raw))
    sequence = sequence_of(raw).endpoints if is_sequence(finding) else ()
    every = [*([finding.actor] if finding.actor else []), *told, *sequence]
    return list({end.ip: end for end in reversed(every) if end.ip}.values())[::-1]


def _principals(finding: Finding, raw: Any) -> Iterator[tuple[Key, str]]:
    for who in _who(finding, raw):
        account = who.account or finding.account
        if who.credential and (key := _ACCESS_KEY.fullmatch(who.credential)):
            yield Key(Kind.KEY, key[1]), f"access key {key[1]}"
        match who.kind:
            case "IAMUser" if who.name:
                yield Key(Kind.USER, f"{account}/{who.name}"), f"user {who.name}"
            case "Root":
                yield Key(Kind.USER, f"{account}/root"), f"root user of {account}"
            case "Role" | "AssumedRole" | "FederatedUser":
                yield from _session(who)


def _session(who: Principal) -> Iterator[tuple[Key, str]]:
    _, separator, session = (who.id or "").partition(":")
    if not separator or not session or who.id is None:
        return
    role = f"role {who.name}" if who.name else "role"
    yield Key(Kind.SESSION, who.id), f"{role}, session {session}"
    if _INSTANCE.fullmatch(session):
        # EC2 names the session of an instance's own role after the instance.
        yield Key(Kind.RESOURCE, session), f"instance {session}"


def _who(finding: Finding, raw: Any) -> Iterator[Principal]:
    if is_asff(raw):
        for part in mappings(raw.get("Resources")):
            yield _of_key(camel_case(inside(part, "Details", "AwsIamAccessKey")))
    elif is_ocsf(raw):
        for evidence in mappings(raw.get("evidences")):
            yield _of_user(inside(evidence, "actor", "user"))
        for part in mappings(raw.get("resources")):
            yield _of_key(camel_case(inside(part, "data")))
    else:
        resource = inside(raw, "resource") or inside(raw, "Resource")
        yield _of_key(camel_case(inside(resource, "accessKeyDetails") or inside(resource, "AccessKeyDetails")))
    if is_sequence(finding):
        yield from sequence_of(raw).principals


def _of_key(said: Mapping[Any, Any]) -> Principal:
    """An access key's details: GuardDuty's, and ASFF's in camelCase."""
    return Principal(
        kind=text(said.get("userType")) or text(said.get("principalType")) or "",
        id=text(said.get("principalId")),
        name=text(said.get("userName")) or text(said.get("principalName")),
        credential=text(said.get("accessKeyId")),
        account=text(said.get("accountId")),
    )


def _of_user(said: Mapping[Any, Any]) -> Principal:
    return Principal(
        kind=text(said.get("type")) or "",
        id=text(said.get("uid")),
        name=text(said.get("name")),
        credential=text(said.get("credential_uid")),
        account=text(inside(said, "account").get("uid")),
    )


def _resources(finding: Finding) -> Iterator[tuple[Key, str]]:
    smaller = any(resource.type not in _HOUSES and resource.type not in _NEVER for resource in finding.resources)
    cluster = next((resource.id for resource in finding.resources if resource.type in _HOUSES), "")
    for resource in finding.resources:
        if resource.type in _NEVER or not resource.id or (smaller and resource.type in _HOUSES):
            continue
        yield from _resource(resource, finding, cluster=cluster)


def _resource(resource: Resource, finding: Finding, *, cluster: str) -> Iterator[tuple[Key, str]]:
    if resource.type == "AwsIamAccessKey":
        key = _ACCESS_KEY.fullmatch(resource.id)
        if key:
            yield Key(Kind.KEY, key[1]), f"access key {key[1]}"
        return
    if resource.type == "AwsIamUser":
        yield _user(resource, finding)
        return
    instance = _INSTANCE.fullmatch(resource.id)
    noun = _NOUNS.get(resource.type, resource.type)
    if instance:
        yield Key(Kind.RESOURCE, instance[1]), f"instance {instance[1]}"
    elif parse_arn(resource.id):
        yield Key(Kind.RESOURCE, resource.id), f"{noun} {resource.name}"
    else:
        here = f"{finding.account} {finding.region} {cluster} {resource.type} {resource.id}"
        yield Key(Kind.RESOURCE, here), f"{noun} {resource.name}"


def _user(resource: Resource, finding: Finding) -> tuple[Key, str]:
    account = account_in(resource.id) or resource.account or finding.account
    name = name_in(resource.id)
    return Key(Kind.USER, f"{account}/{name}"), f"user {name}"


def _sequences(finding: Finding, raw: Any) -> Iterator[tuple[Key, str]]:
    """Its own id, for a sequence to name it by; the sequence it is of; its signals, where it is one."""
    yield Key(Kind.SEQUENCE, guardduty_id(_own_id(finding, raw))), "attack sequence"
    part_of = text(inside(raw).get("associatedAttackSequenceArn")) or text(
        inside(raw).get("AssociatedAttackSequenceArn")
    )
    if part_of:
        yield Key(Kind.SEQUENCE, guardduty_id(part_of)), "attack sequence"
    if is_sequence(finding):
        for signal in sequence_of(raw).signals:
            yield Key(Kind.SEQUENCE, guardduty_id(signal.uid)), "attack sequence"


def guardduty_id(name: str) -> str:
    """What a finding is called by GuardDuty alone: the last part of its ARN."""
    return name.rpartition("/")[2] if ":guardduty:" in name else name


def _own_id(finding: Finding, raw: Any) -> str:
    """The id that the product gave: what another source calls the same finding by."""
    return (text(inside(raw, "finding_info").get("uid")) if is_ocsf(raw) else None) or finding.id
