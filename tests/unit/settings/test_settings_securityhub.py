"""Security Hub's settings, over answers that are dictionaries."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from secguard.engine.change import Undo
from secguard.engine.setting import Item
from secguard.errors import Denied, ManagedElsewhere, NotThere
from secguard.model import Place
from secguard.settings.securityhub import Aggregator, Hub, Integration, Standard

HERE = Place("123456789012", "eu-west-1")
FSBP = "arn:aws:securityhub:eu-west-1::standards/aws-foundational-security-best-practices/v/1.0.0"
CIS = "arn:aws:securityhub:eu-west-1::standards/cis-aws-foundations-benchmark/v/5.0.0"
SUBSCRIPTION = "arn:aws:securityhub:eu-west-1:123456789012:subscription/cis-aws-foundations-benchmark/v/5.0.0"
PRODUCT = "arn:aws:securityhub:eu-west-1::product/prowler/prowler"


@dataclass
class Aws:
    """Lists by operation; an error is raised."""

    lists: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    place: Place = HERE

    def items(self, service, operation, key, /, **parameters: Any):
        found = self.lists[operation]
        if isinstance(found, Exception):
            raise found
        return iter(found)

    def ask(self, service, operation, /, **parameters: Any):
        return self.answers[operation]


def subscribed(status, **more):
    entry = {"StandardsArn": CIS, "StandardsSubscriptionArn": SUBSCRIPTION, "StandardsStatus": status, **more}
    return Aws({"GetEnabledStandards": [entry]})


def off(operation):
    return Aws({operation: NotThere("Account 123456789012 is not subscribed to AWS Security Hub")})


def test_a_hub_that_refuses_its_standards_for_being_off_is_off():
    assert Hub().read(off("GetEnabledStandards"), {}).value is None
    assert Hub().read(Aws({"GetEnabledStandards": []}), {}).value == "ENABLED"


def test_a_hub_that_would_not_say_is_not_called_off():
    with pytest.raises(Denied):
        Hub().read(Aws({"GetEnabledStandards": Denied("no")}), {})


def test_the_hub_brings_no_default_standards():
    [enable] = Hub().calls({}, None, "ENABLED", None)

    assert enable.parameters["EnableDefaultStandards"] is False
    assert enable.parameters["ControlFindingGenerator"] == "SECURITY_CONTROL"


@pytest.mark.parametrize(
    ("status", "value"),
    [
        ("READY", "ENABLED"),
        ("INCOMPLETE", "ENABLED"),
        ("PENDING", "PENDING"),
        ("FAILED", "FAILED"),
        ("DELETING", "DELETING"),
    ],
)
def test_a_standards_status_is_its_value(status, value):
    assert Standard().read(subscribed(status), {"standard": CIS}).value == value


def test_a_standard_that_lacks_something_says_what():
    reason = {"StatusReasonCode": "NO_AVAILABLE_CONFIGURATION_RECORDER"}

    read = Standard().read(subscribed("INCOMPLETE", StandardsStatusReason=reason), {"standard": CIS})
    assert read.note == "INCOMPLETE: NO_AVAILABLE_CONFIGURATION_RECORDER"


def test_a_standard_that_is_not_listed_is_off():
    assert Standard().read(subscribed("READY"), {"standard": FSBP}).value is None
    assert Standard().read(off("GetEnabledStandards"), {"standard": FSBP}).value is None


def test_standards_share_a_call():
    items = [Item({"standard": arn}, None, "ENABLED", None) for arn in (FSBP, CIS)]

    [enable] = Standard().merged(items)
    assert enable.parameters == {"StandardsSubscriptionRequests": [{"StandardsArn": FSBP}, {"StandardsArn": CIS}]}


def test_turning_off_names_the_subscription():
    [disable] = Standard().calls({"standard": CIS}, "ENABLED", None, SUBSCRIPTION)

    assert disable.parameters == {"StandardsSubscriptionArns": [SUBSCRIPTION]}


@pytest.mark.parametrize(
    ("found", "wanted", "sends"),
    [
        ("PENDING", "ENABLED", False),
        ("DELETING", "ENABLED", False),
        ("DELETING", None, False),
        ("PENDING", None, True),
        ("FAILED", "ENABLED", True),
        (None, "ENABLED", True),
    ],
)
def test_nothing_is_sent_while_aws_is_on_its_way(found, wanted, sends):
    assert bool(Standard().calls({"standard": CIS}, found, wanted, None)) is sends


@pytest.mark.parametrize(
    ("value", "before", "after", "ours"),
    [
        ("PENDING", None, "ENABLED", True),
        ("DELETING", "ENABLED", None, True),
        (None, "DELETING", "ENABLED", True),
        ("ENABLED", "PENDING", None, True),
        ("FAILED", None, "ENABLED", False),
        (None, "ENABLED", "ENABLED", False),
        ("PENDING", "ENABLED", None, False),
    ],
)
def test_what_a_standard_passes_through(value, before, after, ours):
    assert Standard().passes_through(value, before, after) is ours


def test_an_answer_that_does_not_name_a_standard_has_not_taken_it():
    items = [Item({"standard": arn}, None, "ENABLED", None) for arn in (FSBP, CIS)]

    refusals = Standard().refusals(items, [{"StandardsSubscriptions": [{"StandardsArn": CIS}]}])
    assert list(refusals) == [0]


def test_undoing_a_standard_turns_it_off_and_one_that_had_failed_does_not_fail_again():
    assert Standard().way_back({}, None, "ENABLED").grade is Undo.EXACT
    back = Standard().way_back({}, "FAILED", "ENABLED")
    assert (back.grade, back.value) == (Undo.NEAREST, None)


def test_an_integration_is_found_by_product_whatever_the_subscriptions_arn():
    subscription = "arn:aws:securityhub:eu-west-1:123456789012:product-subscription/prowler/prowler"
    read = Integration().read(Aws({"ListEnabledProductsForImport": [subscription]}), {"product": PRODUCT})

    assert read.value == "ENABLED"
    [disable] = Integration().calls({"product": PRODUCT}, read.value, None, read.context)
    assert disable.parameters == {"ProductSubscriptionArn": subscription}


def test_an_aggregator_of_another_home_is_not_touched():
    arn = "arn:aws:securityhub:us-east-1:123456789012:finding-aggregator/1"
    aws = Aws({"ListFindingAggregators": [{"FindingAggregatorArn": arn}]})

    with pytest.raises(ManagedElsewhere, match="us-east-1"):
        Aggregator().read(aws, {})


def test_an_aggregator_is_read_and_made_with_its_regions():
    arn = "arn:aws:securityhub:eu-west-1:123456789012:finding-aggregator/1"
    answer = {"RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": ["eu-west-2", "eu-north-1"]}
    aws = Aws({"ListFindingAggregators": [{"FindingAggregatorArn": arn}]}, {"GetFindingAggregator": answer})

    read = Aggregator().read(aws, {})
    assert read.value == {"mode": "SPECIFIED_REGIONS", "regions": ["eu-north-1", "eu-west-2"]}
    [create] = Aggregator().calls({}, None, read.value, None)
    assert create.parameters == {"RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": ["eu-north-1", "eu-west-2"]}
    [delete] = Aggregator().calls({}, read.value, None, read.context)
    assert delete.parameters == {"FindingAggregatorArn": arn}


def test_there_is_no_aggregator_without_a_hub():
    assert Aggregator().read(off("ListFindingAggregators"), {}).value is None
