"""Cross-Region aggregation: one home Region that shows and updates what the linked Regions find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from moto.moto_api._internal import mock_random

from secguard.sandbox.operations import Answer, ApiError, Ask
from secguard.sandbox.securityhub.backend import Aggregator, SecurityHubBackend
from secguard.sandbox.securityhub.lists import page
from secguard.sandbox.securityhub.refusals import conflict, invalid_input, not_found
from secguard.sandbox.securityhub.scope import aggregator_of
from secguard.sandbox.shared import administrator_of

WITH_REGIONS = ("SPECIFIED_REGIONS", "ALL_REGIONS_EXCEPT_SPECIFIED")
MODES = (*WITH_REGIONS, "ALL_REGIONS", "NO_REGIONS")
# The wording of these two is not recorded anywhere, nor is the code of the first.
EXISTS = "A finding aggregator already exists for this account."
NOT_HOME = "This operation can only be called from the home Region."


def create_aggregator(here: SecurityHubBackend, ask: Ask) -> Answer:
    """CreateFindingAggregator: this Region becomes the home Region. One per account."""
    here.subscribed()
    if administrator_of("securityhub", here.region_name, here.account_id):
        # Recorded with the status 401.
        message = "A finding aggregator cannot be created by a member account."
        raise ApiError("InvalidInputException", message, status=401)
    if aggregator_of(here):
        raise conflict(EXISTS)
    mode, regions = _linking(here, ask)
    arn = here.arn(f"finding-aggregator/{mock_random.uuid4()}")
    here.aggregator = Aggregator(arn=arn, mode=mode, regions=regions)
    return _shown(here.aggregator, here.region_name)


def get_aggregator(here: SecurityHubBackend, ask: Ask) -> Answer:
    """GetFindingAggregator: answers in every Region."""
    here.subscribed()
    return _shown(*_known(here, ask["FindingAggregatorArn"]))


def list_aggregators(here: SecurityHubBackend, ask: Ask) -> Answer:
    """ListFindingAggregators: answers in every Region; the ARN tells the home Region."""
    here.subscribed()
    found = aggregator_of(here)
    arns = [{"FindingAggregatorArn": found[0].arn}] if found else []
    return page(here, ask, "FindingAggregators", lambda: arns)


def update_aggregator(here: SecurityHubBackend, ask: Ask) -> Answer:
    """UpdateFindingAggregator: in the home Region only, which it does not change."""
    aggregator = _at_home(here, ask)
    mode, regions = _linking(here, ask)
    here.aggregator = replace(aggregator, mode=mode, regions=regions)
    return _shown(here.aggregator, here.region_name)


def delete_aggregator(here: SecurityHubBackend, ask: Ask) -> Answer:
    """DeleteFindingAggregator: in the home Region only."""
    _at_home(here, ask)
    here.aggregator = None
    return {}


def _known(here: SecurityHubBackend, arn: str) -> tuple[Aggregator, str]:
    found = aggregator_of(here)
    if found is None or found[0].arn != arn:
        raise not_found(f"Finding aggregator {arn} was not found")
    return found


def _at_home(here: SecurityHubBackend, ask: Ask) -> Aggregator:
    here.subscribed()
    aggregator, home = _known(here, ask["FindingAggregatorArn"])
    if home != here.region_name or here.aggregator is None:
        raise invalid_input(NOT_HOME)
    return aggregator


def _linking(here: SecurityHubBackend, ask: Ask) -> tuple[str, tuple[str, ...]]:
    mode, regions = ask["RegionLinkingMode"], tuple(ask.get("Regions", ()))
    if mode not in MODES:
        raise invalid_input(f"Invalid parameter 'RegionLinkingMode'. Value '{mode}' is not one of: {', '.join(MODES)}.")
    if bool(regions) != (mode in WITH_REGIONS) or here.region_name in regions:
        raise invalid_input(f"Invalid parameter 'Regions'. The list does not go with {mode}.")
    return mode, regions


def _shown(aggregator: Aggregator, home: str) -> dict[str, Any]:
    return {
        "FindingAggregatorArn": aggregator.arn,
        "FindingAggregationRegion": home,
        "RegionLinkingMode": aggregator.mode,
        **({"Regions": list(aggregator.regions)} if aggregator.mode in WITH_REGIONS else {}),
    }


OPERATIONS = {
    "CreateFindingAggregator": create_aggregator,
    "GetFindingAggregator": get_aggregator,
    "ListFindingAggregators": list_aggregators,
    "UpdateFindingAggregator": update_aggregator,
    "DeleteFindingAggregator": delete_aggregator,
}
