"""Readers: from the bytes of one message to the value of a type.

Bytes are never trusted. msgspec allocates nothing on the word of a length, and bounds
its recursion; what is built here is data, instances of the type asked for and what it
declares, and instances of registered classes, found by name in a table. Whatever goes
wrong becomes a DecodeError.

A message is the msgpack form of one value, except that an array is always either a
record (its first item is the record's tag) or a list (its only item is the list).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

import msgspec
from msgspec.msgpack import Ext

from labgob.compiler import plan_of
from labgob.containers import DICT_CODE, ListPlan
from labgob.dynamic import FROZENSET_CODE, SET_CODE, TABLE_CODE, TUPLE_CODE
from labgob.errors import DecodeError, Misfit, a, shown, type_name
from labgob.falls import CANNOT_DECODE, note_fall
from labgob.plan import LIST, LITERAL, TUPLE, NamedPlan, Plan, make_header, reachable
from labgob.records import RECORD_CODE, RecordPlan
from labgob.registry import Registry, current_registry, local_kind, wire_name
from labgob.scalars import BIG_INT_CODE, ENUM_CODE, EnumPlan

Data: TypeAlias = bytes | bytearray | memoryview
Decode: TypeAlias = Callable[[Data], Any]
P = TypeVar("P", bound=Plan)

# Kinds of data whose form at the top of a message differs from that in a field.
_COMPLEX: Final = frozenset(("array", "other"))

_NAME_OF_CODE: Final = {
    BIG_INT_CODE: "int",
    TUPLE_CODE: "tuple",
    SET_CODE: "set",
    FROZENSET_CODE: "frozenset",
    DICT_CODE: "dict",
    RECORD_CODE: "record",
    TABLE_CODE: "list of records",
    ENUM_CODE: "enum member",
}


class ExtensionReader:
    """Decodes plain data, with extensions turned into what they stand for.

    exactly: whether records inside go straight to the exact path. On the exact path
        they must: if each level tried the fast path first, a few dozen levels of
        records inside records would take for ever.
    """

    def __init__(self, plan: Plan, *, exactly: bool) -> None:
        self._plan = plan
        self._exactly = exactly
        self.decode: Decode = msgspec.msgpack.Decoder(ext_hook=self._read).decode
        self._readers: dict[int, Callable[[memoryview], Any]] = {
            BIG_INT_CODE: lambda body: int.from_bytes(body, "big", signed=True),
            TUPLE_CODE: lambda body: tuple(self._items(body)),
            SET_CODE: lambda body: local_kind(set)(self._items(body)),
            FROZENSET_CODE: lambda body: local_kind(frozenset)(self._items(body)),
            DICT_CODE: self._dict,
            RECORD_CODE: self._record,
            TABLE_CODE: self._table,
            ENUM_CODE: self._enum,
        }

    def either(
        self, wire: Any, unpack: Callable[[Any], Any], exactly: Decode
    ) -> Decode:
        """A function that reads by way of msgspec's type `wire` and `unpack`.

        And by `exactly` where those cannot, which then decides, and words the error.
        What a record inside has come to is final: if each level had a second try, a
        few dozen levels would take for ever.
        """
        try:
            decode = msgspec.msgpack.Decoder(wire, ext_hook=self._read).decode
        except TypeError:  # a combination that msgspec does not know
            note_fall()
            return exactly

        def read(data: Data) -> Any:
            try:
                return unpack(decode(data))
            except CANNOT_DECODE:
                note_fall()
            except DecodeError:
                raise
            except Exception as error:
                raise _unreadable(error) from error
            return exactly(data)

        return read

    def _read(self, code: int, body: memoryview) -> Any:
        # What is raised here passes through msgspec as it is.
        reader = self._readers.get(code)
        if reader is None:
            raise DecodeError(f"the message has an unknown extension, {code}")
        return reader(body)

    def _items(self, body: memoryview) -> list[Any]:
        items = self.decode(body)
        if type(items) is not list:
            raise DecodeError("a tuple, set or dict in the message is not an array")
        return items

    def _dict(self, body: memoryview) -> dict[Any, Any]:
        items = self._items(body)
        if len(items) != 2:
            raise DecodeError("a dict in the message is not its keys and its values")
        keys, values = items
        return dict(zip(map(_as_key, keys), values, strict=True))

    def _record(self, body: memoryview) -> Any:
        plan, fields = self._announced(body)
        reader = _record_reader(plan)
        return reader.fields_exactly(fields) if self._exactly else reader.fields(fields)

    def _table(self, body: memoryview) -> Any:
        plan, rows = self._announced(body)
        reader = _record_reader(plan)
        return reader.table_exactly(rows) if self._exactly else reader.table(rows)

    def _enum(self, body: memoryview) -> Any:
        plan, name = self._announced(body)
        if not isinstance(plan, EnumPlan):
            raise DecodeError(f"the message has a member of {plan.signature}, no enum")
        return plan.from_body(name)

    def _announced(self, body: memoryview) -> tuple[NamedPlan, bytes]:
        """The plan for the class that an extension names, and what follows."""
        # A byte that says how long the name is, the name, two bytes of fingerprint. A
        # body that is shorter makes a header that nothing has.
        data = bytes(body)
        end = data[0] + 3 if data else 0
        header = data[:end]
        registry = current_registry()
        plan = self._declared.get(header) or registry.plans.get(header)
        # By header as a whole, so that a known class costs one look-up, and the name is
        # read, and the fingerprint compared, at its first message only.
        if plan is None:
            plan = registry.plans[header] = _look_up(header, registry)
        return plan, data[end:]

    @cached_property
    def _declared(self) -> dict[bytes, NamedPlan]:
        """The classes that the type asked for mentions: those need no Register."""
        return {
            make_header(plan, wire_name(plan.cls)): plan
            for plan in reachable(self._plan)
            if isinstance(plan, NamedPlan)
        }


def _as_key(raw: Any) -> Any:
    """Arrays are tuples where they are keys, as in msgspec's own dicts."""
    return tuple(map(_as_key, raw)) if type(raw) is list else raw


def _look_up(header: bytes, registry: Registry) -> NamedPlan:
    name = header[1:-2].decode()
    cls = registry.class_of(name)
    if cls is None:
        raise DecodeError(
            f"the message holds {a(shown(name))}, which is not registered here: call "
            "labgob.Register in every server and client that receives one"
        )
    plan = plan_of(cls)
    assert isinstance(plan, NamedPlan), "the registry holds dataclasses and enums only"
    if header != make_header(plan, name):
        raise DecodeError(
            f"the message holds {a(shown(name))} with other fields than the one here"
        )
    return plan


class Reader(ABC, Generic[P]):
    """Decodes messages for one type: `read` is quick, and `read_exactly` decides.

    read: a function from a message to its value; raises DecodeError.
    """

    read: Decode

    def __init__(self, plan: P) -> None:
        self._plan = plan
        self._either = ExtensionReader(plan, exactly=False).either

    @abstractmethod
    def read_exactly(self, data: Data) -> Any:
        """As `read`, by way of the exact path."""

    def _plain(self, data: Data) -> Any:
        return _guarded(self._exact.decode, data)

    @cached_property
    def _exact(self) -> ExtensionReader:
        return ExtensionReader(self._plan, exactly=True)


class RecordReader(Reader[RecordPlan]):
    """Decodes records of one class, in the three forms they come in."""

    def __init__(self, plan: RecordPlan) -> None:
        super().__init__(plan)
        wires = tuple(part.wire for part in plan.children)
        message = TUPLE[(LITERAL[plan.tag], *wires)]
        self.read = self._either(
            message, lambda raw: plan.unpack(raw[1:]), self.read_exactly
        )

    @cached_property
    def fields(self) -> Decode:
        """Reads one record from the array of its fields; raises DecodeError."""
        plan = self._plan
        return self._either(plan.wire, plan.unpack, self.fields_exactly)

    @cached_property
    def table(self) -> Decode:
        """Reads a list of records from the array of their fields' arrays, likewise."""
        plan = self._plan
        return self._either(LIST[plan.wire], plan.unpack_many, self.table_exactly)

    def read_exactly(self, data: Data) -> Any:
        # Without what extensions stand for: a message for another type is named in the
        # error, and nothing that it asks for is built.
        shallow = _guarded(msgspec.msgpack.decode, data)
        if not _is_record(shallow) or shallow[0] != self._plan.tag:
            raise DecodeError(
                f"the message holds {_describe(shallow)}, but {a(self._plan.tag)} was "
                "asked for"
            )
        return _guarded(self._plan.load_fields, self._plain(data)[1:])

    def fields_exactly(self, data: Data) -> Any:
        """As `fields`, by way of the exact path."""
        return self._load_fields(self._plain(data))

    def table_exactly(self, data: Data) -> list[Any]:
        """As `table`, by way of the exact path."""
        rows = self._plain(data)
        if type(rows) is not list:
            raise DecodeError("a list of records is not an array")
        return [self._load_fields(row) for row in rows]

    def _load_fields(self, row: Any) -> Any:
        if type(row) is not list:
            raise DecodeError(f"the fields of {a(self._plan.signature)} are no array")
        return _guarded(self._plan.load_fields, row)


class ValueReader(Reader[Plan]):
    """Decodes values of any type that is not a single dataclass."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        # msgspec alone can do what has the same form at the top of a message as in a
        # field. Records have a tag there, and a list has an array around it.
        is_list = isinstance(plan, ListPlan)
        if not plan.plain or not (is_list or plan.families.isdisjoint(_COMPLEX)):
            self.read = self.read_exactly
        elif is_list:
            wire = TUPLE[plan.wire]
            self.read = self._either(
                wire, lambda raw: plan.unpack(raw[0]), self.read_exactly
            )
        else:
            self.read = self._either(plan.wire, plan.unpack, self.read_exactly)

    def read_exactly(self, data: Data) -> Any:
        return _guarded(self._load, self._plain(data))

    def _load(self, raw: Any) -> Any:
        try:
            return self._plan.load(self._open(raw), False)
        except Misfit as misfit:
            raise DecodeError(f"the message {misfit}") from None

    def _open(self, raw: Any) -> Any:
        if type(raw) is not list:
            return raw
        if _is_record(raw):
            return self._record_with_tag(raw[0]).load_fields(raw[1:])
        if len(raw) == 1 and type(raw[0]) is list:
            return raw[0]
        raise DecodeError("the message is an array, but neither a record nor a list")

    def _record_with_tag(self, tag: str) -> RecordPlan:
        # The types asked for go first: a registered class of another module may have
        # the same tag.
        for plan in (*reachable(self._plan), *map(plan_of, _registered())):
            if isinstance(plan, RecordPlan) and plan.tag == tag:
                return plan
        raise DecodeError(
            f"the message holds {a(shown(tag))}, but {a(self._plan.signature)} was "
            "asked for, and no such class is registered here"
        )


def _registered() -> tuple[type, ...]:
    return current_registry().classes()


def _is_record(raw: Any) -> bool:
    return type(raw) is list and len(raw) > 0 and type(raw[0]) is str


def _describe(shallow: Any) -> str:
    """What kind of value a message holds, as far as can be told without its type."""
    if _is_record(shallow):
        return a(shown(shallow[0]))
    if type(shallow) is Ext:
        return a(_NAME_OF_CODE.get(shallow.code, "unknown extension"))
    return a(type_name(type(shallow)))


def _guarded(decode: Callable[[Any], Any], data: Any) -> Any:
    """decode(data), with everything that can go wrong turned into DecodeError."""
    try:
        return decode(data)
    except DecodeError:
        raise
    except Exception as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> DecodeError:
    """What hostile bytes come to, whatever they have brought about.

    Bad UTF-8, unhashable keys, lengths beyond the end: all are the message's fault.
    """
    if isinstance(error, RecursionError):
        return DecodeError("the message is nested too deeply")
    return DecodeError(f"the message is not one of labgob's: {shown(str(error))}")


def reader_of(plan: Plan) -> Reader[Any]:
    """The reader for a plan's type, made on first use."""
    if plan.reader is None:
        plan.reader = (
            RecordReader(plan) if isinstance(plan, RecordPlan) else ValueReader(plan)
        )
    return cast(Reader[Any], plan.reader)


def _record_reader(plan: NamedPlan) -> RecordReader:
    # The plan is the one that the header names, which the message chose freely.
    reader = plan.reader or reader_of(plan)
    if not isinstance(reader, RecordReader):
        raise DecodeError(f"the message has fields for {a(plan.signature)}, no record")
    return reader
