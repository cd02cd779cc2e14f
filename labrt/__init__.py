"""Run threaded Python code under deterministic virtual time, or for real.

`SimRuntime(seed).run(main)` runs `main` and everything that it starts on one
operating-system thread, with a clock that jumps from event to event and a scheduler
that a seed decides. A `World` made with `runtime.world` gives ordinary code -
`import threading, time, random` - a private copy of its modules in which all of
that is simulated, and can be killed at any instant. `RealRuntime` offers the same
interface on threads and the wall clock.

The package needs nothing but greenlet and can be used without the rest.
"""

from __future__ import annotations

from labrt.errors import (
    Deadlock,
    LockStuck,
    NotSimulable,
    Runaway,
    RuntimeFailure,
    TaskFailed,
    UsageError,
    WorldKilled,
)
from labrt.facts import (
    Fact,
    Facts,
    Follower,
    Printed,
    ProgramEnded,
    ProgramStarted,
    printed,
)
from labrt.real import RealRuntime
from labrt.runtime import Future, HeldLock, Runtime, Task, Timer, Waiting, World
from labrt.sim.runtime import SimRuntime
from labrt.streams import derive

__all__ = [
    "Deadlock",
    "Fact",
    "Facts",
    "Follower",
    "Future",
    "HeldLock",
    "LockStuck",
    "NotSimulable",
    "Printed",
    "ProgramEnded",
    "ProgramStarted",
    "RealRuntime",
    "Runaway",
    "Runtime",
    "RuntimeFailure",
    "SimRuntime",
    "Task",
    "TaskFailed",
    "Timer",
    "UsageError",
    "Waiting",
    "World",
    "WorldKilled",
    "derive",
    "printed",
]
