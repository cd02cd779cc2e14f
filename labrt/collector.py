"""Python's cycle collector, kept from looking at what a run has not made.

A simulation makes many objects and a process that runs tests holds very many more. A
full collection walks over all of them, a few dozen times in a run of a second. During
a run the older objects are set aside, and the young generation is let grow further;
what a run leaves behind is collected as ever. Nothing depends on when.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# So many more objects made than freed start a collection of the youngest.
_YOUNG_OBJECTS = 5_000


@contextmanager
def sheltered_collector() -> Iterator[None]:
    """Set the existing objects aside for the collector until the block ends.

    A process that has set objects aside for itself is left alone.
    """
    if gc.get_freeze_count():
        yield
        return
    young, middle, old = gc.get_threshold()
    gc.freeze()
    if young:
        gc.set_threshold(max(young, _YOUNG_OBJECTS), middle, old)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)
        gc.unfreeze()
