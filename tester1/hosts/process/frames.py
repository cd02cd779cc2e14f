"""The wire between the tester and one process: frames over a stream socket.

A frame is, with all numbers little-endian,

    length   4 bytes   of everything that follows
    kind     1 byte    see `Kind`
    tag      8 bytes   matches a reply to its request
    target   4 bytes   which of the process's own ends a call goes through
    method   1 byte of length, then that many bytes of UTF-8
    data     the rest: a message of labgob

Rules that keep it honest:

- A length is judged before anything is allocated for it.
- A process names an end by its number among its own ends, so there is no way to write
  down a message that another server would have sent.
- `data` is decoded by labgob alone, as the type that the receiver declares; it is never
  unpickled, evaluated or imported.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

__all__ = [
    "MAX_FRAME",
    "Failure",
    "Frame",
    "FrameError",
    "FrameReader",
    "Kind",
    "OpenEnd",
    "Ready",
    "encode_frame",
]

MAX_FRAME: Final = 64 << 20
"""The largest length of a frame, in bytes."""

# The length alone, what it counts at the least, and both together. Little-endian
# without padding, so that they mean the same whatever wrote them.
_LENGTH: Final = struct.Struct("<I")
_FIELDS: Final = struct.Struct("<BQIB")
_WHOLE: Final = struct.Struct("<IBQIB")
_MAX_METHOD: Final = 255


class Kind(IntEnum):
    """What a frame is. The tester sends DISPATCH, REPLY and NO_REPLY only."""

    READY = 1
    """The program has initialised; data: `Ready`."""
    FAILURE = 2
    """The program is broken; data: `Failure`."""
    OPEN = 3
    """The next end is the one that data describes: `OpenEnd`."""
    CALL = 4
    """Send a request through end `target`."""
    TESTER_CALL = 5
    """Call a service of the tester."""
    DISPATCH = 6
    """Run a handler of the program."""
    REPLY = 7
    """The reply to the request with that tag."""
    NO_REPLY = 8
    """There is no reply to the request with that tag."""
    TOLD = 9
    """Something has happened in the program; method: its kind, data: its values."""
    TYPE = 10
    """A type of messages of the program; data: its description, in JSON."""


_KINDS: Final = frozenset(int(kind) for kind in Kind)


class Frame(NamedTuple):
    """A frame as it was read."""

    kind: int
    tag: int
    target: int
    method: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Ready:
    """The program can be called now."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is wrong with the program, in a text that begins with the main point."""

    text: str


@dataclass(frozen=True, slots=True)
class OpenEnd:
    """The end from one of the test's clients to a server, both by name."""

    client: str
    server: str


class FrameError(ValueError):
    """What was read is no frame; the text goes on from "server-0-1 sent "."""


def encode_frame(
    kind: Kind, tag: int, data: bytes = b"", *, target: int = 0, method: str = ""
) -> bytes:
    """The bytes of a frame; raises `FrameError` if there is no room for them."""
    name = method.encode()
    # The sender learns of it, as an error in its own code. On the other side it would
    # be a breach of the rules, which ends the process.
    length = _FIELDS.size + len(name) + len(data)
    if length > MAX_FRAME:
        raise FrameError(f"a message of {length} bytes; at most {MAX_FRAME} can travel")
    if len(name) > _MAX_METHOD:
        raise FrameError(f"a method name of {len(name)} bytes: {method[:40]!r}...")
    return _WHOLE.pack(length, kind, tag, target, len(name)) + name + data


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next bytes and return the frames that they complete.

        Raises `FrameError` for bytes that no frame begins with; nothing after them can
        be understood any more.
        """
        # Frames come in pieces and several at once: what is complete is cut out, and
        # the rest waits. Never more than one frame's worth is kept, since its length
        # was judged as soon as there were bytes enough to read it.
        buffer = self._buffer
        buffer += data
        position = 0
        try:
            while len(buffer) - position >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(buffer, position)
                if not _FIELDS.size <= length <= MAX_FRAME:
                    raise FrameError(
                        f"a frame that claims to be {length} bytes long; frames have "
                        f"{_FIELDS.size} to {MAX_FRAME} bytes"
                    )
                start = position + _LENGTH.size
                if len(buffer) - start < length:
                    break
                position = start + length
                yield _parse(buffer, start, position)
        # Once for all frames: to cut them off one by one would move the rest each time.
        # And here, so that it is done as well if the caller leaves early.
        finally:
            del buffer[:position]


def _parse(buffer: bytearray, start: int, end: int) -> Frame:
    kind, tag, target, method_length = _FIELDS.unpack_from(buffer, start)
    if kind not in _KINDS:
        raise FrameError(f"a frame of the unknown kind {kind}")
    name_start = start + _FIELDS.size
    data_start = name_start + method_length
    # The name's length is the sender's word, too: it must not reach into the next
    # frame.
    if data_start > end:
        raise FrameError("a frame that ends within its method's name")
    try:
        method = buffer[name_start:data_start].decode()
    except UnicodeDecodeError:
        raise FrameError("a method's name that is not UTF-8") from None
    # A copy: the buffer goes on to be written to.
    return Frame(kind, tag, target, method, bytes(buffer[data_start:end]))
