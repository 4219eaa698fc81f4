"""Which Regions exist, and which of them an account has switched on: EC2's and Account Management's answers agree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import moto.account.urls
from moto.account.models import AccountBackend, account_backends
from moto.account.responses import AccountResponse
from moto.core.base_backend import AccountSpecificBackend
from moto.core.responses import ActionResult, EmptyResult

from secguard.sandbox.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

Status = Literal["ENABLED", "ENABLING", "DISABLING", "DISABLED", "ENABLED_BY_DEFAULT"]

# On in every account; those that came after March 2019 must be switched on: AWS Account Management guide, "Regions".
DEFAULT_REGIONS = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip

SETTLING_READS = 1
"""How often a Region is still said to be ENABLING or DISABLING."""


@cache
def known_regions() -> tuple[str, ...]:
    """Every Region of the partition `aws`, by name."""
    return tuple(sorted(AccountSpecificBackend.get_session().get_available_regions("ec2", "aws")))


class Account(AccountBackend):
    """An account that knows which opt-in Regions it uses."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.opted: dict[str, Status] = {}
        self.reads_left: dict[str, int] = {}

    @property
    def _url_module(self) -> Any:
        return moto.account.urls

    def status_of(self, region: str) -> Status:
        """One Region's status; ENABLING and DISABLING settle after they have been read."""
        if region in DEFAULT_REGIONS:
            return "ENABLED_BY_DEFAULT"
        status = self.opted.get(region, "DISABLED")
        if status in {"ENABLED", "DISABLED"}:
            return status
        if self.reads_left[region] > 0:
            self.reads_left[region] -= 1
            return status
        self.opted[region] = "ENABLED" if status == "ENABLING" else "DISABLED"
        return self.opted[region]

    def usable(self, region: str) -> bool:
        """Whether calls into this Region are answered. A Region that is not of this partition never is."""
        if region not in known_regions():
            return False
        return region in DEFAULT_REGIONS or self.opted.get(region) == "ENABLED"

    def begin(self, region: str, status: Literal["ENABLING", "DISABLING"]) -> None:
        """Start switching an opt-in Region on or off."""
        if self.status_of(region) in {"ENABLING", "DISABLING"}:
            raise Refusal("account", 409, "ConflictException", f"{region} is being switched on or off already.")
        self.opted[region] = status
        self.reads_left[region] = SETTLING_READS


def account(account_id: str) -> Account:
    """The account's own settings."""
    backend = account_backends[account_id]["aws"]
    assert isinstance(backend, Account)
    return backend


class AccountManagement(AccountResponse):
    """Account Management's Region operations, which moto lacks."""

    def list_regions(self) -> ActionResult:
        """ListRegions: statuses of all Regions, paged."""
        wanted = self._get_param("RegionOptStatusContains") or []
        found = [row for row in self._statuses() if not wanted or row["RegionOptStatus"] in wanted]
        start = int(self._get_param("NextToken") or 0)
        end = start + int(self._get_param("MaxResults") or 50)
        page: dict[str, Any] = {"Regions": found[start:end]}
        return ActionResult(page | ({"NextToken": str(end)} if end < len(found) else {}))

    def get_region_opt_status(self) -> ActionResult:
        """GetRegionOptStatus: one Region's status."""
        region = self._region()
        return ActionResult({"RegionName": region, "RegionOptStatus": self._target().status_of(region)})

    def enable_region(self) -> EmptyResult:
        """EnableRegion: accepted, done a little later."""
        self._target().begin(self._opt_in_region(), "ENABLING")
        return EmptyResult()

    def disable_region(self) -> EmptyResult:
        """DisableRegion: accepted, done a little later."""
        self._target().begin(self._opt_in_region(), "DISABLING")
        return EmptyResult()

    def _statuses(self) -> Iterator[dict[str, str]]:
        target = self._target()
        for region in known_regions():
            yield {"RegionName": region, "RegionOptStatus": target.status_of(region)}

    def _region(self) -> str:
        region: str = self._get_param("RegionName")
        if region not in known_regions():
            raise Refusal("account", 400, "ValidationException", f"Invalid region name: {region}")
        return region

    def _opt_in_region(self) -> str:
        region = self._region()
        if region in DEFAULT_REGIONS:
            raise Refusal(
                "account", 400, "ValidationException", f"{region} is enabled by default and cannot be changed."
            )
        return region

    def _target(self) -> Account:
        named = self._get_param("AccountId")
        if named and named != self.current_account and not self._manages(named):
            raise Refusal(
                "account",
                403,
                "AccessDeniedException",
                f"User is not authorized to access the account {named}: the caller must be in the organization's "
                "management account or a delegated administrator.",
            )
        return account(named or self.current_account)

    def _manages(self, member: str) -> bool:
        from moto.organizations.models import organizations_backends  # noqa: PLC0415 - only when another account is named

        organization = organizations_backends[self.current_account]["aws"]
        return any(known.id == member for known in organization.accounts)


def install() -> None:
    """Put the corrected Account Management in place of moto's."""
    account_backends.backend = Account
    moto.account.urls.url_paths = {"{0}/.*$": AccountManagement.dispatch}
