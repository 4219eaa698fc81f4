"""EC2's snapshots where moto lies: who owns and may restore them, and that none is ready at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

if TYPE_CHECKING:
    from moto.ec2.models.elastic_block_store import Snapshot


class Disks(EC2Backend):
    """The part of a Region's EC2 that holds snapshots."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.public_snapshots = "unblocked"
        """What EC2 calls the snapshot block public access state."""

    def create_snapshot(self, *args: Any, **named: Any) -> Snapshot:
        """Begin a snapshot; it is pending until it has been seen once."""
        snapshot = super().create_snapshot(*args, **named)
        snapshot.status = "pending"
        return snapshot

    def add_create_volume_permission(self, snapshot_id: str, user_ids: list[str], groups: list[str]) -> None:
        """Share a snapshot. An encrypted one is never public, nor one where public sharing is blocked."""
        if groups and self.get_snapshot(snapshot_id).encrypted:
            raise EC2ClientError("OperationNotPermitted", "Encrypted snapshots cannot be shared publicly")
        if groups and self.public_snapshots != "unblocked":
            raise EC2ClientError(
                "OperationNotPermitted", "Public sharing of snapshots is blocked in this account and Region"
            )
        super().add_create_volume_permission(snapshot_id, user_ids, groups)


class DiskAnswers(EC2Response):
    """EC2's answers about snapshots."""

    def describe_snapshots(self) -> ActionResult:
        """DescribeSnapshots: of these owners, and those that these may restore."""
        found = self.ec2_backend.describe_snapshots(
            snapshot_ids=self._get_param("SnapshotIds", []), filters=self._filters_from_querystring()
        )
        owners = {self.current_account if owner == "self" else owner for owner in self._get_param("OwnerIds", [])}
        restorers = set(self._get_param("RestorableByUserIds", []))
        chosen = [
            snapshot
            for snapshot in found
            if (not owners or snapshot.owner_id in owners) and (not restorers or _restorable(snapshot, restorers))
        ]
        rows = [_snapshot(snapshot) for snapshot in chosen]
        for snapshot in chosen:
            snapshot.status = "completed"
        return ActionResult({"Snapshots": rows})

    def get_snapshot_block_public_access_state(self) -> ActionResult:
        """GetSnapshotBlockPublicAccessState."""
        return ActionResult({"State": self.ec2_backend.public_snapshots, "ManagedBy": "account"})

    def enable_snapshot_block_public_access(self) -> ActionResult:
        """EnableSnapshotBlockPublicAccess."""
        self.ec2_backend.public_snapshots = self._get_param("State")
        return ActionResult({"State": self.ec2_backend.public_snapshots})

    def disable_snapshot_block_public_access(self) -> ActionResult:
        """DisableSnapshotBlockPublicAccess."""
        self.ec2_backend.public_snapshots = "unblocked"
        return ActionResult({"State": "unblocked"})


def _restorable(snapshot: Snapshot, restorers: set[str]) -> bool:
    if "all" in snapshot.create_volume_permission_groups and "all" in restorers:
        return True
    return bool(snapshot.create_volume_permission_userids & restorers)


def _snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "SnapshotId": snapshot.id,
        "VolumeId": snapshot.volume_id,
        "VolumeSize": snapshot.volume_size,
        "State": snapshot.status,
        "Progress": "100%" if snapshot.status == "completed" else "0%",
        "StartTime": snapshot.start_time,
        "OwnerId": snapshot.owner_id,
        "Description": snapshot.description or "",
        "Encrypted": snapshot.encrypted,
        "StorageTier": snapshot.storage_tier,
        "Tags": snapshot.tag_set,
    }
