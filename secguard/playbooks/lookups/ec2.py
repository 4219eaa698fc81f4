"""Facts about EC2: instances, addresses from outside, and the network ACLs between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any

from secguard.engine.seam import Reader
from secguard.errors import NotThere
from secguard.playbooks.case import Case
from secguard.playbooks.lookups.lookup import Lookup, Seen
from secguard.playbooks.rules import (
    dead_instance,
    foreign_account,
    no_room,
    not_an_outsider,
    own_instance,
)
from secguard.settings.instances import volumes_of
from secguard.settings.network_acl import denying, free_rules, rules_used

# Amazon VPC quotas: 20 rules per direction, for IPv4 and IPv6 apart, the closing deny included; raisable.
ACL_QUOTA = 20
ALL_ADDRESSES = {4: "/32", 6: "/128"}


def _instance(aws: Reader, given: Mapping[str, Any], case: Case) -> Seen:
    """The instance with everything that isolating it touches."""
    described, owner = _described(aws, given["id"])
    facts = {"id": given["id"], "state": described["State"]["Name"]}
    what = f"instance {given['id']}"
    refused = case.standing(foreign_account(what, owner, case), own_instance(facts, case), dead_instance(facts))
    if refused:
        return Seen(None, refused)
    interfaces = [_interface(interface) for interface in _interfaces(aws, given["id"])]
    return Seen(
        {
            **facts,
            "type": described["InstanceType"],
            "vpcs": sorted({interface["vpc"] for interface in interfaces}),
            "subnets": sorted({interface["subnet"] for interface in interfaces}),
            "interfaces": interfaces,
            "volumes": volumes_of(described),
            "ebs_root": described.get("RootDeviceType") == "ebs",
            "spot": described.get("InstanceLifecycle") == "spot",
            "tags": {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])},
        }
    )


def _described(aws: Reader, instance: str) -> tuple[Mapping[str, Any], str]:
    for reservation in aws.ask("ec2", "DescribeInstances", InstanceIds=[instance])["Reservations"]:
        for described in reservation["Instances"]:
            return described, reservation["OwnerId"]
    raise NotThere(f"instance {instance} no longer exists")


def _interfaces(aws: Reader, instance: str) -> list[Mapping[str, Any]]:
    by_instance = [{"Name": "attachment.instance-id", "Values": [instance]}]
    found = aws.items("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=by_instance)
    return sorted(found, key=lambda interface: str(interface["NetworkInterfaceId"]))


def _interface(interface: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": interface["NetworkInterfaceId"],
        "vpc": interface["VpcId"],
        "subnet": interface["SubnetId"],
        "service_owned": bool(interface.get("RequesterManaged")),
        "requester": interface.get("RequesterId"),
    }


def _hypervisor(aws: Reader, given: Mapping[str, Any], _case: Case) -> Seen:
    """Whether an instance type runs on Nitro, where connection tracking can be set."""
    types = aws.ask("ec2", "DescribeInstanceTypes", InstanceTypes=[given["type"]])["InstanceTypes"]
    return Seen({"nitro": bool(types) and types[0].get("Hypervisor") == "nitro"})


def _outsiders(aws: Reader, given: Mapping[str, Any], case: Case) -> Seen:
    """Those of the addresses that may be denied."""
    ips = [ip for ip in given["ips"] or [] if ip]
    ranges = list(_vpc_ranges(aws)) if ips else []
    refused = {
        ip: case.standing(not_an_outsider(ip, case=case, vpc_ranges=ranges, own=_own_addresses(aws, ip)))
        for ip in dict.fromkeys(ips)
    }
    outsiders = [_outsider(ip) for ip, refusals in refused.items() if not refusals]
    return Seen(outsiders, tuple(refusal for refusals in refused.values() for refusal in refusals))


def _outsider(ip: str) -> dict[str, str]:
    return {"ip": ip, "cidr": f"{ip}{ALL_ADDRESSES[ip_address(ip).version]}"}


def _vpc_ranges(aws: Reader) -> Iterator[str]:
    for vpc in aws.items("ec2", "DescribeVpcs", "Vpcs"):
        yield from (each["CidrBlock"] for each in vpc.get("CidrBlockAssociationSet", []))
        yield from (each["Ipv6CidrBlock"] for each in vpc.get("Ipv6CidrBlockAssociationSet", []))


def _own_addresses(aws: Reader, ip: str) -> list[str]:
    """`ip`, when it is an Elastic IP here or an interface wears it. An own IPv6 address is in a VPC's range."""
    if ":" in ip:
        return []
    by_elastic = [{"Name": "public-ip", "Values": [ip]}]
    by_worn = [{"Name": "association.public-ip", "Values": [ip]}]
    elastic = aws.ask("ec2", "DescribeAddresses", Filters=by_elastic)["Addresses"]
    worn = aws.ask("ec2", "DescribeNetworkInterfaces", Filters=by_worn)["NetworkInterfaces"]
    return [ip] if elastic or worn else []


def _doors(aws: Reader, given: Mapping[str, Any], _case: Case) -> Seen:
    """For each network ACL of the subnets, each outsider and each direction: which rules could deny it."""
    outsiders = given["outsiders"] or []
    by_subnet = [{"Name": "association.subnet-id", "Values": list(given["subnets"])}]
    acls = aws.items("ec2", "DescribeNetworkAcls", "NetworkAcls", Filters=by_subnet) if outsiders else ()
    doors = [door for acl in _sorted(acls) for outsider in outsiders for door in _both_ways(acl, outsider["cidr"])]
    refused = no_room(doors)
    return Seen([door for door in doors if door["free"]], tuple(refused))


def _sorted(acls: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(acls, key=lambda acl: str(acl["NetworkAclId"]))


def _both_ways(acl: Mapping[str, Any], cidr: str) -> Iterator[dict[str, Any]]:
    for direction in ("ingress", "egress"):
        used = rules_used(acl["Entries"], cidr, direction)
        room = max(ACL_QUOTA - used, 0)
        there = denying(acl["Entries"], cidr, direction)
        yield {
            "acl": acl["NetworkAclId"],
            "cidr": cidr,
            "direction": direction,
            "free": there or free_rules(acl["Entries"], cidr, direction)[:room],
            "used": used,
            "quota": ACL_QUOTA,
        }


LOOKUPS = (
    Lookup(
        name="ec2.instance",
        takes=("id",),
        reads=("ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"),
        look=_instance,
    ),
    Lookup(name="ec2.hypervisor", takes=("type",), reads=("ec2:DescribeInstanceTypes",), look=_hypervisor),
    Lookup(
        name="ec2.outsiders",
        takes=("ips",),
        reads=("ec2:DescribeVpcs", "ec2:DescribeNetworkInterfaces", "ec2:DescribeAddresses"),
        look=_outsiders,
    ),
    Lookup(name="ec2.doors", takes=("subnets", "outsiders"), reads=("ec2:DescribeNetworkAcls",), look=_doors),
)
