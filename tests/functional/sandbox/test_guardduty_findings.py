"""The sandbox's GuardDuty findings: listing, criteria, archiving, samples, and what administrators see."""

import json

import pytest

from secguard.sandbox import guardduty as emulated
from secguard.sandbox.shared import set_administrator

OPERATOR, MEMBER = "123456789012", "222222222222"
SSH, PROBE, MINING = (
    "UnauthorizedAccess:EC2/SSHBruteForce",
    "Recon:EC2/PortProbeUnprotectedPort",
    "CryptoCurrency:EC2/BitcoinTool.B!DNS",
)


def finding(kind=SSH, severity=8, **fields):
    return {"type": kind, "severity": severity, "id": f"{kind}-{severity}", **fields}


@pytest.fixture
def guardduty(bare_client):
    return bare_client("guardduty")


@pytest.fixture
def detector(guardduty):
    return guardduty.create_detector(Enable=True)["DetectorId"]


@pytest.fixture
def put(detector):
    return lambda *findings, account=OPERATOR: emulated.put_findings(account, "us-east-1", list(findings))


@pytest.fixture
def select(guardduty, detector):
    return lambda **criterion: ids(guardduty, detector, **criterion)


@pytest.fixture
def count(guardduty, detector):
    return lambda **form: guardduty.get_findings_statistics(DetectorId=detector, **form)["FindingStatistics"]


def ids(guardduty, detector, **criterion):
    pages = guardduty.get_paginator("list_findings").paginate(
        DetectorId=detector, FindingCriteria={"Criterion": criterion}
    )
    return [each for page in pages for each in page["FindingIds"]]


ADDRESS = {"networkConnectionAction": {"remoteIpDetails": {"ipAddressV4": "185.220.101.34"}}}


@pytest.mark.parametrize(
    ("path", "condition", "expected"),
    [
        ("severity", {"GreaterThanOrEqual": 7}, ["ssh", "mining"]),
        ("severity", {"GreaterThan": 8}, ["mining"]),
        ("severity", {"Gte": 2, "Lt": 8}, ["probe"]),
        ("severity", {"LessThanOrEqual": 2}, ["probe"]),
        ("type", {"Equals": [SSH, PROBE]}, ["ssh", "probe"]),
        ("type", {"Eq": [SSH]}, ["ssh"]),
        ("type", {"NotEquals": [SSH]}, ["probe", "mining"]),
        ("type", {"Neq": [SSH, PROBE]}, ["mining"]),
        ("id", {"Equals": ["probe"]}, ["probe"]),
        ("service.archived", {"Equals": ["true"]}, ["probe"]),
        ("service.archived", {"Equals": ["false"]}, ["ssh", "mining"]),
        ("updatedAt", {"GreaterThanOrEqual": 1767225600000}, ["mining"]),
        ("updatedAt", {"LessThan": 1767225600000}, ["ssh", "probe"]),
        ("resource.instanceDetails.tags.value", {"Equals": ["web-1"]}, ["ssh"]),
        ("resource.instanceDetails.tags.value", {"NotEquals": ["web-1"]}, ["probe", "mining"]),
        ("service.action.networkConnectionAction.remoteIpDetails.ipAddressV4", {"Equals": ["185.220.101.34"]}, ["ssh"]),
        ("service.additionalInfo.threatListName", {"Equals": ["Tor"]}, ["mining"]),
        ("service.additionalInfo.sample", {"Equals": ["true"]}, ["probe"]),
    ],
)
def test_criteria_select(select, put, path, condition, expected):
    tags = [{"key": "role", "value": "web"}, {"key": "Name", "value": "web-1"}]
    put(
        finding(id="ssh", updatedAt="2025-12-31T23:59:59.000Z", service={"action": ADDRESS},
                resource={"instanceDetails": {"tags": tags}}),
        finding(PROBE, 2, id="probe", updatedAt="2025-06-01T00:00:00.000Z",
                service={"archived": True, "additionalInfo": {"type": "default", "value": '{"sample":true}'}}),
        finding(MINING, 9.5, id="mining", updatedAt="2026-01-01T00:00:00.000Z",
                service={"additionalInfo": {"type": "default", "value": '{"threatListName":"Tor"}'}}),
    )  # fmt: skip

    assert select(**{path: condition}) == expected


def test_several_criteria_must_all_hold(guardduty, detector, put):
    put(finding(id="a", severity=8), finding(PROBE, 8, id="b"))

    assert ids(guardduty, detector, severity={"Gte": 8}, type={"Equals": [PROBE]}) == ["b"]


def test_wildcards_are_for_saved_filters_only(guardduty, detector):
    with pytest.raises(guardduty.exceptions.BadRequestException):
        ids(guardduty, detector, type={"Matches": ["Recon:*"]})


def test_more_than_fifty_values_are_refused(guardduty, detector):
    with pytest.raises(guardduty.exceptions.BadRequestException):
        ids(guardduty, detector, id={"Equals": [str(number) for number in range(51)]})


def test_lists_come_in_pages_of_fifty_over_what_stood_at_the_start(guardduty, detector, put):
    put(*(finding(id=f"{number:03}") for number in range(120)))
    first = guardduty.list_findings(DetectorId=detector)
    put(finding(id="late"))

    second = guardduty.list_findings(DetectorId=detector, NextToken=first["NextToken"])
    third = guardduty.list_findings(DetectorId=detector, NextToken=second["NextToken"])

    pages = [page["FindingIds"] for page in (first, second, third)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [each for page in pages for each in page] == [f"{number:03}" for number in range(120)]
    assert not third["NextToken"]


def test_a_token_belongs_to_its_question(guardduty, detector, put):
    put(*(finding(id=f"{number:03}") for number in range(60)))
    token = guardduty.list_findings(DetectorId=detector)["NextToken"]

    with pytest.raises(guardduty.exceptions.BadRequestException):
        guardduty.list_findings(
            DetectorId=detector, NextToken=token, FindingCriteria={"Criterion": {"severity": {"Gte": 7}}}
        )


def test_lists_are_sorted_by_numbers_as_numbers(guardduty, detector, put):
    put(finding(id="low", severity=2), finding(id="critical", severity=10.0), finding(id="high", severity=8))

    sort = {"AttributeName": "severity", "OrderBy": "DESC"}
    found = guardduty.list_findings(DetectorId=detector, SortCriteria=sort)["FindingIds"]

    assert found == ["critical", "high", "low"]


def test_get_findings_leaves_out_unknown_ids_and_takes_fifty(guardduty, detector, put):
    put(finding(id="known"))

    found = guardduty.get_findings(DetectorId=detector, FindingIds=["unknown", "known"])["Findings"]

    assert [each["Id"] for each in found] == ["known"]
    with pytest.raises(guardduty.exceptions.BadRequestException):
        guardduty.get_findings(DetectorId=detector, FindingIds=[str(number) for number in range(51)])


def test_findings_are_archived_and_brought_back(guardduty, detector, put):
    put(finding(id="a"), finding(id="b"))

    guardduty.archive_findings(DetectorId=detector, FindingIds=["a", "b"])
    guardduty.unarchive_findings(DetectorId=detector, FindingIds=["b"])

    archived = {"service.archived": {"Equals": ["true"]}}
    assert ids(guardduty, detector, **archived) == ["a"]


def test_an_update_of_a_finding_leaves_it_archived(guardduty, detector, put):
    put(finding(id="a"))
    guardduty.archive_findings(DetectorId=detector, FindingIds=["a"])

    put(finding(id="a", severity=9))

    found = guardduty.get_findings(DetectorId=detector, FindingIds=["a"])["Findings"][0]
    assert (found["Severity"], found["Service"]["Archived"]) == (9.0, True)


def test_a_suppression_filter_archives_what_comes_after_it(guardduty, detector, put):
    put(finding(PROBE, 2, id="before"))
    criteria = {"Criterion": {"type": {"Matches": ["Recon:*"]}}}
    guardduty.create_filter(DetectorId=detector, Name="probes", Action="ARCHIVE", FindingCriteria=criteria)

    put(finding(PROBE, 2, id="after"), finding(id="other"))

    assert ids(guardduty, detector, **{"service.archived": {"Equals": ["true"]}}) == ["after"]


def test_suspension_keeps_findings_and_deletion_does_not(guardduty, detector, put):
    put(finding(id="a"))

    guardduty.update_detector(DetectorId=detector, Enable=False)
    assert ids(guardduty, detector) == ["a"]
    guardduty.delete_detector(DetectorId=detector)

    again = guardduty.create_detector(Enable=True)["DetectorId"]
    assert ids(guardduty, again) == []


def test_an_administrator_sees_its_members_findings_and_they_only_their_own(bare_client, guardduty, detector, put):
    theirs = bare_client("guardduty", account=MEMBER)
    member_detector = theirs.create_detector(Enable=True)["DetectorId"]
    put(finding(id="own"))
    put(finding(id="member"), account=MEMBER)
    assert ids(guardduty, detector) == ["own"]

    set_administrator(OPERATOR, [MEMBER])

    assert ids(guardduty, detector) == ["own", "member"]
    assert ids(theirs, member_detector) == ["member"]
    found = guardduty.get_findings(DetectorId=detector, FindingIds=["member"])["Findings"][0]
    assert found["AccountId"] == MEMBER


def test_members_may_not_archive_but_their_administrator_may(bare_client, guardduty, detector, put):
    theirs = bare_client("guardduty", account=MEMBER)
    member_detector = theirs.create_detector(Enable=True)["DetectorId"]
    set_administrator(OPERATOR, [MEMBER])
    put(finding(id="member"), account=MEMBER)

    with pytest.raises(theirs.exceptions.BadRequestException):
        theirs.archive_findings(DetectorId=member_detector, FindingIds=["member"])
    guardduty.archive_findings(DetectorId=detector, FindingIds=["member"])

    assert ids(theirs, member_detector, **{"service.archived": {"Equals": ["true"]}}) == ["member"]


def test_statistics_count_by_severity(count, put):
    put(finding(id="a", severity=8), finding(id="b", severity=8), finding(id="c", severity=2))

    counted = count(FindingStatisticTypes=["COUNT_BY_SEVERITY"])

    assert counted["CountBySeverity"] == {"8.0": 2, "2.0": 1}


@pytest.mark.parametrize(
    ("group", "key", "expected"),
    [
        ("SEVERITY", "GroupedBySeverity", [(8.0, 2), (2.0, 1)]),
        ("FINDING_TYPE", "GroupedByFindingType", [(SSH, 2), (PROBE, 1)]),
        ("ACCOUNT", "GroupedByAccount", [(OPERATOR, 3)]),
        ("RESOURCE", "GroupedByResource", [("i-1", 2), ("", 1)]),
        ("DATE", "GroupedByDate", [(8.0, 2), (2.0, 1)]),
    ],
)
def test_statistics_group(count, put, group, key, expected):
    web = {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-1"}}
    put(finding(id="a", resource=web), finding(id="b", resource=web), finding(PROBE, 2, id="c"))
    shown = {
        "SEVERITY": "Severity",
        "FINDING_TYPE": "FindingType",
        "ACCOUNT": "AccountId",
        "RESOURCE": "ResourceId",
        "DATE": "Severity",
    }[group]

    rows = count(GroupBy=group)[key]

    assert [(row[shown], row["TotalFindings"]) for row in rows] == expected


def test_statistics_want_one_of_their_two_forms(guardduty, detector):
    with pytest.raises(guardduty.exceptions.BadRequestException):
        guardduty.get_findings_statistics(DetectorId=detector)
    with pytest.raises(guardduty.exceptions.BadRequestException):
        guardduty.get_findings_statistics(
            DetectorId=detector, FindingStatisticTypes=["COUNT_BY_SEVERITY"], GroupBy="SEVERITY"
        )


def test_samples_say_what_they_are_and_name_what_does_not_exist(guardduty, detector):
    guardduty.create_sample_findings(DetectorId=detector, FindingTypes=[SSH])

    found = guardduty.get_findings(DetectorId=detector, FindingIds=ids(guardduty, detector))["Findings"]

    (sample,) = found
    assert json.loads(sample["Service"]["AdditionalInfo"]["Value"])["sample"] is True
    assert sample["Service"]["AdditionalInfo"]["Type"] == "default"
    assert sample["Resource"]["InstanceDetails"]["InstanceId"] == "i-99999999"
    assert "[SAMPLE]" not in sample["Title"]


def test_a_sample_of_every_type_comes_unless_some_are_named(guardduty, detector):
    guardduty.create_sample_findings(DetectorId=detector)
    everything = ids(guardduty, detector)
    guardduty.create_sample_findings(DetectorId=detector, FindingTypes=[SSH])

    assert len(everything) > 150
    assert ids(guardduty, detector) == everything
    (again,) = ids(guardduty, detector, type={"Equals": [SSH]})
    assert guardduty.get_findings(DetectorId=detector, FindingIds=[again])["Findings"][0]["Service"]["Count"] == 2


def test_every_sample_has_the_form_of_the_api(guardduty, detector):
    """The checker of the fixture `conformance` reads each answer."""
    guardduty.create_sample_findings(DetectorId=detector)

    found = ids(guardduty, detector)
    for start in range(0, len(found), 50):
        guardduty.get_findings(DetectorId=detector, FindingIds=found[start : start + 50])


def test_a_sample_of_an_unknown_type_is_refused(guardduty, detector):
    with pytest.raises(guardduty.exceptions.BadRequestException):
        guardduty.create_sample_findings(DetectorId=detector, FindingTypes=["Made:Up/Type"])


def test_feedback_stays_on_the_finding(guardduty, detector, put):
    put(finding(id="a"))

    guardduty.update_findings_feedback(DetectorId=detector, FindingIds=["a"], Feedback="NOT_USEFUL")

    found = guardduty.get_findings(DetectorId=detector, FindingIds=["a"])["Findings"][0]
    assert found["Service"]["UserFeedback"] == "NOT_USEFUL"
