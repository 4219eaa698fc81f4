"""One sandbox for all tests of a process, empty at the start of each."""

import boto3
import pytest
from botocore.config import Config

from secguard.sandbox.cast import OPERATOR_KEY, OPERATOR_SECRET


@pytest.fixture
def sandbox(empty):
    """A sandbox that holds nothing but the operator's account."""
    return empty


@pytest.fixture
def client(_local_aws, conformance):
    """Make clients for the sandbox: `client("iam", region="eu-west-1", key="AKIA…")`."""
    once = Config(retries={"total_max_attempts": 1}, read_timeout=5)

    def make(service, *, region="us-east-1", key=OPERATOR_KEY, secret=OPERATOR_SECRET, token=None, endpoint_url=None):
        made = boto3.client(
            service,
            region_name=region,
            endpoint_url=endpoint_url or _local_aws.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=once,
        )
        return conformance.watch(made)

    return make
