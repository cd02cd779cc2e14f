"""The classes that stand for sets: Python's own, and those of simulated servers.

A simulated server's `set` keeps an order, so that a run repeats. Both travel alike, in
an order that depends on their contents alone; what arrives is of the receiver's kind.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from labgob.registry import current_registry
from labrt.ordered.sets import OrderedFrozenSet, OrderedSet

__all__ = ["FROZENSETS", "SETS", "SetKind", "local_kind"]

SetKind: TypeAlias = type[set[Any]] | type[frozenset[Any]]

SETS: Final[tuple[SetKind, ...]] = (set, OrderedSet)
FROZENSETS: Final[tuple[SetKind, ...]] = (frozenset, OrderedFrozenSet)


def local_kind(kind: SetKind) -> SetKind:
    """What the running code knows `kind` as.

    A class that came from outside, by way of `typing.Set` for instance, is Python's own
    in a simulated server too.
    """
    if not current_registry().ordered_sets:
        return kind
    return OrderedFrozenSet if kind in FROZENSETS else OrderedSet
