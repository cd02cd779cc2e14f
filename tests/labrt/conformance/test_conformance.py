"""Each of CPython's own tests of threads passes in a world, or is listed."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from tests.labrt.conformance import exceptions, tally
from tests.labrt.conformance.exceptions import Listed
from tests.labrt.conformance.suite import TestId

_TESTS = list(tally.installed_tests())


@pytest.fixture(scope="module", autouse=True)
def only_young_objects() -> Iterator[None]:
    """Spare the collector, which many tests call, what was there before them."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.skipif(not _TESTS, reason="this Python was installed without its tests")
@pytest.mark.parametrize("test", _TESTS, ids=str)
def test_in_a_world(test: TestId) -> None:
    """A test ends in a world as it does on threads, or as the list says."""
    verdict = tally.verdict(test)
    assert not verdict.surprise, f"{test} {verdict.surprise}"


@pytest.mark.parametrize("record", exceptions.LISTED, ids=lambda record: record.tests)
def test_no_record_is_stale(record: Listed) -> None:
    """Every record names a test, on every Python that it is for."""
    module = record.tests.partition("::")[0]
    if not record.applies():
        pytest.skip("for other Pythons")
    if not any(fnmatchcase(test.module, module) for test in _TESTS):
        pytest.skip(f"{module} is not installed")
    assert any(record.names(test) for test in _TESTS), "no such test: has it changed?"


def test_most_pass() -> None:
    """At least 95 % of the tests that need no interpreter of their own pass."""
    numbers = tally.expected()
    if numbers.tests:
        assert numbers.share_of_threads >= 95
        assert numbers.share >= 90
