"""The same seed gives the same run, to the byte, of every test of both suites.

Two processes run a suite under one seed. They differ in their hash seeds and in what
has been allocated before, so that the order of a set, an object's address, the wall
clock or the process's `random` on any path that decides something would show. The
events of every test are compared, for solutions of different styles.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from labrt import Fact, Printed
from tester1.session.divergence import first_difference
from tests.determinism.suiteruns import (
    SCRAMBLED,
    TESTS_OF_SUITE,
    Surroundings,
    differences,
    start_suite,
    traces,
)

# A solution of another hand, where this machine has it.
PLAIN = Path("/work/shared/solutions/plain")


def events(*texts: str) -> list[Fact]:
    """Events with these texts."""
    return [Printed(time=1.0, server="server-0-1", line=text) for text in texts]


@pytest.mark.parametrize(
    ("one", "other", "left", "right"),
    [
        ("ab", "ac", " b", " c"),
        ("a", "ac", "(has ended)", " c"),
        ("ab", "a", " b", "(has ended)"),
    ],
)
def test_the_first_difference_is_found(
    one: str, other: str, left: str, right: str
) -> None:
    """Guards the comparison itself: it finds what differs, and shows both."""
    *before, ours, theirs = first_difference(events(*one), events(*other))
    assert before == ["the runs part at event 2:", f"  both   {events('a')[0]}"]
    assert ours.startswith("  one")
    assert ours.endswith(left)
    assert theirs.startswith("  other")
    assert theirs.endswith(right)


def test_equal_runs_do_not_differ() -> None:
    """Guards the comparison itself: it accuses no run that repeats."""
    assert first_difference(events("a", "b"), events("a", "b")) == []


@pytest.mark.parametrize("suite", TESTS_OF_SUITE)
@pytest.mark.parametrize(
    "solution", [None, SCRAMBLED, PLAIN], ids=lambda s: s and s.name
)
def test_every_test_repeats_under_one_seed(
    solution: Path | None, suite: str, tmp_path: Path
) -> None:
    """Guards determinism across processes, event by event."""
    if solution is not None and not solution.exists():
        pytest.skip(f"{solution} is not on this machine")
    folders = [tmp_path / "one", tmp_path / "other"]
    surroundings = [Surroundings(hash_seed=1, disturb=0), Surroundings(2, disturb=5)]
    runs = [
        start_suite(suite, solution, folder, around)
        for folder, around in zip(folders, surroundings, strict=True)
    ]
    for run in runs:
        output, _ = run.communicate()
        assert run.returncode == 0, output
    assert len(traces(folders[0])) == TESTS_OF_SUITE[suite]
    assert differences(*folders) == []
