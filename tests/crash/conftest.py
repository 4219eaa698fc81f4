"""The breach, in a sandbox of this process, and command lines that are killed beside it."""

import multiprocessing
import os
import signal

import boto3
import pytest
from dying import run_and_die

from secguard.sandbox.cast import HOME_REGION

WATCHDOG = 60
"""Seconds in which a command line dies or ends."""


@pytest.fixture
def client(breach):
    """Make clients for the breach: `client("ec2", "eu-west-1")`."""

    def make(service, region=HOME_REGION):
        return boto3.client(service, region_name=region, endpoint_url=breach.endpoint)

    return make


@pytest.fixture(scope="session")
def _nursery():
    """Processes that are forked from one where everything is loaded, and nothing runs."""
    nursery = multiprocessing.get_context("forkserver")
    nursery.set_forkserver_preload(["dying"])
    return nursery


@pytest.fixture
def killed(_nursery, tmp_path):
    """Run a command line that dies before or after its call with a number; whether it came to that."""

    def run(moment, number, *words):
        log = tmp_path / "killed.log"
        process = _nursery.Process(target=run_and_die, args=(dict(os.environ), log, moment, number, words))
        process.start()
        process.join(WATCHDOG)
        assert process.exitcode in (0, -signal.SIGKILL), log.read_text()
        return process.exitcode == -signal.SIGKILL

    return run
