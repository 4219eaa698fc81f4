"""Networks and servers to be attacked: made in moto's EC2, described as GuardDuty describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.ec2.models import EC2Backend, ec2_backends
from moto.iam.models import iam_backends

from secguard.sandbox.seed.accounts import add_role, service_trust
from secguard.sandbox.seed.scene import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from moto.ec2.models.elastic_network_interfaces import NetworkInterface
    from moto.ec2.models.instances import Instance
    from moto.ec2.models.security_groups import SecurityGroup
    from moto.ec2.models.subnets import Subnet
    from moto.ec2.models.vpcs import VPC

IMAGE = "ami-0c7a4976cb6fafd3a"
EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A VPC with a public subnet."""

    ec2: EC2Backend
    vpc: VPC
    subnet: Subnet


def network(account: str, region: str, name: str, *, cidr: str) -> Network:
    """Make a VPC with one public subnet, as large as the VPC."""
    ec2 = ec2_backends[account][region]
    vpc = ec2.create_vpc(cidr, tags=[{"Key": "Name", "Value": name}])
    subnet = ec2.create_subnet(vpc.id, cidr, availability_zone=f"{region}a", tags=_named("subnet", f"{name}-public"))
    gateway = ec2.create_internet_gateway()
    ec2.attach_internet_gateway(gateway.id, vpc.id)
    main = next(table for table in ec2.route_tables.values() if table.vpc_id == vpc.id)
    ec2.create_route(main.id, EVERYWHERE, gateway_id=gateway.id)
    return Network(ec2=ec2, vpc=vpc, subnet=subnet)


def custom_acl(net: Network) -> None:
    """Give the subnet an ACL of its own, which lets everything through at number 100."""
    acl = net.ec2.create_network_acl(net.vpc.id)
    for egress in (False, True):
        net.ec2.create_network_acl_entry(acl.id, 100, "-1", "allow", egress, EVERYWHERE, None, None, None, None, None)
    current = next(
        association.id
        for other in net.ec2.network_acls.values()
        for association in other.associations
        if association.subnet_id == net.subnet.id
    )
    net.ec2.replace_network_acl_association(current, acl.id)


def group(net: Network, name: str, description: str, *, ports: dict[int, str]) -> SecurityGroup:
    """Make a security group that lets these TCP ports in from these ranges."""
    made = net.ec2.create_security_group(name, description, net.vpc.id)
    for port, cidr in ports.items():
        rule = [{"CidrIp": cidr, "Description": f"port {port}"}]
        net.ec2.authorize_security_group_ingress(made.id, "tcp", str(port), str(port), rule)
    return made


def server(
    net: Network,
    name: str,
    *,
    groups: list[SecurityGroup],
    more_interfaces: int = 0,
    kind: str = "t3.medium",
    launched: datetime,
    public_ip: str | None = None,
    tags: dict[str, str] | None = None,
    tokens: str = "required",
) -> Instance:
    """Launch an instance with so many interfaces besides its first, all in the same groups."""
    group_ids = [each.id for each in groups]
    interfaces = [
        {"DeviceIndex": index, "SubnetId": net.subnet.id, "Groups": list(group_ids), "DeleteOnTermination": True}
        for index in range(1 + more_interfaces)
    ]
    reservation = net.ec2.run_instances(
        IMAGE,
        1,
        None,
        [],
        instance_type=kind,
        is_instance_type_default=False,
        region_name=net.ec2.region_name,
        nics=interfaces,
        tags={"instance": {"Name": name, **(tags or {})}, "volume": {"Name": name}},
        metadata_options={"HttpTokens": tokens, "HttpPutResponseHopLimit": 2},
    )
    instance = reservation.instances[0]
    instance.start()
    instance.launch_time = launched
    if public_ip:
        instance.nics[0].public_ip = public_ip
    return instance


def give_role(net: Network, instance: Instance, name: str, policy: dict[str, Any]) -> None:
    """Put a role on an instance, by a profile of the same name."""
    account = net.ec2.account_id
    add_role(account, name, trust=service_trust("ec2"), policy=policy)
    iam_backends[account]["aws"].create_instance_profile(name, "/", [])
    iam_backends[account]["aws"].add_role_to_instance_profile(name, name)
    net.ec2.associate_iam_instance_profile(instance.id, iam_instance_profile_name=name)


def extra_volume(net: Network, instance: Instance, *, size: int, device: str) -> None:
    """Attach another volume."""
    volume = net.ec2.create_volume(size, f"{net.ec2.region_name}a", volume_type="gp3")
    net.ec2.attach_volume(volume.id, instance.id, device)


def instance_details(instance: Instance) -> dict[str, Any]:
    """GuardDuty's `instanceDetails`, as the instance is now."""
    profile = instance.iam_instance_profile
    return {
        "instanceId": instance.id,
        "instanceType": instance.instance_type,
        "launchTime": stamp(instance.launch_time),
        "productCodes": [],
        **({"iamInstanceProfile": {"arn": profile["Arn"], "id": profile["Id"]}} if profile else {}),
        "networkInterfaces": [_interface(interface) for interface in instance.nics.values()],
        "tags": [{"key": tag["key"], "value": tag["value"]} for tag in instance.get_tags()],
        "instanceState": instance.state,
        "availabilityZone": instance.availability_zone,
        "imageId": instance.image_id,
        "imageDescription": "Amazon Linux 2023 AMI x86_64 HVM kernel-6.1",
    }


def _interface(interface: NetworkInterface) -> dict[str, Any]:
    name = f"ip-{str(interface.private_ip_address).replace('.', '-')}.ec2.internal"
    address = {"privateDnsName": name, "privateIpAddress": interface.private_ip_address}
    public = interface.public_ip
    region = interface.ec2_backend.region_name
    return {
        "networkInterfaceId": interface.id,
        "ipv6Addresses": [],
        **address,
        "privateIpAddresses": [address],
        "subnetId": interface.subnet.id,
        "vpcId": interface.subnet.vpc_id,
        "securityGroups": [{"groupName": each.name, "groupId": each.id} for each in interface.group_set],
        "publicDnsName": f"ec2-{public.replace('.', '-')}.{region}.compute.amazonaws.com" if public else "",
        **({"publicIp": public} if public else {}),
    }


def _named(kind: str, name: str) -> dict[str, dict[str, str]]:
    return {kind: {"Name": name}}
