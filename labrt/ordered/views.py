"""The views of dictionaries whose set operations give ordered sets.

`a.keys() - b` makes a real set, in the order of its hashes. So where world code does
more with a view than to iterate over it, the view is put into one of these, which does
all that a view does and hands its results on in order. Errors and results are the
view's own.
"""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping
from typing import Any

from labrt.ordered.sets import OrderedFrozenSet, OrderedSet, in_order

_Operator = Callable[[Any, Any], Any]


class _View:
    """What the views of keys and of items have in common."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # views compare by what they hold
    # The view itself, where the abstract classes have the dictionary.
    _mapping: Any

    @property
    def mapping(self) -> Mapping[Any, Any]:
        """The dictionary that this is a view of, which cannot be changed by it."""
        found: Mapping[Any, Any] = self._mapping.mapping
        return found

    def __len__(self) -> int:
        return len(self._mapping)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._mapping)

    def __reversed__(self) -> Iterator[Any]:
        backwards: Iterator[Any] = reversed(self._mapping)
        return backwards

    def __contains__(self, item: object) -> bool:
        return item in self._mapping

    def __repr__(self) -> str:
        return repr(self._mapping)

    def isdisjoint(self, other: Any) -> bool:
        """Whether nothing is both here and in `other`."""
        found: bool = self._mapping.isdisjoint(_bare(other))
        return found


def _combining(combine: _Operator, *, reflected: bool) -> Any:
    def operate(self: _View, other: Any) -> Any:
        # The operands are read twice: by the operation, then for the order.
        other = _lasting(_bare(other))
        operands = (other, self._mapping) if reflected else (self._mapping, other)
        return in_order(combine(*map(_real, operands)), operands)

    return operate


def _comparing(compare: _Operator) -> Any:
    def operate(self: _View, other: Any) -> Any:
        # A truth value has no order.
        return compare(self._mapping, _bare(other))

    return operate


def _add_operators() -> None:
    for name in ("and", "or", "xor", "sub"):
        combine = getattr(operator, f"__{name}__")
        setattr(_View, f"__{name}__", _combining(combine, reflected=False))
        setattr(_View, f"__r{name}__", _combining(combine, reflected=True))
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        compare = getattr(operator, f"__{name}__")
        setattr(_View, f"__{name}__", _comparing(compare))


_add_operators()


class OrderedKeys(_View, KeysView[Any]):
    """A view of keys."""

    __slots__ = ()


class OrderedItems(_View, ItemsView[Any, Any]):
    """A view of items."""

    __slots__ = ()


# Exact types: a view of a program's own class may do anything, and is left alone.
_ORDERED: dict[type, Callable[[Any], Any]] = {
    type({}.keys()): OrderedKeys,
    type(OrderedDict[Any, Any]().keys()): OrderedKeys,
    KeysView: OrderedKeys,
    type({}.items()): OrderedItems,
    type(OrderedDict[Any, Any]().items()): OrderedItems,
    ItemsView: OrderedItems,
}


def ordered_view(value: Any) -> Any:
    """An ordered view in place of a view; anything else as it is."""
    wrapper = _ORDERED.get(type(value))
    return value if wrapper is None else wrapper(value)


def _bare(operand: Any) -> Any:
    return operand._mapping if isinstance(operand, _View) else operand


def _real(operand: Any) -> Any:
    """A real set in place of an ordered one.

    Views tell them apart, and keep the other one of two equal objects.
    """
    if type(operand) is OrderedSet:
        return set(operand)
    return frozenset(operand) if type(operand) is OrderedFrozenSet else operand


def _lasting(operand: Any) -> Any:
    """A list of what can be iterated over only once, to look at it again."""
    return list(operand) if isinstance(operand, Iterator) else operand
