"""When a finding was resolved, as its history tells, and what is made of that."""

from datetime import UTC, datetime

import pytest
from asff_made import ACCOUNT, asff
from hubs_made import Hubs

from secguard.errors import Denied, NotThere
from secguard.findings.insights.resolving import Resolving, resolving_record, resolving_times
from secguard.findings.query import Query
from secguard.model import Severity

SINCE = "2026-11-20T00:00:00Z"
RESOLVED = {"Status": "RESOLVED"}


class Histories(Hubs):
    """Hubs whose findings have histories: by id, the records, or the error that asking brings."""

    def __init__(self, hubs, histories, **more):
        super().__init__(hubs, **more)
        self.histories = histories

    def look(self, place):
        look = super().look(place)
        listed = look.items

        def items(service, operation, key, **parameters):
            if operation != "GetFindingHistory":
                return listed(service, operation, key, **parameters)
            self.asked.append((place.region, operation, parameters))
            found = self.histories.get(parameters["FindingIdentifier"]["Id"], [])
            if isinstance(found, Exception):
                raise found
            return iter(found)

        look.items = items
        return look


def resolved(number, **over):
    return asff(number, Workflow=RESOLVED, FirstObservedAt=SINCE, **over)


def update(at, before="NEW", after="RESOLVED", field="Workflow"):
    return {"UpdateTime": at, "Updates": [{"UpdatedField": field, "OldValue": before, "NewValue": after}]}


def times(findings, histories, *, query=None, most=50, **more):
    hubs = Histories({"us-east-1": findings}, histories, **more)
    return hubs, resolving_times(query or Query(), aws=hubs, most=most, progress=lambda _text: None)


def id_of(finding):
    return finding["Id"]


def test_the_time_is_from_the_first_sight_to_the_last_resolution():
    one = resolved(1)
    records = [
        update("2026-11-20T12:00:00Z"),
        update("2026-11-21T00:00:00Z", "RESOLVED", "NEW"),
        update("2026-11-22T00:00:00Z"),
    ]
    _, told = times([one], {id_of(one): records})

    assert told.times == [Resolving(severity=Severity.HIGH, asked=1, hours=(48.0,))]


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("Workflow", '{"Status": "NEW"}', '{"Status": "RESOLVED"}'),
        ("Workflow.Status", "NOTIFIED", "RESOLVED"),
        ("WorkflowStatus", "", "RESOLVED"),
    ],
)
def test_a_history_may_name_the_status_in_several_ways(field, before, after):
    one = resolved(1)
    _, told = times([one], {id_of(one): [update("2026-11-20T01:00:00Z", before, after, field)]})

    assert told.times[0].hours == (1.0,)


@pytest.mark.parametrize(
    "records",
    [
        [],
        [update("2026-11-21T00:00:00Z", field="Title")],
        [update("2026-11-21T00:00:00Z", before='{"Status": "RESOLVED"}')],
        [update("not a time")],
        [update("2026-11-19T00:00:00Z")],
        [{"UpdateTime": "2026-11-21T00:00:00Z", "Updates": None}, "odd"],
        NotThere("gone", code="ResourceNotFoundException"),
    ],
)
def test_what_a_history_does_not_tell_is_asked_about_and_not_counted(records):
    one = resolved(1)
    _, told = times([one], {id_of(one): records})

    assert told.times == [Resolving(severity=Severity.HIGH, asked=1)]
    assert resolving_record(told.times[0])["median_hours"] is None


def test_since_and_until_are_about_the_resolution():
    early, late = resolved(1, UpdatedAt="2026-11-01T00:00:00Z"), resolved(2)
    histories = {id_of(early): [update("2026-11-21T00:00:00Z")], id_of(late): [update("2026-11-22T00:00:00Z")]}
    period = Query(since=datetime(2026, 11, 21, tzinfo=UTC), until=datetime(2026, 11, 22, tzinfo=UTC))
    _, told = times([early, late], histories, query=period)

    assert told.times == [Resolving(severity=Severity.HIGH, asked=2, hours=(24.0,))]


def test_no_more_histories_are_asked_for_than_was_said_the_newest_first():
    findings = [resolved(n, UpdatedAt=f"2026-11-{n:02}T00:00:00Z") for n in range(1, 20)]
    hubs, told = times(findings, {}, most=3)
    asked = [given["FindingIdentifier"]["Id"] for _, operation, given in hubs.asked if operation == "GetFindingHistory"]

    assert told.times[0].asked == 3
    assert sorted(asked) == sorted(id_of(finding) for finding in findings[-3:])


def test_a_history_that_may_not_be_read_is_named_and_the_other_regions_count():
    here, there = resolved(1), resolved(2, Region="eu-west-1")
    histories = {id_of(here): Denied("no"), id_of(there): [update("2026-11-20T06:00:00Z")]}
    hubs = Histories({"us-east-1": [here], "eu-west-1": [there]}, histories)
    told = resolving_times(Query(), aws=hubs, most=50, progress=lambda _text: None)

    assert [(each.account, each.region) for each in told.unreached] == [(ACCOUNT, "us-east-1")]
    assert told.times[0].hours == (6.0,)
    assert told.answered


def test_nobody_who_answers_is_told_from_nothing_resolved():
    silent = Histories({"us-east-1": Denied("no")}, {})

    assert not resolving_times(Query(), aws=silent, most=5, progress=lambda _text: None).answered
    assert times([], {})[1].answered


@pytest.mark.parametrize(
    ("hours", "median", "p90"), [((), None, None), ((4.0,), 4.0, 4.0), ((1.0, 2.0, 3.0, 10.0), 2.5, 10.0)]
)
def test_the_figures_are_the_middle_and_where_nine_in_ten_end(hours, median, p90):
    figures = Resolving(severity=Severity.LOW, asked=9, hours=hours)

    assert (figures.median, figures.p90) == (median, p90)
    assert Resolving(severity=Severity.LOW, asked=9, hours=tuple(map(float, range(1, 101)))).p90 == 90.0
