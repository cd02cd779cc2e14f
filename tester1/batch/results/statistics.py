"""The arithmetic of batches: times as they come, and how sure a pass rate is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

__all__ = ["RunningMean", "wilson"]

_Z_95: Final = 1.959963984540054
"""Of the normal distribution, 95 % lie within so many deviations."""


@dataclass(slots=True)
class RunningMean:
    """Mean and deviation of numbers that come one by one (Welford's method)."""

    count: int = 0
    mean: float = 0.0
    _squares: float = 0.0

    def add(self, value: float) -> None:
        """Take a number."""
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self._squares += step * (value - self.mean)

    @property
    def deviation(self) -> float:
        """The standard deviation of a sample; 0 for fewer than two numbers."""
        return math.sqrt(self._squares / (self.count - 1)) if self.count > 1 else 0.0


def wilson(passed: int, total: int, z: float = _Z_95) -> tuple[float, float]:
    """The interval that holds the true pass rate with 95 % confidence (Wilson 1927)."""
    if total == 0:
        return 0.0, 1.0
    rate, z2 = passed / total, z * z
    centre = (rate + z2 / (2 * total)) / (1 + z2 / total)
    spread = rate * (1 - rate) / total + z2 / (4 * total * total)
    half = z / (1 + z2 / total) * math.sqrt(spread)
    return max(0.0, centre - half), min(1.0, centre + half)
