"""Where two runs of a seed part is found, and said."""

from __future__ import annotations

import pytest

from labrt import Printed, RealRuntime, SimRuntime
from labrt.sim.course import STEPS_BETWEEN_MARKS, Course
from tester1.session.divergence import first_difference, unrepeated
from tests.tester1.conftest import InnerPytest

EVENTS = [
    Printed(number=n + 1, time=n / 2, server="server-0-1", line=f"line {n}")
    for n in range(8)
]


def course(*moments: tuple[float, int]) -> Course:
    """The course of a run: seconds and steps."""
    made = Course()
    for seconds, steps in moments:
        made.mark(seconds * 1e9, steps)
    return made


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ([(1, 10), (2, 20), (3, 30)], None),
        ([(1, 10), (2, 20), (3, 31)], 2.0),
        ([(1, 10), (2.5, 20), (3, 30)], 1.0),
        ([(1, 10), (2, 20)], 2.0),
        ([(0.5, 1)], 0.0),
        ([], 0.0),
    ],
)
def test_two_courses_part(
    other: list[tuple[float, int]], expected: float | None
) -> None:
    """Guards that the moment named is the last that both have, either way round."""
    one, two = course((1, 10), (2, 20), (3, 30)), course(*other)
    assert one.parts_from(two) == expected
    assert two.parts_from(one) == expected


def run(*seconds: float) -> SimRuntime:
    """A simulation that goes on in so large steps, many times each."""
    runtime = SimRuntime(1)

    def main() -> None:
        for time in seconds:
            for _ in range(STEPS_BETWEEN_MARKS):
                runtime.sleep(time / STEPS_BETWEEN_MARKS)

    runtime.run(main)
    return runtime


def test_what_follows_the_parting_is_shown() -> None:
    """Guards that the report begins where the runs stop being the same."""
    text = unrepeated(run(1, 1, 1), run(1, 1, 2), EVENTS)
    assert "the same until 2.000000 s" in text
    assert "line 4" in text
    assert "line 3" not in text
    assert "--twice" in text


def test_runs_that_differ_in_nothing_known() -> None:
    """Guards that no moment is named where none is known, or in real time."""
    assert "until" not in unrepeated(run(1, 1), run(1, 1), EVENTS)
    assert "until" not in unrepeated(RealRuntime(1), RealRuntime(1), EVENTS)


def test_the_report_of_a_failure_names_the_parting(inner: InnerPytest) -> None:
    """Guards the way from the run to the report."""
    inner.file(
        """
        runs = []

        def test_fail(lab):
            for _ in range(3 * 32):
                lab.runtime.sleep(1.5 / 96)
            runs.append(1)
            lab.runtime.sleep(0.5 * len(runs))
            assert len(runs) > 1
        """
    )
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("*did not repeat*the same until 1.500000 s*")


def test_the_first_difference_is_shown_with_what_was_before() -> None:
    """Guards the lines of `raftlab replay --twice`."""
    changed = [
        *EVENTS[:6],
        Printed(number=7, time=3.0, server="server-0-1", line="another"),
        EVENTS[7],
    ]
    first, *before, one, other = first_difference(EVENTS, changed)
    assert first == "the runs part at event 7:"
    assert [line.split()[0] for line in before] == ["both"] * 5
    assert one.split()[-2:] == ["line", "6"]
    assert other.split()[-1] == "another"
