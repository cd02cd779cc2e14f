"""Streams: values encoded one after another into a buffer, and decoded in that order.

Each message is preceded by its length, seven bits to a byte, low bits first; the high
bit says that another byte follows.
"""

from __future__ import annotations

import io
from typing import Any, Final, Protocol, TypeVar, overload

from labgob.codec import decode, encode
from labgob.compiler import plan_of
from labgob.errors import DecodeError, EncodeError, type_name
from labgob.records import RecordPlan
from labgob.registry import is_record
from labgob.warnings import warn_of_used_variables

T = TypeVar("T")

_MAX_LENGTH_BYTES: Final = 9


class Writer(Protocol):
    """What an Encoder writes to; `io.BytesIO` is one."""

    def write(self, data: bytes, /) -> object:
        """Append `data`."""


class Encoder:
    """Writes values to a buffer, for a Decoder to read in the same order."""

    def __init__(self, buffer: Writer | bytearray) -> None:
        self._write = buffer.extend if isinstance(buffer, bytearray) else buffer.write

    def Encode(self, value: object) -> None:
        """Append one value; raises EncodeError, with nothing written, as `encode`."""
        # In one piece, once it is complete: a value that is refused leaves no trace.
        message = encode(value)
        self._write(_length(len(message)) + message)


class Decoder:
    """Reads the values that an Encoder wrote."""

    def __init__(self, buffer: io.BytesIO | bytes | bytearray | memoryview) -> None:
        self._buffer = buffer if isinstance(buffer, io.BytesIO) else io.BytesIO(buffer)

    @overload
    def Decode(self, kind: type[T]) -> T: ...

    @overload
    def Decode(self, kind: Any) -> Any: ...

    def Decode(self, kind: Any) -> Any:
        """The next value, which has to be of type `kind`.

        A dataclass instance in place of a type is filled in and returned, as Go's
        Decode does; what it held before is lost, and reported if it was not empty.
        Raises DecodeError if the next value is of another type, or if there is none.
        """
        if is_record(type(kind)):
            return self._fill(kind)
        return decode(self._message(), kind)

    def _fill(self, target: Any) -> Any:
        cls = type(target)
        if cls.__dataclass_params__.frozen:
            raise EncodeError(
                f"a {type_name(cls)} is frozen and cannot be filled in: give Decode "
                "the class and use what it returns"
            )
        warn_of_used_variables(target)
        plan = plan_of(cls)
        assert isinstance(plan, RecordPlan)
        # Decoded as a whole first: bytes that are refused leave the target as it was.
        decoded = decode(self._message(), cls)
        for name in plan.names:
            setattr(target, name, getattr(decoded, name))
        return target

    def _message(self) -> bytes:
        # A bound on the bytes of a length, or hostile ones could go on for ever.
        length = shift = 0
        for _ in range(_MAX_LENGTH_BYTES):
            byte = self._buffer.read(1)
            if not byte:
                break
            length |= (byte[0] & 0x7F) << shift
            shift += 7
            if byte[0] < 0x80:
                return self._exactly(length)
        raise DecodeError("there is no further value in the buffer")

    def _exactly(self, length: int) -> bytes:
        # The length is not believed: a buffer in memory gives, and makes room for, no
        # more than it has.
        message = self._buffer.read(length)
        if len(message) < length:
            raise DecodeError(
                f"the buffer ends {length - len(message)} bytes before its value does"
            )
        return message


def _length(length: int) -> bytes:
    encoded = bytearray()
    while length > 0x7F:
        encoded.append(length & 0x7F | 0x80)
        length >>= 7
    encoded.append(length)
    return bytes(encoded)


def NewEncoder(buffer: Writer | bytearray) -> Encoder:
    """An Encoder that appends to `buffer`."""
    return Encoder(buffer)


def NewDecoder(buffer: io.BytesIO | bytes | bytearray | memoryview) -> Decoder:
    """A Decoder of bytes, or of an `io.BytesIO` from its current position on."""
    return Decoder(buffer)
