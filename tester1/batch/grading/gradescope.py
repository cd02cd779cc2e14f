"""`results.json`, as Gradescope reads it from an autograder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from labrt.texts import harmless_lines
from tester1.batch.grading.grades import Grade, TestGrade

__all__ = ["gradescope_results"]

_SEEDS = 5
_GROUPS = 3


def gradescope_results(grade: Grade) -> bytes:
    """The file for one submission."""
    results: dict[str, Any] = {
        "score": grade.score,
        "execution_time": round(sum(test.tally.spent_s for test in grade.tests)),
        "output": harmless_lines(grade.headline),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(test) for test in grade.tests],
    }
    return msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n"


def _test(test: TestGrade) -> dict[str, Any]:
    return {
        "name": f"{test.function[-2:]} {test.name}",
        "score": test.score,
        "max_score": test.rule.points,
        # Not left to the score: a test may earn points by its share of passed runs, or
        # be worth none.
        "status": "passed" if test.is_clean else "failed",
        # As text: it quotes the solution, whose markup must not be shown as such.
        "output": "\n".join(_output(test)),
        "output_format": "text",
    }


def _output(test: TestGrade) -> Iterator[str]:
    if not test.tally.total:
        yield "not run"
        return
    yield (
        f"{test.tally.passed} of {test.tally.total} runs passed "
        f"({test.tally.interval_text})"
    )
    if test.remark:
        yield test.remark
    groups = test.groups
    for group in groups[:_GROUPS]:
        yield ""
        yield harmless_lines(group.example.message)
        yield f"seeds: {group.first_seeds(_SEEDS)}"
    if len(groups) > _GROUPS:
        yield f"\nand {len(groups) - _GROUPS} other kinds of failure"
