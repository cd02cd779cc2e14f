"""Taking dataclasses apart and putting them together.

A record is built by calling its class whenever its fields and the parameters of its
constructor are the same list; otherwise field by field. That call is the only code of
the user's that decoding ever runs.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import typing
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Final

from labgob.errors import EncodeError
from labgob.registry import local_kind, wire_name
from labgob.sets import FROZENSETS, SETS
from labgob.warnings import warn_of_underscore

_NOTES: Final = "__annotations__"
_ZERO_TYPES: Final = (bool, int, float, str, bytes, list, dict, tuple)


@dataclasses.dataclass(frozen=True, slots=True)
class SentField:
    """A field that travels: its name, and its annotation as a real type."""

    name: str
    kind: Any
    in_constructor: bool


def sent_fields(cls: type) -> list[SentField]:
    """The fields of a dataclass that travel, in order; the others are reported."""
    hints = _type_hints(cls)
    sent = []
    for field in dataclasses.fields(cls):
        # As Go leaves out fields that begin with a small letter.
        if field.name.startswith("_"):
            warn_of_underscore(wire_name(cls), field.name)
        else:
            sent.append(SentField(field.name, hints[field.name], field.init))
    return sent


def _type_hints(cls: type) -> dict[str, Any]:
    """The annotations of a dataclass's fields, with strings resolved.

    `typing.get_type_hints` compiles each string anew, which is most of what a fresh
    copy of a class costs: strings are compiled once here, and left to it only if they
    hold further strings or are written in names that it alone knows.
    """
    hints: dict[str, Any] = {}
    try:
        for field in dataclasses.fields(cls):
            text: object = field.type
            if isinstance(text, type):
                hints[field.name] = text
                continue
            names = _names_around(cls, field.name)
            # Its own name, for a class inside a function that refers to itself.
            own_name = {cls.__name__: cls}
            if names is None or not isinstance(text, str) or not _is_flat(text):
                return typing.get_type_hints(cls, localns=own_name)
            hints[field.name] = eval(_compiled(text), names, own_name)
    # An annotation is any expression of the user's.
    except Exception as error:
        raise EncodeError(
            f"the annotations of {cls.__qualname__} cannot be resolved: {error}"
        ) from error
    return hints


def _names_around(cls: type, field_name: str) -> dict[str, Any] | None:
    """The globals that a field's annotation is written in, if they are all it needs."""
    for owner in cls.__mro__:
        if field_name in vars(owner).get(_NOTES, ()):
            module = sys.modules.get(owner.__module__)
            generic = getattr(owner, "__type_params__", ())  # of `class C[T]`
            return None if module is None or generic else vars(module)
    return None  # from 3.14 on, a class may keep its annotations as a function


def _is_flat(annotation: str) -> bool:
    """Whether an annotation holds no further strings, to be resolved in their turn."""
    return "'" not in annotation and '"' not in annotation


@functools.lru_cache(maxsize=1024)
def _compiled(annotation: str) -> types.CodeType:
    return compile(annotation, "<annotation>", "eval")


def row_getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that takes an object's attributes as a tuple."""
    if not names:
        return lambda value: ()
    getter = attrgetter(*names)
    return getter if len(names) > 1 else lambda value: (getter(value),)


def builder(cls: type, sent: Sequence[SentField]) -> Callable[..., Any]:
    """A function that makes a `cls` from the values of its sent fields, in order."""
    parameters = [
        field.name
        for field in dataclasses.fields(cls)
        if field.init and not field.kw_only
    ]
    # The class itself where its generated constructor takes the sent fields in order,
    # which is nearly always: nothing is quicker.
    own_init = not cls.__dataclass_params__.init  # type: ignore[attr-defined]  # not in typeshed
    if not own_init and parameters == [field.name for field in sent]:
        return cls
    return _FieldwiseBuilder(cls, sent, own_init)


class _FieldwiseBuilder:
    """Makes records whose constructor does not take exactly the sent fields."""

    def __init__(self, cls: type, sent: Sequence[SentField], own_init: bool) -> None:
        self._cls = cls
        self._names = [field.name for field in sent]
        self._own_init = own_init
        self._later = {f.name for f in sent if own_init or not f.in_constructor}
        hints = _type_hints(cls)
        self._missing = {
            field.name: hints[field.name]
            for field in dataclasses.fields(cls)
            if field.name.startswith("_") and _needs_value(field, own_init)
        }

    def __call__(self, *values: Any) -> Any:
        given = dict(zip(self._names, values, strict=True))
        for name, kind in self._missing.items():
            given[name] = zero_value(kind)
        # A constructor that the user has written may want anything, or do anything: it
        # is not called.
        if self._own_init:
            made: Any = object.__new__(self._cls)
        else:
            made = self._cls(**{n: v for n, v in given.items() if n not in self._later})
        for name, value in given.items():
            # Past `__setattr__`, which a frozen dataclass forbids.
            if self._own_init or name in self._later:
                object.__setattr__(made, name, value)
        return made


def _needs_value(field: dataclasses.Field[Any], own_init: bool) -> bool:
    if own_init:
        return True
    no_default = field.default is field.default_factory is dataclasses.MISSING
    return field.init and no_default


def zero_value(kind: Any) -> Any:
    """What a field that does not travel holds in a decoded record, as in Go."""
    origin = typing.get_origin(kind) or kind
    if origin in SETS or origin in FROZENSETS:
        return local_kind(origin)()
    return origin() if origin in _ZERO_TYPES else None
