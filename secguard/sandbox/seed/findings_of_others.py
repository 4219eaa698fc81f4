"""What Security Hub's controls and the other products report: most of it routine, some of it dealt with."""

from __future__ import annotations

from typing import Any

from secguard.sandbox.cast import PRODUCTION, RESEARCH, STAGING
from secguard.sandbox.seed.asff_form import (
    ACCESS_ANALYZER,
    CONFIG,
    FIREWALL_MANAGER,
    INSPECTOR,
    MACIE,
    PROWLER,
    Control,
    control_finding,
    product_finding,
    resource,
)
from secguard.sandbox.seed.controls import ACCOUNT_WIDE, WIDESPREAD
from secguard.sandbox.seed.scene import Finding, Scene, Seen, hex_id, uuid_id

ACCOUNTS = (PRODUCTION, STAGING, RESEARCH)
# Where Security Hub is on in all three accounts.
REGIONS = ("us-east-1", "us-east-2", "eu-west-1", "eu-west-2", "ap-southeast-2", "ap-northeast-2")
CONTROL_FINDINGS = 118

WORKFLOW = ("NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED")
WORKFLOW_WEIGHTS = (80, 8, 7, 5)

# Real vulnerabilities with the severity that Inspector gives them.
CVES = (
    ("CVE-2024-6387", "HIGH", "openssh", 8.1), ("CVE-2023-44487", "HIGH", "nginx", 7.5),
    ("CVE-2024-3094", "CRITICAL", "xz-utils", 10.0), ("CVE-2021-44228", "CRITICAL", "log4j-core", 10.0),
    ("CVE-2023-46218", "MEDIUM", "curl", 6.5), ("CVE-2024-2961", "HIGH", "glibc", 7.3),
    ("CVE-2023-4911", "HIGH", "glibc", 7.8), ("CVE-2022-0778", "HIGH", "openssl", 7.5),
    ("CVE-2023-5363", "HIGH", "openssl", 7.5), ("CVE-2024-0727", "MEDIUM", "openssl", 5.5),
    ("CVE-2023-48795", "MEDIUM", "openssh", 5.9), ("CVE-2024-28085", "LOW", "util-linux", 3.3),
)  # fmt: skip

# Prowler's checks, with the kind of resource and the end of its ARN.
PROWLER_CHECKS = (
    ("iam_user_mfa_enabled_console_access", "HIGH", "AwsIamUser", "iam::{account}:user/user-{number}",
     "Ensure MFA is enabled for all IAM users that have a console password."),
    ("ec2_instance_public_ip", "MEDIUM", "AwsEc2Instance", "ec2:{region}:{account}:instance/i-{hex}",
     "Check for EC2 Instances with Public IP."),
    ("s3_bucket_object_versioning", "MEDIUM", "AwsS3Bucket", "s3:::acme-archive-{number}",
     "Check if S3 buckets have object versioning enabled."),
    ("iam_rotate_access_key_90_days", "MEDIUM", "AwsIamUser", "iam::{account}:user/user-{number}",
     "Ensure access keys are rotated every 90 days or less."),
    ("vpc_subnet_no_public_ip_by_default", "LOW", "AwsEc2Subnet", "ec2:{region}:{account}:subnet/subnet-{hex}",
     "Ensure VPC subnets do not assign public IP by default."),
)  # fmt: skip


def tell(scene: Scene) -> None:
    """Report them."""
    scene.received(*_checks(scene))
    scene.received(*_account_checks(scene))
    scene.received(*(_vulnerability(scene, number) for number in range(40)))
    scene.received(*(_prowler(scene, number) for number in range(18)))
    scene.received(*(_sensitive_data(scene, number) for number in range(10)))
    scene.received(*(_external_access(scene, number) for number in range(12)))
    scene.received(*(_noncompliant(scene, number) for number in range(8)))
    scene.received(*(_unprotected_web(scene, number) for number in range(6)))


def _checks(scene: Scene) -> list[Finding]:
    made = {}
    for number in range(CONTROL_FINDINGS):
        control = WIDESPREAD[number % len(WIDESPREAD)]
        account, region = _place(scene)
        about = _resource_of(control, account, region, number)
        found = control_finding(
            control,
            at=(account, region),
            about=about,
            status="PASSED" if scene.chance.random() < 0.25 else "FAILED",
            seen=_seen(scene),
        )
        if found["Compliance"]["Status"] == "FAILED":
            found["Workflow"] = {"Status": _workflow(scene)}
        if scene.chance.random() < 0.06:
            # Its resource is gone.
            found["RecordState"] = "ARCHIVED"
        made[found["Id"]] = found
    return list(made.values())


def _account_checks(scene: Scene) -> list[Finding]:
    return [
        control_finding(
            control,
            at=(account, REGIONS[0]),
            about=resource("AwsAccount", f"AWS::::Account:{account}", REGIONS[0]),
            seen=_seen(scene),
        )
        for account in ACCOUNTS
        for control in ACCOUNT_WIDE
    ]


def _resource_of(control: Control, account: str, region: str, number: int) -> dict[str, Any]:
    if control.resource_type == "AwsAccount":
        return resource("AwsAccount", f"AWS::::Account:{account}", region)
    service, path = _PATHS[control.resource_type]
    name = path.format(hex=hex_id(control.id, number)[:17], number=number)
    owner = "::" if service == "s3" else f"{region}:{account}:"
    return resource(control.resource_type, f"arn:aws:{service}:{owner}{name}", region)


_PATHS = {
    "AwsS3Bucket": ("s3", "acme-data-{number}"),
    "AwsEc2SecurityGroup": ("ec2", "security-group/sg-{hex}"),
    "AwsEc2Vpc": ("ec2", "vpc/vpc-{hex}"),
    "AwsEc2Instance": ("ec2", "instance/i-{hex}"),
    "AwsKmsKey": ("kms", "key/{hex}"),
    "AwsCloudTrailTrail": ("cloudtrail", "trail/organization"),
    "AwsRdsDbInstance": ("rds", "db:orders-{number}"),
    "AwsLambdaFunction": ("lambda", "function:job-{number}"),
    "AwsElbv2LoadBalancer": ("elasticloadbalancing", "loadbalancer/app/shop-{number}/{hex}"),
    "AwsWafv2WebAcl": ("wafv2", "regional/webacl/shop-{number}/{hex}"),
    "AwsDynamoDbTable": ("dynamodb", "table/carts-{number}"),
    "AwsSnsTopic": ("sns", "alerts-{number}"),
    "AwsCloudWatchAlarm": ("cloudwatch", "alarm:cpu-{number}"),
}


def _vulnerability(scene: Scene, number: int) -> Finding:
    cve, label, package, score = CVES[number % len(CVES)]
    account, region = _place(scene)
    instance = f"arn:aws:ec2:{region}:{account}:instance/i-{hex_id('inspected', number // 4)[:17]}"
    vulnerability = {
        "Id": cve,
        "Cvss": [{"Version": "3.1", "BaseScore": score, "Source": "NVD"}],
        "VulnerablePackages": [{"Name": package, "Version": "1.0", "FixedInVersion": "1.1", "PackageManager": "OS"}],
        "Vendor": {"Name": "NVD", "Url": f"https://nvd.nist.gov/vuln/detail/{cve}", "VendorSeverity": label},
        "FixAvailable": "YES",
        "ExploitAvailable": "YES" if score > 9 else "NO",
    }
    return product_finding(
        INSPECTOR,
        at=(account, region),
        identity=f"arn:aws:inspector2:{region}:{account}:finding/{hex_id('inspector', number)}",
        label=label,
        title=f"{cve} - {package}",
        description=f"A vulnerability in {package} was found on the instance.",
        about=[resource("AwsEc2Instance", instance, region)],
        generator="AWSInspector",
        workflow=_workflow(scene),
        Vulnerabilities=[vulnerability],
        fields={"aws/inspector/FindingStatus": "ACTIVE", "aws/inspector/inspectorScore": str(score)},
        seen=_seen(scene),
    )


def _prowler(scene: Scene, number: int) -> Finding:
    check, label, kind, path, title = PROWLER_CHECKS[number % len(PROWLER_CHECKS)]
    account, region = _place(scene)
    arn = "arn:aws:" + path.format(account=account, region=region, number=number, hex=hex_id(check, number)[:17])
    return product_finding(
        PROWLER,
        at=(account, region),
        identity=f"prowler-{check}-{account}-{region}-{hex_id('prowler', number)[:9]}",
        label=label,
        title=title,
        description=title,
        about=[resource(kind, arn, region)],
        generator=f"prowler-{check}",
        workflow=_workflow(scene),
        Compliance={"Status": "FAILED", "RelatedRequirements": ["CIS-3.0 1.5"]},
        fields={"ProviderName": "Prowler", "ProviderVersion": "5.4.0", "ProwlerResourceName": arn},
        seen=_seen(scene),
    )


def _sensitive_data(scene: Scene, number: int) -> Finding:
    account, region = _place(scene)
    bucket = f"arn:aws:s3:::acme-exports-{number}"
    return product_finding(
        MACIE,
        at=(account, region),
        identity=hex_id("macie", number),
        label=("HIGH", "MEDIUM", "LOW")[number % 3],
        title="The S3 object contains personal information.",
        description="The object contains personal information such as first or last names, or addresses.",
        about=[
            resource("AwsS3Bucket", bucket, region),
            resource("AwsS3Object", f"{bucket}/customers-{number}.csv", region),
        ],
        generator="aws/macie",
        workflow=_workflow(scene),
        seen=_seen(scene),
    )


def _external_access(scene: Scene, number: int) -> Finding:
    account, region = _place(scene)
    role = f"arn:aws:iam::{account}:role/partner-{number}"
    analyzer = f"arn:aws:access-analyzer:{region}:{account}:analyzer/account"
    return product_finding(
        ACCESS_ANALYZER,
        at=(account, region),
        identity=f"{analyzer}/{role}/{uuid_id('analyzer', number)}",
        label=("LOW", "MEDIUM")[number % 2],
        title=f"AwsIamRole/{role}/ allows cross-account access",
        description=f"AWS::IAM::Role/{role}/ allows cross-account access from AWS 555555555555",
        about=[resource("AwsIamRole", role, region)],
        generator="aws/access-analyzer",
        workflow=_workflow(scene),
        seen=_seen(scene),
    )


def _noncompliant(scene: Scene, number: int) -> Finding:
    account, region = _place(scene)
    rule = f"arn:aws:config:{region}:{account}:config-rule/config-rule-{hex_id('rule', number)[:6]}"
    instance = f"arn:aws:ec2:{region}:{account}:instance/i-{hex_id('tag', number)[:17]}"
    return product_finding(
        CONFIG,
        at=(account, region),
        identity=f"{rule}/finding/{hex_id(number)}",
        label="MEDIUM",
        title="required-tags",
        description="This finding is created for a resource compliance change for config rule: required-tags",
        about=[resource("AwsEc2Instance", instance, region)],
        generator=rule,
        Compliance={"Status": "FAILED"},
        seen=_seen(scene),
    )


def _unprotected_web(scene: Scene, number: int) -> Finding:
    account, region = _place(scene)
    acl = f"arn:aws:wafv2:{region}:{account}:regional/webacl/shop-{number}/{uuid_id('acl', number)}"
    return product_finding(
        FIREWALL_MANAGER,
        at=(account, region),
        identity=f"{acl}/{hex_id('fms', number)}",
        label="MEDIUM",
        title="Web ACL is missing a rule group that is defined by the Firewall Manager administrator",
        description="The web ACL does not have the rule groups of the policy acme-web-baseline.",
        about=[resource("AwsWafv2WebAcl", acl, region)],
        generator=f"arn:aws:fms:us-east-1:{PRODUCTION}:policy/{uuid_id('policy')}",
        Compliance={"Status": "FAILED"},
        seen=_seen(scene),
    )


def _place(scene: Scene) -> tuple[str, str]:
    account = scene.chance.choices(ACCOUNTS, (6, 2, 2))[0]
    return account, scene.chance.choices(REGIONS, (8, 2, 4, 2, 1, 1))[0]


def _seen(scene: Scene) -> Seen:
    first = scene.chance.uniform(2, 24 * 60)
    return scene.ago(hours=first), scene.ago(hours=first * scene.chance.random())


def _workflow(scene: Scene) -> str:
    return scene.chance.choices(WORKFLOW, WORKFLOW_WEIGHTS)[0]
