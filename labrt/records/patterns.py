"""Programs that make objects like a sample, with other parts.

A program is found by looking at a sample whose parts are known by identity: where the
sample holds a part, the program puts what it is called with. Functions, containers and
records are made anew each time, so that all that two results share is immutable. What
is neither a part nor known to be safe to share makes the whole sample `Unclear`, and
nothing is guessed.

A program is Python source: calling makers one in another takes three times as long,
and a world that starts runs dozens of programs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from types import CellType, CodeType, FunctionType, NoneType
from typing import Any

_ATOMS = frozenset({bool, bytes, CodeType, complex, float, int, NoneType, str})
# A mark in a text: the expression of a part, between characters that no source has.
_MARK = re.compile("\0(.*?)\0")
# What a function may be given after it was made.
_ATTRIBUTES = ("__dict__", "__doc__", "__kwdefaults__", "__module__", "__qualname__")


class Unclear(Exception):
    """There is no telling how to make another object like this one."""


class Mark:
    """Stands in a sample for what `expression` gives; `shown` gives its text."""

    def __init__(self, expression: str, shown: str) -> None:
        self.expression = expression
        self._shown = shown

    def __repr__(self) -> str:
        # The library writes it into a docstring, where `_text` finds it again.
        return f"\0{self._shown}\0"


class Program:
    """Writes a function that makes objects like the samples that it was shown.

    `parameters` are the function's, and `names` what its expressions may use
    besides the built-ins. Add the expressions of known parts to `known`, by the
    identity of what stands for them in the samples.
    """

    def __init__(self, parameters: str, **names: Any) -> None:
        # By identity, not equality: an input and a constant may well be equal.
        self.known: dict[int, str] = {}
        # What was looked at has to live on, or another object gets its identity.
        self._alive: list[object] = []
        self._parameters = parameters
        self._names = {"FunctionType": FunctionType, "CellType": CellType, **names}
        self._constants: dict[str, object] = {}
        self._lines: list[str] = []

    def constant(self, value: object) -> str:
        """The expression of an object that all results share."""
        name = f"c{len(self._constants)}"
        self._constants[name] = value
        return name

    def run(self, statement: str) -> None:
        """Let the function do something."""
        self._lines.append(statement)

    def assign(self, expression: str) -> str:
        """The name of a value that the function is to evaluate here."""
        name = f"v{len(self._lines)}"
        self.run(f"{name} = {expression}")
        return name

    def compile(self, result: str) -> Callable[..., Any]:
        """The function, which returns the value of the expression `result`."""
        body = "\n ".join([*self._lines, f"return {result}"])
        namespace = {**self._names, **self._constants}
        exec(f"def make({self._parameters}):\n {body}", namespace)
        made: Callable[..., Any] = namespace["make"]
        return made

    def of(self, value: Any) -> str:
        """The expression of an object like `value`. Raises `Unclear`."""
        known = self.known.get(id(value))
        if known is not None:
            return known
        kind = type(value)
        if isinstance(value, Mark):
            return value.expression
        if kind is str and "\0" in value:
            return self._text(value)
        if kind in _ATOMS:
            return self.constant(value)
        # Exactly these types: one derived from them may hold what is not seen here.
        if kind is tuple:
            return self._tuple(value)
        made = self._mutable(kind, value)
        # What is the same object in two places of the sample is so in the result.
        self.known[id(value)] = made
        self._alive.append(value)
        return made

    def _mutable(self, kind: type, value: Any) -> str:
        if kind is FunctionType:
            return self._function(value)
        if kind is CellType:
            return self.variable(value)
        if kind is dict:
            entries = [f"{self._key(key)}: {self.of(value[key])}" for key in value]
            return self.assign(f"{{{', '.join(entries)}}}")
        if kind in (list, set):
            entries = [f"{self.of(entry)}, " for entry in value]
            return self.assign(f"{kind.__name__}(({''.join(entries)}))")
        raise Unclear(value)

    def record(self, value: Any) -> str:
        """The expression of an object whose state is in its slots."""
        kind: Any = type(value)
        if hasattr(value, "__dict__"):
            raise Unclear(value)
        made = self.assign(f"{self.constant(kind.__new__)}({self.constant(kind)})")
        self.give(made, value, kind.__slots__)
        return made

    def give(self, target: str, like: Any, names: Iterable[str]) -> None:
        """Let the function set attributes of `target` as those of `like` are."""
        for name in names:
            self.run(f"{target}.{name} = {self.of(getattr(like, name))}")

    def variable(self, cell: CellType) -> str:
        """The expression of a variable that functions have in their closure."""
        content = self.of(cell.cell_contents)
        # Generated code sets no variable of its maker's: what holds something that
        # all share can be shared itself.
        if content in self._constants:
            return self.constant(cell)
        return self.assign(f"CellType({content})")

    def _function(self, function: FunctionType) -> str:
        """The expression of a function: the same code, over other objects."""
        arguments = (
            self.constant(function.__code__),
            self._namespace(function.__globals__),
            self.constant(function.__name__),
            self.of(function.__defaults__),
            self.of(function.__closure__),
        )
        made = self.assign(f"FunctionType({', '.join(arguments)})")
        self.give(made, function, _given(function))
        return made

    def _namespace(self, namespace: dict[str, Any]) -> str:
        """The expression of a function's globals, if not some program's."""
        known = self.known.get(id(namespace))
        if known is not None:
            return known
        # Of the library there is one for all; that of a program is one world's.
        if namespace.get("__name__") not in sys.stdlib_module_names:
            raise Unclear(namespace)
        return self.constant(namespace)

    def _key(self, key: object) -> str:
        if type(key) not in _ATOMS and type(key) is not tuple:
            raise Unclear(key)
        return self.of(key)

    def _tuple(self, value: tuple[Any, ...]) -> str:
        entries = [self.of(entry) for entry in value]
        # Made once, not with each call, as the compiler does with a constant tuple.
        if all(entry in self._constants for entry in entries):
            return self.constant(tuple(self._constants[entry] for entry in entries))
        return f"({''.join(f'{entry}, ' for entry in entries)})"

    def _text(self, value: str) -> str:
        # Plain text and the expressions of marks, in turn.
        pieces = _MARK.split(value)
        pieces[::2] = [self.constant(text) for text in pieces[::2]]
        return f"''.join(({', '.join(pieces)}))"


def _given(function: FunctionType) -> list[str]:
    """What a function has beside what its code and its namespace gave it."""
    # What a new function has by itself differs between Pythons: ask one.
    plain = FunctionType(
        function.__code__, function.__globals__, closure=function.__closure__
    )
    names = [n for n in _ATTRIBUTES if getattr(function, n) != getattr(plain, n)]
    # From 3.14 on the annotations come from a function, where there is one.
    if getattr(function, "__annotate__", None) is not None:
        names.append("__annotate__")
    elif function.__annotations__:
        names.append("__annotations__")
    return names
