"""When Python's cycle collector runs during a simulation: at the same steps every time.

By itself it runs whenever so many objects have been made, which depends on what the
process did before; and code under test can tell (`__del__`, callbacks of weak
references, weak sets). So during a run:

- it does not run by itself, unless the memory would otherwise run full;
- it runs as a task of its own, in no world, after so many steps of the scheduler; a
  killed world counts as many, since it leaves a whole program behind;
- a world that turns it on and off, or tunes it, changes nothing outside.

Finalizers of what a cycle held are therefore called in that task, or in the one that
called `gc.collect` itself. Everything else dies when its last reference goes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from labrt.sim.world import SimWorld

STEPS_BETWEEN: Final = 50_000
"""After so many steps of the scheduler there is a collection."""

STEPS_OF_A_WORLD: Final = 2_500
"""So many steps sooner, for each world that is killed."""

# A safety valve: so many objects made and not freed between two collections start one
# at once, at a moment that may not repeat. The suites' runs come to a tenth of it.
_TOO_MANY_OBJECTS: Final = 1_000_000
# With fewer the run's garbage is left to the collections that come by themselves.
_WORTH_COLLECTING: Final = 10_000


@contextmanager
def steady_collector() -> Iterator[None]:
    """Keep the collector from running by itself until the block ends."""
    # A threshold of 0 means that somebody has turned the collector off.
    thresholds = gc.get_threshold()
    if thresholds[0] > 0:
        gc.set_threshold(_TOO_MANY_OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        if gc.isenabled() and gc.get_count()[0] > _WORTH_COLLECTING:
            gc.collect()


def collect(worlds: Iterable[SimWorld]) -> None:
    """Collect what only cycles keep, and tell those of the worlds that want to know."""
    gc.collect()
    for world in worlds:
        # Not `find`: a world that has not imported it has no callbacks. They are code
        # of the world, so a task of the world calls them.
        module = world.modules.get("gc")
        for callback in getattr(module, "callbacks", ()):
            for phase in ("start", "stop"):
                world.runtime.spawn(
                    callback, phase, dict(_INFO), name="gc callback", world=world
                )


# How much there was to collect depends on the rest of the process, so it is not told.
_INFO: Final = {"generation": 2, "collected": 0, "uncollectable": 0}
