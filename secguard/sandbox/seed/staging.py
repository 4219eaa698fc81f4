"""In the member account staging: a user whose key a penetration tester's machine uses, and a flooding server."""

from __future__ import annotations

import json

from moto.iam.models import iam_backends

from secguard.sandbox.cast import HOME_REGION, STAGING
from secguard.sandbox.seed.accounts import add_key
from secguard.sandbox.seed.guardduty_form import access_key, api_call, connection, finding, on_instance, span
from secguard.sandbox.seed.people import BOT, TOR_EXIT
from secguard.sandbox.seed.scene import Scene
from secguard.sandbox.seed.servers import group, instance_details, network, server

USER = "ci-runner"
KEY = "AKIAZ7STAGINGRUNNER1"
SERVER = "staging-dns"
PLACE = (STAGING, HOME_REGION)


def tell(scene: Scene) -> None:
    """Set up both and report what they do."""
    _runner(scene)
    _flooder(scene)


def _runner(scene: Scene) -> None:
    iam = iam_backends[STAGING]["aws"]
    runner = iam.create_user(HOME_REGION, USER)
    statement = {"Effect": "Allow", "Action": ["s3:*", "codebuild:*"], "Resource": "*"}
    iam.put_user_policy(USER, "Builds", json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    add_key(STAGING, runner, KEY)
    key = access_key(key_id=KEY, principal=runner.id, name=USER)
    scene.detected(
        finding(
            at=PLACE,
            kind="PenTest:IAMUser/KaliLinux",
            severity=5,
            title=f"API GetCallerIdentity was invoked from a remote host potentially running Kali Linux by {USER}.",
            description="API GetCallerIdentity was invoked from a remote host with IP address "
            f"{TOR_EXIT.ip} that is potentially running the Kali Linux penetration testing tool.",
            resource=key,
            action=api_call(TOR_EXIT, service="sts", api="GetCallerIdentity"),
            count=3,
            seen=span(scene, hours=19, lasting=0.3),
        )
    )
    scene.detected(
        finding(
            at=PLACE,
            kind="UnauthorizedAccess:IAMUser/TorIPCaller",
            severity=5,
            title=f"API ListBuckets was invoked from a Tor exit node by {USER}.",
            description=f"API ListBuckets was invoked from the Tor exit node IP address {TOR_EXIT.ip}.",
            resource=key,
            action=api_call(TOR_EXIT, service="s3", api="ListBuckets"),
            count=8,
            seen=span(scene, hours=18, lasting=0.6),
        )
    )


def _flooder(scene: Scene) -> None:
    net = network(STAGING, HOME_REGION, "staging", cidr="10.50.0.0/24")
    doors = group(net, "staging-dns", "resolver", ports={53: "0.0.0.0/0"})
    flooder = server(net, SERVER, groups=[doors], launched=scene.ago(days=12), public_ip="3.88.14.201")
    scene.detected(
        finding(
            at=PLACE,
            kind="Backdoor:EC2/DenialOfService.Dns",
            severity=8,
            title=f"EC2 instance {flooder.id} is behaving in a manner that may indicate it is being used to perform a "
            "Denial of Service (DoS) attack using DNS protocol.",
            description=f"EC2 instance {flooder.id} is sending large volumes of DNS traffic to {BOT.ip}.",
            resource=on_instance(instance_details(flooder)),
            action=connection(BOT, direction="OUTBOUND", local=(53, "DNS"), remote=(53, "DNS")),
            role="ACTOR",
            count=12,
            seen=span(scene, hours=13, lasting=0.9),
        )
    )
