"""The controls that fail in the sandbox. Ids, titles and severities: the Security Hub controls reference."""

from __future__ import annotations

from secguard.sandbox.seed.asff_form import Control


def _control(
    control_id: str, severity: str, resource_type: str, rule: str, title: str, *, in_cis: bool = False
) -> Control:
    return Control(id=control_id, title=title, severity=severity, resource_type=resource_type, rule=rule, in_cis=in_cis)


BUCKET_READ = _control(
    "S3.2", "CRITICAL", "AwsS3Bucket", "s3-bucket-public-read-prohibited",
    "S3 general purpose buckets should block public read access",
)  # fmt: skip
BUCKET_BLOCK = _control(
    "S3.8", "HIGH", "AwsS3Bucket", "s3-bucket-level-public-access-prohibited",
    "S3 general purpose buckets should block public access", in_cis=True,
)  # fmt: skip
BUCKET_TLS = _control(
    "S3.5", "MEDIUM", "AwsS3Bucket", "s3-bucket-ssl-requests-only",
    "S3 general purpose buckets should require requests to use SSL", in_cis=True,
)  # fmt: skip
SSH_OPEN = _control(
    "EC2.13", "HIGH", "AwsEc2SecurityGroup", "restricted-ssh",
    "Security groups should not allow ingress from 0.0.0.0/0 or ::/0 to port 22",
)  # fmt: skip
PORTS_OPEN = _control(
    "EC2.19", "CRITICAL", "AwsEc2SecurityGroup", "vpc-sg-restricted-common-ports",
    "Security groups should not allow unrestricted access to ports with high risk",
)  # fmt: skip
IMDSV2 = _control(
    "EC2.8", "HIGH", "AwsEc2Instance", "ec2-imdsv2-check",
    "EC2 instances should use Instance Metadata Service Version 2 (IMDSv2)", in_cis=True,
)  # fmt: skip
SNAPSHOT_PUBLIC = _control(
    "EC2.1", "CRITICAL", "AwsAccount", "ebs-snapshot-public-restorable-check",
    "Amazon EBS snapshots should not be publicly restorable",
)  # fmt: skip
DEFAULT_GROUP = _control(
    "EC2.2", "HIGH", "AwsEc2SecurityGroup", "vpc-default-security-group-closed",
    "VPC default security groups should not allow inbound or outbound traffic", in_cis=True,
)  # fmt: skip

WIDESPREAD = (
    DEFAULT_GROUP,
    BUCKET_TLS,
    _control(
        "EC2.6", "MEDIUM", "AwsEc2Vpc", "vpc-flow-logs-enabled",
        "VPC flow logging should be enabled in all VPCs", in_cis=True,
    ),
    _control(
        "EC2.7", "MEDIUM", "AwsAccount", "ec2-ebs-encryption-by-default",
        "EBS default encryption should be enabled", in_cis=True,
    ),
    _control(
        "EC2.10", "MEDIUM", "AwsEc2Vpc", "service-vpc-endpoint-enabled",
        "Amazon EC2 should be configured to use VPC endpoints that are created for the Amazon EC2 service",
    ),
    _control(
        "KMS.4", "MEDIUM", "AwsKmsKey", "cmk-backing-key-rotation-enabled",
        "AWS KMS key rotation should be enabled", in_cis=True,
    ),
    _control(
        "CloudTrail.2", "MEDIUM", "AwsCloudTrailTrail", "cloud-trail-encryption-enabled",
        "CloudTrail should have encryption at-rest enabled", in_cis=True,
    ),
    _control(
        "RDS.11", "MEDIUM", "AwsRdsDbInstance", "db-instance-backup-enabled",
        "RDS instances should have automatic backups enabled",
    ),
    _control(
        "RDS.3", "MEDIUM", "AwsRdsDbInstance", "rds-storage-encrypted",
        "RDS DB instances should have encryption at-rest enabled", in_cis=True,
    ),
    _control(
        "RDS.13", "HIGH", "AwsRdsDbInstance", "rds-automatic-minor-version-upgrade-enabled",
        "RDS automatic minor version upgrades should be enabled", in_cis=True,
    ),
    _control(
        "Lambda.2", "MEDIUM", "AwsLambdaFunction", "lambda-function-settings-check",
        "Lambda functions should use supported runtimes",
    ),
    _control(
        "SSM.1", "MEDIUM", "AwsEc2Instance", "ec2-instance-managed-by-systems-manager",
        "Amazon EC2 instances should be managed by AWS Systems Manager",
    ),
    _control(
        "ELB.1", "MEDIUM", "AwsElbv2LoadBalancer", "alb-http-to-https-redirection-check",
        "Application Load Balancer should be configured to redirect all HTTP requests to HTTPS",
    ),
    _control(
        "WAF.10", "MEDIUM", "AwsWafv2WebAcl", "wafv2-webacl-not-empty",
        "AWS WAF web ACLs should have at least one rule or rule group",
    ),
    _control(
        "DynamoDB.2", "MEDIUM", "AwsDynamoDbTable", "dynamodb-pitr-enabled",
        "DynamoDB tables should have point-in-time recovery enabled",
    ),
    _control(
        "SNS.1", "MEDIUM", "AwsSnsTopic", "sns-encrypted-kms",
        "SNS topics should be encrypted at-rest using AWS KMS",
    ),
    _control(
        "CloudWatch.15", "HIGH", "AwsCloudWatchAlarm", "cloudwatch-alarm-action-check",
        "CloudWatch alarms should have specified actions configured",
    ),
)  # fmt: skip
"""Fail or pass here and there, on resources of which the sandbox has only the names."""

ACCOUNT_WIDE = (
    _control(
        "IAM.6", "CRITICAL", "AwsAccount", "root-account-hardware-mfa-enabled",
        "Hardware MFA should be enabled for the root user", in_cis=True,
    ),
    _control(
        "IAM.7", "MEDIUM", "AwsAccount", "iam-password-policy",
        "Password policies for IAM users should have strong configurations",
    ),
    _control(
        "Account.1", "MEDIUM", "AwsAccount", "security-account-information-provided",
        "Security contact information should be provided for an AWS account", in_cis=True,
    ),
    _control(
        "S3.1", "MEDIUM", "AwsAccount", "s3-account-level-public-access-blocks-periodic",
        "S3 general purpose buckets should have block public access settings enabled", in_cis=True,
    ),
    _control("Macie.1", "MEDIUM", "AwsAccount", "macie-status-check", "Amazon Macie should be enabled"),
)  # fmt: skip
"""About the account itself."""
