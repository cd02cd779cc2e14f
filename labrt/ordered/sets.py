"""Sets that keep the order of insertion: the `set` and `frozenset` of worlds.

The order of a real set hangs on the hashes of strings, which differ between processes,
and on addresses, which differ between runs. Code under test that iterates over a set
would therefore take another course each time. A world's sets are real sets (C code and
the harness may treat them as such) with a dictionary beside them that remembers the
order. What keeps that honest:

- every operation is the real one's first: its result, its exceptions, its types; only
  the order of what comes out is decided here, left operand first, then the right;
- set and dictionary hold the same objects after every operation, failed ones too;
- `isinstance(x, set)` in a world is true of real sets as well, which come from
  modules that the world shares with the process.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

Order = dict[Any, None]

_SIZED = (set, frozenset, dict, list, tuple)


class _Kind(type):
    """The class of the two classes: real sets and their subclasses belong to them."""

    def __instancecheck__(cls, instance: object) -> bool:
        real = _REAL.get(cls)
        if real is None:
            return type.__instancecheck__(cls, instance)
        return isinstance(instance, real)

    def __subclasscheck__(cls, subclass: type) -> bool:
        real = _REAL.get(cls)
        if real is None:
            return type.__subclasscheck__(cls, subclass)
        return issubclass(subclass, real)


# Filled below; a class that a world derives from one of the two is not in it.
_REAL: dict[type, type] = {}


def _binary(real: Callable[[Any, Any], Any], *, reflected: bool = False) -> Any:
    def operate(self: Any, other: Any, /) -> Any:
        result = real(self, other)
        if result is NotImplemented:
            return result
        # In the order in which they were written: a reflected one has `other` left.
        return in_order(result, (other, self) if reflected else (self, other))

    return operate


def _several(real: Callable[..., Any]) -> Any:
    def operate(self: Any, /, *others: Any) -> Any:
        # What can be iterated over only once must still be there for the order.
        kept = [_lasting(other) for other in others]
        return in_order(real(self, *kept), (self, *kept))

    return operate


def _updating(real: Callable[..., Any], *, operator: bool = False) -> Any:
    def operate(self: Any, /, *others: Any) -> Any:
        if operator and not isinstance(others[0], (set, frozenset)):
            return NotImplemented
        kept = [_lasting(other) for other in others]
        # One that raises may have changed the set before: the order has to follow.
        try:
            real(self, *kept)
        finally:
            self._put_in_order(kept)
        return self if operator else None

    return operate


class PlainSet(set):  # type: ignore[type-arg]  # as bare as what it stands for
    """A set that keeps the order of insertion; `OrderedSet` is what worlds see.

    It is the base of a world's class that has further bases, since their metaclass
    must not conflict with one that no real set has.
    """

    __slots__ = ("__labrt_order__",)
    __labrt_order__: Order

    def __new__(cls, *_: Any, **__: Any) -> Any:
        """Make an empty set, whatever the arguments: a subclass may have its own."""
        made = _new_set(cls)
        made.__labrt_order__ = {}
        return made

    def __init__(self, iterable: Iterable[Any] = (), /) -> None:
        """Hold what `iterable` yields and nothing else."""
        # These and not the set's own methods: a subclass may override those.
        if self.__labrt_order__:
            PlainSet.clear(self)
        PlainSet.update(self, iterable)

    def __iter__(self) -> Iterator[Any]:
        """Yield the elements, the oldest first."""
        order = self.__labrt_order__
        size = len(order)
        try:
            yield from order
        except RuntimeError:
            # A real set minds only another size, not other elements.
            if len(order) != size:
                raise RuntimeError("Set changed size during iteration") from None

    def __repr__(self) -> str:
        # It iterates over the set, so what it writes is in order.
        text = set.__repr__(self)
        # The real one writes the type's name for every class but its own.
        bare = type(self) is OrderedSet and text.startswith("set({")
        return text[4:-1] if bare else text

    def add(self, item: Any, /) -> None:
        """Put an element in, behind all others, unless there is an equal one."""
        # Set and dictionary agree here: of equal objects the older one stays, where it
        # is. What cannot be hashed is refused by the set, before the order changes.
        _add(self, item)
        self.__labrt_order__[item] = None

    def discard(self, item: Any, /) -> None:
        """Take an element out, if it is there."""
        _discard(self, item)
        self._forget(item)

    def remove(self, item: Any, /) -> None:
        """Take an element out; `KeyError` if it is not there."""
        _remove(self, item)
        self._forget(item)

    def _forget(self, item: Any) -> None:
        # A real set looks for a set by the frozen set that is equal to it.
        key = frozenset(item) if isinstance(item, set) else item
        self.__labrt_order__.pop(key, None)

    def _put_in_order(self, operands: Iterable[Any]) -> None:
        """Order anew what the set holds: as it stood, then as in the operands."""
        order = self.__labrt_order__
        found = dict.fromkeys(set.__iter__(self))
        fresh = _order_of(found, (order, *operands))
        # The same dictionary, so that an iteration under way notices.
        order.clear()
        order.update(fresh)

    def pop(self) -> Any:
        """Take the youngest element out and return it; `KeyError` if there is none.

        The youngest, since a dictionary finds it in constant time.
        """
        if not self.__labrt_order__:
            raise KeyError("pop from an empty set")
        item, _ = self.__labrt_order__.popitem()
        _discard(self, item)
        return item

    def clear(self) -> None:
        """Take everything out."""
        _clear(self)
        self.__labrt_order__.clear()

    def copy(self) -> Any:
        """A set of the same elements in the same order."""
        return from_order(self.__labrt_order__.copy())

    def update(self, *others: Iterable[Any]) -> None:
        """Put in what the others yield, in their order."""
        order = self.__labrt_order__
        for other in others:
            items = _items(other)
            if type(items) in _CANNOT_FAIL:
                _update(self, items)
                order.update(dict.fromkeys(items))
                continue
            # One by one: what comes before an element that cannot be hashed stays.
            for item in items:
                _add(self, item)
                order[item] = None

    def difference_update(self, *others: Iterable[Any]) -> None:
        """Take out what the others yield."""
        kept = [_lasting(other) for other in others]
        order = self.__labrt_order__
        # By `_put_in_order` only if it fails: that goes over the whole set, however
        # few elements are to be taken out.
        try:
            _difference_update(self, *kept)
        except BaseException:
            self._put_in_order(())
            raise
        for other in kept:
            for item in [*_items(other)] if other is self else _items(other):
                order.pop(item, None)

    def __ior__(self, other: Any, /) -> Any:  # type: ignore[misc]  # `|` is added below
        if not isinstance(other, (set, frozenset)):
            return NotImplemented
        PlainSet.update(self, other)
        return self

    def __isub__(self, other: Any, /) -> Any:  # type: ignore[misc]  # as above
        if not isinstance(other, (set, frozenset)):
            return NotImplemented
        PlainSet.difference_update(self, other)
        return self

    intersection_update = _updating(set.intersection_update)
    symmetric_difference_update = _updating(set.symmetric_difference_update)
    __iand__ = _updating(set.__iand__, operator=True)
    __ixor__ = _updating(set.__ixor__, operator=True)


class PlainFrozenSet(frozenset):  # type: ignore[type-arg]  # as bare as the real one
    """A frozen set that keeps the order; `OrderedFrozenSet` is what worlds see."""

    __slots__ = ("__labrt_order__",)
    __labrt_order__: Order

    def __new__(cls, iterable: Iterable[Any] = (), /) -> Any:
        """Hold what `iterable` yields."""
        # As the real one does: what cannot change need not be copied.
        if cls is OrderedFrozenSet and type(iterable) is cls:
            return iterable
        order = dict.fromkeys(_items(iterable))
        made = _new_frozenset(cls, order)
        made.__labrt_order__ = order
        return made

    def __iter__(self) -> Iterator[Any]:
        """Yield the elements, the oldest first."""
        return iter(self.__labrt_order__)

    def copy(self) -> Any:
        """A frozen set of the same elements, which may be this one."""
        if type(self) is OrderedFrozenSet:
            return self
        return OrderedFrozenSet(self.__labrt_order__)


def _add_shared_operations() -> None:
    """Give both classes what the real ones have in common."""
    for name in ("or", "and", "sub", "xor"):
        for cls, real in ((PlainSet, set), (PlainFrozenSet, frozenset)):
            one, other = f"__{name}__", f"__r{name}__"
            setattr(cls, one, _binary(getattr(real, one)))
            setattr(cls, other, _binary(getattr(real, other), reflected=True))
    names = ("union", "intersection", "difference", "symmetric_difference")
    for name in names:
        setattr(PlainSet, name, _several(getattr(set, name)))
        setattr(PlainFrozenSet, name, _several(getattr(frozenset, name)))


_add_shared_operations()


class OrderedSet(PlainSet, metaclass=_Kind):
    """The `set` of worlds."""

    __slots__ = ()


class OrderedFrozenSet(PlainFrozenSet, metaclass=_Kind):
    """The `frozenset` of worlds."""

    __slots__ = ()


# They must look like what they stand for, in messages and where a type is printed, and
# the order must not be part of what is copied and pickled, so it is no slot to see.
for _cls, _real in (
    (PlainSet, set),
    (OrderedSet, set),
    (PlainFrozenSet, frozenset),
    (OrderedFrozenSet, frozenset),
):
    _cls.__name__ = _cls.__qualname__ = _real.__name__
    _cls.__module__ = "builtins"
    _cls.__doc__ = _real.__doc__
    del _cls.__slots__
_REAL.update({OrderedSet: set, OrderedFrozenSet: frozenset})

NAMES: Final[dict[str, Any]] = {"set": OrderedSet, "frozenset": OrderedFrozenSet}
"""What a world has among its built-ins."""

# Going over these neither meets an element that cannot be hashed nor runs a world's
# code; so set and order can be filled one after the other.
_CANNOT_FAIL = (dict, set, frozenset)

_new_set: Callable[[type], Any] = set.__new__
_new_frozenset: Callable[[type, Any], Any] = frozenset.__new__
_add, _discard, _remove, _clear = set.add, set.discard, set.remove, set.clear
_update, _difference_update = set.update, set.difference_update


def _lasting(operand: Any) -> Any:
    """An operand itself, or a list of what can be iterated over only once."""
    return operand if isinstance(operand, _SIZED) else list(operand)


def _items(operand: Any) -> Any:
    """An operand's elements in order, whatever its class does on iteration."""
    if isinstance(operand, (PlainSet, PlainFrozenSet)):
        return operand.__labrt_order__
    return operand


def _order_of(found: Order, operands: Iterable[Any]) -> Order:
    """Order what an operation has found as it stands in the operands, one by one.

    Of equal objects the one that was found is kept.
    """
    order: Order = {}
    # By equality: an operand may hold another object that is equal to the found one.
    same = {item: item for item in found}
    for operand in operands:
        if not same:
            break
        for item in _items(operand):
            if item in same:
                order[same.pop(item)] = None
    # What no operand yields a second time, in whatever order it came.
    order.update(dict.fromkeys(same))
    return order


def in_order(result: Any, operands: Iterable[Any]) -> Any:
    """A real set, which an operation made of the operands, as an ordered one."""
    order = _order_of(dict.fromkeys(result), operands)
    return OrderedFrozenSet(order) if type(result) is frozenset else from_order(order)


def from_order(order: Order) -> Any:
    """Make a set of a dictionary's keys; the dictionary becomes the set's own."""
    made = _new_set(OrderedSet)
    _update(made, order)
    made.__labrt_order__ = order
    return made


def plain_base(cls: Any) -> Any:
    """What to derive a class with further bases from, in place of `cls`."""
    if cls is OrderedSet:
        return PlainSet
    return PlainFrozenSet if cls is OrderedFrozenSet else cls


# Pickle names a class by where it is found, and `builtins.set` is another one.


def _kind_called(name: str) -> type:
    return OrderedSet if name == "set" else OrderedFrozenSet


def _reduce_kind(cls: _Kind) -> Any:
    return (_kind_called, (cls.__name__,)) if cls in _REAL else cls.__qualname__


copyreg.pickle(_Kind, _reduce_kind)
