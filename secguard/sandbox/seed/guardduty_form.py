"""How GuardDuty writes a finding: the parts that differ between kinds of resources and actions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from secguard.sandbox.guardduty.backend import backend_of
from secguard.sandbox.seed.scene import Finding, Place, Scene, Seen, hex_id, stamp

if TYPE_CHECKING:
    from secguard.sandbox.seed.people import Origin


def finding(
    *,
    at: Place,
    seen: Seen,
    kind: str,
    severity: float,
    title: str,
    description: str,
    resource: dict[str, Any],
    action: dict[str, Any] | None,
    role: str = "TARGET",
    count: int = 1,
    archived: bool = False,
    more: dict[str, Any] | None = None,
    service: dict[str, Any] | None = None,
) -> Finding:
    """A finding as GetFindings returns it on the wire. `more` is what `additionalInfo` holds."""
    account, region = at
    detector = detector_id(account, region)
    identity = hex_id(account, region, kind, title, *_subjects(resource))
    return {
        "schemaVersion": "2.0",
        "accountId": account,
        "region": region,
        "partition": "aws",
        "id": identity,
        "arn": f"arn:aws:guardduty:{region}:{account}:detector/{detector}/finding/{identity}",
        "type": kind,
        "resource": resource,
        "service": {
            "serviceName": "guardduty",
            "detectorId": detector,
            **({"action": action} if action else {}),
            "resourceRole": role,
            "additionalInfo": _additional_info(more or {}),
            **_times_and_count(seen, count),
            "archived": archived,
            **(service or {}),
        },
        "severity": severity,
        "createdAt": stamp(seen[0]),
        "updatedAt": stamp(seen[1]),
        "title": title,
        "description": description,
    }


def _subjects(resource: dict[str, Any]) -> list[str]:
    """What a finding is about, without what changes with the time of the seeding."""
    return [
        resource.get("instanceDetails", {}).get("instanceId", ""),
        resource.get("accessKeyDetails", {}).get("accessKeyId", ""),
        *(bucket["arn"] for bucket in resource.get("s3BucketDetails", [])),
    ]


def _additional_info(more: dict[str, Any]) -> dict[str, str]:
    """The same as AWS: the JSON of it is a text."""
    return {"value": json.dumps(more, separators=(",", ":")), "type": "default"}


def _times_and_count(seen: Seen, count: int) -> dict[str, Any]:
    first, last = seen
    return {"eventFirstSeen": stamp(first), "eventLastSeen": stamp(last), "count": count}


def detector_id(account: str, region: str) -> str:
    """The id of the detector there."""
    detector = backend_of(account, region).detector
    return detector.id if detector else hex_id("detector", account, region)


def threat_list(name: str, *threats: str) -> dict[str, Any]:
    """The evidence that an address or name stands on a list."""
    detail = {"threatListName": name, "threatNames": list(threats)}
    return {"evidence": {"threatIntelligenceDetails": [detail]}}


def connection(origin: Origin, *, direction: str, local: tuple[int, str], remote: tuple[int, str]) -> dict[str, Any]:
    """A network connection."""
    return {
        "actionType": "NETWORK_CONNECTION",
        "networkConnectionAction": {
            "connectionDirection": direction,
            "blocked": False,
            "protocol": "TCP",
            "remoteIpDetails": origin.details(),
            "localPortDetails": {"port": local[0], "portName": local[1]},
            "remotePortDetails": {"port": remote[0], "portName": remote[1]},
        },
    }


def probes(origins: list[Origin], *, port: int, name: str) -> dict[str, Any]:
    """Probes of an open port."""
    local = {"port": port, "portName": name}
    return {
        "actionType": "PORT_PROBE",
        "portProbeAction": {
            "blocked": False,
            "portProbeDetails": [
                {"localPortDetails": local, "remoteIpDetails": origin.details()} for origin in origins
            ],
        },
    }


def dns(domain: str) -> dict[str, Any]:
    """A DNS query."""
    return {"actionType": "DNS_REQUEST", "dnsRequestAction": {"domain": domain, "protocol": "UDP", "blocked": False}}


def api_call(
    origin: Origin, *, service: str, api: str, error: str | None = None, affected: dict[str, str] | None = None
) -> dict[str, Any]:
    """A call of an AWS API."""
    return {
        "actionType": "AWS_API_CALL",
        "awsApiCallAction": {
            "api": api,
            "serviceName": f"{service}.amazonaws.com",
            "callerType": "Remote IP",
            **({"errorCode": error} if error else {}),
            "remoteIpDetails": origin.details(),
            "affectedResources": affected or {},
        },
    }


def access_key(*, key_id: str, principal: str, name: str, kind: str = "IAMUser") -> dict[str, Any]:
    """The `resource` of findings about credentials."""
    return {
        "resourceType": "AccessKey",
        "accessKeyDetails": {
            "accessKeyId": key_id,
            "principalId": principal,
            "userType": kind,
            "userName": name,
        },
    }


def on_instance(details: dict[str, Any]) -> dict[str, Any]:
    """The `resource` of findings about an instance."""
    return {"resourceType": "Instance", "instanceDetails": details}


def span(scene: Scene, *, hours: float, lasting: float = 0.5) -> Seen:
    """First and last seen: from so many hours ago, for a part of the time since."""
    return scene.ago(hours=hours), scene.ago(hours=hours * (1 - lasting))
