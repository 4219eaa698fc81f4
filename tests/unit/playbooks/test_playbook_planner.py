"""Plans from findings: the playbook chosen, what it may not do, what could not be looked at."""

import pytest
from canned import Canned, missing
from findings_made import ACCOUNT, REGION, finding, instance, key, remote

from secguard.engine.change import Kind
from secguard.engine.draft import Draft
from secguard.engine.guardrails import Allowances
from secguard.engine.origin import Origin
from secguard.errors import BrokenAnswer, Denied, NoCredentials, UnknownId, UsageError
from secguard.playbooks.ask import Ask
from secguard.playbooks.catalogue import Catalogue
from secguard.playbooks.planner import Responder
from secguard.playbooks.reader import read_text
from secguard.settings import registry

HOME = "us-east-1"
OPERATOR = Origin(partition="aws", caller=f"arn:aws:iam::{ACCOUNT}:user/operator", endpoint=None)
ATTACK = {"resources": [instance()], "Action": remote("45.155.205.233")}
OPEN_ACL = {
    "NetworkAclId": "acl-1",
    "Entries": [
        {"RuleNumber": 100, "RuleAction": "allow", "Egress": egress, "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}
        for egress in (False, True)
    ],
}
ANSWERS = {
    "ec2:DescribeInstances": {
        "Reservations": [
            {"OwnerId": ACCOUNT, "Instances": [{"State": {"Name": "running"}, "InstanceType": "t3.micro"}]}
        ]
    },
    "ec2:DescribeNetworkInterfaces": lambda parameters: {
        "NetworkInterfaces": []
        if "public-ip" in str(parameters)
        else [
            {"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "Groups": [{"GroupId": "sg-1"}]}
        ]
    },
    "ec2:DescribeVpcs": {"Vpcs": [{"CidrBlockAssociationSet": [{"CidrBlock": "10.0.0.0/16"}]}]},
    "ec2:DescribeAddresses": {"Addresses": []},
    "ec2:DescribeNetworkAcls": {"NetworkAcls": [OPEN_ACL]},
    "ec2:DescribeInstanceTypes": {"InstanceTypes": [{"Hypervisor": "nitro"}]},
    "ec2:DescribeInstanceAttribute": {
        "DisableApiTermination": {"Value": False},
        "InstanceInitiatedShutdownBehavior": {"Value": "stop"},
    },
    "ec2:DescribeSecurityGroups": {"SecurityGroups": []},
    "ec2:DescribeSnapshots": {"Snapshots": []},
    "securityhub:GetFindings": {"Findings": [{"Workflow": {"Status": "NEW"}}]},
}


class Cloud:
    """The same answers everywhere; remembers where it was looked."""

    def __init__(self, answers):
        self.answers = {**ANSWERS, **answers}
        self.looks = []

    def look(self, place, **_):
        reader = Canned(self.answers, place=place)
        self.looks.append(reader)
        return reader


@pytest.fixture
def plan():
    """Plan answers to findings, in a cloud that answers a little differently."""

    def make(*findings, answers=None, allow=(), own=(), never_block=(), **asked):
        draft = Draft(
            command="",
            request={},
            origin=OPERATOR,
            aws=Cloud(answers or {}),
            registry=registry(),
            allowances=Allowances.parse(allow),
        )
        playbooks = [
            *Catalogue.builtin(registry()),
            *(read_text(text, file="own", registry=registry()) for text in own),
        ]
        responder = Responder(
            draft=draft, catalogue=Catalogue(playbooks), home_region=HOME, hops=(), never_block=never_block
        )
        return responder.plan(Ask(findings=findings, **asked))

    return make


def settings(plan):
    return [change.setting for change in plan.changes]


def test_the_request_says_all_that_is_needed_to_plan_it_again(plan):
    found = finding(**ATTACK)

    made = plan(found, playbook="block-ip", params={"ip": "80.94.92.65"})

    assert made.request == {
        "command": "remediate",
        "findings": [found.id],
        "playbook": "block-ip",
        "params": {"ip": "80.94.92.65"},
    }


def test_the_same_findings_give_the_same_plan(plan):
    findings = [finding(number=n, **ATTACK) for n in range(5)]

    assert plan(*findings).digest == plan(*findings).digest


def test_the_finding_is_marked_only_when_all_else_has_succeeded_and_unmarked_last(plan):
    made = plan(finding(**ATTACK))

    *others, last = made.changes
    assert last.kind is Kind.BOOKKEEPING
    assert set(last.needs) == {change.n for change in others}
    assert made.undo_order[-1] == last.n


def test_a_finding_that_somebody_works_on_already_keeps_its_status(plan):
    assert "findings.workflow" not in settings(plan(finding(**ATTACK, Workflow={"Status": "NOTIFIED"})))


def test_two_equally_good_answers_are_listed_and_neither_is_taken(plan):
    rival = """
        {name: rival, title: t, about: a, answers: [{types: ["*SSHBruteForce"], fit: 90}],
         target: {what: EC2 instance, each: about.instances},
         steps: {protect: {setting: ec2.termination-protection, address: {instance: "${target}"}, to: true}}}
    """

    made = plan(finding(**ATTACK), own=[rival])

    assert made.changes == ()
    (refusal,) = made.refused
    assert refusal.rule == "choose"
    assert "block-ip, rival" in refusal.why


def test_a_playbook_can_be_named_for_a_finding_that_it_would_not_be_chosen_for(plan):
    made = plan(finding("Discovery:EC2/Something", **ATTACK), playbook="block-ip")

    assert settings(made)[:2] == ["ec2.network-acl-deny", "ec2.network-acl-deny"]


def test_a_playbook_named_for_what_it_cannot_act_on_says_what_it_needs(plan):
    made = plan(finding("Discovery:EC2/Something", resources=[key()]), playbook="block-ip")

    (refusal,) = made.refused
    assert refusal.rule == "unsupported-target"
    assert "EC2 instance" in refusal.why


def test_a_playbook_that_does_not_exist_is_unknown(plan):
    with pytest.raises(UnknownId, match="nonsense"):
        plan(finding(**ATTACK), playbook="nonsense")


def test_a_parameter_that_the_playbook_does_not_take_is_refused_with_those_it_takes(plan):
    with pytest.raises(UsageError, match="takes ip"):
        plan(finding(**ATTACK), playbook="block-ip", params={"port": "22"})


def test_every_prober_of_a_port_probe_is_denied(plan):
    found = finding(
        "Recon:EC2/PortProbeUnprotectedPort", resources=[instance()], Action=remote("45.155.205.233", "80.94.92.65")
    )

    denied = {change.address["cidr"] for change in plan(found).changes if change.setting == "ec2.network-acl-deny"}

    assert denied == {"45.155.205.233/32", "80.94.92.65/32"}


def test_an_address_that_may_not_be_denied_does_not_keep_the_others_from_it(plan):
    found = finding(
        "Recon:EC2/PortProbeUnprotectedPort", resources=[instance()], Action=remote("45.155.205.233", "10.0.0.9")
    )

    made = plan(found)

    assert {change.address["cidr"] for change in made.changes[:-1]} == {"45.155.205.233/32"}
    assert [(refusal.what, refusal.rule) for refusal in made.refused] == [("10.0.0.9", "own-address")]


@pytest.mark.parametrize("operation", ["ec2:DescribeInstances", "ec2:DescribeVpcs", "ec2:DescribeNetworkAcls"])
@pytest.mark.parametrize("error", [Denied("no"), BrokenAnswer("half an answer")])
def test_what_could_not_be_looked_at_is_named_and_nothing_is_planned_on_it(plan, operation, error):
    made = plan(finding(**ATTACK), answers={operation: error})

    assert made.changes == ()
    assert [(place.account, place.region) for place in made.unreached] == [(ACCOUNT, REGION)]


def test_without_credentials_there_is_no_plan(plan):
    with pytest.raises(NoCredentials):
        plan(finding(**ATTACK), answers={"ec2:DescribeInstances": NoCredentials("expired")})


def test_what_is_gone_is_refused_as_gone(plan):
    made = plan(finding(**ATTACK), answers={"ec2:DescribeInstances": missing("InvalidInstanceID.NotFound")})

    assert [refusal.rule for refusal in made.refused] == ["gone"]


def test_an_instance_of_another_account_is_not_touched(plan):
    described = {"Reservations": [{"OwnerId": "999999999999", "Instances": [{"State": {"Name": "running"}}]}]}

    made = plan(finding(**ATTACK), answers={"ec2:DescribeInstances": described})

    assert made.changes == ()
    assert [refusal.rule for refusal in made.refused] == ["foreign-account"]


def test_an_instance_is_isolated_even_where_addresses_and_hypervisor_could_not_be_looked_up(plan):
    """They make the isolation better; they are no reason to leave the instance open."""
    denied = {"ec2:DescribeInstanceTypes": Denied("no types"), "ec2:DescribeVpcs": Denied("no VPCs")}

    made = plan(finding("Backdoor:EC2/C&CActivity.B", **ATTACK), answers=denied)

    assert "ec2.interface-groups" in settings(made)
    assert "ec2.network-acl-deny" not in settings(made)
    assert len(made.unreached) == 2


def test_an_interface_that_belongs_to_a_service_is_named_and_left(plan):
    owned = {
        "NetworkInterfaceId": "eni-9",
        "VpcId": "vpc-1",
        "SubnetId": "subnet-1",
        "Groups": [],
        "RequesterManaged": True,
        "RequesterId": "amazon-eks",
    }

    made = plan(
        finding("Backdoor:EC2/C&CActivity.B!DNS", resources=[instance()]),
        answers={"ec2:DescribeNetworkInterfaces": {"NetworkInterfaces": [owned]}},
    )

    assert "ec2.interface-groups" not in settings(made)
    assert [(refusal.what, refusal.rule) for refusal in made.refused] == [
        ("network interface eni-9", "unsupported-target")
    ]
    assert "amazon-eks" in made.refused[0].why


def test_a_group_that_nothing_would_be_put_into_is_not_made(plan):
    made = plan(
        finding("Backdoor:EC2/C&CActivity.B!DNS", resources=[instance()]),
        answers={"ec2:DescribeNetworkInterfaces": {"NetworkInterfaces": []}},
    )

    assert "ec2.quarantine-group" not in settings(made)


def test_every_instance_of_an_attack_sequence_is_isolated(plan):
    both = [instance("i-0123456789abcdef0"), instance("i-0fedcba9876543210")]

    made = plan(finding("AttackSequence:EC2/CompromisedInstanceGroup", resources=both))

    protected = [c.address["instance"] for c in made.changes if c.setting == "ec2.termination-protection"]
    assert protected == ["i-0123456789abcdef0", "i-0fedcba9876543210"]


def test_an_iam_user_is_contained_in_the_partitions_home_region(plan):
    answers = {
        "iam:GetUser": {"User": {"Arn": f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"}},
        "iam:ListAccessKeys": {"AccessKeyMetadata": [{"AccessKeyId": "AKIA1", "Status": "Active"}]},
        "iam:GetLoginProfile": missing("NoSuchEntity"),
        "iam:GetUserPolicy": missing("NoSuchEntity"),
    }

    made = plan(finding("UnauthorizedAccess:IAMUser/TorIPCaller", resources=[key()]), answers=answers)

    places = {change.setting: change.region for change in made.changes}
    assert places == {"iam.user-policy": HOME, "iam.access-key-status": HOME, "findings.workflow": REGION}


def test_a_key_whose_user_the_finding_does_not_name_is_traced_to_its_user(plan):
    answers = {
        "iam:GetAccessKeyLastUsed": {"UserName": "deploy-bot"},
        "iam:GetUser": {"User": {"Arn": f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"}},
        "iam:ListAccessKeys": {"AccessKeyMetadata": []},
        "iam:GetLoginProfile": missing("NoSuchEntity"),
        "iam:GetUserPolicy": missing("NoSuchEntity"),
    }
    bare = {"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE"}

    made = plan(finding("UnauthorizedAccess:IAMUser/TorIPCaller", resources=[bare]), answers=answers)

    assert made.changes[0].address["user"] == "deploy-bot"


def test_a_playbook_of_ones_own_cannot_deny_a_reserved_range_by_naming_it(plan):
    own = """
        {name: block-all, title: t, about: a, answers: [{types: ["*"], fit: 100}],
         target: {what: EC2 instance, each: about.instances},
         steps: {deny: {setting: ec2.network-acl-deny, to: deny,
                 address: {acl: acl-1, cidr: 10.0.0.0/8, direction: ingress, rule: 1}}}}
    """

    made = plan(finding(**ATTACK), own=[own])

    assert made.changes == ()
    assert [refusal.rule for refusal in made.refused] == ["own-address"]


def test_a_step_whose_address_comes_out_empty_is_refused_not_sent(plan):
    own = """
        {name: hollow, title: t, about: a, answers: [{types: ["*"], fit: 100}],
         target: {what: EC2 instance, each: about.instances},
         steps: {protect: {setting: ec2.termination-protection, to: true, address: {instance: "${finding.nothing}"}}}}
    """

    made = plan(finding(**ATTACK), own=[own])

    assert made.changes == ()
    assert "step protect: instance is empty" in made.refused[0].why
