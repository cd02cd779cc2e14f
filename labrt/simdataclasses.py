"""``dataclasses`` for worlds: the same classes, made from a recipe.

Every world makes its classes anew from the same source, and generating a class's
methods is most of what loading a small module costs. So the first time the standard
library does it, and what it added is kept: the next world's class of that name and
shape gets copies of those methods, bound to its own module, defaults and class. What
has no simple shape (a base class, a metaclass, a ``ClassVar``) always goes to the
standard library, which is also what everybody else sees: fields, parameters and
sentinels are its own.
"""

from __future__ import annotations

import dataclasses as real
import sys
import typing
from collections.abc import Hashable
from dataclasses import MISSING, Field
from functools import partial
from types import CellType, FunctionType, ModuleType
from typing import Any

from labrt.loader import plain_name

_FIELDS = "__dataclass_fields__"
_DEFAULT = "_dflt_"

_factory_marker: object = vars(real)["_HAS_DEFAULT_FACTORY"]


def make_module() -> ModuleType:
    """Make the ``dataclasses`` module of one world."""
    module = ModuleType("dataclasses", real.__doc__)
    module.__dict__.update(vars(real), dataclass=dataclass)
    return module


def dataclass(cls: type | None = None, /, **options: bool) -> Any:
    """Make a class a dataclass, as ``dataclasses.dataclass`` does."""
    return partial(_decorate, options) if cls is None else _decorate(options, cls)


class _Recipe:
    """What the standard library added to the first class of a shape.

    ``shared`` serves every class as it is; ``bound`` are the methods that know
    their class or its defaults.
    """

    def __init__(self, before: set[str], made: type, options: dict[str, bool]) -> None:
        members = vars(made)
        self.slots: tuple[str, ...] | None = None
        if options.get("slots"):
            self.slots = members["__slots__"]
        self.fields: dict[str, Field[Any]] = members[_FIELDS]
        self.shared: dict[str, Any] = {"__doc__": made.__doc__}
        self.bound: list[FunctionType] = []
        for name in members.keys() - before - self.fields.keys() - _OF_THE_CLASS:
            value = members[name]
            if not _is_generated(value):
                self.shared[name] = value
            elif _is_bound(value, slotted=self.slots is not None):
                self.bound.append(value)
            else:
                self.shared[name] = _rebound(value, made, {}, {})

    def apply(self, cls: type) -> type:
        """Make a class of the same shape a dataclass."""
        fields = {
            name: self._field(cls, name, kind) for name, kind in self.fields.items()
        }
        namespace = vars(sys.modules[cls.__module__])
        added = {_FIELDS: fields, **self.shared}
        for function in self.bound:
            added[function.__name__] = _rebound(function, cls, fields, namespace)
        if self.slots is not None:
            return self._with_slots(cls, self.slots, added)
        for name, value in added.items():
            setattr(cls, name, value)
        return cls

    def _with_slots(
        self, cls: type, slots: tuple[str, ...], added: dict[str, Any]
    ) -> type:
        """Make the class once more, since slots must be there from the start."""
        members = {**vars(cls), **added, "__slots__": slots}
        for name in (*self.fields, "__dict__", "__weakref__"):
            members.pop(name, None)
        made = type(cls.__name__, cls.__bases__, members)
        made.__qualname__ = cls.__qualname__
        return made

    @staticmethod
    def _field(cls: type, name: str, like: Field[Any]) -> Field[Any]:
        """Complete the class's own field as the standard library completed its."""
        given = vars(cls).get(name, MISSING)
        if isinstance(given, Field):
            made = given
            if made.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, made.default)
        else:
            made = real.field(default=given)
        made.name = name
        made.type = cls.__annotations__[name]
        made.kw_only = like.kw_only
        made._field_type = like._field_type  # type: ignore[attr-defined]
        # The stubs leave out what the library itself tells fields apart by.
        return made


_OF_THE_CLASS = {"__slots__", "__weakref__", "__dict__", _FIELDS}
_recipes: dict[Hashable, _Recipe] = {}


def _decorate(options: dict[str, bool], cls: type) -> type:
    shape = _shape(cls)
    if shape is None:
        return real.dataclass(cls, **options)
    key = (shape, *options.items())
    recipe = _recipes.get(key)
    if recipe is not None:
        return recipe.apply(cls)
    before = set(vars(cls))
    made: type = real.dataclass(cls, **options)
    _recipes[key] = _Recipe(before, made, options)
    return made


def _shape(cls: type) -> Hashable | None:
    """Return all that the generated code depends on, None if that is not simple."""
    if cls.__bases__ != (object,) or type(cls) is not type:
        return None
    members = vars(cls)
    fields = []
    for name, annotation in members.get("__annotations__", {}).items():
        kind = _kind(members.get(name, MISSING))
        if kind is None or not _is_plain(annotation):
            return None
        fields.append((name, annotation if type(annotation) is str else "", kind))
    return plain_name(cls.__module__), cls.__qualname__, (*fields,), (*members,)


def _kind(default: Any) -> Hashable | None:
    """Describe a field's default; None for one that the library may refuse."""
    if not isinstance(default, Field):
        return None if type(default).__hash__ is None else default is MISSING
    if type(default.default).__hash__ is None:
        return None
    has = (default.default is MISSING, default.default_factory is MISSING)
    flags = (default.init, default.repr, default.hash, default.compare, default.kw_only)
    return has + flags


def _is_plain(annotation: object) -> bool:
    """Say whether an annotation surely makes an ordinary field."""
    if isinstance(annotation, str):
        return not any(word in annotation for word in ("Var", "KW_ONLY"))
    special = (typing.ClassVar, real.KW_ONLY, real.InitVar)
    return not (
        annotation in special
        or isinstance(annotation, real.InitVar)
        or typing.get_origin(annotation) is typing.ClassVar
    )


def _is_generated(value: object) -> bool:
    """Say whether a member was generated for the class, not taken from the library."""
    return (
        type(value) is FunctionType
        and "__wrapped__" not in vars(value)
        and value.__globals__ is not vars(real)
    )


def _is_bound(function: FunctionType, *, slotted: bool) -> bool:
    """Say whether a generated method knows more than the fields' names.

    A class with slots is made twice, and its methods know the one that was thrown
    away, which serves as well as another.
    """
    annotations = function.__annotations__.values()
    return bool(
        function.__defaults__
        or function.__kwdefaults__
        or not all(isinstance(kind, str | None) for kind in annotations)
        or any(
            (name == "cls" and not slotted) or name.startswith(_DEFAULT)
            for name in function.__code__.co_freevars
        )
    )


def _rebound(
    function: FunctionType,
    cls: type,
    fields: dict[str, Field[Any]],
    namespace: dict[str, Any],
) -> FunctionType:
    """Copy a generated method for another class of the same shape."""
    code = function.__code__
    cells = (
        CellType(_closure_value(name, cell.cell_contents, cls, fields))
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True)
    )
    copy = FunctionType(code, namespace, function.__name__, None, tuple(cells))
    names = code.co_varnames[: code.co_argcount]
    copy.__defaults__ = _defaults(names, function.__defaults__, fields)
    keywords = function.__kwdefaults__
    if keywords:
        values = _defaults(tuple(keywords), tuple(keywords.values()), fields)
        copy.__kwdefaults__ = dict(zip(keywords, values or (), strict=True))
    copy.__qualname__ = f"{cls.__qualname__}.{function.__name__}"
    copy.__annotations__ = {
        name: fields[name].type if name in fields else annotation
        for name, annotation in function.__annotations__.items()
    }
    return copy


def _closure_value(
    name: str, old: Any, cls: type, fields: dict[str, Field[Any]]
) -> Any:
    if name == "cls":
        return cls
    field = fields.get(name.removeprefix(_DEFAULT)) if name[:6] == _DEFAULT else None
    if field is None:
        return old
    return field.default if field.default_factory is MISSING else field.default_factory


def _defaults(
    names: tuple[str, ...],
    old: tuple[Any, ...] | None,
    fields: dict[str, Field[Any]],
) -> tuple[Any, ...] | None:
    """Replace the old class's default values by the new one's, parameter by one."""
    if not old:
        return old
    return tuple(
        value if value is _factory_marker else fields[name].default
        for name, value in zip(names[-len(old) :], old, strict=True)
    )
