"""HTML pages: one for the class, one for each submission. Each is one file.

Nearly all that they show was chosen by the code under test or by whoever handed it in,
so the templates escape whatever they are given, and there is no script in them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2

from labrt.texts import harmless_lines
from tester1.batch.grading.grades import ClassGrades, Grade, TestGrade
from tester1.batch.runs.jobs import replay_command

__all__ = ["class_page", "submission_page"]

_SEEDS = 12


@dataclass(frozen=True, slots=True)
class TestOverview:
    """How a class did in one test."""

    __test__ = False  # to pytest, its name looks like a class of tests

    test: TestGrade
    """The test of any of the submissions, for what all have in common."""
    clean: int
    """Submissions of which every run has passed."""
    passed: int
    total: int


def class_page(grades: ClassGrades, links: Mapping[str, str]) -> bytes:
    """The page of a class; `links` leads to the submissions' pages, by name."""
    page = (
        _environment()
        .get_template("class.html")
        .render(
            rubric=grades.rubric,
            seed=grades.seed,
            grades=grades.grades,
            links=links,
            overview=_overview(grades),
        )
    )
    return page.encode(errors="replace")


def submission_page(
    grades: ClassGrades,
    grade: Grade,
    reports: Mapping[tuple[str, int], str],
    solution: Path,
) -> bytes:
    """The page of a submission; `reports` has links to failures' by test and seed.

    `solution` is the folder that commands name, seen from where the class was graded.
    """
    page = (
        _environment()
        .get_template("submission.html")
        .render(
            rubric=grades.rubric,
            grade=grade,
            reports=reports,
            seeds_shown=_SEEDS,
            replay=lambda group: replay_command(group.example.key, solution),
        )
    )
    return page.encode(errors="replace")


def _overview(grades: ClassGrades) -> list[TestOverview]:
    return [
        TestOverview(
            tests[0],
            sum(test.is_clean for test in tests),
            sum(test.tally.passed for test in tests),
            sum(test.tally.total for test in tests),
        )
        # All have the tests of one rubric, in its order.
        for tests in zip(*(grade.tests for grade in grades.grades), strict=True)
    ]


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tester1.batch.grading"),
        autoescape=True,
        # A name that is misspelt in a template is an error, not an empty cell.
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["harmless"] = harmless_lines
    environment.filters["points"] = lambda value: f"{value:g}"
    environment.filters["percent"] = lambda value: f"{100 * value:.1f} %"
    return environment
