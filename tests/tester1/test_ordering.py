"""The order in which workers get tests: the longest begin first."""

from __future__ import annotations

import pytest

from tester1.session.ordering import LONG_TESTS_S, longest_first
from tester1.suites import suite_tests


def seconds(test: int) -> float:
    """Tests that are called by what they take."""
    return test


@pytest.mark.parametrize(("tests", "workers"), [(58, 8), (58, 2), (16, 8), (400, 8)])
def test_each_workers_first_chunk_begins_with_a_longest_test(
    tests: int, workers: int
) -> None:
    """Whatever a worker gets first, one of the longest is at its head."""
    ordered = longest_first(range(tests), workers, seconds)
    assert sorted(ordered) == list(range(tests))
    chunk = max(tests // workers // 4, 2)
    heads = ordered[: chunk * workers : chunk]
    assert heads == list(range(tests - 1, tests - 1 - workers, -1))
    rest = ordered[chunk * workers :]
    assert rest == sorted(rest, reverse=True)


@pytest.mark.parametrize(("tests", "workers"), [(0, 2), (1, 8), (9, 8)])
def test_few_tests_are_dealt_out_one_by_one(tests: int, workers: int) -> None:
    """With less than a chunk for each worker there is nothing to fill up."""
    ordered = longest_first(range(tests), workers, seconds)
    assert ordered == list(range(tests - 1, -1, -1))


def test_every_long_test_is_a_test_of_the_labs() -> None:
    """A test that is renamed is renamed here, too."""
    assert LONG_TESTS_S.keys() <= {test.function for test in suite_tests()}
