"""Findings made for tests, in ASFF and read."""

from secguard.findings.forms.asff import read_asff

ACCOUNT = "123456789012"
DETECTOR = "12abc34d567e8fa901bc2d34e56789f0"


def asff(number=1, **over):
    """A finding as Security Hub holds it; keywords replace whole fields, None leaves one out."""
    region = over.get("Region") or "us-east-1"
    made = {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:securityhub:{region}:{ACCOUNT}:security-control/S3.2/finding/{number:08d}",
        "ProductArn": f"arn:aws:securityhub:{region}::product/aws/securityhub",
        "ProductName": "Security Hub",
        "GeneratorId": "security-control/S3.2",
        "AwsAccountId": ACCOUNT,
        "Region": region,
        "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "CreatedAt": "2026-11-20T00:00:00Z",
        "UpdatedAt": "2026-11-22T00:00:00Z",
        "Severity": {"Label": "HIGH", "Normalized": 70},
        "Title": "S3 buckets should prohibit public read access",
        "Description": "This control checks whether your S3 buckets allow public read access.",
        "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::acme", "Region": region}],
        "Compliance": {
            "Status": "FAILED",
            "SecurityControlId": "S3.2",
            "AssociatedStandards": [{"StandardsId": "standards/aws-foundational-security-best-practices/v/1.0.0"}],
        },
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
    }
    return {key: value for key, value in {**made, **over}.items() if value is not None}


def guardduty(number=1, kind="UnauthorizedAccess:EC2/SSHBruteForce", **over):
    """GuardDuty's finding as Security Hub holds it."""
    region = over.get("Region") or "us-east-1"
    own = {
        "Id": f"arn:aws:guardduty:{region}:{ACCOUNT}:detector/{DETECTOR}/finding/{number:032x}",
        "ProductArn": f"arn:aws:securityhub:{region}::product/aws/guardduty",
        "ProductName": "GuardDuty",
        "GeneratorId": f"arn:aws:guardduty:{region}:{ACCOUNT}:detector/{DETECTOR}",
        "Types": ["TTPs/Initial Access/" + kind.replace("/", "-")],
        "Title": "An instance is under attack.",
        "Resources": [{"Type": "AwsEc2Instance", "Id": f"arn:aws:ec2:{region}:{ACCOUNT}:instance/i-0c10c2c7863d1a356"}],
        "Compliance": None,
    }
    return asff(number, **{**own, **over})


def remote(kind, ip, *, prefix="aws/guardduty/service/"):
    """ProductFields that tell the remote end of an action."""
    base = f"{prefix}action/{kind}/remoteIpDetails"
    return {
        f"{base}/ipAddressV4": ip,
        f"{base}/country/countryName": "Netherlands",
        f"{base}/organization/asn": "208046",
        f"{base}/organization/asnOrg": "HOSTING",
    }


def read(item):
    """A finding that must be readable."""
    return read_asff(item, position="here")


def detected(number=1, kind="UnauthorizedAccess:EC2/SSHBruteForce", **over):
    """A finding as GuardDuty's events carry it; keywords replace whole fields, None leaves one out."""
    region = over.get("region") or "us-east-1"
    identity = f"{number:032x}"
    made = {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "region": region,
        "partition": "aws",
        "id": identity,
        "arn": f"arn:aws:guardduty:{region}:{ACCOUNT}:detector/{DETECTOR}/finding/{identity}",
        "type": kind,
        "severity": 8,
        "createdAt": "2026-11-20T00:00:00.000Z",
        "updatedAt": "2026-11-22T00:00:00.000Z",
        "title": "An instance is under attack.",
        "description": "Someone guesses passwords.",
        "resource": {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-0c10c2c7863d1a356"}},
        "service": {
            "archived": False,
            "count": 3,
            "detectorId": DETECTOR,
            "resourceRole": "TARGET",
            "eventFirstSeen": "2026-11-20T00:00:00Z",
            "eventLastSeen": "2026-11-22T00:00:00Z",
            "action": {"actionType": "NETWORK_CONNECTION", "networkConnectionAction": {"remoteIpDetails": REMOTE}},
            "additionalInfo": {"type": "default", "value": "{}"},
        },
    }
    return {key: value for key, value in {**made, **over}.items() if value is not None}


REMOTE = {
    "ipAddressV4": "185.220.101.1",
    "country": {"countryName": "Netherlands"},
    "organization": {"asn": "208046", "asnOrg": "HOSTING"},
}


def ocsf(number=1, **over):
    """A finding as the new Security Hub has it; keywords replace whole fields, None leaves one out."""
    made = {
        "activity_id": 1,
        "class_uid": 2004,
        "cloud": {"account": {"uid": ACCOUNT}, "provider": "AWS", "region": "us-east-1"},
        "finding_info": {
            "uid": f"arn:aws:inspector2:us-east-1:{ACCOUNT}:finding/{number:08d}",
            "title": "A package has a weakness",
            "desc": "It should be updated.",
            "types": ["Software and Configuration Checks/Vulnerabilities/CVE"],
            "created_time": 1795219200000,
            "modified_time": 1795305600000,
            "modified_time_dt": "2026-11-22T00:00:00Z",
        },
        "metadata": {
            "uid": f"{number:064x}",
            "version": "1.6.0",
            "product": {"name": "Inspector", "uid": "arn:aws:securityhub:us-east-1::productv2/aws/inspector"},
        },
        "severity": "High",
        "severity_id": 4,
        "status": "New",
        "status_id": 1,
        "time": 1795305600000,
        "resources": [
            {"type": "AwsEc2Instance", "uid": f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0c10c2c7863d1a356"}
        ],
    }
    return {key: value for key, value in {**made, **over}.items() if value is not None}
