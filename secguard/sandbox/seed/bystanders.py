"""What must not be touched, or not so: a protected server, the root user, credentials stolen from a server's role."""

from __future__ import annotations

from secguard.sandbox.cast import HOME_REGION, PRODUCTION
from secguard.sandbox.seed.guardduty_form import access_key, api_call, dns, finding, on_instance, span
from secguard.sandbox.seed.people import CONTROLLER, THIEF
from secguard.sandbox.seed.scene import Scene
from secguard.sandbox.seed.servers import Network, give_role, group, instance_details, network, server

PROTECTED = "db-primary"
REPORTER = "report-1"
REPORT_ROLE = "reporting"
PLACE = (PRODUCTION, HOME_REGION)

REPORTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}],
}


def tell(scene: Scene) -> None:
    """Set them up and report what happens to them."""
    net = network(PRODUCTION, HOME_REGION, "core", cidr="10.40.0.0/24")
    _protected(scene, net)
    _stolen_session(scene, net)
    _root(scene)


def _protected(scene: Scene, net: Network) -> None:
    doors = group(net, "databases", "database servers", ports={5432: "10.0.0.0/8"})
    database = server(
        net,
        PROTECTED,
        groups=[doors],
        kind="r6i.2xlarge",
        launched=scene.ago(days=610),
        tags={"secguard:protect": "true", "team": "data", "env": "production"},
    )
    scene.detected(
        finding(
            at=PLACE,
            kind="UnauthorizedAccess:EC2/MetadataDNSRebind",
            severity=8,
            title=f"EC2 instance {database.id} is querying a domain that resolves to the metadata service.",
            description=f"EC2 instance {database.id} queried a domain that resolves to the EC2 metadata IP address.",
            resource=on_instance(instance_details(database)),
            action=dns("rebind.attacker.example"),
            role="ACTOR",
            count=5,
            seen=span(scene, hours=40, lasting=0.2),
        )
    )


def _stolen_session(scene: Scene, net: Network) -> None:
    reporter = server(net, REPORTER, groups=[group(net, "reports", "reports", ports={})], launched=scene.ago(days=80))
    give_role(net, reporter, REPORT_ROLE, REPORTS)
    session = access_key(
        key_id="ASIAZ7STOLENREPORT01",
        principal=f"AROAZ7REPORTINGROLE1:{reporter.id}",
        name=REPORT_ROLE,
        kind="AssumedRole",
    )
    scene.detected(
        finding(
            at=PLACE,
            kind="UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
            severity=8,
            title=f"Credentials for the EC2 instance role {REPORT_ROLE} were used from an external IP address.",
            description=f"Credentials created exclusively for an EC2 instance using instance role {REPORT_ROLE} have "
            f"been used from an external IP address {CONTROLLER.ip}.",
            resource={**session, "instanceDetails": instance_details(reporter)},
            action=api_call(CONTROLLER, service="s3", api="GetObject"),
            count=47,
            seen=span(scene, hours=15, lasting=0.9),
        )
    )


def _root(scene: Scene) -> None:
    root = access_key(key_id="", principal=PRODUCTION, name="Root", kind="Root")
    scene.detected(
        finding(
            at=PLACE,
            kind="Policy:IAMUser/RootCredentialUsage",
            severity=2,
            title="API DescribeRegions was invoked using root credentials.",
            description=f"API DescribeRegions was invoked using root credentials from IP address {THIEF.ip}.",
            resource=root,
            action=api_call(THIEF, service="ec2", api="DescribeRegions"),
            count=2,
            seen=span(scene, hours=27, lasting=0.1),
        )
    )
