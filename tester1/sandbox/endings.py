"""How processes end: made to, waited for, and told in words.

A process of untrusted code may have started others, and may end in any way at any time.
So what is ended is its whole group, and what is said of its end comes from the kernel
alone.
"""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from typing import Final

__all__ = ["Ending", "describe", "kill_group", "wait_for"]

_LIMIT_TOLERANCE: Final = 0.95
"""How much of a limit on processor time a process has used that was killed for it:
the kernel counts in ticks for the limit, and more exactly for the total."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process has ended."""

    exit_code: int
    """Its exit status, or minus the number of the signal that killed it."""
    cpu_s: float
    """Processor time that it has used, in seconds."""

    def reached(self, cpu_limit_s: int) -> bool:
        """Whether the kernel has ended it for using so much processor time.

        `limit_cpu` has it say so, by SIGXCPU. A process that has ignored that is
        killed, as one could be for want of memory: then only the time used tells the
        two apart.
        """
        if self.exit_code == -signal.SIGXCPU:
            return True
        killed = self.exit_code == -signal.SIGKILL
        return killed and self.cpu_s >= _LIMIT_TOLERANCE * cpu_limit_s


def kill_group(pid: int) -> None:
    """Kill a process that leads a group of its own, and the whole group.

    One that has ended already, but was not waited for, keeps its own exit status.
    """
    # The group first: its leader might start one more process in between. Then the
    # process itself, which has no group of its own in its very first moment.
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def wait_for(pid: int) -> Ending:
    """Wait for the end of a process that this one has forked."""
    _, status, usage = os.wait4(pid, 0)
    cpu_s = usage.ru_utime + usage.ru_stime
    return Ending(os.waitstatus_to_exitcode(status), cpu_s)


def describe(exit_code: int) -> str:
    """How a process has ended, as part of a sentence; see `Ending.exit_code`."""
    if exit_code >= 0:
        return f"exited by itself, with status {exit_code}"
    number = -exit_code
    if number == signal.SIGKILL:
        # What the tester kills itself it does not describe, so it was somebody else.
        return "was killed by SIGKILL (out of memory?)"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(number).name}"
    return f"was killed by signal {number}"
