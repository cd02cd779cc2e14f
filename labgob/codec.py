"""`encode` and `decode`: one value, one message."""

from __future__ import annotations

from typing import Any, Final, TypeVar, overload

import msgspec

from labgob.compiler import ANY_OF_DECLARED, plan_of
from labgob.errors import EncodeError, Misfit, shown, type_name
from labgob.falls import CANNOT_ENCODE, note_fall
from labgob.plan import PLAN_ATTRIBUTE, Plan
from labgob.reading import Data, reader_of
from labgob.records import RecordPlan
from labgob.registry import is_record
from labgob.scalars import SCALARS

T = TypeVar("T")

_ENCODE: Final = msgspec.msgpack.Encoder().encode


def encode(value: object) -> bytes:
    """The message for a dataclass instance or plain data.

    Raises EncodeError, naming the field, for anything that `decode` could not give
    back: a value that is not of its field's type, a class in an `Any` field that is
    not registered, an object that is neither a dataclass nor plain data.
    """
    kind = type(value)
    try:
        # The class's own plan: `getattr` would find that of a base class, which knows
        # nothing of this one's fields.
        plan = kind.__dict__.get(PLAN_ATTRIBUTE)
        if plan.__class__ is RecordPlan:
            return _ENCODE((plan.tag, *plan.pack(value)))
        if kind in SCALARS:
            return _ENCODE(value)
        # The first record of a class goes the exact way, which makes the plan.
        if not is_record(kind):
            return _ENCODE(_framed(kind, ANY_OF_DECLARED.pack(value)))
    except CANNOT_ENCODE:  # the exact path decides, and words the error
        note_fall()
    return encode_exactly(value)


def _framed(kind: type, carried: Any) -> Any:
    """A list is set apart from a record, which is an array too, by one more array."""
    return (carried,) if kind is list else carried


def encode_exactly(value: Any) -> bytes:
    """As `encode`, by way of the exact path."""
    try:
        if is_record(type(value)):
            plan = plan_of(type(value))
            assert isinstance(plan, RecordPlan)
            return _ENCODE([plan.tag, *plan.dump(value)])
        return _ENCODE(_framed(type(value), ANY_OF_DECLARED.dump(value)))
    except Misfit as misfit:
        raise EncodeError(f"the value to encode {misfit}") from None
    except RecursionError:
        raise EncodeError(
            f"the {type(value).__qualname__} to encode is nested too deeply, or "
            "contains itself"
        ) from None


@overload
def decode(data: Data, kind: type[T]) -> T: ...


@overload
def decode(data: Data, kind: Any) -> Any: ...


def decode(data: Data, kind: Any) -> Any:
    """The value of type `kind` that `data` holds: a class, or an alias of classes.

    Raises DecodeError if `data`, wherever it comes from, does not hold one, and
    EncodeError if `kind` is not a type that labgob carries.
    """
    try:
        # The class's own, as in `encode`. Aliases have none, or no such attribute.
        plan = kind.__dict__[PLAN_ATTRIBUTE]
    except (AttributeError, KeyError):
        plan = _plan_for(kind)
    return (plan.reader or reader_of(plan)).read(data)


def _plan_for(kind: Any) -> Plan:
    try:
        return plan_of(kind)
    except Misfit:
        raise EncodeError(
            f"labgob cannot decode into {shown(type_name(kind))}: ask for a dataclass, "
            "or for a type of plain data such as dict[int, str]"
        ) from None
