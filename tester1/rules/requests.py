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

__all__ = ["ERR_MAYBE", "ERR_NO_KEY", "ERR_VERSION", "OK", "Put", "Requests"]

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


class Requests:
    """Reads the requests and replies of one run."""

    def __init__(self) -> None:
        self._puts: dict[bytes, Put | None] = {}
        self._errors: dict[bytes, str] = {}
        self._anonymous: dict[bytes, bool] = {}

    def put(self, data: bytes) -> Put | None:
        """The Put that a message asks for, None if it is something else."""
        try:
            return self._puts[data]
        except KeyError:
            return _kept(self._puts, data, _read_put(data))

    def error(self, data: bytes) -> str:
        """The `Err` of a reply; empty if it has none."""
        try:
            return self._errors[data]
        except KeyError:
            return _kept(self._errors, data, _read_error(data))

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


def _kept(known: dict[bytes, T], data: bytes, value: T) -> T:
    if len(known) >= _MOST_KEPT:
        known.clear()
    known[data] = value
    return value


def _description(data: bytes) -> Description | None:
    return description_of(tag_of(data)) if data else None


def _read_put(data: bytes) -> Put | None:
    description = _description(data)
    if description is None or description.name != "PutArgs":
        return None
    values = _fields(description, data)
    key, value, version = (values.get(name) for name in _PUT)
    if isinstance(key, str) and isinstance(value, str) and isinstance(version, int):
        return Put(key, value, version)
    return None


def _read_error(data: bytes) -> str:
    description = _description(data)
    if description is None:
        return ""
    error = _fields(description, data).get("Err")
    return error if isinstance(error, str) else ""


def _read_anonymous(data: bytes) -> bool:
    description = _description(data)
    if description is None:
        return False
    names = tuple(field.name for field in description.fields)
    return _ANONYMOUS.get(description.name) == names


def _fields(description: Description, data: bytes) -> dict[str, object]:
    try:
        _, *values = _DECODE(data)
    except (msgspec.MsgspecError, ValueError):
        return {}
    names = (field.name for field in description.fields)
    return dict(zip(names, values, strict=False))
