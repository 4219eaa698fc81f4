"""A sandbox that the command line under test reaches, and what stands in it."""

import pytest

ACCOUNT = "123456789012"


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
