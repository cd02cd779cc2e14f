"""Seeds: derived, told apart, and taken out of test ids again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.session.seeds import (
    draw_seed,
    run_seed,
    seed_id,
    several_seeds,
    without_seed,
)

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
NAMES = st.from_regex(r"test_[a-z0-9_]{1,12}", fullmatch=True)
PARAMETERS = st.lists(st.from_regex(r"[a-z0-9_.]{1,6}", fullmatch=True), max_size=3)


@given(SEEDS, st.integers(min_value=1, max_value=50))
def test_several_seeds(seed: int, count: int) -> None:
    """They begin with the seed itself, are distinct, and repeat."""
    seeds = several_seeds(seed, count)
    assert seeds[0] == seed
    assert len(set(seeds)) == count
    assert all(0 <= other < 2**32 for other in seeds)
    assert several_seeds(seed, count + 1)[:count] == seeds


@given(NAMES, PARAMETERS, SEEDS, st.integers(min_value=0, max_value=3))
def test_seed_in_an_id(
    name: str, parameters: list[str], seed: int, position: int
) -> None:
    """The id without its seed is the id that the test has under a single seed."""
    plain = f"{name}[{'-'.join(parameters)}]" if parameters else name
    parameters = [*parameters]
    parameters.insert(position, seed_id(seed))
    assert without_seed(f"{name}[{'-'.join(parameters)}]", seed) == plain


@pytest.mark.parametrize(
    "name", ["test_x", "test_x[3-seed]", "test_seed=1", "t[seed=12]"]
)
def test_other_ids_stay(name: str) -> None:
    """What only looks like a seed is left alone."""
    assert without_seed(name, 1) == name


def test_run_seed_depends_on_seed_and_test() -> None:
    """Two tests of one seed do not make the same choices, nor one test of two."""
    assert run_seed(1, "test_a") == run_seed(1, "test_a")
    assert len({run_seed(s, t) for s in (1, 2) for t in ("test_a", "test_b")}) == 4


def test_drawn_seeds_differ() -> None:
    """A seed that nobody chose is not always the same."""
    assert len({draw_seed() for _ in range(20)}) > 1
