"""Comma-separated tables of a class, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from labrt.texts import harmless
from tester1.batch.grading.grades import Grade

__all__ = ["table_of_grades", "table_of_tests"]

_FORMULA = ("=", "+", "-", "@")


def table_of_grades(grades: Sequence[Grade]) -> bytes:
    """A row for each submission: its points, altogether and part by part."""
    # Those of any: all are graded by one rubric.
    parts = [part for part, _ in grades[0].parts]
    rows = [
        [
            _text(grade.name),
            grade.score,
            grade.points,
            *(round(sum(test.score for test in tests), 2) for _, tests in grade.parts),
            _text(grade.headline),
        ]
        for grade in grades
    ]
    return _csv(["submission", "score", "points", *parts, "problem"], rows)


def table_of_tests(grades: Sequence[Grade]) -> bytes:
    """A row for each test of each submission."""
    heading = "submission part test passed total low high mean_s score points"
    rows = []
    for grade in grades:
        for test in grade.tests:
            tally = test.tally
            rows.append(
                [
                    _text(grade.name),
                    test.function[-2:],
                    test.name,
                    tally.passed,
                    tally.total,
                    *(f"{bound:.4f}" for bound in tally.interval),
                    f"{tally.mean_s:.3f}",
                    test.score,
                    test.rule.points,
                    " ".join(str(record.key.seed) for record in tally.failures),
                    test.remark,
                ]
            )
    return _csv([*heading.split(), "failing_seeds", "remark"], rows)


def _csv(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue().encode()


def _text(value: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    # A name is its submission's own choice, and a spreadsheet would compute it.
    value = harmless(value)
    return f"'{value}" if value.startswith(_FORMULA) else value
