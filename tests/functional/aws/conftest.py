"""A sandbox that connections reach, and a connection to it."""

import pytest

from secguard.aws.connection import connect as connect_to_aws
from secguard.sandbox.cast import RESPONDER_ROLE


@pytest.fixture
def connect():
    """Make a connection that may ask `reads` and send `writes`."""

    def make(*, reads=(), writes=(), **settings):
        settings = {"role": RESPONDER_ROLE} | settings
        return connect_to_aws(reads=frozenset(reads), writes=frozenset(writes), **settings)

    return make
