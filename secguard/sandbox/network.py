"""EC2 where moto lies: Regions, groups on network interfaces, what is in use, rule quotas, attributes of instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moto.ec2.urls
from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance, MetadataOptions

from secguard.sandbox.disks import DiskAnswers, Disks
from secguard.sandbox.regions import account, known_regions
from secguard.sandbox.wire import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from moto.ec2.models.iam_instance_profile import IamInstanceProfileAssociation
    from moto.ec2.models.network_acls import NetworkAcl, NetworkAclEntry
    from moto.ec2.models.security_groups import SecurityGroup

# Amazon VPC quotas: 20 rules per direction, for IPv4 and IPv6 each, the closing deny (32767, 32768) included.
RULES_PER_DIRECTION = 20
CLOSING_DENY = 32767

# ConnectionTrackingSpecificationRequest in the EC2 API reference.
IDLE_SECONDS = {"TcpEstablishedTimeout": (60, 432000), "UdpStreamTimeout": (60, 180), "UdpTimeout": (30, 60)}


class Ec2(Disks):
    """One Region's EC2."""

    @property
    def _url_module(self) -> Any:
        return moto.ec2.urls

    def _load_amis(self) -> None:
        """Know no image: each of moto's would bring a public snapshot, in every Region."""

    # Network interfaces and security groups

    def modify_network_interface_attribute(
        self,
        eni_id: str,
        group_ids: list[str],
        source_dest_check: bool | None = None,  # noqa: FBT001 - moto's signature
        description: str | None = None,
    ) -> None:
        """Change an interface. Every group must exist, in the interface's VPC."""
        interface = self.get_network_interface(eni_id)
        for group in self._groups(group_ids):
            if group.vpc_id != interface.subnet.vpc_id:
                raise EC2ClientError(
                    "InvalidParameterValue",
                    f"Security group {group.id} and subnet {interface.subnet.id} belong to different networks.",
                )
        super().modify_network_interface_attribute(eni_id, group_ids, source_dest_check, description)

    def modify_instance_security_groups(self, instance_id: str, new_group_id_list: list[str]) -> Instance:
        """Change the groups of an instance that has one interface; with more, AWS wants the interface named."""
        instance = self.get_instance(instance_id)
        if len(instance.nics) > 1:
            raise EC2ClientError(
                "InvalidInstanceID",
                f"There are multiple interfaces attached to instance '{instance_id}'. "
                "Please specify an interface ID for the operation instead.",
            )
        self._groups(new_group_id_list)
        return super().modify_instance_security_groups(instance_id, new_group_id_list)

    def _groups(self, group_ids: list[str]) -> list[SecurityGroup]:
        found = [self.get_security_group_from_id(group_id) for group_id in group_ids]
        for group_id, group in zip(group_ids, found, strict=True):
            if group is None:
                raise InvalidSecurityGroupNotFoundError(group_id)
        return [group for group in found if group]

    def delete_security_group(self, name: str | None = None, group_id: str | None = None) -> None:
        """Delete a group that nothing uses."""
        group = self.get_security_group_by_name_or_id(group_id or name or "")
        if group:
            self._refuse_deletion(group)
        super().delete_security_group(name=name, group_id=group_id)

    def _refuse_deletion(self, group: SecurityGroup) -> None:
        if group.name == "default":
            raise EC2ClientError(
                "CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
            )
        worn = any(group in interface.group_set for interface in self.enis.values())
        if worn or any(group.id in _referenced(other) for other in self._other_groups(group)):
            raise EC2ClientError("DependencyViolation", f"resource {group.id} has a dependent object")

    def _other_groups(self, group: SecurityGroup) -> Iterator[SecurityGroup]:
        for groups in self.groups.values():
            yield from (other for other in groups.values() if other.id != group.id)

    # Network ACLs

    def create_network_acl(
        self,
        vpc_id: str,
        tags: list[dict[str, str]] | None = None,
        default: bool = False,  # noqa: FBT001, FBT002 - moto's signature
    ) -> NetworkAcl:
        """Create an ACL. One that is not a VPC's default lets nothing through."""
        acl = super().create_network_acl(vpc_id, tags, default)
        if not default:
            for egress in (True, False):
                super().create_network_acl_entry(
                    acl.id, CLOSING_DENY, "-1", "deny", egress, "0.0.0.0/0", None, None, None, None, None
                )
        return acl

    def create_network_acl_entry(
        self, network_acl_id: str, rule_number: int, *rest: Any, **named: Any
    ) -> NetworkAclEntry:
        """Create an entry, if there is room in its direction. Numbers above 32766 are AWS's own."""
        entry = super().create_network_acl_entry(network_acl_id, rule_number, *rest, **named)
        acl = self.get_network_acl(network_acl_id)
        alike = [
            other
            for other in acl.network_acl_entries
            if other.egress == entry.egress and bool(other.cidr_block) == bool(entry.cidr_block)
        ]
        if len(alike) > RULES_PER_DIRECTION:
            acl.network_acl_entries.remove(entry)
            raise EC2ClientError(
                "NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached."
            )
        return entry

    def delete_network_acl_entry(self, network_acl_id: str, rule_number: int, egress: bool) -> NetworkAclEntry:  # noqa: FBT001 - moto's signature
        """Delete an entry that exists."""
        entries = self.get_network_acl(network_acl_id).network_acl_entries
        if not any(entry.rule_number == rule_number and entry.egress == egress for entry in entries):
            direction = "egress" if egress else "ingress"
            raise EC2ClientError(
                "InvalidNetworkAclEntry.NotFound",
                f"The {direction} entry with rule number {rule_number} does not exist in network ACL {network_acl_id}",
            )
        return super().delete_network_acl_entry(network_acl_id, rule_number, egress)

    def describe_network_acls(self, network_acl_ids: list[str] | None = None, filters: Any = None) -> list[NetworkAcl]:
        """Describe ACLs that exist."""
        for acl_id in network_acl_ids or []:
            self.get_network_acl(acl_id)
        return super().describe_network_acls(network_acl_ids, filters)

    # Instances

    def modify_instance_metadata_options(self, instance_id: str, *_: Any, **wanted: Any) -> MetadataOptions:
        """Change only what was given; what is given first counts as pending."""
        options = self.get_instance(instance_id).metadata_options
        for name, option in _METADATA_OPTIONS.items():
            if wanted.get(name) is not None:
                setattr(options, option, wanted[name])
        pending = MetadataOptions({"State": "pending"})
        for option in _METADATA_OPTIONS.values():
            setattr(pending, option, getattr(options, option))
        return pending

    def associate_iam_instance_profile(self, *args: Any, **named: Any) -> IamInstanceProfileAssociation:
        """Associate a profile; the instance shows the profile's id."""
        return _shown(super().associate_iam_instance_profile(*args, **named))

    def replace_iam_instance_profile_association(self, *args: Any, **named: Any) -> IamInstanceProfileAssociation:
        """Replace a profile, on the instance too; the association gets a new id."""
        return _shown(super().replace_iam_instance_profile_association(*args, **named))


_METADATA_OPTIONS = {
    "http_tokens": "http_tokens",
    "hop_limit": "http_put_response_hop_limit",
    "http_endpoint": "http_endpoint",
    "http_protocol": "http_protocol_ipv6",
    "metadata_tags": "instance_metadata_tags",
}


def _referenced(group: SecurityGroup) -> set[str]:
    """The groups that a group's rules name, itself aside."""
    rules = [*group.ingress_rules, *group.egress_rules]
    return {rule.source_group.get("GroupId", "") for rule in rules} - {group.id}


def _shown(association: IamInstanceProfileAssociation) -> IamInstanceProfileAssociation:
    profile = association.iam_instance_profile
    association.instance.iam_instance_profile = {"Arn": profile.arn, "Id": profile.id}
    return association


class Answers(DiskAnswers):
    """EC2's answers where moto's parameters or filters are missing."""

    def call_action(self) -> Any:
        """Answer, but do nothing in a dry run; moto does some operations all the same."""
        if self._get_param("DryRun") is not True:
            return super().call_action()
        message = "Request would have succeeded, but DryRun flag is set."
        answer = refusal("ec2", 412, "DryRunOperation", message)
        return answer.status, dict(answer.headers), answer.body

    def describe_regions(self) -> ActionResult:
        """DescribeRegions: this partition's, the usable ones unless all are asked for."""
        names = self._get_param("RegionNames", [])
        unknown = [name for name in names if name not in known_regions()]
        if unknown:
            raise EC2ClientError("InvalidParameterValue", f"Invalid region names: {unknown}")
        rows = [self._region(name) for name in names or known_regions()]
        if not self._get_param("AllRegions"):
            rows = [row for row in rows if row["OptInStatus"] != "not-opted-in"]
        return ActionResult({"Regions": list(_filtered(rows, self._filters_from_querystring()))})

    def _region(self, name: str) -> dict[str, str]:
        match account(self.current_account).status_of(name):
            case "ENABLED_BY_DEFAULT":
                status = "opt-in-not-required"
            case "ENABLED":
                status = "opted-in"
            case _:
                status = "not-opted-in"
        return {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": status}

    def modify_network_interface_attribute(self) -> ActionResult:
        """ModifyNetworkInterfaceAttribute, with the idle timeouts of connection tracking."""
        asked = self._get_param("ConnectionTrackingSpecification") or {}
        for name, seconds in asked.items():
            low, high = IDLE_SECONDS[name]
            if not low <= int(seconds) <= high:
                raise EC2ClientError("InvalidParameterValue", f"{name} must be between {low} and {high} seconds")
        answer = super().modify_network_interface_attribute()
        if asked:
            interface = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
            present = getattr(interface, "connection_tracking_configuration", {})
            interface.connection_tracking_configuration = {**present, **asked}
        return answer

    def modify_instance_attribute(self) -> ActionResult:
        """ModifyInstanceAttribute, with the one attribute that moto would take for an empty list of groups."""
        behaviour = self._get_param("InstanceInitiatedShutdownBehavior.Value")
        if behaviour is None:
            return super().modify_instance_attribute()
        self.ec2_backend.modify_instance_attribute(
            self._get_param("InstanceId"), "instance_initiated_shutdown_behavior", behaviour
        )
        return EmptyResult()


def _filtered(rows: Iterable[dict[str, str]], filters: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    names = {"region-name": "RegionName", "opt-in-status": "OptInStatus", "endpoint": "Endpoint"}
    unknown = [name for name in filters if name not in names]
    if unknown:
        raise EC2ClientError("InvalidParameterValue", f"The filter '{unknown[0]}' is invalid")
    for row in rows:
        if all(row[names[name]] in values for name, values in filters.items()):
            yield row


def _worn(instance: Instance) -> list[SecurityGroup]:
    primary = instance.nics.get(0) if hasattr(instance, "nics") else None
    groups: list[SecurityGroup] = primary.group_set if primary else instance.__dict__.get("launch_groups", [])
    return groups


def _wear(instance: Instance, groups: list[SecurityGroup]) -> None:
    if hasattr(instance, "nics") and 0 in instance.nics:
        instance.nics[0]._group_set = groups  # noqa: SLF001 - moto offers no other way
    instance.__dict__["launch_groups"] = groups


def _filter_value(interface: NetworkInterface, name: str, method_name: str | None = None) -> Any:
    """What an interface has for a filter; of some of DescribeNetworkInterfaces' filters moto knows nothing."""
    match name:
        case "association.public-ip" | "addresses.association.public-ip":
            return interface.public_ip or ""
        case "attachment.device-index":
            return str(interface.device_index)
        case "requester-managed":
            return str(interface.requester_managed).lower()
        case _:
            return _moto_filter_value(interface, name, method_name)


_moto_filter_value = NetworkInterface.get_filter_value


def install() -> None:
    """Put the corrected EC2 in place of moto's. An instance wears the groups of its first interface, as in AWS."""
    ec2_backends.backend = Ec2
    moto.ec2.urls.url_paths = {"{0}/": Answers.dispatch}
    _replace(Instance, "security_groups", property(_worn, _wear))
    _replace(NetworkInterface, "get_filter_value", _filter_value)
    _replace(NetworkInterface, "group_set", property(lambda interface: interface._group_set))  # noqa: SLF001 - moto's own


def _replace(owner: type, name: str, value: object) -> None:
    """Replace a part of moto, whose types don't foresee it."""
    setattr(owner, name, value)
