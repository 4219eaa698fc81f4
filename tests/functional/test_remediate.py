"""`secguard remediate` against the sandbox: what is sent, what stands afterwards, and that all of it comes back."""

import io
import json

import boto3
import pytest

from secguard.sandbox.cast import STAGING

ACCOUNT = "123456789012"
HOME = "us-east-1"
BOT = "deploy-bot"
INVOICES, WEBSITE, UPLOADS = "acme-invoices-7f3a", "acme-www", "acme-uploads-2019"
ATTACKER = "45.155.205.233/32"
BRUTE_FORCE = ("UnauthorizedAccess:EC2/SSHBruteForce", "web-1")
LEAKED_KEY = ("CredentialAccess:IAMUser/CompromisedCredentials", BOT)
PUBLIC_BUCKET = ("Policy:S3/BucketAnonymousAccessGranted", INVOICES)
PUBLIC_ACL = ("Policy:S3/BucketPublicAccessGranted", UPLOADS)
MINER = ("Backdoor:EC2/C&CActivity.B", "batch-7")
BLOCKED = (
    "is not authorized ... because public policies are blocked by the BlockPublicPolicy block public access setting."
)


@pytest.fixture
def client(breach):
    return lambda service, region=HOME: boto3.client(service, region_name=region)


@pytest.fixture
def hub(breach):
    """What an account's Security Hub holds, in one Region."""

    def findings(region=HOME, account=ACCOUNT):
        from secguard.sandbox.securityhub.backend import backend_of  # noqa: PLC0415 - moto, only where it is used

        return list(backend_of(account, region).findings.values())

    return findings


@pytest.fixture
def id_of(hub):
    """The full id of the finding of a type about something."""

    def find(kind, about, region=HOME):
        tail = kind.replace("/", "-", 1)
        for found in hub(region):
            if any(each.endswith(tail) for each in found.get("Types", ())) and about in json.dumps(found["Resources"]):
                return found["Id"]
        raise LookupError(f"no {kind} about {about} in {region}")

    return find


@pytest.fixture
def report(breach):
    """Have Security Hub hold one more finding, made of a seeded one."""

    def add(finding, **changes):
        from secguard.sandbox.securityhub.findings import put_findings  # noqa: PLC0415 - the same

        number = str(len(breach.calls))
        made = {**finding, "Id": f"{finding['Id'][:-8]}{number.zfill(8)}", **changes}
        put_findings(ACCOUNT, made["Region"], [made])
        return made["Id"]

    return add


@pytest.fixture
def by_id(hub):
    return lambda wanted, region=HOME: next(found for found in hub(region) if found["Id"] == wanted)


@pytest.fixture
def configure(tmp_path, monkeypatch):
    """Let a configuration hold."""

    def write(text):
        file = tmp_path / "secguard.yaml"
        file.write_text(text)
        monkeypatch.setenv("SECGUARD_CONFIG", str(file))

    return write


def operations(server):
    return [call.operation for call in server.calls.writes()]


def statuses(said):
    return {change["status"] for change in said.json["changes"]}


def rules(said):
    return [refusal["rule"] for refusal in said.json["refused"]]


def entries(client, acl):
    (found,) = client("ec2").describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
    return sorted((e["Egress"], e["RuleNumber"], e["RuleAction"], e.get("CidrBlock")) for e in found["Entries"])


def policy_of(client, bucket):
    return json.loads(client("s3").get_bucket_policy(Bucket=bucket)["Policy"])


def interfaces_of(client, name, region):
    by_name = [{"Name": "tag:Name", "Values": [name]}]
    reservations = client("ec2", region).describe_instances(Filters=by_name)["Reservations"]
    return {
        interface["NetworkInterfaceId"]: sorted(group["GroupId"] for group in interface["Groups"])
        for reservation in reservations
        for instance in reservation["Instances"]
        for interface in instance["NetworkInterfaces"]
    }


# block-ip


def test_the_attacker_is_denied_in_both_directions_below_the_first_allow(secguard, breach, client, id_of):
    said = secguard("remediate", id_of(*BRUTE_FORCE), "--yes", "-o", "json")

    assert said.code == 0
    assert statuses(said) == {"verified"}
    assert operations(breach) == ["CreateNetworkAclEntry", "CreateNetworkAclEntry", "BatchUpdateFindings"]
    acl = said.json["changes"][0]["address"]["acl"]
    denied = [entry for entry in entries(client, acl) if entry[3] == ATTACKER]
    assert denied == [(False, 99, "deny", ATTACKER), (True, 99, "deny", ATTACKER)]


def test_the_finding_becomes_notified_with_a_note_that_names_the_run(secguard, id_of, by_id):
    wanted = id_of(*BRUTE_FORCE)

    said = secguard("remediate", wanted, "--yes", "-o", "json")

    found = by_id(wanted)
    assert found["Workflow"]["Status"] == "NOTIFIED"
    assert said.json["run_id"] in found["Note"]["Text"]


def test_a_second_run_finds_all_as_it_should_be(secguard, breach, id_of):
    wanted = id_of(*BRUTE_FORCE)
    secguard("remediate", wanted, "--yes")
    breach.calls.clear()

    said = secguard("remediate", wanted, "--yes")

    assert (said.code, breach.calls.writes()) == (0, [])
    assert "nothing to do" in said.stdout


def test_undo_leaves_the_acl_as_it_was(secguard, client, id_of, by_id):
    wanted = id_of(*BRUTE_FORCE)
    planned = secguard("remediate", wanted, "--dry-run", "-o", "json").json
    acl = planned["changes"][0]["address"]["acl"]
    before = entries(client, acl)
    run = secguard("remediate", wanted, "--yes", "-o", "json").json["run_id"]

    said = secguard("undo", run, "--yes", "-o", "json")

    assert said.code == 0
    assert entries(client, acl) == before
    assert by_id(wanted)["Workflow"]["Status"] == "NEW"


def test_undo_leaves_what_others_have_added_to_the_acl(secguard, client, id_of):
    done = secguard("remediate", id_of(*BRUTE_FORCE), "--yes", "-o", "json").json
    acl = done["changes"][0]["address"]["acl"]
    others = {"NetworkAclId": acl, "RuleAction": "deny", "Protocol": "-1", "Egress": False}
    client("ec2").create_network_acl_entry(**others, RuleNumber=98, CidrBlock="80.94.92.65/32")

    secguard("undo", done["run_id"], "--yes")

    assert [entry[1] for entry in entries(client, acl) if entry[2] == "deny" and not entry[0]] == [98, 32767]


def test_a_dry_run_writes_nothing_and_says_the_same_twice(secguard, breach, id_of):
    first = secguard("remediate", id_of(*MINER, "eu-west-1"), "--dry-run", "-o", "json")
    second = secguard("remediate", id_of(*MINER, "eu-west-1"), "--dry-run", "-o", "json")

    assert first.code == 0
    assert len(first.json["changes"]) > 5
    assert first.stdout == second.stdout
    assert breach.calls.writes() == []


def test_two_attackers_of_one_subnet_get_two_rule_numbers_in_the_plan_already(secguard, id_of, by_id, report):
    first = id_of(*BRUTE_FORCE)
    fields = {
        "aws/guardduty/service/action/networkConnectionAction/remoteIpDetails/ipAddressV4": "80.94.92.65",
    }
    second = report(by_id(first), ProductFields=fields, Action={})

    said = secguard("remediate", first, second, "--yes", "-o", "json")

    assert statuses(said) == {"verified"}
    sent = [
        (call["parameters"]["CidrBlock"], call["parameters"]["Egress"], call["parameters"]["RuleNumber"])
        for change in said.json["changes"]
        for call in change["calls"]
        if call["operation"] == "CreateNetworkAclEntry"
    ]
    assert sorted(sent) == [
        (ATTACKER, False, 99),
        (ATTACKER, True, 99),
        ("80.94.92.65/32", False, 98),
        ("80.94.92.65/32", True, 98),
    ]


def test_two_findings_about_one_attacker_are_one_change(secguard, id_of, by_id, report):
    first = id_of(*BRUTE_FORCE)
    second = report(by_id(first))

    said = secguard("remediate", first, second, "--dry-run", "-o", "json").json

    denying = [change for change in said["changes"] if change["setting"] == "ec2.network-acl-deny"]
    assert [change["findings"] for change in denying] == [[first, second]] * 2


def test_a_full_network_acl_is_refused_before_anything_is_sent(secguard, breach, client, id_of):
    planned = secguard("remediate", id_of(*BRUTE_FORCE), "--dry-run", "-o", "json").json
    acl = planned["changes"][0]["address"]["acl"]
    for number in range(1, 19):
        for egress in (True, False):
            entry = {"RuleNumber": number, "Protocol": "6", "PortRange": {"From": 22, "To": 22}, "Egress": egress}
            client("ec2").create_network_acl_entry(
                **entry, NetworkAclId=acl, RuleAction="deny", CidrBlock=f"80.94.92.{number}/32"
            )
    breach.calls.clear()

    said = secguard("remediate", id_of(*BRUTE_FORCE), "--yes", "-o", "json")

    assert said.code == 4
    assert rules(said) == ["quota", "quota"]
    assert breach.calls.writes() == []


@pytest.mark.parametrize("ip", ["10.20.0.9", "169.254.169.254", "224.0.0.5", "54.87.113.20", "not-an-address"])
def test_an_own_or_reserved_address_is_never_denied(secguard, breach, id_of, ip):
    """54.87.113.20 is web-1's own public address."""
    said = secguard("remediate", id_of(*BRUTE_FORCE), "--param", f"ip={ip}", "--yes", "-o", "json")

    assert said.code == 4
    assert rules(said) == ["own-address"]
    assert breach.calls.writes() == []


def test_an_allow_listed_address_is_denied_only_when_that_is_lifted_by_name(secguard, breach, id_of, configure):
    configure("guardrails: {never_block: [45.155.0.0/16]}")

    said = secguard("remediate", id_of(*BRUTE_FORCE), "--yes", "-o", "json")

    assert said.code == 4
    assert "never_block" in said.json["refused"][0]["why"]
    assert breach.calls.writes() == []
    assert secguard("remediate", id_of(*BRUTE_FORCE), "--yes", "--allow", "own-address=45.155.205.233").code == 0


def test_a_race_for_a_rule_number_is_run_again(secguard, breach, id_of):
    taken = (400, "NetworkAclEntryAlreadyExists", "The network acl entry identified by 99 already exists.")
    breach.faults.add(service="ec2", operation="CreateNetworkAclEntry", times=1, answer=taken)

    said = secguard("remediate", id_of(*BRUTE_FORCE), "--yes", "-o", "json")

    assert (said.code, statuses(said)) == (0, {"verified"})


# contain-iam-user


def test_a_user_loses_every_permission_and_every_key(secguard, breach, client, id_of):
    said = secguard("remediate", id_of(*LEAKED_KEY), "--yes", "-o", "json")

    assert (said.code, statuses(said)) == (0, {"verified"})
    assert sorted(operations(breach)[:-1]) == ["PutUserPolicy", "UpdateAccessKey", "UpdateLoginProfile"]
    assert operations(breach)[-1] == "BatchUpdateFindings"
    policy = client("iam").get_user_policy(UserName=BOT, PolicyName="SecguardQuarantine")["PolicyDocument"]
    assert (policy["Statement"][0]["Effect"], policy["Statement"][0]["Action"]) == ("Deny", "*")
    keys = client("iam").list_access_keys(UserName=BOT)["AccessKeyMetadata"]
    assert {key["Status"] for key in keys} == {"Inactive"}


def test_undo_makes_active_only_the_key_that_was(secguard, client, id_of):
    before = client("iam").list_access_keys(UserName=BOT)["AccessKeyMetadata"]
    policies = client("iam").list_user_policies(UserName=BOT)["PolicyNames"]
    run = secguard("remediate", id_of(*LEAKED_KEY), "--yes", "-o", "json").json["run_id"]

    assert secguard("undo", run, "--yes").code == 0

    assert client("iam").list_access_keys(UserName=BOT)["AccessKeyMetadata"] == before
    assert client("iam").list_user_policies(UserName=BOT)["PolicyNames"] == policies
    assert client("iam").get_login_profile(UserName=BOT)["LoginProfile"]["PasswordResetRequired"] is False


def test_a_key_stays_contained_when_the_policy_does_not_fit(secguard, breach, client, id_of):
    """One change that fails stops no other."""
    full = (409, "LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user deploy-bot")
    breach.faults.add(service="iam", operation="PutUserPolicy", answer=full)

    said = secguard("remediate", id_of(*LEAKED_KEY), "--yes", "-o", "json")

    assert said.code == 3
    by_setting = {change["setting"]: change["status"] for change in said.json["changes"]}
    assert by_setting == {
        "iam.user-policy": "failed",
        "iam.access-key-status": "verified",
        "iam.password-reset": "verified",
        "findings.workflow": "skipped",
    }


@pytest.mark.parametrize(
    ("kind", "about", "instead"),
    [
        ("Policy:IAMUser/RootCredentialUsage", "Root", "MFA"),
        ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", "reporting", "sessions"),
    ],
)
def test_whoever_is_no_user_is_refused_with_what_to_do_instead(secguard, breach, id_of, kind, about, instead):
    said = secguard("remediate", id_of(kind, about), "--yes", "-o", "json")

    assert said.code == 4
    assert rules(said) == ["unsupported-target"]
    assert instead in said.json["refused"][0]["why"]
    assert breach.calls.writes() == []


def test_secguard_does_not_contain_itself(secguard, breach, id_of, by_id, report):
    found = by_id(id_of(*LEAKED_KEY))
    resource = {"Type": "AwsIamUser", "Id": f"arn:aws:iam::{ACCOUNT}:user/operator", "Partition": "aws", "Region": HOME}
    about_us = report(found, Resources=[resource])

    said = secguard("remediate", about_us, "--yes", "-o", "json")

    assert said.code == 4
    assert set(rules(said)) == {"own-identity"}
    assert breach.calls.writes() == []


# close-public-bucket


def test_only_the_public_statement_leaves_the_policy(secguard, breach, client, id_of):
    before = policy_of(client, INVOICES)

    said = secguard("remediate", id_of(*PUBLIC_BUCKET), "--yes", "-o", "json")

    assert (said.code, statuses(said)) == (0, {"verified"})
    kept = [each for each in before["Statement"] if each["Sid"] != "TemporaryForPartner"]
    assert policy_of(client, INVOICES) == {**before, "Statement": kept}
    blocks = client("s3").get_public_access_block(Bucket=INVOICES)["PublicAccessBlockConfiguration"]
    assert set(blocks.values()) == {True}


def test_a_bucket_comes_back_as_it_was_block_first(secguard, breach, client, id_of):
    before = policy_of(client, INVOICES)
    run = secguard("remediate", id_of(*PUBLIC_BUCKET), "--yes", "-o", "json").json["run_id"]
    breach.calls.clear()

    assert secguard("undo", run, "--yes").code == 0

    assert operations(breach)[:2] == ["DeletePublicAccessBlock", "PutBucketPolicy"]
    assert policy_of(client, INVOICES) == before
    with pytest.raises(client("s3").exceptions.ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        client("s3").get_public_access_block(Bucket=INVOICES)


def test_undo_waits_while_s3_still_believes_in_the_block(secguard, breach, client, id_of):
    before = policy_of(client, INVOICES)
    run = secguard("remediate", id_of(*PUBLIC_BUCKET), "--yes", "-o", "json").json["run_id"]
    breach.faults.add(service="s3", operation="PutBucketPolicy", times=2, answer=(403, "AccessDenied", BLOCKED))

    said = secguard("undo", run, "--yes", "-o", "json")

    assert (said.code, statuses(said)) == (0, {"verified"})
    assert policy_of(client, INVOICES) == before


def test_statements_that_came_later_survive_the_undo(secguard, client, id_of):
    done = secguard("remediate", id_of(*PUBLIC_BUCKET), "--yes", "-o", "json").json
    late = {
        "Sid": "Later",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{INVOICES}/*",
    }
    now = policy_of(client, INVOICES)
    client("s3").put_bucket_policy(Bucket=INVOICES, Policy=json.dumps({**now, "Statement": [*now["Statement"], late]}))

    assert secguard("undo", done["run_id"], "--yes").code == 0

    sids = [each["Sid"] for each in policy_of(client, INVOICES)["Statement"]]
    assert sids == ["OnlyEncryptedTransport", "BillingExport", "TemporaryForPartner", "AccessLogs", "Later"]


def test_public_grants_leave_the_acl_and_come_back(secguard, client, id_of):
    def grants():
        acl = client("s3").get_bucket_acl(Bucket=UPLOADS)["Grants"]
        return sorted((grant["Grantee"].get("URI", ""), grant["Permission"]) for grant in acl)

    before = grants()
    run = secguard("remediate", id_of(*PUBLIC_ACL), "--yes", "-o", "json").json["run_id"]
    assert grants() == [("", "FULL_CONTROL")]

    assert secguard("undo", run, "--yes").code == 0
    assert grants() == before


def test_a_website_goes_dark_only_when_that_is_allowed_by_name(secguard, breach, client, hub):
    wanted = next(
        found["Id"]
        for found in hub()
        if WEBSITE in json.dumps(found["Resources"]) and found["Compliance"]["SecurityControlId"] == "S3.2"
    )

    said = secguard("remediate", wanted, "--yes", "-o", "json")

    assert said.code == 4
    assert rules(said) == ["website"]
    assert breach.calls.writes() == []
    assert secguard("remediate", wanted, "--yes", "--allow", f"website={WEBSITE}").code == 0
    assert "policy" not in client("s3").get_public_access_block(Bucket=WEBSITE)


# isolate-instance


def test_every_interface_ends_in_a_group_without_rules(secguard, client, id_of):
    said = secguard("remediate", id_of(*MINER, "eu-west-1"), "--yes", "-o", "json")

    assert (said.code, statuses(said)) == (0, {"verified"})
    worn = interfaces_of(client, "batch-7", "eu-west-1")
    (group,) = {tuple(groups) for groups in worn.values()}
    assert (len(worn), len(group)) == (2, 1)
    by_group = [{"Name": "group-id", "Values": list(group)}]
    assert client("ec2", "eu-west-1").describe_security_group_rules(Filters=by_group)["SecurityGroupRules"] == []


def test_no_call_on_the_way_lets_anything_in_or_out(secguard, breach, id_of):
    secguard("remediate", id_of(*MINER, "eu-west-1"), "--yes")

    assert not [name for name in operations(breach) if name.startswith("Authorize")]
    assert [call.parameters["RuleAction"] for call in breach.calls.of("ec2", "CreateNetworkAclEntry")] == ["deny"] * 2


def test_the_group_is_empty_before_anything_is_moved_into_it(secguard, breach, id_of):
    secguard("remediate", id_of(*MINER, "eu-west-1"), "--yes")

    sent = operations(breach)
    moved = [n for n, call in enumerate(breach.calls.writes()) if "Groups" in call.parameters]
    assert sent.index("CreateSecurityGroup") < sent.index("RevokeSecurityGroupEgress") < min(moved)


def test_every_volume_is_copied_and_the_copies_name_the_run(secguard, client, id_of):
    said = secguard("remediate", id_of(*MINER, "eu-west-1"), "--yes", "-o", "json").json

    snapshots = client("ec2", "eu-west-1").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert len(snapshots) == 2
    for snapshot in snapshots:
        tags = {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}
        assert tags["secguard:run"] == said["run_id"]
        assert tags["secguard:evidence"].startswith("i-")


def test_an_instance_comes_back_and_its_evidence_and_the_group_stay(secguard, client, id_of):
    before = interfaces_of(client, "batch-7", "eu-west-1")
    run = secguard("remediate", id_of(*MINER, "eu-west-1"), "--yes", "-o", "json").json["run_id"]

    said = secguard("undo", run, "--yes", "-o", "json")

    assert said.code == 0
    assert interfaces_of(client, "batch-7", "eu-west-1") == before
    assert len(client("ec2", "eu-west-1").describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 2
    by_tag = [{"Name": "tag:secguard:scaffold", "Values": ["quarantine"]}]
    assert len(client("ec2", "eu-west-1").describe_security_groups(Filters=by_tag)["SecurityGroups"]) == 1


def test_a_quarantine_group_that_someone_opened_is_closed_before_it_is_used_again(secguard, client, id_of):
    ec2 = client("ec2", "eu-west-1")
    run = secguard("remediate", id_of(*MINER, "eu-west-1"), "--yes", "-o", "json").json["run_id"]
    secguard("undo", run, "--yes")
    by_tag = [{"Name": "tag:secguard:scaffold", "Values": ["quarantine"]}]
    (group,) = ec2.describe_security_groups(Filters=by_tag)["SecurityGroups"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_egress(GroupId=group["GroupId"], IpPermissions=everything)
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=everything)

    assert secguard("remediate", id_of(*MINER, "eu-west-1"), "--yes").code == 0

    by_group = [{"Name": "group-id", "Values": [group["GroupId"]]}]
    assert ec2.describe_security_group_rules(Filters=by_group)["SecurityGroupRules"] == []
    assert set(map(tuple, interfaces_of(client, "batch-7", "eu-west-1").values())) == {(group["GroupId"],)}


def test_evidence_comes_before_the_interfaces_are_moved(secguard, breach, id_of):
    secguard("remediate", id_of(*MINER, "eu-west-1"), "--playbook", "isolate-instance", "--yes")

    sent = [(call.operation, call.parameters) for call in breach.calls.writes()]
    moved = [
        n for n, (operation, p) in enumerate(sent) if operation == "ModifyNetworkInterfaceAttribute" and p.get("Groups")
    ]
    evidence = [
        n for n, (operation, _) in enumerate(sent) if operation in ("ModifyInstanceAttribute", "CreateSnapshots")
    ]
    assert len(evidence) == 2
    assert max(evidence) < min(moved)


def test_an_instance_is_isolated_even_when_its_volumes_cannot_be_copied(secguard, breach, client, id_of):
    denied = (403, "UnauthorizedOperation", "You are not authorized to perform this operation.")
    breach.faults.add(service="ec2", operation="CreateSnapshots", answer=denied)

    said = secguard("remediate", id_of(*MINER, "eu-west-1"), "--yes", "-o", "json")

    assert said.code == 3
    assert {change["status"] for change in said.json["changes"] if change["kind"] != "evidence"} == {"verified"}


# What is never acted on, and what could not be looked at


def test_a_sample_is_refused_and_nothing_is_asked_about_it(secguard, breach, hub):
    wanted = next(found["Id"] for found in hub() if found.get("Sample"))

    said = secguard("remediate", wanted, "--yes", "-o", "json")

    assert (said.code, rules(said)) == (4, ["sample"])
    assert breach.calls.writes() == []
    assert breach.calls.of("ec2") == []


def test_a_protected_instance_is_left_alone(secguard, breach, hub):
    wanted = next(found["Id"] for found in hub() if "MetadataDNSRebind" in found.get("Types", [""])[0])

    said = secguard("remediate", wanted, "--yes", "-o", "json")

    assert said.code == 3  # one of its settings is as it should be already
    assert set(rules(said)) == {"protected"}
    assert said.json["changes"] == []
    assert breach.calls.writes() == []


def test_what_nothing_answers_is_said_with_what_there_is(secguard, hub):
    wanted = next(found["Id"] for found in hub() if found.get("Compliance", {}).get("SecurityControlId") == "IAM.6")

    said = secguard("remediate", wanted, "--yes", "-o", "json")

    assert (said.code, rules(said)) == (4, ["no-playbook"])
    assert "IAM.6" in said.json["refused"][0]["why"]
    assert "block-ip" in said.json["refused"][0]["why"]


def test_what_could_not_be_looked_at_is_named_and_is_not_nothing(secguard, breach, id_of):
    denied = (403, "UnauthorizedOperation", "You are not authorized to perform this operation.")
    breach.faults.add(service="ec2", operation="DescribeNetworkAcls", answer=denied)

    said = secguard("remediate", id_of(*BRUTE_FORCE), "--yes", "-q")

    assert said.code == 1
    assert f"incomplete: {ACCOUNT} {HOME}" in said.stderr
    assert breach.calls.writes() == []


def test_one_finding_that_cannot_be_answered_does_not_stop_the_others(secguard, breach, id_of, hub):
    sample = next(found["Id"] for found in hub() if found.get("Sample"))

    said = secguard("remediate", sample, id_of(*BRUTE_FORCE), "--yes", "-o", "json")

    assert said.code == 3
    assert statuses(said) == {"verified"}
    assert rules(said) == ["sample"]


def test_an_instance_that_is_gone_is_refused_as_gone(secguard, breach, client, id_of):
    wanted = id_of(*BRUTE_FORCE)
    ec2 = client("ec2")
    by_name = [{"Name": "tag:Name", "Values": ["web-1"]}]
    instance = ec2.describe_instances(Filters=by_name)["Reservations"][0]["Instances"][0]["InstanceId"]
    ec2.terminate_instances(InstanceIds=[instance])
    breach.calls.clear()

    said = secguard("remediate", wanted, "--yes", "-o", "json")

    assert (said.code, rules(said)) == (4, ["gone"])
    assert breach.calls.writes() == []


def test_a_member_account_is_reached_by_its_role(secguard, hub, breach):
    wanted = next(found["Id"] for found in hub(account=STAGING) if "ci-runner" in json.dumps(found["Resources"]))

    said = secguard("remediate", wanted, "--yes", "-o", "json")

    assert (said.code, statuses(said)) == (0, {"verified"})
    assert {call.account for call in breach.calls.writes()} == {STAGING}


# The command line


@pytest.mark.parametrize(
    ("words", "said_so"),
    [
        (["--playbook", "nonsense"], "there is no playbook 'nonsense'"),
        (["--param", "colour=red"], "--param colour"),
        (["--param", "ip"], "KEY=VALUE"),
        (["--max-findings", "0"], "--max-findings"),
        (["--allow", "everything"], "no such rule"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(secguard, breach, id_of, words, said_so):
    said = secguard("remediate", id_of(*BRUTE_FORCE), *words, "--yes")

    assert said.code == 2
    assert said_so in said.stderr
    assert breach.calls.writes() == []


def test_without_consent_nothing_is_done(secguard, breach, id_of):
    assert secguard("remediate", id_of(*BRUTE_FORCE)).code == 4
    assert breach.calls.writes() == []


def test_the_best_answer_is_said_and_what_else_there_is(secguard, id_of):
    said = secguard("remediate", id_of(*BRUTE_FORCE), "--dry-run")

    assert "block-ip (or --playbook isolate-instance)" in said.stderr


def test_a_saved_plan_does_what_it_showed(secguard, breach, id_of, tmp_path):
    plan = tmp_path / "plan.json"
    secguard("remediate", id_of(*MINER, "eu-west-1"), "--plan-out", plan)
    assert breach.calls.writes() == []

    said = secguard("apply", plan, "--yes", "-o", "json")

    assert (said.code, statuses(said)) == (0, {"verified"})


def test_a_saved_plan_is_refused_once_the_world_is_another(secguard, breach, client, id_of, tmp_path):
    plan = tmp_path / "plan.json"
    secguard("remediate", id_of(*PUBLIC_BUCKET), "--plan-out", plan)
    client("s3").delete_bucket_policy(Bucket=INVOICES)
    breach.calls.clear()

    said = secguard("apply", plan, "--yes")

    assert said.code == 4
    assert breach.calls.writes() == []


def test_filters_choose_what_is_remediated(secguard, breach, id_of):
    said = secguard("remediate", "--type", "*SSHBruteForce", "--resource", "web-1", "--dry-run", "-o", "json")

    assert said.code == 0
    assert {finding for change in said.json["changes"] for finding in change["findings"]} == {id_of(*BRUTE_FORCE)}
    assert breach.calls.writes() == []


def test_more_findings_than_were_meant_are_refused(secguard, breach):
    said = secguard("remediate", "--severity", "high", "--max-findings", "3", "--dry-run")

    assert said.code == 2
    assert "--max-findings 3" in said.stderr


@pytest.mark.parametrize("words", [(), ("aaaaaaaa", "--severity", "high")])
def test_findings_are_named_by_ids_or_by_filters(secguard, breach, words):
    assert secguard("remediate", *words, "--dry-run").code == 2


def test_an_empty_stdin_remediates_nothing(secguard, breach, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    said = secguard("remediate", "-", "-y")

    assert said.code == 0
    assert breach.calls.writes() == []
