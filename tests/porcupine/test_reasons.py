"""How sentences name operations: by client and times, with figures that tell."""

from __future__ import annotations

import pytest

from tester1.porcupine.model import NEVER, Operation
from tester1.porcupine.reasons import when


@pytest.mark.parametrize(
    ("call", "ret", "times"),
    [
        (4.0, 5.0, "called at 4, returned at 5"),
        (40.0, 100.0, "called at 40, returned at 100"),
        (12.345678901, 12.357456789, "called at 12.3457, returned at 12.3575"),
        (12.345678901, 14.357456789, "called at 12.35, returned at 14.36"),
        (0.000123, 0.0001257, "called at 0.000123, returned at 0.000126"),
        (12.345678901, 12.345678901, "called at 12.345679, returned at 12.345679"),
        (12.345678901, NEVER, "called at 12.345679"),
        (
            1.7e18,
            1.7e18 + 4096,
            "called at 1700000000000000000, returned at 1700000000000004096",
        ),
    ],
)
def test_times(call: float, ret: float, times: str) -> None:
    """A hundredth of the duration is the last figure, if that is not below 1e-6."""
    operation = Operation(3, None, None, call, ret)
    assert when(operation) == f"by client 3 ({times})"
