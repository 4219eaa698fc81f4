"""A server with the sandbox's GuardDuty and Security Hub, and clients that any account can have."""

import logging

import boto3
import pytest
from conformance import Conformance
from moto.core.base_backend import BackendDict
from moto.server import ThreadedMotoServer

from secguard.sandbox.moto_patch import install

OPERATOR = "123456789012"


@pytest.fixture(scope="session")
def bare_endpoint():
    """Moto's server on loopback, completed but not seeded."""
    install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def boto():
    """A session of its own: boto3's default one keeps, for every later test, the credentials it was first used with."""
    return boto3.Session()


@pytest.fixture
def conformance():
    """Whatever the test's clients are answered must be as botocore's models say."""
    conformance = Conformance()
    yield conformance
    assert conformance.problems == []


@pytest.fixture
def bare_client(bare_endpoint, boto, conformance):
    """Make clients of an AWS in which nothing exists: `bare_client("ec2", "eu-west-1", account="222222222222")`."""
    BackendDict.reset()
    made = {}

    def make(service, region="us-east-1", *, account=OPERATOR):
        if (service, region, account) not in made:
            new = boto.client(service, region_name=region, endpoint_url=bare_endpoint)
            new.meta.events.register("before-sign", lambda request, **_: _as_account(request, account))
            made[service, region, account] = conformance.watch(new)
        return made[service, region, account]

    return make


def _as_account(request, account):
    request.headers["x-moto-account-id"] = account
