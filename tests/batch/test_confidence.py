"""The interval around a pass rate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.batch.results.confidence import wilson


@pytest.mark.parametrize(
    ("passed", "total", "interval"),
    [
        # From Newcombe (1998), table I, method 3: his cases 81/263, 15/148, 0/20, 1/29.
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
        (20, 20, (0.8389, 1.0)),
        (0, 0, (0.0, 1.0)),
    ],
)
def test_wilson(passed: int, total: int, interval: tuple[float, float]) -> None:
    """The intervals are those in print."""
    assert wilson(passed, total) == pytest.approx(interval, abs=5e-5)


@given(st.integers(1, 500), st.data())
def test_wilson_holds_the_rate(total: int, data: st.DataObject) -> None:
    """The interval is within 0 and 1, and the rate that was seen is in it."""
    passed = data.draw(st.integers(0, total))
    low, high = wilson(passed, total)
    assert 0 <= low <= passed / total + 1e-12
    assert passed / total - 1e-12 <= high <= 1
