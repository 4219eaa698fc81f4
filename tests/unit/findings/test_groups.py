import pytest
from asff_made import asff, guardduty

from secguard.errors import UsageError
from secguard.findings.forms.asff import read_asff
from secguard.findings.groups import GROUPINGS, NONE, group_record, grouped
from secguard.model import Source


def found(*items):
    return [read_asff(item, position=str(n), source=Source.SECURITY_HUB) for n, item in enumerate(items)]


def rated(label):
    return {"Label": label}


def bucket(name):
    return {"Type": "AwsS3Bucket", "Id": f"arn:aws:s3:::{name}"}


def test_groups_are_by_how_many_they_have_of_the_worst():
    findings = found(
        asff(1, AwsAccountId="111111111111", Severity=rated("HIGH")),
        asff(2, AwsAccountId="111111111111", Severity=rated("HIGH")),
        asff(3, AwsAccountId="222222222222", Severity=rated("CRITICAL")),
        asff(4, AwsAccountId="333333333333", Severity=rated("HIGH")),
    )

    assert [(group.key, group.count) for group in grouped(findings, "account")] == [
        ("222222222222", 1),
        ("111111111111", 2),
        ("333333333333", 1),
    ]


def test_a_finding_about_two_resources_counts_for_both_and_once_for_each():
    findings = found(asff(1, Resources=[bucket("a"), bucket("b"), bucket("b")]), asff(2, Resources=[bucket("b")]))

    assert {group.key: group.count for group in grouped(findings, "resource")} == {"a": 1, "b": 2}


def test_what_has_nothing_of_the_kind_is_a_group_too():
    findings = found(asff(1), guardduty(2))

    assert {group.key for group in grouped(findings, "control")} == {"S3.2", NONE}


def test_guarddutys_own_spelling_is_the_type():
    assert [group.key for group in grouped(found(guardduty(1)), "type")] == ["UnauthorizedAccess:EC2/SSHBruteForce"]


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_grouping_counts_every_finding(by):
    findings = found(*(asff(n) for n in range(3)), guardduty(9))

    assert sum(group.count for group in grouped(findings, by)) == 4


def test_a_record_counts_every_severity():
    (group,) = grouped(found(asff(1, Severity=rated("LOW"), LastObservedAt="2026-11-22T05:00:00Z")), "product")

    assert group_record(group) == {
        "key": "Security Hub",
        "count": 1,
        "critical": 0,
        "high": 0,
        "medium": 0,
        "low": 1,
        "informational": 0,
        "worst": "LOW",
        "last_seen": "2026-11-22T05:00:00Z",
    }


def test_an_unknown_grouping_names_those_there_are():
    with pytest.raises(UsageError, match="no such grouping") as caught:
        grouped([], "colour")

    assert "resource-type" in caught.value.advice
