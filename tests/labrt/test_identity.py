"""`id`, `hash` and `repr` of a world keep what Python promises of them."""

from __future__ import annotations

import datetime
import enum
import fractions
import gc
import pathlib
import types
import weakref
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labrt.ordered.identity import Identities
from labrt.ordered.sets import OrderedFrozenSet
from labrt.texts import without_addresses
from tests.labrt.conftest import RunProgram


class Thing:
    """Something that can be referred to weakly."""

    def method(self) -> None:
        """Be bound to."""


class Finalized(Thing):
    """Something that asks for its number when it dies."""

    def __init__(self, world: Identities, said: list[int]) -> None:
        self.world = world
        self.said = said

    def __del__(self) -> None:
        self.said.append(self.world.id(self))


class Text(str):
    """A string of another class, equal to its like."""


class Pair(NamedTuple):
    """A tuple of another class."""

    left: object
    right: object


class Role(enum.Enum):
    """Members hash their names."""

    LEADER = 1


UTC = datetime.UTC
EAST = datetime.timezone(datetime.timedelta(hours=2))
MOMENT = datetime.datetime(2024, 5, 6, 7, 8, 9, 10)
THING = Thing()


def _kind(value: object) -> str:
    # No address in the name of a test: each worker must come to the same.
    return type(value).__name__


EQUALS: list[tuple[Any, Any]] = [
    (1, 1.0),
    (True, 1),
    (Decimal("0.5"), fractions.Fraction(1, 2)),
    ("text", Text("text")),
    (b"data", memoryview(b"data")),
    ((1, "a"), Pair(1, "a")),
    (frozenset("abc"), OrderedFrozenSet("cba")),
    (range(0), range(5, 5)),
    (range(3, 4), range(3, 9, 7)),
    (THING.method, THING.method),
    ([].append.__name__, "append"),
    (MOMENT.replace(tzinfo=UTC), MOMENT.replace(tzinfo=UTC).astimezone(EAST)),
    (datetime.time(5, tzinfo=UTC), datetime.time(7, tzinfo=EAST)),
    (list[int], types.GenericAlias(list, (int,))),
    (int | None, None | int),
    (pathlib.PurePath("a/b"), pathlib.PurePath("a") / "b"),
    (weakref.ref(THING), weakref.ref(THING)),
    (((1, ("x",)), None), ((1.0, (Text("x"),)), None)),
]


@pytest.mark.parametrize(
    ("one", "other"), EQUALS, ids=lambda value: type(value).__name__
)
def test_what_is_equal_has_the_same_hash(one: Any, other: Any) -> None:
    """Guards the contract that every hash has to keep."""
    world = Identities()
    assert one == other
    assert world.hash(one) == world.hash(other)


data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.datetimes()
    | st.sampled_from([Role.LEADER, ...]),
    lambda parts: st.tuples(parts, parts) | st.frozensets(parts, max_size=3),
    max_leaves=8,
)


@given(data)
def test_a_hash_is_one_that_a_class_may_return(value: Any) -> None:
    """Guards that `__hash__` can return what `hash` says: it stays what it is."""
    world = Identities()
    found = world.hash(value)
    returning = type("Returning", (), {"__hash__": lambda self: found})
    assert hash(returning()) == found
    assert world.hash(value) == found


@pytest.mark.parametrize("value", [[], {}, set(), ([],), memoryview(bytearray(1))])
def test_what_cannot_be_hashed(value: Any) -> None:
    """Guards that the exceptions are Python's own."""
    with pytest.raises((TypeError, ValueError)) as real:
        hash(value)
    with pytest.raises(type(real.value), match=str(real.value)):
        Identities().hash(value)


def test_numbers_are_of_living_objects() -> None:
    """Guards that no two objects that live have one number, and that one keeps its."""
    world = Identities()
    things: list[object] = [Thing(), "text", (1, 2), 12345678, [], Thing, len, 1.5]
    numbers = [world.id(thing) for thing in things]
    assert len(set(numbers)) == len(things)
    assert [world.id(thing) for thing in things] == numbers
    for _ in range(3 * 4096):
        # Neither the memory of those nor the numbers of these may get lost.
        assert world.id([Thing()]) not in numbers
    assert [world.id(thing) for thing in things] == numbers
    assert len(world._kept) <= 2 * 4096


def test_a_dead_object_is_let_go() -> None:
    """Guards that asking for a number keeps nothing alive that can die."""
    world = Identities()
    thing = Thing()
    reference, number = weakref.ref(thing), world.id(thing)
    del thing
    assert reference() is None
    assert world.id(Thing()) != number
    assert len(world._weakly) <= 1


@pytest.mark.parametrize("cyclic", [False, True])
def test_the_number_is_there_to_the_end(cyclic: bool) -> None:
    """Guards `__del__`, which runs when weak references are dead already."""
    world, said = Identities(), list[int]()
    thing: Any = Finalized(world, said)
    thing.itself = thing if cyclic else None
    number = world.id(thing)
    del thing
    gc.collect()
    assert said == [number]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<Peer object at 0x7f3a5c0b2d90>", "<Peer object at 0x…>"),
        ("[<a at 0x7f3a5c0b2d90>, <b at 0x55d0c0ffee00>]", "[<a at 0x…>, <b at 0x…>]"),
        (
            "<weakref at 0x7f3a5c0b2d90; to 'P' at 0x7f3a5c0b2d91>",
            "<weakref at 0x…; to 'P' at 0x…>",
        ),
        ("block at 0x10, mask 0x7f3a5c0b2d90", "block at 0x10, mask 0x7f3a5c0b2d90"),
        ("<Peer object at 0x10010>", "<Peer object at 0x10010>"),
        ("flat 0x7f3a5c0b2d90", "flat 0x7f3a5c0b2d90"),
    ],
)
def test_addresses_are_left_out(text: str, expected: str) -> None:
    """Guards that addresses go, and that what only looks like one stays."""
    assert without_addresses(text) == expected


def test_the_message_of_a_failure_has_no_address(run_program: RunProgram) -> None:
    """Guards the texts that a failed run is compared by."""
    source = """
        def main():
            raise ValueError(object())
    """
    with pytest.raises(Exception, match=r"<object object at 0x…>"):
        run_program(source)


def test_methods_of_a_world_come_to_its_own_hash(run_program: RunProgram) -> None:
    """Guards dataclasses, on the first and on the second use of their recipe."""
    source = """
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class Vote:
            who: str
        def main():
            return hash(Vote("me")) == hash(("me",)) and {Vote("me"): 1}[Vote("me")]
    """
    assert [run_program(source), run_program(source)] == [1, 1]
