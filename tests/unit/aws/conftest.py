"""Connections to a loopback server, that wait for nothing."""

import socket
import threading
from http.server import ThreadingHTTPServer

import botocore.session
import pytest
from loopback_aws import LoopbackAws, handler

from secguard.aws import connection as connection_module
from secguard.aws import session as session_module
from secguard.aws.sending import Clockwork, Sender


@pytest.fixture
def aws(monkeypatch):
    """A server on loopback that every client is pointed to."""
    loopback = LoopbackAws()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(loopback))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    loopback.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", loopback.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    yield loopback
    loopback.stop_hanging()
    server.shutdown()
    server.server_close()


class Timeless:
    """A clock that moves when something sleeps, and not otherwise."""

    def __init__(self):
        self.now = 0.0
        self.slept = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    @property
    def clockwork(self):
        return Clockwork(monotonic=self.monotonic, sleep=self.sleep, chance=lambda: 1.0)


@pytest.fixture
def timeless():
    """A clock for whatever is made with it."""
    return Timeless()


@pytest.fixture(scope="session")
def models():
    """The tables of botocore, read once for all tests."""
    session = botocore.session.Session()
    return {name: session.get_component(name) for name in ("data_loader", "endpoint_resolver")}


@pytest.fixture
def connect(monkeypatch, timeless, models):
    """Make a connection that may ask `reads` and send `writes`, whose pauses take no time."""

    class Session(botocore.session.Session):
        def __init__(self, **settings):
            super().__init__(**settings)
            for name, component in models.items():
                self.register_component(name, component)

    monkeypatch.setattr(session_module, "Session", Session)

    def sender(**settings):
        return Sender(**settings, clockwork=timeless.clockwork)

    def make(*, reads=(), writes=(), **settings):
        monkeypatch.setattr(connection_module, "Sender", sender)
        settings = {"role": "SecguardResponder"} | settings
        return connection_module.connect(reads=frozenset(reads), writes=frozenset(writes), **settings)

    return make


@pytest.fixture
def unused_port():
    """A port on loopback where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
