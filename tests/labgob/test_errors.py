"""Errors say what is wrong, in which field, and what to do about it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

import labgob


@dataclass
class Op:
    """A command that is not registered."""

    key: str = ""


@dataclass
class LogEntry:
    """A log entry with any command."""

    Term: int
    Command: Any = None


@dataclass
class AppendArgs:
    """A message with records inside."""

    Term: int
    Entries: list[LogEntry] = field(default_factory=list)
    Votes: dict[int, bool] = field(default_factory=dict)
    Leader: str | None = None
    Pair: tuple[int, str] = (0, "")


@dataclass
class BadLogEntry(LogEntry):
    """A subclass, whose own field would be lost."""

    Extra: int = 0


@dataclass(frozen=True)
class Strict:
    """A record that refuses some values."""

    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("negative size")


class Pair(NamedTuple):
    """A type labgob does not carry."""

    left: int


class Thing:
    """An ordinary class."""


@dataclass
class Unsupported:
    """A field that nothing can be done with."""

    thing: Thing | None = None


@dataclass
class LookAlike:
    """A union whose members cannot be told apart."""

    either: list[int] | list[str] = field(default_factory=list)


@dataclass
class Unresolved:
    """An annotation that names nothing."""

    other: Missing  # type: ignore[name-defined]  # noqa: F821  # the point of the test


def wrong(value: Any) -> Any:
    """`value`, for a field that is declared otherwise."""
    return value


def loop() -> list[Any]:
    """A list that contains itself."""
    items: list[Any] = []
    items.append(items)
    return items


ENCODE_ERRORS: list[tuple[Any, str]] = [
    (
        LogEntry(1, Op()),
        r"^LogEntry\.Command holds an Op, which is not registered: "
        r"call labgob\.Register\(Op\)",
    ),
    (
        AppendArgs(1, [LogEntry(1, [{"k": Op()}])]),
        r"^LogEntry\.Command holds an Op, which is not registered",
    ),
    (AppendArgs(wrong("x")), r"^AppendArgs\.Term holds a str, not an int"),
    (AppendArgs(wrong(True)), r"^AppendArgs\.Term holds a bool, not an int"),
    (AppendArgs(1, wrong((1,))), r"^AppendArgs\.Entries holds a tuple, not a list"),
    (AppendArgs(1, [wrong(Op())]), r"^AppendArgs\.Entries holds an Op, not a LogEntry"),
    (AppendArgs(1, [BadLogEntry(1)]), r"Entries holds a BadLogEntry, not a LogEntry"),
    (AppendArgs(1, [], wrong({1: 2})), r"^AppendArgs\.Votes holds an int, not a bool"),
    (AppendArgs(1, [], {}, wrong(2)), r"Leader holds an int, not a str \| None"),
    (
        AppendArgs(1, [], {}, None, wrong((1,))),
        r"Pair holds 1 items, but tuple.* has 2",
    ),
    (AppendArgs(1, [], {}, "\ud800"), r"^AppendArgs\.Leader holds text with half a"),
    (LogEntry(1, Thing()), r"^LogEntry\.Command holds a Thing, which is neither plain"),
    (LogEntry(1, Pair(1)), r"^LogEntry\.Command holds a Pair, which is neither"),
    (LogEntry(1, print), r"holds a builtin_function_or_method, which is neither"),
    (Thing(), r"^the value to encode holds a Thing, which is neither plain data"),
    ([1, Thing()], r"^the value to encode holds a Thing"),
    (LogEntry, r"^the value to encode holds a type"),
    (loop(), r"^the list to encode is nested too deeply, or contains itself"),
    (LogEntry(1, loop()), r"^the LogEntry to encode is nested too deeply"),
    (Unsupported(), r"^Unsupported\.thing is declared Thing, which labgob does not"),
    (LookAlike(), r"^LookAlike\.either is declared .*cannot be told apart"),
    (Unresolved(1), r"^the annotations of Unresolved cannot be resolved: .*Missing"),
]


@pytest.mark.parametrize(("value", "message"), ENCODE_ERRORS)
def test_encode_errors(value: Any, message: str) -> None:
    """What cannot be sent is refused where it is, with the class and the field."""
    with pytest.raises(labgob.EncodeError, match=message):
        labgob.encode(value)


DECODE_ERRORS: list[tuple[Any, Any, str]] = [
    (Op("x"), LogEntry, r"^the message holds an Op:\w{4}, but a LogEntry:\w{4} was"),
    (5, LogEntry, r"^the message holds an int, but a LogEntry:\w{4} was asked for"),
    ([1], LogEntry, r"^the message holds a list, but a LogEntry"),
    ((1,), LogEntry, r"^the message holds a tuple, but a LogEntry"),
    ({1, 2}, LogEntry, r"^the message holds a set, but a LogEntry"),
    ([Op()], LogEntry, r"^the message holds a list, but a LogEntry"),
    (Op(), int, r"^the message holds an Op:\w{4}, but an int was asked for"),
    (Op(), Any, r"^the message holds an Op:\w{4}, but an Any was asked for, and no"),
    ("x", int, r"^the message holds a str, not an int$"),
    (["x"], list[int], r"^the message holds a str, not an int$"),
    ({1: "x"}, dict[int, int], r"^the message holds a str, not an int$"),
    ([[1, 2]], list[LogEntry], r"^the message holds a list, not a LogEntry$"),
    ([Op()], list[LogEntry], r"holds a tests\.labgob\.test_errors\.Op, which is not"),
    ([1, 2], tuple[int, int], r"^the message holds a list, not a tuple"),
    ((1, 2), tuple[int], r"^the message holds 2 items, but tuple\[int\] has 1$"),
]


@pytest.mark.parametrize(("value", "kind", "message"), DECODE_ERRORS)
def test_decode_errors(value: Any, kind: Any, message: str) -> None:
    """A value of another type is refused, naming what came and what was asked for."""
    with pytest.raises(labgob.DecodeError, match=message):
        labgob.decode(labgob.encode(value), kind)


def test_constructor_that_objects() -> None:
    """An exception in a dataclass's constructor is the message's fault."""
    data = bytearray(labgob.encode(Strict(1)))
    data[-1] = 0xFF  # minus one
    with pytest.raises(
        labgob.DecodeError,
        match=r"^a Strict cannot be built .* ValueError: negative size$",
    ):
        labgob.decode(data, Strict)


@pytest.mark.parametrize(
    "call",
    [
        lambda: labgob.decode(b"\x01", Thing),
        lambda: labgob.decode(b"\x01", LogEntry(1)),
        lambda: labgob.decode(b"\x01", list[Thing]),
        lambda: labgob.decode(b"\x01", Unsupported),
        lambda: labgob.Register(Thing),
        lambda: labgob.Register(Unsupported),
        lambda: labgob.RegisterName("n" * 256, Op),
        lambda: labgob.NewDecoder(b"\x01\x01").Decode(Strict(1)),
    ],
)
def test_types_that_are_not_carried(call: Callable[[], object]) -> None:
    """A type nothing can be decoded into is the caller's mistake, not the bytes'."""
    with pytest.raises(labgob.EncodeError):
        call()


def test_attribute_that_was_never_set() -> None:
    """A record with a hole in it is refused by the field's name."""
    entry = object.__new__(LogEntry)
    entry.Command = 1
    with pytest.raises(labgob.EncodeError, match=r"^LogEntry\.Term has not been set$"):
        labgob.encode(entry)


def test_failed_types_can_be_tried_again() -> None:
    """A class that could not be prepared leaves nothing half-made behind."""

    @dataclass
    class Inner:
        outer: Outer | None = None

    @dataclass
    class Outer:
        inner: Inner
        thing: Thing

    Inner.__annotations__["outer"] = "Outer | None"
    for _ in range(2):
        with pytest.raises(labgob.EncodeError):
            labgob.encode(Outer(Inner(), Thing()))


@pytest.mark.parametrize("cut", [1, 3])
def test_streams_that_end_early(cut: int) -> None:
    """A stream that was cut inside a value says how much is missing."""
    buffer = io.BytesIO()
    labgob.NewEncoder(buffer).Encode("word")
    decoder = labgob.NewDecoder(buffer.getvalue()[:-cut])
    with pytest.raises(labgob.DecodeError, match=f"ends {cut} bytes before its value"):
        decoder.Decode(str)


def test_nothing_is_written_for_a_value_that_cannot_be_encoded() -> None:
    """A refused value leaves the stream as it was."""
    buffer = bytearray()
    encoder = labgob.NewEncoder(buffer)
    encoder.Encode(1)
    with pytest.raises(labgob.EncodeError):
        encoder.Encode(Thing())
    encoder.Encode(2)
    decoder = labgob.NewDecoder(buffer)
    assert [decoder.Decode(int), decoder.Decode(int)] == [1, 2]
