"""Bring what GuardDuty says of an event into one form, its own in camelCase, from whichever form it came in. Pure.

Security Hub keeps it in ProductFields, flattened (`aws/guardduty/service/action/…`, `name.0_` for one of a list),
and in ASFF's `Action`; the new Security Hub keeps it in OCSF's `evidences`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from secguard.findings.forms.actor import valid_address
from secguard.findings.forms.fields import inside, mappings, text
from secguard.findings.forms.guardduty import camel_case, is_guardduty
from secguard.findings.forms.ocsf import is_ocsf
from secguard.model import Finding

Part = Mapping[Any, Any]

_PREFIX = "aws/guardduty/service/"
_BARE = ("action/", "additionalInfo", "evidence")
"""How keys began in 2019, when they had no prefix."""
_ONE_OF_A_LIST = re.compile(r"(?P<name>[^.]+)\.(?P<at>\d{1,3})_")
_DEEPEST = 12


def service_of(finding: Finding) -> Part:
    """GuardDuty's `service` in camelCase, as far as the finding tells; empty where it tells nothing of the kind."""
    raw = finding.raw
    if is_guardduty(raw):
        return _with_info(inside(camel_case(raw), "service"))
    if is_ocsf(raw):
        return _of_ocsf(inside(raw))
    return _with_info(_of_asff(inside(raw)))


def details_of(finding: Finding) -> Part:
    """GuardDuty's `resource` in camelCase; only its own form has it whole."""
    return inside(camel_case(finding.raw), "resource") if is_guardduty(finding.raw) else {}


def _with_info(service: Part) -> Part:
    """The same with `additionalInfo` read, whose value is JSON in a text."""
    info = inside(service, "additionalInfo")
    return {**service, "additionalInfo": {**info, **inside(_decoded(info.get("value")))}}


def _of_asff(raw: Part) -> Part:
    flat = _unflattened(inside(raw, "ProductFields"))
    acted, action = inside(camel_case(inside(raw, "Action"))), inside(flat, "action")
    kinds = {key: {**inside(acted, key), **inside(action, key)} for key in (*acted, *action) if key != "actionType"}
    kind = text(acted.get("actionType")) or text(action.get("actionType"))
    process = inside(camel_case(raw.get("Process")))
    running = {"process": {**process, "executablePath": process.get("path")}} if process else {}
    return {
        "runtimeDetails": running,
        **flat,
        "action": {**kinds, "actionType": kind},
        "threats": [camel_case(threat) for threat in mappings(raw.get("Threats"))],
    }


def _unflattened(fields: Part) -> dict[str, Any]:
    root: dict[Any, Any] = {}
    for key, value in fields.items():
        path = _path(key)
        if path:
            _put(root, path, value)
    return {name: _lists(part) for name, part in root.items()}


def _path(key: Any) -> list[str | int]:
    if not isinstance(key, str) or not (key.startswith(_PREFIX) or key.startswith(_BARE)):
        return []
    path: list[str | int] = []
    for name in key.removeprefix(_PREFIX).split("/"):
        match = _ONE_OF_A_LIST.fullmatch(name)
        path += [match["name"], int(match["at"])] if match else [name]
    return path if len(path) <= _DEEPEST else []


def _put(root: dict[Any, Any], path: list[str | int], value: Any) -> None:
    for name in path[:-1]:
        inner = root.setdefault(name, {})
        if not isinstance(inner, dict):
            # Something stands where something else stands inside it: the first is kept.
            return
        root = inner
    decoded = _decoded(value)
    root.setdefault(path[-1], value if decoded is None else camel_case(decoded))


def _lists(part: Any) -> Any:
    """Mappings whose keys are positions become lists."""
    if not isinstance(part, dict):
        return part
    if part and all(isinstance(key, int) for key in part):
        return [_lists(part[at]) for at in sorted(part)]
    return {name: _lists(inner) for name, inner in part.items()}


def _decoded(value: Any) -> Any:
    """What a text that holds JSON's objects or lists stands for; None for any other."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _of_ocsf(raw: Part) -> Part:
    service: dict[str, Any] = {"action": {}}
    for evidence in mappings(raw.get("evidences")):
        for key, value in _acted(evidence):
            service["action"].setdefault(key, value)
        process = _process(evidence)
        if process:
            service.setdefault("runtimeDetails", {"process": process})
    service["threats"] = list(mappings(raw.get("malware")))
    return service


def _acted(evidence: Part) -> Iterator[tuple[str, Part]]:
    link = inside(evidence, "connection_info")
    outward = (text(link.get("direction")) or "").upper() == "OUTBOUND"
    near, far = ("src_endpoint", "dst_endpoint") if outward else ("dst_endpoint", "src_endpoint")
    remote = _remote(inside(evidence, far))
    call, asked = inside(evidence, "api"), inside(evidence, "query")
    if call:
        yield "awsApiCallAction", _called(call, remote)
    if asked.get("hostname"):
        yield "dnsRequestAction", {"domain": asked.get("hostname")}
    if link or (remote and not call):
        yield (
            "networkConnectionAction",
            {
                "connectionDirection": text(link.get("direction")),
                "protocol": link.get("protocol_name"),
                "remoteIpDetails": remote,
                "localPortDetails": {"port": inside(evidence, near).get("port")},
                "remotePortDetails": {"port": inside(evidence, far).get("port")},
            },
        )


def _called(call: Part, remote: Part) -> Part:
    return {
        "api": call.get("operation"),
        "serviceName": inside(call, "service").get("name"),
        "errorCode": inside(call, "response").get("error"),
        "remoteIpDetails": remote,
    }


def _remote(far: Part) -> Part:
    system, address = inside(far, "autonomous_system"), valid_address(far.get("ip"))
    if address is None:
        return {}
    return {
        "ipAddressV4": address,
        "country": {"countryName": inside(far, "location").get("country")},
        "organization": {"asn": system.get("number"), "asnOrg": system.get("name")},
    }


def _process(evidence: Part) -> Part:
    process = inside(evidence, "process") or inside(evidence, "actor", "process")
    if not process:
        return {}
    program = inside(process, "file")
    hashes = mappings(program.get("hashes"))
    return {
        "name": process.get("name") or program.get("name"),
        "executablePath": program.get("path"),
        "executableSha256": next((each.get("value") for each in hashes), None),
        "user": inside(process, "user").get("name"),
        "pid": process.get("pid"),
    }
