"""An insight of one's own: how it is read, made, changed, deleted and taken back."""

import pytest
from canned import Canned, after, missing

from secguard.engine.change import Undo
from secguard.errors import AwsError, NotThere
from secguard.settings.insights import CustomInsight, in_order

ARN = "arn:aws:securityhub:eu-west-1:123456789012:insight/123456789012/custom/1"
NEW, NOTIFIED = ({"Value": value, "Comparison": "EQUALS"} for value in ("NEW", "NOTIFIED"))
OPEN = {"filters": {"WorkflowStatus": [NEW]}, "group_by": "ResourceId"}
SPOT = {"name": "Open"}


def listed(*insights):
    return Canned({"securityhub:GetInsights": {"Insights": list(insights)}})


def told(name="Open", arn=ARN, **filters):
    return {"InsightArn": arn, "Name": name, "Filters": filters, "GroupByAttribute": "ResourceId"}


def test_an_insight_is_found_by_its_very_name():
    found = CustomInsight().read(listed(told("open"), told(WorkflowStatus=[NEW])), SPOT)

    assert (found.value, found.context) == (OPEN, ARN)
    assert CustomInsight().read(listed(told("open")), SPOT).value is None


def test_filters_in_another_order_and_empty_ones_make_no_difference():
    found = CustomInsight().read(listed(told(WorkflowStatus=[NOTIFIED, NEW], Title=[])), SPOT)

    assert found.value["filters"] == in_order({"WorkflowStatus": [NEW, NOTIFIED]})


def test_two_of_one_name_are_nobodys():
    with pytest.raises(AwsError, match="2 insights are called 'Open'"):
        CustomInsight().read(listed(told(), told(arn=f"{ARN}2")), SPOT)


def test_where_security_hub_is_off_nothing_can_be_kept():
    with pytest.raises(NotThere):
        CustomInsight().read(Canned({"securityhub:GetInsights": missing("InvalidAccessException")}), SPOT)


def test_each_way_is_one_call():
    wish = {"Filters": OPEN["filters"], "GroupByAttribute": "ResourceId"}

    assert after(CustomInsight(), SPOT, None, OPEN) == ("CreateInsight", {"Name": "Open", **wish})
    assert after(CustomInsight(), SPOT, {"filters": {}, "group_by": "Region"}, OPEN, ARN) == (
        "UpdateInsight",
        {"InsightArn": ARN, **wish},
    )
    assert after(CustomInsight(), SPOT, OPEN, None, ARN) == ("DeleteInsight", {"InsightArn": ARN})


def test_only_what_was_deleted_does_not_come_back_as_it_was():
    ways = [CustomInsight().way_back(SPOT, before, wanted) for before, wanted in ((None, OPEN), (OPEN, None))]

    assert [(way.grade, way.value) for way in ways] == [(Undo.EXACT, None), (Undo.NEAREST, OPEN)]
    assert "new ARN" in ways[1].note


def test_the_summary_tells_what_is_counted():
    period = {"filters": {"UpdatedAt": [{"DateRange": {"Value": 7, "Unit": "DAYS"}}]}, "group_by": "Region"}
    texts = [CustomInsight().summary(SPOT, *pair) for pair in ((None, OPEN), (OPEN, period), (OPEN, None))]

    assert texts == [
        "count findings by ResourceId where WorkflowStatus is NEW",
        "count otherwise: findings by Region where UpdatedAt is in the last 7 days",
        "delete the insight",
    ]
