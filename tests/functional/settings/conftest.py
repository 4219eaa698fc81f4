"""A breach, a bench to change it from, and clients to look at it with."""

import boto3
import pytest
from sandbox_bench import Bench

from secguard.sandbox.cast import HOME_REGION, OPERATOR_KEY, OPERATOR_SECRET


@pytest.fixture
def bench(breach, tmp_path):
    bench = Bench(tmp_path / "state")
    yield bench
    bench.journal.close()


@pytest.fixture
def client(breach, conformance):
    """Make clients for the breach, whose answers must be as botocore's models say."""

    def make(service, region=HOME_REGION):
        made = boto3.client(
            service,
            region_name=region,
            endpoint_url=breach.endpoint,
            aws_access_key_id=OPERATOR_KEY,
            aws_secret_access_key=OPERATOR_SECRET,
        )
        return conformance.watch(made)

    return make
