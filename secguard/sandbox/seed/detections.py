"""What GuardDuty finds on an ordinary day: much of it minor, some of it dealt with, on servers long gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from secguard.sandbox.cast import PRODUCTION, RESEARCH, STAGING
from secguard.sandbox.seed.guardduty_form import (
    access_key,
    api_call,
    connection,
    dns,
    finding,
    on_instance,
    probes,
    span,
)
from secguard.sandbox.seed.people import STRANGERS, Origin
from secguard.sandbox.seed.scene import Scene, hex_id, stamp

COUNT = 84

Maker = Callable[[Scene, Origin, str], tuple[dict[str, Any], dict[str, Any]]]
"""The resource and the action of a finding, from who did it and a name to make ids of."""

# Where GuardDuty is on, in each account.
PLACES = (
    (PRODUCTION, ("us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-west-2", "eu-central-1", "eu-north-1")),
    (PRODUCTION, ("ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ap-northeast-2")),
    (STAGING, ("us-east-1", "eu-west-1")),
    (RESEARCH, ("us-east-1", "us-east-2", "eu-west-1")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type of finding; `{who}` and `{what}` in the title stand for the address and the resource."""

    name: str
    severity: float
    title: str
    make: Maker
    role: str = "TARGET"


def tell(scene: Scene) -> None:
    """Report them."""
    for number in range(COUNT):
        _report(scene, number)


def _report(scene: Scene, number: int) -> None:
    kind = KINDS[number % len(KINDS)]
    account, regions = PLACES[scene.chance.choices(range(len(PLACES)), (6, 2, 2, 2))[0]]
    region = scene.chance.choice(regions)
    origin = scene.chance.choice(STRANGERS)
    name = f"{account}-{region}-{number}"
    resource, action = kind.make(scene, origin, name)
    title = kind.title.format(who=origin.ip, what=_what(resource))
    scene.detected(
        finding(
            at=(account, region),
            kind=kind.name,
            severity=kind.severity,
            title=title,
            description=title,
            resource=resource,
            action=action,
            role=kind.role,
            count=scene.chance.randint(1, 240),
            archived=scene.chance.random() < 0.15,
            seen=span(scene, hours=scene.chance.uniform(3, 24 * 40), lasting=scene.chance.uniform(0.05, 0.95)),
        )
    )


def _what(resource: dict[str, Any]) -> str:
    if "instanceDetails" in resource:
        return str(resource["instanceDetails"]["instanceId"])
    return str(resource["accessKeyDetails"]["userName"])


def _old_server(scene: Scene, name: str) -> dict[str, Any]:
    """A server that is no longer there."""
    number = hex_id(name)
    interface = {
        "networkInterfaceId": f"eni-0{number[:16]}",
        "ipv6Addresses": [],
        "privateDnsName": "ip-10-0-1-20.ec2.internal",
        "privateIpAddress": "10.0.1.20",
        "privateIpAddresses": [{"privateDnsName": "ip-10-0-1-20.ec2.internal", "privateIpAddress": "10.0.1.20"}],
        "subnetId": f"subnet-0{number[1:17]}",
        "vpcId": f"vpc-0{number[2:18]}",
        "securityGroups": [{"groupName": "app", "groupId": f"sg-0{number[3:19]}"}],
        "publicDnsName": "",
    }
    return on_instance(
        {
            "instanceId": f"i-0{number[4:20]}",
            "instanceType": scene.chance.choice(("t3.micro", "t3.large", "m6i.large", "c6i.xlarge")),
            "launchTime": stamp(scene.ago(days=scene.chance.randint(41, 500))),
            "productCodes": [],
            "networkInterfaces": [interface],
            "tags": [{"key": "Name", "value": f"app-{number[:3]}"}],
            "instanceState": "terminated",
            "availabilityZone": "",
            "imageId": "ami-0c7a4976cb6fafd3a",
            "imageDescription": "",
        }
    )


def _probed(scene: Scene, origin: Origin, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    port, service = scene.chance.choice(((22, "SSH"), (3389, "RDP"), (8080, "HTTP"), (6379, "Unknown")))
    return _old_server(scene, name), probes([origin], port=port, name=service)


def _entered(scene: Scene, origin: Origin, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    action = connection(origin, direction="INBOUND", local=(22, "SSH"), remote=(40222, "Unknown"))
    return _old_server(scene, name), action


def _left(scene: Scene, origin: Origin, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    action = connection(origin, direction="OUTBOUND", local=(40222, "Unknown"), remote=(443, "HTTPS"))
    return _old_server(scene, name), action


def _asked(scene: Scene, origin: Origin, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    del origin
    return _old_server(scene, name), dns(f"{hex_id(name, 'domain')[:12]}.example")


def _called(scene: Scene, origin: Origin, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    user = scene.chance.choice(("m.keller", "a.novak", "terraform", "backup-agent", "j.osei"))
    key = access_key(key_id=f"AKIA{hex_id(name)[:16].upper()}", principal=f"AIDA{hex_id(user)[:17].upper()}", name=user)
    service, api = scene.chance.choice(
        (("iam", "ListUsers"), ("ec2", "DescribeInstances"), ("s3", "ListBuckets"), ("kms", "ListKeys"))
    )
    return key, api_call(origin, service=service, api=api)


KINDS = (
    Kind(name="Recon:EC2/PortProbeUnprotectedPort", severity=2, make=_probed,
         title="Unprotected port on EC2 instance {what} is being probed."),
    Kind(name="UnauthorizedAccess:EC2/SSHBruteForce", severity=2, make=_entered,
         title="{who} is performing SSH brute force attacks against {what}."),
    Kind(name="Discovery:IAMUser/AnomalousBehavior", severity=2, make=_called,
         title="User IAMUser : {what} is anomalously invoking APIs commonly used in Discovery tactics."),
    Kind(name="Behavior:EC2/TrafficVolumeUnusual", severity=5, make=_left, role="ACTOR",
         title="Unusual amount of network traffic from EC2 instance {what}."),
    Kind(name="UnauthorizedAccess:EC2/RDPBruteForce", severity=2, make=_entered,
         title="{who} is performing RDP brute force attacks against {what}."),
    Kind(name="Trojan:EC2/DNSDataExfiltration", severity=8, make=_asked, role="ACTOR",
         title="Data exfiltration through DNS queries from EC2 instance {what}."),
    Kind(name="UnauthorizedAccess:EC2/TorClient", severity=8, make=_left, role="ACTOR",
         title="EC2 instance {what} is communicating with Tor entry node {who}."),
    Kind(name="Impact:EC2/SuspiciousDomainRequest.Reputation", severity=2, make=_asked, role="ACTOR",
         title="EC2 instance {what} is querying a low-reputation domain name."),
    Kind(name="Recon:IAMUser/MaliciousIPCaller", severity=5, make=_called,
         title="Reconnaissance API was invoked from a known malicious IP address {who} by {what}."),
    Kind(name="Behavior:EC2/NetworkPortUnusual", severity=5, make=_left, role="ACTOR",
         title="EC2 instance {what} is communicating on an unusual server port."),
    Kind(name="UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B", severity=5, make=_called,
         title="Multiple worldwide successful console logins were observed for {what}."),
    Kind(name="Trojan:EC2/PhishingDomainRequest!DNS", severity=8, make=_asked, role="ACTOR",
         title="EC2 instance {what} queried a domain involved in phishing."),
)  # fmt: skip
"""In turn."""
