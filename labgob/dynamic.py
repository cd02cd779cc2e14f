"""Values whose type nothing declares: what a field typed `Any` holds.

Scalars, lists and dicts of plain data are carried as msgpack has them. Everything else
is a msgpack extension; a record or an enum's member takes its registered name along.
The records of a list, tuple or dict that are all of one class are one extension
together, a table, so that the name is there once.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
from msgspec.msgpack import Ext

from labgob.containers import DICT_CODE, carried_dict, in_fixed_order
from labgob.errors import Misfit, a, type_name
from labgob.plan import PLAN_ATTRIBUTE, NamedPlan, Plan, make_header
from labgob.records import RecordPlan
from labgob.registry import current_registry, is_record, wire_name
from labgob.scalars import SCALARS, dump_int, dump_str
from labgob.sets import FROZENSETS, SEQUENCES, SETS

TUPLE_CODE: Final = 2
SET_CODE: Final = 3
FROZENSET_CODE: Final = 4
TABLE_CODE: Final = 6

_ENCODE: Final = msgspec.msgpack.Encoder().encode


class AnyPlan(Plan):
    """Plain data, and instances of classes that may travel under their names.

    registered_only: whether a class has to be registered. Where the reader is certain
        to ask for it by its type (at the top of a message, in a union) it need not be.
    """

    exact = frozenset[type]()  # empty: any type may come, and is checked in `pack`
    wire = Any
    signature = "Any"
    families = frozenset(("other",))
    plain = True

    def __init__(
        self, plan_of: Callable[[object], Plan], *, registered_only: bool
    ) -> None:
        self._fast = _Walker(plan_of, registered_only, exactly=False)
        self._exact = _Walker(plan_of, registered_only, exactly=True)

    def pack(self, value: Any) -> Any:
        return value if type(value) in SCALARS else self._fast.carry(value)

    def pack_many(self, values: Sequence[Any]) -> Sequence[Any]:
        if SCALARS.issuperset(map(type, values)):
            return values
        return [self.pack(value) for value in values]

    def unpack(self, raw: Any) -> Any:
        return raw if type(raw) in SCALARS else admit(raw)

    def unpack_many(self, raws: Sequence[Any]) -> Sequence[Any]:
        # msgspec has built the values already; they are looked at, never changed.
        if not SCALARS.issuperset(map(type, raws)):
            for raw in raws:
                admit(raw)
        return raws

    def dump(self, value: Any) -> Any:
        return self._exact.carry(value)

    def load(self, raw: Any, typed: bool) -> Any:
        return admit(raw)


class _Walker:
    """Turns a value into its carried form; `exactly` as in `Plan.dump`."""

    def __init__(
        self, plan_of: Callable[[object], Plan], registered_only: bool, exactly: bool
    ) -> None:
        self._plan_of = plan_of
        self._registered_only = registered_only
        self._exactly = exactly
        self._carriers: dict[type, Callable[[Any], Any]] = {
            list: self._carry_list,
            dict: self._carry_dict,
            tuple: lambda value: Ext(TUPLE_CODE, _ENCODE(self._carry_list(value))),
            defaultdict: self._carry_dict,
            OrderedDict: self._carry_dict,
            Counter: self._carry_dict,
            bytearray: bytes,
            memoryview: bytes,
        }

    def carry(self, value: Any) -> Any:
        kind = type(value)
        if kind in SCALARS:
            return self._carry_scalar(value) if self._exactly else value
        carrier = self._carriers.get(kind)
        if carrier is not None:
            return carrier(value)
        # Only headers of registered classes are remembered: they go when the registry
        # changes, and the registry goes with its server.
        header = current_registry().headers.get(kind)
        if header is None:
            carrier = self._carrier_of_set(kind)
            if carrier is not None:
                return carrier(value)
            header = self._header(kind)
        plan: NamedPlan = kind.__dict__[PLAN_ATTRIBUTE]
        return Ext(plan.code, header + plan.body(value, self._exactly))

    def _carrier_of_set(self, kind: type) -> Callable[[Any], Any] | None:
        """What carries a kind of set, found when the first of it comes."""
        # Not from the start: there may be kinds that labgob has yet to be told of.
        for kinds, code in ((SETS, SET_CODE), (FROZENSETS, FROZENSET_CODE)):
            if kind in kinds:
                self._carriers[kind] = partial(self._carry_set, code)
                return self._carriers[kind]
        return None

    def _carry_scalar(self, value: Any) -> Any:
        if type(value) is int:
            return dump_int(value)
        return dump_str(value) if type(value) is str else value

    def _items(self, values: Sequence[Any]) -> Sequence[Any]:
        if not self._exactly and SCALARS.issuperset(map(type, values)):
            return values
        return [self.carry(value) for value in values]

    def _carry_list(self, values: Sequence[Any]) -> Any:
        # A table needs one class for all; records of several go one by one, each with
        # its name.
        kinds = {*map(type, values)}
        if len(kinds) == 1 and is_record(kind := kinds.pop()):
            header = self._header(kind)
            plan: RecordPlan = kind.__dict__[PLAN_ATTRIBUTE]
            return Ext(TABLE_CODE, header + plan.table(values, self._exactly))
        return self._items(values)

    def _carry_dict(self, value: dict[Any, Any]) -> Any:
        keys = self._items(list(value))
        values = self._carry_list(list(value.values()))
        # A table is an extension, not one value for each key: the dict goes as its
        # keys and its values, whatever its keys are.
        if type(values) is Ext:
            return Ext(DICT_CODE, _ENCODE((keys, values)))
        return carried_dict(keys, values)

    def _carry_set(self, code: int, value: Any) -> Ext:
        return Ext(code, _ENCODE(in_fixed_order(self._items(list(value)))))

    def _header(self, kind: type) -> bytes:
        """What announces an instance of `kind`, which from here on has its plan."""
        try:
            plan = self._plan_of(kind)
        except Misfit:
            raise _not_carried(kind) from None
        # `object` stands for Any where a type is declared, and is a class as well.
        if not isinstance(plan, NamedPlan):
            raise _not_carried(kind)
        # A registered class goes under its registered name even where it need not be
        # registered, so that it has one name on the wire.
        registry = current_registry()
        name = registry.name_of(kind)
        if name is not None:
            header = registry.headers[kind] = make_header(plan, name)
            return header
        if self._registered_only:
            raise Misfit(_not_registered(type_name(kind)))
        return make_header(plan, wire_name(kind))


def _not_carried(kind: type) -> Misfit:
    return Misfit(
        f"holds {a(type_name(kind))}, which is neither plain data nor a dataclass: "
        "make it a dataclass and register it, or send its parts"
    )


def _not_registered(name: str) -> str:
    return (
        f"holds {a(name)}, which is not registered: call labgob.Register({name}) "
        "in every server and client that sends or receives one"
    )


def admit(raw: Any) -> Any:
    """`raw` itself if it is plain data throughout, or Misfit.

    msgpack has a timestamp, which msgspec decodes unasked; labgob never sends one.
    """
    kind = type(raw)
    if kind in SEQUENCES:
        _admit_all(raw)
    elif kind is dict:
        _admit_all(raw)
        _admit_all(raw.values())
    elif kind is datetime:
        raise Misfit("holds a timestamp, which labgob does not carry")
    return raw


def _admit_all(raws: Iterable[Any]) -> None:
    for raw in raws:
        if type(raw) not in SCALARS:
            admit(raw)
