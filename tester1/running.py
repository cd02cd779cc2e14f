"""Runs one test function in the runtime of its `Lab`."""

from __future__ import annotations

from collections.abc import Callable

from tester1.lab import Lab
from tester1.tracefile import write_events

__all__ = ["run_in_lab", "write_trace"]


def run_in_lab(lab: Lab, test: Callable[[], object]) -> object:
    """Run `test` as the main task of the lab's runtime; returns what it returns.

    Whatever the test leaves behind is cleaned up before the runtime ends.
    """
    __tracebackhide__ = True

    def main() -> object:
        __tracebackhide__ = True
        try:
            return test()
        finally:
            lab.end()
            for config in lab.configs:
                config.cleanup()

    return lab.runtime.run(main)


def write_trace(lab: Lab) -> None:
    """Write the events of a traced run to the artifacts folder."""
    trace = lab.runtime.trace
    if trace is None or lab.artifacts is None:
        return
    lab.artifacts.mkdir(parents=True, exist_ok=True)
    path = lab.artifacts / f"{lab.file_stem}.trace"
    write_events(path, trace.events)
    lab.files.append(path)
