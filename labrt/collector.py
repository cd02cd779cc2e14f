"""Python's cycle collector, called less often while a simulation runs.

A simulation makes many short-lived objects, few of them in cycles. The young
generation is let grow further during a run; nothing depends on when it is collected.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# So many more objects made than freed start a collection of the youngest.
_YOUNG_OBJECTS = 50_000


@contextmanager
def patient_collector() -> Iterator[None]:
    """Raise the first threshold until the block ends, unless it is off or higher."""
    young, middle, old = gc.get_threshold()
    if 0 < young < _YOUNG_OBJECTS:
        gc.set_threshold(_YOUNG_OBJECTS, middle, old)
    try:
        yield
    finally:
        gc.set_threshold(young, middle, old)
