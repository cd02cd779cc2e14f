"""The way of a failure, from the exception that has left a test to the report on it.

There is one way in for each half of it, both from the hook that makes the report:

- `prepare` readies the exception, before pytest looks at it: harness frames are cut out
  and the solution's line is named;
- `explain` adds to pytest's report what its reader needs, in this order: when the test
  failed and after which fault, who was stuck, the last events, the command that repeats
  the run, and the files that it left. For the events the run is done once more.

If all that is wrong is that a part of the starter code is still to be written, that is
all that is said.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
import shlex
from typing import Final

import pytest
from _pytest._code.code import ExceptionRepr

from labrt.texts import harmless, harmless_lines, message_of
from tester1.hosts.modes import make_runtime
from tester1.lab import Lab, Mode
from tester1.session.interrupts import Interrupts
from tester1.session.last_events import columns, involved_servers
from tester1.session.replay import replay
from tester1.session.seeds import run_seed
from tester1.session.settings import Settings
from tester1.session.tracebacks import cut, name_line
from tester1.solution import REFERENCE_ROOT

__all__ = ["explain", "prepare", "unwritten_part"]

# What the methods of the starter code raise until they are written, inside the message
# of the failure that this leads to; behind it the message says where.
_UNWRITTEN: Final = re.compile(
    r"NotImplementedError: (part [34][A-D]\b.*?)(?:, in thread | \(at |\n|$)"
)


def prepare(call: pytest.CallInfo[None], lab: Lab, *, whole: bool) -> None:
    """Ready the exception of a failed test for pytest; `whole` leaves its frames."""
    if call.excinfo is None:
        return
    error = call.excinfo.value
    # Before the traceback is cut, in which it looks for the line.
    name_line(error, lab.solution or REFERENCE_ROOT)
    if not whole:
        cut(error)
        # pytest has taken the traceback down already; it is to look again.
        call.excinfo = pytest.ExceptionInfo.from_exception(error)


def explain(
    report: pytest.TestReport,
    item: pytest.Function,
    lab: Lab,
    error: BaseException,
    *,
    settings: Settings,
    interrupts: Interrupts,
) -> None:
    """Add to the report on a failed test what its run tells."""
    unwritten = unwritten_part(error)
    if unwritten is not None:  # there is nothing to search for, so nothing to show
        report.longrepr = unwritten
        report.sections = []
    elif isinstance(report.longrepr, ExceptionRepr) and not settings.brief:
        lines = _circumstances(lab, error)
        if lab.mode is Mode.SIM:
            lines.extend(_last_events(item, lab, error, settings, interrupts))
        lines.append(f"repeat: {_repeat_command(item, lab, settings)}")
        lines.extend(f"wrote {path}" for path in lab.files)
        lines.extend(map(harmless, lab.warnings))
        report.longrepr.addsection("raftlab", "\n".join(lines))


def unwritten_part(error: BaseException) -> str | None:
    """What is still to be written, if that is all that is wrong with the solution."""
    found = _UNWRITTEN.search(message_of(error))
    return None if found is None else found[1]


def _circumstances(lab: Lab, error: BaseException) -> list[str]:
    """When the test failed, after which fault, and who was stuck."""
    end = lab.state_at_end
    if end is None:
        return []
    message = message_of(error)
    stuck = map(harmless_lines, end.stuck)
    return [
        f"failed at {end.time:.3f} s, {_last_fault(lab)}",
        *(text for text in stuck if text not in message),
    ]


def _last_fault(lab: Lab) -> str:
    fault = lab.last_fault
    if fault is None:
        return "before any fault"
    return f"after {harmless(fault.text)} at {fault.start:.3f} s"


def _last_events(
    item: pytest.Function,
    lab: Lab,
    error: BaseException,
    settings: Settings,
    interrupts: Interrupts,
) -> list[str]:
    """The last events before the failure, from the same run with tracing on."""
    # Those that the test asks for, and not the fixtures that only had to be there: the
    # body is called once more, and set-up is not.
    names = inspect.signature(item.obj).parameters
    arguments = {name: item.funcargs[name] for name in names if name in item.funcargs}
    make = functools.partial(
        make_runtime, settings.options, run_seed(lab.seed, lab.name)
    )
    # It takes as long as the run did, so Ctrl-C is let through meanwhile.
    try:
        interrupts.release()
        test = functools.partial(item.obj, **arguments)
        events = replay(lab, error, test, make)
    except KeyboardInterrupt:
        interrupts.press()  # and so it is raised when the report is made
        return ["interrupted: no events to show"]
    finally:
        interrupts.hold()
    if events is None:
        return [lab.unrepeated]
    width = item.config.get_terminal_writer().fullwidth
    return columns(events, involved_servers(events, error), width)


def _repeat_command(item: pytest.Function, lab: Lab, settings: Settings) -> str:
    """The command that does this very run again."""
    if settings.command:
        return settings.command
    here = item.config.invocation_params.dir
    test = f"{os.path.relpath(item.path, here)}::{lab.name}"
    return shlex.join(["pytest", test, *settings.repeating(lab.seed, here)])
