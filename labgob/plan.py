"""What every plan offers: how values of one declared type become msgpack and back.

There are two ways each way, and they must agree:

- `pack` and `unpack` are the fast path. They do as little as they can in Python, leave
  the rest to msgspec, and raise `Misfit` when a value is not of the common kind, as
  msgspec raises errors of its own. Their `_many` forms take a whole list in one go.
- `dump` and `load` are the exact path. They look at every value, carry what msgspec
  alone cannot (integers beyond 64 bits, recursive types), and say what is wrong.

The fast path only ever gives the same bytes and values as the exact one, sooner: a
caller falls back from the first to the second on the exceptions that `labgob.falls`
lists, and on no others.
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from labgob.errors import Misfit, a, type_name

PLAN_ATTRIBUTE: Final = "__labgob_plan__"  # where a class keeps its plan

# Types for msgspec are built at run time; a type checker need not follow.
LIST: Final[Any] = list
TUPLE: Final[Any] = tuple
DICT: Final[Any] = dict
LITERAL: Final[Any] = Literal


class Plan(ABC):
    """How one declared type is carried.

    exact: the run-time types that `pack` takes.
    wire: the type msgspec decodes the carried form into, for `unpack`.
    signature: the type as written in messages; part of a record's fingerprint.
    families: which kinds of msgpack data the carried form may be; two types share a
        union on the fast path only if theirs are disjoint.
    packs, unpacks: whether `pack` (`unpack`) has anything to do beyond the check of
        the outer type.
    plain: whether the carried form stays the same where no type is declared.
    children: the plans of the types this one is made of.
    """

    exact: frozenset[type]
    wire: Any
    signature: str
    families: frozenset[str]
    packs: bool = True
    unpacks: bool = True
    plain: bool = False
    children: tuple[Plan, ...] = ()
    # What decodes messages of this type, once there was one. Kept here and not in a
    # table, so that it goes with the plan, and the plan with its class.
    reader: Any = None

    def pack(self, value: Any) -> Any:
        """The carried form of `value`, whose type the caller found in `exact`."""
        return value

    def pack_many(self, values: Sequence[Any]) -> Sequence[Any]:
        """The carried forms; the very same object if nothing had to change."""
        # By exact type, in a loop that runs in C. A subclass may hold anything else
        # besides: the exact path decides about it.
        if not self.exact.issuperset(map(type, values)):
            raise Misfit
        if not self.packs:
            return values
        pack = self.pack
        return [pack(value) for value in values]

    def unpack(self, raw: Any) -> Any:
        """The value of what msgspec decoded as `wire`."""
        return raw

    def unpack_many(self, raws: Sequence[Any]) -> Sequence[Any]:
        """The values; the very same object if nothing had to change."""
        if not self.unpacks:
            return raws
        unpack = self.unpack
        return [unpack(raw) for raw in raws]

    @abstractmethod
    def dump(self, value: Any) -> Any:
        """The carried form of any value, or Misfit that says why there is none."""

    @abstractmethod
    def load(self, raw: Any, typed: bool) -> Any:
        """The value of `raw`, which msgspec decoded as plain data, or Misfit.

        typed: the encoder knew the declared type too and left out what it tells;
        otherwise records, tuples, sets and enums come as finished objects.
        """

    def reject(self, value: object) -> Misfit:
        """What `dump` and `load` raise for a value of another type."""
        return Misfit(f"holds {a(type_name(type(value)))}, not {a(self.signature)}")


class NamedPlan(Plan):
    """A plan for a class, whose instances can travel under a name.

    code: the msgpack extension that holds one.
    fingerprint: 16 bits that tell apart versions of a class under the same name.
    """

    cls: type
    code: int
    fingerprint: int

    @abstractmethod
    def body(self, value: Any, exactly: bool) -> bytes:
        """What follows the header, by way of `dump` or of `pack`."""


def make_header(plan: NamedPlan, name: str) -> bytes:
    """How a named value starts: the length of the name, the name, the fingerprint."""
    encoded = name.encode()
    return bytes((len(encoded),)) + encoded + plan.fingerprint.to_bytes(2)


def fingerprint(text: str) -> int:
    """16 bits of `text`, the same in every process."""
    # Not `hash`, which differs from process to process.
    return zlib.crc32(text.encode()) & 0xFFFF


def reachable(plan: Plan) -> Iterator[Plan]:
    """`plan` and all plans it is made of, each once."""
    # Types may contain themselves: each plan is entered once, told by its identity.
    seen: set[int] = set()
    waiting = [plan]
    while waiting:
        plan = waiting.pop()
        if id(plan) not in seen:
            seen.add(id(plan))
            yield plan
            waiting.extend(plan.children)
