"""Records of runs that nobody has done, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Sequence

from tester1.batch.grading.entries import Entry
from tester1.batch.grading.grades import ClassGrades, Grade, TestGrade
from tester1.batch.grading.rubric import Rubric, TestRule, default_rubric
from tester1.batch.results.tally import TestTally
from tester1.batch.runs.jobs import Key, Record, Status
from tester1.batch.runs.submission import Submission
from tester1.lab import Mode, Preempt

TEST = "test_figure_8_3C"


def key(seed: int = 1, test: str = TEST, mode: Mode = Mode.SIM) -> Key:
    """A key of some run."""
    return Key("0123456789abcdef", test, seed, mode, Preempt.NONE, "version")


def passed(seed: int = 1, wall_s: float = 1.0) -> Record:
    """A run that has passed."""
    return Record(key(seed), Status.PASSED, wall_s=wall_s)


def failed(
    message: str, seed: int = 1, status: Status = Status.FAILED, wall_s: float = 1.0
) -> Record:
    """A run that has not."""
    return Record(key(seed), status, message, wall_s)


def tally(records: Sequence[Record]) -> TestTally:
    """What the records add up to."""
    result = TestTally()
    for record in records:
        result.add(record)
    return result


def graded(
    records: Sequence[Record],
    *,
    rule: TestRule | None = None,
    planned: int | None = None,
    audit: Sequence[Record] = (),
    given_up: bool = False,
) -> TestGrade:
    """The grade of one test with these runs."""
    return TestGrade(
        TEST,
        rule or default_rubric().tests[TEST],
        len(records) if planned is None else planned,
        tally(records),
        given_up,
        tally(audit),
    )


def grade(
    name: str, tests: Sequence[TestGrade], problem: str = "", twins: Sequence[str] = ()
) -> Grade:
    """A submission with these tests."""
    submission = None if problem else Submission(name, {"raft1/raft.py": b""})
    points = sum(test.rule.points for test in tests)
    return Grade(Entry(name, submission, problem), tests, twins, points)


def class_of(*grades: Grade, title: str = "Lab 3") -> ClassGrades:
    """A class of these submissions."""
    usual = default_rubric()
    rubric = Rubric(title, usual.runs, usual.limits, {TEST: usual.tests[TEST]})
    return ClassGrades(rubric, 7, grades)
