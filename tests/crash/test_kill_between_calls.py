"""Every playbook, killed beside every call it makes, and brought to its end both ways."""

import json

import pytest

from secguard.sandbox.seed import buckets, deploy_bot, miner, web_server

WRITES = {"block-ip": 3, "contain-iam-user": 4, "close-public-bucket": 3, "isolate-instance": 11}
"""How many calls each playbook makes; a test below holds it."""
ABOUT = {
    "block-ip": (web_server.NAME, "UnauthorizedAccess:EC2/SSHBruteForce"),
    "contain-iam-user": (deploy_bot.NAME, "CredentialAccess:IAMUser/*"),
    "close-public-bucket": (buckets.INVOICES, "Policy:S3/*"),
    "isolate-instance": (miner.NAME, "Backdoor:EC2/*"),
}
KILLS = [
    (playbook, moment, number)
    for playbook, writes in WRITES.items()
    for number in range(writes)
    for moment in ("before", "after")
]


@pytest.fixture
def finding(secguard):
    """The short id of the finding that a playbook is for."""

    def find(playbook):
        resource, kind = ABOUT[playbook]
        said = secguard("findings", "--resource", resource, "--type", kind, "-o", "ids", "--limit", 1)
        assert said.code == 0, said.stderr
        return said.stdout.strip()

    return find


@pytest.fixture
def picture(client):
    """What AWS holds of everything that the playbooks may change, without what they only add."""
    return lambda: {
        "network": [_network(client("ec2", region)) for region in ("us-east-1", "eu-west-1")],
        "instances": [_instances(client("ec2", region)) for region in ("us-east-1", "eu-west-1")],
        "user": _user(client("iam")),
        "bucket": _bucket(client("s3"), buckets.INVOICES),
        "workflow": _workflow(client("securityhub")),
    }


def _network(ec2):
    acls = ec2.describe_network_acls()["NetworkAcls"]
    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    return {
        "entries": {acl["NetworkAclId"]: sorted(map(str, acl["Entries"])) for acl in acls},
        "groups": {i["NetworkInterfaceId"]: sorted(g["GroupId"] for g in i["Groups"]) for i in interfaces},
    }


def _instances(ec2):
    reservations = ec2.describe_instances()["Reservations"]
    ids = [instance["InstanceId"] for r in reservations for instance in r["Instances"]]
    return {
        (id_, attribute): ec2.describe_instance_attribute(InstanceId=id_, Attribute=attribute)[_capital(attribute)]
        for id_ in ids
        for attribute in ("disableApiTermination", "instanceInitiatedShutdownBehavior")
    }


def _capital(name):
    return name[0].upper() + name[1:]


def _user(iam):
    name = deploy_bot.NAME
    keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    return {
        "keys": {key["AccessKeyId"]: key["Status"] for key in keys},
        "policies": iam.list_user_policies(UserName=name)["PolicyNames"],
        "reset": iam.get_login_profile(UserName=name)["LoginProfile"]["PasswordResetRequired"],
    }


def _bucket(s3, name):
    return {
        "block": _block(s3, name),
        "policy": json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]),
        "acl": s3.get_bucket_acl(Bucket=name)["Grants"],
    }


def _block(s3, name):
    try:
        return s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    except s3.exceptions.ClientError as error:
        return error.response["Error"]["Code"]


def _workflow(hub):
    pages = hub.get_paginator("get_findings").paginate()
    return {finding["Id"]: finding["Workflow"]["Status"] for page in pages for finding in page["Findings"]}


def only_run(secguard):
    history = secguard("history", "-o", "json").json
    assert len(history) == 1
    return history[0]


@pytest.mark.parametrize("playbook", WRITES)
def test_a_playbook_makes_as_many_calls_as_are_tested_here(breach, secguard, finding, playbook):
    id_ = finding(playbook)

    said = secguard("remediate", id_, "--playbook", playbook, "--yes")

    assert said.code == 0, said.stderr
    assert len(breach.calls.writes()) == WRITES[playbook]


@pytest.mark.parametrize(("playbook", "moment", "number"), KILLS)
def test_a_killed_playbook_is_shown_and_undone(breach, secguard, finding, picture, killed, playbook, moment, number):
    before = picture()
    assert killed(moment, number, "remediate", finding(playbook), "--playbook", playbook, "--yes")
    run = only_run(secguard)
    assert run["outcome"] == "interrupted"

    said = secguard("undo", run["run_id"], "--yes")

    assert said.code == 0, said.stderr
    assert picture() == before
    assert secguard("history", "-o", "json").json[-1]["outcome"] == "undone"


@pytest.mark.parametrize(("playbook", "moment", "number"), KILLS)
def test_a_killed_playbook_is_resumed_to_its_end(breach, secguard, finding, client, killed, playbook, moment, number):
    assert killed(moment, number, "remediate", finding(playbook), "--playbook", playbook, "--yes")
    run = only_run(secguard)

    said = secguard("resume", run["run_id"], "--yes", "-o", "json")

    assert said.code == 0, said.stderr
    assert {change["status"] for change in said.json["changes"]} == {"verified"}
    assert only_run(secguard)["outcome"] == "done"
    assert _added_once(client)


def _added_once(client):
    """Nothing was created twice."""
    ec2 = client("ec2", "eu-west-1")
    groups = ec2.describe_security_groups(Filters=[{"Name": "tag:secguard:scaffold", "Values": ["quarantine"]}])
    evidence = ec2.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "tag-key", "Values": ["secguard:run"]}])
    volumes = [snapshot["VolumeId"] for snapshot in evidence["Snapshots"]]
    return len(groups["SecurityGroups"]) <= 1 and len(volumes) == len(set(volumes))
