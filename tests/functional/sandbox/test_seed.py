import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from secguard.sandbox.cast import MANAGEMENT, MEMBERS, PRODUCTION, RESEARCH, STAGING
from secguard.sandbox.seed.coverage import FEATURES, LACKING, LACKS_A_FEATURE
from secguard.sandbox.seed.deploy_bot import LEAKED_KEY, RETIRED_KEY

OFF = {"ap-northeast-3", "ap-south-1", "ca-central-1", "sa-east-1", "us-west-1"}
AS_WANTED = {"us-east-1", "eu-west-1", "eu-central-1", LACKS_A_FEATURE}
FOREIGN = ("185.220.101.34", "45.155.205.233", "80.94.92.65", "193.32.162.157", "141.98.10.60")


@pytest.fixture
def findings(breach, client):
    pages = client("securityhub").get_paginator("get_findings").paginate()
    return [finding for page in pages for finding in page["Findings"]]


@pytest.fixture
def detected(breach, client):
    """Find GuardDuty's findings of a type in a Region."""

    def find(kind, region="us-east-1"):
        guardduty = client("guardduty", region=region)
        detector = guardduty.list_detectors()["DetectorIds"][0]
        criteria = {"Criterion": {"type": {"Equals": [kind]}, "service.archived": {"Equals": ["false"]}}}
        ids = guardduty.list_findings(DetectorId=detector, FindingCriteria=criteria)["FindingIds"]
        return guardduty.get_findings(DetectorId=detector, FindingIds=ids)["Findings"]

    return find


def servers(ec2):
    reservations = ec2.describe_instances()["Reservations"]
    return {
        next(tag["Value"] for tag in instance["Tags"] if tag["Key"] == "Name"): instance
        for reservation in reservations
        for instance in reservation["Instances"]
    }


def wanted_features(region):
    return {name: status for name, status in FEATURES.items() if region != LACKS_A_FEATURE or name not in LACKING}


def coverage(client, region):
    """What an operator would see: the detector, and the standards by status."""
    guardduty, hub = client("guardduty", region=region), client("securityhub", region=region)
    detectors = guardduty.list_detectors()["DetectorIds"]
    detector = guardduty.get_detector(DetectorId=detectors[0]) if detectors else None
    try:
        standards = hub.get_enabled_standards()["StandardsSubscriptions"]
    except hub.exceptions.InvalidAccessException:
        standards = None
    return detector, standards


def is_as_wanted(region, detector, standards):
    if not detector or not standards:
        return False
    features = {feature["Name"]: feature["Status"] for feature in detector["Features"]}
    statuses = {standard["StandardsArn"].rpartition(":")[2]: standard["StandardsStatus"] for standard in standards}
    return (
        detector["Status"] == "ENABLED"
        and detector["FindingPublishingFrequency"] == "FIFTEEN_MINUTES"
        and wanted_features(region).items() <= features.items()
        and statuses
        == {
            "standards/aws-foundational-security-best-practices/v/1.0.0": "READY",
            "standards/cis-aws-foundations-benchmark/v/5.0.0": "READY",
        }
    )


def test_four_regions_are_as_wanted_and_the_others_each_lack_something(breach, client):
    regions = {region["RegionName"] for region in client("ec2").describe_regions()["Regions"]}

    as_wanted = {region for region in regions if is_as_wanted(region, *coverage(client, region))}

    assert as_wanted == AS_WANTED


@pytest.mark.parametrize("region", sorted(OFF))
def test_five_regions_are_dark(breach, client, region):
    assert coverage(client, region) == (None, None)


@pytest.mark.parametrize(
    ("region", "lack"),
    [
        ("eu-west-3", lambda detector, _: detector["Status"] == "DISABLED"),
        ("eu-north-1", lambda detector, standards: detector["Status"] == "ENABLED" and standards is None),
        ("eu-west-2", lambda detector, _: detector["FindingPublishingFrequency"] == "SIX_HOURS"),
        ("ap-northeast-1", lambda _, standards: {each["StandardsStatus"] for each in standards} == {"INCOMPLETE"}),
        ("us-west-2", lambda _, standards: not any("v/5.0.0" in each["StandardsArn"] for each in standards)),
    ],
)
def test_a_region_lacks_what_it_should(breach, client, region, lack):
    assert lack(*coverage(client, region))


def test_one_region_does_not_have_a_feature_at_all(breach, client):
    detector, _ = coverage(client, LACKS_A_FEATURE)

    assert "LAMBDA_NETWORK_LOGS" not in {feature["Name"] for feature in detector["Features"]}


def test_the_recorder_is_missing_in_one_region(breach, client):
    recorders = {
        region: client("config", region=region).describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
        for region in ("us-east-1", "sa-east-1", "ap-northeast-1")
    }

    assert {region: bool(found and found[0]["recording"]) for region, found in recorders.items()} == {
        "us-east-1": True,
        "sa-east-1": True,
        "ap-northeast-1": False,
    }


def test_the_home_region_shows_findings_of_every_kind_place_and_account(findings):
    assert 300 <= len(findings) <= 400
    assert {finding["ProductName"] for finding in findings} == {
        "GuardDuty",
        "Security Hub",
        "Inspector",
        "Macie",
        "IAM Access Analyzer",
        "Config",
        "Firewall Manager",
        "Prowler",
    }
    assert {finding["Severity"]["Label"] for finding in findings} == {
        "INFORMATIONAL",
        "LOW",
        "MEDIUM",
        "HIGH",
        "CRITICAL",
    }
    assert {finding["AwsAccountId"] for finding in findings} == {PRODUCTION, STAGING, RESEARCH}
    assert {finding["Workflow"]["Status"] for finding in findings} == {"NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"}
    assert {finding["RecordState"] for finding in findings} == {"ACTIVE", "ARCHIVED"}
    assert len({finding["Region"] for finding in findings}) >= 8


def test_nothing_is_found_where_nothing_looks(findings):
    assert not {finding["Region"] for finding in findings} & OFF


def test_ten_findings_are_samples(findings):
    assert sum(finding.get("Sample", False) for finding in findings) == 10


def test_findings_are_recent_and_none_is_of_the_future(findings):
    now = datetime.now().astimezone()
    times = [datetime.fromisoformat(finding["UpdatedAt"]) for finding in findings]

    assert max(times) <= now
    assert min(times) > now - timedelta(days=90)


def test_the_same_breach_is_planted_each_time(breach, client, findings, monkeypatch):
    before = Counter((finding["Title"], finding["Id"]) for finding in findings)
    ids = {instance["InstanceId"] for instance in servers(client("ec2")).values()}
    with monkeypatch.context() as later:
        later.setattr("secguard.sandbox.clock.now", lambda: datetime.now(UTC) + timedelta(days=3))
        breach.reset("breach")

    pages = client("securityhub").get_paginator("get_findings").paginate()
    assert Counter((each["Title"], each["Id"]) for page in pages for each in page["Findings"]) == before
    assert {instance["InstanceId"] for instance in servers(client("ec2")).values()} == ids


def test_the_attackers_can_be_blocked():
    """A guardrail refuses reserved and private ranges."""
    assert all(ip_address(ip).is_global for ip in FOREIGN)


def test_web_1_is_guessed_at_through_its_own_acl(breach, client, detected):
    ec2 = client("ec2")
    web = servers(ec2)["web-1"]

    (finding,) = [
        each
        for each in detected("UnauthorizedAccess:EC2/SSHBruteForce")
        if each["Resource"]["InstanceDetails"]["InstanceId"] == web["InstanceId"]
    ]
    action = finding["Service"]["Action"]["NetworkConnectionAction"]
    assert action["RemoteIpDetails"]["IpAddressV4"] == "45.155.205.233"
    assert (finding["Service"]["ResourceRole"], action["ConnectionDirection"]) == ("TARGET", "INBOUND")
    described = finding["Resource"]["InstanceDetails"]["NetworkInterfaces"][0]
    assert described["NetworkInterfaceId"] == web["NetworkInterfaces"][0]["NetworkInterfaceId"]
    acls = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [web["SubnetId"]]}])
    (acl,) = acls["NetworkAcls"]
    assert not acl["IsDefault"]
    assert {(entry["RuleNumber"], entry["RuleAction"]) for entry in acl["Entries"]} == {(100, "allow"), (32767, "deny")}


def test_deploy_bot_has_all_that_must_be_taken_from_it(breach, client, detected):
    iam = client("iam")

    keys = {
        key["AccessKeyId"]: key["Status"] for key in iam.list_access_keys(UserName="deploy-bot")["AccessKeyMetadata"]
    }
    assert keys == {LEAKED_KEY: "Active", RETIRED_KEY: "Inactive"}
    assert iam.get_login_profile(UserName="deploy-bot")["LoginProfile"]["UserName"] == "deploy-bot"
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="deploy-bot")["Groups"]] == ["deployers"]
    assert iam.list_user_policies(UserName="deploy-bot")["PolicyNames"] == ["Deployment"]
    (finding,) = detected("UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom")
    assert finding["Resource"]["AccessKeyDetails"] == {
        "AccessKeyId": LEAKED_KEY,
        "PrincipalId": iam.get_user(UserName="deploy-bot")["User"]["UserId"],
        "UserType": "IAMUser",
        "UserName": "deploy-bot",
    }


def test_an_attack_sequence_ties_the_signals_together(detected):
    (sequence,) = detected("AttackSequence:IAM/CompromisedCredentials")

    found = sequence["Service"]["Detection"]["Sequence"]
    assert sequence["Severity"] == 9
    assert {signal["Name"] for signal in found["Signals"]} == {
        "CredentialAccess:IAMUser/CompromisedCredentials",
        "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
        "Persistence:IAMUser/AnomalousBehavior",
    }
    assert found["Resources"][0]["Data"]["AccessKey"]["UserName"] == "deploy-bot"


def test_one_statement_of_four_makes_the_invoices_public(breach, client, detected):
    s3 = client("s3")
    bucket = "acme-invoices-7f3a"

    statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]

    public = [each["Sid"] for each in statements if each["Effect"] == "Allow" and each["Principal"] == "*"]
    assert (len(statements), public) == (4, ["TemporaryForPartner"])
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        s3.get_public_access_block(Bucket=bucket)
    (finding,) = detected("Policy:S3/BucketAnonymousAccessGranted")
    (described,) = finding["Resource"]["S3BucketDetails"]
    assert (described["Name"], described["PublicAccess"]["EffectivePermission"]) == (bucket, "PUBLIC")


def test_the_website_is_one(breach, client, findings):
    assert client("s3").get_bucket_website(Bucket="acme-www")["IndexDocument"] == {"Suffix": "index.html"}
    failed = {
        finding["Compliance"]["SecurityControlId"]
        for finding in findings
        if finding["Resources"][0]["Id"] == "arn:aws:s3:::acme-www"
    }
    assert failed == {"S3.2", "S3.8"}


def test_the_uploads_are_public_by_their_acl(breach, client):
    grants = client("s3").get_bucket_acl(Bucket="acme-uploads-2019")["Grants"]

    assert "http://acs.amazonaws.com/groups/global/AllUsers" in [grant["Grantee"].get("URI") for grant in grants]


def test_one_snapshot_is_everybodys(breach, client):
    found = client("ec2").describe_snapshots(OwnerIds=["self"], RestorableByUserIds=["all"])["Snapshots"]

    assert [each["Description"] for each in found] == ["CRM database, before the migration"]


def test_batch_7_mines_behind_two_interfaces(breach, client, detected):
    batch = servers(client("ec2", region="eu-west-1"))["batch-7"]

    assert len(batch["NetworkInterfaces"]) == len(batch["BlockDeviceMappings"]) == 2
    assert batch["IamInstanceProfile"]["Arn"].endswith(":instance-profile/batch-worker")
    for kind in ("CryptoCurrency:EC2/BitcoinTool.B!DNS", "Backdoor:EC2/C&CActivity.B"):
        (finding,) = detected(kind, region="eu-west-1")
        details = finding["Resource"]["InstanceDetails"]
        assert details["InstanceId"] == batch["InstanceId"]
        assert {each["NetworkInterfaceId"] for each in details["NetworkInterfaces"]} == {
            each["NetworkInterfaceId"] for each in batch["NetworkInterfaces"]
        }


def test_a_server_is_protected(breach, client, detected):
    database = servers(client("ec2"))["db-primary"]

    assert {"Key": "secguard:protect", "Value": "true"} in database["Tags"]
    (finding,) = detected("UnauthorizedAccess:EC2/MetadataDNSRebind")
    assert finding["Resource"]["InstanceDetails"]["InstanceId"] == database["InstanceId"]


@pytest.mark.parametrize(
    ("kind", "user_type"),
    [
        ("Policy:IAMUser/RootCredentialUsage", "Root"),
        ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", "AssumedRole"),
    ],
)
def test_some_credentials_are_no_users(detected, kind, user_type):
    (finding,) = detected(kind)

    assert finding["Resource"]["AccessKeyDetails"]["UserType"] == user_type


@pytest.mark.parametrize("account", [MANAGEMENT, *MEMBERS])
def test_every_other_account_can_be_reached_by_its_role(breach, client, account):
    role = f"arn:aws:iam::{account}:role/SecguardResponder"

    answer = client("sts").assume_role(RoleArn=role, RoleSessionName="secguard")

    assert answer["AssumedRoleUser"]["Arn"].startswith(f"arn:aws:sts::{account}:")


def test_an_empty_sandbox_has_nothing_on(sandbox, client):
    assert coverage(client, "us-east-1") == (None, None)
    assert client("ec2").describe_instances()["Reservations"] == []
    assert [vpc["IsDefault"] for vpc in client("ec2").describe_vpcs()["Vpcs"]] == [True]
