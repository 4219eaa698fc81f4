"""CreateSampleFindings: one finding of each type asked for, about resources that don't exist."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from secguard.sandbox.guardduty.backend import Finding, GuardDutyBackend
from secguard.sandbox.guardduty.findings import put_findings
from secguard.sandbox.guardduty.refusals import INVALID_VALUE, bad_request
from secguard.sandbox.operations import Answer, Ask

# TEST-NET-2 (RFC 5737), as the service's own samples have it.
REMOTE_ADDRESS = "198.51.100.0"
REMOTE_IP: Mapping[str, Any] = {
    "ipAddressV4": REMOTE_ADDRESS,
    "organization": {
        "asn": "29073",
        "asnOrg": "GeneratedFindingASNOrg",
        "isp": "GeneratedFindingISP",
        "org": "GeneratedFindingORG",
    },
    "country": {"countryName": "GeneratedFindingCountryName"},
    "city": {"cityName": "GeneratedFindingCityName"},
    "geoLocation": {"lat": 0.0, "lon": 0.0},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingType:
    """A type that GuardDuty finds, with what it is usually about and how bad it usually is."""

    name: str
    resource: str
    severity: float


@cache
def finding_types() -> Mapping[str, FindingType]:
    """The active types of the GuardDuty user guide, by name."""
    lines = files(__package__).joinpath("finding_types.tsv").read_text("utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return {name: FindingType(name=name, resource=kind, severity=float(severity)) for name, kind, severity in rows}


def create_sample_findings(here: GuardDutyBackend, ask: Ask) -> Answer:
    """CreateSampleFindings: of every type, if none is named. A sample that exists is found once more."""
    here.owned(ask["DetectorId"])
    wanted = ask.get("findingTypes") or list(finding_types())
    if any(name not in finding_types() for name in wanted):
        raise bad_request(INVALID_VALUE)
    put_findings(here.account_id, here.region_name, [_sample(here, finding_types()[name]) for name in wanted])
    return {}


def _sample(here: GuardDutyBackend, kind: FindingType) -> Finding:
    present = next((each for each in here.findings.values() if _is_sample_of(each, kind)), None)
    seen = {"id": present["id"], "createdAt": present["createdAt"]} if present else {}
    service: dict[str, Any] = {
        "additionalInfo": {"type": "default", "value": json.dumps({"sample": True}, separators=(",", ":"))},
        "count": present["service"]["count"] + 1 if present else 1,
        **_evidence(here, kind),
    }
    return {
        **seen,
        "type": kind.name,
        "severity": kind.severity,
        "title": f"A sample finding of the type {kind.name}.",
        "description": f"What a finding of the type {kind.name} looks like. Its resources don't exist.",
        "resource": {"resourceType": kind.resource, **_resource(here, kind.resource)},
        "service": service,
    }


def _is_sample_of(finding: Finding, kind: FindingType) -> bool:
    value = finding["service"]["additionalInfo"].get("value", "")
    return finding["type"] == kind.name and '"sample":true' in value


def _evidence(here: GuardDutyBackend, kind: FindingType) -> dict[str, Any]:
    name = kind.name
    if kind.resource == "AttackSequence":
        key = {"uid": "AWS::IAM::AccessKey:GeneratedFindingAccessKeyId", "resourceType": "ACCESS_KEY"}
        sequence = {
            "uid": "GeneratedFindingSequenceUid",
            "description": "GeneratedFindingSequenceDescription",
            "resources": [{**key, "accountId": here.account_id, "region": here.region_name}],
            "signals": [],
        }
        return {"detection": {"sequence": sequence}}
    if ":Runtime/" in name or "Object:" in name or "MaliciousFile" in name:
        return {}
    return {"action": _action_of(name, kind.resource)}


def _action_of(name: str, resource: str) -> dict[str, Any]:
    if "DNS" in name or "DomainRequest" in name:
        domain = {"domain": "GeneratedFindingDomainName", "protocol": "UDP", "blocked": True}
        return {"actionType": "DNS_REQUEST", "dnsRequestAction": domain}
    if "PortProbe" in name:
        probe = {
            "localPortDetails": {"port": 80, "portName": "HTTP"},
            "localIpDetails": {"ipAddressV4": "10.0.0.23"},
            "remoteIpDetails": dict(REMOTE_IP),
        }
        return {"actionType": "PORT_PROBE", "portProbeAction": {"blocked": False, "portProbeDetails": [probe]}}
    if resource in ("Instance", "Lambda"):
        return {"actionType": "NETWORK_CONNECTION", "networkConnectionAction": _connection(name)}
    if resource == "EKSCluster":
        call = {"requestUri": "GeneratedFindingRequestURI", "verb": "list", "statusCode": 200, "parameters": ""}
        return {
            "actionType": "KUBERNETES_API_CALL",
            "kubernetesApiCallAction": {**call, "remoteIpDetails": dict(REMOTE_IP)},
        }
    if resource == "RDSDBInstance":
        login = {"user": "GeneratedFindingUser", "application": "GeneratedFindingApplication", "failedLoginAttempts": 1}
        action = {"remoteIpDetails": dict(REMOTE_IP), "LoginAttributes": [login]}
        return {"actionType": "RDS_LOGIN_ATTEMPT", "rdsLoginAttemptAction": action}
    return {"actionType": "AWS_API_CALL", "awsApiCallAction": _api_call()}


def _connection(name: str) -> dict[str, Any]:
    inbound = any(word in name for word in ("BruteForce", "PortSweep", "MaliciousIPCaller"))
    return {
        "blocked": False,
        "connectionDirection": "INBOUND" if inbound else "OUTBOUND",
        "protocol": "TCP",
        "localPortDetails": {"port": 22 if inbound else 39677, "portName": "SSH" if inbound else "Unknown"},
        "localIpDetails": {"ipAddressV4": "10.0.0.23"},
        "remoteIpDetails": dict(REMOTE_IP),
        "remotePortDetails": {"port": 80, "portName": "HTTP"},
    }


def _api_call() -> dict[str, Any]:
    return {
        "api": "GeneratedFindingAPIName",
        "callerType": "Remote IP",
        "serviceName": "GeneratedFindingAPIServiceName",
        "remoteIpDetails": dict(REMOTE_IP),
        "affectedResources": {"AWS::S3::Bucket": "GeneratedFindingS3Bucket"},
    }


def _resource(here: GuardDutyBackend, kind: str) -> dict[str, Any]:
    make = _RESOURCES.get(kind)
    return make(here) if make else {}


def _arn(here: GuardDutyBackend, service: str, resource: str) -> str:
    return f"arn:{here.partition}:{service}:{here.region_name}:{here.account_id}:{resource}"


def _instance(here: GuardDutyBackend) -> dict[str, Any]:
    interface = {
        "networkInterfaceId": "eni-bfcffe88",
        "privateIpAddress": "10.0.0.1",
        "privateIpAddresses": [{"privateIpAddress": "10.0.0.1", "privateDnsName": "GeneratedFindingPrivateName"}],
        "publicIp": REMOTE_ADDRESS,
        "publicDnsName": "GeneratedFindingPublicDNSName",
        "securityGroups": [
            {"groupId": "GeneratedFindingSecurityId", "groupName": "GeneratedFindingSecurityGroupName"},
        ],
        "subnetId": "GeneratedFindingSubnetId",
        "vpcId": "GeneratedFindingVPCId",
        "ipv6Addresses": [],
    }
    profile = f"arn:{here.partition}:iam::{here.account_id}:example/instance/profile"
    details = {
        "instanceId": "i-99999999",
        "instanceType": "m3.xlarge",
        "instanceState": "running",
        "imageId": "ami-99999999",
        "launchTime": "2016-08-02T02:05:06.000Z",
        "availabilityZone": "GeneratedFindingInstanceAvailabilityZone",
        "iamInstanceProfile": {"arn": profile, "id": "GeneratedFindingInstanceProfileId"},
        "tags": [{"key": "GeneratedFindingInstanceTag1", "value": "GeneratedFindingInstanceValue1"}],
        "networkInterfaces": [interface],
    }
    return {"instanceDetails": details}


def _access_key(here: GuardDutyBackend) -> dict[str, Any]:
    del here
    key = {
        "accessKeyId": "GeneratedFindingAccessKeyId",
        "principalId": "GeneratedFindingPrincipalId",
        "userName": "GeneratedFindingUserName",
        "userType": "IAMUser",
    }
    return {"accessKeyDetails": key}


def _bucket(here: GuardDutyBackend) -> dict[str, Any]:
    bucket = {
        "arn": f"arn:{here.partition}:s3:::example-bucket1",
        "name": "example-bucket1",
        "type": "Destination",
        "owner": {"id": "CanonicalId of Owner"},
        "tags": [{"key": "foo", "value": "bar"}],
    }
    return {"s3BucketDetails": [bucket], **_access_key(here)}


def _eks(here: GuardDutyBackend) -> dict[str, Any]:
    name = "GeneratedFindingEKSClusterName"
    cluster = {
        "name": name,
        "arn": _arn(here, "eks", f"cluster/{name}"),
        "status": "ACTIVE",
        "vpcId": "GeneratedFindingEKSClusterVpcId",
    }
    user = {
        "username": "GeneratedFindingUserName",
        "uid": "GeneratedFindingUID",
        "groups": ["GeneratedFindingUserGroup"],
    }
    return {"eksClusterDetails": cluster, "kubernetesDetails": {"kubernetesUserDetails": user}}


def _ecs(here: GuardDutyBackend) -> dict[str, Any]:
    name = "GeneratedFindingECSClusterName"
    return {"ecsClusterDetails": {"name": name, "arn": _arn(here, "ecs", f"cluster/{name}"), "status": "ACTIVE"}}


def _container(here: GuardDutyBackend) -> dict[str, Any]:
    details = {"id": "abcdefg", "name": "GeneratedFindingContainerName", "image": "GeneratedFindingContainerImage"}
    return {"containerDetails": details, **_instance(here)}


def _lambda(here: GuardDutyBackend) -> dict[str, Any]:
    name = "GeneratedFindingLambdaFunctionName"
    function = {
        "functionArn": _arn(here, "lambda", f"function:{name}"),
        "functionName": name,
        "functionVersion": "$LATEST",
        "role": f"arn:{here.partition}:iam::{here.account_id}:role/GeneratedFindingLambdaRole",
    }
    return {"lambdaDetails": function}


def _database(here: GuardDutyBackend) -> dict[str, Any]:
    name = "generatedfindingdbinstanceid"
    database = {
        "dbInstanceIdentifier": name,
        "dbInstanceArn": _arn(here, "rds", f"db:{name}"),
        "dbClusterIdentifier": "generatedfindingdbclusterid",
        "engine": "Aurora MySQL",
        "engineVersion": "13.6",
        "tags": [{"key": "FirstTag", "value": "FirstTagValue"}],
    }
    user = {"user": "GeneratedFindingUser", "database": "GeneratedFindingDatabase", "ssl": "TLSv1.2"}
    return {"rdsDbInstanceDetails": database, "rdsDbUserDetails": user}


_RESOURCES: Mapping[str, Callable[[GuardDutyBackend], dict[str, Any]]] = {
    "AccessKey": _access_key,
    "Container": _container,
    "ECSCluster": _ecs,
    "EKSCluster": _eks,
    "Instance": _instance,
    "Lambda": _lambda,
    "RDSDBInstance": _database,
    "S3Bucket": _bucket,
    "S3Object": _bucket,
}

OPERATIONS = {"CreateSampleFindings": create_sample_findings}
