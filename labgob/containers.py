"""Plans for lists, tuples, sets and dicts.

Sets are carried in an order that depends on their contents alone, so that equal sets
give equal bytes whatever `PYTHONHASHSEED` is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec.msgpack import Ext

from labgob.errors import Misfit
from labgob.plan import DICT, LIST, TUPLE, Plan
from labgob.registry import local_kind
from labgob.scalars import SCALARS
from labgob.sets import FROZENSETS, SETS, SetKind

DICT_CODE: Final = 8

_ENCODE: Final = msgspec.msgpack.Encoder().encode
_ORDERED: Final[tuple[set[type], ...]] = ({int}, {str}, {bytes})


def in_fixed_order(items: Iterable[Any]) -> list[Any]:
    """Items of a set, already in carried form, ordered by what they hold."""
    # Not by the items themselves, which need have no order, nor by their hashes. The
    # bytes of any item have one; integers and texts have their own, which costs less.
    carried = list(items)
    if {*map(type, carried)} in _ORDERED:
        return sorted(carried)
    return sorted(carried, key=_ENCODE)


def carried_dict(keys: Sequence[Any], values: Sequence[Any]) -> Any:
    """A map of keys and values in carried form.

    Python has no dict of keys that it cannot hash, such as extensions; such a map is
    an extension itself.
    """
    try:
        return dict(zip(keys, values, strict=True))
    except TypeError:
        return Ext(DICT_CODE, _ENCODE((keys, values)))


class ListPlan(Plan):
    """Lists of one item type."""

    families = frozenset(("array",))

    def __init__(self, item: Plan) -> None:
        self.item = item
        self.children = (item,)
        self.signature = f"list[{item.signature}]"
        self.exact = frozenset((list,))
        self.wire = LIST[item.wire]
        self.unpacks = item.unpacks
        self.plain = item.plain

    def pack(self, value: Sequence[Any]) -> Any:
        return self.item.pack_many(value) if value else value

    def unpack(self, raw: Sequence[Any]) -> Any:
        return self.item.unpack_many(raw) if raw else raw

    def dump(self, value: Any) -> Any:
        if not isinstance(value, list):
            raise self.reject(value)
        return [self.item.dump(item) for item in value]

    def load(self, raw: Any, typed: bool) -> Any:
        if type(raw) is not list and not (typed and type(raw) is tuple):
            raise self.reject(raw)
        return [self.item.load(item, typed) for item in raw]


class TuplePlan(Plan):
    """Tuples of any length and one item type."""

    families = frozenset(("array",))

    def __init__(self, item: Plan) -> None:
        self.item = item
        self.children = (item,)
        self.signature = f"tuple[{item.signature}, ...]"
        self.exact = frozenset((tuple,))
        self.wire = TUPLE[item.wire, ...]
        self.unpacks = item.unpacks

    def pack(self, value: tuple[Any, ...]) -> Any:
        # A tuple, so that it can be a key of a dict.
        return tuple(self.item.pack_many(value))

    def unpack(self, raw: tuple[Any, ...]) -> Any:
        return tuple(self.item.unpack_many(raw))

    def dump(self, value: Any) -> Any:
        if not isinstance(value, tuple):
            raise self.reject(value)
        return tuple(self.item.dump(item) for item in value)

    def load(self, raw: Any, typed: bool) -> Any:
        if type(raw) is not tuple and not (typed and type(raw) is list):
            raise self.reject(raw)
        return tuple(self.item.load(item, typed) for item in raw)


class FixedTuplePlan(Plan):
    """Tuples of a fixed length with a type for each place.

    The fields of a record are carried as one of these.
    """

    families = frozenset(("array",))

    def __init__(self, items: Sequence[Plan]) -> None:
        self.children = tuple(items)
        self.signature = f"tuple[{', '.join(item.signature for item in items)}]"
        self.exact = frozenset((tuple,))
        self.wire = TUPLE[tuple(item.wire for item in items)]
        self.unpacks = any(item.unpacks for item in items)
        # The types of items that were found to fit: one look-up instead of a loop.
        self._admitted: set[tuple[type, ...]] = set()
        self._closed = all(item.exact for item in items)
        # Of these, those that need nothing more: scalars in places of type Any, which
        # is what most entries of a log are, and they are many.
        self._finished: set[tuple[type, ...]] = set()
        # Most places hold scalars, which are carried as they are: the loops that
        # change something go over the other places only.
        self._packing = [(i, item) for i, item in enumerate(items) if item.packs]
        self._packs_only_any = not any(item.exact for _, item in self._packing)
        self._unpacking = [(i, item) for i, item in enumerate(items) if item.unpacks]

    def pack(self, value: tuple[Any, ...]) -> Any:
        self._check_length(value)
        return self.pack_items(value)

    def pack_items(self, items: tuple[Any, ...]) -> tuple[Any, ...]:
        """The carried forms of as many items as there are places, or Misfit."""
        kinds = tuple(map(type, items))
        if kinds in self._finished:
            return items
        if kinds not in self._admitted:
            self._admit(kinds)
        if not self._packing:
            return items
        carried = list(items)
        for place, plan in self._packing:
            carried[place] = plan.pack(carried[place])
        return tuple(carried)  # not a list: it may be a key of a dict

    def _admit(self, kinds: tuple[type, ...]) -> None:
        for plan, kind in zip(self.children, kinds, strict=True):
            # A place of type Any takes whatever comes, and checks it in its `pack`.
            if plan.exact and kind not in plan.exact:
                raise Misfit
        # What else comes in a place of type Any is not remembered: that would keep the
        # classes of dead servers alive.
        if self._closed:
            self._admitted.add(kinds)
        elif SCALARS.issuperset(kinds):
            (self._finished if self._packs_only_any else self._admitted).add(kinds)

    def unpack(self, raw: tuple[Any, ...]) -> Any:
        return tuple(self.unpack_items(raw))

    def unpack_items(self, raw: Sequence[Any]) -> Sequence[Any]:
        """The values of items that were decoded as `wire`."""
        values = list(raw)
        for place, plan in self._unpacking:
            values[place] = plan.unpack(values[place])
        return values

    def dump(self, value: Any) -> Any:
        if not isinstance(value, tuple):
            raise self.reject(value)
        self._check_length(value)
        return tuple(
            plan.dump(item) for plan, item in zip(self.children, value, strict=True)
        )

    def load(self, raw: Any, typed: bool) -> Any:
        if type(raw) is not tuple and not (typed and type(raw) is list):
            raise self.reject(raw)
        self._check_length(raw)
        return tuple(
            plan.load(item, typed)
            for plan, item in zip(self.children, raw, strict=True)
        )

    def _check_length(self, items: Collection[Any]) -> None:
        if len(items) != len(self.children):
            raise Misfit(
                f"holds {len(items)} items, but {self.signature} has "
                f"{len(self.children)}"
            )


class SetPlan(Plan):
    """Sets and frozensets of one item type, carried as arrays."""

    families = frozenset(("array",))

    def __init__(self, kind: SetKind, item: Plan) -> None:
        self.kind = kind
        kinds = FROZENSETS if kind in FROZENSETS else SETS
        self.item = item
        self.children = (item,)
        self.signature = f"{kind.__name__}[{item.signature}]"
        self.exact = frozenset(kinds)
        # A list on the way, not a set: items may be of a form that has no hash until
        # they are unpacked.
        self.wire = LIST[item.wire]

    def pack(self, value: Collection[Any]) -> Any:
        return in_fixed_order(self.item.pack_many(list(value)))

    def unpack(self, raw: Sequence[Any]) -> Any:
        return local_kind(self.kind)(self.item.unpack_many(raw))

    def dump(self, value: Any) -> Any:
        if not isinstance(value, self.kind):
            raise self.reject(value)
        return in_fixed_order(self.item.dump(item) for item in value)

    def load(self, raw: Any, typed: bool) -> Any:
        fits = type(raw) in self.exact or (typed and type(raw) in (list, tuple))
        if not fits:
            raise self.reject(raw)
        return local_kind(self.kind)(self.item.load(item, typed) for item in raw)


class DictPlan(Plan):
    """Dicts of one key type and one value type; their order is kept."""

    families = frozenset(("map",))

    def __init__(self, key: Plan, value: Plan) -> None:
        self.key = key
        self.value = value
        self.children = (key, value)
        self.signature = f"dict[{key.signature}, {value.signature}]"
        self.exact = frozenset((dict,))
        self.wire = DICT[key.wire, value.wire]
        self.unpacks = key.unpacks or value.unpacks
        self.plain = key.plain and value.plain

    def pack(self, value: dict[Any, Any]) -> Any:
        old_keys, old_values = list(value), list(value.values())
        # `pack_many` gives back what it was given if nothing had to change: then the
        # dict itself goes to msgspec, and need not be built anew.
        keys = self.key.pack_many(old_keys)
        values = self.value.pack_many(old_values)
        if keys is old_keys and values is old_values:
            return value
        return carried_dict(keys, values)

    def unpack(self, raw: dict[Any, Any]) -> Any:
        keys = self.key.unpack_many(list(raw))
        return dict(zip(keys, self.value.unpack_many(list(raw.values())), strict=True))

    def dump(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise self.reject(value)
        keys = [self.key.dump(key) for key in value]
        return carried_dict(keys, [self.value.dump(item) for item in value.values()])

    def load(self, raw: Any, typed: bool) -> Any:
        if type(raw) is not dict:
            raise self.reject(raw)
        return {
            self.key.load(key, typed): self.value.load(item, typed)
            for key, item in raw.items()
        }
