"""deploy-bot: an IAM user whose access key has leaked and works for someone in another country."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.models import User, iam_backends

from secguard.sandbox import clock
from secguard.sandbox.cast import HOME_REGION, PRODUCTION
from secguard.sandbox.seed.accounts import add_key
from secguard.sandbox.seed.guardduty_form import access_key, api_call, finding, span, threat_list
from secguard.sandbox.seed.people import THIEF, TOR_EXIT, Origin
from secguard.sandbox.seed.scene import Finding, Scene, hex_id

NAME = "deploy-bot"
PLACE = (PRODUCTION, HOME_REGION)
LEAKED_KEY = "AKIAZ7LEAKEDDEPLOY01"
RETIRED_KEY = "AKIAZ7RETIREDDEPLOY1"
GROUP = "deployers"

DEPLOYMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:*", "ecs:*", "lambda:*", "cloudformation:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": f"arn:aws:iam::{PRODUCTION}:role/deploy-*"},
    ],
}


def tell(scene: Scene) -> None:
    """Set up the user and report what its key does."""
    bot = _user(scene)
    signals = [scene.detected(found(scene, bot)) for found in (_stolen, _caught, _persisted)]
    scene.detected(_sequence(scene, bot, signals))


def _key(bot: User) -> dict[str, Any]:
    return access_key(key_id=LEAKED_KEY, principal=bot.id, name=NAME)


def _stolen(scene: Scene, bot: User) -> Finding:
    return finding(
        at=PLACE,
        kind="CredentialAccess:IAMUser/CompromisedCredentials",
        severity=8,
        title=f"The access key of {NAME} is potentially compromised.",
        description=f"The access key {LEAKED_KEY} of the IAM user {NAME} was used from {THIEF.ip} in a way that is "
        "known from compromised credentials.",
        resource=_key(bot),
        action=api_call(THIEF, service="sts", api="GetCallerIdentity"),
        count=4,
        seen=span(scene, hours=6.2, lasting=0.6),
    )


def _caught(scene: Scene, bot: User) -> Finding:
    return finding(
        at=PLACE,
        kind="UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
        severity=5,
        title=f"API ListBuckets was invoked from an IP address on a custom threat list by {NAME}.",
        description=f"API ListBuckets was invoked by the IAM user {NAME} from the IP address {THIEF.ip} on the "
        "custom threat list acme-threats.",
        resource=_key(bot),
        action=api_call(THIEF, service="s3", api="ListBuckets"),
        more={"threatListName": "acme-threats"},
        service=threat_list("acme-threats"),
        count=17,
        seen=span(scene, hours=6, lasting=0.9),
    )


def _persisted(scene: Scene, bot: User) -> Finding:
    return finding(
        at=PLACE,
        kind="Persistence:IAMUser/AnomalousBehavior",
        severity=5,
        title=f"User IAMUser : {NAME} is anomalously invoking APIs commonly used in Persistence tactics.",
        description="APIs commonly used in Persistence tactics were invoked by this user under anomalous "
        f"circumstances: CreateAccessKey from {TOR_EXIT.ip}.",
        resource=_key(bot),
        action=api_call(TOR_EXIT, service="iam", api="CreateAccessKey", error="AccessDenied"),
        count=9,
        seen=span(scene, hours=4, lasting=0.5),
    )


def _user(scene: Scene) -> User:
    iam = iam_backends[PRODUCTION]["aws"]
    bot = iam.create_user(HOME_REGION, NAME)
    bot.create_date = scene.ago(days=420).replace(tzinfo=None)
    iam.create_group(GROUP)
    iam.put_group_policy(GROUP, "Read", json.dumps(_allow("cloudwatch:Get*", "logs:Get*", "ecs:Describe*")))
    iam.add_user_to_group(GROUP, NAME)
    iam.put_user_policy(NAME, "Deployment", json.dumps(DEPLOYMENT))
    iam.create_login_profile(NAME, hex_id(NAME, "password"))
    for key_id, status, days in ((LEAKED_KEY, "Active", 390), (RETIRED_KEY, "Inactive", 420)):
        key = add_key(PRODUCTION, bot, key_id, status=status)
        key.create_date = scene.ago(days=days).replace(tzinfo=None)
    return bot


def _allow(*actions: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
    }


def _sequence(scene: Scene, bot: User, signals: list[Finding]) -> Finding:
    """The attack sequence that GuardDuty makes of the single findings."""
    sequence = {
        "uid": hex_id("sequence", NAME),
        "description": f"A sequence of actions by {NAME} that indicates compromised credentials.",
        "actors": [_actor(bot)],
        "resources": [_key_resource(bot)],
        "endpoints": [_endpoint(origin) for origin in (THIEF, TOR_EXIT)],
        "signals": [_signal(found) for found in signals],
        "sequenceIndicators": [
            {"key": "ATTACK_TACTIC", "title": "Attack tactics", "values": ["Discovery", "Persistence"]},
            {
                "key": "ATTACK_TECHNIQUE",
                "title": "Attack techniques",
                "values": ["T1078.004 - Valid Accounts: Cloud Accounts"],
            },
            {"key": "MALICIOUS_IP", "title": "Malicious IP addresses", "values": [THIEF.ip, TOR_EXIT.ip]},
        ],
    }
    return finding(
        at=PLACE,
        kind="AttackSequence:IAM/CompromisedCredentials",
        severity=9,
        title=f"Potential credential compromise of {NAME} indicated by a sequence of actions.",
        description="A sequence of actions involving 3 signals indicating potential credential compromise was observed "
        f"for IAMUser/{NAME} with principalId {bot.id} in account {PRODUCTION}.",
        resource={"resourceType": "AttackSequence"},
        action=None,
        count=1,
        service={"detection": {"sequence": sequence}, "featureName": "Correlation"},
        seen=span(scene, hours=6.2, lasting=0.95),
    )


def _actor(bot: User) -> dict[str, Any]:
    return {
        "id": f"actor-{bot.id}",
        "user": {
            "name": NAME,
            "uid": bot.id,
            "type": "IAMUser",
            "credentialUid": LEAKED_KEY,
            "account": {"uid": PRODUCTION, "account": "production"},
        },
    }


def _key_resource(bot: User) -> dict[str, Any]:
    return {
        "uid": LEAKED_KEY,
        "name": LEAKED_KEY,
        "accountId": PRODUCTION,
        "resourceType": "ACCESS_KEY",
        "region": HOME_REGION,
        "service": "iam",
        "cloudPartition": "aws",
        "data": {"accessKey": {"principalId": bot.id, "userName": NAME, "userType": "IAMUser"}},
    }


def _endpoint(origin: Origin) -> dict[str, Any]:
    return {
        "id": f"endpoint-{origin.ip}",
        "ip": origin.ip,
        "location": {
            "city": origin.city,
            "country": origin.country,
            "lat": origin.latitude,
            "lon": origin.longitude,
        },
        "autonomousSystem": {"name": origin.owner, "number": int(origin.asn)},
    }


def _signal(found: Finding) -> dict[str, Any]:
    service = found["service"]
    return {
        "uid": found["arn"],
        "type": "FINDING",
        "name": found["type"],
        "description": found["description"],
        "createdAt": _epoch(found["createdAt"]),
        "updatedAt": _epoch(found["updatedAt"]),
        "firstSeenAt": _epoch(service["eventFirstSeen"]),
        "lastSeenAt": _epoch(service["eventLastSeen"]),
        "severity": found["severity"],
        "count": service["count"],
        "resourceUids": [LEAKED_KEY],
        "endpointIds": [f"endpoint-{service['action']['awsApiCallAction']['remoteIpDetails']['ipAddressV4']}"],
    }


def _epoch(text: str) -> float:
    """A time as attack sequences carry it, unlike the rest of a finding."""
    moment = clock.parse(text)
    assert moment
    return clock.epoch(moment)
