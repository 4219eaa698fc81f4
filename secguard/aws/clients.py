"""Make each client once, when it is first needed, and share it between threads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.config import Config
from botocore.utils import validate_region_name

from secguard.aws.answers import watch
from secguard.aws.guard import Guard
from secguard.aws.transport import Transport

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel
    from botocore.session import Session

ANYWHERE = frozenset({"guardduty", "securityhub"})
"""What is asked in every Region: one client serves all of them, since each would take milliseconds and megabytes."""

_region: ContextVar[str] = ContextVar("region")
"""Where the call goes that is being made."""


class Mode(Enum):
    """What a client is made for."""

    READ = "read"
    WRITE = "write"
    OWN = "own"
    """The seam's own calls: who am I, which Regions are on, assuming a role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What all clients are made with."""

    guards: Mapping[Mode, Guard]
    transport: Transport
    timeouts: tuple[float, float]
    """Seconds to connect, seconds to wait for an answer."""
    agent: str
    """The whole user agent; it ends with `secguard/RUN`."""
    foreign_endpoint: bool


@dataclass(frozen=True, slots=True)
class Client:
    """A client of botocore, as one Region is asked through it."""

    region: str
    _made: BaseClient

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Make one call. Raises what botocore raises."""
        _region.set(self.region)
        answer: dict[str, Any] = getattr(self._made, xform_name(operation))(**parameters)
        return answer

    def operation(self, name: str) -> OperationModel:
        """What the service model says of an operation."""
        return self._made.meta.service_model.operation_model(name)


class Clients:
    """One client for each account, Region, service and mode; for ANYWHERE one for all Regions."""

    def __init__(self, session_for: Callable[[str], Session], making: Making) -> None:
        self._session_for = session_for
        self.making = making
        # One attempt: `sending` tries again itself, since it knows the pace, the time left and what may be repeated.
        connect, read = making.timeouts
        self._config = Config(
            retries={"mode": "standard", "total_max_attempts": 1},
            connect_timeout=connect,
            read_timeout=read,
            user_agent=making.agent,  # given whole: otherwise botocore puts it together twice for each call
            disable_request_compression=True,
        )
        self._clients: dict[tuple[str, str, str, Mode], BaseClient] = {}
        self._lock = threading.Lock()

    def get(self, account: str, region: str, service: str, mode: Mode) -> Client:
        """The client for calls of `service` in one account and Region. Raises InvalidRegionError."""
        key = (account, "" if service in ANYWHERE else region, service, mode)
        client = self._clients.get(key)
        if client is None:
            session = self._session_for(account)
            # Threads that make clients at the same time only slow each other down.
            with self._lock:
                client = self._clients.get(key) or self._make(session, region, service, mode)
                self._clients[key] = client
        validate_region_name(region)
        return Client(region, client)

    def _make(self, session: Session, region: str, service: str, mode: Mode) -> BaseClient:
        client = session.create_client(service, region_name=region, config=self._config)
        self.making.guards[mode].watch(client)
        watch(client)
        self.making.transport.carry(client, _region.get)
        if service in ANYWHERE:
            client.meta.events.register(f"before-endpoint-resolution.{service}", _go_to_region)
        if service == "s3control" and self.making.foreign_endpoint:
            client.meta.events.register("before-sign.s3-control", _without_account_host)
        return client


def _go_to_region(*, builtins: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Have botocore find the host of the call's Region, and sign for it."""
    region = _region.get()
    builtins["AWS::Region"] = region
    context["client_region"] = region
    context.setdefault("signing", {})["region"] = region


def _without_account_host(*, request: Any, **_: Any) -> None:
    """Take the account out of the host name: only AWS's own name servers know such hosts."""
    request.url = re.sub(r"(?<=//)\d{12}\.", "", request.url)
