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
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final

import pytest
from _pytest._code.code import (
    ExceptionChainRepr,
    ExceptionRepr,
    ReprEntryNative,
    ReprFileLocation,
    ReprTraceback,
)

from labrpc import LabrpcError
from labrt import RuntimeFailure
from labrt.loading.modulenames import world_module
from labrt.texts import harmless, message_of
from tester1.rules.findings import RuleFailure
from tester1.solution import LAB_PACKAGES, REFERENCE_ROOT

__all__ = ["cut", "name_line", "short_form", "steps"]

_RUNTIME: Final = str(REFERENCE_ROOT / "labrt") + "/"
_HARNESS: Final = tuple(
    str(REFERENCE_ROOT / package) + "/"
    for package in ("labgob", "labrpc", "labrt", "tester1", *LAB_PACKAGES)
)


def cut(error: BaseException) -> None:
    """Cut the traceback of a failure and of what caused it, in place."""
    if isinstance(error, (AssertionError, RuntimeFailure, LabrpcError)):
        failure: BaseException | None = error
        while failure is not None:
            failure.__traceback__ = _without_harness(failure.__traceback__)
            failure = failure.__cause__


def short_form(
    excinfo: pytest.ExceptionInfo[BaseException], width: int
) -> ExceptionRepr:
    """What pytest shows of a failure whose message says what is wrong: that, at once.

    A line of each place is enough. Of a broken rule it is none: the test just happened
    to wait there.
    """
    short = excinfo.getrepr(style="short")
    error = excinfo.value
    if not isinstance(error, RuleFailure) or not isinstance(short, ExceptionChainRepr):
        return short
    text = harmless(str(error.finding))
    lines = textwrap.wrap(
        text, width, initial_indent="E   ", subsequent_indent="E     "
    )
    traceback = ReprTraceback(
        [ReprEntryNative([f"{line}\n" for line in lines])], None, "native"
    )
    crash = short.reprcrash
    if crash is not None:
        crash = ReprFileLocation(crash.path, crash.lineno, text)
    return ExceptionChainRepr([(traceback, crash, None)])


def name_line(error: BaseException, root: Path) -> None:
    """Add to a failure the line of the code under `root` that it came from, if any.

    That is the innermost one: the exception itself may have been raised further in,
    by what that code called. Nothing is added if the message names the line already.
    """
    if not isinstance(error, (RuntimeFailure, LabrpcError)):
        return
    # The runtime's own failures have no line; what a thread or handler raised has.
    cause = error.__cause__ or error
    for step in reversed(list(steps(cause.__traceback__))):
        code = step.tb_frame.f_code
        in_world = world_module(step.tb_frame) is not None
        if in_world and Path(code.co_filename).is_relative_to(root):
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


def _without_harness(traceback: TracebackType | None) -> TracebackType | None:
    whole = list(steps(traceback))
    # A failure in a task of the harness leaves nothing of the innermost one: then where
    # the test stood that waited for it. The outermost is pytest, if there is another.
    tasks = map(_outside_harness, reversed(_by_task(whole)))
    own = next(filter(None, tasks), [])
    # The chain is made anew, from its end: a step cannot be taken out of an old one
    # without changing it for whoever else holds it.
    following: TracebackType | None = None
    for step in reversed(own or whole[-1:]):
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
