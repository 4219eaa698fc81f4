"""What Security Hub holds in one account and Region."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, ClassVar

from moto.core.base_backend import BaseBackend
from moto.securityhub.models import securityhub_backends
from moto.utilities.utils import get_partition

from secguard.sandbox.operations import ApiError
from secguard.sandbox.pages import Pages

Finding = dict[str, Any]
"""A finding in the AWS Security Finding Format."""

FindingKey = tuple[str, str]
"""A finding is known by its product's ARN and its id together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """That the service is on, and how it is set up."""

    subscribed_at: datetime
    auto_enable_controls: bool
    control_finding_generator: str
    tags: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubV2:
    """That the new Security Hub, a service of its own, is on."""

    subscribed_at: datetime
    tags: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An enabled standard, on its way to READY or away."""

    arn: str
    standard_arn: str
    status: str
    inputs: dict[str, str]
    reason: str | None = None
    polls_left: int = 0
    """How many more times it reads as PENDING or DELETING."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregator:
    """Cross-Region aggregation into the Region that this one was made in."""

    arn: str
    mode: str
    regions: tuple[str, ...]


class SecurityHubBackend(BaseBackend):
    """Security Hub in one account and Region."""

    _url_module: ClassVar[SimpleNamespace]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.partition = get_partition(region_name)
        self.pages = Pages()
        self.findings: dict[FindingKey, Finding] = {}
        self.history: dict[FindingKey, list[dict[str, Any]]] = {}
        self.updated_by_hand: dict[FindingKey, set[str]] = {}
        """What BatchUpdateFindings has set, which a provider can't set any more."""
        self.aggregator: Aggregator | None = None
        self.hub_v2: HubV2 | None = None
        self.clear_settings()

    def clear_settings(self) -> None:
        """Forget what disabling the hub forgets."""
        self.hub: Hub | None = None
        self.subscriptions: dict[str, Subscription] = {}
        self.associations: dict[tuple[str, str], dict[str, Any]] = {}
        """What was set by hand, by standard's ARN and control's id."""
        self.products_off: set[str] = set()
        self.products_on: set[str] = set()
        self.insights: dict[str, dict[str, Any]] = {}
        self.rules: dict[str, dict[str, Any]] = {}
        self.action_targets: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        """Tags of rules by ARN; the hub's own are on the hub."""
        self.organization: dict[str, Any] = {"AutoEnable": False, "AutoEnableStandards": "DEFAULT"}

    def subscribed(self) -> Hub:
        """The hub. Refuses when the account has not enabled it here."""
        if self.hub is None:
            message = f"Account {self.account_id} is not subscribed to AWS Security Hub"
            raise ApiError("InvalidAccessException", message)
        return self.hub

    def arn(self, resource: str) -> str:
        """The ARN of something of this account here: `hub/default`, `insight/…`."""
        return f"arn:{self.partition}:securityhub:{self.region_name}:{self.account_id}:{resource}"

    def public_arn(self, resource: str) -> str:
        """The ARN of something of AWS's here: `product/aws/guardduty`, `standards/…`."""
        return f"arn:{self.partition}:securityhub:{self.region_name}::{resource}"


def backend_of(account: str, region: str) -> SecurityHubBackend:
    """Security Hub's state in an account and Region."""
    found: object = securityhub_backends[account][region]
    assert isinstance(found, SecurityHubBackend)
    return found


def backends_of(account: str) -> dict[str, SecurityHubBackend]:
    """One account's state by Region, where there is any."""
    found: dict[str, Any] = dict(securityhub_backends[account].items())
    return {region: backend for region, backend in found.items() if isinstance(backend, SecurityHubBackend)}
