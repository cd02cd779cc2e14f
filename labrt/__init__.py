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
from labrt.real import RealRuntime
from labrt.runtime import Future, Runtime, Task, Timer, World
from labrt.sim.runtime import SimRuntime
from labrt.streams import derive
from labrt.trace import Trace, TraceEvent

__all__ = [
    "Deadlock",
    "Future",
    "LockStuck",
    "NotSimulable",
    "RealRuntime",
    "Runaway",
    "Runtime",
    "RuntimeFailure",
    "SimRuntime",
    "Task",
    "TaskFailed",
    "Timer",
    "Trace",
    "TraceEvent",
    "UsageError",
    "World",
    "WorldKilled",
    "derive",
]
