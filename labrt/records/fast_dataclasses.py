"""`dataclasses` for worlds: the standard library's own work, done once.

Every world makes its classes anew from the same source, and what `dataclasses` does
for a class is most of what loading a small module costs. Two things keep it low, and
neither imitates the library nor mentions a private name of it, since these change from
one Python to the next.

Worlds have the library's own functions, over a namespace of their own in which `exec`
remembers by its text what it compiled. `Field`, `InitVar`, `MISSING` and the other
sentinels are the same objects inside and outside, so that everybody can use
`dataclasses.fields` on a class of a world. The module holds nothing of any world, so
that one serves all.

And for a plain class statement the library works once a process, on a stand-in; each
world fills in its own defaults, factories, annotations and class (`classpatterns`).
What has no clear pattern (a base class, a `ClassVar`, a method that says `super()`)
the library makes itself, in every world.
"""

from __future__ import annotations

import builtins
import dataclasses as real
import sys
from collections.abc import Callable
from functools import update_wrapper
from types import CodeType, FunctionType, GetSetDescriptorType, ModuleType
from typing import Any, Final

from labrt.records.classpatterns import Pattern, find_pattern
from labrt.records.classshapes import Shape
from labrt.records.patterns import Program, Unclear

Namespace = dict[str, Any]

# Generated code by its text, and patterns with the code of their class statement.
_compiled: dict[str, CodeType] = {}
_patterns: dict[Any, tuple[CodeType, Pattern | None]] = {}


def _decorator(library: Callable[..., Any], namespace: Namespace) -> Callable[..., Any]:
    """What a world uses as `dataclasses.dataclass`."""

    def dataclass(cls: Any = None, /, **options: bool) -> Any:
        # One frame up is the code that the class statement stands in, as a rule.
        if cls is not None:
            return decorate(cls, options, sys._getframe(1).f_code)
        library(**options)  # an option that does not exist is refused at once

        def wrap(cls: Any) -> Any:
            return decorate(cls, options, sys._getframe(1).f_code)

        return wrap

    def decorate(cls: Any, options: dict[str, bool], program: CodeType) -> Any:
        shape = Shape.of(cls, options, program)
        if shape is None:
            return library(cls, **options)
        found = _patterns.get(shape.key)
        if found is None:
            pattern = find_pattern(
                cls, shape, lambda sample: library(sample, **options), namespace
            )
            # The program stays alive with its identity in the key.
            found = _patterns[shape.key] = program, pattern
        pattern = found[1]
        # That there is none is remembered as well.
        if pattern is None:
            return library(cls, **options)
        name = cls.__module__
        return pattern(vars(sys.modules[name]), name, cls, shape.inputs)

    return update_wrapper(dataclass, library)


def _exec(source: str, globals: Namespace, locals: Namespace) -> None:
    """Execute generated code as the built-in `exec` does."""
    code = _compiled.get(source)
    if code is None:
        # Not inherited: the `from __future__` of this file is not the library's.
        code = compile(source, "<string>", "exec", dont_inherit=True)
        _compiled[source] = code
    exec(code, globals, locals)


class _Library(Program):
    """Writes what copies the library's functions into another namespace."""

    def of(self, value: Any) -> str:
        """The expression of one of the library's objects."""
        # What it only imports from elsewhere stays shared.
        if type(value) is FunctionType and value.__globals__ is not vars(real):
            return self.constant(value)
        if type(value) is type and _generates_code(value):
            members = {
                name: member
                for name, member in vars(value).items()
                if type(member) is not GetSetDescriptorType
            }
            bases = self.constant(value.__bases__)
            return f"type({value.__name__!r}, {bases}, {super().of(members)})"
        try:
            return super().of(value)
        except Unclear:
            # Classes and sentinels, which have to be the same inside and outside.
            return self.constant(value)


def _generates_code(cls: type) -> bool:
    """Whether a class of the library calls `exec`; all others stay shared."""
    return cls.__module__ == real.__name__ and any(
        type(value) is FunctionType and "exec" in value.__code__.co_names
        for value in vars(cls).values()
    )


def _library_program() -> Callable[[Namespace], Namespace]:
    program = _Library("library")
    program.known[id(vars(real))] = "library"
    own = {
        name: value
        for name, value in vars(real).items()
        if name not in ("__builtins__", "__name__")
    }
    return program.compile(program.of(own))


def _make_module() -> ModuleType:
    module = ModuleType(f"{real.__name__}@worlds", real.__doc__)
    namespace = module.__dict__
    # A function takes its built-ins from its namespace when it is made.
    namespace["__builtins__"] = {**vars(builtins), "exec": _exec}
    namespace.update(_library_program()(namespace))
    namespace["dataclass"] = _decorator(namespace["dataclass"], namespace)
    # The library looks for itself there when an annotation is a text.
    sys.modules[module.__name__] = module
    return module


module: Final = _make_module()
"""The `dataclasses` module of all worlds."""
