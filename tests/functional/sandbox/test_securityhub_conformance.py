"""Every emulated Security Hub operation answers as its model says; and the check that tells so can tell otherwise."""

import io
import json

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from conformance import Conformance

from secguard.sandbox import securityhub as emulated

MANAGEMENT, OUTSIDER = "111111111111", "222222222222"
FSBP = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"
PROWLER = "arn:aws:securityhub:us-east-1::product/prowler/prowler"
ASSOCIATION = {"StandardsArn": FSBP, "SecurityControlId": "S3.8"}


def test_every_emulated_operation_answers_as_its_model_says(bare_client, conformance):
    """The fixture `conformance` fails the test for any answer that does not."""
    audit, workload = organize(bare_client)
    management = bare_client("securityhub", account=MANAGEMENT)
    management.enable_organization_admin_account(AdminAccountId=audit)
    management.list_organization_admin_accounts()
    hub = bare_client("securityhub", account=audit)
    hub.enable_security_hub(Tags={"team": "blue"})

    settings(hub)
    controls(hub)
    providers(hub)
    findings(hub, bare_client("guardduty", account=audit), account=audit)
    new_hub(hub)
    saved(hub)
    members(hub, bare_client("securityhub", account=workload), member=workload)
    management.disable_organization_admin_account(AdminAccountId=audit)
    hub.disable_security_hub()

    driven = {operation for service, operation in conformance.checked if service == "securityhub"}
    assert set(emulated.SERVICE.operations) == driven


def new_hub(hub):
    """After `findings`: what it holds is there in OCSF."""
    hub.enable_security_hub_v2(Tags={"team": "blue"})
    hub.describe_security_hub_v2()
    assert hub.get_findings_v2()["Findings"]
    hub.disable_security_hub_v2()


def organize(bare_client):
    organizations = bare_client("organizations", account=MANAGEMENT)
    organizations.create_organization(FeatureSet="ALL")
    return [
        organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["AccountId"]
        for name in ("audit", "workload")
    ]


def settings(hub):
    arn = hub.describe_hub()["HubArn"]
    hub.update_security_hub_configuration(AutoEnableControls=False)
    hub.tag_resource(ResourceArn=arn, Tags={"a": "b"})
    hub.untag_resource(ResourceArn=arn, TagKeys=["a"])
    hub.list_tags_for_resource(ResourceArn=arn)
    hub.update_organization_configuration(AutoEnable=True, AutoEnableStandards="NONE")
    hub.describe_organization_configuration()
    with pytest.raises(ClientError):
        hub.describe_security_hub_v2()
    made = hub.create_finding_aggregator(RegionLinkingMode="SPECIFIED_REGIONS", Regions=["eu-west-1"])
    arn = made["FindingAggregatorArn"]
    hub.get_finding_aggregator(FindingAggregatorArn=arn)
    hub.list_finding_aggregators()
    hub.update_finding_aggregator(FindingAggregatorArn=arn, RegionLinkingMode="ALL_REGIONS")
    hub.delete_finding_aggregator(FindingAggregatorArn=arn)


def controls(hub):
    hub.describe_standards()
    hub.batch_enable_standards(StandardsSubscriptionRequests=[{"StandardsArn": FSBP}])
    hub.get_enabled_standards()
    found = hub.get_enabled_standards()["StandardsSubscriptions"]
    hub.list_security_control_definitions(StandardsArn=FSBP)
    hub.get_security_control_definition(SecurityControlId="S3.8")
    hub.batch_get_security_controls(SecurityControlIds=["S3.8", "Made.1"])
    off = {**ASSOCIATION, "AssociationStatus": "DISABLED"}
    updates = [off, {**off, "UpdatedReason": "a website"}]
    hub.batch_update_standards_control_associations(StandardsControlAssociationUpdates=updates)
    hub.list_standards_control_associations(SecurityControlId="S3.8")
    hub.batch_get_standards_control_associations(
        StandardsControlAssociationIds=[ASSOCIATION, {**ASSOCIATION, "SecurityControlId": "Made.1"}]
    )
    hub.batch_disable_standards(StandardsSubscriptionArns=[each["StandardsSubscriptionArn"] for each in found])


def providers(hub):
    hub.describe_products()
    made = hub.enable_import_findings_for_product(ProductArn=PROWLER)
    hub.list_enabled_products_for_import()
    hub.disable_import_findings_for_product(ProductSubscriptionArn=made["ProductSubscriptionArn"])


def findings(hub, guardduty, *, account):
    detector = guardduty.create_detector(Enable=True) if not guardduty.list_detectors()["DetectorIds"] else None
    guardduty.create_sample_findings(DetectorId=detector["DetectorId"])
    product = f"arn:aws:securityhub:us-east-1:{account}:product/{account}/default"
    given = {
        "SchemaVersion": "2018-10-08", "Id": "own", "ProductArn": product, "GeneratorId": "g", "AwsAccountId": account,
        "CreatedAt": "2026-01-01T00:00:00Z", "UpdatedAt": "2026-01-01T00:00:00Z", "Severity": {"Label": "LOW"},
        "Title": "t", "Description": "d", "Resources": [{"Type": "Other", "Id": "x"}],
    }  # fmt: skip
    hub.batch_import_findings(Findings=[given, {**given, "Id": "bad", "Resources": []}])
    identifiers = [{"Id": each, "ProductArn": product} for each in ("own", "unknown")]
    note = {"Text": "Look", "UpdatedBy": "ann"}
    hub.batch_update_findings(FindingIdentifiers=identifiers, Note=note, Severity={"Label": "HIGH"})
    for _ in hub.get_paginator("get_findings").paginate(PaginationConfig={"PageSize": 100}):
        pass
    hub.get_finding_history(FindingIdentifier=identifiers[0])


def saved(hub):
    insight = hub.create_insight(Name="All", Filters={}, GroupByAttribute="SeverityLabel")["InsightArn"]
    hub.get_insights()
    hub.update_insight(InsightArn=insight, Name="Everything")
    hub.get_insight_results(InsightArn=insight)
    hub.delete_insight(InsightArn=insight)
    target = hub.create_action_target(Name="Isolate", Description="x", Id="Isolate")["ActionTargetArn"]
    hub.update_action_target(ActionTargetArn=target, Name="Cut off")
    hub.describe_action_targets()
    hub.delete_action_target(ActionTargetArn=target)
    action = {"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {"Workflow": {"Status": "SUPPRESSED"}}}
    rule = {"RuleName": "r", "RuleOrder": 1, "Description": "x", "Criteria": {}, "Actions": [action]}
    arns = [hub.create_automation_rule(**rule)["RuleArn"], "unknown"]
    hub.list_automation_rules()
    hub.batch_get_automation_rules(AutomationRulesArns=arns)
    items = [{"RuleArn": arn, "RuleOrder": 2} for arn in arns]
    hub.batch_update_automation_rules(UpdateAutomationRulesRequestItems=items)
    hub.batch_delete_automation_rules(AutomationRulesArns=arns)


def members(hub, theirs, *, member):
    hub.create_members(AccountDetails=[{"AccountId": member, "Email": "workload@example.com"}])
    hub.list_members()
    hub.get_members(AccountIds=[member, OUTSIDER])
    theirs.get_administrator_account()
    theirs.get_master_account()
    hub.disassociate_members(AccountIds=[member])
    hub.delete_members(AccountIds=[member, OUTSIDER])
    theirs.get_administrator_account()


def answered(service, operation, body, **parameters):
    """What the check says of one made-up answer."""
    conformance = Conformance()
    client = conformance.watch(boto3.client(service, region_name="us-east-1"))

    def answer(request, **_):
        raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        raw.stream = lambda **_: iter([raw.read()])
        return AWSResponse(request.url, 200, {}, raw)

    client.meta.events.register("before-send", answer)
    getattr(client, operation)(**parameters)
    return [(problem.path, problem.what) for problem in conformance.problems]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"Findings": [{"Idea": "x"}]}, ("GetFindings.Findings[].Idea", "is not in the model")),
        ({"Findings": [{"Title": 7}]}, ("GetFindings.Findings[].Title", "int instead of string")),
        ({"Findings": [{"Title": None}]}, ("GetFindings.Findings[].Title", "is null")),
        ({"Findings": [{"Confidence": True}]}, ("GetFindings.Findings[].Confidence", "bool instead of integer")),
        ({"Findings": [{"RecordState": "GONE"}]},
         ("GetFindings.Findings[].RecordState", "'GONE' is not one of ACTIVE, ARCHIVED")),
        ({"Findings": {}}, ("GetFindings.Findings", "dict instead of a list")),
        ({"Findings": []}, None),
        ({}, ("GetFindings.Findings", "is required and missing")),
    ],
)  # fmt: skip
def test_the_check_tells_what_is_wrong_in_json(body, expected):
    problems = answered("securityhub", "get_findings", body)

    assert (expected in problems) if expected else problems == []


def test_times_must_be_in_the_models_form():
    records = {"Records": [{"UpdateTime": 1767225600}]}
    identifier = {"Id": "a", "ProductArn": "b"}

    ((path, what),) = answered("securityhub", "get_finding_history", records, FindingIdentifier=identifier)

    assert path == "GetFindingHistory.Records[].UpdateTime"
    assert "not a time" in what


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "body", "expected"),
    [
        (
            "sts", "get_caller_identity", {},
            b"<R><GetCallerIdentityResult><Account>1</Account><Mood>x</Mood></GetCallerIdentityResult></R>",
            [("GetCallerIdentity.Mood", "is not in the model")],
        ),
        (
            "iam", "list_access_keys", {},
            b"<R><ListAccessKeysResult><IsTruncated>maybe</IsTruncated><AccessKeyMetadata/></ListAccessKeysResult></R>",
            [("ListAccessKeys.IsTruncated", "'maybe' is not a boolean")],
        ),
        (
            "ec2", "describe_regions", {},
            b"<R><requestId>1</requestId><regionInfo><item><sea>y</sea></item><thing/></regionInfo></R>",
            [
                ("DescribeRegions.regionInfo[].sea", "is not in the model"),
                ("DescribeRegions.regionInfo.thing", "stands for an item that is called item"),
            ],
        ),
        (
            "s3", "get_public_access_block", {"Bucket": "b"},
            b"<PublicAccessBlockConfiguration><BlockPublicAcls>1</BlockPublicAcls></PublicAccessBlockConfiguration>",
            [("GetPublicAccessBlock.PublicAccessBlockConfiguration.BlockPublicAcls", "'1' is not a boolean")],
        ),
        ("s3", "list_buckets", {}, b"<R><Buckets><Bucket><Name>x</Name></Bucket></Buckets></R>", []),
    ],
    ids=["query", "query-boolean", "ec2", "rest-xml-payload", "rest-xml"],
)  # fmt: skip
def test_the_check_tells_what_is_wrong_in_xml(service, operation, parameters, body, expected):
    assert answered(service, operation, body, **parameters) == expected


def test_a_session_can_be_watched_before_it_makes_clients(bare_endpoint):
    conformance = Conformance()
    session = conformance.watch(boto3.Session(region_name="us-east-1"))

    session.client("guardduty", endpoint_url=bare_endpoint).list_detectors()

    assert conformance.checked == {("guardduty", "ListDetectors")}
