"""Hypothesis strategies for types labgob carries, each with values of it."""

from __future__ import annotations

import dataclasses
import enum
import itertools
from typing import Any, TypeAlias

from hypothesis import strategies as st

import labgob

# Types are put together at run time here; a type checker need not follow.
LIST: Any = list
TUPLE: Any = tuple
SET: Any = set
FROZENSET: Any = frozenset
DICT: Any = dict

# A type, and a strategy for its values.
Typed: TypeAlias = tuple[Any, st.SearchStrategy[Any]]


class Colour(enum.Enum):
    """An enum that goes by value."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    """An enum of integers."""

    LOW = 1
    HIGH = 2


class Odd(enum.Enum):
    """An enum that goes by name, since its values are not all of one plain type."""

    PAIR = (1, 2)
    HALF = 0.5


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """A registered record that can be a key."""

    x: int
    name: str = ""


@dataclasses.dataclass
class Box:
    """A registered record with anything in it."""

    content: Any = None


def register_all() -> None:
    """Register the classes that the values of type Any contain."""
    for cls in (Colour, Level, Odd, Point, Box):
        labgob.Register(cls)


INTEGERS = st.one_of(st.integers(), st.integers(-(2**200), 2**200))
FLOATS = st.floats(allow_nan=False)
TEXT = st.text(max_size=8)
BYTES = st.binary(max_size=8)
POINTS = st.builds(Point, INTEGERS, TEXT)

_LEAVES: list[Typed] = [
    (int, INTEGERS),
    (float, FLOATS),
    (str, TEXT),
    (bytes, BYTES),
    (bool, st.booleans()),
    (None, st.none()),
    (Colour, st.sampled_from(Colour)),
    (Level, st.sampled_from(Level)),
    (Odd, st.sampled_from(Odd)),
    (Point, POINTS),
]
# What can be a key or an item of a set. Not float, bool and int together: 1 == True.
_KEYS: list[Typed] = [
    (int, INTEGERS),
    (str, TEXT),
    (bytes, BYTES),
    (Odd, st.sampled_from(Odd)),
    (Point, POINTS),
    (tuple[int, str], st.tuples(INTEGERS, TEXT)),
    (frozenset[int], st.frozensets(INTEGERS, max_size=3)),
]


def _anything() -> st.SearchStrategy[Any]:
    keys = st.one_of(INTEGERS, TEXT, POINTS, st.tuples(INTEGERS, TEXT))
    leaves = st.one_of(*(values for _, values in _LEAVES))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(keys, inner, max_size=3),
            st.sets(keys, max_size=3),
            st.frozensets(keys, max_size=3),
            st.lists(POINTS, max_size=3),
            st.builds(Box, inner),
        ),
        max_leaves=6,
    )


ANYTHING = _anything()


def _containers(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    keys = st.sampled_from(_KEYS)
    return st.one_of(
        inner.map(lambda t: (LIST[t[0]], st.lists(t[1], max_size=3))),
        inner.map(lambda t: (TUPLE[t[0], ...], st.lists(t[1], max_size=3).map(tuple))),
        inner.map(lambda t: (t[0] | None, st.none() | t[1]) if t[0] else t),
        keys.map(lambda k: (SET[k[0]], st.sets(k[1], max_size=3))),
        keys.map(lambda k: (FROZENSET[k[0]], st.frozensets(k[1], max_size=3))),
        st.tuples(keys, inner).map(
            lambda kv: (
                DICT[kv[0][0], kv[1][0]],
                st.dictionaries(kv[0][1], kv[1][1], max_size=3),
            )
        ),
        st.lists(inner, max_size=3).map(
            lambda parts: (
                TUPLE[tuple(kind for kind, _ in parts)],
                st.tuples(*(values for _, values in parts)),
            )
        ),
        record_types(inner),
    )


_numbers = itertools.count()  # two classes of one name would be one to the wire


@st.composite
def record_types(draw: st.DrawFn, fields: st.SearchStrategy[Typed]) -> Typed:
    """A new dataclass with up to four fields, and its instances."""
    parts = draw(st.lists(fields, max_size=4))
    frozen, slots = draw(st.booleans()), draw(st.booleans())
    names = [f"field{index}" for index in range(len(parts))]
    kinds = [kind for kind, _ in parts]
    cls = dataclasses.make_dataclass(
        f"Generated{next(_numbers)}",
        list(zip(names, kinds, strict=True)),
        frozen=frozen,
        slots=slots,
        kw_only=draw(st.booleans()),
    )
    values = {name: part for name, (_, part) in zip(names, parts, strict=True)}
    return cls, st.builds(cls, **values)


LEAF_TYPES = st.sampled_from([*_LEAVES, (Any, ANYTHING)])
TYPES = st.recursive(LEAF_TYPES, _containers, max_leaves=5)


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[Any, Any]:
    """A type and one value of it."""
    kind, values = draw(TYPES)
    return kind, draw(values)


def same(left: Any, right: Any) -> bool:
    """Equality that also wants the types to be the same, all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    if dataclasses.is_dataclass(left):
        names = [field.name for field in dataclasses.fields(left)]
        return all(same(getattr(left, n), getattr(right, n)) for n in names)
    return bool(left == right)
