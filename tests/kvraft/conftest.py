"""What the tests of labs 4A to 4C share: fixtures that make the group under test."""

from __future__ import annotations

import pytest

from kvraft1.testing.rsm_scaffold import RsmTestMaker
from kvraft1.testing.scaffold import KvTestMaker
from tester1.lab import Lab


@pytest.fixture
def rsm_test(lab: Lab, request: pytest.FixtureRequest) -> RsmTestMaker:
    """Makes the counting servers of the requesting test, named after it."""
    return RsmTestMaker(lab, request.function.__name__)


@pytest.fixture
def kv_test(lab: Lab, request: pytest.FixtureRequest) -> KvTestMaker:
    """Makes the key/value servers of the requesting test, named after it."""
    return KvTestMaker(lab, request.function.__name__)
