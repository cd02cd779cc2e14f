"""A world's sets do what real ones do: the same values, types and exceptions.

Programs of set operations are made by hypothesis and run twice, on real sets and on
ordered ones. Besides, the order is a function of what was done, and set and order agree
after every operation, failed ones too.
"""

from __future__ import annotations

import builtins
import copy
import operator
import pickle
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labrt.ordered.sets import OrderedFrozenSet, OrderedSet, PlainFrozenSet, PlainSet
from labrt.ordered.views import ordered_view
from tests.labrt.conftest import RunProgram


class Derived(PlainSet):
    """What a world's `class Derived(set)` is."""


class RealDerived(set):  # type: ignore[type-arg]  # as bare as the other
    """Its like among real sets."""


class Apart:
    """Equal to others of its number, so that which of them is kept can be seen."""

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Apart) and self.number == other.number

    def __hash__(self) -> int:
        return hash(self.number)

    def __repr__(self) -> str:
        return f"{self.number}{self.name}"


ELEMENTS: list[Any] = [0, 1, 2, 3, True, 1.0, "a", "b", None, (1, 2), frozenset({1})]
ELEMENTS += [Apart(7, "x"), Apart(7, "y")]
KINDS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "set": (set, OrderedSet),
    "frozenset": (frozenset, OrderedFrozenSet),
    "derived": (RealDerived, Derived),
    "real": (set, set),
    "real frozenset": (frozenset, frozenset),
    "list": (list, list),
    "iterator": (iter, iter),
    "view": (lambda items: dict.fromkeys(items).keys(), lambda items: _view(items)),
    "number": (lambda items: 5, lambda items: 5),
    "unhashable": (lambda items: [*items, []], lambda items: [*items, []]),
}
# fmt: off
METHODS = [
    "union", "intersection", "difference", "symmetric_difference", "update",
    "intersection_update", "difference_update", "symmetric_difference_update",
    "isdisjoint", "issubset", "issuperset",
]
NAMES = [
    "or_", "and_", "sub", "xor", "ior", "iand", "isub", "ixor", "eq", "ne", "lt", "le",
    "gt", "ge",
]
# fmt: on
OPERATORS = [getattr(operator, name) for name in NAMES]

items = st.lists(st.sampled_from(ELEMENTS), max_size=6)


def _view(items: list[Any]) -> Any:
    return ordered_view(dict.fromkeys(items).keys())


def outcome(action: Any, *arguments: Any) -> Any:
    """What a call comes to, in terms that real and ordered sets share."""
    try:
        return plain(action(*arguments))
    except Exception as error:
        return type(error).__name__


def plain(value: Any) -> Any:
    """A value's type and contents; sets are told apart by which objects they hold."""
    if isinstance(value, builtins.set | builtins.frozenset):
        return type(value).__name__.removeprefix("Real"), sorted(map(repr, value))
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return type(value).__name__, repr(value)


def check(value: Any) -> None:
    """Check that a set and its order hold the very same objects."""
    if isinstance(value, PlainSet | PlainFrozenSet):
        in_set = set.__iter__ if isinstance(value, PlainSet) else frozenset.__iter__
        held = sorted(map(id, in_set(value)))  # type: ignore[arg-type]  # as chosen
        assert held == sorted(map(id, value.__labrt_order__)), value
        assert len(value) == len([*value])


@settings(max_examples=25)
@given(items, items)
def test_every_operation_does_what_the_real_one_does(
    left: list[Any], right: list[Any]
) -> None:
    """Guards operators in both orders and in place, and methods, for all operands."""
    for one, other, operation in product(KINDS, KINDS, [*OPERATORS, *METHODS]):
        real, ordered = (
            applied(KINDS[one][number](left), KINDS[other][number](right), operation)
            for number in (0, 1)
        )
        # A view's own type is another; what it makes is the same.
        compared = 1 if "view" in one else 2
        assert ordered[:compared] == real[:compared], (one, other, operation)


def applied(one: Any, other: Any, operation: Any) -> tuple[Any, Any]:
    """What an operation comes to, and what it leaves behind."""
    if isinstance(operation, str):
        result = outcome(getattr(one, operation, None), other)
    else:
        result = outcome(operation, one, other)
    check(one)
    check(other)
    return result, None if isinstance(one, Iterator) else plain(one)


steps = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["add", "discard", "remove", "__contains__"]),
            st.sampled_from([*ELEMENTS, [], {1}]),
        ),
        # Looked for by the frozen set that it is equal to.
        st.tuples(st.sampled_from(["discard", "remove"]), st.just({1})),
        st.tuples(st.sampled_from(["clear", "copy", "__len__"])),
        st.tuples(st.sampled_from([*METHODS, "__init__"]), items),
    ),
    max_size=12,
)


@settings(max_examples=400)
@example([frozenset({1}), 2], [("discard", {1}), ("remove", {1})])
@example([1, 2], [("difference_update", [1, []]), ("update", [3, [], 4])])
@given(items, steps)
def test_a_set_lives_as_a_real_one(start: list[Any], program: list[Any]) -> None:
    """Guards sequences of changes: values, exceptions, and the order's agreement."""
    real, ordered = set(start), OrderedSet(start)
    for name, *arguments in program:
        theirs = outcome(getattr(real, name), *arguments)
        ours = outcome(getattr(ordered, name), *arguments)
        assert ours == theirs, (name, arguments)
        assert plain(ordered) == plain(real), (name, arguments)
        assert ordered == real
        check(ordered)


@settings(max_examples=100)
@given(st.sampled_from(["set", "frozenset", "derived"]), items)
def test_copies_are_of_the_same_order(kind: str, held: list[Any]) -> None:
    """Guards copy, deepcopy, pickle in every protocol, and the class's own pickle."""
    made = KINDS[kind][1](held)
    assert hash(made) == hash(frozenset(held)) if kind == "frozenset" else True
    copies = [copy.copy(made), copy.deepcopy(made)]
    copies += [pickle.loads(pickle.dumps(made, protocol)) for protocol in range(6)]
    for other in copies:
        check(other)
        assert type(other) is type(made)
        assert [*map(repr, other)] == [*map(repr, made)]
    assert pickle.loads(pickle.dumps(type(made))) is type(made)


def test_the_order_is_that_of_insertion_then_of_the_operands() -> None:
    """Guards what code under test sees: the left operand's order, then the right's."""
    one, other = OrderedSet("cab"), OrderedSet("xbyc")
    assert "".join(one | other) == "cabxy"
    assert "".join(one & other) == "cb"
    assert "".join(one - other) == "a"
    assert "".join(one ^ other) == "axy"
    assert "".join({"z"} | one) == "zcab"
    assert "".join(one.union("q", iter("wvutsrqponma"))) == "cabqwvutsrponm"
    assert "".join(one.symmetric_difference(iter("zyxwvb"))) == "cazyxwv"
    one.discard("a")
    one.add("a")
    one |= other
    assert "".join(one) == "cbaxy"
    assert [one.pop() for _ in range(5)] == [*"yxabc"]


@pytest.mark.parametrize("operation", [*OPERATORS, *METHODS])
@pytest.mark.parametrize("kind", ["set", "frozenset", "derived"])
def test_a_set_and_itself(kind: str, operation: Any) -> None:
    """Guards operations on a set that change it while they look at it."""
    real, ordered = (make([3, 1, "a"]) for make in KINDS[kind])
    assert applied(ordered, ordered, operation) == applied(real, real, operation)


def test_changing_a_set_while_iterating_is_an_error() -> None:
    """Guards the message, and that a change of the same size passes."""

    def grow(kind: Any) -> Iterator[Any]:
        held = kind([1, 2, 3])
        for item in held:
            held.add(item + 10)
            yield item

    for kind in (set, OrderedSet):
        with pytest.raises(RuntimeError, match=r"^Set changed size during iteration$"):
            list(grow(kind))
    swapped = OrderedSet([1])
    for item in swapped:
        swapped.remove(item)
        swapped.add(item + 10)
        break
    assert swapped == {11}


PROGRAM = """
    import collections.abc, typing
    from dataclasses import dataclass, field
    from enum import Enum

    class Own(set):
        made = 0
        def __init_subclass__(cls, **rest): Own.made += 1
        def add(self, item): super().add(item * 2)
    class Further(Own): pass
    class Meta(type): pass
    class WithMeta(set[int], metaclass=Meta): pass
    class Abstract(frozenset, collections.abc.Hashable): pass

    @dataclass
    class Held:
        names: set[str] = field(default_factory=set)
        fixed: frozenset = frozenset("ab")

    def kind(value):
        match value:
            case set(): return "set"
            case frozenset(): return "frozenset"
            case _: return "else"

    def main():
        real = __import__("ast").literal_eval("{1, 2}")
        own = Own([1]); own.add(4)
        held = Held()
        held.names.add("x")
        return [
            isinstance(real, set), isinstance({1}, set), isinstance([], set),
            issubclass(type(real), set), type({1}) is set, type({*()} | {2}) is set,
            type({x for x in "ab"}) is set, type(frozenset()) is frozenset,
            isinstance(own, set), isinstance({1}, Own), isinstance(real, Own),
            [kind(v) for v in ({1}, real, frozenset(), own, [])],
            own == {1, 8}, Further.__mro__[2] is set, Own.made, Own.__bases__ == (set,),
            type(WithMeta) is Meta, isinstance(WithMeta(), set),
            issubclass(Abstract, frozenset),
            held, str(set[int]), typing.get_type_hints(Held)["names"] == set[str],
            isinstance({1}, collections.abc.MutableSet), set.__name__, repr(set),
            {1: 2}.keys() == {1}, {1} >= {1: 2}.keys(), sorted({3, 1, 2}), *{7},
            frozenset("ab") == frozenset("ba"),
            hash(frozenset("ab")) == hash(frozenset("ba")),
        ]
"""


def test_code_of_a_world_cannot_tell(run_program: RunProgram) -> None:
    """Guards isinstance, type, class patterns, annotations, subclasses, dataclasses."""
    found = run_program(PROGRAM)
    assert found[:11] == [True] * 2 + [False] + [True] * 6 + [False, False]
    assert found[11] == ["set", "set", "frozenset", "set", "else"]
    assert found[12:19] == [True, True, 1, True, True, True, True]
    assert repr(found[19]) == "Held(names={'x'}, fixed=frozenset({'a', 'b'}))"
    assert found[20:25] == ["set[int]", True, True, "set", "<class 'set'>"]
    assert found[25:] == [True, True, [1, 2, 3], 7, True, True]
