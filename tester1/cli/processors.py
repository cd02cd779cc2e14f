"""How many processors this process may use, on every system and Python."""

from __future__ import annotations

import os

__all__ = ["usable_processors"]


def usable_processors() -> int:
    """The number of processors that this process may use, at least 1."""
    # From 3.13 on; it also heeds PYTHON_CPU_COUNT.
    if hasattr(os, "process_cpu_count"):
        return os.process_cpu_count() or 1
    # Linux, and no more than a few others.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
