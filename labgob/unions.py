"""Plans for unions, and for types that contain themselves."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any, Final

from labgob.errors import Misfit
from labgob.plan import Plan

_FAMILY_OF: Final[dict[type, str]] = {
    type(None): "none",
    bool: "bool",
    int: "int",
    float: "float",
    str: "text",
    bytes: "text",
    list: "array",
    tuple: "array",
    dict: "map",
}


def _signature(options: Sequence[Plan]) -> str:
    return " | ".join(plan.signature for plan in options)


def _by_type(options: Sequence[Plan]) -> dict[type, Plan]:
    """Which option takes which run-time type; a type's own plan goes before others."""
    found: dict[type, Plan] = {}
    for plan in options:
        for kind in plan.exact:
            # `int | float`: a float's plan takes integers too, but an int's own plan
            # is the one for them.
            primary = plan.wire is kind
            if kind in found and not primary and found[kind].wire is not kind:
                raise Misfit(
                    f"is declared {_signature(options)}, whose members cannot be told "
                    "apart"
                )
            if primary or kind not in found:
                found[kind] = plan
    return found


class UnionPlan(Plan):
    """A union whose members msgpack tells apart by itself, such as `int | None`."""

    def __init__(self, options: Sequence[Plan]) -> None:
        self.children = tuple(options)
        self.signature = _signature(options)
        self.exact = frozenset[type]().union(*(plan.exact for plan in options))
        self.families = frozenset[str]().union(*(plan.families for plan in options))
        self.packs = any(plan.packs for plan in options)
        self.unpacks = any(plan.unpacks for plan in options)
        self.plain = all(plan.plain for plan in options)
        # Not typing.Union, whose cache would keep the classes of dead servers alive.
        self.wire = functools.reduce(operator.or_, [plan.wire for plan in options])
        self._by_type = _by_type(options)
        # One plan for each family: the compiler makes this plan only if none is shared.
        self._by_family = {family: plan for plan in options for family in plan.families}

    def pack(self, value: Any) -> Any:
        plan = self._by_type[type(value)]
        return plan.pack(value) if plan.packs else value

    def unpack(self, raw: Any) -> Any:
        plan = self._of_raw(raw)
        return plan.unpack(raw) if plan.unpacks else raw

    def _of_raw(self, raw: Any) -> Plan:
        # Not by family first: an enum's member arrives as itself.
        plan = self._by_type.get(type(raw)) or self._by_family.get(
            _FAMILY_OF.get(type(raw), "")
        )
        if plan is None:
            raise self.reject(raw)
        return plan

    def dump(self, value: Any) -> Any:
        plan = self._by_type.get(type(value))
        if plan is not None:
            return plan.dump(value)
        for plan in self.children:  # a subclass, such as an IntEnum's member
            try:
                return plan.dump(value)
            except Misfit:
                continue
        raise self.reject(value)

    def load(self, raw: Any, typed: bool) -> Any:
        return self._of_raw(raw).load(raw, typed)


class TaggedUnionPlan(Plan):
    """A union that needs its members' names on the wire, such as `Put | Get`.

    Its values are carried as in a field of type Any; only what is declared may come.
    """

    wire = Any
    families = frozenset(("other",))

    def __init__(self, options: Sequence[Plan], anything: Plan) -> None:
        self.children = tuple(options)
        self.signature = _signature(options)
        self.exact = frozenset[type]().union(*(plan.exact for plan in options))
        self._anything = anything
        self._by_type = _by_type(options)

    def pack(self, value: Any) -> Any:
        self._by_type[type(value)].pack_many((value,))  # for its checks
        return self._anything.pack(value)

    def dump(self, value: Any) -> Any:
        plan = self._by_type.get(type(value))
        if plan is None:
            raise self.reject(value)
        plan.dump(value)
        return self._anything.dump(value)

    def unpack(self, raw: Any) -> Any:
        return self.load(raw, False)

    def load(self, raw: Any, typed: bool) -> Any:
        plan = self._by_type.get(type(raw))
        if plan is None:
            raise self.reject(raw)
        return plan.load(raw, False)


class RecursivePlan(Plan):
    """The place inside a record where the record's own type comes up again.

    msgspec has no name for such a type: what is inside is decoded as plain data and
    built on the exact path.
    """

    wire = Any

    def __init__(self, cls: type) -> None:
        self.exact = frozenset((cls,))
        self.signature = cls.__name__
        self.families = frozenset(("array",))

    def refer_to(self, target: Plan) -> None:
        """Say what this stands for, once that has been made."""
        self.children = (target,)

    def pack(self, value: Any) -> Any:
        return self.children[0].pack(value)

    def unpack(self, raw: Any) -> Any:
        return self.load(raw, True)

    def dump(self, value: Any) -> Any:
        return self.children[0].dump(value)

    def load(self, raw: Any, typed: bool) -> Any:
        return self.children[0].load(raw, typed)
