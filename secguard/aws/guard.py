"""Let clients make only the calls they were made for; all else is refused before anything is signed."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any

from secguard.errors import WouldWrite

if TYPE_CHECKING:
    from botocore.client import BaseClient


class Guard:
    """Lists of `service:Operation`, held before parameters are built and again before each signature.

    The second fence also stands in the way of what never passes the first: presigned posts and tokens.
    """

    def __init__(self, *allowed: Container[str], rehearsals: bool) -> None:
        self._allowed = allowed
        self._rehearsals = rehearsals
        """Whether an EC2 call with DryRun=True passes: AWS only says whether it would be let through."""

    def watch(self, client: BaseClient) -> None:
        """Stand in the way of `client` from now on. It then raises WouldWrite."""
        service = client.meta.service_model.service_name

        def before_parameters(*, params: Mapping[str, Any], model: Any, **_: Any) -> None:
            self._check(service, model.name, params.get("DryRun"))

        def before_signing(*, request: Any, operation_name: str, **_: Any) -> None:
            self._check(service, operation_name, _dry_run_on_the_wire(request.data))

        hyphenated = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_last(f"before-parameter-build.{hyphenated}", before_parameters)
        client.meta.events.register_first(f"before-sign.{hyphenated}", before_signing)

    def _check(self, service: str, operation: str, dry_run: object) -> None:
        rehearsed = self._rehearsals and service == "ec2" and dry_run is True
        name = f"{service}:{operation}"
        if not rehearsed and not any(name in listed for listed in self._allowed):
            raise WouldWrite(f"{service}:{operation} is not a call that secguard makes here; it was not sent")


def _dry_run_on_the_wire(body: object) -> bool:
    """Whether a serialized EC2 request says DryRun: its body is still a mapping of form fields when it is signed."""
    return isinstance(body, Mapping) and body.get("DryRun") in ("true", True)
