"""Plans for dataclasses: tuples of a fixed length with a class around them.

A record is carried as the array of its fields, without their names. What the array
means is settled by the declared type; where nothing is declared, and at the start of
every message, a tag goes with it: the name of the class and four digits that depend on
the names and types of its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from labgob.build import SentField, builder, row_getter
from labgob.containers import FixedTuplePlan
from labgob.errors import DecodeError, EncodeError, Misfit, a, shown, type_name
from labgob.plan import NamedPlan, Plan, fingerprint

RECORD_CODE: Final = 5

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
        self._fields = FixedTuplePlan(plans)
        self.children = self._fields.children
        self.exact = frozenset((cls,))
        self.wire = self._fields.wire
        self.signature = cls.__name__
        self.fingerprint = fingerprint(_shape(cls, self.names, plans))
        self.tag = f"{cls.__name__}:{self.fingerprint:04x}"
        self._unpacks_fields = self._fields.unpacks
        self._take_apart = row_getter(self.names)
        self._build: Callable[..., Any] = builder(cls, fields)

    def pack(self, value: Any) -> Any:
        # A field that was never set. The exact path finds out which, and tells.
        try:
            items = self._take_apart(value)
        except AttributeError:
            raise Misfit from None
        return self._fields.pack_items(items)

    def unpack(self, raw: Sequence[Any]) -> Any:
        if self._unpacks_fields:
            raw = self._fields.unpack_items(raw)
        # The constructor is the user's and may object to the values in any way. That
        # is final: the exact path would only call it again.
        try:
            return self._build(*raw)
        except Exception as error:
            raise self._not_built(error) from error

    def dump(self, value: Any) -> Any:
        if type(value) is not self.cls:
            raise self.reject(value)
        return tuple(
            self._dump_field(name, plan, value)
            for name, plan in zip(self.names, self.children, strict=True)
        )

    def _dump_field(self, name: str, plan: Plan, record: Any) -> Any:
        if not hasattr(record, name):
            raise EncodeError(f"{self.signature}.{name} has not been set")
        try:
            return plan.dump(getattr(record, name))
        except Misfit as misfit:
            raise EncodeError(f"{self.signature}.{name} {misfit}") from None

    def load(self, raw: Any, typed: bool) -> Any:
        # From a place where nothing is declared it comes with its name, and was built
        # by the reader of extensions.
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
        fields = zip(self.names, self.children, raws, strict=True)
        values = [self._load_field(*field) for field in fields]
        try:
            return self._build(*values)
        except Exception as error:  # as in `unpack`
            raise self._not_built(error) from error

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

    def _not_built(self, error: Exception) -> DecodeError:
        return DecodeError(
            f"{a(self.signature)} cannot be built from what was encoded: "
            f"{type_name(type(error))}: {shown(str(error))}"
        )


def _shape(cls: type, names: Sequence[str], plans: Sequence[Plan]) -> str:
    # In the order of the fields: names are not sent, so that fields in another order
    # would be taken for each other.
    fields = zip(names, plans, strict=True)
    return f"{cls.__name__}({[(name, plan.signature) for name, plan in fields]})"
