"""web-1: a public web server whose SSH is open to the world, and is being guessed at from one address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secguard.sandbox.cast import HOME_REGION, PRODUCTION
from secguard.sandbox.seed import controls
from secguard.sandbox.seed.asff_form import control_finding, resource
from secguard.sandbox.seed.guardduty_form import connection, finding, on_instance, probes, span, threat_list
from secguard.sandbox.seed.people import BOT, SCANNER, TOR_EXIT
from secguard.sandbox.seed.scene import Scene
from secguard.sandbox.seed.servers import custom_acl, group, instance_details, network, server

if TYPE_CHECKING:
    from moto.ec2.models.instances import Instance
    from moto.ec2.models.security_groups import SecurityGroup

NAME = "web-1"
PLACE = (PRODUCTION, HOME_REGION)


def tell(scene: Scene) -> None:
    """Set up the server and report what happens to it."""
    net = network(PRODUCTION, HOME_REGION, "web", cidr="10.20.0.0/24")
    custom_acl(net)
    ports = {22: "0.0.0.0/0", 80: "0.0.0.0/0", 443: "0.0.0.0/0"}
    doors = group(net, "web", "web servers", ports=ports)
    web = server(
        net,
        NAME,
        groups=[doors],
        launched=scene.ago(days=112),
        public_ip="54.87.113.20",
        tags={"team": "storefront", "env": "production"},
        tokens="optional",
    )
    _guessed(scene, web)
    _listed(scene, web)
    _probed(scene, web)
    _controls(scene, web, doors)


def _guessed(scene: Scene, web: Instance) -> None:
    title = f"{SCANNER.ip} is performing SSH brute force attacks against {web.id}."
    scene.detected(
        finding(
            at=PLACE,
            kind="UnauthorizedAccess:EC2/SSHBruteForce",
            severity=2,
            title=title,
            description=f"{title} Brute force attacks are used to gain unauthorized access to your instance by "
            "guessing the SSH password.",
            resource=on_instance(instance_details(web)),
            action=connection(SCANNER, direction="INBOUND", local=(22, "SSH"), remote=(49812, "Unknown")),
            count=1874,
            seen=span(scene, hours=9, lasting=0.98),
        )
    )


def _listed(scene: Scene, web: Instance) -> None:
    scene.detected(
        finding(
            at=PLACE,
            kind="UnauthorizedAccess:EC2/MaliciousIPCaller.Custom",
            severity=5,
            title=f"EC2 instance {web.id} is communicating with an IP address on a custom threat list.",
            description=f"EC2 instance {web.id} is communicating with an IP address {SCANNER.ip} on the custom threat "
            "list acme-threats.",
            resource=on_instance(instance_details(web)),
            action=connection(SCANNER, direction="INBOUND", local=(22, "SSH"), remote=(50120, "Unknown")),
            more={"threatListName": "acme-threats"},
            service=threat_list("acme-threats"),
            count=61,
            seen=span(scene, hours=8, lasting=0.95),
        )
    )


def _probed(scene: Scene, web: Instance) -> None:
    scene.detected(
        finding(
            at=PLACE,
            kind="Recon:EC2/PortProbeUnprotectedPort",
            severity=2,
            title=f"Unprotected port on EC2 instance {web.id} is being probed.",
            description=f"EC2 instance {web.id} has an unprotected port, probed by a known malicious host.",
            resource=on_instance(instance_details(web)),
            action=probes([SCANNER, TOR_EXIT, BOT], port=22, name="SSH"),
            service=threat_list("ProofPoint"),
            count=213,
            seen=span(scene, hours=70, lasting=0.9),
        )
    )


def _controls(scene: Scene, web: Instance, doors: SecurityGroup) -> None:
    seen = scene.ago(days=100), scene.ago(hours=11)
    prefix = f"arn:aws:ec2:{HOME_REGION}:{PRODUCTION}"
    sg = resource("AwsEc2SecurityGroup", f"{prefix}:security-group/{doors.id}", HOME_REGION, GroupId=doors.id)
    machine = resource("AwsEc2Instance", f"{prefix}:instance/{web.id}", HOME_REGION, tags={"Name": NAME})
    for control, about in ((controls.SSH_OPEN, sg), (controls.PORTS_OPEN, sg), (controls.IMDSV2, machine)):
        scene.received(control_finding(control, at=PLACE, about=about, seen=seen))
