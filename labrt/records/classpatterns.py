"""What `dataclasses` makes of a class statement, as a pattern for every world.

The library works on a *sample*: a stand-in for the class, with a mark in place of each
default, factory and annotation, in a module of its own. Wherever a mark, the sample or
its module turns up in the outcome, a world's own object belongs; all else is the same
in every world. So the pattern is right for every Python whose outcome can be read, and
where it cannot there is none.

What the library does shows in three places: members that the class has afterwards and
had not, or that are other objects; members that are gone; and attributes that changed
of the fields which the class statement itself had made. A pattern does the same three
things to a world's class, or makes the class once more where the library did.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import sys
from collections.abc import Callable
from dataclasses import MISSING, Field
from types import (
    CellType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any

from labrt.loading.modulenames import plain_name
from labrt.records.classshapes import Shape
from labrt.records.patterns import Mark, Program, Unclear

# How a pattern is called: with the namespace and the name of the class's module, the
# class, and the inputs of its shape.
Pattern = Callable[[dict[str, Any], str, type, list[Any]], type]
_PARAMETERS = "module, name, cls, inputs"

# Each field has four inputs: its annotation, its default, its factory, and what the
# class statement gives for it.
_PER_FIELD = 4
_GIVEN = 3

# Members that a class gets when it is made, not from what it is made of.
_AUTOMATIC = (GetSetDescriptorType, MemberDescriptorType)


def find_pattern(
    cls: type, shape: Shape, work: Callable[[type], type], library: dict[str, Any]
) -> Pattern | None:
    """What the library's `work` makes of a shape, None if that is not clear.

    `cls` is a class of the shape; it is not touched. `library` is the namespace
    that the library works in.
    """
    # The library finds out what a text annotation means in the class's module, and
    # that module by its name. Under its own name the sample could not be told apart.
    module = ModuleType(f"{plain_name(cls.__module__)}@sample")
    name = module.__name__
    vars(module).update(vars(sys.modules[cls.__module__]), __name__=name)
    sys.modules[name] = module
    try:
        sample = _Sample(cls, shape.inputs, module)
        return sample.pattern(work(sample.cls), library)
    except Exception:
        # What the library has against a class it says when it gets the class itself.
        return None
    finally:
        sys.modules.pop(name, None)


class _Sample:
    """A stand-in for a class, with marks for its inputs."""

    def __init__(self, cls: type, inputs: list[Any], module: ModuleType) -> None:
        self._module = module
        self._inputs = _marked(inputs)
        self.cls = self._stand_in(cls)
        # How it stands before the library has worked on it.
        self._before = dict(vars(self.cls))
        self._states = [_state(mark) for mark in self._inputs]

    def _stand_in(self, cls: type) -> type:
        """Make a class that differs from `cls` in its inputs and its module."""
        members = {
            name: _inert(value)
            for name, value in vars(cls).items()
            if not isinstance(value, _AUTOMATIC)
        }
        names = list(members.get("__annotations__", {}))
        if names:
            annotations = zip(names, self._inputs[::_PER_FIELD], strict=True)
            members["__annotations__"] = dict(annotations)
        # A field without a default is no member, and must not become one.
        given = zip(names, self._inputs[_GIVEN::_PER_FIELD], strict=True)
        members.update((name, mark) for name, mark in given if name in members)
        members["__module__"] = self._module.__name__
        made = type(cls.__name__, cls.__bases__, members)
        made.__qualname__ = cls.__qualname__
        return made

    def pattern(self, made: type, library: dict[str, Any]) -> Pattern:
        """The pattern of what the library made of the stand-in."""
        # In place of what is the sample's own; its marks tell by themselves.
        program = _ClassProgram(self.cls, made, library)
        program.known[id(vars(self._module))] = "module"
        program.known[id(self._module.__name__)] = "name"
        program.known[id(self.cls)] = "cls"
        for number, (mark, state) in enumerate(
            zip(self._inputs, self._states, strict=True)
        ):
            if type(mark) is Field:
                # The library names a field and takes it into the class: so does the
                # pattern with the world's, before anything refers to it.
                changed = [n for n, v in _state(mark).items() if v is not state[n]]
                own = program.assign(f"inputs[{number}]")
                program.give(own, mark, changed)
                program.known[id(mark)] = own
        program.write(self._before)
        return program.compile("made")


class _ClassProgram(Program):
    """Writes what the library does to a class.

    A class that is made once more exists only when its members do, so that a method
    that knows it gets a variable that is filled at last.
    """

    def __init__(self, cls: type, made: type, library: dict[str, Any]) -> None:
        # `show` writes an annotation as it stands in a signature, which the library
        # makes the docstring of.
        super().__init__(_PARAMETERS, show=inspect.formatannotation)
        self.known[id(library)] = self.constant(library)
        self._shared = frozenset(map(id, library.values()))
        self._cls = cls
        self._made = made
        self._late: list[str] = []

    def of(self, value: Any) -> str:
        """The expression of a member, or of what a member holds."""
        if id(value) in self._shared:
            return self.constant(value)
        try:
            return super().of(value)
        except Unclear:
            # Fields and parameters, which hold what the class statement gave.
            if type(value).__module__ == dataclasses.__name__:
                made = self.known[id(value)] = self.record(value)
                return made
            if type(value) is type and value.__module__ == "builtins":
                return self.constant(value)
            raise

    def variable(self, cell: CellType) -> str:
        """The expression of a variable that methods have in their closure."""
        if self._made is self._cls or cell.cell_contents is not self._made:
            return super().variable(cell)
        self._late.append(self.assign("CellType()"))
        return self._late[-1]

    def write(self, before: dict[str, Any]) -> None:
        """Write all that turns a class with the members `before` into `made`."""
        after = {
            name: value
            for name, value in vars(self._made).items()
            if not isinstance(value, _AUTOMATIC)
        }
        # `self` stands for "no such member": no class has this object for one.
        added = {
            name: self.of(value)
            for name, value in after.items()
            if before.get(name, self) is not value
        }
        removed = [name for name in before if name not in after]
        # With `slots=True` the library makes the class anew.
        if self._made is not self._cls:
            self._make_once_more(added, removed)
            return
        for name, value in added.items():
            self.run(f"setattr(cls, {name!r}, {value})")
        for name in removed:
            if not isinstance(before[name], _AUTOMATIC):
                self.run(f"delattr(cls, {name!r})")
        self.run("made = cls")

    def _make_once_more(self, added: dict[str, str], removed: list[str]) -> None:
        # `removed` includes the automatic members, which the new class gets anew.
        members = self.assign("dict(vars(cls))")
        for name in removed:
            self.run(f"del {members}[{name!r}]")
        for name, value in added.items():
            self.run(f"{members}[{name!r}] = {value}")
        self.run(f"made = type(cls.__name__, cls.__bases__, {members})")
        self.run("made.__qualname__ = cls.__qualname__")
        for cell in self._late:
            self.run(f"{cell}.cell_contents = made")


def _marked(inputs: list[Any]) -> list[Any]:
    """What stands for the inputs of a class in its sample.

    Texts among the annotations stay, and so does what is missing: the library reads it.
    """
    marked: list[Any] = []
    for first in range(0, len(inputs), _PER_FIELD):
        annotation, *defaults, given = inputs[first : first + _PER_FIELD]
        if type(annotation) is not str:
            annotation = Mark(f"inputs[{first}]", f"show(inputs[{first}])")
        for number, value in enumerate(defaults, start=first + 1):
            if value is not MISSING:
                defaults[number - first - 1] = Mark(
                    f"inputs[{number}]", f"repr(inputs[{number}])"
                )
        if type(given) is Field:
            # A copy: the library changes it, and the class gets its own later.
            given = copy.copy(given)
            given.default, given.default_factory = defaults
        else:
            given = defaults[0]
        marked += (annotation, *defaults, given)
    return marked


def _inert(value: Any) -> Any:
    """A member that may be the stand-in's as well. Raises `Unclear`.

    A function with a closure may know its class, which the library then looks after
    when it makes the class once more; others want to be told whose they are.
    """
    if isinstance(value, property):
        functions = [value.fget, value.fset, value.fdel]
    elif isinstance(value, classmethod | staticmethod | FunctionType):
        functions = [value if isinstance(value, FunctionType) else value.__func__]
    elif hasattr(type(value), "__set_name__") and type(value) is not Field:
        raise Unclear(value)
    else:
        return value
    for function in functions:
        if not isinstance(function, FunctionType | None) or (
            function and function.__closure__
        ):
            raise Unclear(value)
    return value


def _state(value: Any) -> dict[str, Any]:
    """The attributes of a field; nothing for what is none."""
    if type(value) is not Field:
        return {}
    return {name: getattr(value, name) for name in Field.__slots__}
