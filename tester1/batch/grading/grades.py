"""Grades: what the runs of a submission are worth by the rubric.

Everything that is written about a class, whatever its format, is made from these
records, so that no two reports can disagree.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from tester1.batch.grading.entries import Entry
from tester1.batch.grading.rubric import Rubric, TestRule
from tester1.batch.results.tally import FailureGroup, TestTally, group_failures
from tester1.suites import OURS, course_name, is_ours

__all__ = ["ClassGrades", "Grade", "TestGrade"]


@dataclass(frozen=True, slots=True)
class TestGrade:
    """One test of one submission."""

    __test__ = False  # to pytest, its name looks like a class of tests

    function: str
    rule: TestRule
    planned: int
    """How many runs it was to have."""
    tally: TestTally
    given_up: bool
    audit: TestTally
    """Its runs in processes, which the submission cannot meddle with."""

    @property
    def name(self) -> str:
        """The test's name in the course."""
        return course_name(self.function)

    @property
    def audit_failed(self) -> bool:
        """Whether it has passed in simulation alone."""
        return bool(self.audit.total and not self.audit.passed and self.tally.passed)

    @property
    def score(self) -> float:
        """Its points."""
        # In simulation the code under test can meddle with its verdict; apart it
        # cannot.
        if self.audit_failed:
            return 0.0
        return round(self.rule.score(self.tally.passed, self.tally.total), 2)

    @property
    def is_clean(self) -> bool:
        """Whether no run of it has failed, and there was one."""
        return 0 < self.tally.total == self.tally.passed and not self.audit_failed

    @property
    def groups(self) -> list[FailureGroup]:
        """Its failures, equal ones together."""
        return group_failures([*self.tally.failures, *self.audit.failures])

    @property
    def remark(self) -> str:
        """What a reader of its numbers has to know besides; usually nothing."""
        remarks = []
        if self.audit_failed:
            remarks.append(
                "passes in simulation, but never in processes of its own: no points "
                "until somebody has looked at it"
            )
        if self.given_up:
            done = self.tally.total
            remarks.append(f"given up after {done}: more would tell nothing new")
        elif self.tally.total < self.planned:
            remarks.append(f"{self.tally.total} of {self.planned} runs done")
        return "; ".join(remarks)


@dataclass(frozen=True, slots=True)
class Grade:
    """One submission."""

    entry: Entry
    tests: Sequence[TestGrade]
    twins: Sequence[str]
    """The other submissions that consist of exactly the same files."""
    points: float
    """What a perfect submission gets."""

    @property
    def name(self) -> str:
        """What the submission is called."""
        return self.entry.name

    @property
    def score(self) -> float:
        """Its points."""
        return round(sum(test.score for test in self.tests), 2)

    @property
    def parts(self) -> list[tuple[str, list[TestGrade]]]:
        """Its tests by part; those that the course does not have are one more."""
        # They are in the order of the suites, so that those of one part are neighbours.
        grouped = itertools.groupby(
            self.tests,
            lambda test: OURS if is_ours(test.function) else test.function[-2:],
        )
        return [(part, list(tests)) for part, tests in grouped]

    @property
    def headline(self) -> str:
        """What is wrong with a submission that passes nothing; of others, nothing."""
        if self.entry.problem:
            return self.entry.problem
        if any(test.tally.passed for test in self.tests):
            return ""
        groups = group_failures(
            record for test in self.tests for record in test.tally.failures
        )
        # The groups begin with the largest.
        return groups[0].example.message.partition("\n")[0] if groups else ""


@dataclass(frozen=True, slots=True)
class ClassGrades:
    """All submissions, by name, and what they were graded by."""

    rubric: Rubric
    seed: int
    grades: Sequence[Grade]
