"""Runs one test function in the runtime of its `Lab`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial

from tester1.files import reason
from tester1.lab import Lab
from tester1.session.trace_file import write_events
from tester1.teardown import do_all

__all__ = ["run_in_lab", "write_trace"]


def run_in_lab(lab: Lab, test: Callable[[], object]) -> object:
    """Run `test` as the main task of the lab's runtime; returns what it returns.

    Whatever the test leaves behind is cleaned up before the runtime ends.
    """
    __tracebackhide__ = True

    def main() -> object:
        __tracebackhide__ = True
        try:
            result = test()
        except BaseException as error:
            _take_down(lab, error)
            raise
        _take_down(lab, None)
        return result

    return lab.runtime.run(main)


def _take_down(lab: Lab, error: BaseException | None) -> None:
    __tracebackhide__ = True
    cleanups = [partial(config.cleanup, error) for config in lab.configs]
    do_all([lab.end, *cleanups], error)


def write_trace(lab: Lab) -> None:
    """Write the events of a traced run to the artifacts folder.

    A file that cannot be written is a problem of the lab's, and never the test's.
    """
    trace = lab.runtime.trace
    if trace is None or lab.artifacts is None:
        return
    path = lab.artifacts / f"{lab.file_stem}.trace"
    try:
        lab.artifacts.mkdir(parents=True, exist_ok=True)
        write_events(path, trace.events)
    except OSError as error:
        with contextlib.suppress(OSError):  # half a trace looks like a whole one
            path.unlink()
        lab.problems.append(f"cannot write the trace to {path}: {reason(error)}")
    else:
        lab.files.append(path)
