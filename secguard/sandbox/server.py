"""A local AWS that answers on loopback: moto, completed and corrected, seeded, recorded."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from secguard.errors import UsageError
from secguard.sandbox import corrections
from secguard.sandbox import seed as seeds
from secguard.sandbox.cast import EMPTY, SEEDS
from secguard.sandbox.faults import Faults
from secguard.sandbox.front import Front
from secguard.sandbox.recorder import Calls

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

LOOPBACK = "127.0.0.1"
SECONDS_TO_NOTICE_THE_END = 0.1


class QuietHandler(MotoRequestHandler):
    """moto's handler of requests, without a line in the log for each."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: `Calls` remembers more."""


class Server:
    """One running sandbox. Its state is the process's: there can be one at a time."""

    def __init__(self, *, port: int = 0, listening: socket.socket | None = None) -> None:
        corrections.install()
        self.calls = Calls()
        self.faults = Faults()
        self.token = secrets.token_hex(16)
        self._seed = EMPTY
        self._front = Front(self, DomainDispatcherApplication(create_backend_app))
        self._http = make_server(
            LOOPBACK,
            port,
            self._front,
            threaded=True,
            request_handler=QuietHandler,
            fd=listening.fileno() if listening else None,
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._http.server_address[1]
        return port

    @property
    def endpoint(self) -> str:
        """The URL for AWS_ENDPOINT_URL."""
        return f"http://{LOOPBACK}:{self.port}"

    def health(self) -> dict[str, Any]:
        """Who answers here."""
        return {"token": self.token, "pid": os.getpid(), "seed": self._seed, "endpoint": self.endpoint}

    def reset(self, seed: str | None = None) -> None:
        """Forget everything, calls and faults included, and plant a seed: the last one if none is named."""
        chosen = seed or self._seed
        if chosen not in SEEDS:
            raise UsageError(f"no such seed: {chosen!r} (allowed: {', '.join(SEEDS)})")
        self.faults.clear()
        with self._front.one_at_a_time:
            moto_api_backend.reset()
            seeds.plant(chosen)
        self._seed = chosen
        self.calls.clear()

    def answer(self) -> None:
        """Answer requests until `shut_down()`."""
        try:
            self._http.serve_forever(poll_interval=SECONDS_TO_NOTICE_THE_END)
        finally:
            self.faults.clear()
            self._http.server_close()

    def shut_down(self) -> None:
        """Stop answering, once the request in hand is answered."""
        Thread(target=self._http.shutdown, daemon=True).start()


@contextmanager
def serve(port: int = 0, seed: str = EMPTY) -> Iterator[Server]:
    """Run a sandbox in this process, for tests, until the block is left."""
    server = Server(port=port)
    server.reset(seed)
    thread = Thread(target=server.answer, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shut_down()
        thread.join()
