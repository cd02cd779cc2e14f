"""Fixtures of the labrpc tests."""

from __future__ import annotations

import pytest

from labrt import RealRuntime, Runtime, SimRuntime


@pytest.fixture(params=["sim", "real"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    """Each of the two runtimes in turn, under a fixed seed."""
    return SimRuntime(seed=1) if request.param == "sim" else RealRuntime(seed=1)


@pytest.fixture
def sim() -> SimRuntime:
    """Virtual time, under a fixed seed."""
    return SimRuntime(seed=1)
