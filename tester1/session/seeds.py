"""Seeds of runs: drawn, multiplied, and found again in the names of tests.

The seed of one run of one test is what `--seed` repeats that run with. All that the
run decides derives from this number and the test's own name, so it does not matter
which other tests run, in which order or in how many processes.
"""

from __future__ import annotations

import secrets
from typing import Final

from labrt import derive

__all__ = ["draw_seed", "run_seed", "seed_id", "several_seeds", "without_seed"]

_SEED_BITS: Final = 32


def draw_seed() -> int:
    """A seed that nobody has chosen: short enough to be typed."""
    return secrets.randbits(_SEED_BITS)


def several_seeds(seed: int, count: int) -> list[int]:
    """`seed` itself and `count - 1` others that follow from it."""
    others = (derive(seed, f"run {k}") for k in range(1, count))
    # As short as one that is drawn: they are typed just as often.
    return [seed, *(number % 2**_SEED_BITS for number in others)]


def run_seed(seed: int, test: str) -> int:
    """What the runtime of one run is seeded with; `test` is the test's own name."""
    return derive(seed, test)


def seed_id(seed: int) -> str:
    """How a test that runs under several seeds names one of them, in its brackets."""
    return f"seed={seed}"


def without_seed(test: str, seed: int) -> str:
    """A test's name or id without that seed among its parameters."""
    known = seed_id(seed)
    # Parameters stand in brackets and are set apart by a dash; the seed may be the
    # only one, the first, one in the middle, or the last.
    for found, left in (
        (f"[{known}]", ""),
        (f"[{known}-", "["),
        (f"-{known}-", "-"),
        (f"-{known}]", "]"),
    ):
        if found in test:
            return test.replace(found, left, 1)
    return test
