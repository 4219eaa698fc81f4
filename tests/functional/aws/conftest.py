"""A sandbox that connections reach, and a connection to it."""

import pytest

from secguard.aws.connection import connect as connect_to_aws
from secguard.sandbox.cast import OPERATOR_KEY, OPERATOR_SECRET, RESPONDER_ROLE
from secguard.sandbox.server import serve


@pytest.fixture(scope="session")
def _seam_server():
    with serve() as server:
        yield server


@pytest.fixture
def breached(_seam_server, monkeypatch):
    """An organization with a breach in it."""
    _seam_server.reset("breach")
    monkeypatch.setenv("AWS_ENDPOINT_URL", _seam_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OPERATOR_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", OPERATOR_SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return _seam_server


@pytest.fixture
def connect():
    """Make a connection that may ask `reads` and send `writes`."""

    def make(*, reads=(), writes=(), **settings):
        settings = {"role": RESPONDER_ROLE} | settings
        return connect_to_aws(reads=frozenset(reads), writes=frozenset(writes), **settings)

    return make
