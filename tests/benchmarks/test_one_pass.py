"""The meter of the suites: whose cost it notes, and what it takes from a test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchmarks.one_pass import Meter


def measured(**funcargs: object) -> Meter:
    """A meter after one test with these fixtures."""
    meter = Meter()
    item = cast(pytest.Item, SimpleNamespace(name="test_one_3A", funcargs=funcargs))
    hook: Any = meter.pytest_runtest_call(item)
    next(hook)
    with pytest.raises(StopIteration):
        hook.send(None)
    return meter


def test_rpcs_are_those_of_all_result_lines() -> None:
    """A test may have several, one for each of its clusters."""
    lines = ["... time  1.0s #peers 3 #RPCs    40 #Ops 2\n", "... #RPCs 2 #Ops 0\n"]
    runtime = SimpleNamespace(now=lambda: 7.5)
    (cost,) = measured(lab=SimpleNamespace(results=lines, runtime=runtime)).costs
    assert (cost.name, cost.part) == ("test_one_3A", "3A")
    assert (cost.rpcs, cost.virtual_s) == (42, 7.5)


def test_a_test_without_a_lab_costs_nothing() -> None:
    """What it does is not the labs' work."""
    assert measured().costs == []
