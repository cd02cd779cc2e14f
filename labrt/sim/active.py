"""The one simulation that runs in this process.

`time.sleep` and the locks of a world have no runtime at hand, as they have none in
real life: they act on the simulation that is running. There can be only one, since
a simulation is single-threaded and ends before its caller goes on.
"""

from __future__ import annotations

from typing import Any

from labrt.errors import UsageError
from labrt.sim.kernel import Kernel

_running: list[Kernel] = []


def active() -> Kernel:
    """The running simulation; raises `UsageError` when there is none."""
    if not _running:
        raise UsageError(
            "no simulation is running: call this from code that SimRuntime.run executes"
        )
    return _running[0]


def activate(runtime: Kernel) -> None:
    """Make `runtime` the running simulation; refuses a second one."""
    if _running:
        raise UsageError("a simulation is running in this process already")
    _running.append(runtime)


def deactivate() -> None:
    """Say that the running simulation has ended."""
    _running.clear()


def own_attribute(module: str, name: str, default: Any) -> Any:
    """What the running world has for a name of a module that it imported."""
    world = active().current.world
    found = world.modules.get(module) if world else None
    return getattr(found, name, default)
