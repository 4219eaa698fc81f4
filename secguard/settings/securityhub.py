"""Security Hub in one place: the hub, its standards, its integrations and the aggregation of findings."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secguard.engine.change import Undo
from secguard.engine.seam import Answer, Call, Reader
from secguard.engine.setting import Address, Item, Read, Setting, WayBack
from secguard.engine.values import late
from secguard.errors import AwsError, ManagedElsewhere, NotThere
from secguard.model import Value

ON, PENDING, DELETING, FAILED = "ENABLED", "PENDING", "DELETING", "FAILED"

FAMILIES = {
    "fsbp": "aws-foundational-security-best-practices",
    "cis": "cis-aws-foundations-benchmark",
    "nist-800-53": "nist-800-53",
    "nist-800-171": "nist-800-171",
    "pci-dss": "pci-dss",
    "resource-tagging": "aws-resource-tagging-standard",
}
"""Short names of the standards, without a version."""

KEEPS_FOR = 5.0
"""Seconds for which a switch that was looked at need not be looked at again before it is set; see `Setting`."""

READS_STANDARDS = ("securityhub:GetEnabledStandards",)
READS_AGGREGATION = ("securityhub:ListFindingAggregators", "securityhub:GetFindingAggregator")
READS_INTEGRATIONS = ("securityhub:ListEnabledProductsForImport",)

# What StandardsStatus says of a standard that is on: INCOMPLETE means that some of its checks can't run.
_VALUES = {"READY": ON, "INCOMPLETE": ON, "PENDING": PENDING, "DELETING": DELETING, "FAILED": FAILED}


class Hub(Setting):
    """Security Hub's switch: None or "ENABLED"."""

    name = "securityhub.hub"
    reads = READS_STANDARDS
    keeps_for = KEEPS_FOR
    writes = ("securityhub:EnableSecurityHub", "securityhub:DisableSecurityHub", "securityhub:TagResource")

    def read(self, aws: Reader, address: Address) -> Read:
        """Asks for the standards, which a hub that is off refuses: a plan needs them anyway, and so asks once."""
        try:
            see_standards(aws)
        except NotThere:
            return Read(None)
        return Read(ON)

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """On without the default standards, which are CIS 1.2.0 and FSBP: the wanted ones follow by name."""
        if wanted is None:
            return [Call("securityhub", "DisableSecurityHub")]
        tags = {"secguard:run": late("run_id"), "secguard:change": late("this.change")}
        wish = {"EnableDefaultStandards": False, "ControlFindingGenerator": "SECURITY_CONTROL", "Tags": tags}
        return [Call("securityhub", "EnableSecurityHub", wish)]

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """Off again; nothing is lost at once."""
        note = "AWS deletes the findings and settings of a hub 90 days after it is turned off"
        return WayBack(Undo.EXACT, before, note)

    def target(self, address: Address) -> str:
        """There is one."""
        return "Security Hub"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """In the operator's words."""
        if before == after:
            return "on"
        return "turn Security Hub off" if after is None else "turn Security Hub on, without default standards"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardSeen:
    """One enabled standard, as GetEnabledStandards shows it."""

    arn: str
    subscription: str
    status: str
    """READY, INCOMPLETE, PENDING, FAILED or DELETING."""
    reason: str | None
    """Why it is not READY: NO_AVAILABLE_CONFIGURATION_RECORDER."""


def see_standards(aws: Reader) -> list[StandardSeen]:
    """The standards that are on, or on their way. Raises NotThere when Security Hub is off."""
    found = aws.items("securityhub", "GetEnabledStandards", "StandardsSubscriptions")
    return [
        StandardSeen(
            arn=subscription["StandardsArn"],
            subscription=subscription["StandardsSubscriptionArn"],
            status=subscription["StandardsStatus"],
            reason=subscription.get("StandardsStatusReason", {}).get("StatusReasonCode"),
        )
        for subscription in found
    ]


class Standard(Setting):
    """One security standard: None, "PENDING", "ENABLED", "FAILED" or "DELETING". The address holds its ARN."""

    name = "securityhub.standard"
    reads = READS_STANDARDS
    keeps_for = KEEPS_FOR
    writes = ("securityhub:BatchEnableStandards", "securityhub:BatchDisableStandards")
    # Long enough for one that settles at once. The others take minutes, and stay `pending` unless they are waited for.
    settles_in = 5.0
    merges = 25  # BatchEnableStandards takes 25 requests

    def read(self, aws: Reader, address: Address) -> Read:
        """The context is the subscription's ARN. One that is INCOMPLETE is on, with a note that says why."""
        try:
            standards = see_standards(aws)
        except NotThere:
            return Read(None)
        seen = next((standard for standard in standards if standard.arn == address["standard"]), None)
        if seen is None:
            return Read(None)
        note = f"{seen.status}: {seen.reason or 'no reason given'}" if seen.status in ("INCOMPLETE", "FAILED") else None
        yields = {"StandardsSubscriptionArn": seen.subscription}
        return Read(_VALUES[seen.status], context=seen.subscription, yields=yields, note=note)

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """Nothing while AWS is on its way."""
        return self.merged([Item(address, found, wanted, context)])

    def batch(self, address: Address, wanted: Value) -> Hashable:
        """All that are to be on go together, and all that are to be off."""
        return str(wanted)

    def merged(self, items: Sequence[Item]) -> list[Call]:
        """One call for every standard to be moved the same way."""
        moving = [item for item in items if not _under_way(item)]
        if not moving:
            return []
        if moving[0].wanted == ON:
            requests = [{"StandardsArn": item.address["standard"]} for item in moving]
            return [Call("securityhub", "BatchEnableStandards", {"StandardsSubscriptionRequests": requests})]
        subscriptions = [item.context or late("this.StandardsSubscriptionArn") for item in moving]
        return [Call("securityhub", "BatchDisableStandards", {"StandardsSubscriptionArns": subscriptions})]

    def refusals(self, items: Sequence[Item], answers: Sequence[Answer]) -> Mapping[int, str]:
        """A success that does not list a standard has not taken it."""
        taken = {one["StandardsArn"]: one for answer in answers for one in answer["StandardsSubscriptions"]}
        return {
            position: "Security Hub answered without naming this standard"
            for position, item in enumerate(items)
            if not _under_way(item) and item.address["standard"] not in taken
        }

    def passes_through(self, value: Value, before: Value, after: Value) -> bool:
        """On by way of PENDING, off by way of DELETING; what AWS had begun before may end first."""
        if after == ON:
            return bool(value == PENDING or (value is None and before == DELETING))
        return bool(value == DELETING or (value == ON and before == PENDING))

    def way_back(self, address: Address, before: Value, after: Value) -> WayBack:
        """Off again. One that had failed is not made to fail again."""
        if before in (None, FAILED, DELETING):
            return WayBack(Undo.EXACT if before is None else Undo.NEAREST, None)
        return WayBack(Undo.EXACT, ON)

    def target(self, address: Address) -> str:
        """By its short name."""
        return f"standard {standard_name(address['standard'])}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """In the operator's words."""
        on = "off" if after is None else "on"
        return on if before == after else f"turn {standard_name(address['standard'])} {on}"


def standard_name(arn: str) -> str:
    """The short name of a standard, with its version: `cis-5.0.0`."""
    slug, _, version = arn.partition("/")[2].partition("/v/")
    family = next((family for family, known in FAMILIES.items() if known == slug), slug)
    return f"{family}-{version}" if version else family


class Integration(Setting):
    """A product whose findings Security Hub takes in: None or "ENABLED". The address holds the product's ARN."""

    name = "securityhub.integration"
    reads = READS_INTEGRATIONS
    writes = ("securityhub:EnableImportFindingsForProduct", "securityhub:DisableImportFindingsForProduct")

    def read(self, aws: Reader, address: Address) -> Read:
        """The context is the subscription's ARN."""
        try:
            subscriptions = see_integrations(aws)
        except NotThere:
            return Read(None)
        product = integration_name(address["product"])
        subscription = next((arn for arn in subscriptions if integration_name(arn) == product), None)
        if subscription is None:
            return Read(None)
        return Read(ON, context=subscription, yields={"ProductSubscriptionArn": subscription})

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """One call."""
        if wanted == ON:
            return [Call("securityhub", "EnableImportFindingsForProduct", {"ProductArn": address["product"]})]
        subscription = context or late("this.ProductSubscriptionArn")
        return [Call("securityhub", "DisableImportFindingsForProduct", {"ProductSubscriptionArn": subscription})]

    def target(self, address: Address) -> str:
        """In the operator's words."""
        return f"integration {integration_name(address['product'])}"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """In the operator's words."""
        if before == after:
            return "on"
        return f"{'take' if after == ON else 'stop taking'} findings of {integration_name(address['product'])}"


def see_integrations(aws: Reader) -> list[str]:
    """The ARNs of the product subscriptions. Raises NotThere when Security Hub is off."""
    return list(aws.items("securityhub", "ListEnabledProductsForImport", "ProductSubscriptions"))


def integration_name(arn: str) -> str:
    """`aws/guardduty`, from a product's ARN or from that of a subscription to it."""
    return arn.partition("/")[2]


class Aggregator(Setting):
    """Which Regions send their findings to this one: None, or `{"mode": "ALL_REGIONS", "regions": []}`."""

    name = "securityhub.aggregator"
    reads = READS_AGGREGATION
    writes = (
        "securityhub:CreateFindingAggregator",
        "securityhub:UpdateFindingAggregator",
        "securityhub:DeleteFindingAggregator",
    )

    def read(self, aws: Reader, address: Address) -> Read:
        """The context is the aggregator's ARN. Raises ManagedElsewhere when another Region is the home."""
        try:
            arn = see_aggregator(aws)
        except NotThere:
            return Read(None)
        if arn is None:
            return Read(None)
        if (home := aggregation_home(arn)) != aws.place.region:
            raise ManagedElsewhere(
                f"findings are aggregated in {home} already",
                advice=f"keep {home} as the home Region: moving it deletes the aggregator, and secguard does not",
            )
        answer = aws.ask("securityhub", "GetFindingAggregator", FindingAggregatorArn=arn)
        value = {"mode": answer["RegionLinkingMode"], "regions": sorted(answer.get("Regions", ()))}
        return Read(value, context=arn, yields={"FindingAggregatorArn": arn})

    def calls(self, address: Address, found: Value, wanted: Value, context: Any) -> list[Call]:
        """One call."""
        arn = context or late("this.FindingAggregatorArn")
        if wanted is None:
            return [Call("securityhub", "DeleteFindingAggregator", {"FindingAggregatorArn": arn})]
        wish: dict[str, Value] = {"RegionLinkingMode": wanted["mode"]}
        if wanted["regions"]:
            wish["Regions"] = wanted["regions"]
        if found is None:
            return [Call("securityhub", "CreateFindingAggregator", wish)]
        return [Call("securityhub", "UpdateFindingAggregator", {"FindingAggregatorArn": arn, **wish})]

    def passes(self, error: AwsError) -> bool:
        """The home Region may take a moment to know that its hub is on."""
        return isinstance(error, NotThere)

    def target(self, address: Address) -> str:
        """There is one."""
        return "finding aggregator"

    def summary(self, address: Address, before: Value, after: Value) -> str:
        """In the operator's words."""
        if after is None:
            return "stop gathering findings here"
        sources = ", ".join(after["regions"]) or "all Regions"
        return f"gather the findings of {sources} here"


def see_aggregator(aws: Reader) -> str | None:
    """The ARN of the account's aggregator, whichever Region is its home. Raises NotThere when Security Hub is off."""
    found = next(iter(aws.items("securityhub", "ListFindingAggregators", "FindingAggregators")), None)
    return None if found is None else str(found["FindingAggregatorArn"])


def aggregation_home(arn: str) -> str:
    """The Region in an aggregator's ARN."""
    return arn.split(":")[3]


SETTINGS = (Hub(), Standard(), Integration(), Aggregator())


def _under_way(item: Item) -> bool:
    return bool(item.found == DELETING or (item.found == PENDING and item.wanted == ON))
