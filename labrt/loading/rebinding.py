"""Functions of the same code over other globals: other modules, other built-ins.

A function takes its globals, and by them its built-ins, when it is made, and keeps
them. So where a function is to see a world's, it has to be made once more.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any


def rebound_function(function: FunctionType, namespace: dict[str, Any]) -> FunctionType:
    """A function of the same code over other globals."""
    copy = FunctionType(
        function.__code__,
        namespace,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy
