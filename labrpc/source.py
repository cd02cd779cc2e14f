"""How error messages write a line of source and a type.

Nothing here runs unless a call has already gone wrong.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, NoneType, TracebackType
from typing import cast

_HERE = Path(__file__).parent


def line_of_definition(function: Callable[..., object]) -> str:
    """`file:line` of the `def` of a function, under its decorators."""
    code = cast(FunctionType, inspect.unwrap(function)).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def line_of_raise(
    traceback: TracebackType | None, handler: Callable[..., object]
) -> str:
    """`file:line` of the innermost frame beside the handler's own file.

    An exception often comes out of a library; the line that its author can change
    is the last one in the folder where the handler is defined.
    """
    definition = line_of_definition(handler)
    folder = Path(definition.rpartition(":")[0]).parent
    line = definition
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        # From the outermost frame inwards, so that the last hit is the innermost.
        if Path(filename).parent == folder:
            line = f"{filename}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return line


def line_of_caller() -> str:
    """`file:line` of the innermost frame outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and Path(frame.f_code.co_filename).parent == _HERE:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def type_name(kind: object) -> str:
    """A type as its author wrote it."""
    if kind is NoneType:
        return "None"
    return kind.__name__ if isinstance(kind, type) else str(kind)
