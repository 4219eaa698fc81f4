"""The sandbox's Security Hub findings: filters, sorting, updates, imports, and who sees what."""

from datetime import UTC, datetime, timedelta

import pytest

from secguard.sandbox import guardduty as emulated_guardduty
from secguard.sandbox import securityhub as emulated
from secguard.sandbox.shared import set_administrator

OPERATOR, MEMBER = "123456789012", "222222222222"
OWN = f"arn:aws:securityhub:us-east-1:{OPERATOR}:product/{OPERATOR}/default"
CHECKS = "arn:aws:securityhub:us-east-1::product/aws/securityhub"
GUARDDUTY = "arn:aws:securityhub:us-east-1::product/aws/guardduty"
LONG_AGO = "2020-01-01T00:00:00.000Z"


def finding(identity, label="HIGH", **fields):
    return {
        "SchemaVersion": "2018-10-08",
        "Id": identity,
        "ProductArn": CHECKS,
        "GeneratorId": "security-control/S3.8",
        "AwsAccountId": OPERATOR,
        "CreatedAt": LONG_AGO,
        "UpdatedAt": LONG_AGO,
        "Severity": {"Label": label},
        "Title": identity,
        "Description": "A description",
        "Types": ["Software and Configuration Checks"],
        "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::bucket"}],
        **fields,
    }


@pytest.fixture
def hub(bare_client):
    hub = bare_client("securityhub")
    hub.enable_security_hub(EnableDefaultStandards=False)
    return hub


@pytest.fixture
def put(hub):
    return lambda *findings, account=OPERATOR, region="us-east-1": emulated.put_findings(
        account, region, list(findings)
    )


def equals(*values, comparison="EQUALS"):
    return [{"Value": value, "Comparison": comparison} for value in values]


def ids(hub, filters=None, sort=()):
    pages = hub.get_paginator("get_findings").paginate(Filters=filters or {}, SortCriteria=list(sort))
    return [each["Id"] for page in pages for each in page["Findings"]]


def one(hub, identity):
    (found,) = hub.get_findings(Filters={"Id": equals(identity)})["Findings"]
    return found


def days_ago(days):
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


A = finding(
    "a", "CRITICAL", Title="Public bucket", Confidence=90, UpdatedAt=days_ago(1), Sample=True,
    ProductFields={"tool": "x"}, UserDefinedFields={"team": "blue"},
    Note={"Text": "Look", "UpdatedBy": "ann", "UpdatedAt": LONG_AGO},
    Network={"SourceIpV4": "198.51.100.7", "SourcePort": 22, "Protocol": "TCP"},
    Compliance={"Status": "FAILED", "SecurityControlId": "S3.8",
                "AssociatedStandards": [{"StandardsId": "standards/pci-dss/v/4.0.1"}]},
    Resources=[{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::a", "Tags": {"env": "prod"}},
               {"Type": "AwsIamRole", "Id": "arn:aws:iam::1:role/a"}],
)  # fmt: skip
B = finding(
    "b", "LOW", Title="Old instance", UpdatedAt=days_ago(10), Workflow={"Status": "SUPPRESSED"}, RecordState="ARCHIVED",
    Resources=[{"Type": "AwsEc2Instance", "Id": "i-1", "Region": "eu-west-1", "Tags": {"env": "test"},
                "Details": {"AwsEc2Instance": {"Type": "t3.micro", "IpV4Addresses": ["10.1.2.3"]}}}],
)  # fmt: skip
C = finding(
    "c", "MEDIUM", Title="Public bucket policy", GeneratorId="guard", Confidence=10, Severity={"Normalized": 55},
    Process={"Name": "miner", "LaunchedAt": "2026-01-02T00:00:00Z"}, VerificationState="TRUE_POSITIVE",
    Malware=[{"Name": "one"}, {"Name": "two"}], Vulnerabilities=[{"Id": "CVE-1", "FixAvailable": "YES"}],
    Resources=[{"Type": "Other", "Id": "o", "Details": {"Other": {"rack": "7"}}}],
)  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"SeverityLabel": equals("CRITICAL", "LOW")}, "ab"),
        ({"SeverityLabel": equals("CRITICAL", comparison="NOT_EQUALS")}, "bc"),
        ({"SeverityLabel": equals("critical")}, ""),
        ({"SeverityNormalized": [{"Gte": 40, "Lt": 90}]}, "c"),
        ({"SeverityNormalized": [{"Eq": 1}, {"Gt": 89}]}, "ab"),
        ({"Confidence": [{"Lte": 10}]}, "c"),
        ({"Title": equals("Public", comparison="PREFIX")}, "ac"),
        ({"Title": equals("Public", comparison="PREFIX_NOT_EQUALS")}, "b"),
        ({"Title": equals("instance", "policy", comparison="CONTAINS")}, "bc"),
        ({"Title": equals("bucket", comparison="NOT_CONTAINS")}, "b"),
        ({"ResourceType": equals("Aws", comparison="PREFIX")
          + equals("AwsEc2Instance", comparison="NOT_EQUALS")}, "a"),
        ({"ResourceType": equals("AwsIamRole")}, "a"),
        ({"ResourceType": equals("AwsIamRole", comparison="NOT_EQUALS")}, "bc"),
        ({"ResourceId": equals("i-1")}, "b"),
        ({"ResourceRegion": equals("eu-west-1")}, "b"),
        ({"ResourceTags": [{"Key": "env", "Value": "prod", "Comparison": "EQUALS"}]}, "a"),
        ({"ResourceTags": [{"Key": "env", "Value": "prod", "Comparison": "NOT_EQUALS"}]}, "bc"),
        ({"ResourceDetailsOther": [{"Key": "rack", "Value": "7", "Comparison": "EQUALS"}]}, "c"),
        ({"ResourceAwsEc2InstanceType": equals("t3.micro")}, "b"),
        ({"ResourceAwsEc2InstanceIpV4Addresses": [{"Cidr": "10.0.0.0/8"}]}, "b"),
        ({"NetworkSourceIpV4": [{"Cidr": "198.51.100.0/24"}]}, "a"),
        ({"NetworkSourceIpV4": [{"Cidr": "10.0.0.0/8"}, {"Cidr": "192.0.2.0/24"}]}, ""),
        ({"NetworkSourcePort": [{"Eq": 22}]}, "a"),
        ({"NetworkProtocol": equals("TCP")}, "a"),
        ({"WorkflowStatus": equals("NEW", "NOTIFIED")}, "ac"),
        ({"RecordState": equals("ARCHIVED")}, "b"),
        ({"ComplianceStatus": equals("FAILED")}, "a"),
        ({"ComplianceSecurityControlId": equals("S3.8")}, "a"),
        ({"ComplianceAssociatedStandardsId": equals("standards/pci-dss/v/4.0.1")}, "a"),
        ({"ProductFields": [{"Key": "tool", "Value": "x", "Comparison": "EQUALS"}]}, "a"),
        ({"UserDefinedFields": [{"Key": "team", "Value": "blue", "Comparison": "EQUALS"}]}, "a"),
        ({"NoteText": equals("Look")}, "a"),
        ({"NoteUpdatedBy": equals("ann")}, "a"),
        ({"MalwareName": equals("two")}, "c"),
        ({"VulnerabilitiesFixAvailable": equals("YES")}, "c"),
        ({"ProcessName": equals("miner")}, "c"),
        ({"ProcessLaunchedAt": [{"Start": "2026-01-01T00:00:00Z", "End": "2026-01-03T00:00:00Z"}]}, "c"),
        ({"VerificationState": equals("TRUE_POSITIVE")}, "c"),
        ({"GeneratorId": equals("guard")}, "c"),
        ({"ProductName": equals("Security Hub")}, "abc"),
        ({"CompanyName": equals("AWS")}, "abc"),
        ({"ProductArn": equals(GUARDDUTY)}, ""),
        ({"AwsAccountId": equals(OPERATOR)}, "abc"),
        ({"Region": equals("us-east-1")}, "abc"),
        ({"Type": equals("Software", comparison="PREFIX")}, "abc"),
        ({"FindingProviderFieldsSeverityLabel": equals("LOW")}, "b"),
        ({"UpdatedAt": [{"DateRange": {"Value": 7, "Unit": "DAYS"}}]}, "a"),
        ({"UpdatedAt": [{"DateRange": {"Value": 30, "Unit": "DAYS", "Comparison": "OLDER_THAN"}}]}, "c"),
        ({"UpdatedAt": [{"Start": "2019-12-31T00:00:00Z", "End": "2020-01-02T00:00:00Z"}]}, "c"),
        ({"CreatedAt": [{"Start": "2021-01-01T00:00:00Z"}]}, ""),
        ({"Sample": [{"Value": True}]}, "a"),
        ({"Sample": [{"Value": False}]}, "bc"),
        ({"Keyword": [{"Value": "MINER"}]}, "c"),
        ({"SeverityLabel": equals("CRITICAL", "LOW"), "RecordState": equals("ACTIVE")}, "a"),
        ({}, "abc"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else None,
)  # fmt: skip
def test_filters_select(hub, put, filters, expected):
    put(A, B, C)

    assert ids(hub, filters) == list(expected)


@pytest.mark.parametrize(
    "filters",
    [
        {"Title": equals("a") + equals("b", comparison="NOT_EQUALS")},
        {"Title": equals("a") + equals("b", comparison="PREFIX_NOT_EQUALS")},
        {"Title": equals("a", comparison="CONTAINS") + equals("b", comparison="NOT_CONTAINS")},
        {"Title": equals("a", comparison="CONTAINS") + equals("b")},
        {"Title": equals("a", comparison="CONTAINS_WORD")},
        {"ResourceTags": [{"Key": "k", "Value": "v", "Comparison": "EQUALS"},
                          {"Key": "k", "Value": "w", "Comparison": "NOT_EQUALS"}]},
        {"Title": equals(*(str(number) for number in range(21)))},
        {name: equals("x") for name in ("Id", "Title", "Type", "Region", "ProductArn", "GeneratorId", "CompanyName",
                                        "ProductName", "Description", "SourceUrl", "RecordState")},
        {"NetworkSourceIpV4": [{"Cidr": "nonsense"}]},
        {"UpdatedAt": [{"Start": "yesterday"}]},
    ],
    ids=["equals-not", "equals-prefix-not", "contains-not", "contains-equals", "word", "map", "21-values",
         "11-attributes", "cidr", "date"],
)  # fmt: skip
def test_filters_that_make_no_sense_are_refused(hub, filters):
    with pytest.raises(hub.exceptions.InvalidInputException):
        hub.get_findings(Filters=filters)


def test_severity_sorts_by_number_and_labels_sort_as_text(hub, put):
    put(*(finding(label.lower(), label) for label in ("LOW", "CRITICAL", "INFORMATIONAL", "HIGH", "MEDIUM")))

    by_number = ids(hub, sort=[{"Field": "SeverityNormalized", "SortOrder": "desc"}])
    by_label = ids(hub, sort=[{"Field": "SeverityLabel", "SortOrder": "asc"}])

    assert by_number == ["critical", "high", "medium", "low", "informational"]
    assert by_label == ["critical", "high", "informational", "low", "medium"]


def test_the_second_sort_field_breaks_ties(hub, put):
    put(finding("old", UpdatedAt=days_ago(9)), finding("new", UpdatedAt=days_ago(1)), finding("worst", "CRITICAL"))

    sort = [{"Field": "SeverityNormalized", "SortOrder": "desc"}, {"Field": "UpdatedAt", "SortOrder": "desc"}]

    assert ids(hub, sort=sort) == ["worst", "new", "old"]


def test_what_can_not_be_sorted_by_is_refused(hub):
    with pytest.raises(hub.exceptions.InvalidInputException):
        hub.get_findings(SortCriteria=[{"Field": "Severity.Normalized", "SortOrder": "desc"}])


def test_pages_show_what_stood_when_the_first_was_asked_for(hub, put):
    put(*(finding(f"{number:03}") for number in range(250)))
    first = hub.get_findings(MaxResults=100)
    put(finding("late"))

    second = hub.get_findings(MaxResults=100, NextToken=first["NextToken"])
    third = hub.get_findings(MaxResults=100, NextToken=second["NextToken"])

    pages = [[each["Id"] for each in page["Findings"]] for page in (first, second, third)]
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [each for page in pages for each in page] == [f"{number:03}" for number in range(250)]
    assert "NextToken" not in third


def test_a_token_is_good_for_its_own_question_only(hub, put):
    put(*(finding(f"{number:03}") for number in range(101)))
    token = hub.get_findings()["NextToken"]

    with pytest.raises(hub.exceptions.InvalidInputException):
        hub.get_findings(NextToken=token, Filters={"Title": equals("x")})
    with pytest.raises(hub.exceptions.InvalidInputException):
        hub.get_findings(NextToken="made-up")


def test_pages_have_a_hundred_findings_at_most(hub):
    with pytest.raises(hub.exceptions.InvalidInputException, match="MaxResults"):
        hub.get_findings(MaxResults=101)


def test_the_investigator_updates_what_is_the_investigators(hub, put):
    put(finding("a", "HIGH"))
    before = one(hub, "a")

    answer = hub.batch_update_findings(
        FindingIdentifiers=[{"Id": "a", "ProductArn": CHECKS}],
        Workflow={"Status": "NOTIFIED"},
        Note={"Text": "On it", "UpdatedBy": "ann"},
        Severity={"Label": "LOW"},
        VerificationState="BENIGN_POSITIVE",
        Confidence=42,
        Criticality=7,
        UserDefinedFields={"ticket": "7"},
        Types=["Effects/Data Exposure"],
        RelatedFindings=[{"ProductArn": CHECKS, "Id": "b"}],
    )

    after = one(hub, "a")
    assert answer["ProcessedFindings"] == [{"Id": "a", "ProductArn": CHECKS}]
    assert answer["UnprocessedFindings"] == []
    assert after["Workflow"]["Status"] == "NOTIFIED"
    assert (after["Note"]["Text"], after["Note"]["UpdatedBy"]) == ("On it", "ann")
    assert (after["Severity"]["Label"], after["Severity"]["Normalized"]) == ("LOW", 1)
    assert (after["VerificationState"], after["Confidence"], after["Criticality"]) == ("BENIGN_POSITIVE", 42, 7)
    assert (after["UserDefinedFields"], after["Types"]) == ({"ticket": "7"}, ["Effects/Data Exposure"])
    assert after["UpdatedAt"] == before["UpdatedAt"]
    assert after["FindingProviderFields"] == before["FindingProviderFields"]


@pytest.mark.parametrize(("normalized", "label"), [(0, "INFORMATIONAL"), (39, "LOW"), (40, "MEDIUM"), (90, "CRITICAL")])
def test_a_normalized_severity_brings_its_label(hub, put, normalized, label):
    put(finding("a", "HIGH"))

    hub.batch_update_findings(
        FindingIdentifiers=[{"Id": "a", "ProductArn": CHECKS}], Severity={"Normalized": normalized}
    )

    assert one(hub, "a")["Severity"]["Label"] == label


def test_what_can_not_be_updated_is_named_and_the_rest_is_done(hub, put):
    put(finding("a"), finding("twice"))
    identifiers = [{"Id": each, "ProductArn": CHECKS} for each in ("a", "unknown", "twice", "twice")]

    answer = hub.batch_update_findings(FindingIdentifiers=identifiers, Workflow={"Status": "RESOLVED"})

    codes = [(each["FindingIdentifier"]["Id"], each["ErrorCode"]) for each in answer["UnprocessedFindings"]]
    assert codes == [
        ("unknown", "FindingNotFound"),
        ("twice", "DuplicatedFindingIdentifier"),
        ("twice", "DuplicatedFindingIdentifier"),
    ]
    assert one(hub, "a")["Workflow"]["Status"] == "RESOLVED"
    assert one(hub, "twice")["Workflow"]["Status"] == "NEW"


def test_an_id_is_an_id_only_with_its_product(hub, put):
    put(finding("a"), finding("a", ProductArn=OWN))

    answer = hub.batch_update_findings(
        FindingIdentifiers=[{"Id": "a", "ProductArn": OWN}], Workflow={"Status": "RESOLVED"}
    )

    assert len(answer["ProcessedFindings"]) == 1
    found = hub.get_findings(Filters={"Id": equals("a")})["Findings"]
    assert {each["ProductArn"]: each["Workflow"]["Status"] for each in found} == {CHECKS: "NEW", OWN: "RESOLVED"}


def test_a_hundred_and_one_updates_at_once_are_too_many(hub):
    identifiers = [{"Id": str(number), "ProductArn": CHECKS} for number in range(101)]

    with pytest.raises(hub.exceptions.InvalidInputException, match="Size '101' is greater than maximum value: 100"):
        hub.batch_update_findings(FindingIdentifiers=identifiers, Workflow={"Status": "RESOLVED"})


def test_history_tells_who_changed_what(hub, put):
    put(finding("a"))
    identifier = {"Id": "a", "ProductArn": CHECKS}

    hub.batch_update_findings(FindingIdentifiers=[identifier], Workflow={"Status": "RESOLVED"})
    newest, oldest = hub.get_finding_history(FindingIdentifier=identifier)["Records"]

    assert (oldest["FindingCreated"], newest["FindingCreated"]) == (True, False)
    assert newest["UpdateSource"]["Type"] == "BATCH_UPDATE_FINDINGS"
    assert [each["UpdatedField"] for each in newest["Updates"]] == ["Workflow"]
    assert "RESOLVED" in newest["Updates"][0]["NewValue"]
    with pytest.raises(hub.exceptions.ResourceNotFoundException):
        hub.get_finding_history(FindingIdentifier={"Id": "b", "ProductArn": CHECKS})


def test_imports_get_what_security_hub_adds(hub):
    hub.batch_import_findings(Findings=[finding("a", ProductArn=OWN)])

    found = one(hub, "a")

    assert (found["Workflow"], found["RecordState"]) == ({"Status": "NEW"}, "ACTIVE")
    assert (found["Region"], found["ProductName"], found["CompanyName"]) == ("us-east-1", "Default", "Personal")
    assert found["ProductFields"]["aws/securityhub/FindingId"] == f"{OWN}/a"
    assert found["FindingProviderFields"]["Severity"]["Label"] == "HIGH"
    assert found["Severity"]["Normalized"] == 70
    assert found["Resources"][0]["Partition"] == "aws"


def test_an_import_does_not_touch_what_the_investigator_set(hub):
    hub.batch_import_findings(Findings=[finding("a", ProductArn=OWN)])
    hub.batch_update_findings(
        FindingIdentifiers=[{"Id": "a", "ProductArn": OWN}],
        Workflow={"Status": "SUPPRESSED"},
        Note={"Text": "Known", "UpdatedBy": "ann"},
        Severity={"Label": "LOW"},
    )

    hub.batch_import_findings(Findings=[finding("a", "CRITICAL", ProductArn=OWN, Title="New title")])

    found = one(hub, "a")
    assert (found["Workflow"]["Status"], found["Note"]["Text"], found["Severity"]["Label"]) == (
        "SUPPRESSED",
        "Known",
        "LOW",
    )
    assert found["Title"] == "New title"
    assert found["FindingProviderFields"]["Severity"]["Label"] == "CRITICAL"


@pytest.mark.parametrize(("status", "expected"), [("RESOLVED", "NEW"), ("SUPPRESSED", "SUPPRESSED")])
def test_what_fails_again_is_new_again_unless_suppressed(hub, status, expected):
    def check(result):
        hub.batch_import_findings(Findings=[finding("a", ProductArn=OWN, Compliance={"Status": result})])

    check("PASSED")
    hub.batch_update_findings(FindingIdentifiers=[{"Id": "a", "ProductArn": OWN}], Workflow={"Status": status})
    check("FAILED")

    assert one(hub, "a")["Workflow"]["Status"] == expected


def test_bad_findings_fail_one_by_one(hub):
    bare = {name: value for name, value in finding("ungraded", ProductArn=OWN).items() if name != "Severity"}
    batch = [
        finding("good", ProductArn=OWN),
        bare,
        finding("homeless", ProductArn=OWN, Resources=[]),
        finding("foreign", ProductArn=OWN, AwsAccountId=MEMBER),
        finding("typo", ProductArn=OWN, RecordState="GONE"),
    ]

    answer = hub.batch_import_findings(Findings=batch)

    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 4)
    assert {each["Id"]: each["ErrorCode"] for each in answer["FailedFindings"]} == dict.fromkeys(
        ("ungraded", "homeless", "foreign", "typo"), "InvalidInput"
    )
    assert "data.Resources should NOT have fewer than 1 items." in answer["FailedFindings"][1]["ErrorMessage"]
    assert ids(hub) == ["good"]


def test_a_hundred_and_one_imports_at_once_are_too_many(hub):
    batch = [finding(str(number), ProductArn=OWN) for number in range(101)]

    with pytest.raises(hub.exceptions.InvalidInputException, match="Size '101' is greater than maximum value: 100"):
        hub.batch_import_findings(Findings=batch)


def test_a_product_must_be_subscribed_to_before_it_can_send(hub):
    prowler = "arn:aws:securityhub:us-east-1::product/prowler/prowler"
    with pytest.raises(hub.exceptions.AccessDeniedException):
        hub.batch_import_findings(Findings=[finding("a", ProductArn=prowler)])

    hub.enable_import_findings_for_product(ProductArn=prowler)
    hub.batch_import_findings(Findings=[finding("a", ProductArn=prowler)])

    assert one(hub, "a")["ProductName"] == "Prowler"


def test_the_home_region_reads_and_updates_linked_regions(bare_client, hub, put):
    linked = bare_client("securityhub", "eu-west-1")
    linked.enable_security_hub(EnableDefaultStandards=False)
    put(finding("home"))
    put(finding("linked"), region="eu-west-1")
    assert ids(hub) == ["home"]

    hub.create_finding_aggregator(RegionLinkingMode="ALL_REGIONS")
    answer = hub.batch_update_findings(
        FindingIdentifiers=[{"Id": "linked", "ProductArn": CHECKS}], Workflow={"Status": "RESOLVED"}
    )

    assert ids(hub) == ["home", "linked"]
    assert ids(linked) == ["linked"]
    assert len(answer["ProcessedFindings"]) == 1
    assert one(linked, "linked")["Workflow"]["Status"] == "RESOLVED"


def test_only_linked_regions_are_shown_at_home(bare_client, hub, put):
    for region in ("eu-west-1", "eu-west-2"):
        bare_client("securityhub", region).enable_security_hub(EnableDefaultStandards=False)
        put(finding(region), region=region)

    arn = hub.create_finding_aggregator(RegionLinkingMode="SPECIFIED_REGIONS", Regions=["eu-west-2"])
    only = ids(hub)
    hub.update_finding_aggregator(
        FindingAggregatorArn=arn["FindingAggregatorArn"],
        RegionLinkingMode="ALL_REGIONS_EXCEPT_SPECIFIED",
        Regions=["eu-west-2"],
    )

    assert only == ["eu-west-2"]
    assert ids(hub) == ["eu-west-1"]


def test_an_administrator_sees_its_members_findings_also_from_linked_regions(bare_client, hub, put):
    for region in ("us-east-1", "eu-west-1"):
        bare_client("securityhub", region, account=MEMBER).enable_security_hub(EnableDefaultStandards=False)
        put(finding(f"member-{region}", AwsAccountId=MEMBER), account=MEMBER, region=region)
    set_administrator(OPERATOR, [MEMBER])

    assert ids(hub) == ["member-us-east-1"]
    hub.create_finding_aggregator(RegionLinkingMode="ALL_REGIONS")

    assert ids(hub) == ["member-us-east-1", "member-eu-west-1"]
    assert ids(bare_client("securityhub", "eu-west-1", account=MEMBER)) == ["member-eu-west-1"]


def test_a_members_hub_that_is_off_shows_nothing(bare_client, hub, put):
    theirs = bare_client("securityhub", account=MEMBER)
    theirs.enable_security_hub(EnableDefaultStandards=False)
    put(finding("member", AwsAccountId=MEMBER), account=MEMBER)
    set_administrator(OPERATOR, [MEMBER])
    assert ids(hub) == ["member"]

    theirs.disable_security_hub()

    assert ids(hub) == []


def test_insights_count_by_attribute(hub, put):
    put(finding("a", "HIGH"), finding("b", "HIGH"), finding("c", "LOW"))
    arn = hub.create_insight(Name="Worst", Filters={"RecordState": equals("ACTIVE")}, GroupByAttribute="SeverityLabel")[
        "InsightArn"
    ]

    rows = hub.get_insight_results(InsightArn=arn)["InsightResults"]["ResultValues"]

    assert [(row["GroupByAttributeValue"], row["Count"]) for row in rows] == [("HIGH", 2), ("LOW", 1)]
    with pytest.raises(hub.exceptions.ResourceConflictException):
        hub.create_insight(Name="Worst", Filters={}, GroupByAttribute="SeverityLabel")
    hub.delete_insight(InsightArn=arn)
    assert hub.get_insights()["Insights"] == []


def test_awss_own_insights_are_told_of_by_arn_alone_and_nobody_can_delete_them(hub, put):
    put(finding("a", "HIGH"), finding("b", "HIGH"), finding("c", "LOW", Workflow={"Status": "RESOLVED"}))
    managed = "arn:aws:securityhub:::insight/securityhub/default"

    (told,) = hub.get_insights(InsightArns=[f"{managed}/29"])["Insights"]
    rows = hub.get_insight_results(InsightArn=f"{managed}/29")["InsightResults"]["ResultValues"]

    assert hub.get_insights()["Insights"] == []
    assert (told["Name"], told["GroupByAttribute"]) == ("Severity by counts of findings", "SeverityLabel")
    assert [(row["GroupByAttributeValue"], row["Count"]) for row in rows] == [("HIGH", 2)]
    for refused in (hub.get_insights, hub.get_insight_results, hub.delete_insight):
        arn = f"{managed}/2" if refused != hub.delete_insight else f"{managed}/29"
        with pytest.raises(hub.exceptions.ResourceNotFoundException):
            refused(**({"InsightArns": [arn]} if refused == hub.get_insights else {"InsightArn": arn}))


ADDRESS = {
    "ipAddressV4": "185.220.101.34",
    "country": {"countryName": "Germany"},
    "organization": {"asn": "60729", "asnOrg": "Tor", "isp": "Tor", "org": "Tor"},
    "geoLocation": {"lat": 51.5, "lon": 9.0},
    "city": {},
}
BRUTE_FORCE = {
    "actionType": "NETWORK_CONNECTION",
    "networkConnectionAction": {
        "blocked": False,
        "connectionDirection": "INBOUND",
        "protocol": "TCP",
        "localPortDetails": {"port": 22, "portName": "SSH"},
        "remoteIpDetails": ADDRESS,
    },
}
PROBE = {
    "actionType": "PORT_PROBE",
    "portProbeAction": {
        "blocked": False,
        "portProbeDetails": [{"localPortDetails": {"port": 22, "portName": "SSH"}, "remoteIpDetails": ADDRESS}],
    },
}
CALL = {
    "actionType": "AWS_API_CALL",
    "awsApiCallAction": {"api": "ListBuckets", "serviceName": "s3.amazonaws.com", "remoteIpDetails": ADDRESS},
}
WEB = {
    "resourceType": "Instance",
    "instanceDetails": {
        "instanceId": "i-0123456789abcdef0",
        "instanceType": "t3.micro",
        "tags": [{"key": "Name", "value": "web-1"}],
        "networkInterfaces": [{"vpcId": "vpc-1", "subnetId": "subnet-1", "publicIp": "203.0.113.5"}],
    },
}


def from_guardduty(hub, bare_client, kind, severity, *, action, resource):
    bare_client("guardduty").create_detector(Enable=True)
    given = {"type": kind, "severity": severity, "id": "f" * 32, "resource": resource, "service": {"action": action}}
    emulated_guardduty.put_findings(OPERATOR, "us-east-1", [given])
    (found,) = hub.get_findings(Filters={"ProductName": equals("GuardDuty")})["Findings"]
    return found


def test_guardduty_sends_what_it_finds(hub, bare_client):
    found = from_guardduty(
        hub, bare_client, "UnauthorizedAccess:EC2/SSHBruteForce", 8.0, action=BRUTE_FORCE, resource=WEB
    )

    (detector,) = bare_client("guardduty").list_detectors()["DetectorIds"]
    fields = found["ProductFields"]
    connection = "aws/guardduty/service/action/networkConnectionAction"
    assert found["Id"] == f"arn:aws:guardduty:us-east-1:{OPERATOR}:detector/{detector}/finding/{'f' * 32}"
    assert found["ProductArn"] == GUARDDUTY
    assert found["GeneratorId"] == f"arn:aws:guardduty:us-east-1:{OPERATOR}:detector/{detector}"
    assert found["Types"] == ["TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce"]
    assert found["Severity"] == {"Label": "HIGH", "Normalized": 60, "Product": 8.0, "Original": "8"}
    assert (found["Workflow"]["Status"], found["RecordState"], found["Sample"]) == ("NEW", "ACTIVE", False)
    assert fields[f"{connection}/remoteIpDetails/ipAddressV4"] == "185.220.101.34"
    assert fields[f"{connection}/remoteIpDetails/geoLocation/lat"] == "51.5"
    assert fields[f"{connection}/remoteIpDetails/city"] == ""
    assert fields[f"{connection}/blocked"] == "false"
    assert found["Action"]["NetworkConnectionAction"]["RemoteIpDetails"]["Organization"]["Asn"] == 60729
    (resource,) = found["Resources"]
    assert resource["Id"] == f"arn:aws:ec2:us-east-1:{OPERATOR}:instance/i-0123456789abcdef0"
    assert (resource["Type"], resource["Tags"]) == ("AwsEc2Instance", {"Name": "web-1"})
    assert resource["Details"]["AwsEc2Instance"]["IpV4Addresses"] == ["203.0.113.5"]


@pytest.mark.parametrize(
    ("action", "key"),
    [
        (PROBE, "aws/guardduty/service/action/portProbeAction/portProbeDetails.0_/remoteIpDetails/ipAddressV4"),
        (CALL, "aws/guardduty/service/action/awsApiCallAction/remoteIpDetails/ipAddressV4"),
    ],
)
def test_where_the_remote_address_is_depends_on_the_action(hub, bare_client, action, key):
    found = from_guardduty(hub, bare_client, "Recon:EC2/PortProbeUnprotectedPort", 2, action=action, resource=WEB)

    assert found["ProductFields"][key] == "185.220.101.34"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Backdoor:EC2/C&CActivity.B!DNS", "TTPs/Command and Control/Backdoor:EC2-C&CActivity.B!DNS"),
        ("Trojan:EC2/DropPoint", "Effects/Data Exfiltration/Trojan:EC2-DropPoint"),
        ("Recon:IAMUser/TorIPCaller", "TTPs/Discovery/Recon:IAMUser-TorIPCaller"),
        ("Policy:S3/BucketAnonymousAccessGranted", "TTPs/Policy:S3-BucketAnonymousAccessGranted"),
        ("AttackSequence:IAM/CompromisedCredentials", "TTPs/AttackSequence:IAM/CompromisedCredentials"),
        ("UnauthorizedAccess:IAMUser/MaliciousIPCaller", "TTPs/UnauthorizedAccess:IAMUser-MaliciousIPCaller"),
        (
            "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom",
            "TTPs/Command and Control/UnauthorizedAccess:EC2-MaliciousIPCaller.Custom",
        ),
    ],
)
def test_types_are_rewritten_as_the_guide_lists_them(hub, bare_client, kind, expected):
    assert from_guardduty(hub, bare_client, kind, 5, action=CALL, resource=WEB)["Types"] == [expected]


@pytest.mark.parametrize(("severity", "label"), [(9.0, "CRITICAL"), (8.9, "HIGH"), (4, "MEDIUM"), (3.9, "LOW")])
def test_severity_bands_are_guarddutys(hub, bare_client, severity, label):
    found = from_guardduty(hub, bare_client, "Recon:EC2/Portscan", severity, action=PROBE, resource=WEB)

    assert found["Severity"]["Label"] == label


def test_samples_are_marked_as_such_here_too(hub, bare_client):
    guardduty = bare_client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]

    guardduty.create_sample_findings(DetectorId=detector)

    samples = ids(hub, {"Sample": [{"Value": True}]})
    assert len(samples) == len(ids(hub)) > 150


def test_what_a_filter_suppressed_never_arrives(hub, bare_client):
    guardduty = bare_client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    criteria = {"Criterion": {"type": {"Matches": ["Recon:*"]}}}
    guardduty.create_filter(DetectorId=detector, Name="probes", Action="ARCHIVE", FindingCriteria=criteria)

    emulated_guardduty.put_findings(OPERATOR, "us-east-1", [{"type": "Recon:EC2/Portscan", "severity": 5}])

    assert ids(hub) == []


def test_archiving_in_guardduty_is_not_heard_of(hub, bare_client):
    found = from_guardduty(hub, bare_client, "Recon:EC2/Portscan", 5, action=PROBE, resource=WEB)
    guardduty = bare_client("guardduty")
    (detector,) = guardduty.list_detectors()["DetectorIds"]

    guardduty.archive_findings(DetectorId=detector, FindingIds=["f" * 32])

    assert one(hub, found["Id"]) == found


def test_nothing_arrives_while_the_product_is_off(hub, bare_client):
    arn = f"arn:aws:securityhub:us-east-1:{OPERATOR}:product-subscription/aws/guardduty"
    hub.disable_import_findings_for_product(ProductSubscriptionArn=arn)

    emulated_guardduty.put_findings(OPERATOR, "us-east-1", [{"type": "Recon:EC2/Portscan", "severity": 5}])

    assert ids(hub) == []
