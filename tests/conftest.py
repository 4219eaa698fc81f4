"""What holds for every test: no network but loopback, no credentials, no state but the test's own."""

import json
import os
import sys
from dataclasses import dataclass

import pytest

from secguard.cli.frame import main

LOOPBACK = ["127.0.0.1", "localhost", "::1"]
DATA_OF_THE_AWS_CLI = "AWS_DATA_PATH"
"""Set by the AWS CLI's own package when it is imported."""
FOREIGN = ("AWS_", "BOTO_", "MOTO_", "SECGUARD_")


def pytest_collection_modifyitems(items):
    """A test that reaches out fails instead."""
    for item in items:
        item.add_marker(pytest.mark.allow_hosts(LOOPBACK))


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch, tmp_path):
    """Nothing of the developer's AWS, configuration or state is seen; credentials are made up."""
    for name in list(os.environ):
        if (name.startswith(FOREIGN) and name != DATA_OF_THE_AWS_CLI) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    if "boto3" in sys.modules:
        # Its default session keeps the credentials that it was first used with.
        monkeypatch.setattr(sys.modules["boto3"], "DEFAULT_SESSION", None)
    own = {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "made/up",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SECGUARD_SANDBOX_DIR": str(tmp_path / "sandbox"),
        "SECGUARD_STATE_DIR": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config-home"),
        "XDG_STATE_HOME": str(tmp_path / "state-home"),
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def _local_aws():
    """One local AWS for all tests of a process: its state is the process's."""
    from secguard.sandbox.server import serve  # noqa: PLC0415 - moto takes a second, and most unit tests need none

    with serve() as server:
        yield server


@pytest.fixture
def _reached(_local_aws, monkeypatch):
    """Whatever talks to AWS in this test talks to the local one, as its operator."""
    from secguard.sandbox import cast  # noqa: PLC0415

    monkeypatch.setenv("AWS_ENDPOINT_URL", _local_aws.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", cast.OPERATOR_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", cast.OPERATOR_SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", cast.HOME_REGION)
    yield _local_aws
    _local_aws.faults.clear()


@pytest.fixture
def breach(_reached):
    """A local AWS with the breach in it, fresh."""
    _reached.reset("breach")
    return _reached


@pytest.fixture
def empty(_reached):
    """A local AWS in which nothing is on."""
    _reached.reset("empty")
    return _reached


@dataclass(frozen=True)
class Said:
    """What a command line answered, said, and left with."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self):
        return json.loads(self.stdout)


@pytest.fixture
def secguard(capsys):
    """Run a command line in this process."""

    def run_line(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        stdout, stderr = capsys.readouterr()
        return Said(code, stdout, stderr)

    return run_line
