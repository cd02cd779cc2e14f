"""How sure a pass rate is, after so many runs."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

__all__ = ["wilson"]

_Z_95: Final = NormalDist().inv_cdf(0.975)
"""95 % of a normal distribution lie within so many deviations on either side."""


def wilson(passed: int, total: int, z: float = _Z_95) -> tuple[float, float]:
    """The interval that holds the true pass rate with 95 % confidence (Wilson 1927)."""
    if total == 0:
        return 0.0, 1.0
    # Not the rate and its deviation alone: for a test that has passed all of its runs,
    # which is what nearly all do, that interval would have no width.
    rate, z2 = passed / total, z * z
    centre = (rate + z2 / (2 * total)) / (1 + z2 / total)
    spread = rate * (1 - rate) / total + z2 / (4 * total * total)
    half = z / (1 + z2 / total) * math.sqrt(spread)
    return max(0.0, centre - half), min(1.0, centre + half)
