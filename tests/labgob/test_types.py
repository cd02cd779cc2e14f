"""The types labgob carries, and what dataclasses may look like."""

from __future__ import annotations

import collections
import dataclasses
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, NewType, TypeVar

import pytest

import labgob
from tests.labgob.typed_values import same

T = TypeVar("T")
Version = NewType("Version", int)


@dataclass
class Base:
    """A record that others inherit from."""

    first: int
    second: str = "two"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A member of a union of records."""

    weight: int


@dataclass
class Derived(Base):
    """More fields, of more kinds."""

    third: Annotated[int, "a note"] = 3
    mode: Literal["fast", "slow", None] = None
    flag: Literal[True, "maybe"] = True
    version: Version = Version(0)
    names: Sequence[str] = ()
    index: Mapping[int, Leaf] = field(default_factory=dict)


@dataclass
class Computed:
    """A field the constructor does not take, and one only by keyword."""

    size: int
    area: int = field(init=False)
    unit: str = field(kw_only=True, default="m")

    def __post_init__(self) -> None:
        self.area = self.size**2


@dataclass(init=False)
class OwnConstructor:
    """A constructor that has nothing to do with the fields."""

    value: int
    _cache: dict[str, int]

    def __init__(self) -> None:
        self.value = 7
        self._cache = {"used": 1}


@dataclass
class Tree:
    """A type that contains itself, directly and by way of a list."""

    label: str
    left: Tree | None = None
    children: list[Tree] = field(default_factory=list)


@dataclass
class Ping:
    """One half of two types that contain each other."""

    back: Pong | None = None
    load: Leaf | Base | None = None


@dataclass
class Pong:
    """The other half."""

    back: list[Ping] = field(default_factory=list)


@dataclass
class Mixed:
    """Unions of all sorts."""

    number: int | float = 0
    text: str | bytes | None = None
    record: Leaf | Base | int = 0
    several: list[Leaf | Base] = field(default_factory=list)
    sequence: list[int] | tuple[int, ...] | dict[int, int] = ()


@dataclass
class Holder(Generic[T]):
    """A generic record: what its parameter stands for is treated as Any."""

    content: T


class Grumpy(enum.Enum):
    """An enum that answers for values that are none of its own."""

    CALM = 1

    @classmethod
    def _missing_(cls, value: object) -> Grumpy:
        raise AssertionError("decoding must not come here")


@dataclass
class Empty:
    """No fields at all."""


@dataclass
class Single:
    """A single field."""

    only: list[int]


CASES: list[tuple[Any, Any]] = [
    (Derived, Derived(1, "x", 4, "slow", "maybe", Version(9), ["a"], {5: Leaf(6)})),
    (Derived, Derived(1, names=[])),
    (Computed, Computed(3, unit="km")),
    (Tree, Tree("a", Tree("b"), [Tree("c", None, [Tree("d")]), Tree("e")])),
    (Ping, Ping(Pong([Ping(None, Leaf(1)), Ping(Pong())]), Base(2))),
    (Pong, Pong([Ping(None, Leaf(2**70))])),
    (Mixed, Mixed(1.0, b"x", Base(1), [Leaf(1), Base(2)], [1])),
    (Mixed, Mixed(2**64, "x", 5, [], {1: 2})),
    (Mixed, Mixed(1, None, Leaf(1), [], (1, 2**80))),
    (Holder, Holder([1, "x"])),
    (Holder[int], Holder(5)),
    (Empty, Empty()),
    (list[Empty], [Empty(), Empty()]),
    (Single, Single([1, 2])),
    (Leaf | Base, Base(3)),
    (Leaf | None, Leaf(3)),
    (dict[Leaf, Leaf], {Leaf(1): Leaf(2), Leaf(2**70): Leaf(3)}),
    (set[Leaf], {Leaf(1), Leaf(2)}),
    (Grumpy, Grumpy.CALM),
    (list[Grumpy], [Grumpy.CALM]),
    (None, None),
    (Annotated[int, ["unhashable"]], 5),
    (tuple[()], ()),
    (list, [1, "x", None]),
    (dict, {"a": {1: (2, 3)}}),
    (object, [True, 1.5]),
]


@pytest.mark.parametrize(("kind", "value"), CASES)
def test_round_trip(kind: Any, value: Any) -> None:
    """Each kind of declaration gives back what was put in."""
    assert same(labgob.decode(labgob.encode(value), kind), value)


def test_constructors_of_their_own_are_not_called() -> None:
    """A dataclass with its own __init__ is filled in field by field, zero if unsent."""
    decoded = labgob.decode(labgob.encode(OwnConstructor()), OwnConstructor)
    assert decoded.value == 7
    assert decoded._cache == {}


def test_integers_become_floats_where_floats_are_declared() -> None:
    """A float field may be given an int, and holds a float when it arrives."""

    @dataclass
    class Timeout:
        seconds: float

    for given in (3, 2**70):
        decoded = labgob.decode(labgob.encode(Timeout(given)), Timeout)
        assert same(decoded.seconds, float(given))


def test_subclasses_of_plain_types_travel_as_plain() -> None:
    """Where a field says int, str, dict or bytes, its subclasses lose their type."""

    class Code(enum.IntEnum):
        OK = 0

    class Text(str):
        __slots__ = ()

    @dataclass
    class Reply:
        code: int
        text: str
        counts: dict[str, int]
        data: bytes

    buffer: Any = bytearray(b"y")
    reply = Reply(Code.OK, Text("x"), collections.Counter("aab"), buffer)
    decoded = labgob.decode(labgob.encode(reply), Reply)
    assert same(decoded, Reply(0, "x", {"a": 2, "b": 1}, b"y"))


def test_dicts_of_the_standard_library_travel_as_dicts() -> None:
    """A defaultdict is a natural store for a server, and may be encoded as it is."""
    store = collections.defaultdict(list, {"k": [1]})
    assert same(labgob.decode(labgob.encode(store), dict[str, list[int]]), {"k": [1]})


def test_equal_sets_have_equal_bytes() -> None:
    """The order of a set, which depends on the hash seed, does not reach the wire."""
    names = [f"server-{index:02}" for index in range(50)]
    for make in (set, frozenset):
        assert labgob.encode(make(names)) == labgob.encode(make(reversed(names)))
    data = labgob.encode(set(names))
    places = [data.index(name.encode()) for name in names]
    assert places == sorted(places)


def test_a_copy_shares_nothing() -> None:
    """What is decoded has no object in common with what was encoded."""
    entries = [Tree("a")]
    decoded = labgob.decode(labgob.encode(Tree("x", None, entries)), Tree)
    entries[0].label = "changed"
    assert decoded.children == [Tree("a")]


def test_every_field_counts_towards_the_tag() -> None:
    """Two versions of a class that differ in a field are told apart."""
    versions = [
        dataclasses.make_dataclass("State", [("term", int), (name, int)])
        for name in ("votes", "leader")
    ]
    data = labgob.encode(versions[0](1, 2))
    with pytest.raises(labgob.DecodeError, match=r"a State:.*but a State:.*asked"):
        labgob.decode(data, versions[1])
