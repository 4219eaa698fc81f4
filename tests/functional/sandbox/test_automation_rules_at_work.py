"""What the sandbox's automation rules and GuardDuty's filters make of findings that arrive."""

import pytest

from secguard.sandbox import guardduty as emulated_guardduty
from secguard.sandbox.shared import set_administrator

OPERATOR, MEMBER = "123456789012", "222222222222"
OWN = f"arn:aws:securityhub:us-east-1:{OPERATOR}:product/{OPERATOR}/default"
SUPPRESS = {"Workflow": {"Status": "SUPPRESSED"}, "Note": {"Text": "a scanner of ours", "UpdatedBy": "secguard"}}
PROBE = "Recon:EC2/PortProbeUnprotectedPort"


def finding(identity="a", label="LOW", *, account=OPERATOR, **fields):
    return {
        "SchemaVersion": "2018-10-08",
        "Id": identity,
        "ProductArn": f"arn:aws:securityhub:us-east-1:{account}:product/{account}/default",
        "GeneratorId": "scanner",
        "AwsAccountId": account,
        "CreatedAt": "2026-11-01T00:00:00Z",
        "UpdatedAt": "2026-11-01T00:00:00Z",
        "Severity": {"Label": label},
        "Title": "Port probe",
        "Description": "A description",
        "Types": ["Software and Configuration Checks"],
        "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::bucket"}],
        **fields,
    }


def equals(*values):
    return [{"Value": value, "Comparison": "EQUALS"} for value in values]


@pytest.fixture
def hub(bare_client):
    hub = bare_client("securityhub")
    hub.enable_security_hub(EnableDefaultStandards=False)
    return hub


@pytest.fixture
def make(hub):
    """Make a rule that suppresses port probes, unless told otherwise; its ARN."""

    def rule(update=SUPPRESS, *, by=hub, order=10, **more):
        actions = [{"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update}]
        wish = {"RuleName": "probes", "Description": "x", "Criteria": {"Title": equals("Port probe")}, **more}
        return by.create_automation_rule(RuleOrder=order, Actions=actions, **wish)["RuleArn"]

    return rule


@pytest.fixture
def arrive(hub):
    def send(*findings, hub=hub):
        assert hub.batch_import_findings(Findings=list(findings))["FailedCount"] == 0

    return send


def one(hub, identity="a"):
    (found,) = hub.get_findings(Filters={"Id": equals(identity)})["Findings"]
    return found


def workflow(hub, identity="a"):
    return one(hub, identity)["Workflow"]["Status"]


def test_a_rule_suppresses_what_arrives_and_says_why(hub, make, arrive):
    make()

    arrive(finding("a"), finding("b", Title="Something else"))

    assert (workflow(hub, "a"), workflow(hub, "b")) == ("SUPPRESSED", "NEW")
    assert (one(hub)["Note"]["Text"], one(hub)["Note"]["UpdatedBy"]) == ("a scanner of ours", "secguard")


def test_a_rule_does_nothing_to_the_past(hub, make, arrive):
    arrive(finding("a"))
    make()

    assert workflow(hub) == "NEW"


def test_a_rule_acts_on_what_its_provider_updates(hub, make, arrive):
    arrive(finding("a"))
    make()

    arrive(finding("a", UpdatedAt="2026-11-02T00:00:00Z"))

    assert workflow(hub) == "SUPPRESSED"


def test_a_rule_does_not_hear_of_what_an_investigator_updates(hub, make, arrive):
    arrive(finding("a"))
    make()

    hub.batch_update_findings(FindingIdentifiers=[{"Id": "a", "ProductArn": OWN}], Criticality=7)

    assert workflow(hub) == "NEW"


def test_what_was_suppressed_stays_so_when_the_rule_is_gone(hub, make, arrive):
    arn = make()
    arrive(finding("a"))
    hub.batch_delete_automation_rules(AutomationRulesArns=[arn])

    arrive(finding("a", UpdatedAt="2026-11-02T00:00:00Z"), finding("b"))

    assert (workflow(hub, "a"), workflow(hub, "b")) == ("SUPPRESSED", "NEW")


def test_a_rule_that_is_disabled_does_nothing(hub, make, arrive):
    make(RuleStatus="DISABLED")

    arrive(finding("a"))

    assert workflow(hub) == "NEW"


def test_every_field_that_a_rule_may_update_is_updated(hub, make, arrive):
    update = {
        **SUPPRESS,
        "Severity": {"Label": "CRITICAL"},
        "Confidence": 1,
        "Criticality": 2,
        "VerificationState": "BENIGN_POSITIVE",
        "Types": ["Unusual Behaviors"],
        "UserDefinedFields": {"ticket": "7"},
        "RelatedFindings": [{"ProductArn": OWN, "Id": "b"}],
    }
    make(update)

    arrive(finding("a"))

    found = one(hub)
    assert (found["Severity"]["Label"], found["Severity"]["Normalized"]) == ("CRITICAL", 90)
    for name in ("Confidence", "Criticality", "VerificationState", "Types", "UserDefinedFields", "RelatedFindings"):
        assert found[name] == update[name]


def test_the_last_rule_has_the_last_word(hub, make, arrive):
    make({"Workflow": {"Status": "RESOLVED"}, "Confidence": 1}, order=20)
    make({"Workflow": {"Status": "SUPPRESSED"}, "Criticality": 2}, order=10)

    arrive(finding("a"))

    found = one(hub)
    assert (found["Workflow"]["Status"], found["Confidence"], found["Criticality"]) == ("RESOLVED", 1, 2)


def test_of_two_with_the_same_order_the_one_edited_last_has_the_last_word(hub, make, arrive):
    first = make({"Confidence": 1})
    make({"Confidence": 2})
    hub.batch_update_automation_rules(UpdateAutomationRulesRequestItems=[{"RuleArn": first, "Description": "edited"}])

    arrive(finding("a"))

    assert one(hub)["Confidence"] == 1


def test_after_a_terminal_rule_comes_no_other(hub, make, arrive):
    make({"Criticality": 90}, order=1, IsTerminal=True)
    make(order=2)

    arrive(finding("a"))

    assert (workflow(hub), one(hub)["Criticality"]) == ("NEW", 90)


def test_a_terminal_rule_that_does_not_match_ends_nothing(hub, make, arrive):
    make({"Criticality": 90}, order=1, IsTerminal=True, Criteria={"Title": equals("Something else")})
    make(order=2)

    arrive(finding("a"))

    assert workflow(hub) == "SUPPRESSED"


def test_what_a_rule_did_is_in_the_findings_history(hub, make, arrive):
    arn = make({"Criticality": 90})
    arrive(finding("a"))

    records = hub.get_finding_history(FindingIdentifier={"Id": "a", "ProductArn": OWN})["Records"]

    assert [record["FindingCreated"] for record in records] == [False, True]
    assert records[0]["UpdateSource"] == {"Type": "BATCH_UPDATE_FINDINGS", "Identity": arn}
    assert [update["UpdatedField"] for update in records[0]["Updates"]] == ["Criticality"]


@pytest.fixture
def member(bare_client, hub):
    """The hub of an account that the operator's administers."""
    member = bare_client("securityhub", account=MEMBER)
    member.enable_security_hub(EnableDefaultStandards=False)
    return member


def test_the_administrators_rules_are_about_its_members_findings(hub, make, arrive, member):
    set_administrator(OPERATOR, [MEMBER])
    make(Criteria={"AwsAccountId": equals(MEMBER)})

    arrive(finding("a", account=MEMBER), hub=member)
    arrive(finding("b"))

    assert (workflow(hub, "a"), workflow(hub, "b")) == ("SUPPRESSED", "NEW")


def test_the_rules_that_a_member_had_before_count_for_nothing(hub, make, arrive, member):
    make(by=member)
    set_administrator(OPERATOR, [MEMBER])

    arrive(finding("a", account=MEMBER), hub=member)

    assert workflow(hub) == "NEW"
    with pytest.raises(member.exceptions.AccessDeniedException):
        make(by=member)


def test_a_rule_holds_in_its_region_alone(hub, make, bare_client):
    make()
    elsewhere = bare_client("securityhub", "eu-west-1")
    elsewhere.enable_security_hub(EnableDefaultStandards=False)
    hub.create_finding_aggregator(RegionLinkingMode="ALL_REGIONS")

    there = finding("a", ProductArn=OWN.replace("us-east-1", "eu-west-1"))
    assert elsewhere.batch_import_findings(Findings=[there])["FailedCount"] == 0

    assert workflow(hub) == "NEW"


@pytest.mark.parametrize(
    "wish",
    [
        {"Criteria": {"Title": equals(*map(str, range(101)))}},
        {"Criteria": {"Type": equals(*map(str, range(21)))}},
        {"Criteria": {"Title": [*equals("a"), {"Value": "b", "Comparison": "NOT_EQUALS"}]}},
        {"RuleName": "x" * 257},
        {"Description": "x" * 1025},
        {"order": 1001},
    ],
)
def test_what_no_rule_may_hold_is_refused(hub, make, wish):
    with pytest.raises(hub.exceptions.InvalidInputException):
        make(**wish)


def test_accounts_and_resources_may_be_many(hub, make):
    make(Criteria={"AwsAccountId": equals(*(f"{n:012d}" for n in range(100)))})

    assert len(hub.list_automation_rules()["AutomationRulesMetadata"]) == 1


def test_a_batch_with_one_bad_rule_changes_none(hub, make):
    first, second = make(), make()
    bad = {"Type": equals(*map(str, range(21)))}

    with pytest.raises(hub.exceptions.InvalidInputException):
        hub.batch_update_automation_rules(
            UpdateAutomationRulesRequestItems=[
                {"RuleArn": first, "Description": "changed"},
                {"RuleArn": second, "Criteria": bad},
            ]
        )

    described = hub.batch_get_automation_rules(AutomationRulesArns=[first, second])["Rules"]
    assert [rule["Description"] for rule in described] == ["x", "x"]


# GuardDuty's filters


@pytest.fixture
def guardduty(bare_client):
    return bare_client("guardduty")


@pytest.fixture
def detector(guardduty):
    return guardduty.create_detector(Enable=True)["DetectorId"]


@pytest.fixture
def archive(guardduty, detector):
    """Make a filter that archives probes, unless told otherwise."""

    def make(name="probes", *, by=guardduty, detector=detector, **more):
        criteria = {"Criterion": {"type": {"Matches": ["Recon:*"]}}}
        by.create_filter(**{
            "DetectorId": detector, "Name": name, "Action": "ARCHIVE", "FindingCriteria": criteria, **more
        })  # fmt: skip

    return make


def detect(*findings, account=OPERATOR):
    emulated_guardduty.put_findings(account, "us-east-1", list(findings))


def ranks(guardduty, detector):
    names = guardduty.list_filters(DetectorId=detector)["FilterNames"]
    return {name: guardduty.get_filter(DetectorId=detector, FilterName=name)["Rank"] for name in names}


def test_what_a_rule_suppresses_of_guardduty_is_suppressed_on_arrival(hub, make, detector):
    make(Criteria={"ProductName": equals("GuardDuty")})

    detect({"id": "a" * 32, "type": PROBE, "severity": 5})

    (found,) = hub.get_findings()["Findings"]
    assert (found["Workflow"]["Status"], found["RecordState"]) == ("SUPPRESSED", "ACTIVE")


def test_the_administrators_filters_archive_its_members_findings(hub, guardduty, archive, bare_client):
    theirs = bare_client("guardduty", account=MEMBER)
    own = theirs.create_detector(Enable=True)["DetectorId"]
    set_administrator(OPERATOR, [MEMBER])
    archive()

    detect({"id": "a" * 32, "type": PROBE, "severity": 5}, account=MEMBER)

    (found,) = theirs.get_findings(DetectorId=own, FindingIds=["a" * 32])["Findings"]
    assert found["Service"]["Archived"] is True
    assert hub.get_findings()["Findings"] == []


def test_a_members_own_filters_count_for_nothing(guardduty, detector, archive, bare_client):
    theirs = bare_client("guardduty", account=MEMBER)
    own = theirs.create_detector(Enable=True)["DetectorId"]
    archive(by=theirs, detector=own)
    set_administrator(OPERATOR, [MEMBER])

    detect({"id": "a" * 32, "type": PROBE, "severity": 5}, account=MEMBER)

    (found,) = theirs.get_findings(DetectorId=own, FindingIds=["a" * 32])["Findings"]
    assert found["Service"]["Archived"] is False
    refused = theirs.exceptions.BadRequestException
    with pytest.raises(refused, match="member account"):
        archive("more", by=theirs, detector=own)
    with pytest.raises(refused, match="member account"):
        theirs.update_filter(DetectorId=own, FilterName="probes", Action="NOOP")
    with pytest.raises(refused, match="member account"):
        theirs.delete_filter(DetectorId=own, FilterName="probes")


def test_ranks_have_no_gaps(guardduty, detector, archive):
    for name in ("one", "two", "three"):
        archive(name)
    assert ranks(guardduty, detector) == {"three": 1, "two": 2, "one": 3}

    guardduty.update_filter(DetectorId=detector, FilterName="one", Rank=1)
    guardduty.delete_filter(DetectorId=detector, FilterName="three")

    assert ranks(guardduty, detector) == {"one": 1, "two": 2}
    with pytest.raises(guardduty.exceptions.BadRequestException, match="rank is out-of-bounds"):
        archive("far", Rank=4)
    with pytest.raises(guardduty.exceptions.BadRequestException, match="rank is out-of-bounds"):
        guardduty.update_filter(DetectorId=detector, FilterName="one", Rank=3)


@pytest.mark.parametrize(
    "wish", [{"Name": "a b"}, {"Name": "x" * 65}, {"Description": "a, b"}, {"Description": "x" * 513}]
)
def test_what_no_filter_may_be_called_is_refused(guardduty, archive, wish):
    with pytest.raises(guardduty.exceptions.BadRequestException, match="invalid or out-of-range"):
        archive(**{"name": wish.get("Name", "probes"), **wish})


def test_a_creation_asked_for_twice_makes_one_filter(guardduty, detector, archive):
    archive(ClientToken="same")
    archive(ClientToken="same")

    assert ranks(guardduty, detector) == {"probes": 1}
    with pytest.raises(guardduty.exceptions.BadRequestException, match="already used"):
        archive(ClientToken="other")
