"""The sandbox's hub, standards, controls, products and aggregation behave as Security Hub's do."""

import pytest
from botocore.exceptions import ClientError

from secguard.sandbox.securityhub.backend import backend_of
from secguard.sandbox.securityhub.standards import put_enabled
from secguard.sandbox.shared import set_administrator, shared

OPERATOR, MEMBER = "123456789012", "222222222222"
FSBP = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"
CIS_1_2 = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"
CIS_5 = "arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/5.0.0"


@pytest.fixture
def off(bare_client):
    return bare_client("securityhub")


@pytest.fixture
def hub(off):
    off.enable_security_hub(EnableDefaultStandards=False)
    return off


@pytest.fixture
def recorder(bare_client):
    """A Config recorder that records."""
    config = bare_client("config")
    role = f"arn:aws:iam::{OPERATOR}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": bucket(bare_client)})
    config.start_configuration_recorder(ConfigurationRecorderName="default")


def bucket(bare_client):
    bare_client("s3").create_bucket(Bucket="config-history")
    return "config-history"


def standards(hub):
    return {
        each["StandardsArn"]: each["StandardsStatus"] for each in hub.get_enabled_standards()["StandardsSubscriptions"]
    }


def enable(hub, *arns):
    requests = [{"StandardsArn": arn} for arn in arns]
    return hub.batch_enable_standards(StandardsSubscriptionRequests=requests)["StandardsSubscriptions"]


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("describe_hub", {}),
        ("get_findings", {}),
        ("describe_standards", {}),
        ("get_enabled_standards", {}),
        ("batch_enable_standards", {"StandardsSubscriptionRequests": [{"StandardsArn": FSBP}]}),
        ("list_finding_aggregators", {}),
        ("describe_products", {}),
        ("update_security_hub_configuration", {"AutoEnableControls": True}),
        ("disable_security_hub", {}),
        ("list_members", {}),
        ("get_insights", {}),
        ("list_automation_rules", {}),
        ("list_security_control_definitions", {}),
    ],
)
def test_while_the_hub_is_off_everything_says_so(off, operation, parameters):
    with pytest.raises(ClientError, match=f"Account {OPERATOR} is not subscribed to AWS Security Hub") as refused:
        getattr(off, operation)(**parameters)

    assert refused.value.response["Error"]["Code"] == "InvalidAccessException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 401


def test_the_hub_is_enabled_once(off):
    off.enable_security_hub()

    with pytest.raises(ClientError, match="Account is already subscribed to AWS Security Hub") as refused:
        off.enable_security_hub()

    assert refused.value.response["Error"]["Code"] == "ResourceConflictException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_enabling_brings_two_standards_unless_told_not_to(off):
    off.enable_security_hub()

    assert set(standards(off)) == {FSBP, CIS_1_2}


def test_enabling_without_defaults_brings_none(hub):
    assert standards(hub) == {}


def test_the_hub_keeps_its_configuration_and_tags(off):
    off.enable_security_hub(Tags={"team": "blue"}, ControlFindingGenerator="STANDARD_CONTROL")
    off.update_security_hub_configuration(AutoEnableControls=False)

    found = off.describe_hub()

    assert found["HubArn"] == f"arn:aws:securityhub:us-east-1:{OPERATOR}:hub/default"
    assert (found["AutoEnableControls"], found["ControlFindingGenerator"]) == (False, "STANDARD_CONTROL")
    assert off.list_tags_for_resource(ResourceArn=found["HubArn"])["Tags"] == {"team": "blue"}
    off.untag_resource(ResourceArn=found["HubArn"], TagKeys=["team"])
    assert off.list_tags_for_resource(ResourceArn=found["HubArn"])["Tags"] == {}


def test_a_disabled_hub_forgets(hub):
    hub.create_action_target(Name="Isolate", Description="x", Id="Isolate")

    hub.disable_security_hub()
    hub.enable_security_hub(EnableDefaultStandards=False)

    assert hub.describe_action_targets()["ActionTargets"] == []


def test_an_administrator_with_members_keeps_its_hub(hub):
    set_administrator(OPERATOR, [MEMBER])

    with pytest.raises(hub.exceptions.InvalidAccessException):
        hub.disable_security_hub()


def test_the_newer_security_hub_is_a_switch_of_its_own(hub):
    with pytest.raises(hub.exceptions.ResourceNotFoundException):
        hub.describe_security_hub_v2()


def test_standards_are_listed_in_pages(hub):
    pages = list(hub.get_paginator("describe_standards").paginate(PaginationConfig={"PageSize": 4}))

    arns = [each["StandardsArn"] for page in pages for each in page["Standards"]]
    assert [len(page["Standards"]) for page in pages] == [4, 4, 2]
    assert {FSBP, CIS_1_2, CIS_5} <= set(arns)
    assert len(set(arns)) == 10


def test_a_standard_is_pending_before_it_is_ready(hub, recorder):
    (subscription,) = enable(hub, CIS_5)

    assert subscription["StandardsStatus"] == "PENDING"
    assert standards(hub) == {CIS_5: "PENDING"}
    assert standards(hub) == {CIS_5: "READY"}
    expected = f"arn:aws:securityhub:us-east-1:{OPERATOR}:subscription/cis-aws-foundations-benchmark/v/5.0.0"
    assert subscription["StandardsSubscriptionArn"] == expected


def test_how_long_a_standard_is_pending_can_be_set(hub, recorder):
    shared().pending_polls = 3

    enable(hub, FSBP)

    assert [standards(hub)[FSBP] for _ in range(5)] == ["PENDING", "PENDING", "PENDING", "READY", "READY"]


def test_without_a_recorder_a_standard_stays_incomplete(hub):
    enable(hub, FSBP)
    standards(hub)

    (found,) = hub.get_enabled_standards()["StandardsSubscriptions"]

    assert found["StandardsStatus"] == "INCOMPLETE"
    assert found["StandardsStatusReason"] == {"StatusReasonCode": "NO_AVAILABLE_CONFIGURATION_RECORDER"}


def test_a_recorder_that_came_later_needs_the_standard_anew(hub, bare_client):
    put_enabled(backend_of(OPERATOR, "us-east-1"), ["standards/pci-dss/v/4.0.1"])
    (arn,) = [each["StandardsSubscriptionArn"] for each in hub.get_enabled_standards()["StandardsSubscriptions"]]
    config = bare_client("config")
    config.put_configuration_recorder(ConfigurationRecorder={"name": "d", "roleARN": "arn:aws:iam::1:role/c"})
    config.put_delivery_channel(DeliveryChannel={"name": "d", "s3BucketName": bucket(bare_client)})
    config.start_configuration_recorder(ConfigurationRecorderName="d")
    assert set(standards(hub).values()) == {"INCOMPLETE"}

    hub.batch_disable_standards(StandardsSubscriptionArns=[arn])
    assert set(standards(hub).values()) == {"DELETING"}
    assert standards(hub) == {}
    enable(hub, "arn:aws:securityhub:us-east-1::standards/pci-dss/v/4.0.1")
    standards(hub)

    assert set(standards(hub).values()) == {"READY"}


def test_enabling_what_is_enabled_changes_nothing(hub, recorder):
    enable(hub, FSBP)
    standards(hub)
    ready = standards(hub)

    (again,) = enable(hub, FSBP)

    assert again["StandardsStatus"] == "READY"
    assert standards(hub) == ready


@pytest.mark.parametrize("arn", ["nonsense", FSBP.replace("us-east-1", "eu-west-1")])
def test_a_standard_that_is_not_of_this_region_is_refused(hub, arn):
    with pytest.raises(hub.exceptions.InvalidInputException, match="Invalid StandardsSubscriptionRequest"):
        enable(hub, CIS_5, arn)

    assert standards(hub) == {}


def test_twenty_six_standards_at_once_are_too_many(hub):
    with pytest.raises(hub.exceptions.InvalidInputException, match="Size '26' is greater than maximum value: 25"):
        enable(hub, *[FSBP] * 26)


def test_controls_are_listed_by_standard(hub):
    every = hub.get_paginator("list_security_control_definitions").paginate().build_full_result()
    cis = hub.list_security_control_definitions(StandardsArn=CIS_5)["SecurityControlDefinitions"]

    names = {each["SecurityControlId"] for each in cis}
    assert {"S3.8", "IAM.3", "CloudTrail.1"} <= names
    assert "S3.2" not in names
    assert len(every["SecurityControlDefinitions"]) > len(names)


def test_a_control_is_turned_off_in_one_standard_and_stays_on_in_another(hub, recorder):
    enable(hub, FSBP, CIS_5)
    standards(hub)
    standards(hub)
    off = {"StandardsArn": FSBP, "SecurityControlId": "S3.8", "AssociationStatus": "DISABLED"}

    left = hub.batch_update_standards_control_associations(
        StandardsControlAssociationUpdates=[{**off, "UpdatedReason": "a website"}]
    )

    rows = hub.list_standards_control_associations(SecurityControlId="S3.8")["StandardsControlAssociationSummaries"]
    assert left["UnprocessedAssociationUpdates"] == []
    assert {row["StandardsArn"]: row["AssociationStatus"] for row in rows} == {FSBP: "DISABLED", CIS_5: "ENABLED"}


def test_what_can_not_be_associated_is_named(hub, recorder):
    enable(hub, FSBP)
    standards(hub)
    standards(hub)
    updates = [
        {"StandardsArn": FSBP, "SecurityControlId": "S3.8", "AssociationStatus": "DISABLED"},
        {"StandardsArn": CIS_5, "SecurityControlId": "S3.8", "AssociationStatus": "ENABLED"},
    ]

    left = hub.batch_update_standards_control_associations(StandardsControlAssociationUpdates=updates)
    found = hub.batch_get_standards_control_associations(
        StandardsControlAssociationIds=[
            {"StandardsArn": FSBP, "SecurityControlId": "S3.8"},
            {"StandardsArn": FSBP, "SecurityControlId": "Made.1"},
        ]
    )

    assert [each["ErrorCode"] for each in left["UnprocessedAssociationUpdates"]] == ["INVALID_INPUT", "NOT_FOUND"]
    assert [each["AssociationStatus"] for each in found["StandardsControlAssociationDetails"]] == ["ENABLED"]
    assert len(found["UnprocessedAssociations"]) == 1


def test_aggregation_is_made_once_and_known_everywhere(bare_client, hub):
    elsewhere = bare_client("securityhub", "eu-west-1")
    elsewhere.enable_security_hub()

    arn = hub.create_finding_aggregator(RegionLinkingMode="ALL_REGIONS")["FindingAggregatorArn"]

    assert elsewhere.list_finding_aggregators()["FindingAggregators"] == [{"FindingAggregatorArn": arn}]
    assert elsewhere.get_finding_aggregator(FindingAggregatorArn=arn)["FindingAggregationRegion"] == "us-east-1"
    for region in (hub, elsewhere):
        with pytest.raises(region.exceptions.ResourceConflictException):
            region.create_finding_aggregator(RegionLinkingMode="ALL_REGIONS")


def test_aggregation_is_changed_and_deleted_at_home_only(bare_client, hub):
    elsewhere = bare_client("securityhub", "eu-west-1")
    elsewhere.enable_security_hub()
    arn = hub.create_finding_aggregator(RegionLinkingMode="ALL_REGIONS")["FindingAggregatorArn"]
    linked = {"FindingAggregatorArn": arn, "RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": ["eu-west-1"]}

    with pytest.raises(elsewhere.exceptions.InvalidInputException):
        elsewhere.update_finding_aggregator(**linked)
    with pytest.raises(elsewhere.exceptions.InvalidInputException):
        elsewhere.delete_finding_aggregator(FindingAggregatorArn=arn)
    hub.update_finding_aggregator(**linked)

    assert hub.get_finding_aggregator(FindingAggregatorArn=arn)["Regions"] == ["eu-west-1"]
    hub.delete_finding_aggregator(FindingAggregatorArn=arn)
    assert elsewhere.list_finding_aggregators()["FindingAggregators"] == []


@pytest.mark.parametrize(
    "linking",
    [
        {"RegionLinkingMode": "NO_REGIONS", "Regions": ["eu-west-1"]},
        {"RegionLinkingMode": "ALL_REGIONS", "Regions": ["eu-west-1"]},
        {"RegionLinkingMode": "SPECIFIED_REGIONS"},
        {"RegionLinkingMode": "SOME_REGIONS"},
    ],
)
def test_linking_that_makes_no_sense_is_refused(hub, linking):
    with pytest.raises(hub.exceptions.InvalidInputException):
        hub.create_finding_aggregator(**linking)


def test_a_member_can_not_aggregate(bare_client, hub):
    theirs = bare_client("securityhub", account=MEMBER)
    theirs.enable_security_hub()
    set_administrator(OPERATOR, [MEMBER])

    with pytest.raises(theirs.exceptions.InvalidInputException, match="cannot be created by a member account"):
        theirs.create_finding_aggregator(RegionLinkingMode="ALL_REGIONS")


def test_products_of_aws_are_on_and_others_are_asked_for(hub):
    prowler = "arn:aws:securityhub:us-east-1::product/prowler/prowler"
    guardduty = "arn:aws:securityhub:us-east-1::product/aws/guardduty"
    subscription = f"arn:aws:securityhub:us-east-1:{OPERATOR}:product-subscription/"

    before = hub.list_enabled_products_for_import()["ProductSubscriptions"]
    made = hub.enable_import_findings_for_product(ProductArn=prowler)["ProductSubscriptionArn"]
    hub.disable_import_findings_for_product(ProductSubscriptionArn=f"{subscription}aws/guardduty")

    after = hub.list_enabled_products_for_import()["ProductSubscriptions"]
    assert f"{subscription}aws/guardduty" in before
    assert made == f"{subscription}prowler/prowler"
    assert set(after) == {*before, made} - {f"{subscription}aws/guardduty"}
    with pytest.raises(hub.exceptions.ResourceConflictException):
        hub.enable_import_findings_for_product(ProductArn=prowler)
    with pytest.raises(hub.exceptions.ResourceNotFoundException):
        hub.disable_import_findings_for_product(ProductSubscriptionArn=f"{subscription}aws/guardduty")
    assert [each["ProductName"] for each in hub.describe_products(ProductArn=guardduty)["Products"]] == ["GuardDuty"]


def test_custom_actions_have_short_plain_ids(hub):
    arn = hub.create_action_target(Name="Isolate", Description="Isolate it", Id="Isolate")["ActionTargetArn"]

    assert arn == f"arn:aws:securityhub:us-east-1:{OPERATOR}:action/custom/Isolate"
    with pytest.raises(hub.exceptions.ResourceConflictException):
        hub.create_action_target(Name="Again", Description="x", Id="Isolate")
    for identity in ("has-a-dash", "x" * 21):
        with pytest.raises(hub.exceptions.InvalidInputException):
            hub.create_action_target(Name="x", Description="x", Id=identity)
    hub.delete_action_target(ActionTargetArn=arn)
    with pytest.raises(hub.exceptions.ResourceNotFoundException):
        hub.describe_action_targets(ActionTargetArns=[arn])


def test_automation_rules_are_kept_in_their_order(hub):
    action = {"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {"Workflow": {"Status": "SUPPRESSED"}}}

    def create(name, order):
        return hub.create_automation_rule(
            RuleName=name, RuleOrder=order, Description="x", Criteria={}, Actions=[action]
        )["RuleArn"]

    second, first = create("second", 20), create("first", 10)
    hub.batch_update_automation_rules(UpdateAutomationRulesRequestItems=[{"RuleArn": second, "RuleStatus": "DISABLED"}])

    listed = hub.list_automation_rules()["AutomationRulesMetadata"]
    assert [(each["RuleName"], each["RuleStatus"]) for each in listed] == [("first", "ENABLED"), ("second", "DISABLED")]
    gone = hub.batch_delete_automation_rules(AutomationRulesArns=[first, "unknown"])
    assert gone["ProcessedAutomationRules"] == [first]
    assert [each["ErrorCode"] for each in gone["UnprocessedAutomationRules"]] == [404]
