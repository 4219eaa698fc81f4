"""Insights of one's own in Security Hub: a saved filter, and what its findings are counted by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from secguard.engine.change import Undo
from secguard.engine.seam import Call, Reader
from secguard.engine.setting import Address, Read, Setting, WayBack
from secguard.engine.values import canonical, late
from secguard.errors import AwsError
from secguard.model import Value

SERVICE = "securityhub"
_PAGE = 100


class CustomInsight(Setting):
    """One insight by its name: None, or `{"filters": {…}, "group_by": "ResourceId"}`.

    Filters are as `AwsSecurityFindingFilters` has them, those of one attribute in a fixed order.
    """

    name = "insights.custom"
    reads = ("securityhub:GetInsights",)
    writes = ("securityhub:CreateInsight", "securityhub:UpdateInsight", "securityhub:DeleteInsight")

    def read(self, aws: Reader, address: Address) -> Read:
        """The context is the ARN. Raises NotThere when Security Hub is off, AwsError when several have the name."""
        found = list(named(aws, str(address["name"])))
        if len(found) > 1:
            arns = ", ".join(str(each["InsightArn"]) for each in found)
            raise AwsError(f"{len(found)} insights are called {address['name']!r}: {arns}", advice="rename all but one")
        if not found:
            return Read(None)
        arn = found[0]["InsightArn"]
        return Read(value_of(found[0]), context=arn, yields={"InsightArn": arn})

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """One call."""
        arn = context or late("this.InsightArn")
        if wanted is None:
            return [Call(SERVICE, "DeleteInsight", {"InsightArn": arn})]
        wish = {"Filters": wanted["filters"], "GroupByAttribute": wanted["group_by"]}
        if found is None:
            return [Call(SERVICE, "CreateInsight", {"Name": address["name"], **wish})]
        return [Call(SERVICE, "UpdateInsight", {"InsightArn": arn, **wish})]

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """The same again; what was deleted is made anew."""
        if after is None:
            return WayBack(Undo.NEAREST, before, "it gets a new ARN")
        return WayBack(Undo.EXACT, before)

    def target(self, address: Address) -> str:
        """By its name."""
        return f"insight {address['name']}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """In the operator's words."""
        if after is None:
            return "delete the insight"
        does = "count" if before is None else "count otherwise:"
        return f"{does} findings by {after['group_by']} where {_where(after['filters'])}"


SETTINGS = (CustomInsight(),)


def named(aws: Reader, name: str) -> Iterator[Mapping[str, Any]]:
    """The account's own insights of that very name, as GetInsights tells of them."""
    listed = aws.items(SERVICE, "GetInsights", "Insights", MaxResults=_PAGE)
    return (each for each in listed if each["Name"] == name)


def value_of(said: Mapping[str, Any]) -> Value:
    """What an insight, as GetInsights tells of it, holds."""
    return {"filters": in_order(said.get("Filters") or {}), "group_by": said["GroupByAttribute"]}


def in_order(filters: Mapping[str, Any]) -> dict[str, Value]:
    """Filters with nothing empty and in a fixed order, so that two that mean the same are equal."""
    return {attribute: sorted(values, key=canonical) for attribute, values in sorted(filters.items()) if values}


def _where(filters: Mapping[str, Any]) -> str:
    parts = (f"{attribute} {' or '.join(_brief(each) for each in values)}" for attribute, values in filters.items())
    return ", ".join(parts) or "there are any"


def _brief(each: Mapping[str, Any]) -> str:
    match each:
        case {"Value": value, "Comparison": "EQUALS"}:
            return f"is {value}"
        case {"Value": value, "Comparison": "PREFIX"}:
            return f"begins with {value}"
        case {"DateRange": {"Value": days}}:
            return f"is in the last {days} days"
        case _:
            return canonical(dict(each))
