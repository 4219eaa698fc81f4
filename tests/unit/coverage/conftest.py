"""What is wanted, where these tests want something."""

import pytest
from coverage_places import KNOWN

from secguard.config import Enable
from secguard.coverage.wanted import Named, wanted_by


@pytest.fixture
def wanted():
    """What the default configuration wants, with what is named in its stead."""

    def of(**named):
        return wanted_by(Enable(), Named(**named), known_features=KNOWN)

    return of
