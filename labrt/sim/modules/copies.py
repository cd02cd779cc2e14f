"""Modules that are the process's own but for a few names."""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import Any

from labrt.loading.rebinding import rebound_function


def copy_of(module: ModuleType, **changes: Any) -> ModuleType:
    """A module with the same contents, but for the changes."""
    copy = ModuleType(module.__name__, module.__doc__)
    vars(copy).update(vars(module))
    vars(copy).update(
        {
            name: in_place_of(vars(module).get(name), new)
            for name, new in changes.items()
        }
    )
    return copy


def in_place_of(original: object, replacement: Any) -> Any:
    """A replacement that a class may hold where it may hold the original.

    A function written in C is no method of a class that has it as an attribute, as
    `logging.Formatter` has `time.localtime`; one written in Python would become one.
    """
    is_function = isinstance(replacement, FunctionType)
    if is_function and not isinstance(original, FunctionType):
        return staticmethod(replacement)
    return replacement


def rebound_copy(module: ModuleType, **changes: Any) -> ModuleType:
    """A module whose functions, too, see the changes.

    Its classes are those of the process: what a program makes of them can leave it.
    """
    copy = copy_of(module, **changes)
    own = vars(copy)
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and name not in changes:
            own[name] = rebound_function(value, own)
    return copy


def rebound_class(source: type, **changes: Any) -> Any:
    """A class of the same source whose methods see other globals."""
    # Without the descriptors of the source's own instances: the new class makes some.
    namespace = {**_globals_of(source), **changes}
    members = {
        name: rebound_function(value, namespace)
        if isinstance(value, FunctionType)
        else value
        for name, value in vars(source).items()
        if name not in ("__dict__", "__weakref__")
    }
    return type(source.__name__, source.__bases__, members)


def _globals_of(source: type) -> dict[str, Any]:
    functions = (value for value in vars(source).values())
    return next(f.__globals__ for f in functions if isinstance(f, FunctionType))
