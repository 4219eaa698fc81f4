"""batch-7: a worker with two network interfaces that mines and talks to its controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secguard.sandbox.cast import PRODUCTION
from secguard.sandbox.seed.guardduty_form import connection, dns, finding, on_instance, span, threat_list
from secguard.sandbox.seed.people import CONTROLLER
from secguard.sandbox.seed.scene import Scene
from secguard.sandbox.seed.servers import extra_volume, give_role, group, instance_details, network, server

if TYPE_CHECKING:
    from moto.ec2.models.instances import Instance

NAME = "batch-7"
PLACE = (PRODUCTION, "eu-west-1")
POOL = "xmr.pool.minergate.com"
ROLE = "batch-worker"

WORK = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme-batch/*"},
        {"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": "*"},
    ],
}


def tell(scene: Scene) -> None:
    """Set up the worker and report what it does."""
    worker = _worker(scene)
    _mines(scene, worker)
    _obeys(scene, worker)


def _worker(scene: Scene) -> Instance:
    net = network(*PLACE, "batch", cidr="10.30.0.0/24")
    workers = group(net, "batch-workers", "batch workers", ports={22: "10.0.0.0/8"})
    monitored = group(net, "monitored", "reached by monitoring", ports={9100: "10.0.0.0/8"})
    batch = server(
        net,
        NAME,
        groups=[workers, monitored],
        more_interfaces=1,
        kind="c6i.4xlarge",
        launched=scene.ago(days=33),
        public_ip="34.245.12.7",
        tags={"team": "batch", "env": "production"},
    )
    extra_volume(net, batch, size=200, device="/dev/sdf")
    give_role(net, batch, ROLE, WORK)
    return batch


def _mines(scene: Scene, worker: Instance) -> None:
    scene.detected(
        finding(
            at=PLACE,
            kind="CryptoCurrency:EC2/BitcoinTool.B!DNS",
            severity=8,
            title=f"Bitcoin-related domain name queried by EC2 instance {worker.id}.",
            description=f"EC2 instance {worker.id} is querying a domain name that is associated with Bitcoin-related "
            "activity.",
            resource=on_instance(instance_details(worker)),
            action=dns(POOL),
            role="ACTOR",
            count=388,
            seen=span(scene, hours=31, lasting=0.99),
        )
    )


def _obeys(scene: Scene, worker: Instance) -> None:
    scene.detected(
        finding(
            at=PLACE,
            kind="Backdoor:EC2/C&CActivity.B",
            severity=8,
            title=f"Command and Control server IP address queried by EC2 instance {worker.id}.",
            description=f"EC2 instance {worker.id} is communicating outbound with a known Command & Control server "
            f"{CONTROLLER.ip}.",
            resource=on_instance(instance_details(worker)),
            action=connection(CONTROLLER, direction="OUTBOUND", local=(51322, "Unknown"), remote=(4444, "Unknown")),
            role="ACTOR",
            more={"threatListName": "ProofPoint", "threatName": "Mirai"},
            service=threat_list("ProofPoint", "Mirai"),
            count=52,
            seen=span(scene, hours=29, lasting=0.98),
        )
    )
