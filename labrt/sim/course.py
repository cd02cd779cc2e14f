"""The course of a run in a few numbers, kept of every run, traced or not.

When a run of the same seed takes another course, that shows at once in when something
is due next, or in how many steps the scheduler has made by then, and goes on to show.
So two runs can be compared, and where they part be named, though nobody recorded the
first.
"""

from __future__ import annotations

from array import array
from typing import Final

STEPS_BETWEEN_MARKS: Final = 32
"""So many steps of the scheduler are between two marks: few enough to search."""


class Course:
    """The marks of one run: its time and the scheduler's steps, every so many steps."""

    __slots__ = ("_marks",)

    def __init__(self) -> None:
        # Time and steps in turn, as plain numbers, since every run keeps them.
        self._marks = array("d")

    def mark(self, nanoseconds: float, steps: int) -> None:
        """Note where the run stands."""
        self._marks.extend((nanoseconds, steps))

    def parts_from(self, other: Course) -> float | None:
        """Up to when, in seconds, two runs are known to be the same.

        None: they are the same to their ends.
        """
        ours, theirs = self._marks, other._marks
        if ours == theirs:
            return None
        # A mark is two numbers. If one run is the beginning of the other, all of its
        # marks are the same.
        same = min(len(ours), len(theirs)) // 2
        for mark in range(same):
            at = slice(2 * mark, 2 * mark + 2)
            if ours[at] != theirs[at]:
                same = mark
                break
        return ours[2 * same - 2] / 1e9 if same else 0.0
