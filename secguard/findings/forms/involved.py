"""Say who was involved in a finding and in which part, whichever form its source wrote it in. Pure.

A playbook asks for more than the record of a finding holds; every form keeps it elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from secguard.findings.forms.fields import inside, mappings, text
from secguard.findings.forms.guardduty import actors_in as actors_of_guardduty
from secguard.findings.forms.guardduty import camel_case, is_guardduty
from secguard.findings.forms.guardduty_resources import key_id
from secguard.findings.forms.ocsf import actors_in as actors_of_ocsf
from secguard.findings.forms.ocsf import is_ocsf
from secguard.model import Finding

_PROBES = "portProbeAction/portProbeDetails"


def role_of(finding: Finding) -> str | None:
    """TARGET or ACTOR: which part GuardDuty says the resource plays."""
    if is_guardduty(finding.raw):
        return text(inside(camel_case(finding.raw), "service").get("resourceRole"))
    fields = inside(finding.raw, "ProductFields")
    return text(fields.get("aws/guardduty/service/resourceRole")) or text(fields.get("resourceRole"))


def key_details(finding: Finding) -> dict[str, Mapping[str, Any]]:
    """What is said of each access key, in ASFF's words (`PrincipalName`, `PrincipalType`), by the resource's id."""
    if is_guardduty(finding.raw):
        return dict(_keys_of_guardduty(camel_case(finding.raw)))
    if is_ocsf(finding.raw):
        parts = (*mappings(finding.raw.get("resources")), *mappings([finding.raw.get("resource")]))
        return {str(part.get("uid")): inside(part, "data") for part in parts}
    parts = mappings(inside(finding.raw).get("Resources"))
    return {str(part.get("Id")): inside(part, "Details", "AwsIamAccessKey") for part in parts}


def other_ends(finding: Finding) -> Iterator[str]:
    """The addresses of the other end; a port probe may have several."""
    if finding.actor and finding.actor.ip:
        yield finding.actor.ip
    if is_guardduty(finding.raw):
        yield from (actor.ip for actor in actors_of_guardduty(camel_case(finding.raw)) if actor.ip)
    elif is_ocsf(finding.raw):
        yield from (actor.ip for actor in actors_of_ocsf(finding.raw) if actor.ip)
    else:
        yield from _probed_by(inside(finding.raw))


def _keys_of_guardduty(said: Mapping[Any, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    own = inside(said, "resource", "accessKeyDetails")
    identifier = key_id(own)
    if identifier:
        yield identifier, _principal(own)
    for each in mappings(inside(said, "service", "detection", "sequence").get("resources")):
        key = inside(each, "data", "accessKey")
        identifier = text(each.get("uid"))
        if key and identifier:
            yield identifier, _principal(key)


def _principal(key: Mapping[Any, Any]) -> Mapping[str, Any]:
    return {
        "PrincipalName": key.get("userName"),
        "PrincipalType": key.get("userType"),
        "AccessKeyId": key.get("accessKeyId"),
    }


def _probed_by(raw: Mapping[Any, Any]) -> Iterator[str]:
    for probe in mappings(inside(raw, "Action", "PortProbeAction").get("PortProbeDetails")):
        yield from filter(None, [text(inside(probe, "RemoteIpDetails").get("IpAddressV4"))])
    for probe in _flattened_probes(inside(raw, "ProductFields")):
        yield from filter(None, [text(inside(probe, "remoteIpDetails").get("ipAddressV4"))])


def _flattened_probes(fields: Mapping[Any, Any]) -> Iterator[Mapping[Any, Any]]:
    """Port probes in ProductFields, where Security Hub keeps the list as JSON text."""
    for key, value in fields.items():
        if str(key).endswith(_PROBES) and isinstance(value, str):
            try:
                yield from mappings(json.loads(value))
            except (ValueError, RecursionError):
                continue
