"""Each Region is read through what is on there, nothing is told twice, and what was read is said."""

from datetime import UTC, datetime

import pytest
from asff_made import ACCOUNT, asff, detected, guardduty, ocsf, read
from hubs_made import OFF, Hubs
from hypothesis import given, settings
from hypothesis import strategies as st

from secguard.errors import AwsError, Denied, UsageError
from secguard.findings import sources
from secguard.findings.feeds import guardduty as direct
from secguard.findings.feeds import securityhub_v2
from secguard.findings.feeds.levels import LevelEnd
from secguard.findings.forms.guardduty import camel_case, read_guardduty
from secguard.findings.forms.ocsf import read_ocsf
from secguard.findings.pushdown import matches
from secguard.findings.query import EVERYTHING, Query
from secguard.model import Finding, Severity, Source, Unreached, Workflow
from secguard.sandbox.guardduty import criteria
from secguard.sandbox.securityhub import composite

EAST, WEST, NORTH = "us-east-1", "eu-west-1", "eu-north-1"


def told(aws, *, source=None, query=EVERYTHING, limit=None):
    """What arrives, and what is said before."""
    said = []
    return list(sources.stream(query, aws=aws, source=source, limit=limit, tell=said.append)), said


def found(events):
    return [event for event in events if isinstance(event, Finding)]


def silent(events):
    return [str(event) for event in events if isinstance(event, Unreached)]


def asked(aws, operation):
    return [region for region, asked_for, _ in aws.asked if asked_for == operation]


def test_a_region_without_security_hub_is_read_from_guardduty():
    aws = Hubs({EAST: [asff(1)], WEST: OFF}, detectors={EAST: [detected(8)], WEST: [detected(9, region=WEST)]})
    events, said = told(aws)
    assert {finding.source for finding in found(events)} == {Source.SECURITY_HUB, Source.GUARDDUTY}
    assert asked(aws, "ListFindings").count(EAST) == 0
    assert said == ["reading Security Hub in us-east-1, GuardDuty in eu-west-1"]
    assert silent(events) == []


def test_behind_an_aggregator_the_regions_without_security_hub_are_read_too():
    hubs = {EAST: [asff(1)], WEST: [asff(2, Region=WEST)], NORTH: OFF}
    aws = Hubs(hubs, home=EAST, detectors={NORTH: [detected(9, region=NORTH)]})
    events, said = told(aws)
    assert {finding.region for finding in found(events)} == {EAST, WEST, NORTH}
    assert asked(aws, "GetFindings").count(WEST) == 1, (
        "its first page tells that it is on; the rest comes from its home"
    )
    assert said == ["reading Security Hub in us-east-1 for 2 Regions, GuardDuty in eu-north-1"]


def test_the_first_page_of_a_whole_list_tells_that_a_region_is_on():
    aws = Hubs({EAST: [asff(number) for number in range(150)], WEST: [asff(200, Region=WEST)], NORTH: OFF})
    events, _ = told(aws)
    assert len(found(events)) == 151
    assert asked(aws, "DescribeHub") == []
    assert sorted(asked(aws, "GetFindings")) == [NORTH, WEST, EAST], "each is gone on with, none is begun twice"


def test_a_list_that_ends_with_its_first_lines_asks_for_no_page_before_it_knows_where():
    aws = Hubs({EAST: [asff(1)], WEST: [asff(2, Region=WEST)]}, home=EAST)
    told(aws, limit=10)
    assert set(asked(aws, "DescribeHub")) == {EAST, WEST}
    assert set(asked(aws, "GetFindings")) == {EAST}


def test_where_only_the_new_security_hub_is_on_it_is_read():
    aws = Hubs({EAST: [asff(1)], WEST: OFF}, new_hubs={EAST: [ocsf(5)], WEST: [ocsf(6)]}, detectors={WEST: []})
    events, said = told(aws)
    assert [finding.source for finding in found(events)] == [Source.SECURITY_HUB, Source.SECURITY_HUB_V2]
    assert said == ["reading Security Hub in us-east-1, the new Security Hub (V2) in eu-west-1"]


def test_a_finding_that_two_sources_have_is_told_once():
    same = detected(9, region=WEST)
    aws = Hubs({EAST: [guardduty(9, Region=WEST)], WEST: OFF}, detectors={WEST: [same]})
    assert [finding.source for finding in found(told(aws)[0])] == [Source.SECURITY_HUB]
    in_ocsf = ocsf(5, finding_info={"uid": same["arn"], "title": "the same"})
    aws = Hubs({EAST: [guardduty(9, Region=WEST)], WEST: OFF}, new_hubs={WEST: [in_ocsf]})
    assert len(found(told(aws)[0])) == 1


def test_where_nothing_is_on_there_is_nothing_to_miss():
    events, said = told(Hubs({EAST: [asff(1)], WEST: OFF}))
    assert silent(events) == []
    assert said == ["reading Security Hub in us-east-1; off in eu-west-1"]


def test_a_region_that_was_named_and_has_nothing_on_is_named():
    events, _ = told(Hubs({EAST: [asff(1)], WEST: OFF}), query=Query(regions=(EAST, WEST)))
    assert silent(events) == [f"{ACCOUNT} {WEST}: Security Hub is not enabled, and neither is GuardDuty"]


def test_what_would_not_say_whether_it_is_on_is_asked_and_named():
    events, _ = told(Hubs({EAST: [asff(1)], WEST: Denied("not allowed")}))
    assert silent(events) == [f"{ACCOUNT} {WEST}: not allowed"]
    assert len(found(events)) == 1


def test_behind_an_aggregator_what_would_not_say_is_read_from_guardduty_too():
    hubs = {EAST: [asff(1)], WEST: Denied("not allowed"), NORTH: [asff(2, Region=NORTH)]}
    aws = Hubs(hubs, home=EAST, detectors={WEST: [detected(9, region=WEST)], NORTH: [detected(8, region=NORTH)]})
    events, _ = told(aws)
    assert {finding.region for finding in found(events)} == {EAST, WEST, NORTH}
    assert silent(events) == []
    assert asked(aws, "ListFindings").count(NORTH) == 0


def test_behind_an_aggregator_what_would_say_nothing_at_all_is_named():
    aws = Hubs({EAST: [asff(1)], WEST: Denied("no")}, home=EAST, detectors={WEST: Denied("not allowed either")})
    events, _ = told(aws)
    assert silent(events) == [f"{ACCOUNT} {WEST}: not allowed either"]


def test_a_caller_who_may_not_ask_about_the_new_security_hub_misses_nothing_of_guardduty():
    aws = Hubs({EAST: OFF}, new_hubs={EAST: Denied("not allowed")}, detectors={EAST: [detected(1)]})
    events, _ = told(aws)
    assert len(found(events)) == 1
    assert silent(events) == []


def test_where_nothing_is_on_anywhere_no_place_has_answered():
    events, said = told(Hubs({EAST: OFF}))
    assert [event.answered for event in events if isinstance(event, LevelEnd)] == [0] * len(Severity)
    assert said == ["reading nothing; off in us-east-1"]


@pytest.mark.parametrize(
    ("source", "count"), [(Source.SECURITY_HUB, 2), (Source.SECURITY_HUB_V2, 1), (Source.GUARDDUTY, 3)]
)
def test_a_source_that_was_chosen_is_the_only_one_read(source, count):
    aws = Hubs(
        {EAST: [asff(1), asff(2)]}, new_hubs={EAST: [ocsf(1)]}, detectors={EAST: [detected(n) for n in range(3)]}
    )
    assert [finding.source for finding in found(told(aws, source=source)[0])] == [source] * count


def test_a_detector_that_can_not_be_read_is_named_and_the_rest_is_there():
    aws = Hubs({}, detectors={EAST: Denied("no"), WEST: [detected(1, region=WEST)]})
    events, _ = told(aws, source=Source.GUARDDUTY)
    assert silent(events) == [f"{ACCOUNT} {EAST}: no"]
    assert len(found(events)) == 1


def test_guarddutys_findings_come_fifty_at_a_time_and_all_of_them():
    aws = Hubs({}, detectors={EAST: [detected(number) for number in range(120)]})
    assert len(found(told(aws, source=Source.GUARDDUTY)[0])) == 120
    sizes = [len(parameters["FindingIds"]) for _, operation, parameters in aws.asked if operation == "GetFindings"]
    assert sizes == [50, 50, 20]


def test_guarddutys_worst_level_comes_first():
    by_number = dict(enumerate([2, 9.5, 0.5, 8, 5]))
    aws = Hubs({}, detectors={EAST: [detected(number, severity=by_number[number]) for number in by_number]})
    events, _ = told(aws, source=Source.GUARDDUTY)
    assert [event.severity.name for event in events if isinstance(event, LevelEnd)] == [
        "CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL",
    ]  # fmt: skip
    assert [finding.severity_score for finding in found(events)] == [95, 80, 50, 20, 0]


def test_levels_below_the_limit_are_not_asked_for():
    aws = Hubs({EAST: [asff(1)], WEST: OFF}, detectors={WEST: [detected(2, severity=5, region=WEST)]})
    assert len(found(told(aws, limit=1)[0])) == 1


def test_a_source_that_is_none_is_refused():
    with pytest.raises(UsageError, match="'cloudtrail'") as refused:
        sources.parse("cloudtrail")
    assert "guardduty" in refused.value.advice
    assert sources.parse("auto") is None


def test_a_token_that_expires_in_the_new_security_hub_loses_nothing():
    class Breaking(Hubs):
        broken = False

    aws = Breaking({}, new_hubs={EAST: [ocsf(number) for number in range(150)]})
    look = aws.look

    def breaking(place):
        reader = look(place)
        items = reader.items

        def broken(*names, **parameters):
            for position, item in enumerate(items(*names, **parameters)):
                if position == 120 and not aws.broken:
                    aws.broken = True
                    raise AwsError("token", code="ValidationException")
                yield item

        reader.items = broken
        return reader

    aws.look = breaking
    events, _ = told(aws, source=Source.SECURITY_HUB_V2)
    assert len(found(events)) == 150
    assert silent(events) == []


MOMENTS = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 10, 20)]
QUERIES = st.builds(
    Query,
    levels=st.sets(st.sampled_from(Severity), min_size=1).map(lambda levels: tuple(sorted(levels, reverse=True))),
    statuses=st.sets(st.sampled_from(Workflow)).map(tuple),
    products=st.sets(st.sampled_from(["guardduty", "inspector", "acme"])).map(tuple),
    types=st.sets(st.sampled_from(["recon:*", "Recon:EC2/Portscan", "*CVE"])).map(tuple),
    resources=st.sets(st.sampled_from(["i-0c10", "arn:aws:s3:::acme"])).map(tuple),
    accounts=st.sets(st.sampled_from([ACCOUNT, "222222222222"])).map(tuple),
    regions=st.sets(st.sampled_from([EAST, WEST])).map(tuple),
    since=st.sampled_from([None, *MOMENTS]),
    until=st.sampled_from([None, *MOMENTS]),
    archived=st.booleans(),
    samples=st.booleans(),
)
UPDATED = st.sampled_from(["2026-11-05T00:00:00.000Z", "2026-11-10T00:00:00.000Z", "2026-11-15T23:59:59.999Z"])


@settings(max_examples=200, deadline=None)
@given(
    QUERIES,
    st.lists(
        st.builds(
            detected,
            st.integers(1, 99),
            kind=st.sampled_from(["Recon:EC2/Portscan", "Trojan:EC2/DropPoint"]),
            severity=st.sampled_from([0.5, 1, 3.9, 4, 6.95, 7, 8, 9, 10]),
            accountId=st.sampled_from([ACCOUNT, "222222222222"]),
            region=st.sampled_from([EAST, WEST]),
            updatedAt=UPDATED,
            service=st.builds(dict, archived=st.booleans(), additionalInfo=st.just({"value": '{"sample":true}'})),
        ),
        max_size=6,
    ),
)
def test_what_guardduty_filters_and_what_is_filtered_here_make_the_same_list(query, items):
    asked_for, holds = direct.to_criteria(query)
    sent = [item for item in items if criteria.matches(item, camel_case({"Criterion": asked_for}))]
    everything = matches(query)
    wanted = [item for item in items if everything(read_guardduty(item, position=""))]
    assert [item for item in sent if holds(read_guardduty(item, position=""))] == wanted


@settings(max_examples=200, deadline=None)
@given(
    QUERIES,
    st.lists(
        st.builds(
            lambda severity, status, activity, region, product, times: ocsf(
                severity_id=severity[0],
                severity=severity[1],
                status_id=status,
                activity_id=activity,
                cloud={"account": {"uid": ACCOUNT}, "region": region},
                metadata={"uid": "1", "product": {"name": product}},
                finding_info={
                    "uid": "1",
                    "title": "t",
                    **dict.fromkeys(("created_time_dt", "modified_time_dt"), times),
                },
            ),
            st.sampled_from(
                [(1, "Informational"), (3, "Medium"), (5, "Critical"), (6, "Fatal"), (99, "High"), (0, "")]
            ),
            st.sampled_from([0, 1, 2, 3, 4, 5, 99]),
            st.sampled_from([1, 2, 3]),
            st.sampled_from([EAST, WEST]),
            st.sampled_from(["GuardDuty", "Inspector", "Acme"]),
            UPDATED,
        ),
        max_size=6,
    ),
)
def test_what_the_new_security_hub_filters_and_what_is_filtered_here_make_the_same_list(query, items):
    asked_for, holds = securityhub_v2.to_ocsf_filters(query)
    sent = filter(composite.predicate(asked_for), items)
    everything = matches(query)
    wanted = [item for item in items if everything(read_ocsf(item, position=""))]
    assert [item for item in sent if holds(read_ocsf(item, position=""))] == wanted


def test_what_can_be_left_to_guardduty_is():
    query = Query(levels=(Severity.HIGH,), accounts=(ACCOUNT,), since=MOMENTS[0], until=MOMENTS[1])
    assert direct.to_criteria(query)[0] == {
        "severity": {"GreaterThanOrEqual": 7, "LessThan": 9},
        "service.archived": {"Equals": ["false"]},
        "accountId": {"Equals": [ACCOUNT]},
        "updatedAt": {"GreaterThanOrEqual": 1793491200000, "LessThan": 1794268800000},
    }
    assert direct.to_criteria(EVERYTHING)[0] == {}


def test_the_hubs_form_and_guarddutys_are_one_finding():
    assert read(guardduty(3)).short_id == read_guardduty(detected(3), position="").short_id
