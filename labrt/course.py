"""The course of a run in two numbers a moment, kept of every run, traced or not.

When a run of the same seed takes another course, that shows at once in when something
is due next, or in how many steps the scheduler has made by then. So two runs can be
compared, and where they part be named, though nobody recorded the first.
"""

from __future__ import annotations

from array import array


class Course:
    """The moments of one run, by two numbers each, which `note` is called with in turn.

    The time in nanoseconds, and the scheduler's steps before it.
    """

    __slots__ = ("_moments", "note")

    def __init__(self) -> None:
        self._moments = array("d")
        # Bound once, since the scheduler calls it at every moment, with a number.
        self.note = self._moments.append

    def parts_from(self, other: Course) -> float | None:
        """Return up to when, in seconds, two runs are known to be the same.

        None: they are the same to their ends.
        """
        ours, theirs = self._moments, other._moments
        if ours == theirs:
            return None
        both = min(len(ours), len(theirs)) // 2
        for moment in range(both):
            at = slice(2 * moment, 2 * moment + 2)
            if ours[at] != theirs[at]:
                both = moment
                break
        return ours[2 * both - 2] / 1e9 if both else 0.0
