"""The insights that secguard makes of findings by itself."""

from datetime import UTC, datetime

import pytest
from asff_made import asff, guardduty, read, remote

from secguard.findings.feeds.levels import LevelEnd, PageEnd
from secguard.findings.forms.asff import Unreadable
from secguard.findings.groups import GROUPINGS
from secguard.findings.insights.own import (
    AGES,
    BUILT_IN,
    Heard,
    ages_of,
    built_in,
    count_records,
    counts_of,
    oldest_of,
    oldest_record,
    query_for,
    reckoning,
)
from secguard.findings.query import Query
from secguard.model import Severity, Unreached

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)


def seen(number, since, **over):
    return read(asff(number, FirstObservedAt=since, **over))


def key_of(name):
    return {
        "Type": "AwsIamAccessKey",
        "Id": f"AWS::IAM::AccessKey:AKIA{name}",
        "Details": {"AwsIamAccessKey": {"PrincipalName": name}},
    }


def test_what_most_findings_have_comes_first_and_a_finding_without_is_counted_apart():
    findings = [
        read(guardduty(1, ProductFields=remote("portProbeAction", "203.0.113.1"), Severity={"Label": "LOW"})),
        read(guardduty(2, ProductFields=remote("portProbeAction", "203.0.113.2"), Severity={"Label": "CRITICAL"})),
        read(guardduty(3, ProductFields=remote("portProbeAction", "203.0.113.1"), Severity={"Label": "LOW"})),
        read(asff(4)),
    ]

    counts = counts_of(findings, "address")

    assert [(group.key, group.count) for group in counts.groups] == [("203.0.113.1", 2), ("203.0.113.2", 1)]
    assert (counts.findings, counts.without) == (3, 1)


def test_among_equals_the_more_severe_comes_first():
    findings = [
        read(asff(1, AwsAccountId="1" * 12)),
        read(asff(2, AwsAccountId="2" * 12, Severity={"Label": "CRITICAL"})),
    ]

    assert [group.key for group in counts_of(findings, "account").groups] == ["2" * 12, "1" * 12]


def test_a_share_is_a_part_of_the_findings_and_not_of_the_groups():
    bucket = {"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::a"}
    other = {"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::b"}
    records = count_records(
        counts_of([read(asff(1, Resources=[bucket, other])), read(asff(2, Resources=[bucket]))], "resource")
    )

    assert [(record["key"], record["share"]) for record in records] == [("a", 1.0), ("b", 0.5)]


def test_a_principal_is_whoever_holds_the_key():
    counts = counts_of([read(guardduty(1, Resources=[key_of("eve")])), read(guardduty(2))], "principal")

    assert [group.key for group in counts.groups] == ["eve"]


def test_ages_go_from_young_to_old_by_when_it_was_first_seen():
    findings = [
        seen(1, "2026-11-23T17:00:00Z"),
        seen(2, "2026-11-20T00:00:00Z"),
        seen(3, "2020-01-01T00:00:00Z"),
        seen(4, "2026-11-20T00:00:00Z"),
        seen(5, "2027-01-01T00:00:00Z"),
        read(asff(6)),
    ]
    counts = ages_of(findings, now=NOW)

    assert [group.count for group in counts.groups] == [2, 2, 1, 1]
    assert [group.key for group in counts.groups] == [AGES[0], AGES[1], AGES[4], AGES[5]]
    assert counts.findings == len(findings)


@pytest.mark.parametrize(("days", "age"), [(1, AGES[1]), (7, AGES[2]), (30, AGES[3]), (90, AGES[4])])
def test_an_age_begins_with_its_first_day(days, age):
    since = datetime.fromtimestamp(NOW.timestamp() - days * 86400, UTC).isoformat()

    assert [group.key for group in ages_of([seen(1, since)], now=NOW).groups] == [age]


def test_the_oldest_come_first_and_what_has_no_beginning_is_left_out():
    findings = [
        seen(1, "2026-11-01T00:00:00Z"),
        seen(2, "2026-10-01T00:00:00Z"),
        read(asff(3)),
        seen(4, "2026-11-05T00:00:00Z"),
    ]

    assert [found.id[-1] for found in oldest_of(findings, most=2)] == ["2", "1"]
    assert [found.id[-1] for found in oldest_of(findings, most=None)] == ["2", "1", "4"]
    assert oldest_record(findings[0], now=NOW)["days"] == 22.8


def test_what_an_insight_is_about_gives_way_to_what_was_typed():
    oldest, controls = built_in("OLDEST"), built_in("controls")

    assert query_for(oldest, Query()).levels == (Severity.CRITICAL,)
    assert query_for(oldest, Query(levels=(Severity.LOW,))).levels == (Severity.LOW,)
    assert query_for(controls, Query()).compliance == ("FAILED",)
    assert query_for(controls, Query(compliance=("PASSED",))).compliance == ("PASSED",)
    assert built_in("no such") is None


def test_every_insight_counts_by_something_there_is_or_says_otherwise():
    assert {each.by for each in BUILT_IN} - {None} <= set(GROUPINGS)
    assert [each.name for each in BUILT_IN if reckoning(each, now=NOW) is None] == ["oldest", "time-to-resolve"]


def test_what_came_besides_findings_is_known_afterwards():
    nowhere = Unreached(account="1" * 12, region="eu-west-1", why="denied")
    odd = Unreadable(position="us-east-1 item 3", why="a finding without an Id")
    heard = Heard([nowhere, read(asff(1)), odd, PageEnd(), LevelEnd(Severity.HIGH, exhausted=True, answered=1)])

    assert [found.id[-1] for found in heard] == ["1"]
    assert (heard.unreached, heard.unreadable, heard.answered, heard.count) == ([nowhere], [odd], True, 1)


def test_an_empty_answer_is_an_answer_and_silence_is_none():
    answered = Heard([LevelEnd(Severity.HIGH, exhausted=True, answered=1)])
    silent = Heard([LevelEnd(Severity.HIGH, exhausted=True, answered=0)])

    assert (list(answered), answered.answered) == ([], True)
    assert (list(silent), silent.answered) == ([], False)
