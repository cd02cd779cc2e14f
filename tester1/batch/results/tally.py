"""What the results of a batch add up to, test by test."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tester1.batch.results.statistics import RunningMean, wilson
from tester1.batch.runs.jobs import Record, Status

__all__ = ["FailureGroup", "GiveUp", "Outlook", "TestTally", "group_failures"]


@dataclass(frozen=True, slots=True)
class GiveUp:
    """After how many failures a test is not run any more; 0: never."""

    alike: int = 0
    """Failures in a row that say the same, of a test that has never passed."""
    stopped: int = 0
    """Runs in a row over one of their bounds, of a test that has never passed."""
    stopped_later: int = 0
    """The same, of one that has."""
    hanging: int = 0
    """Runs over one of their bounds, of a submission that has passed nothing: all of
    its tests are given up."""
    wasted_s: float = 0.0
    """The same for the time of all of its runs, in seconds."""


@dataclass(slots=True)
class TestTally:
    """The runs of one test so far."""

    records: list[Record] = field(default_factory=list)
    time_s: RunningMean = field(default_factory=RunningMean)
    passed: int = 0
    _alike: int = 0
    _stopped: int = 0
    _last_shape: str | None = None

    __test__ = False  # to pytest, its name looks like a class of tests

    def add(self, record: Record) -> None:
        """Count a run."""
        if record.status is Status.LOST:
            # Nothing is known about the submission: the run is still to be done.
            return
        self.records.append(record)
        self.time_s.add(record.wall_s)
        self.passed += record.passed
        shape = None if record.passed else shape_of(record.message)
        same = shape is not None and shape == self._last_shape
        self._alike = self._alike + 1 if same else int(shape is not None)
        is_stopped = record.status is Status.STOPPED
        self._stopped = self._stopped + 1 if is_stopped else 0
        self._last_shape = shape

    @property
    def total(self) -> int:
        """How many runs were done."""
        return len(self.records)

    @property
    def failed(self) -> int:
        """How many of them did not pass."""
        return self.total - self.passed

    @property
    def failures(self) -> list[Record]:
        """The runs that did not pass, by seed."""
        failures = (record for record in self.records if not record.passed)
        return sorted(failures, key=lambda record: record.key.seed)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of its pass rate."""
        return wilson(self.passed, self.total)

    def given_up(self, rule: GiveUp) -> bool:
        """Whether a rule says that further runs would tell nothing new."""
        if self.passed:
            return 0 < rule.stopped_later <= self._stopped
        alike = 0 < rule.alike <= self._alike
        return alike or 0 < rule.stopped <= self._stopped


@dataclass(slots=True)
class Outlook:
    """Whether there is hope for a submission at all."""

    _passed: bool = False
    _stopped: int = 0
    _spent_s: float = 0.0

    def add(self, record: Record) -> None:
        """Take a result."""
        self._passed = self._passed or record.passed
        self._stopped += record.status is Status.STOPPED
        self._spent_s += record.wall_s

    def given_up(self, rule: GiveUp) -> bool:
        """Whether it has passed nothing, and cost more than a rule allows for that."""
        hangs = 0 < rule.hanging <= self._stopped
        wastes = 0 < rule.wasted_s <= self._spent_s
        return (hangs or wastes) and not self._passed


@dataclass(slots=True)
class FailureGroup:
    """Failures that differ in numbers only."""

    example: Record
    seeds: list[int] = field(default_factory=list)


def group_failures(failures: Iterable[Record]) -> list[FailureGroup]:
    """Equal failures together, the most frequent first."""
    groups: dict[str, FailureGroup] = {}
    for record in failures:
        group = groups.setdefault(shape_of(record.message), FailureGroup(record))
        group.seeds.append(record.key.seed)
    return sorted(groups.values(), key=lambda group: -len(group.seeds))


def shape_of(message: str) -> str:
    """What is left of a message without its numbers, and without what follows."""
    line = message.partition("\n")[0]
    quiet = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", line)
    numbers = re.sub(r"[+-]?\d[\d.]*", "#", quiet)
    return re.sub(r"#(?:[, ]+#)+", "#", numbers)
