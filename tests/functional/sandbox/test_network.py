import pytest
from botocore.exceptions import ClientError

EVERYWHERE = "0.0.0.0/0"
DENY = {"Protocol": "-1", "RuleAction": "deny", "Egress": False}


@pytest.fixture
def ec2(sandbox, client):
    return client("ec2")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def subnet(ec2, vpc):
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]


def code(refused):
    return refused.value.response["Error"]["Code"]


def make_group(ec2, vpc, name):
    return ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]


def launch(ec2, subnet, groups, interfaces=1):
    specification = [
        {"DeviceIndex": index, "SubnetId": subnet, "Groups": groups, "DeleteOnTermination": True}
        for index in range(interfaces)
    ]
    launched = ec2.run_instances(
        ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType="t3.micro", NetworkInterfaces=specification
    )
    return launched["Instances"][0]


def seen(ec2, instance):
    return ec2.describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"][0]["Instances"][0]


def ids(groups):
    return [group["GroupId"] for group in groups]


def test_an_instance_wears_the_groups_of_its_interface(ec2, vpc, subnet):
    before, after = make_group(ec2, vpc, "before"), make_group(ec2, vpc, "after")
    instance = launch(ec2, subnet, [before])
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]

    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[after])

    now = seen(ec2, instance)
    assert ids(now["SecurityGroups"]) == [after]
    assert ids(now["NetworkInterfaces"][0]["Groups"]) == [after]
    described = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    assert ids(described["Groups"]) == [after]


def test_each_interface_has_groups_of_its_own(ec2, vpc, subnet):
    before, after = make_group(ec2, vpc, "before"), make_group(ec2, vpc, "after")
    instance = launch(ec2, subnet, [before], interfaces=2)
    second = next(each for each in instance["NetworkInterfaces"] if each["Attachment"]["DeviceIndex"] == 1)

    ec2.modify_network_interface_attribute(NetworkInterfaceId=second["NetworkInterfaceId"], Groups=[after])

    now = {each["Attachment"]["DeviceIndex"]: ids(each["Groups"]) for each in seen(ec2, instance)["NetworkInterfaces"]}
    assert now == {0: [before], 1: [after]}


def test_the_groups_of_an_instance_with_two_interfaces_are_set_per_interface(ec2, vpc, subnet):
    group = make_group(ec2, vpc, "group")
    instance = launch(ec2, subnet, [group], interfaces=2)

    with pytest.raises(ClientError, match="multiple interfaces attached") as refused:
        ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], Groups=[group])

    assert code(refused) == "InvalidInstanceID"


def test_the_groups_of_an_instance_with_one_interface_can_be_set_at_once(ec2, vpc, subnet):
    before, after = make_group(ec2, vpc, "before"), make_group(ec2, vpc, "after")
    instance = launch(ec2, subnet, [before])

    ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], Groups=[after])

    assert ids(seen(ec2, instance)["NetworkInterfaces"][0]["Groups"]) == [after]


def test_idle_timeouts_of_an_interface_are_kept(ec2, vpc, subnet):
    instance = launch(ec2, subnet, [make_group(ec2, vpc, "group")])
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]

    def described():
        return ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]

    before = described()
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=interface, ConnectionTrackingSpecification={"TcpEstablishedTimeout": 60, "UdpTimeout": 30}
    )

    assert "ConnectionTrackingConfiguration" not in before
    assert described()["ConnectionTrackingConfiguration"] == {"TcpEstablishedTimeout": 60, "UdpTimeout": 30}
    with pytest.raises(ClientError, match="between 60 and 432000"):
        ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface, ConnectionTrackingSpecification={"TcpEstablishedTimeout": 1}
        )


def test_an_interface_is_found_by_its_public_address(breach, client):
    address = [{"Name": "association.public-ip", "Values": ["34.245.12.7"]}]
    ec2 = client("ec2", region="eu-west-1")

    (found,) = ec2.describe_network_interfaces(Filters=address)["NetworkInterfaces"]

    assert found["Association"]["PublicIp"] == "34.245.12.7"


def test_a_group_that_does_not_exist_is_not_worn(ec2, vpc, subnet):
    instance = launch(ec2, subnet, [make_group(ec2, vpc, "group")])
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]

    with pytest.raises(ClientError) as refused:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=["sg-00000000000000000"])

    assert code(refused) == "InvalidGroup.NotFound"


def test_a_group_of_another_network_is_not_worn(ec2, vpc, subnet):
    instance = launch(ec2, subnet, [make_group(ec2, vpc, "group")])
    elsewhere = ec2.create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]

    with pytest.raises(ClientError, match="different networks"):
        ec2.modify_network_interface_attribute(
            NetworkInterfaceId=instance["NetworkInterfaces"][0]["NetworkInterfaceId"],
            Groups=[make_group(ec2, elsewhere, "foreign")],
        )


def test_a_group_in_use_is_not_deleted(ec2, vpc, subnet):
    group = make_group(ec2, vpc, "group")
    launch(ec2, subnet, [group])

    with pytest.raises(ClientError, match="has a dependent object") as refused:
        ec2.delete_security_group(GroupId=group)

    assert code(refused) == "DependencyViolation"


def test_a_group_that_another_one_names_is_not_deleted(ec2, vpc):
    named, naming = make_group(ec2, vpc, "named"), make_group(ec2, vpc, "naming")
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": named}]}
    ec2.authorize_security_group_ingress(GroupId=naming, IpPermissions=[rule])

    with pytest.raises(ClientError) as refused:
        ec2.delete_security_group(GroupId=named)
    ec2.delete_security_group(GroupId=naming)
    ec2.delete_security_group(GroupId=named)

    assert code(refused) == "DependencyViolation"


def test_the_default_group_is_not_deleted(ec2, vpc):
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]

    with pytest.raises(ClientError) as refused:
        ec2.delete_security_group(GroupId=groups[0]["GroupId"])

    assert code(refused) == "CannotDelete"


def test_a_new_acl_lets_nothing_through(ec2, vpc):
    entries = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["Entries"]

    assert {(entry["RuleNumber"], entry["RuleAction"], entry["Egress"]) for entry in entries} == {
        (32767, "deny", True),
        (32767, "deny", False),
    }


def test_an_acl_holds_twenty_rules_per_direction(ec2, vpc):
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    for number in range(1, 20):
        ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=number, CidrBlock=f"203.0.113.{number}/32", **DENY)

    with pytest.raises(ClientError) as refused:
        ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=20, CidrBlock="203.0.113.20/32", **DENY)
    outward = {**DENY, "Egress": True}
    ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=20, CidrBlock="203.0.113.20/32", **outward)

    assert code(refused) == "NetworkAclEntryLimitExceeded"
    entries = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
    assert sum(not entry["Egress"] for entry in entries) == 20


def test_an_acl_entry_that_does_not_exist_is_not_deleted(ec2, vpc):
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]

    with pytest.raises(ClientError) as refused:
        ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=7, Egress=False)

    assert code(refused) == "InvalidNetworkAclEntry.NotFound"


def test_an_acl_that_does_not_exist_is_not_described(ec2):
    with pytest.raises(ClientError) as refused:
        ec2.describe_network_acls(NetworkAclIds=["acl-00000000000000000"])

    assert code(refused) == "InvalidNetworkAclID.NotFound"


def test_the_shutdown_behaviour_is_set_without_touching_groups(ec2, vpc, subnet):
    group = make_group(ec2, vpc, "group")
    instance = launch(ec2, subnet, [group])

    ec2.modify_instance_attribute(
        InstanceId=instance["InstanceId"], InstanceInitiatedShutdownBehavior={"Value": "terminate"}
    )

    attribute = ec2.describe_instance_attribute(
        InstanceId=instance["InstanceId"], Attribute="instanceInitiatedShutdownBehavior"
    )
    assert attribute["InstanceInitiatedShutdownBehavior"]["Value"] == "terminate"
    assert ids(seen(ec2, instance)["SecurityGroups"]) == [group]


def test_a_protected_instance_is_not_terminated(ec2, vpc, subnet):
    instance = launch(ec2, subnet, [make_group(ec2, vpc, "group")])["InstanceId"]
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})

    with pytest.raises(ClientError) as refused:
        ec2.terminate_instances(InstanceIds=[instance])

    assert code(refused) == "OperationNotPermitted"


def test_metadata_options_not_given_stay_as_they_are(ec2, vpc, subnet):
    instance = launch(ec2, subnet, [make_group(ec2, vpc, "group")])
    ec2.modify_instance_metadata_options(InstanceId=instance["InstanceId"], HttpPutResponseHopLimit=3)

    answer = ec2.modify_instance_metadata_options(InstanceId=instance["InstanceId"], HttpTokens="required")

    now = seen(ec2, instance)["MetadataOptions"]
    assert answer["InstanceMetadataOptions"]["State"] == "pending"
    assert (now["State"], now["HttpTokens"], now["HttpPutResponseHopLimit"]) == ("applied", "required", 3)


def test_an_instance_shows_the_profile_that_replaced_its_first(ec2, client, vpc, subnet):
    iam = client("iam")
    for name in ("first", "second"):
        iam.create_instance_profile(InstanceProfileName=name)
    instance = launch(ec2, subnet, [make_group(ec2, vpc, "group")])
    associated = ec2.associate_iam_instance_profile(
        InstanceId=instance["InstanceId"], IamInstanceProfile={"Name": "first"}
    )

    ec2.replace_iam_instance_profile_association(
        AssociationId=associated["IamInstanceProfileAssociation"]["AssociationId"],
        IamInstanceProfile={"Name": "second"},
    )

    profile = seen(ec2, instance)["IamInstanceProfile"]
    assert profile["Arn"].endswith("instance-profile/second")
    assert profile["Id"].startswith("AIPA")


def test_snapshots_of_an_instance_carry_tags_and_are_pending_at_first(ec2, vpc, subnet):
    instance = launch(ec2, subnet, [make_group(ec2, vpc, "group")])["InstanceId"]
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "secguard:run", "Value": "r1"}]}]

    made = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance}, TagSpecifications=tags)["Snapshots"]

    tagged = [{"Name": "tag:secguard:run", "Values": ["r1"]}]
    first = ec2.describe_snapshots(OwnerIds=["self"], Filters=tagged)["Snapshots"]
    second = ec2.describe_snapshots(OwnerIds=["self"], Filters=tagged)["Snapshots"]
    assert [each["SnapshotId"] for each in first] == [each["SnapshotId"] for each in made]
    assert [each["State"] for each in first + second] == ["pending", "completed"]


def test_snapshots_of_others_are_not_ones_own(ec2):
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    ec2.create_snapshot(VolumeId=volume)

    assert len(ec2.describe_snapshots()["Snapshots"]) == 1
    assert ec2.describe_snapshots(OwnerIds=["999999999999"])["Snapshots"] == []


def test_a_public_snapshot_is_found_by_who_may_restore_it(ec2):
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    public, _ = (ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(2))
    ec2.modify_snapshot_attribute(SnapshotId=public, OperationType="add", GroupNames=["all"])

    found = ec2.describe_snapshots(OwnerIds=["self"], RestorableByUserIds=["all"])["Snapshots"]

    assert [each["SnapshotId"] for each in found] == [public]


def test_no_snapshot_becomes_public_where_that_is_blocked(ec2):
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")

    with pytest.raises(ClientError, match="blocked"):
        ec2.modify_snapshot_attribute(SnapshotId=snapshot, OperationType="add", GroupNames=["all"])

    assert ec2.get_snapshot_block_public_access_state()["State"] == "block-all-sharing"


def test_a_dry_run_changes_nothing(ec2, vpc):
    with pytest.raises(ClientError) as answered:
        ec2.create_security_group(GroupName="group", Description="group", VpcId=vpc, DryRun=True)

    assert code(answered) == "DryRunOperation"
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    assert [group["GroupName"] for group in groups] == ["default"]


def test_a_new_group_carries_its_tags(ec2, vpc):
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "secguard:run", "Value": "r1"}]}]
    ec2.create_security_group(GroupName="group", Description="group", VpcId=vpc, TagSpecifications=tags)

    found = ec2.describe_security_groups(Filters=[{"Name": "tag:secguard:run", "Values": ["r1"]}])["SecurityGroups"]

    assert [group["GroupName"] for group in found] == ["group"]
