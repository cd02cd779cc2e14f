"""What the results of a batch add up to, test by test."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tester1.batch.results.confidence import wilson
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
    passed: int = 0
    spent_s: float = 0.0
    """Time on the wall of all of them together, in seconds."""
    _alike: int = 0
    _stopped: int = 0
    _last_shape: str | None = None
    _deviation_s: float | None = None
    """None: not computed yet for the runs so far."""

    __test__ = False  # to pytest, its name looks like a class of tests

    def add(self, record: Record) -> None:
        """Count a run."""
        if record.status is Status.LOST:
            # Nothing is known about the submission: the run is still to be done.
            return
        self.records.append(record)
        self.spent_s += record.wall_s
        self._deviation_s = None
        self.passed += record.passed
        # In a row: whatever else comes in between shows that the test can end
        # otherwise.
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
    def mean_s(self) -> float:
        """The mean time of a run, in seconds; 0 without any."""
        return self.spent_s / self.total if self.records else 0.0

    @property
    def deviation_s(self) -> float:
        """The standard deviation of their times, in seconds; 0 for fewer than two."""
        # Exact arithmetic over perhaps 100,000 runs takes some 50 ms, and the table
        # that shows it is drawn four times a second, mostly with nothing new in a row.
        if self._deviation_s is None:
            times = [record.wall_s for record in self.records]
            self._deviation_s = statistics.stdev(times) if len(times) > 1 else 0.0
        return self._deviation_s

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of its pass rate."""
        return wilson(self.passed, self.total)

    @property
    def interval_text(self) -> str:
        """The interval, as reports give it."""
        low, high = self.interval
        return f"95 % interval {low:.1%} to {high:.1%}"

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

    def first_seeds(self, most: int) -> str:
        """The first of the seeds, and how many more there are."""
        more = len(self.seeds) - most
        first = ", ".join(map(str, self.seeds[:most]))
        return f"{first} and {more} more" if more > 0 else first


_RULE: Final = re.compile(r"([\w' ]+ \((?:\d[\dA-D.]*|figure \d|section \d)\)): ")
"""A broken rule, as `tester1.rules.findings.Finding` begins: its name and section."""


def group_failures(failures: Iterable[Record]) -> list[FailureGroup]:
    """Equal failures together, the most frequent first."""
    groups: dict[str, FailureGroup] = {}
    for record in failures:
        group = groups.setdefault(shape_of(record.message), FailureGroup(record))
        group.seeds.append(record.key.seed)
    return sorted(groups.values(), key=lambda group: -len(group.seeds))


def shape_of(message: str) -> str:
    """What is left of a message without its numbers, and without what follows."""
    # What is quoted goes first: within it numbers may be cut in any way.
    line = message.partition("\n")[0]
    rule = _RULE.match(line)
    if rule is not None:  # how it is broken differs from run to run
        return str(rule[1])
    quiet = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", line)
    numbers = re.sub(r"[+-]?\d[\d.]*", "#", quiet)
    # Lists of different lengths are alike, too.
    return re.sub(r"#(?:[, ]+#)+", "#", numbers)
