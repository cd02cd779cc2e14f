"""Finding a program's start function in the solution, or saying why it is not there."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

from labrt import World
from labrt.loading.modulenames import world_module
from tester1.solution import is_testers

__all__ = ["StartFunction", "load_problem", "start_function"]

StartFunction = Callable[..., list[Any]]
"""Starts a program in its world and returns its RPC services."""


def start_function(world: World, start: str | StartFunction) -> StartFunction:
    """The function called "module:function", from the world's own modules.

    A function itself becomes one of the world's own: what it imports is the solution's.
    Raises `ImportError` or `SyntaxError`, which `load_problem` puts in words.
    """
    if not isinstance(start, str):
        return world.adopt(start)
    module, _, name = start.partition(":")
    function: StartFunction = getattr(world.load(module), name)
    return function


def load_problem(error: ImportError | SyntaxError) -> str:
    """Say what could not be loaded, and where, in terms of the student's files."""
    if isinstance(error, SyntaxError):
        shown = "".join(traceback.format_exception_only(error))
        return f"{error.filename}:{error.lineno}: {error.msg}\n{shown.rstrip()}"
    text = error.msg
    # The innermost frame of the world's own code: what is further in belongs to the
    # import system, and further out to the harness.
    steps = list(traceback.walk_tb(error.__traceback__))
    private = [step for step in steps if world_module(step[0]) is not None]
    frame, line = (private or steps)[-1]
    missing = re.match(r"cannot import name '(\w+)' from '", text)
    if missing and error.path and _is_harness(frame):
        # The student has no such line; what the harness asks for is what counts.
        return f"{error.path} does not define {missing[1]!r}, which it has to"
    return f"{text} (at {frame.f_code.co_filename}:{line})"


def _is_harness(frame: FrameType) -> bool:
    """Whether a frame is in a module of the labs' packages that is no solution's."""
    module = world_module(frame)
    return module is not None and is_testers(module)
