"""Findings that tell of acts, made for tests: in ASFF as Security Hub holds what GuardDuty found."""

from datetime import UTC, datetime, timedelta

from asff_made import ACCOUNT, guardduty, read, remote

from secguard.model import timestamp

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
THIEF, OTHER, TOR = "80.94.92.65", "141.98.10.60", "185.220.101.34"


def at(hours):
    """So many hours after noon."""
    return timestamp(NOON + timedelta(hours=hours))


def act(number, *, kind="Discovery:S3/AnomalousBehavior", ip=None, on=(), hours=0.0, lasting=1.0, fields=None, **over):
    """Something done, `hours` after noon, from an address, to resources; keywords replace whole fields."""
    told = {**(remote("awsApiCallAction", ip) if ip else {}), **(fields or {})}
    times = {} if hours is None else {"FirstObservedAt": at(hours), "LastObservedAt": at(hours + lasting)}
    if hours is None:
        times = {"UpdatedAt": None}
    return read(
        guardduty(number, kind, ProductFields=told, Resources=list(on), **{"Types": [_type(kind)], **times, **over})
    )


def attempt(number, *, ip, on, hours=0.0, **more):
    """Guessed passwords: someone reached for an instance from outside."""
    base = "aws/guardduty/service"
    fields = {
        f"{base}/action/actionType": "NETWORK_CONNECTION",
        f"{base}/action/networkConnectionAction/connectionDirection": "INBOUND",
        f"{base}/resourceRole": "TARGET",
    }
    kind = "UnauthorizedAccess:EC2/SSHBruteForce"
    return act(number, kind=kind, ip=ip, on=[on], hours=hours, fields=fields, **more)


def bucket(name="acme"):
    return {"Type": "AwsS3Bucket", "Id": f"arn:aws:s3:::{name}"}


def instance(name="i-0abc12345678def01", *, region="us-east-1"):
    return {"Type": "AwsEc2Instance", "Id": f"arn:aws:ec2:{region}:{ACCOUNT}:instance/{name}"}


def key(key_id="AKIAIOSFODNN7EXAMPLE", *, name="deploy-bot", principal="AIDAEXAMPLE", kind="IAMUser"):
    """An access key as Security Hub lists it, with whose it is."""
    details = {"PrincipalId": principal, "PrincipalType": kind, "PrincipalName": name}
    return {
        "Type": "AwsIamAccessKey",
        "Id": f"AWS::IAM::AccessKey:{key_id}",
        "Details": {"AwsIamAccessKey": details},
    }


def _type(kind):
    return "TTPs/" + kind.replace("/", "-")


SEQUENCE = "aws/guardduty/service/detection/sequence"


def sequence(number, signals, *, endpoints=(), hours=0.0, **more):
    """An attack sequence as Security Hub flattens it."""
    fields = {f"{SEQUENCE}/uid": f"{number:032x}"}
    for n, signal in enumerate(signals):
        fields |= {f"{SEQUENCE}/signals.{n}_/{name}": value for name, value in signal.items()}
    for n, ip in enumerate(endpoints):
        fields[f"{SEQUENCE}/endpoints.{n}_/ip"] = ip
    kind = "AttackSequence:IAM/CompromisedCredentials"
    return act(number, kind=kind, hours=hours, fields=fields, Title="A key was stolen and used.", **more)
