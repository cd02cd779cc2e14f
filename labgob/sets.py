"""The classes that stand for sets: Python's own, and others that are told of.

A simulated server's `set` keeps an order, so that a run repeats. Both kinds travel
alike, in an order that depends on their contents alone; what arrives is of the
receiver's kind. labgob itself knows no such class: `stand_in` brings one in.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

__all__ = ["FROZENSETS", "SEQUENCES", "SETS", "SetKind", "stand_in", "stand_in_of"]

SetKind: TypeAlias = type[set[Any]] | type[frozenset[Any]]

# These grow in place, so that whoever holds one of them sees what is added. Lists: they
# are asked about annotations, which need not have a hash.
SETS: Final[list[SetKind]] = [set]
FROZENSETS: Final[list[SetKind]] = [frozenset]
SEQUENCES: Final[set[type]] = {list, tuple, set, frozenset}
"""What decoded values may hold other values in, besides dicts."""

_stand_ins: dict[SetKind, SetKind] = {}


def stand_in(set_kind: SetKind, frozenset_kind: SetKind) -> None:
    """Have two subclasses travel as the sets that they stand for.

    To be called before anything is encoded: what a type is carried as is worked out
    once. A registry with `ordered_sets` receives these in the place of real sets.
    """
    for kinds, real, kind in (
        (SETS, set, set_kind),
        (FROZENSETS, frozenset, frozenset_kind),
    ):
        if kind not in kinds:
            kinds.append(kind)
        SEQUENCES.add(kind)
        _stand_ins[real] = _stand_ins[kind] = kind


def stand_in_of(kind: SetKind) -> SetKind:
    """The class that stands for `kind`; itself if none was told of."""
    return _stand_ins.get(kind, kind)
