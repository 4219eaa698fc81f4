"""Findings as the readers make them, for what playbooks ask of them."""

from secguard.findings.forms.asff import read_asff
from secguard.model import Finding

ACCOUNT = "123456789012"
REGION = "eu-west-1"


def finding(kind="UnauthorizedAccess:EC2/SSHBruteForce", *, resources=(), number=1, sample=False, **more) -> Finding:
    """What Security Hub's own reader makes of a GuardDuty finding of this type."""
    family, _, detail = kind.partition("/")
    item = {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/d/finding/{number:032x}",
        "ProductArn": f"arn:aws:securityhub:{REGION}::product/aws/guardduty",
        "ProductName": "GuardDuty",
        "AwsAccountId": ACCOUNT,
        "Region": REGION,
        "Types": [f"TTPs/Something/{family}-{detail}"],
        "Severity": {"Label": "HIGH"},
        "Title": kind,
        "Description": kind,
        "Resources": list(resources),
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
        "LastObservedAt": "2026-11-23T11:00:00.000Z",
        "UpdatedAt": "2026-11-23T11:00:00.000Z",
        "Sample": sample,
        **more,
    }
    made = read_asff(item, position="here")
    assert isinstance(made, Finding)
    return made


def instance(name="i-0123456789abcdef0", *, account=ACCOUNT):
    return {"Type": "AwsEc2Instance", "Id": f"arn:aws:ec2:{REGION}:{account}:instance/{name}", "Region": REGION}


def bucket(name="acme-invoices"):
    return {"Type": "AwsS3Bucket", "Id": f"arn:aws:s3:::{name}"}


def key(kind="IAMUser", name="deploy-bot", key_id="AKIAIOSFODNN7EXAMPLE"):
    details = {"PrincipalType": kind, "PrincipalName": name}
    return {
        "Type": "AwsIamAccessKey",
        "Id": f"AWS::IAM::AccessKey:{key_id}",
        "Details": {"AwsIamAccessKey": {name: value for name, value in details.items() if value}},
    }


def remote(*ips):
    """ASFF's Action with these remote addresses: one for a connection, several for a probe."""
    if len(ips) == 1:
        return {
            "ActionType": "NETWORK_CONNECTION",
            "NetworkConnectionAction": {"RemoteIpDetails": {"IpAddressV4": ips[0]}},
        }
    probes = [{"RemoteIpDetails": {"IpAddressV4": ip}} for ip in ips]
    return {"ActionType": "PORT_PROBE", "PortProbeAction": {"PortProbeDetails": probes}}
