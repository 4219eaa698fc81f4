"""What AWS is told of a rule lets through what the rule means or less, and where it can't be told, the reason is."""

import pytest
from asff_made import ACCOUNT, asff, detected, guardduty, read
from hypothesis import given, settings
from hypothesis import strategies as st
from rules_made import rule

from secguard.findings.forms.guardduty import camel_case, read_guardduty
from secguard.findings.suppression.criteria import Inexpressible, automation_criteria, guardduty_criteria
from secguard.sandbox.guardduty import criteria as native
from secguard.sandbox.guardduty.asff import asff_type
from secguard.sandbox.securityhub.filtering import predicate
from secguard.settings.automation_rules import suppressing
from secguard.settings.guardduty_filters import archiving

KINDS = (
    "Recon:EC2/PortProbeUnprotectedPort",
    "Recon:EC2/Portscan",
    "Backdoor:EC2/C&CActivity.B",
    "Backdoor:EC2/C&CActivity.B!DNS",
    "UnauthorizedAccess:EC2/SSHBruteForce",
    "CredentialAccess:IAMUser/CompromisedCredentials",
)


def said(**match):
    return automation_criteria(rule(**match), partition="aws").criteria


def lets_through(criteria, item):
    return predicate(criteria)(item)


def test_open_findings_alone_are_hidden_and_only_until_the_rule_ends():
    criteria = said(control=["S3.2"])

    assert criteria == {
        "ComplianceSecurityControlId": [{"Value": "S3.2", "Comparison": "EQUALS"}],
        "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
        "WorkflowStatus": [{"Value": "NEW", "Comparison": "EQUALS"}, {"Value": "NOTIFIED", "Comparison": "EQUALS"}],
        "UpdatedAt": [{"Start": "1970-01-01T00:00:00Z", "End": "2027-01-31T23:59:59Z"}],
    }
    assert lets_through(criteria, asff(UpdatedAt="2027-01-31T23:59:00Z"))
    assert not lets_through(criteria, asff(UpdatedAt="2027-02-01T00:00:01Z"))


def test_a_region_is_that_of_the_product_which_reports():
    criteria = automation_criteria(rule(region=["cn-north-1"]), partition="aws-cn").criteria

    assert criteria["ProductArn"] == [{"Value": "arn:aws-cn:securityhub:cn-north-1:", "Comparison": "PREFIX"}]


def test_a_type_that_is_not_whole_is_looked_for_behind_its_category():
    criteria = said(type=["Access:*"])

    assert criteria["Type"] == [{"Value": "/Access:", "Comparison": "CONTAINS"}]
    assert criteria["ProductName"] == [{"Value": "GuardDuty", "Comparison": "EQUALS"}]
    assert not lets_through(criteria, guardduty(kind="UnauthorizedAccess:EC2/SSHBruteForce"))


def test_a_whole_type_is_not_taken_for_the_beginning_of_another():
    criteria = said(type=["Backdoor:EC2/C&CActivity.B"])

    kinds = {kind: lets_through(criteria, guardduty(Types=[asff_type(kind)])) for kind in KINDS}
    assert [kind for kind, through in kinds.items() if through] == ["Backdoor:EC2/C&CActivity.B"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_has_its_category_among_those_asked_for(kind):
    assert lets_through(said(type=[kind]), guardduty(Types=[asff_type(kind)]))


def test_what_is_compared_with_its_case_is_said_to_hide_less():
    narrow = automation_criteria(rule(title=["public read"], control=["S3.2"]), partition="aws")

    assert narrow.narrower == ("Security Hub compares the title with its case",)
    assert lets_through(narrow.criteria, asff())
    assert not lets_through(narrow.criteria, asff(Title="S3 buckets should prohibit PUBLIC READ access"))


@pytest.mark.parametrize(
    ("match", "why"),
    [
        ({"ip": ["192.0.2.7"]}, "no criterion for addresses"),
        ({"control": ["s3.2"]}, "spelled otherwise"),
        ({"product": ["prowler"]}, "spelled otherwise"),
        ({"type": ["*SSH*"]}, "none but those that end with"),
        ({"type": ["Recon:*/Portscan"]}, "none but those that end with"),
        ({"type": ["Recon:EC2/[PQ]*"]}, "none but those that end with"),
        ({"type": ["Recon:EC2/Portscan", "Backdoor:*"]}, "either whole types or beginnings"),
        ({"type": ["Recon:EC2/Portscan", "Recon:EC2/PortProbe"]}, "one whole type"),
        ({"type": ["Recon:*", "TTPs/Discovery/*"]}, "mixes"),
        ({"type": ["Portscan"]}, "spelled neither"),
        ({"type": ["Recon:*"], "product": ["inspector"]}, "hides nothing"),
        ({"tag": ["env="]}, "no empty tag"),
        ({"control": [f"S3.{n}" for n in range(21)]}, "at most 20 values"),
    ],
)
def test_what_an_automation_rule_can_not_say_is_refused_with_the_reason(match, why):
    with pytest.raises(Inexpressible, match=why):
        automation_criteria(rule(**match), partition="aws")


def test_more_attributes_than_security_hub_takes_are_not_asked_for():
    many = {
        "severity": ["low"], "product": ["guardduty"], "type": ["Recon:*"], "resource": ["i-1"], "tag": ["a=b"],
        "resource_type": ["AwsEc2Instance"], "title": ["x"], "account": [ACCOUNT], "region": ["us-east-1"],
    }  # fmt: skip
    with pytest.raises(Inexpressible, match="more than the 10 attributes"):
        automation_criteria(rule(**many), partition="aws")


@pytest.mark.parametrize(
    ("match", "criterion"),
    [
        ({"type": ["Recon:EC2/Portscan"]}, {"type": {"Equals": ["Recon:EC2/Portscan"]}}),
        ({"type": ["Recon:*", "*:EC2/Portscan"], "product": ["guardduty"]}, None),
        ({"type": ["Recon:*", "Backdoor:EC2/?*"]}, {"type": {"Matches": ["Recon:*", "Backdoor:EC2/?*"]}}),
        (
            {"product": ["guardduty"], "severity": ["low", "medium"]},
            {"severity": {"GreaterThanOrEqual": 1, "LessThan": 7}},
        ),
        ({"product": ["guardduty"], "severity": ["critical"]}, {"severity": {"GreaterThanOrEqual": 9}}),
        ({"product": ["guardduty"], "account": [ACCOUNT]}, {"accountId": {"Equals": [ACCOUNT]}}),
        (
            {"product": ["guardduty"], "resource": ["arn:aws:ec2:us-east-1:1:instance/i-0c10c2c7863d1a356"]},
            {"resource.instanceDetails.instanceId": {"Equals": ["i-0c10c2c7863d1a356"]}},
        ),
        (
            {"product": ["guardduty"], "resource": ["arn:aws:s3:::acme"]},
            {"resource.s3BucketDetails.name": {"Equals": ["acme"]}},
        ),
    ],
)
def test_a_guardduty_filter_says_what_it_can(match, criterion):
    if criterion is None:
        with pytest.raises(Inexpressible, match="not spelled as GuardDuty's"):
            guardduty_criteria(rule(**match))
    else:
        assert guardduty_criteria(rule(**match)).criteria == criterion


@pytest.mark.parametrize(
    ("match", "why"),
    [
        ({"resource": ["i-0c10c2c7863d1a356"]}, "about GuardDuty's findings alone"),
        ({"product": ["guardduty"]}, "would archive all"),
        ({"product": ["guardduty"], "region": ["us-east-1"]}, "would archive all"),
        ({"product": ["guardduty"], "title": ["x"]}, "no word for title"),
        ({"product": ["guardduty"], "resource_type": ["AwsEc2Instance"]}, "no word for resource type"),
        ({"product": ["guardduty"], "severity": ["low", "high"]}, "have a gap"),
        ({"product": ["guardduty"], "resource": ["web"]}, "of instances or of whole buckets"),
        ({"product": ["guardduty"], "resource": ["i-0c10c2c7863d1a356", "arn:aws:s3:::a"]}, "of instances or of whole"),
        ({"type": [f"Recon:EC2/{n}*" for n in range(6)]}, "at most 5 patterns"),
        ({"type": ["Recon:EC2/[PQ]*"]}, "no sets of characters"),
        ({"type": ["Recon:*"], "product": ["inspector"]}, "hides nothing"),
    ],
)
def test_what_a_guardduty_filter_can_not_say_is_refused_with_the_reason(match, why):
    with pytest.raises(Inexpressible, match=why):
        guardduty_criteria(rule(**match))


INSTANCE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-0c10c2c7863d1a356"
VOCABULARY = {
    "severity": ["low", "medium", "high", "critical", "informational"],
    "product": ["guardduty", "securityhub", "Inspector"],
    "type": [
        *KINDS,
        "Recon:*",
        "Backdoor:EC2/C&C*",
        "recon:ec2/*",
        "TTPs/*",
        "TTPs/Discovery/Recon:EC2-Portscan",
        "Sof*",
    ],
    "control": ["S3.2", "EC2.19"],
    "compliance": ["failed", "passed"],
    "standard": ["fsbp", "cis", "foundational"],
    "resource": ["arn:aws:s3:::acme", "acme", "web", "i-0c10c2c7863d1a356", "I-0C10", "arn:aws:ec2"],
    "resource_type": ["AwsS3Bucket", "AwsEc2Instance", "AwsEc2", "ec2", "Bucket"],
    "tag": ["env=lab", "env=prod"],
    "title": ["public", "Public", "attack"],
    "account": [ACCOUNT, "222222222222"],
    "region": ["us-east-1", "eu-west-1"],
}
MATCHES = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True)
        for name, words in VOCABULARY.items()
    },
).filter(bool)
RESOURCES = st.sampled_from([
    {"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::acme"},
    {"Type": "AwsEc2Instance", "Id": INSTANCE, "Tags": {"env": "lab"}},
    {"Type": "AwsEc2Instance", "Id": "i-0ffffffffffffffff", "Tags": {"env": "prod", "Name": "web"}},
])  # fmt: skip


@st.composite
def held(draw):
    """A finding as Security Hub has it."""
    over = {
        "Region": draw(st.sampled_from(["us-east-1", "eu-west-1"])),
        "AwsAccountId": draw(st.sampled_from([ACCOUNT, "222222222222"])),
        "Severity": {"Label": draw(st.sampled_from(["LOW", "MEDIUM", "HIGH", "CRITICAL", "INFORMATIONAL"]))},
        "Title": draw(st.sampled_from(["No public access", "Public bucket", "An attack"])),
        "Resources": draw(st.lists(RESOURCES, min_size=1, max_size=2)),
        "Workflow": {"Status": draw(st.sampled_from(["NEW", "NOTIFIED", "RESOLVED"]))},
        "RecordState": draw(st.sampled_from(["ACTIVE", "ARCHIVED"])),
    }
    if draw(st.booleans()):
        return guardduty(Types=[asff_type(draw(st.sampled_from(KINDS)))], **over)
    compliance = {
        "Status": draw(st.sampled_from(["PASSED", "FAILED"])),
        "SecurityControlId": draw(st.sampled_from(["S3.2", "EC2.19"])),
        "AssociatedStandards": [
            {
                "StandardsId": draw(
                    st.sampled_from(
                        [
                            "standards/cis-aws-foundations-benchmark/v/3.0.0",
                            "standards/aws-foundational-security-best-practices/v/1.0.0",
                        ]
                    )
                )
            }
        ],
    }
    return asff(Compliance=compliance, **over)


@settings(max_examples=250, deadline=None)
@given(MATCHES, held())
def test_an_automation_rule_hides_nothing_that_the_rule_does_not_mean(match, item):
    found = rule(**match)
    try:
        told = automation_criteria(found, partition="aws")
    except Inexpressible:
        return
    through = lets_through(told.criteria, item)
    meant = found.holds()(read(item))

    assert suppressing(description="x", criteria=told.criteria, note="x")
    assert meant or not through
    if not told.narrower and not match.get("type"):
        assert through == meant


NATIVE = {name: VOCABULARY[name] for name in ("severity", "account", "resource")} | {
    "type": [*KINDS, "Recon:*", "recon:*"]
}


@settings(max_examples=120, deadline=None)
@given(
    st.fixed_dictionaries(
        {"product": st.just(["guardduty"])},
        optional={
            name: st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True)
            for name, words in NATIVE.items()
        },
    ),
    st.sampled_from(KINDS),
    st.sampled_from([1.0, 2, 4, 5.5, 7, 8.9, 9, 9.5]),
    st.sampled_from(["i-0c10c2c7863d1a356", "i-0ffffffffffffffff"]),
)
def test_a_guardduty_filter_archives_nothing_that_the_rule_does_not_mean(match, kind, severity, instance):
    found = rule(**match)
    try:
        told = guardduty_criteria(found)
    except Inexpressible:
        return
    resource = {"resourceType": "Instance", "instanceDetails": {"instanceId": instance}}
    item = detected(kind=kind, severity=severity, resource=resource)

    assert archiving(description="x", criterion=told.criteria)
    if native.matches(item, camel_case({"Criterion": told.criteria})):
        assert found.holds()(read_guardduty(item, position="here"))
