"""Plans for the values that msgpack has itself, and for enums and literals."""

from __future__ import annotations

import enum
from typing import Any, Final

from msgspec.msgpack import Ext

from labgob.errors import DecodeError, Misfit, type_name
from labgob.plan import LITERAL, NamedPlan, Plan, fingerprint

NoneType: Final = type(None)
SCALARS: Final = frozenset((bool, int, float, str, bytes, NoneType))
BIG_INT_CODE: Final = 1
ENUM_CODE: Final = 7

_INT64_MIN: Final = -(2**63)
_UINT64_MAX: Final = 2**64 - 1


def dump_int(value: int) -> int | Ext:
    """An integer as msgpack has it, or as an extension if it exceeds 64 bits."""
    if _INT64_MIN <= value <= _UINT64_MAX:
        return value
    size = value.bit_length() // 8 + 1  # one bit more than the magnitude: the sign
    return Ext(BIG_INT_CODE, value.to_bytes(size, "big", signed=True))


def dump_str(value: str) -> str:
    """A string that UTF-8 can carry, as a plain `str`."""
    text = str.__str__(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Misfit("holds text with half a surrogate pair, not Unicode") from None
    return text


class ScalarPlan(Plan):
    """One of the types that msgpack carries without help."""

    packs = False
    unpacks = False
    plain = True

    def __init__(self, kind: type, family: str, *also: type) -> None:
        self.kind = kind
        self.wire = None if kind is NoneType else kind
        self.exact = frozenset((kind, *also))
        self.signature = type_name(kind)
        self.families = frozenset((family,))

    def dump(self, value: Any) -> Any:
        # By exact type: for Python a bool is an int, for msgpack it is not.
        if type(value) not in self.exact:
            raise self.reject(value)
        return value

    def load(self, raw: Any, typed: bool) -> Any:
        if type(raw) is not self.kind:
            raise self.reject(raw)
        return raw


class IntPlan(ScalarPlan):
    """Integers of any size; a bool is not one, an IntEnum's member is."""

    def dump(self, value: Any) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.reject(value)
        return dump_int(int(value))


class FloatPlan(ScalarPlan):
    """Floats; an integer where a float is declared becomes one."""

    def dump(self, value: Any) -> Any:
        if not isinstance(value, float | int) or isinstance(value, bool):
            raise self.reject(value)
        as_float = self._to_float(value)
        # An integer stays one as far as msgpack carries it, since on the fast path it
        # does: the bytes must not depend on the path. It becomes a float where it is
        # read.
        carried = type(value) is int and _INT64_MIN <= value <= _UINT64_MAX
        return value if carried else as_float

    def load(self, raw: Any, typed: bool) -> Any:
        if type(raw) not in self.exact:
            raise self.reject(raw)
        return self._to_float(raw)

    @staticmethod
    def _to_float(value: float) -> float:
        try:
            return float(value)
        except OverflowError:
            raise Misfit("holds an int too large for a float") from None


class StrPlan(ScalarPlan):
    """Text; subclasses (such as string enums) travel as plain `str`."""

    def dump(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise self.reject(value)
        return dump_str(value)


class BytesPlan(ScalarPlan):
    """Byte strings; other buffers travel as `bytes`."""

    def dump(self, value: Any) -> Any:
        if not isinstance(value, bytes | bytearray | memoryview):
            raise self.reject(value)
        return bytes(value)


SCALAR_PLANS: Final[dict[object, Plan]] = {
    NoneType: ScalarPlan(NoneType, "none"),
    None: ScalarPlan(NoneType, "none"),
    bool: ScalarPlan(bool, "bool"),
    int: IntPlan(int, "int"),
    float: FloatPlan(float, "float", int),
    str: StrPlan(str, "text"),
    bytes: BytesPlan(bytes, "text", bytearray, memoryview),
}


class EnumPlan(NamedPlan):
    """Members of one enum: by value where msgspec can, by name otherwise.

    An enum with a `_missing_` of its own also goes by name: decoding runs no code that
    bytes can reach.
    """

    code = ENUM_CODE
    cls: type[enum.Enum]

    def __init__(self, cls: type[enum.Enum]) -> None:
        self.cls = cls
        self.fingerprint = fingerprint(",".join(cls.__members__))
        self.exact = frozenset((cls,))
        self.signature = cls.__name__
        self.families = frozenset(("int", "text"))
        self.packs = self.unpacks = not _msgspec_decodes(cls)
        self.wire = str if self.unpacks else cls
        self._member_of: dict[object, enum.Enum] = {
            self.pack(member): member for member in cls
        }

    def pack(self, value: enum.Enum) -> Any:
        return value.name if self.packs else value.value

    def unpack(self, raw: Any) -> Any:
        return self._member(raw) if self.unpacks else raw

    def dump(self, value: Any) -> Any:
        if type(value) is not self.cls:
            raise self.reject(value)
        return self.pack(value)

    def load(self, raw: Any, typed: bool) -> Any:
        if type(raw) is self.cls:
            return raw
        if not typed or type(raw) not in (int, str):
            raise self.reject(raw)
        return self._member(raw)

    def _member(self, raw: object) -> enum.Enum:
        # Not by calling the enum, which would run a `_missing_` of the user's.
        member = self._member_of.get(raw)
        if member is None:
            raise Misfit(f"holds no member of {self.signature}")
        return member

    def body(self, value: enum.Enum, exactly: bool) -> bytes:
        return value.name.encode()

    def from_body(self, body: bytes) -> enum.Enum:
        """The member that `body` names."""
        member = self.cls.__members__.get(body.decode())
        if member is None:
            raise DecodeError(f"{body[:40]!r} is no member of {self.signature}")
        return member


def _msgspec_decodes(cls: type[enum.Enum]) -> bool:
    if any("_missing_" in vars(base) for base in cls.__mro__ if base is not enum.Enum):
        return False
    values: list[Any] = [member.value for member in cls.__members__.values()]
    kinds = {type(value) for value in values}
    return kinds in ({int}, {str}) and all(map(_in_literals, values))


def _in_literals(value: object) -> bool:
    """Whether msgspec compares with `value`, in an enum or in a Literal."""
    if type(value) is int:
        return _INT64_MIN <= value < -_INT64_MIN
    return type(value) in (str, NoneType)


class LiteralPlan(Plan):
    """One of a few listed values."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values
        self.exact = frozenset(map(type, values))
        if not self.exact <= SCALARS:
            raise Misfit("has a Literal of something other than plain values")
        # msgspec knows no Literal of bools, bytes or large integers: those are
        # compared here.
        self.wire = LITERAL[values] if all(map(_in_literals, values)) else Any
        self.unpacks = self.wire is Any
        self.signature = f"Literal{list(values)!r}"
        self.families = frozenset(("int", "text", "none", "bool", "other"))
        self.plain = not self.unpacks

    def _listed(self, value: object) -> bool:
        return any(type(v) is type(value) and v == value for v in self.values)

    def pack(self, value: Any) -> Any:
        return self.dump(value)

    def unpack(self, raw: Any) -> Any:
        return self.load(raw, True)

    def dump(self, value: Any) -> Any:
        if not self._listed(value):
            raise self.reject(value)
        return value

    def load(self, raw: Any, typed: bool) -> Any:
        return self.dump(raw)  # plain values are carried as they are

    def reject(self, value: object) -> Misfit:
        if type(value) not in self.exact:
            return super().reject(value)
        return Misfit(f"holds none of the values of {self.signature}")
