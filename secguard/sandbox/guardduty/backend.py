"""What GuardDuty holds in one account and Region."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, ClassVar

from moto.core.base_backend import BaseBackend
from moto.guardduty.models import guardduty_backends
from moto.utilities.utils import get_partition

from secguard.sandbox.guardduty.refusals import NOT_OWNED, bad_request
from secguard.sandbox.pages import Pages

Finding = dict[str, Any]
"""A finding in the API's own camelCase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A protection plan, or one of its additional configurations."""

    status: str
    updated_at: datetime
    additional: dict[str, Feature] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A saved filter; with the action ARCHIVE it suppresses."""

    name: str
    action: str
    rank: int
    description: str
    criteria: dict[str, Any]
    tags: dict[str, str]
    created_at: datetime
    updated_at: datetime
    client_token: str = ""
    """What its creator sent to be able to ask twice."""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """The service's switch and settings."""

    id: str
    enabled: bool
    frequency: str
    features: dict[str, Feature]
    created_at: datetime
    updated_at: datetime
    client_token: str = ""
    """What its creator sent to be able to ask twice."""
    tags: dict[str, str] = field(default_factory=dict)
    filters: dict[str, Filter] = field(default_factory=dict)
    organization: dict[str, Any] = field(default_factory=lambda: {"members": "NONE", "features": {}})
    """How new members are set up: `members` is NEW, ALL or NONE; `features` by name, as the API shows them."""


class GuardDutyBackend(BaseBackend):
    """GuardDuty in one account and Region: at most one detector, and the findings."""

    _url_module: ClassVar[SimpleNamespace]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.partition = get_partition(region_name)
        self.detector: Detector | None = None
        self.findings: dict[str, Finding] = {}
        self.pages = Pages()

    def owned(self, detector_id: str) -> Detector:
        """The detector of that id. Refuses an id that is not this account's."""
        if self.detector is None or self.detector.id != detector_id:
            raise bad_request(NOT_OWNED)
        return self.detector

    def detector_arn(self, detector_id: str) -> str:
        """The ARN of a detector here, which findings carry as their generator."""
        return f"arn:{self.partition}:guardduty:{self.region_name}:{self.account_id}:detector/{detector_id}"


def backend_of(account: str, region: str) -> GuardDutyBackend:
    """GuardDuty's state in an account and Region."""
    found: object = guardduty_backends[account][region]
    assert isinstance(found, GuardDutyBackend)
    return found
