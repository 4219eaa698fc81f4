"""A list is ranked, cut to what was asked for, and says what is missing."""

from datetime import UTC, datetime

import pytest
from asff_made import asff, guardduty, read, remote
from msgspec.structs import replace

from secguard.config import Ranking
from secguard.findings.feeds.levels import LevelEnd
from secguard.findings.listing import Following, collect, fetch_limit
from secguard.findings.query import Query, Sort
from secguard.findings.ranking import ordered, rank
from secguard.model import Severity, Unreached

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
GONE = Unreached(account="123456789012", region="eu-west-1", why="denied")


def at(severity, number=1, **over):
    return read(asff(number, Severity={"Label": severity.name}, **over))


def no_playbooks(_finding):
    return ()


def listing(events, **query):
    return collect(events, query=Query(**query), now=NOW, answers=no_playbooks)


def ends(*levels, exhausted=True):
    return [LevelEnd(level, exhausted=exhausted, answered=1) for level in levels]


ALL_ENDS = ends(*sorted(Severity, reverse=True))


def test_what_is_being_worked_on_stands_below_what_nobody_has_seen():
    seen = at(Severity.HIGH, 1, Workflow={"Status": "NOTIFIED"})
    new = at(Severity.HIGH, 2)
    assert [finding.id for finding in listing([seen, new, *ALL_ENDS]).findings] == [new.id, seen.id]


def test_a_sample_stands_below_everything_real():
    sample = read(guardduty(1, Severity={"Label": "CRITICAL"}, Sample=True))
    real = at(Severity.LOW, 2)
    assert [finding.sample for finding in listing([sample, real, *ALL_ENDS]).findings] == [False, True]


def test_a_level_of_which_not_all_has_come_stands_below_the_ones_above_it():
    worked_on = at(Severity.CRITICAL, 1, Workflow={"Status": "NOTIFIED"}, UpdatedAt="2020-01-01T00:00:00Z")
    worst_high = read(guardduty(2, kind="Backdoor:EC2/C&CActivity.B", UpdatedAt="2026-11-23T17:59:00Z",
                                ProductFields=remote("networkConnectionAction", "185.220.101.1")))  # fmt: skip
    assert rank(worst_high, now=NOW).priority > rank(worked_on, now=NOW).priority
    events = [worked_on, *ends(Severity.CRITICAL), worst_high, *ends(Severity.HIGH, exhausted=False)]
    assert [finding.id for finding in listing(events, limit=1).findings] == [worked_on.id]


def test_a_list_says_how_many_there_are_and_whether_there_may_be_more():
    findings = [at(Severity.HIGH, number) for number in range(5)]
    whole = listing([*findings, *ALL_ENDS], limit=2)
    assert (len(whole.findings), whole.found, whole.more) == (2, 5, False)
    part = listing([*findings, *ends(Severity.CRITICAL, Severity.HIGH)], limit=2)
    assert part.more


def test_a_place_that_was_not_reached_stays_beside_the_list():
    found = listing([at(Severity.HIGH), GONE, *ALL_ENDS])
    assert (len(found.findings), found.unreached, found.answered) == (1, (GONE,), True)


def test_nothing_found_anywhere_is_not_the_same_as_nothing_answered():
    assert listing(ALL_ENDS).answered
    silent = [LevelEnd(level, exhausted=True, answered=0) for level in sorted(Severity, reverse=True)]
    assert not listing([GONE, *silent]).answered


def test_the_worst_of_the_real_ones_is_known_whatever_is_shown():
    sample = read(guardduty(1, Severity={"Label": "CRITICAL"}, Sample=True))
    found = listing([sample, at(Severity.HIGH, 2), at(Severity.LOW, 3), *ALL_ENDS], limit=1)
    assert found.worst == Severity.HIGH


def test_only_an_order_by_severity_can_stop_early():
    assert fetch_limit(Query(limit=5)) == 5
    assert fetch_limit(Query(limit=5, sort=Sort.SEVERITY)) == 5
    assert fetch_limit(Query(limit=5, sort=Sort.UPDATED)) is None


def test_a_list_that_streams_is_ranked_and_hands_on_what_was_not_reached():
    following = Following([at(Severity.HIGH), GONE, *ALL_ENDS], now=NOW, answers=lambda _finding: ("block-ip",))
    first, second = following
    assert (first.priority > 0, first.playbooks, second) == (True, ("block-ip",), GONE)
    assert (following.worst, following.answered) == (Severity.HIGH, True)


def test_a_list_is_ranked_as_the_configuration_says():
    findings = [at(Severity.HIGH, 1), at(Severity.HIGH, 2, AwsAccountId="111122223333")]
    ranking = Ranking(critical_accounts=("111122223333",))
    query = Query()
    listed = collect([*findings, *ALL_ENDS], query=query, now=NOW, answers=no_playbooks, ranking=ranking).findings
    followed = list(Following(findings, now=NOW, answers=no_playbooks, ranking=ranking))
    assert [finding.account for finding in listed] == ["111122223333", "123456789012"]
    assert {finding.id: finding.priority for finding in followed} == {each.id: each.priority for each in listed}


@pytest.mark.parametrize("by", Sort)
def test_every_order_holds_all_findings(by):
    findings = [at(level, number) for number, level in enumerate(Severity)]
    findings.append(replace(findings[0], id="other", resources=(), updated_at=None, first_seen=None))
    assert {finding.id for finding in ordered(findings, by=by)} == {finding.id for finding in findings}


def test_the_newest_is_first_by_time_of_update():
    old, new = (at(Severity.LOW, number, UpdatedAt=f"2026-11-0{number}T00:00:00Z") for number in (1, 2))
    assert ordered([old, new], by=Sort.UPDATED) == [new, old]
