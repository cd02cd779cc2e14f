"""How the tests of each module fare, beside what the list of exceptions says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.labrt.conformance import exceptions, suite
from tests.labrt.conformance.exceptions import Cause
from tests.labrt.conformance.suite import Kind, TestId
from tests.labrt.conformance.worlds import list_tests, run_test


@dataclass(frozen=True, slots=True)
class Verdict:
    """A test, why it is listed if it is, and how its end differs from the list."""

    test: TestId
    cause: Cause | None
    surprise: str = ""


@dataclass(slots=True)
class Tally:
    """The numbers of one module, or of all."""

    passed: int = 0
    wrong: int = 0
    listed: Counter[Cause] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        """Count a test."""
        if verdict.surprise:
            self.wrong += 1
        elif verdict.cause is None:
            self.passed += 1
        else:
            self.listed[verdict.cause] += 1

    @property
    def tests(self) -> int:
        """How many tests there are, but for those that skip themselves anywhere."""
        listed = self.listed[Cause.PROCESS] + self.listed[Cause.WORLD]
        return self.passed + self.wrong + listed

    @property
    def share(self) -> float:
        """What percentage of the tests pass."""
        return 100 * self.passed / max(1, self.tests)

    @property
    def share_of_threads(self) -> float:
        """What percentage pass of the tests that need no interpreter of their own."""
        return 100 * self.passed / max(1, self.tests - self.listed[Cause.PROCESS])


def verdict(test: TestId, seed: int = 0) -> Verdict:
    """Run a test and hold its outcome against the list."""
    record = exceptions.find(test)
    if record is None:
        outcome = run_test(test, seed)
        passed = outcome.kind is Kind.PASSED
        return Verdict(test, None, "" if passed else f"{outcome.kind}: {outcome.text}")
    if not record.run:
        return Verdict(test, record.cause)
    kind = run_test(test, seed).kind
    if kind is record.ends:
        return Verdict(test, record.cause)
    return Verdict(test, record.cause, f"{kind}, but is listed: {record.reason}")


def installed_tests() -> Iterator[TestId]:
    """Every test of threads that this Python brings along."""
    root = suite.library()
    if root is not None:
        for module in suite.modules(root)[0]:
            yield from list_tests(module)


def expected() -> Tally:
    """Count the tests as they fare when each ends as the list says."""
    counted = Tally()
    for test in installed_tests():
        record = exceptions.find(test)
        counted.add(Verdict(test, record.cause if record else None))
    return counted
