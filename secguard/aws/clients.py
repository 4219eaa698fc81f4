"""Make each client once, when it is first needed, and share it between threads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from secguard.aws.answers import watch
from secguard.aws.guard import Guard
from secguard.aws.transport import Transport

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session


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


class Clients:
    """One client for each account, Region, service and mode."""

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

    def get(self, account: str, region: str, service: str, mode: Mode) -> BaseClient:
        """The client for calls of `service` in one account and Region."""
        key = (account, region, service, mode)
        client = self._clients.get(key)
        if client is None:
            session = self._session_for(account)
            # Threads that make clients at the same time only slow each other down.
            with self._lock:
                client = self._clients.get(key) or self._make(session, region, service, mode)
                self._clients[key] = client
        return client

    def _make(self, session: Session, region: str, service: str, mode: Mode) -> BaseClient:
        client = session.create_client(service, region_name=region, config=self._config)
        self.making.guards[mode].watch(client)
        watch(client)
        self.making.transport.carry(client)
        if service == "s3control" and self.making.foreign_endpoint:
            client.meta.events.register("before-sign.s3-control", _without_account_host)
        return client


def _without_account_host(*, request: Any, **_: Any) -> None:
    """Take the account out of the host name: only AWS's own name servers know such hosts."""
    request.url = re.sub(r"(?<=//)\d{12}\.", "", request.url)
