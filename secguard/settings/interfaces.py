"""Network interfaces: their security groups, the empty group that isolates, and how long idle connections live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from secguard.engine.change import Kind, Undo
from secguard.engine.seam import Call, Reader
from secguard.engine.setting import Address, Read, WayBack
from secguard.engine.values import late
from secguard.model import Value
from secguard.settings.instances import tag_specifications
from secguard.settings.playable import Playable, arn

QUARANTINE_NAME = "secguard-quarantine"
SCAFFOLD_TAG = "secguard:scaffold"
EVERYTHING_OUT = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
"""The rule that every new security group is born with."""

# ConnectionTrackingSpecification in the EC2 API reference: the defaults.
DEFAULT_TIMEOUTS = {"tcp_established": 432000, "udp_stream": 180, "udp": 30}
TIMEOUT_NAMES = {"tcp_established": "TcpEstablishedTimeout", "udp_stream": "UdpStreamTimeout", "udp": "UdpTimeout"}


class InterfaceSetting(Playable):
    """Something a network interface has; its instance counts as touched too."""

    reads = ("ec2:DescribeNetworkInterfaces",)
    writes = ("ec2:ModifyNetworkInterfaceAttribute",)

    def subjects(self, aws: Reader, address: Address) -> tuple[str, ...]:
        """The interface, and the instance that it is attached to."""
        interface = describe_interface(aws, address["interface"])
        instance = interface.get("Attachment", {}).get("InstanceId")
        own = arn(aws, "ec2", f"network-interface/{address['interface']}")
        return (own, arn(aws, "ec2", f"instance/{instance}")) if instance else (own,)


class InterfaceGroups(InterfaceSetting):
    """The security groups of an interface, as a sorted list of ids."""

    name = "ec2.interface-groups"
    keys = ("interface",)

    def read(self, aws: Reader, address: Address) -> Read:
        """Raises NotThere when the interface is gone."""
        interface = describe_interface(aws, address["interface"])
        return Read(sorted(group["GroupId"] for group in interface["Groups"]))

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Set the groups of this interface alone: an instance with several refuses it for all at once."""
        parameters = {"NetworkInterfaceId": address["interface"], "Groups": wanted}
        return [Call("ec2", "ModifyNetworkInterfaceAttribute", parameters)]

    def target(self, address: Address) -> str:
        """The interface."""
        return f"network interface {address['interface']}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """From which groups to which."""
        return f"security groups {_listed(before)} → {_listed(after)}"


class ConnectionTracking(InterfaceSetting):
    """After how many idle seconds an interface forgets a connection: `tcp_established`, `udp_stream`, `udp`.

    None where it was never set. What is forgotten must pass the security groups again. Nitro instances only.
    """

    name = "ec2.connection-tracking"
    keys = ("interface",)

    def read(self, aws: Reader, address: Address) -> Read:
        """The configuration of the interface, with AWS's defaults for what it leaves out."""
        found = describe_interface(aws, address["interface"]).get("ConnectionTrackingConfiguration") or {}
        named = {ours: found[theirs] for ours, theirs in TIMEOUT_NAMES.items() if found.get(theirs) is not None}
        return Read({**DEFAULT_TIMEOUTS, **named} if named else None)

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Set all three."""
        timeouts = {theirs: wanted[ours] for ours, theirs in TIMEOUT_NAMES.items()}
        parameters = {"NetworkInterfaceId": address["interface"], "ConnectionTrackingSpecification": timeouts}
        return [Call("ec2", "ModifyNetworkInterfaceAttribute", parameters)]

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """AWS offers no call that unsets the timeouts."""
        if before is None:
            return WayBack(
                Undo.NEAREST, DEFAULT_TIMEOUTS, "the timeouts are set to AWS's defaults; they can't be unset"
            )
        return WayBack(Undo.EXACT, before)

    def target(self, address: Address) -> str:
        """The interface."""
        return f"network interface {address['interface']}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """The new time-out for TCP."""
        return f"forget idle connections after {after['tcp_established']} s"


class QuarantineGroup(Playable):
    """The group without rules in a VPC: "empty"; "open" while it has rules; None where there is none.

    It is ours when it carries our tag and a name of ours: a group's name never changes, so that no tag can turn another
    group into this one. Nothing wears it while it is made.
    """

    name = "ec2.quarantine-group"
    keys = ("vpc",)
    kind = Kind.SCAFFOLD
    reads = ("ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules")
    writes = (
        "ec2:CreateSecurityGroup",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:CreateTags",
    )

    def read(self, aws: Reader, address: Address) -> Read:
        """Finds the group by tag, name and VPC, and looks at every rule it has."""
        wanted = [{"Name": "vpc-id", "Values": [address["vpc"]]}]
        groups = list(aws.items("ec2", "DescribeSecurityGroups", "SecurityGroups", Filters=wanted))
        names = sorted(group["GroupName"] for group in groups)
        ours = sorted(group["GroupId"] for group in groups if _is_ours(group))
        if not ours:
            return Read(None, {"names": names})
        by_group = [{"Name": "group-id", "Values": [ours[0]]}]
        rules = aws.items("ec2", "DescribeSecurityGroupRules", "SecurityGroupRules", Filters=by_group)
        context = {"names": names, "group": ours[0], **_by_direction(rules)}
        value = "open" if context["ingress"] or context["egress"] else "empty"
        return Read(value, context, {"GroupId": ours[0]})

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Create it; once it is there, take away every rule it has, its first one included."""
        if found is None:
            return [Call("ec2", "CreateSecurityGroup", _new_group(address, context))]
        directions = (("RevokeSecurityGroupIngress", "ingress"), ("RevokeSecurityGroupEgress", "egress"))
        return [
            Call("ec2", operation, {"GroupId": context["group"], "SecurityGroupRuleIds": context[direction]})
            for operation, direction in directions
            if context[direction]
        ]

    def preview(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """For a new group also the call that takes away the rule it is born with."""
        calls = self.calls(address, found, wanted, context)
        if found is not None:
            return calls
        revoked = {"GroupId": late("this.GroupId"), "IpPermissions": [EVERYTHING_OUT]}
        return [*calls, Call("ec2", "RevokeSecurityGroupEgress", revoked)]

    def passes_through(self, value: Value, before: Value, after: Value) -> bool:
        """A new group has its first rule for a moment; no interface is in it yet."""
        return before is None and value == "open"

    def document(self, address: Address) -> str:
        """One group per VPC."""
        return f"quarantine group of {address['vpc']}"

    def subjects(self, aws: Reader, address: Address) -> tuple[str, ...]:
        """Nothing of the account's own: the group is ours."""
        return ()

    def target(self, address: Address) -> str:
        """The VPC."""
        return f"quarantine security group of {address['vpc']}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """Made, or put right."""
        if before is None:
            return "create an empty security group for isolated instances"
        return "take away the rules that someone gave the quarantine group"


SETTINGS = (InterfaceGroups(), ConnectionTracking(), QuarantineGroup())


def describe_interface(aws: Reader, interface: str) -> Mapping[str, Any]:
    """What DescribeNetworkInterfaces says of one interface."""
    answer = aws.ask("ec2", "DescribeNetworkInterfaces", NetworkInterfaceIds=[interface])
    described: Mapping[str, Any] = answer["NetworkInterfaces"][0]
    return described


def _is_ours(group: Mapping[str, Any]) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in group.get("Tags", [])}
    return tags.get(SCAFFOLD_TAG) == "quarantine" and group["GroupName"].startswith(QUARANTINE_NAME)


def _by_direction(rules: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {"ingress": [], "egress": []}
    for rule in rules:
        ids["egress" if rule["IsEgress"] else "ingress"].append(rule["SecurityGroupRuleId"])
    return {direction: sorted(found) for direction, found in ids.items()}


def _new_group(address: Address, context: Any) -> dict[str, Value]:
    name = _free_name((context or {}).get("names", []))
    tags = {
        "Name": name,
        SCAFFOLD_TAG: "quarantine",
        "secguard:run": late("run_id"),
        "secguard:change": late("this.change"),
    }
    return {
        "GroupName": name,
        "Description": "No traffic in or out; secguard puts isolated instances here",
        "VpcId": address["vpc"],
        "TagSpecifications": tag_specifications("security-group", tags),
    }


def _free_name(taken: Iterable[str]) -> str:
    """Our name, numbered while someone else's group has it."""
    names = set(taken)
    candidates = [QUARANTINE_NAME, *(f"{QUARANTINE_NAME}-{n}" for n in range(2, len(names) + 3))]
    return next(name for name in candidates if name not in names)


def _listed(groups: Value) -> str:
    return ", ".join(group if isinstance(group, str) else "the quarantine group" for group in groups or []) or "none"
