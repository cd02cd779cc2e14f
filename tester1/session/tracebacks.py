"""Cuts the harness out of a failure's traceback.

What leads to the cause is where the test stood and where the student's code stood; the
scheduler, the network and the test's scaffold in between do not. Rules:

- only failures whose message says what is wrong are cut. Anything else may be the
  harness's own mistake and keeps all its frames;
- what stands outside the run, or in another task than the one that failed, goes first:
  everything up to the last place where a runtime called something else;
- a traceback is never cut down to nothing.
"""

from __future__ import annotations

import linecache
import os
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final

import pytest
from _pytest._code.code import (
    ExceptionChainRepr,
    ExceptionRepr,
    ReprEntry,
    ReprEntryNative,
    ReprFileLocation,
    ReprTraceback,
)

from labrpc import LabrpcError
from labrt import RuntimeFailure
from labrt.loading.modulenames import world_module
from labrt.texts import harmless, message_of, name_of, notes_of
from tester1.rules.findings import RuleFailure
from tester1.solution import LAB_PACKAGES, REFERENCE_ROOT, is_on_top

__all__ = ["cut", "lead_to_solution", "name_line", "short_form", "steps"]

_RUNTIME: Final = str(REFERENCE_ROOT / "labrt") + "/"
_HARNESS: Final = tuple(
    str(REFERENCE_ROOT / package) + "/"
    for package in ("labgob", "labrpc", "labrt", "tester1", *LAB_PACKAGES)
)


_OF_SOLUTION: Final = (RuntimeFailure, LabrpcError)
"""What the solution's code fails with by itself, whatever the test checks."""

# As pytest marks the lines of a message.
_MESSAGE: Final = "E   "
_MOST_PLACES: Final = 8
_MOST_LINKS: Final = 3
_MOST_LINES: Final = 24


def cut(error: BaseException) -> None:
    """Cut the traceback of a failure and of what caused it, in place."""
    if isinstance(error, (AssertionError, *_OF_SOLUTION)):
        failure: BaseException | None = error
        while failure is not None:
            # Where the solution's code has raised, it tells as well where the test was.
            test_too = failure is error and isinstance(error, _OF_SOLUTION)
            failure.__traceback__ = _without_harness(
                failure.__traceback__, test_too=test_too
            )
            failure = failure.__cause__


def lead_to_solution(error: BaseException, root: Path) -> None:
    """Have the traceback of a failure end in the solution's code that has raised.

    A debugger stops at its end, and of some versions of Python knows of no cause.
    `root` is the folder of the solution.
    """
    if isinstance(error, _OF_SOLUTION) and error.__cause__ is not None:
        whole = list(steps(error.__cause__.__traceback__))
        # What the solution's code has called is the library's, and no place to look at.
        while whole and not _is_solution(whole[-1].tb_frame, root):
            whole.pop()
        if whole:
            error.__traceback__ = _chain([*steps(error.__traceback__), *whole])


def short_form(
    excinfo: pytest.ExceptionInfo[BaseException], width: int, root: Path
) -> ExceptionRepr:
    """What pytest shows of a failure whose message says what is wrong: that, at once.

    A line or two of each place are enough: where the test stood, and of an exception of
    the solution's where that was, the innermost last. Of a broken rule it is none: the
    test just happened to wait there. `root` is the folder of the solution.
    """
    short = excinfo.getrepr(style="short")
    error = excinfo.value
    if not isinstance(short, ExceptionChainRepr):
        return short
    crash = short.reprcrash
    if isinstance(error, RuleFailure):
        text = harmless(str(error.finding))
        if crash is not None:
            crash = ReprFileLocation(crash.path, crash.lineno, text)
        return ExceptionChainRepr([(_places([], [text], width), crash, None)])
    if not isinstance(error, _OF_SOLUTION):
        return short
    test = takewhile(
        lambda step: world_module(step.tb_frame) is None, steps(error.__traceback__)
    )
    said = [f"{name_of(error)}: {message_of(error)}", *notes_of(error)]
    lines = [line for text in said for line in text.splitlines()]
    links = _links(error.__cause__, root)
    if isinstance(error.__cause__, SyntaxError) and error.__cause__.text:
        lines.append(f"    {error.__cause__.text.strip()}")
    before = [
        (
            _places(own, f"{name_of(one)}: {message_of(one)}".splitlines(), width),
            None,
            "which led to:",
        )
        for one, own in links[1:]
    ]
    own = links[0][1] if links and links[0][0] is error.__cause__ else []
    last = _places([*test, *own], lines, width)
    return ExceptionChainRepr([*reversed(before), (last, crash, None)])


def _links(
    error: BaseException | None, root: Path
) -> list[tuple[BaseException, list[TracebackType]]]:
    """An exception and those that led to it, with their steps in the solution's code.

    Those that come from elsewhere are told by the messages of these.
    """
    found: list[tuple[BaseException, list[TracebackType]]] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen and len(found) < _MOST_LINKS:
        seen.add(id(error))
        own = [
            step
            for step in steps(error.__traceback__)
            if _is_solution(step.tb_frame, root)
        ]
        if own:
            found.append((error, own))
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context
    return found


def _places(
    shown: Sequence[TracebackType], lines: Sequence[str], width: int
) -> ReprTraceback:
    """An entry of pytest's for each place, the message of so many lines in the last."""
    # The innermost ones tell what it was, of a recursion without end as well.
    entries: list[ReprEntry | ReprEntryNative] = [
        _entry(step) for step in shown[-_MOST_PLACES:]
    ]
    wrapped = [
        line
        for number, text in enumerate(map(harmless, lines))
        for line in _wrapped(text, width, "" if number == 0 else "  ")
    ]
    if len(wrapped) > _MOST_LINES:
        left_out = f"{_MESSAGE}  … and {len(wrapped) - _MOST_LINES} more lines"
        wrapped = [*wrapped[:_MOST_LINES], left_out]
    entries.append(ReprEntry(wrapped, None, None, None, "short"))
    return ReprTraceback(entries, None, "short")


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """A line of a message, indented as it is and a little more where it goes on."""
    own = len(text) - len(text.lstrip())
    return textwrap.wrap(
        text,
        width,
        initial_indent=f"{_MESSAGE}{indent}",
        subsequent_indent=f"{_MESSAGE}{' ' * own}  {indent}",
        break_on_hyphens=False,
    )


def _entry(step: TracebackType) -> ReprEntry:
    """The line of a place, as pytest's short style has it."""
    code = step.tb_frame.f_code
    source = linecache.getline(code.co_filename, step.tb_lineno).strip()
    path = code.co_filename
    # Where the current folder is gone, or on another drive.
    with suppress(OSError, ValueError):
        path = os.path.relpath(path)
    where = ReprFileLocation(path, step.tb_lineno, f"in {code.co_name}")
    return ReprEntry([f"    {source}"], None, None, where, "short")


def name_line(error: BaseException, root: Path) -> None:
    """Add to a failure the line of the code under `root` that it came from, if any.

    That is the innermost one: the exception itself may have been raised further in,
    by what that code called. Nothing is added if the message names the line already.
    """
    if not isinstance(error, _OF_SOLUTION):
        return
    # The runtime's own failures have no line; what a thread or handler raised has.
    cause = error.__cause__ or error
    for step in reversed(list(steps(cause.__traceback__))):
        code = step.tb_frame.f_code
        if _is_solution(step.tb_frame, root):
            line = f"{Path(code.co_filename).relative_to(root)}:{step.tb_lineno}"
            if line not in message_of(error):
                source = linecache.getline(code.co_filename, step.tb_lineno).strip()
                error.add_note(f"called at {line} in {code.co_name}: {source}")
            return


def steps(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """The steps of a traceback, the outermost first."""
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _without_harness(
    traceback: TracebackType | None, *, test_too: bool
) -> TracebackType | None:
    whole = list(steps(traceback))
    # A failure in a task of the harness leaves nothing of the innermost one: then where
    # the test stood that waited for it. The outermost is pytest, if there is another.
    tasks = [own for own in map(_outside_harness, _by_task(whole)) if own]
    chosen = (tasks[1:] or tasks) if test_too else tasks[-1:]
    return _chain([step for own in chosen for step in own] or whole[-1:])


def _chain(chosen: Sequence[TracebackType]) -> TracebackType | None:
    """A traceback of these steps, the outermost first."""
    # It is made anew, from its end: a step cannot be taken out of an old one without
    # changing it for whoever else holds it.
    following: TracebackType | None = None
    for step in reversed(chosen):
        following = TracebackType(
            following, step.tb_frame, step.tb_lasti, step.tb_lineno
        )
    return following


def _by_task(whole: list[TracebackType]) -> list[list[TracebackType]]:
    """The steps, cut wherever a runtime called something else, the outermost first."""
    cuts = [
        number
        for number in range(1, len(whole))
        if _is_runtime(whole[number - 1]) and not _is_runtime(whole[number])
    ]
    bounds = zip([0, *cuts], [*cuts, len(whole)], strict=True)
    return [whole[begin:end] for begin, end in bounds]


def _outside_harness(found: list[TracebackType]) -> list[TracebackType]:
    return [step for step in found if not _is_harness(step.tb_frame)]


def _is_runtime(step: TracebackType) -> bool:
    return step.tb_frame.f_code.co_filename.startswith(_RUNTIME)


def _is_harness(frame: FrameType) -> bool:
    """Whether a frame belongs to the harness; a world's modules never do."""
    return world_module(frame) is None and frame.f_code.co_filename.startswith(_HARNESS)


def _is_solution(frame: FrameType, root: Path) -> bool:
    """Whether a frame is of the solution in the folder `root`, in a world."""
    file = Path(frame.f_code.co_filename)
    own = file.is_relative_to(root) and not is_on_top(file)
    return own and world_module(frame) is not None
