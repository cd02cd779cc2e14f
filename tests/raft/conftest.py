"""What the Raft tests share: the fixture that makes the group under test."""

from __future__ import annotations

import pytest

from raft1.testing.scaffold import RaftTestMaker
from tester1.lab import Lab


@pytest.fixture
def raft_test(lab: Lab) -> RaftTestMaker:
    """Makes the Raft group of the requesting test."""
    return RaftTestMaker(lab)
