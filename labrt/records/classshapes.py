"""What `dataclasses` reads of a class statement, and what it only passes on.

Two classes of one shape become dataclasses in the same way: what the library adds to
them differs only in what it passes on. Every world's class of one statement has the
same shape, as a rule; a statement that takes another course has another one.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Hashable
from dataclasses import MISSING, Field
from operator import attrgetter
from types import CodeType
from typing import Any

from labrt.loading.modulenames import plain_name

# What the library reads of a field, other than what it only passes on.
_read_flags = attrgetter(
    *(
        name
        for name in Field.__slots__
        if name not in ("type", "default", "default_factory", "metadata")
    )
)


class Shape:
    """All that the library's work on a class depends on, and what it passes on.

    `key` is the same for classes of one pattern; `inputs` are their own parts.
    """

    __slots__ = ("inputs", "key")

    def __init__(self, key: Hashable, inputs: list[Any]) -> None:
        self.key = key
        self.inputs = inputs

    @classmethod
    def of(cls, made: Any, options: dict[str, bool], program: CodeType) -> Shape | None:
        """A class's shape; None if it has to be the library's work.

        `program` is the code that the class statement stands in: what a name means
        in an annotation is the same in all worlds that run this very code.
        """
        # A metaclass may do anything, and bases bring fields that are not seen here.
        if type(made) is not type or made.__bases__ != (object,):
            return None
        # With slots of its own a class has their descriptors in place of defaults.
        members = vars(made)
        if "__slots__" in members or made.__module__ not in sys.modules:
            return None
        # From 3.14 on annotations may be there only when somebody asks for them.
        if "__annotations__" not in members and getattr(made, "__annotate__", None):
            return None
        if not all(type(value) is bool for value in options.values()):
            return None
        fields: list[Hashable] = []
        inputs: list[Any] = []
        specified = set()
        for name, annotation in members.get("__annotations__", {}).items():
            given = members.get(name, MISSING)
            kind = _kind(given, annotation)
            if kind is None:
                return None
            fields += (name, kind)
            if type(given) is Field:
                # One object for two fields: the library's last change would be both's.
                if given in specified:
                    return None
                specified.add(given)
                inputs += (annotation, given.default, given.default_factory, given)
            else:
                inputs += (annotation, given, MISSING, given)
        # Of members the library looks at the names, and at two of the values: it writes
        # a docstring where there is none, and `__hash__` is None beside an `__eq__`.
        key = (
            id(program),
            plain_name(made.__module__),
            made.__qualname__,
            *options.items(),
            *fields,
            *members,
            not members["__doc__"],
            members.get("__hash__", MISSING) is None,
        )
        return cls(key, inputs)


def _kind(given: Any, annotation: object) -> Hashable:
    """What the library reads of a field; None if it is special or may be refused."""
    # The library reads texts, and asks no other annotation for more than its kind.
    text = annotation if type(annotation) is str else None
    if not _is_plain(annotation):
        return None
    # A default that cannot be hashed is taken for a mutable one, and refused.
    if type(given) is not Field:
        return None if type(given).__hash__ is None else (text, given is MISSING)
    if type(given.default).__hash__ is None:
        return None
    # They become part of a key.
    flags = _read_flags(given)
    if any(type(flag).__hash__ is None for flag in flags):
        return None
    has = (given.default is MISSING, given.default_factory is MISSING)
    return text, has, flags


def _is_plain(annotation: Any) -> bool:
    """Whether an annotation surely makes an ordinary field."""
    if type(annotation) is str:
        return "Var" not in annotation and "KW_ONLY" not in annotation
    return not (
        annotation is typing.ClassVar
        or annotation is dataclasses.KW_ONLY
        or annotation is dataclasses.InitVar
        or isinstance(annotation, dataclasses.InitVar)
        or typing.get_origin(annotation) is typing.ClassVar
    )
