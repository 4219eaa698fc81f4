"""Organizations as members see it: a delegated administrator reads what moto shows to the management account only."""

from __future__ import annotations

import json
from typing import Any

import moto.organizations.urls
from moto.organizations.models import (
    FakeDelegatedAdministrator,
    OrganizationsBackend,
    organizations_backends,
)
from moto.organizations.responses import OrganizationsResponse

from secguard.sandbox.wire import Refusal

# Organizations guide, "Services that you can use with Organizations"; moto knows fewer.
ALSO_DELEGATED = ("account.amazonaws.com", "inspector2.amazonaws.com", "securityhub.amazonaws.com")
READS_FOR_ALL = frozenset({"DescribeOrganization"})


class Organizations(OrganizationsBackend):
    """Organizations in one account; only the management account's holds anything."""

    @property
    def _url_module(self) -> Any:
        return moto.organizations.urls

    def reset(self) -> None:
        """Forget everything, also who belongs to whom, which moto keeps."""
        organizations_backends.master_accounts.clear()
        super().reset()


class Answers(OrganizationsResponse):
    """Organizations' answers, to members too."""

    def call_action(self) -> Any:
        """Answer without the members that hold nothing, such as the token of a last page."""
        status, headers, body = super().call_action()
        held = {name: value for name, value in json.loads(body or "{}").items() if value is not None}
        return status, headers, json.dumps(held)

    @property
    def organizations_backend(self) -> OrganizationsBackend:
        """The organization that the caller belongs to. Refuses what a member may not ask."""
        own = organizations_backends[self.current_account]["aws"]
        management = organizations_backends.master_accounts.get(self.current_account)
        operation = self._get_action()
        if own.org or operation == "CreateOrganization":
            return own
        if management is None:
            raise Refusal(
                "organizations",
                400,
                "AWSOrganizationsNotInUseException",
                "Your account is not a member of an organization.",
            )
        whole = organizations_backends[management[0]]["aws"]
        delegated = any(administrator.account.id == self.current_account for administrator in whole.admins)
        if operation in READS_FOR_ALL or (delegated and operation.startswith(("Describe", "List"))):
            return whole
        raise Refusal(
            "organizations", 400, "AccessDeniedException", "You don't have permissions to access this resource."
        )


def install() -> None:
    """Put the corrected Organizations in place of moto's."""
    organizations_backends.backend = Organizations
    moto.organizations.urls.url_paths = {"{0}/$": Answers.dispatch}
    missing = [name for name in ALSO_DELEGATED if name not in FakeDelegatedAdministrator.SUPPORTED_SERVICES]
    FakeDelegatedAdministrator.SUPPORTED_SERVICES.extend(missing)
