"""From a declared type to its plan, made on first use and kept with the class.

A plan is an attribute of the class it is for, never an entry in a table: each simulated
server has copies of its own of every class, and they have to go when the server does.
"""

from __future__ import annotations

import collections.abc
import enum
import types
import typing
from collections.abc import Callable
from typing import Any, Final

from labgob.build import sent_fields
from labgob.containers import (
    DictPlan,
    FixedTuplePlan,
    ListPlan,
    SetPlan,
    TuplePlan,
)
from labgob.descriptions import describe
from labgob.dynamic import AnyPlan
from labgob.errors import EncodeError, Misfit, type_name
from labgob.plan import PLAN_ATTRIBUTE, Plan
from labgob.records import RecordPlan
from labgob.registry import is_record
from labgob.scalars import SCALAR_PLANS, EnumPlan, LiteralPlan
from labgob.sets import FROZENSETS, SETS
from labgob.unions import RecursivePlan, TaggedUnionPlan, UnionPlan

_ALIASES: Final = "__labgob_aliases__"
# Aliases may be made at run time without end, as `Literal[number]`: past so many for
# one class their plans are forgotten and made again.
_MAX_ALIASES: Final = 64

_LISTS: Final = (list, collections.abc.Sequence, collections.abc.MutableSequence)
_DICTS: Final = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_ABSTRACT_SETS: Final = (collections.abc.Set, collections.abc.MutableSet)
_UNIONS: Final = (typing.Union, types.UnionType)

_builtin_aliases: dict[object, Plan] = {}


def plan_of(kind: object) -> Plan:
    """The plan for a type: a class, or an alias such as `dict[int, str]`.

    Raises EncodeError if a field's type, and Misfit if `kind` itself, is not carried.
    """
    if isinstance(kind, type):
        plan = kind.__dict__.get(PLAN_ATTRIBUTE)
        return plan if plan is not None else _Compiler().compile(kind)
    try:
        aliases = _aliases_with(kind)
        plan = aliases.get(kind)
    except TypeError:  # an unhashable part, such as Annotated[int, []]
        return _Compiler().compile(kind)
    if plan is None:
        if len(aliases) >= _MAX_ALIASES:
            aliases.clear()
        plan = aliases[kind] = _Compiler().compile(kind)
    return plan


def _aliases_with(alias: object) -> dict[object, Plan]:
    """Where the plan of an alias is kept: with the first class that it mentions."""
    # An alias holds on to its classes. In a table of the module, `list[Entry]` would
    # keep the `Entry` of each server that has ever lived.
    owner = _first_class(alias)
    if owner is None:
        return _builtin_aliases
    found: dict[object, Plan] | None = owner.__dict__.get(_ALIASES)
    if found is None:
        found = {}
        setattr(owner, _ALIASES, found)
    return found


def _first_class(alias: object) -> type | None:
    if isinstance(alias, type):
        carried = is_record(alias) or issubclass(alias, enum.Enum)
        return alias if carried else None
    parts = typing.get_args(alias)
    if parts:
        parts = (typing.get_origin(alias), *parts)
    return next(filter(None, map(_first_class, parts)), None)


def _is_enum(cls: object) -> bool:
    # A Flag's values need not be members, and an enum without members has no values.
    return (
        isinstance(cls, type)
        and issubclass(cls, enum.Enum)
        and not issubclass(cls, enum.Flag)
        and len(cls) > 0
    )


class _Compiler:
    """Makes the plans for one type and all that it is made of."""

    def __init__(self) -> None:
        # Records whose fields are being looked at now. One that comes up again inside
        # itself is answered with its placeholder, or this would never end.
        self._open: dict[type, RecursivePlan] = {}
        self._made: dict[type, Plan] = {}

    def compile(self, kind: object) -> Plan:
        """The plan for `kind`; its classes keep theirs only if all could be made."""
        # Only at the end: the plan of an inner class may refer to that of an outer one,
        # which may yet turn out to be impossible.
        plan = self.plan(kind)
        # Described before any thread can find a plan and send what nobody can read yet.
        for made in self._made.values():
            describe(made)
        for cls, made in self._made.items():
            setattr(cls, PLAN_ATTRIBUTE, made)
        return plan

    def plan(self, kind: Any) -> Plan:
        origin = typing.get_origin(kind)
        if origin is typing.Annotated:  # before the table: it need not be hashable
            return self.plan(kind.__origin__)
        if isinstance(kind, collections.abc.Hashable) and kind in SCALAR_PLANS:
            return SCALAR_PLANS[kind]
        if kind is Any or kind is object or isinstance(kind, typing.TypeVar):
            return ANY
        if isinstance(kind, typing.NewType):
            return self.plan(kind.__supertype__)
        if origin is typing.Literal:
            return LiteralPlan(typing.get_args(kind))
        if origin in _UNIONS:
            return self._union(typing.get_args(kind))
        return self._class(origin or kind, typing.get_args(kind))

    def _class(self, cls: Any, arguments: tuple[Any, ...]) -> Plan:
        if cls in _LISTS:
            return ListPlan(*self._plans(arguments or (Any,)))
        if cls in _DICTS:
            return DictPlan(*self._plans(arguments or (Any, Any)))
        if cls in SETS or cls in FROZENSETS or cls in _ABSTRACT_SETS:
            container = set if cls in _ABSTRACT_SETS else cls
            return SetPlan(container, *self._plans(arguments or (Any,)))
        if cls is tuple:
            return self._tuple(arguments)
        if is_record(cls):
            return self._kept(cls, self._record)
        if _is_enum(cls):
            return self._kept(cls, EnumPlan)
        raise Misfit(
            f"is declared {type_name(cls)}, which labgob does not carry: use a "
            "dataclass or plain data"
        )

    def _plans(self, kinds: tuple[Any, ...]) -> list[Plan]:
        return [self.plan(kind) for kind in kinds]

    def _tuple(self, arguments: tuple[Any, ...]) -> Plan:
        if len(arguments) == 2 and arguments[1] is ...:
            return TuplePlan(self.plan(arguments[0]))
        return FixedTuplePlan(self._plans(arguments))

    def _union(self, kinds: tuple[Any, ...]) -> Plan:
        options = self._plans(kinds)
        # Any takes the others in. Members that msgpack cannot tell apart, two records
        # for instance, need their names on the wire; all others are msgspec's to tell.
        if ANY in options:
            return ANY
        families = [family for plan in options for family in plan.families]
        if "other" in families or len(families) > len(set(families)):
            return TaggedUnionPlan(options, ANY_OF_DECLARED)
        return UnionPlan(options)

    def _kept(self, cls: type, make: Callable[[Any], Plan]) -> Plan:
        if cls in self._open:
            return self._open[cls]
        plan: Plan | None = cls.__dict__.get(PLAN_ATTRIBUTE) or self._made.get(cls)
        if plan is None:
            plan = self._made[cls] = make(cls)
        return plan

    def _record(self, cls: type) -> Plan:
        self._open[cls] = placeholder = RecursivePlan(cls)
        fields = sent_fields(cls)
        plans = [self._field(cls, field.name, field.kind) for field in fields]
        del self._open[cls]
        plan = RecordPlan(cls, fields, plans)
        placeholder.refer_to(plan)
        return plan

    def _field(self, cls: type, name: str, kind: Any) -> Plan:
        try:
            return self.plan(kind)
        except Misfit as misfit:
            raise EncodeError(f"{cls.__qualname__}.{name} {misfit}") from None


ANY: Final = AnyPlan(plan_of, registered_only=True)
ANY_OF_DECLARED: Final = AnyPlan(plan_of, registered_only=False)
