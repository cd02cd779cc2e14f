"""Requests and replies of the service out of their bytes, by the names of their fields.

A Put is a record `PutArgs` with the fields `Key`, `Value` and `Version`, and maybe with
others, such as a client's number; an answer is a record with a field `Err`. Every other
value is of a type of the solution's own, and nothing is read from it. A server, its
replicas and the clerk say the same bytes again and again, so what was read is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec.msgpack import Ext

from labgob.descriptions import Description, description_of, plain, tag_of
from tester1.facts.kinds import brief

__all__ = [
    "ERR_MAYBE",
    "ERR_NO_KEY",
    "ERR_VERSION",
    "OK",
    "Found",
    "Put",
    "Requests",
]

T = TypeVar("T")

OK: Final = "OK"
ERR_NO_KEY: Final = "ErrNoKey"
ERR_VERSION: Final = "ErrVersion"
ERR_MAYBE: Final = "ErrMaybe"

_PUT: Final = ("Key", "Value", "Version")
_MOST_KEPT: Final = 4_096
_DECODE: Final = msgspec.msgpack.Decoder(list[Any], ext_hook=Ext).decode
# Of the requests that have no identity, the fields; whatever has more may have one.
_ANONYMOUS: Final[Mapping[str, tuple[str, ...]]] = {
    "GetArgs": ("Key",),
    "Inc": (),
    "Null": (),
    "Dec": (),
}


class Put(NamedTuple):
    """What a Put asks for. Two that are equal cannot be told apart by this."""

    key: str
    value: str
    version: int

    def __str__(self) -> str:
        return f"Put({self.key!r}, {brief(self.value)!r}, version {self.version})"


class Found(NamedTuple):
    """What a Get has found: the value and its version."""

    value: str
    version: int


class Requests:
    """Reads the requests and replies of one run."""

    def __init__(self) -> None:
        self._puts: dict[bytes, Put | None] = {}
        self._errors: dict[bytes, str] = {}
        self._anonymous: dict[bytes, bool] = {}
        # By tag: where the fields of a Put are.
        self._places: dict[str, tuple[int, ...]] = {}

    def put(self, data: bytes) -> Put | None:
        """The Put that a message asks for, None if it is something else."""
        try:
            return self._puts[data]
        except KeyError:
            return _kept(self._puts, data, self._read_put(data))

    def error(self, data: bytes) -> str:
        """The `Err` of a reply; empty if it has none."""
        try:
            return self._errors[data]
        except KeyError:
            return _kept(self._errors, data, _read_error(data))

    def key(self, data: bytes) -> str | None:
        """The key that an anonymous Get asks for, None if it is something else."""
        if not self.is_anonymous(data):
            return None
        _, values = _record(data)
        key = values[1] if len(values) == 2 else None
        return key if isinstance(key, str) else None

    def found(self, data: bytes) -> Found | None:
        """What a reply to a Get has found, None if that is nothing or unknown."""
        if not data or self.error(data) != OK:
            return None
        tag, values = _record(data)
        description = description_of(tag)
        if description is None:
            return None
        names = [field.name for field in description.fields]
        fields = dict(zip(names, values[1:], strict=False))
        value, version = fields.get("Value"), fields.get("Version")
        # An empty one may have been made in advance, to be filled in by somebody else.
        if not isinstance(value, str) or not isinstance(version, int) or not value:
            return None
        return Found(value, version)

    def tag(self, data: bytes) -> str:
        """Of which type it is; empty if it is no record."""
        return tag_of(data) if data else ""

    def words(self, data: bytes) -> str:
        """What it holds, for a finding."""
        return brief(plain(data)) if data else "something"

    def is_anonymous(self, data: bytes) -> bool:
        """Whether it is a request without an identity: equal ones are others."""
        try:
            return self._anonymous[data]
        except KeyError:
            return _kept(self._anonymous, data, _read_anonymous(data))

    def _read_put(self, data: bytes) -> Put | None:
        tag, values = _record(data)
        places = self._places.get(tag)
        if places is None:
            description = description_of(tag)
            # Later it may be known.
            if description is None:
                return None
            places = self._places[tag] = _places(description)
        if not places or len(values) <= max(places):
            return None
        key, value, version = (values[place] for place in places)
        if isinstance(key, str) and isinstance(value, str) and isinstance(version, int):
            return Put(key, value, version)
        return None


def _kept(known: dict[bytes, T], data: bytes, value: T) -> T:
    if len(known) >= _MOST_KEPT:
        known.clear()
    known[data] = value
    return value


def _record(data: bytes) -> tuple[str, list[Any]]:
    """The tag of a record and its whole message, of which the tag is the first item."""
    try:
        values = _DECODE(data)
    except msgspec.MsgspecError:
        return "", []
    tag = values[0] if values else ""
    return (tag, values) if isinstance(tag, str) else ("", values)


def _places(description: Description) -> tuple[int, ...]:
    """Where in a message the fields of a Put are; none if it is of another type."""
    names = [field.name for field in description.fields]
    if description.name != "PutArgs" or not set(names).issuperset(_PUT):
        return ()
    return tuple(1 + names.index(name) for name in _PUT)


def _read_error(data: bytes) -> str:
    tag, values = _record(data)
    description = description_of(tag)
    if description is None:
        return ""
    fields = zip(description.fields, values[1:], strict=False)
    error = next((value for field, value in fields if field.name == "Err"), "")
    return error if isinstance(error, str) else ""


def _read_anonymous(data: bytes) -> bool:
    description = description_of(tag_of(data)) if data else None
    if description is None:
        return False
    names = tuple(field.name for field in description.fields)
    return _ANONYMOUS.get(description.name) == names
