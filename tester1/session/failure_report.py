"""The way of a failure, from the exception that has left a test to the report on it.

There is one way in for each half of it, both from the hook that makes the report:

- `prepare` readies the exception, before pytest looks at it: harness frames are cut out
  and the solution's line is named;
- `explain` adds to pytest's report what its reader needs, in this order: when the test
  failed and after which fault, what may have led to it, who was stuck, how every server
  stood, the facts that matter, the command that repeats the run, and the files that it
  left. For the facts the run is done once more; where that is not possible, those are
  read that the run has kept.

If all that is wrong is that a part of the starter code is still to be written, that is
all that is said.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
import shlex
import textwrap
from pathlib import Path
from typing import Final

import pytest
from _pytest._code.code import ExceptionRepr

from labrpc import LabrpcError
from labrt import Fact, LockStuck, RuntimeFailure
from labrt.texts import harmless, message_of
from tester1.hosts.modes import make_runtime
from tester1.lab import Lab, LabFailure, Mode, RunFailure
from tester1.rules.hints.likeliest import suspected
from tester1.session.coloured import add_section
from tester1.session.interrupts import Interrupts
from tester1.session.replay import replay
from tester1.session.seeds import run_seed
from tester1.session.settings import Settings
from tester1.session.tracebacks import cut, lead_to_solution, name_line, short_form
from tester1.solution import REFERENCE_ROOT
from tester1.view.layout import Line
from tester1.view.report import failure_report
from tester1.view.selection import involved_servers

__all__ = ["explain", "prepare", "unwritten_part"]

_MOST_STUCK: Final = 1

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
    name_line(error, _root(lab))
    if not whole:
        cut(error)
    if lab.debugged:
        lead_to_solution(error, _root(lab))
    if not whole or lab.debugged:
        # pytest has taken the traceback down already; it is to look again.
        call.excinfo = pytest.ExceptionInfo.from_exception(error)


def explain(
    report: pytest.TestReport,
    item: pytest.Function,
    lab: Lab,
    excinfo: pytest.ExceptionInfo[BaseException],
    *,
    settings: Settings,
    interrupts: Interrupts,
) -> None:
    """Add to the report on a failed test what its run tells."""
    error = excinfo.value
    unwritten = unwritten_part(error)
    if unwritten is not None:  # there is nothing to search for, so nothing to show
        report.longrepr = unwritten
        report.sections = []
    elif isinstance(report.longrepr, ExceptionRepr) and not settings.brief:
        tells = isinstance(error, (LabFailure, RuntimeFailure, LabrpcError))
        if tells and not _asks_for_style(item):
            report.longrepr = short_form(excinfo, _width(item), _root(lab))
        width = _width(item)
        lines = [
            Line(line)
            for text in _circumstances(lab, error)
            for line in textwrap.wrap(text, width, subsequent_indent="  ")
        ]
        lines += [Line(text) for text in _unread(lab, _width(item))]
        lines += _facts(item, lab, error, settings, interrupts)
        lines.append(Line(f"repeat: {_repeat_command(item, lab, settings)}"))
        lines += [Line(f"wrote {path}") for path in lab.files]
        lines += [Line(harmless(text)) for text in lab.warnings]
        add_section(report, "raftlab", lines)


def unwritten_part(error: BaseException) -> str | None:
    """What is still to be written, if that is all that is wrong with the solution."""
    found = _UNWRITTEN.search(message_of(error))
    return None if found is None else found[1]


def _root(lab: Lab) -> Path:
    """The folder of the solution."""
    return lab.solution or REFERENCE_ROOT


def _circumstances(lab: Lab, error: BaseException) -> list[str]:
    """When the test failed, after which fault, and who was stuck."""
    end = lab.state_at_end
    if end is None:
        return []
    message = message_of(error)
    # Where each of them stands is told by the table of threads.
    stuck = [harmless(text.partition("\n")[0]) for text in end.stuck]
    others = [text for text in stuck if text not in message]
    # Where one of them is the failure, most others wait for the same.
    shown = 0 if isinstance(error, LockStuck) else _MOST_STUCK
    more = len(others) - shown
    waits = "one more thread waits" if more == 1 else f"{more} more threads wait"
    return [
        f"failed at {end.time:.3f} s, {_last_fault(lab, end.time)}",
        *others[:shown],
        *([f"and {waits} for a lock"] if more > 0 else []),
    ]


def _asks_for_style(item: pytest.Item) -> bool:
    style, whole = item.config.getoption("tbstyle"), item.config.getoption("fulltrace")
    return style != "auto" or bool(whole)


def _unread(lab: Lab, width: int) -> list[str]:
    """What of the solution's messages could not be read, and the rules that are off."""
    gaps = [harmless(gap) for gap in lab.gaps()]
    text = f"not read: {'; '.join(gaps)} (raftlab rules says how the others are)"
    return textwrap.wrap(text, width, subsequent_indent="  ") if gaps else []


def _width(item: pytest.Function) -> int:
    return item.config.get_terminal_writer().fullwidth


def _last_fault(lab: Lab, now: float) -> str:
    fault = lab.last_fault
    if fault is None:
        return "before any fault"
    # The end of the test ends all faults.
    healed = fault.end is not None and fault.end < now
    until = f" until {fault.end:.3f} s" if healed else ""
    return f"after {harmless(fault.text)} at {fault.start:.3f} s{until}"


def _facts(
    item: pytest.Function,
    lab: Lab,
    error: BaseException,
    settings: Settings,
    interrupts: Interrupts,
) -> list[Line]:
    """What the facts of the failed run tell, if they are to be had."""
    kept: list[Fact] | str = lab.kept_facts()
    if lab.mode is Mode.SIM:
        kept = _repeated(item, lab, error, settings, interrupts)
    if isinstance(kept, str):
        return [Line(kept)]
    width, found = _width(item), suspected(kept)
    if lab.redraw is not None:
        failure = RunFailure(
            harmless(message_of(error)),
            involved_servers(kept, error),
            [(hint.text, hint.proof) for hint in found],
        )
        lab.redraw(kept, failure)
    return [
        *(Line(text) for hint in found for text in _hint(hint.text, width)),
        *failure_report(kept, error, width, found[0].proof if found else ()),
    ]


def _hint(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        harmless(text), width, initial_indent="hint: ", subsequent_indent="      "
    )


def _repeated(
    item: pytest.Function,
    lab: Lab,
    error: BaseException,
    settings: Settings,
    interrupts: Interrupts,
) -> list[Fact] | str:
    """The facts of the same run, done once more; or why there are none."""
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
        facts = replay(lab, error, test, make)
    except KeyboardInterrupt:
        interrupts.press()  # and so it is raised when the report is made
        return "interrupted: no facts to show"
    finally:
        interrupts.hold()
    return lab.unrepeated if facts is None else facts


def _repeat_command(item: pytest.Function, lab: Lab, settings: Settings) -> str:
    """The command that does this very run again."""
    if settings.command:
        return settings.command
    here = item.config.invocation_params.dir
    test = f"{os.path.relpath(item.path, here)}::{lab.name}"
    return shlex.join(["pytest", test, *settings.repeating(lab.seed, here)])
