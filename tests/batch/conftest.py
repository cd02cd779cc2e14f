"""What the tests of batches share: the command line, and a place to run it in."""

from __future__ import annotations

import pytest

from tests.cli.conftest import raftlab

__all__ = ["raftlab"]


@pytest.fixture(autouse=True)
def _usual_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing of this session's options reach a batch."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
