"""Threads that wait for a lock at the moment a test fails: often the cause of it."""

from __future__ import annotations

from typing import Final

from labrt import Runtime, SimRuntime
from labrt.sim.locks import Lock
from labrt.sim.reports import stuck_lock
from labrt.sim.tasks import BLOCKED

__all__ = ["stuck_locks"]

SUSPICIOUS_WAIT_S: Final = 1.0
"""From how long on a wait for a lock is worth telling, in seconds."""


def stuck_locks(runtime: Runtime) -> list[str]:
    """Say of each thread that has waited long for a lock who waits where, and for whom.

    Only a simulation knows.
    """
    if not isinstance(runtime, SimRuntime):
        return []
    found = []
    for task in runtime.unfinished_tasks():
        waited = runtime.now() - task.waiting_since
        waits = task.state is BLOCKED and isinstance(task.blocked_on, Lock)
        if waits and waited >= SUSPICIOUS_WAIT_S:
            found.append(stuck_lock(task, task.blocked_on, waited))
    return found
