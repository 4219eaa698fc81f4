"""What is new and what got worse is told once, however often and in whatever order findings come."""

from datetime import UTC, datetime, timedelta

import pytest
from asff_made import asff, detected, guardduty, ocsf, read
from hypothesis import given
from hypothesis import strategies as st

from secguard.findings.forms.guardduty import read_guardduty
from secguard.findings.forms.ocsf import read_ocsf
from secguard.findings.query import Query
from secguard.findings.watching.changes import Memory, created_at, late_queries

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LABELS = ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]


def at(minutes):
    return (NOON + timedelta(minutes=minutes)).isoformat()


def made(number=1, *, label="HIGH", updated=0, created=0, count=None, status="NEW", state="ACTIVE", compliance=None):
    """A finding of GuardDuty's, or a control's where it says how that came out; times in minutes after noon."""
    fields = {"aws/securityhub/ProductName": "GuardDuty"}
    if count is not None:
        fields["aws/guardduty/service/count"] = str(count)
    over = {
        "Severity": {"Label": label},
        "CreatedAt": at(created),
        "UpdatedAt": at(updated),
        "Workflow": {"Status": status},
        "RecordState": state,
        "ProductFields": fields,
    }
    if compliance is None:
        return read(guardduty(number, **over))
    return read(asff(number, **over, Compliance={"Status": compliance, "SecurityControlId": "S3.2"}))


def told(memory, *findings, since=NOON):
    """The changes for which these findings are shown."""
    changes = []
    for finding in findings:
        change = memory.judge(finding, since=since)
        if change is not None:
            changes.append(str(change))
            memory.shown(finding)
    return changes


def test_what_was_there_before_the_watch_is_known_and_not_shown():
    memory = Memory(begin=NOON)
    assert told(memory, made(updated=-5, created=-5), since=None) == []
    assert told(memory, made(updated=-5, created=-5)) == []
    assert len(memory) == 1


def test_a_finding_is_new_once():
    memory = Memory(begin=NOON)
    assert told(memory, made(), made(), made(updated=3)) == ["new"]


def test_what_comes_while_all_is_read_for_the_first_time_is_new():
    assert told(Memory(begin=NOON), made(updated=1, created=1), since=None) == ["new"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"label": "MEDIUM"}, {"label": "CRITICAL"}, ["worse: MEDIUM → CRITICAL"]),
        ({"label": "HIGH"}, {"label": "LOW"}, []),
        ({"compliance": "PASSED", "status": "RESOLVED"}, {"compliance": "FAILED"}, ["worse: PASSED → FAILED"]),
        ({"compliance": "FAILED"}, {"compliance": "PASSED", "status": "RESOLVED"}, []),
        ({"compliance": "FAILED"}, {"compliance": "FAILED"}, []),
        ({"status": "RESOLVED"}, {"status": "NEW"}, ["reopened: RESOLVED → open"]),
        ({"status": "SUPPRESSED"}, {"status": "NOTIFIED"}, ["reopened: SUPPRESSED → open"]),
        ({"state": "ARCHIVED"}, {"state": "ACTIVE"}, ["reopened: ARCHIVED → open"]),
        ({"status": "NEW"}, {"status": "RESOLVED"}, []),
        ({"status": "NEW"}, {"status": "NOTIFIED"}, []),
        ({"count": 12}, {"count": 40}, ["again: 12 → 40 times"]),
        ({"count": 12}, {"count": 13}, []),
        ({"count": 1}, {"count": 2}, ["again: 1 → 2 times"]),
        ({}, {"count": 2}, []),
    ],
)
def test_what_got_worse_is_told_from_what_to_what_and_nothing_else_is(before, after, said):
    memory = Memory(begin=NOON)
    told(memory, made(**before))
    assert told(memory, made(updated=1, **after)) == said
    assert told(memory, made(updated=1, **after), made(**before)) == []


def test_what_goes_on_happening_is_told_each_time_it_has_doubled():
    memory = Memory(begin=NOON)
    counts = [made(updated=minute, count=minute + 1) for minute in range(40)]
    assert told(memory, *counts) == [
        "new", "again: 1 → 2 times", "again: 2 → 4 times", "again: 4 → 8 times", "again: 8 → 16 times",
        "again: 16 → 32 times",
    ]  # fmt: skip


def test_an_older_version_that_comes_later_changes_nothing():
    memory = Memory(begin=NOON)
    versions = [made(updated=2, label="HIGH"), made(updated=1, label="LOW"), made(updated=2, label="HIGH")]
    assert told(memory, *versions) == ["new"]


def test_a_severity_that_somebody_raised_is_told_although_the_time_of_the_update_is_the_same():
    """BatchUpdateFindings leaves UpdatedAt alone."""
    memory = Memory(begin=NOON)
    assert told(memory, made(label="LOW"), made(label="HIGH")) == ["new", "worse: LOW → HIGH"]


def test_an_older_finding_that_did_not_match_before_is_not_called_new():
    memory = Memory(begin=NOON)
    assert told(memory, made(created=-500, updated=3)) == ["matches"]


def test_a_past_beginning_tells_what_was_updated_since_but_for_controls_that_are_checked_daily():
    memory = Memory(begin=NOON)
    old = {"created": -500, "updated": 3}
    assert told(memory, made(1, **old), made(2, compliance="FAILED", **old), since=None) == ["updated"]


def test_a_finding_without_any_time_is_known_from_the_start():
    finding = read(asff(UpdatedAt=None, CreatedAt=None))
    assert told(Memory(begin=NOON), finding, since=None) == []
    assert told(Memory(begin=NOON), finding) == ["matches"]


@pytest.mark.parametrize(
    ("finding", "day"),
    [
        (read(asff(CreatedAt="2026-11-20T00:00:00Z")), 20),
        (read_guardduty(detected(createdAt="2026-11-19T00:00:00Z"), position=""), 19),
        (read_ocsf(ocsf(finding_info={"uid": "x", "created_time": 1795219200000}), position=""), 21),
        (read(asff(CreatedAt=None, UpdatedAt="2026-11-22T00:00:00Z")), 22),
    ],
)
def test_when_a_finding_was_made_is_read_from_every_form(finding, day):
    assert created_at(finding) == datetime(2026, 11, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("products", "looked_for"),
    [
        ((), [((), 75), (("GuardDuty",), 375)]),
        (("inspector", "guardduty"), [(("inspector", "guardduty"), 75), (("GuardDuty",), 375)]),
        (("inspector",), [(("inspector",), 75)]),
    ],
)
def test_what_came_late_is_looked_for_and_guarddutys_for_longer(products, looked_for):
    queries = list(late_queries(Query(products=products), now=NOON))
    assert [(query.products, (NOON - query.since) / timedelta(minutes=1)) for query in queries] == looked_for


def test_what_was_learned_is_handed_over_until_it_is_kept():
    memory = Memory(begin=NOON)
    told(memory, made(1), made(2))
    learned = memory.unsaved()
    told(memory, made(2, label="CRITICAL", updated=1))
    memory.saved(learned)
    assert [known.severity for known in memory.unsaved().values()] == ["CRITICAL"]


def test_what_was_not_shown_yet_is_not_handed_over():
    """Whoever goes on from what was kept shows it."""
    memory = Memory(begin=NOON)
    told(memory, made(1, label="LOW"))
    memory.saved(memory.unsaved())
    assert memory.judge(made(1, updated=1), since=NOON) is not None
    assert memory.judge(made(1, updated=2), since=NOON) is None
    assert memory.unsaved() == {}
    memory.shown(made(1, updated=2))
    assert [known.severity for known in memory.unsaved().values()] == ["HIGH"]


VERSIONS = st.lists(
    st.fixed_dictionaries(
        {
            "label": st.sampled_from(LABELS),
            "count": st.none() | st.integers(1, 50),
            "status": st.sampled_from(["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"]),
            "state": st.sampled_from(["ACTIVE", "ARCHIVED"]),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(st.lists(VERSIONS, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_rounds_that_overlap_tell_what_single_deliveries_tell(chains, random):
    """Each version comes once in its order, and any earlier one may come again at any time."""
    histories = [
        [made(number, updated=minute, **version) for minute, version in enumerate(chain)]
        for number, chain in enumerate(chains, start=1)
    ]
    plain = [told(memory, *history) for history in histories for memory in [Memory(begin=NOON)]]
    memory, overlapping = Memory(begin=NOON), [[] for _ in histories]
    upcoming = [position for position, history in enumerate(histories) for _ in history]
    random.shuffle(upcoming)
    reached = [0] * len(histories)
    for position in upcoming:
        reached[position] += 1
        come = histories[position][: reached[position]]
        again = [random.choice(come[:-1] or come) for _ in range(random.randrange(3))]
        for finding in [*([] if reached[position] == 1 else again), come[-1], *again, come[-1]]:
            overlapping[position] += told(memory, finding)
    assert overlapping == plain
    assert told(memory, *(finding for history in histories for finding in history)) == []
