"""A sandbox that the command line under test reaches, and what stands in it."""

import pytest

from secguard.sandbox.cast import OPERATOR_KEY, OPERATOR_SECRET
from secguard.sandbox.server import serve

ACCOUNT = "123456789012"


@pytest.fixture(scope="session")
def _coverage_server():
    with serve() as server:
        yield server


@pytest.fixture
def _reached(_coverage_server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", _coverage_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OPERATOR_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", OPERATOR_SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return _coverage_server


@pytest.fixture
def empty(_reached):
    """An account in which nothing is on."""
    _reached.reset("empty")
    return _reached


@pytest.fixture
def breach(_reached):
    """An account that is covered in some Regions, and in others in part."""
    _reached.reset("breach")
    return _reached


@pytest.fixture
def detector():
    """The detector of a Region."""

    def of(region):
        from secguard.sandbox.guardduty.backend import backend_of  # noqa: PLC0415 - moto, only where it is used

        return backend_of(ACCOUNT, region).detector

    return of


@pytest.fixture
def hub():
    """Security Hub in a Region."""

    def of(region):
        from secguard.sandbox.securityhub.backend import backend_of  # noqa: PLC0415 - the same

        return backend_of(ACCOUNT, region)

    return of
