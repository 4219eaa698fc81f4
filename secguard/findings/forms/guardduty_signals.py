"""Read what a finding in GuardDuty's own form says of how soon to look at it. Pure.

Everything here takes GuardDuty's camelCase. The names are those of Service, Resource and Sequence in its API model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from secguard.findings.forms.fields import inside, mappings, number, text, texts
from secguard.findings.forms.signals import BAD_ADDRESSES, REACHABLE, addressed, failed, judged_to_be, listed, unique
from secguard.model import Signal, SignalKind

_PUBLIC = "PUBLIC"
_FEEDBACK = {"USEFUL": "TRUE_POSITIVE", "NOT_USEFUL": "FALSE_POSITIVE"}
_DENIED = (401, 403)


def signals_of_guardduty(said: Mapping[Any, Any]) -> tuple[Signal, ...]:
    """What a finding of GuardDuty's says, each kind once."""
    service, resource = inside(said, "service"), inside(said, "resource")
    sequence = inside(service, "detection", "sequence")
    return unique(
        chain(
            listed((*_lists(service), *_known_bad(sequence))),
            _role(service),
            _held_back(inside(service, "action")),
            judged_to_be(_FEEDBACK.get(text(service.get("userFeedback")) or "")),
            _opened(resource, sequence),
            addressed(_addresses(resource, sequence)),
        )
    )


def _lists(service: Mapping[Any, Any]) -> Iterator[str]:
    """The lists named in the evidence, and in the details, which are an object or the JSON text of one."""
    for detail in mappings(inside(service, "evidence").get("threatIntelligenceDetails")):
        yield text(detail.get("threatListName")) or ""
    details = service.get("additionalInfo")
    for part in (details, inside(details).get("value")):
        name = text((part if isinstance(part, Mapping) else _decoded(part)).get("threatListName"))
        if name:
            yield name


def _decoded(value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, str) or "threatListName" not in value:
        return {}
    try:
        return inside(json.loads(value))
    except (ValueError, RecursionError):
        return {}


def _known_bad(sequence: Mapping[Any, Any]) -> Iterator[str]:
    for key in _indicators(sequence):
        if key in BAD_ADDRESSES:
            yield BAD_ADDRESSES[key]


def _indicators(sequence: Mapping[Any, Any]) -> Iterator[str]:
    parts = (*mappings(sequence.get("sequenceIndicators")), *_of_signals(sequence))
    return (text(indicator.get("key")) or "" for indicator in parts)


def _of_signals(sequence: Mapping[Any, Any]) -> Iterator[Mapping[Any, Any]]:
    for signal in mappings(sequence.get("signals")):
        yield from mappings(signal.get("signalIndicators"))


def _role(service: Mapping[Any, Any]) -> Iterator[Signal]:
    if service.get("resourceRole") == "ACTOR":
        yield Signal(SignalKind.ACTING)


def _held_back(action: Mapping[Any, Any]) -> Iterator[Signal]:
    for kind in action.values():
        part = inside(kind)
        if part.get("blocked") is True:
            yield Signal(SignalKind.BLOCKED, "it was blocked")
        error = text(part.get("errorCode"))
        if error:
            yield failed(error)
        if number(part.get("statusCode")) in _DENIED:
            yield Signal(SignalKind.BLOCKED, "the call was denied")


def _opened(resource: Mapping[Any, Any], sequence: Mapping[Any, Any]) -> Iterator[Signal]:
    buckets = mappings(resource.get("s3BucketDetails"))
    permissions = [inside(bucket, "publicAccess").get("effectivePermission") for bucket in buckets]
    permissions += [inside(each, "data", "s3Bucket").get("effectivePermission") for each in _sequenced(sequence)]
    if _PUBLIC in permissions:
        yield Signal(SignalKind.EXPOSED, "the bucket is public")
    if "REACHABILITY" in _indicators(sequence):
        yield Signal(SignalKind.EXPOSED, REACHABLE)


def _addresses(resource: Mapping[Any, Any], sequence: Mapping[Any, Any]) -> Iterator[Any]:
    for interface in mappings(inside(resource, "instanceDetails").get("networkInterfaces")):
        yield interface.get("publicIp")
        yield from texts(interface.get("ipv6Addresses"))
    for each in _sequenced(sequence):
        yield inside(each, "data", "ec2NetworkInterface").get("publicIp")


def _sequenced(sequence: Mapping[Any, Any]) -> tuple[Mapping[Any, Any], ...]:
    return mappings(sequence.get("resources"))
