"""How much a check may cost: time, memory, steps.

The engines call `Budget.tick` as they work, and let the exception through. Only
every few hundred steps does it look at the clock. Memory is an account and not a
measurement, so that a memory limit gives the same verdict on every run; so does
a limit on steps. A time limit does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable

CONFIGURATION_BYTES = 600
"""What a search keeps for one step: a configuration, its state, two table entries."""

STEPS_BETWEEN_LOOKS = 256


class BudgetExceeded(Exception):
    """The budget ran out; the verdict is unknown."""


class Budget:
    """A limit on the seconds, the bytes and the steps of a check; None for no limit.

    `clock` returns seconds that never go back.
    """

    def __init__(
        self,
        *,
        timeout_s: float | None = None,
        memory_bytes: int | None = None,
        steps: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._started_s = clock()
        self._deadline_s = None if timeout_s is None else self._started_s + timeout_s
        self._most_held = (
            None if memory_bytes is None else memory_bytes // CONFIGURATION_BYTES
        )
        self._most_steps = steps
        self._steps = 0
        self._next_look = STEPS_BETWEEN_LOOKS
        self._released = 0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the budget was made."""
        return self._clock() - self._started_s

    def slice(self, steps: int) -> Budget:
        """A budget within this one, for so many steps.

        It ends when this one does, if time runs out; memory is its own account.
        """
        # By hand, as the deadline is an instant of this budget and not a duration.
        part = Budget(steps=steps, clock=self._clock)
        part._deadline_s = self._deadline_s
        part._most_held = self._most_held
        return part

    def tick(self, steps: int = 1) -> None:
        """Account for steps of a search, and for what they keep in memory.

        Raises:
            BudgetExceeded: a limit is passed (noticed within a few hundred steps).
        """
        # Engines call this in their innermost loops, so most calls end at one
        # comparison.
        self._steps += steps
        if self._steps >= self._next_look:
            self._next_look = self._steps + STEPS_BETWEEN_LOOKS
            self.look()

    @property
    def steps(self) -> int:
        """The steps accounted for so far."""
        return self._steps

    def release(self) -> None:
        """Account for everything kept so far being given up."""
        self._released = self._steps

    def look(self) -> None:
        """Look at the limits now.

        Raises:
            BudgetExceeded: a limit is passed.
        """
        if self._deadline_s is not None and self._clock() > self._deadline_s:
            raise BudgetExceeded("time")
        # Every step keeps about as much, so that steps stand for bytes.
        held = self._steps - self._released
        if self._most_held is not None and held > self._most_held:
            raise BudgetExceeded("memory")
        if self._most_steps is not None and self._steps > self._most_steps:
            raise BudgetExceeded("steps")
