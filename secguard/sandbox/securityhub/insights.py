"""Insights: saved filters with an attribute to group by; an account's own, and the managed ones that every hub has."""

from __future__ import annotations

from collections import Counter
from typing import Any

from moto.moto_api._internal import mock_random

from secguard.sandbox.operations import Answer, Ask
from secguard.sandbox.securityhub.attributes import kinds, path_of, values_at
from secguard.sandbox.securityhub.backend import SecurityHubBackend
from secguard.sandbox.securityhub.filtering import predicate
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.managed_insights import managed
from secguard.sandbox.securityhub.refusals import conflict, invalid_input, not_found, too_many
from secguard.sandbox.securityhub.scope import reachable

# The quotas of the Security Hub user guide: custom insights, and rows of a result.
MAX_INSIGHTS, MAX_ROWS = 100, 100
SETTINGS = ("Name", "Filters", "GroupByAttribute")


def create_insight(here: SecurityHubBackend, ask: Ask) -> Answer:
    """CreateInsight."""
    here.subscribed()
    _check(ask)
    if any(each["Name"] == ask["Name"] for each in here.insights.values()):
        raise conflict(f"An insight with the name {ask['Name']} already exists")
    if len(here.insights) >= MAX_INSIGHTS:
        raise too_many(f"The account has the {MAX_INSIGHTS} custom insights that it may have")
    arn = here.arn(f"insight/{here.account_id}/custom/{mock_random.uuid4()}")
    here.insights[arn] = {"InsightArn": arn, **{name: ask[name] for name in SETTINGS}}
    return {"InsightArn": arn}


def get_insights(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetInsights: one's own, or those asked for by ARN; AWS's managed ones are not listed otherwise."""
    here.subscribed()
    wanted = ask.get("InsightArns")
    listed = [_known(here, arn) for arn in wanted] if wanted else list(here.insights.values())
    return page(here, ask, "Insights", lambda: listed)


def update_insight(here: SecurityHubBackend, ask: Ask) -> Answer:
    """UpdateInsight."""
    here.subscribed()
    insight = _own(here, ask["InsightArn"])
    changes: dict[str, Any] = {name: ask[name] for name in SETTINGS if name in ask}
    changed = {**insight, **changes}
    _check(changed)
    here.insights[ask["InsightArn"]] = changed
    return {}


def delete_insight(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DeleteInsight."""
    here.subscribed()
    del here.insights[_own(here, ask["InsightArn"])["InsightArn"]]
    return {"InsightArn": ask["InsightArn"]}


def get_insight_results(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetInsightResults: how many findings there are of each value, most first."""
    here.subscribed()
    insight = _known(here, ask["InsightArn"])
    wanted, path = predicate(insight["Filters"]), path_of(insight["GroupByAttribute"])
    counted: Counter[str] = Counter()
    for hub in reachable(here):
        for finding in filter(wanted, hub.findings.values()):
            counted.update({str(value) for value in values_at(finding, path)})
    rows = [{"GroupByAttributeValue": value, "Count": count} for value, count in counted.most_common(MAX_ROWS)]
    result = {"InsightArn": ask["InsightArn"], "GroupByAttribute": insight["GroupByAttribute"], "ResultValues": rows}
    return {"InsightResults": result}


def _check(ask: dict[str, Any]) -> None:
    predicate(ask["Filters"])
    if ask["GroupByAttribute"] not in kinds():
        raise invalid_input(f"Invalid parameter 'GroupByAttribute'. Unknown attribute '{ask['GroupByAttribute']}'.")


def _known(here: SecurityHubBackend, arn: str) -> dict[str, Any]:
    return managed(here.partition).get(arn) or _own(here, arn)


def _own(here: SecurityHubBackend, arn: str) -> dict[str, Any]:
    if arn not in here.insights:
        raise not_found(f"Insight {arn} was not found")
    return here.insights[arn]


OPERATIONS = {
    "CreateInsight": create_insight,
    "GetInsights": get_insights,
    "UpdateInsight": update_insight,
    "DeleteInsight": delete_insight,
    "GetInsightResults": get_insight_results,
}
