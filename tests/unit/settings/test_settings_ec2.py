"""Instances, interfaces and network ACLs: what is read, and which calls move it."""

from datetime import UTC, datetime

import pytest
from canned import Canned, after
from hypothesis import given
from hypothesis import strategies as st

from secguard.engine.change import Kind, Undo
from secguard.engine.setting import Item
from secguard.engine.values import late_names
from secguard.errors import Already, Denied
from secguard.settings.instances import ShutdownBehaviour, Snapshots, TerminationProtection
from secguard.settings.interfaces import ConnectionTracking, InterfaceGroups, QuarantineGroup
from secguard.settings.network_acl import NetworkAclDeny, denying, free_rules, rules_used

ATTACKER = "45.155.205.233/32"
DOOR = {"acl": "acl-1", "cidr": ATTACKER, "direction": "ingress", "rule": 99}


def entry(number, action="allow", cidr="0.0.0.0/0", *, egress=False, protocol="-1"):
    block = "Ipv6CidrBlock" if ":" in cidr else "CidrBlock"
    return {"RuleNumber": number, "RuleAction": action, "Egress": egress, "Protocol": protocol, block: cidr}


CLOSING = entry(32767, "deny")


def read_acl(*entries, address=DOOR):
    aws = Canned({"ec2:DescribeNetworkAcls": {"NetworkAcls": [{"Entries": [*entries, CLOSING]}]}})
    return NetworkAclDeny().read(aws, address)


def test_the_closing_deny_of_every_acl_denies_nobody_that_an_allow_lets_in():
    assert read_acl(entry(100)).value is None


def test_a_deny_below_the_first_allow_is_in_force():
    assert read_acl(entry(99, "deny", ATTACKER), entry(100)).value == "deny"


def test_a_deny_above_an_allow_is_not():
    assert read_acl(entry(100), entry(101, "deny", ATTACKER)).value is None


def test_a_deny_of_one_protocol_is_not_a_deny_of_everything():
    assert read_acl(entry(99, "deny", ATTACKER, protocol="6"), entry(100)).value is None


def test_a_deny_of_a_wider_range_will_do():
    assert read_acl(entry(50, "deny", "45.155.0.0/16"), entry(100)).value == "deny"


def test_the_other_direction_is_another_door():
    assert read_acl(entry(99, "deny", ATTACKER, egress=True), entry(100)).value is None


def test_an_allow_for_ipv6_does_not_come_before_a_deny_for_ipv4():
    assert read_acl(entry(99, "deny", ATTACKER), entry(100), entry(10, cidr="::/0")).value == "deny"


def test_the_planned_number_is_used_while_it_is_free():
    found = read_acl(entry(100))

    operation, parameters = after(NetworkAclDeny(), DOOR, found.value, "deny", found.context)

    assert operation == "CreateNetworkAclEntry"
    assert parameters == {
        "NetworkAclId": "acl-1",
        "RuleNumber": 99,
        "Egress": False,
        "Protocol": "-1",
        "RuleAction": "deny",
        "CidrBlock": ATTACKER,
    }


def test_another_number_is_used_when_someone_took_the_planned_one():
    found = read_acl(entry(99, "deny", "198.51.100.1/32"), entry(100))

    _, parameters = after(NetworkAclDeny(), DOOR, found.value, "deny", found.context)

    assert parameters["RuleNumber"] == 98


def test_an_ipv6_address_is_denied_as_one():
    address = {**DOOR, "cidr": "2a00:1450::1/128"}

    _, parameters = after(NetworkAclDeny(), address, None, "deny")

    assert parameters["Ipv6CidrBlock"] == "2a00:1450::1/128"
    assert "CidrBlock" not in parameters


def test_undo_deletes_the_entry_that_denies_this_range_and_no_other():
    found = read_acl(entry(98, "deny", ATTACKER), entry(99, "deny", "198.51.100.1/32"), entry(100))

    operation, parameters = after(NetworkAclDeny(), DOOR, found.value, None, found.context)

    assert (operation, parameters["RuleNumber"]) == ("DeleteNetworkAclEntry", 98)


def test_undo_never_deletes_a_wider_deny_that_someone_added():
    found = read_acl(entry(50, "deny", "45.155.0.0/16"), entry(99, "deny", ATTACKER), entry(100))

    _, parameters = after(NetworkAclDeny(), DOOR, found.value, None, found.context)

    assert parameters["RuleNumber"] == 99
    assert "rule 50" in found.note


def test_a_number_that_someone_takes_meanwhile_is_given_up_for_the_next():
    found = read_acl(entry(100))
    item = Item(DOOR, None, "deny", found.context)

    (call,) = NetworkAclDeny().instead(item, Already("", code="NetworkAclEntryAlreadyExists"))

    assert call.parameters["RuleNumber"] == 98
    assert NetworkAclDeny().instead(item, Denied("", code="UnauthorizedOperation")) == []


@given(st.sets(st.integers(1, 200), max_size=30), st.integers(2, 200))
def test_every_free_number_comes_before_the_first_allow_and_belongs_to_nobody(taken, first_allow):
    entries = [entry(number, "deny", "198.51.100.1/32") for number in taken - {first_allow}] + [entry(first_allow)]

    free = free_rules(entries, ATTACKER, "ingress")

    assert all(0 < number < first_allow and number not in taken for number in free)
    assert free == sorted(free, reverse=True)
    assert len(free) == first_allow - 1 - len([number for number in taken if number < first_allow])


def test_the_quota_counts_one_direction_and_one_family_closing_rule_included():
    entries = [entry(100), entry(101, cidr="::/0"), entry(100, egress=True), CLOSING]

    assert rules_used(entries, ATTACKER, "ingress") == 2


def test_what_is_denied_is_told_in_the_order_of_the_rules():
    entries = [entry(90, "deny", ATTACKER), entry(10, "deny", "45.0.0.0/8"), entry(100)]

    assert denying(entries, ATTACKER, "ingress") == [10, 90]


# Interfaces


def interface(**more):
    described = {"Groups": [{"GroupId": "sg-b"}, {"GroupId": "sg-a"}], **more}
    return Canned({"ec2:DescribeNetworkInterfaces": {"NetworkInterfaces": [described]}})


def test_groups_are_a_sorted_list_so_that_their_order_is_no_drift():
    assert InterfaceGroups().read(interface(), {"interface": "eni-1"}).value == ["sg-a", "sg-b"]


def test_the_instance_of_an_interface_counts_as_touched():
    subjects = InterfaceGroups().subjects(interface(Attachment={"InstanceId": "i-1"}), {"interface": "eni-1"})

    assert subjects == (
        "arn:aws:ec2:eu-west-1:123456789012:network-interface/eni-1",
        "arn:aws:ec2:eu-west-1:123456789012:instance/i-1",
    )


def test_timeouts_that_were_never_set_read_as_none():
    assert ConnectionTracking().read(interface(), {"interface": "eni-1"}).value is None


def test_timeouts_that_are_left_out_have_their_default():
    aws = interface(ConnectionTrackingConfiguration={"TcpEstablishedTimeout": 3600})

    value = ConnectionTracking().read(aws, {"interface": "eni-1"}).value

    assert value == {"tcp_established": 3600, "udp_stream": 180, "udp": 30}


def test_timeouts_can_only_come_near_to_never_having_been_set():
    back = ConnectionTracking().way_back({}, None, {"tcp_established": 60, "udp_stream": 60, "udp": 30})

    assert back.grade is Undo.NEAREST
    assert back.value["tcp_established"] == 432000


# The quarantine group


def groups(*found, rules=()):
    return Canned(
        {
            "ec2:DescribeSecurityGroups": {"SecurityGroups": list(found)},
            "ec2:DescribeSecurityGroupRules": {"SecurityGroupRules": list(rules)},
        }
    )


def group(name="secguard-quarantine", *, tagged=True, group_id="sg-q"):
    tags = [{"Key": "secguard:scaffold", "Value": "quarantine"}] if tagged else []
    return {"GroupId": group_id, "GroupName": name, "Tags": tags}


VPC = {"vpc": "vpc-1"}
OUT = {"SecurityGroupRuleId": "sgr-out", "IsEgress": True}
IN = {"SecurityGroupRuleId": "sgr-in", "IsEgress": False}


def test_a_group_of_our_name_without_our_tag_is_not_ours():
    found = QuarantineGroup().read(groups(group(tagged=False)), VPC)

    assert found.value is None
    assert after(QuarantineGroup(), VPC, None, "empty", found.context)[1]["GroupName"] == "secguard-quarantine-2"


def test_a_production_group_that_someone_gave_our_tag_is_not_ours():
    """Else a tag would be enough to make secguard strip it of its rules."""
    assert QuarantineGroup().read(groups(group("web")), VPC).value is None


def test_a_new_group_is_tagged_with_the_run_that_made_it():
    operation, parameters = after(QuarantineGroup(), VPC, None, "empty")

    assert operation == "CreateSecurityGroup"
    assert set(late_names(parameters)) == {"run_id", "this.change"}


def test_the_plan_of_a_new_group_shows_that_its_first_rule_goes():
    calls = QuarantineGroup().preview(VPC, None, "empty", None)

    assert [call.operation for call in calls] == ["CreateSecurityGroup", "RevokeSecurityGroupEgress"]
    assert "this.GroupId" in set(late_names(calls[1].parameters))


def test_a_group_with_rules_is_open_and_loses_them_both_ways():
    found = QuarantineGroup().read(groups(group(), rules=[OUT, IN]), VPC)

    calls = QuarantineGroup().calls(VPC, found.value, "empty", found.context)

    assert found.value == "open"
    assert [(call.operation, call.parameters["SecurityGroupRuleIds"]) for call in calls] == [
        ("RevokeSecurityGroupIngress", ["sgr-in"]),
        ("RevokeSecurityGroupEgress", ["sgr-out"]),
    ]


def test_a_group_without_rules_is_empty_and_yields_its_id():
    found = QuarantineGroup().read(groups(group()), VPC)

    assert (found.value, dict(found.yields)) == ("empty", {"GroupId": "sg-q"})


def test_only_a_group_in_the_making_may_pass_through_open():
    assert QuarantineGroup().passes_through("open", None, "empty")
    assert not QuarantineGroup().passes_through("open", "empty", "empty")


# Instances


def instance(*volumes, snapshots=()):
    mappings = [{"Ebs": {"VolumeId": volume}} for volume in volumes]
    described = {"Reservations": [{"Instances": [{"BlockDeviceMappings": mappings}]}]}
    return Canned({"ec2:DescribeInstances": described, "ec2:DescribeSnapshots": {"Snapshots": list(snapshots)}})


def snapshot(volume, *, hour=12, state="completed"):
    started = datetime(2026, 11, 23, hour, tzinfo=UTC)
    return {"SnapshotId": f"snap-{volume}", "VolumeId": volume, "StartTime": started, "State": state}


EVIDENCE = {"instance": "i-1", "since": "2026-11-23T11:00:00Z"}


def test_evidence_is_taken_when_every_volume_was_copied():
    aws = instance("vol-1", "vol-2", snapshots=[snapshot("vol-1"), snapshot("vol-2")])

    assert Snapshots().read(aws, EVIDENCE).value == "taken"


def test_evidence_lacks_what_was_not_copied():
    assert Snapshots().read(instance("vol-1", "vol-2", snapshots=[snapshot("vol-1")]), EVIDENCE).value is None


def test_a_copy_from_before_the_finding_was_last_seen_is_no_evidence():
    assert Snapshots().read(instance("vol-1", snapshots=[snapshot("vol-1", hour=10)]), EVIDENCE).value is None


def test_a_copy_that_failed_is_no_evidence():
    assert Snapshots().read(instance("vol-1", snapshots=[snapshot("vol-1", state="error")]), EVIDENCE).value is None


def test_a_copy_that_is_still_being_written_counts_and_is_said():
    found = Snapshots().read(instance("vol-1", snapshots=[snapshot("vol-1", state="pending")]), EVIDENCE)

    assert found.value == "taken"
    assert "snap-vol-1" in found.note


def test_copies_are_evidence_and_carry_the_run():
    _, parameters = after(Snapshots(), EVIDENCE, None, "taken")

    assert Snapshots().kind is Kind.EVIDENCE
    assert "run_id" in set(late_names(parameters))


@pytest.mark.parametrize(
    ("setting", "attribute", "answer", "value", "other"),
    [
        (TerminationProtection(), "disableApiTermination", {"DisableApiTermination": {"Value": False}}, False, True),
        (
            ShutdownBehaviour(),
            "instanceInitiatedShutdownBehavior",
            {"InstanceInitiatedShutdownBehavior": {"Value": "terminate"}},
            "terminate",
            "stop",
        ),
    ],
)
def test_an_attribute_is_read_by_its_name_and_set_back_to_what_it_was(setting, attribute, answer, value, other):
    aws = Canned({"ec2:DescribeInstanceAttribute": answer})

    found = setting.read(aws, {"instance": "i-1"})
    _, there = after(setting, {"instance": "i-1"}, value, other)
    _, back = after(setting, {"instance": "i-1"}, other, found.value)

    assert aws.asked[0][1]["Attribute"] == attribute
    assert {**there, **back} == back
    assert next(part["Value"] for key, part in back.items() if key != "InstanceId") == value
