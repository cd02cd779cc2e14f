"""Plans for dataclasses: rows with a class around them.

A record is carried as the array of its fields, without their names. What the array
means is settled by the declared type; where nothing is declared, and at the start of
every message, a tag goes with it: the name of the class and four digits that depend on
the names and types of its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import starmap
from typing import Any, Final

import msgspec

from labgob.build import SentField, builder, row_getter
from labgob.errors import DecodeError, EncodeError, Misfit, a, shown, type_name
from labgob.plan import NamedPlan, Plan, fingerprint
from labgob.rows import Row

RECORD_CODE: Final = 5
# So many records at most are quicker one by one than turned into columns.
_FEW: Final = 3

_ENCODE: Final = msgspec.msgpack.Encoder().encode


class RecordPlan(NamedPlan):
    """One dataclass.

    tag: what marks a message that holds one of these.
    """

    code = RECORD_CODE
    families = frozenset(("array",))

    def __init__(
        self, cls: type, fields: Sequence[SentField], plans: Sequence[Plan]
    ) -> None:
        self.cls = cls
        self.names = [field.name for field in fields]
        self.row = Row(plans)
        self.children = tuple(plans)
        self.exact = frozenset((cls,))
        self.wire = self.row.wire
        self.signature = cls.__name__
        self.fingerprint = fingerprint(_shape(cls, self.names, plans))
        self.tag = f"{cls.__name__}:{self.fingerprint:04x}"
        self._unpacks_fields = self.row.unpacks
        self._as_is = self.row.as_is
        self._take_apart = row_getter(self.names)
        self._build: Callable[..., Any] = builder(cls, fields)

    def pack(self, value: Any) -> Any:
        row = self._take_apart(value)
        if tuple(map(type, row)) in self._as_is:
            return row
        return self.row.pack(row)

    def pack_many(self, values: Sequence[Any]) -> Sequence[Any]:
        if not self.exact.issuperset(map(type, values)):
            raise Misfit
        if len(values) <= _FEW:
            return list(map(self.pack, values))
        return self.row.pack_many(list(map(self._take_apart, values)))

    def unpack(self, raw: Sequence[Any]) -> Any:
        if self._unpacks_fields:
            raw = self.row.unpack(raw)
        return self._build(*raw)

    def unpack_many(self, raws: Sequence[Any]) -> Sequence[Any]:
        if len(raws) <= _FEW:
            return list(map(self.unpack, raws))
        return list(starmap(self._build, self.row.unpack_many(raws)))

    def dump(self, value: Any) -> Any:
        if type(value) is not self.cls:
            raise self.reject(value)
        return tuple(
            self._dump_field(name, plan, value)
            for name, plan in zip(self.names, self.row.plans, strict=True)
        )

    def _dump_field(self, name: str, plan: Plan, record: Any) -> Any:
        if not hasattr(record, name):
            raise EncodeError(f"{self.signature}.{name} has not been set")
        try:
            return plan.dump(getattr(record, name))
        except Misfit as misfit:
            raise EncodeError(f"{self.signature}.{name} {misfit}") from None

    def load(self, raw: Any, typed: bool) -> Any:
        if type(raw) is self.cls:
            return raw
        if not typed or type(raw) not in (list, tuple):
            raise self.reject(raw)
        return self.load_fields(raw)

    def load_fields(self, raws: Sequence[Any]) -> Any:
        """The record whose fields were decoded as plain data, or DecodeError."""
        if len(raws) != len(self.names):
            raise DecodeError(
                f"{a(self.signature)} has {len(self.names)} fields, but {len(raws)} "
                "were encoded"
            )
        fields = zip(self.names, self.row.plans, raws, strict=True)
        return self._construct([self._load_field(*field) for field in fields])

    def _load_field(self, name: str, plan: Plan, raw: Any) -> Any:
        try:
            return plan.load(raw, True)
        except Misfit as misfit:
            raise DecodeError(f"{self.signature}.{name} {misfit}") from None

    def body(self, value: Any, exactly: bool) -> bytes:
        return _ENCODE(self.dump(value) if exactly else self.pack(value))

    def table(self, values: Sequence[Any], exactly: bool) -> bytes:
        """The bodies of many records as one array."""
        if exactly:
            return _ENCODE([self.dump(value) for value in values])
        return _ENCODE(self.pack_many(values))

    def _construct(self, values: Sequence[Any]) -> Any:
        try:
            return self._build(*values)
        # The constructor is the user's and may object to the values in any way.
        except Exception as error:
            raise DecodeError(
                f"{a(self.signature)} cannot be built from what was encoded: "
                f"{type_name(type(error))}: {shown(str(error))}"
            ) from error


def _shape(cls: type, names: Sequence[str], plans: Sequence[Plan]) -> str:
    fields = zip(names, plans, strict=True)
    return f"{cls.__name__}({[(name, plan.signature) for name, plan in fields]})"
