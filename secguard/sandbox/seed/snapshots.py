"""A disk snapshot that somebody has shared with the whole world."""

from __future__ import annotations

from moto.ec2.models import ec2_backends

from secguard.sandbox.cast import HOME_REGION, PRODUCTION
from secguard.sandbox.seed import controls
from secguard.sandbox.seed.asff_form import control_finding, resource
from secguard.sandbox.seed.guardduty_form import span
from secguard.sandbox.seed.scene import Scene

NAME = "crm-export"


def tell(scene: Scene) -> None:
    """Make it public and report it."""
    ec2 = ec2_backends[PRODUCTION][HOME_REGION]
    volume = ec2.create_volume(100, f"{HOME_REGION}a", volume_type="gp3")
    shared = ec2.create_snapshot(volume.id, "CRM database, before the migration")
    shared.status = "completed"
    shared.add_tags({"Name": NAME})
    private = ec2.create_snapshot(volume.id, "CRM database, nightly")
    private.status = "completed"
    ec2.add_create_volume_permission(shared.id, user_ids=[], groups=["all"])
    scene.received(
        control_finding(
            controls.SNAPSHOT_PUBLIC,
            at=(PRODUCTION, HOME_REGION),
            about=resource("AwsAccount", f"AWS::::Account:{PRODUCTION}", HOME_REGION),
            seen=span(scene, hours=60, lasting=0.9),
        )
    )
