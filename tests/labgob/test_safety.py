"""Hostile bytes: no code, no classes, no memory and no time that they did not earn."""

from __future__ import annotations

import enum
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from msgspec.msgpack import Ext

import labgob

encode_raw = msgspec.msgpack.encode
built: list[str] = []


@dataclass
class Secret:
    """A class that says when it is built."""

    value: int = 0

    def __post_init__(self) -> None:
        built.append("Secret")


@dataclass
class Envelope:
    """Anything at all inside a record."""

    number: int
    content: Any = None


@dataclass
class Link:
    """A chain whose number comes after the rest of it."""

    content: Any
    number: int


@dataclass
class Asked:
    """Every typed position there is."""

    entries: list[Envelope] = field(default_factory=list)
    pair: tuple[int, ...] = ()
    names: set[str] = field(default_factory=set)
    votes: dict[int, Envelope] = field(default_factory=dict)
    either: Envelope | Secret | None = None


class Trap(enum.Enum):
    """An enum whose lookup would run code."""

    ONE = 1

    @classmethod
    def _missing_(cls, value: object) -> Trap:
        built.append("Trap")
        return cls.ONE


@dataclass
class Trapped:
    """A field of that enum."""

    trap: Trap


@pytest.fixture(autouse=True)
def _empty_registry() -> Iterator[None]:
    registry = labgob.Registry()
    labgob.use_registry_source(lambda: registry)
    built.clear()
    yield
    labgob.use_registry_source(None)


def tag_of(instance: object) -> str:
    """The tag that messages of a class begin with."""
    tag: str = msgspec.msgpack.decode(labgob.encode(instance))[0]
    return tag


def named(name: str, fields: object, code: int = 5) -> Ext:
    """A record in the form it has where nothing is declared, whatever it says."""
    header = bytes((len(name),)) + name.encode() + b"\x00\x00"
    return Ext(code, header + encode_raw(fields))


def envelope(content: object) -> bytes:
    """A message with an Envelope around something that msgpack can carry."""
    return encode_raw([tag_of(Envelope(1)), 1, content])


HEADERS = [
    b"\xdd\xff\xff\xff\xff",  # array
    b"\xdf\xff\xff\xff\xff",  # map
    b"\xdb\xff\xff\xff\xff",  # text
    b"\xc6\xff\xff\xff\xff",  # bytes
    b"\xc9\xff\xff\xff\xff\x05",  # extension
    b"\x81\xdd\xff\xff\xff\xff",  # an array as a key
]
KINDS: list[Any] = [Any, Asked, list[int], dict[int, int], set[str], tuple[int, ...]]


@pytest.mark.parametrize("kind", KINDS)
def test_lengths_are_not_believed(kind: Any) -> None:
    """A message that claims four billion items is refused without room for them."""
    labgob.encode(Asked())
    messages = [prefix + h for h in HEADERS for prefix in (b"", b"\x91", b"\x92\xa1x")]
    tracemalloc.start()
    try:
        for message in messages:
            with pytest.raises(labgob.DecodeError):
                labgob.decode(message, kind)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", [b"\x91", b"\x81\x01", b"\x81\x91"])
def test_deep_nesting_is_refused(kind: Any, step: bytes) -> None:
    """Nesting beyond what the stack can take is an error like any other."""
    with pytest.raises(labgob.DecodeError, match="too deeply"):
        labgob.decode(step * 100_000, kind)


@pytest.mark.parametrize("code", [2, 3, 4, 5, 6, 8])
def test_deeply_nested_extensions_are_refused(code: int) -> None:
    """Extensions inside extensions come to an end too."""
    labgob.Register(Envelope)
    inner: object = 1
    for _ in range(2000):
        inner = Ext(code, encode_raw([inner]))
    with pytest.raises(labgob.DecodeError):
        labgob.decode(encode_raw(inner), Any)


@pytest.mark.parametrize("end", [0, Ext(99, b"")])
def test_chains_of_records_take_linear_time(end: object) -> None:
    """Sixty levels that each need the exact path do not take two to the sixtieth."""
    labgob.Register(Link)
    template = msgspec.msgpack.decode(labgob.encode(Link(Link(0, 1), 2**100)))
    tag, inner, big = template
    header = inner.data[: -len(encode_raw([0, 1]))]
    chain = end
    for _ in range(60):
        chain = Ext(inner.code, header + encode_raw([chain, big]))
    message = encode_raw([tag, chain, big])
    if end == 0:
        assert labgob.encode(labgob.decode(message, Link)) == message
    else:
        with pytest.raises(labgob.DecodeError, match="unknown extension, 99"):
            labgob.decode(message, Link)


@pytest.mark.parametrize("code", [-1, 0, 7, 9, 42, 127, -128])
@pytest.mark.parametrize("body", [b"", b"\x00", b"\x05abc", b"\xff" * 12])
def test_extensions_that_labgob_does_not_have(code: int, body: bytes) -> None:
    """Unknown extension codes, and known ones with nonsense in them, are refused."""
    for message in (encode_raw(Ext(code, body)), envelope([Ext(code, body)])):
        for kind in (Any, Envelope):
            with pytest.raises(labgob.DecodeError):
                labgob.decode(message, kind)


def test_timestamps_are_refused() -> None:
    """msgpack's own timestamp is no plain data, wherever it hides."""
    stamp = Ext(-1, b"\x00\x00\x00\x01")
    hidden: list[object] = [stamp, [stamp], {1: [stamp]}, Ext(2, encode_raw([stamp]))]
    for content in hidden:
        with pytest.raises(labgob.DecodeError):
            labgob.decode(envelope(content), Envelope)


def test_unregistered_classes_are_never_built() -> None:
    """A class that this process knows, but did not register, cannot be had by name."""
    name = f"{Secret.__module__}.Secret"
    for code in (5, 6, 7):
        for fields in ([1], [[1]], "x"):
            message = envelope([named(name, fields, code)])
            with pytest.raises(labgob.DecodeError):
                labgob.decode(message, Envelope)
    tag = tag_of(Secret())
    built.clear()
    for kind in (Any, Envelope, list[Any]):
        with pytest.raises(labgob.DecodeError):
            labgob.decode(encode_raw([tag, 1]), kind)
    assert built == []


def test_names_are_never_imported() -> None:
    """A name on the wire does not load a module."""
    before = set(sys.modules)
    for name in ("antigravity.fly", "os.system", "this.s", "builtins.eval"):
        with pytest.raises(labgob.DecodeError, match="not registered here"):
            labgob.decode(envelope(named(name, ["echo"])), Envelope)
    assert set(sys.modules) == before


def test_registered_classes_with_other_fields_are_refused() -> None:
    """A fingerprint that does not fit the class here means another version of it."""
    labgob.Register(Secret)
    message = envelope(named(f"{Secret.__module__}.Secret", [1]))
    with pytest.raises(labgob.DecodeError, match="with other fields"):
        labgob.decode(message, Envelope)
    assert built == []


def test_only_declared_members_of_a_union_are_built() -> None:
    """In a union of records nothing else can come, registered or not."""

    @dataclass
    class Stranger:
        value: int = 0

    labgob.Register(Stranger)
    stranger = msgspec.msgpack.decode(labgob.encode([Stranger(), 1]))[0][0]
    tag = tag_of(Asked())
    with pytest.raises(labgob.DecodeError, match=r"^Asked\.either holds a .*Stranger"):
        labgob.decode(encode_raw([tag, [], [], [], {}, stranger]), Asked)


def test_enums_run_no_code() -> None:
    """A value that is no member of the enum does not reach the enum's `_missing_`."""
    tag = tag_of(Trapped(Trap.ONE))
    for raw in (2, "TWO", None, [1]):
        with pytest.raises(labgob.DecodeError, match=r"^Trapped\.trap holds"):
            labgob.decode(encode_raw([tag, raw]), Trapped)
    assert built == []


def test_huge_integers_cost_what_they_weigh() -> None:
    """An integer of a hundred thousand bytes is just that, and is never printed."""
    number = 1 << 800_000
    data = labgob.encode(number)
    assert labgob.decode(data, int) == number
    with pytest.raises(
        labgob.DecodeError, match=r"^the message holds an int, not a str"
    ):
        labgob.decode(data, str)
    with pytest.raises(labgob.DecodeError, match="too large for a float"):
        labgob.decode(data, float)


@pytest.mark.parametrize("length", [b"\xff" * 20, b"\xff" * 8 + b"\x7f", b"\x80" * 9])
def test_lengths_of_streams_are_not_believed(length: bytes) -> None:
    """The length in front of a value may be anything; what is not there is not read."""
    with pytest.raises(labgob.DecodeError):
        labgob.NewDecoder(length + b"x").Decode(str)
