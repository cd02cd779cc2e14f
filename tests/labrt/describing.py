"""What a class consists of and what it does, as texts that can be compared.

The marks of worlds, the addresses of objects and the code that the loader instruments
are left out; everything else that can be reached from a class is in its description.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import re
import weakref
from collections.abc import Callable, Collection, Iterable
from functools import partial
from itertools import zip_longest
from types import (
    CellType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
)
from typing import Any

_PRIVATE = re.compile(r"@w#\d+|@worlds|0x[0-9a-f]+")
_AUTOMATIC = (GetSetDescriptorType, MemberDescriptorType)


def plain(text: str) -> str:
    """A text without marks of worlds and addresses."""
    return _PRIVATE.sub("", text)


class Description:
    """A text for each object, in which what was described before has its number.

    Of other classes than `classes` there is only the name: the class that the library
    throws away when it makes one with slots is known to some methods, but of no use.
    """

    def __init__(self, classes: Collection[type]) -> None:
        self._classes = classes
        self._seen: dict[int, int] = {}
        self._alive: list[object] = []

    def of(self, value: Any) -> str:
        """Describe an object and all that it consists of."""
        # The name of a world's module is a string that knows its world.
        kind = str if isinstance(value, str) else type(value)
        if kind in _AUTOMATIC:
            return kind.__name__
        inner = self._inner(value)
        if inner is None:
            return plain(f"{kind.__name__} {value!r}")
        if value in ({}, [], ()):
            return f"empty {kind.__name__}"
        number = self._seen.setdefault(id(value), len(self._seen))
        if number < len(self._alive):
            return f"#{number}"
        self._alive.append(value)
        return plain(f"#{number} {kind.__name__}({', '.join(inner())})")

    def _inner(self, value: Any) -> Callable[[], Iterable[str]] | None:
        """What lists the description of an object's parts, if it has any."""
        if isinstance(value, dict | MappingProxyType):
            return lambda: (f"{self.of(k)}: {self.of(v)}" for k, v in value.items())
        if isinstance(value, tuple | list):
            return lambda: map(self.of, value)
        if isinstance(value, property):
            return lambda: map(self.of, (value.fget, value.fset, value.fdel))
        if isinstance(value, classmethod | staticmethod):
            return lambda: [self.of(value.__func__)]
        if isinstance(value, CellType):
            return lambda: [self.of(_content(value))]
        if isinstance(value, FunctionType):
            return lambda: self._function(value)
        if isinstance(value, type):
            return (lambda: self._class(value)) if value in self._classes else None
        if type(value).__module__ == "dataclasses" and hasattr(value, "__slots__"):
            return lambda: self._slots(value)
        return None

    def _function(self, function: FunctionType) -> Iterable[str]:
        code = function.__code__
        yield f"{function.__module__} in {function.__globals__['__name__']}"
        yield f"{function.__name__} {function.__qualname__} {function.__doc__}"
        if not code.co_filename.endswith("program.py"):
            yield f"{code.co_code!r} {code.co_consts} {code.co_names}"
            yield f"{code.co_varnames} {code.co_freevars}"
        parts = (function.__defaults__, function.__kwdefaults__, function.__closure__)
        yield from map(self.of, (*parts, function.__annotations__, vars(function)))

    def _class(self, cls: type) -> Iterable[str]:
        yield f"{cls.__qualname__} {cls.__bases__}"
        for name, value in sorted(vars(cls).items()):
            yield f"{name}={self.of(value)}"

    def _slots(self, value: Any) -> Iterable[str]:
        return (self.of(getattr(value, name)) for name in type(value).__slots__)


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return "empty"


def outcome(action: Callable[[], Any]) -> str:
    """Describe what an action returns or raises."""
    try:
        return plain(repr(action()))
    except Exception as error:
        return plain(f"{type(error).__name__}: {error}")


def behaviour(cls: Any) -> list[str]:
    """Describe what a dataclass and its objects do."""
    told = [
        outcome(lambda: inspect.signature(cls)),
        outcome(lambda: cls.__doc__),
        outcome(lambda: [f.name for f in dataclasses.fields(cls)]),
        outcome(lambda: cls.__match_args__),
        outcome(lambda: cls()),
    ]
    for count in range(5):
        told += _uses(cls, partial(cls, *range(count)))
    names = [f.name for f in dataclasses.fields(cls) if f.init]
    return told + _uses(cls, partial(cls, **dict.fromkeys(names, 1)))


def _uses(cls: Any, make: Callable[[], Any]) -> list[str]:
    """Describe what can be done with an object of a class."""
    try:
        one, other = make(), make()
    except Exception as error:
        return [plain(f"{type(error).__name__}: {error}")]
    names = [f.name for f in dataclasses.fields(cls)]
    actions: list[Callable[[], Any]] = [
        lambda: one,
        lambda: (one == other, one != other, one == cls),
        lambda: hash(one) == hash(other),
        lambda: (one < other, one <= other, one > other, one >= other),
        lambda: dataclasses.asdict(one),
        lambda: dataclasses.astuple(one),
        lambda: dataclasses.replace(one),
        lambda: dataclasses.replace(one, **dict.fromkeys(names, 8)),
        lambda: copy.copy(one),
        lambda: copy.deepcopy(one),
        lambda: [getattr(one, name) for name in names],
        lambda: sorted(vars(one)),
        lambda: weakref.ref(one)() is one,
        partial(setattr, one, "other", 1),
        *[partial(setattr, one, name, 9) for name in names],
        *[partial(delattr, one, name) for name in names],
        lambda: (one.base(), one.me(), one.role, one.parent),
        lambda: (one.new(), one.of(), one.slow, one.given),
    ]
    return [outcome(action) for action in actions]


def first_difference(told: list[str], expected: list[str]) -> str:
    """The first place where two descriptions differ, empty if there is none."""
    if len(told) != len(expected):
        return f"{len(told)} texts, not {len(expected)}"
    for one, other in zip(told, expected, strict=True):
        for line, right in zip_longest(one.split(", "), other.split(", ")):
            if line != right:
                return f"{line!r}, not {right!r}, in {one}"
    return ""
