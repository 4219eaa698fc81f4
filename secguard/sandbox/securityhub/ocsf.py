"""Turn a finding in ASFF into what the new Security Hub has of it, in OCSF 1.6."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from secguard.sandbox import clock

Ocsf = dict[str, Any]

# OCSF 1.6: severity_id, status_id and class_uid of findings.
_SEVERITIES = {"INFORMATIONAL": 1, "LOW": 2, "MEDIUM": 3, "HIGH": 4, "CRITICAL": 5}
_STATUSES = {
    "NEW": (1, "New"),
    "NOTIFIED": (2, "In Progress"),
    "SUPPRESSED": (3, "Suppressed"),
    "RESOLVED": (4, "Resolved"),
}
_COMPLIANCE = {"PASSED": (1, "Pass"), "WARNING": (2, "Warning"), "FAILED": (3, "Fail")}
_VULNERABILITY, _COMPLIANCE_FINDING, _DETECTION = 2002, 2003, 2004
_CLASSES = {
    _VULNERABILITY: "Vulnerability Finding",
    _COMPLIANCE_FINDING: "Compliance Finding",
    _DETECTION: "Detection Finding",
}
_CREATE, _UPDATE, _CLOSE = 1, 2, 3
_ACTIVITIES = {_CREATE: "Create", _UPDATE: "Update", _CLOSE: "Close"}
_GUARDDUTY_TYPE = re.compile(r"(?:.*/)?([A-Za-z0-9]+:[A-Za-z0-9]+)[-/](.+)")


def from_asff(finding: Mapping[str, Any]) -> Ocsf:
    """One finding in OCSF."""
    product_arn = finding["ProductArn"].replace("::product/", "::productv2/")
    activity = _activity(finding)
    kind = _class(finding)
    status_id, status = _STATUSES[finding["Workflow"]["Status"]]
    label = finding["Severity"]["Label"]
    updated = clock.parse(finding["UpdatedAt"])
    return {
        "activity_id": activity,
        "activity_name": _ACTIVITIES[activity],
        "category_name": "Findings",
        "category_uid": 2,
        "class_name": _CLASSES[kind],
        "class_uid": kind,
        "type_name": f"{_CLASSES[kind]}: {_ACTIVITIES[activity]}",
        "type_uid": kind * 100 + activity,
        "cloud": {
            "account": {"uid": finding["AwsAccountId"], "type": "AWS Account", "type_id": 10},
            "provider": "AWS",
            "region": finding["Region"],
        },
        "finding_info": _info(finding),
        "metadata": {
            "uid": hashlib.sha256(f"{product_arn}/{finding['Id']}".encode()).hexdigest(),
            "version": "1.6.0",
            "product": {"name": finding["ProductName"], "uid": product_arn, "vendor_name": finding["CompanyName"]},
        },
        "severity": label.capitalize(),
        "severity_id": _SEVERITIES[label],
        "status": status,
        "status_id": status_id,
        "time": int(clock.epoch(updated) * 1000) if updated else 0,
        "resources": [_resource(finding, each) for each in finding["Resources"]],
        **_compliance(finding),
        **_evidences(finding),
    }


def _activity(finding: Mapping[str, Any]) -> int:
    if finding["RecordState"] == "ARCHIVED":
        return _CLOSE
    return _CREATE if finding["CreatedAt"] == finding["UpdatedAt"] else _UPDATE


def _class(finding: Mapping[str, Any]) -> int:
    if "Vulnerabilities" in finding:
        return _VULNERABILITY
    return _COMPLIANCE_FINDING if "Compliance" in finding else _DETECTION


def _info(finding: Mapping[str, Any]) -> dict[str, Any]:
    info = {
        "uid": finding["Id"],
        "title": finding["Title"],
        "desc": finding.get("Description", ""),
        "types": [_type(kind) for kind in finding["Types"]],
    }
    times = {
        "created_time": finding["CreatedAt"],
        "modified_time": finding["UpdatedAt"],
        "first_seen_time": finding.get("FirstObservedAt"),
        "last_seen_time": finding.get("LastObservedAt"),
    }
    for name, text in times.items():
        moment = clock.parse(text) if text else None
        if moment:
            info |= {name: int(clock.epoch(moment) * 1000), f"{name}_dt": clock.iso_millis(moment)}
    return info


def _type(kind: str) -> str:
    """GuardDuty's types are spelled as GuardDuty spells them."""
    match = _GUARDDUTY_TYPE.fullmatch(kind)
    return f"{match[1]}/{match[2]}" if match else kind


def _resource(finding: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
    tags = [{"name": name, "value": value} for name, value in resource.get("Tags", {}).items()]
    details = resource.get("Details", {}).get(resource["Type"])
    return {
        "uid": resource["Id"],
        "type": resource["Type"],
        "region": resource["Region"],
        "cloud_partition": resource["Partition"],
        "owner": {"account": {"uid": finding["AwsAccountId"]}},
        **({"tags": tags} if tags else {}),
        **({"data": details} if details else {}),
    }


def _compliance(finding: Mapping[str, Any]) -> dict[str, Any]:
    said = finding.get("Compliance")
    if not said:
        return {}
    status_id, status = _COMPLIANCE.get(said.get("Status", ""), (0, "Unknown"))
    standards = [each["StandardsId"].partition("/")[2] for each in said.get("AssociatedStandards", [])]
    control = {"control": said["SecurityControlId"]} if "SecurityControlId" in said else {}
    return {"compliance": {"status": status, "status_id": status_id, "standards": standards, **control}}


def _evidences(finding: Mapping[str, Any]) -> dict[str, Any]:
    found = list(_remote_ends(finding.get("Action", {})))
    return {"evidences": found} if found else {}


def _remote_ends(action: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in action.values():
        for part in (kind, *kind.get("PortProbeDetails", [])) if isinstance(kind, dict) else ():
            remote = part.get("RemoteIpDetails", {})
            outward = part.get("ConnectionDirection") == "OUTBOUND"
            if "IpAddressV4" in remote:
                end = {
                    "ip": remote["IpAddressV4"],
                    "location": {"country": remote.get("Country", {}).get("CountryName", "")},
                    "autonomous_system": {
                        "name": remote.get("Organization", {}).get("AsnOrg", ""),
                        "number": int(remote.get("Organization", {}).get("Asn", 0)),
                    },
                }
                direction = {"direction": "Outbound" if outward else "Inbound"}
                yield {"connection_info": direction, "dst_endpoint" if outward else "src_endpoint": end}
