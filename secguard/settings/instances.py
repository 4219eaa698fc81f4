"""EC2 instances: what keeps them from being destroyed, and copies of their volumes as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from secguard.engine.change import Kind
from secguard.engine.seam import Call, Reader
from secguard.engine.setting import Address, Read
from secguard.engine.values import late
from secguard.errors import NotThere
from secguard.model import Value
from secguard.settings.playable import Playable, arn

EVIDENCE_TAG = "secguard:evidence"
"""On a snapshot: the instance it was taken of."""


class InstanceSetting(Playable):
    """Something an instance has."""

    def subjects(self, aws: Reader, address: Address) -> tuple[str, ...]:
        """The instance."""
        return (arn(aws, "ec2", f"instance/{address['instance']}"),)

    def target(self, address: Address) -> str:
        """The instance."""
        return f"instance {address['instance']}"


class TerminationProtection(InstanceSetting):
    """Whether the instance is protected against termination by an API call."""

    name = "ec2.termination-protection"
    keys = ("instance",)
    reads = ("ec2:DescribeInstanceAttribute",)
    writes = ("ec2:ModifyInstanceAttribute",)

    def read(self, aws: Reader, address: Address) -> Read:
        """The attribute `disableApiTermination`."""
        answer = aws.ask(
            "ec2", "DescribeInstanceAttribute", InstanceId=address["instance"], Attribute="disableApiTermination"
        )
        return Read(bool(answer["DisableApiTermination"]["Value"]))

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Set the attribute."""
        parameters = {"InstanceId": address["instance"], "DisableApiTermination": {"Value": wanted}}
        return [Call("ec2", "ModifyInstanceAttribute", parameters)]

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """On or off."""
        return f"turn termination protection {'on' if after else 'off'}"


class ShutdownBehaviour(InstanceSetting):
    """What a shutdown from inside does to the instance: "stop" or "terminate"."""

    name = "ec2.shutdown-behaviour"
    keys = ("instance",)
    reads = ("ec2:DescribeInstanceAttribute",)
    writes = ("ec2:ModifyInstanceAttribute",)

    def read(self, aws: Reader, address: Address) -> Read:
        """The attribute `instanceInitiatedShutdownBehavior`."""
        answer = aws.ask(
            "ec2",
            "DescribeInstanceAttribute",
            InstanceId=address["instance"],
            Attribute="instanceInitiatedShutdownBehavior",
        )
        return Read(answer["InstanceInitiatedShutdownBehavior"]["Value"])

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Set the attribute."""
        parameters = {"InstanceId": address["instance"], "InstanceInitiatedShutdownBehavior": {"Value": wanted}}
        return [Call("ec2", "ModifyInstanceAttribute", parameters)]

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """What a shutdown from inside will do."""
        return f"a shutdown from inside will {after} the instance"


class Snapshots(InstanceSetting):
    """Whether every EBS volume of an instance was copied for evidence: "taken" or None.

    `since` (a timestamp) asks for newer copies. A copy counts once AWS has begun it: its content is fixed then.
    """

    name = "ec2.snapshots"
    keys = ("instance",)
    optional_keys = ("since",)
    kind = Kind.EVIDENCE
    reads = ("ec2:DescribeInstances", "ec2:DescribeSnapshots")
    writes = ("ec2:CreateSnapshots", "ec2:CreateTags")

    def read(self, aws: Reader, address: Address) -> Read:
        """Matches the snapshots that carry the instance's tag with the volumes attached now."""
        instance = address["instance"]
        volumes = volumes_of(describe_instance(aws, instance))
        tag = {"Name": f"tag:{EVIDENCE_TAG}", "Values": [instance]}
        snapshots = aws.items("ec2", "DescribeSnapshots", "Snapshots", OwnerIds=["self"], Filters=[tag])
        good = [snapshot for snapshot in snapshots if _is_evidence(snapshot, address.get("since"))]
        copied = {snapshot["VolumeId"] for snapshot in good}
        return Read("taken" if volumes and copied.issuperset(volumes) else None, note=_progress(good))

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """One call copies all volumes at one moment."""
        instance = address["instance"]
        tags = {
            "Name": f"secguard evidence of {instance}",
            EVIDENCE_TAG: instance,
            "secguard:run": late("run_id"),
            "secguard:change": late("this.change"),
        }
        parameters = {
            "InstanceSpecification": {"InstanceId": instance},
            "Description": f"secguard: evidence of {instance}",
            "TagSpecifications": tag_specifications("snapshot", tags),
        }
        return [Call("ec2", "CreateSnapshots", parameters)]

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """What is copied."""
        return "snapshot every EBS volume as evidence"


SETTINGS = (TerminationProtection(), ShutdownBehaviour(), Snapshots())


def describe_instance(aws: Reader, instance: str) -> Mapping[str, Any]:
    """What DescribeInstances says of one instance. Raises NotThere when AWS no longer knows it."""
    reservations = aws.ask("ec2", "DescribeInstances", InstanceIds=[instance])["Reservations"]
    found: Iterable[Mapping[str, Any]] = (i for reservation in reservations for i in reservation["Instances"])
    for described in found:
        return described
    raise NotThere(f"instance {instance} no longer exists")


def volumes_of(described: Mapping[str, Any]) -> list[str]:
    """The EBS volumes attached to a described instance."""
    mappings = described.get("BlockDeviceMappings", [])
    return [mapping["Ebs"]["VolumeId"] for mapping in mappings if "Ebs" in mapping]


def tag_specifications(resource_type: str, tags: Mapping[str, Value]) -> list[Value]:
    """Tags as EC2 takes them with what is created."""
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    return [{"ResourceType": resource_type, "Tags": pairs}]


def _is_evidence(snapshot: Mapping[str, Any], since: str | None) -> bool:
    started: datetime = snapshot["StartTime"]
    return snapshot["State"] != "error" and (since is None or started >= datetime.fromisoformat(since))


def _progress(snapshots: Iterable[Mapping[str, Any]]) -> str | None:
    waiting = [snapshot["SnapshotId"] for snapshot in snapshots if snapshot["State"] == "pending"]
    return f"still being written: {', '.join(sorted(waiting))}" if waiting else None
