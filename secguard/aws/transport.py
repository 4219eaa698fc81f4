"""Share what is dear between clients: the certificates once for all, connections once for each host of AWS."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
from botocore.httpsession import URLLib3Session, create_urllib3_context, get_cert_path
from botocore.utils import get_environ_proxies

from secguard.errors import UsageError

if TYPE_CHECKING:
    from ssl import SSLContext

    from botocore.client import BaseClient

MOST_CONNECTIONS = 64
"""Kept open to one host: as many as threads may call it at once."""

AT_ONCE = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
"""Otherwise a body waits until the far side has acknowledged the headers."""


class _Plain(AWSHTTPConnectionPool):
    def urlopen(self, *arguments: Any, **settings: Any) -> Any:
        return _in_one_go(super().urlopen(*arguments, **settings))


class _Secure(AWSHTTPSConnectionPool):
    def urlopen(self, *arguments: Any, **settings: Any) -> Any:
        return _in_one_go(super().urlopen(*arguments, **settings))


def _in_one_go(response: Any) -> Any:
    """Have a body read whole; botocore has it read by 64 KiB, each piece through every layer, and joins the pieces."""
    response.stream = lambda *_, **__: iter((response.read(),))
    return response


class _Pool(URLLib3Session):
    """Connections to one host. Loading certificates is what takes longest in making one, so it is done once for all."""

    def __init__(self, trust: SSLContext, **settings: Any) -> None:
        self._trust = trust
        super().__init__(**settings)
        # Known to the manager of plain connections already, and to those of proxies when they are made.
        self._pool_classes_by_scheme: dict[str, type]
        self._pool_classes_by_scheme.update(http=_Plain, https=_Secure)

    def _get_ssl_context(self) -> SSLContext:
        return self._trust

    def _setup_ssl_cert(self, conn: Any, url: str, verify: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = None  # they are in the shared context


class Transport:
    """The connections of all clients: one pool for each service and Region, whatever account or mode the client has."""

    def __init__(self, *, ca_bundle: str | None, timeouts: tuple[float, float]) -> None:
        self._ca_bundle = ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or None
        self._timeouts = timeouts
        self._pools: dict[tuple[str, str], _Pool] = {}
        self._lock = threading.Lock()

    def carry(self, client: BaseClient, region: Callable[[], str]) -> None:
        """Send what `client` sends over the shared connections, to the `region` in which it then is."""
        meta = client.meta
        service = meta.service_model.service_name

        def send(*, request: Any, **_: Any) -> Any:
            return self._pool(service, region(), request.url).send(request)

        meta.events.register_last(f"before-send.{meta.service_model.service_id.hyphenize()}", send)

    def _pool(self, service: str, region: str, url: str) -> _Pool:
        pool = self._pools.get((service, region))
        if pool is not None:
            return pool
        with self._lock:
            pool = self._pools.get((service, region))
            if pool is None:
                pool = self._pools[service, region] = _Pool(
                    self._trust,
                    timeout=self._timeouts,
                    proxies=get_environ_proxies(url),
                    max_pool_connections=MOST_CONNECTIONS,
                    socket_options=[AT_ONCE],
                )
            return pool

    @cached_property
    def _trust(self) -> SSLContext:
        context: SSLContext = create_urllib3_context()
        bundle = self._ca_bundle or get_cert_path(verify=True)
        try:
            context.load_verify_locations(bundle)
        except OSError as error:
            raise UsageError(f"the certificates in {bundle} can't be read: {error}") from error
        return context
