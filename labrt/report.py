"""The texts of failures that every runtime can have, and of what worlds print.

Each begins with what broke and where, in the world's own code. What only a simulation
can say of a failure is in `labrt.sim.reports`.
"""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Final, Protocol

from labrt.texts import message_of, name_of, without_addresses

THREAD_DROPPED: Final = "Exception ignored in thread started by"
"""How Python calls an exception that ends a thread which `threading` does not run."""


def print_line(time: float, world: str, text: str) -> None:
    """Write a line that a world printed, with the time and the world's name."""
    sys.stdout.write(f"[{time:10.6f} {world}] {text}\n")


class Origin(Protocol):
    """A world, as far as a report has to know it."""

    @property
    def name(self) -> str:
        """The program's name."""

    def owns(self, filename: str) -> bool:
        """Whether a file is one of the world's private modules."""

    def shorten(self, filename: str) -> str:
        """A file's path below the root that it is in."""


class Failed(Protocol):
    """A task that raised: simulated, or a thread."""

    @property
    def name(self) -> str:
        """The task's name."""

    @property
    def world(self) -> Origin | None:
        """The task's world."""


def task_failed(task: Failed, error: BaseException) -> str:
    """The line that says which world, thread and line an exception came from."""
    kind, message = name_of(error), message_of(error)
    what = f"{kind}: {message}" if message else kind
    place = _place_of_error(task, error)
    where = task.world.name if task.world else "the harness"
    what = without_addresses(what)
    return f"{where}: {what}, in thread {task.name!r}{place}"


def _place_of_error(task: Failed, error: BaseException) -> str:
    """The innermost line of the world's own code, else of any."""
    # The code never ran: the line at fault is in the error, not in its traceback.
    if isinstance(error, SyntaxError) and error.filename:
        return f", at {_shorten(task, error.filename)}:{error.lineno}"
    lines = list(traceback.walk_tb(error.__traceback__))
    own = [step for step in lines if is_own_code(task, step[0])]
    if not lines:
        return ""
    frame, number = (own or lines)[-1]
    return f", at {line_of(task, frame, number)}"


def is_own_code(task: Failed, frame: FrameType) -> bool:
    """Whether a frame stands in the code of the task's world."""
    return task.world is not None and task.world.owns(frame.f_code.co_filename)


def line_of(task: Failed, frame: FrameType, number: int) -> str:
    """A line of code and where it is, for messages."""
    code = frame.f_code
    text = linecache.getline(code.co_filename, number).strip()
    place = f"{_shorten(task, code.co_filename)}:{number} in {code.co_name}"
    return f"{place}: {text}" if text else place


def _shorten(task: Failed, filename: str) -> str:
    return task.world.shorten(filename) if task.world else filename


def traceback_through(frames: Iterable[FrameType]) -> TracebackType | None:
    """What a traceback would be of an error that was raised in the first of these.

    They are innermost first; each of the others has called the one before it.
    """
    made: TracebackType | None = None
    for frame in frames:
        made = TracebackType(made, frame, frame.f_lasti, frame.f_lineno)
    return made
