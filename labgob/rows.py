"""Rows: a fixed number of values of declared types, carried as one msgpack array.

The fields of a record and the items of a fixed-length tuple are rows. Checking their
types is what costs most in Python, so it is done by whole rows and columns, in loops
that run in C: a single row's tuple of types is looked up among those already admitted,
and a table of rows is turned into columns, each checked and packed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from labgob.errors import Misfit
from labgob.plan import TUPLE, Plan
from labgob.scalars import SCALARS


class Row:
    """Plans for the values of a row, used together."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self.plans = tuple(plans)
        self.wire: Any = TUPLE[tuple(plan.wire for plan in plans)]
        self.unpacks = any(plan.unpacks for plan in plans)
        self._packing = [(i, p) for i, p in enumerate(plans) if p.packs]
        self._unpacking = [(i, p) for i, p in enumerate(plans) if p.unpacks]
        # Fields of type Any take whatever comes, and check it themselves. Their types
        # must not be remembered: it would keep the classes of dead servers alive.
        self._closed = [i for i, plan in enumerate(plans) if plan.exact]
        self._all_closed = len(self._closed) == len(plans)
        self._packs_any_only = all(not plan.exact for _, plan in self._packing)
        self._unpacks_any_only = all(not plan.exact for _, plan in self._unpacking)
        self._admitted: set[tuple[type, ...]] = set()
        # Rows whose types are one of these are carried as they are, and are what they
        # are carried as. Of the types that a field of type Any holds, only scalars
        # get in.
        self.as_is: set[tuple[type, ...]] = set()
        self.as_is_back: set[tuple[type, ...]] = set()

    def pack(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The carried form of one row, or Misfit."""
        all_kinds = tuple(map(type, row))
        if self._all_closed:
            kinds = all_kinds
        else:
            kinds = tuple(map(all_kinds.__getitem__, self._closed))
        if kinds not in self._admitted:
            self._admit(kinds)
        if not self._packing:
            self.as_is.add(all_kinds)
            return row
        cells = list(row)
        for index, plan in self._packing:
            cells[index] = plan.pack(cells[index])
        if self._packs_any_only and SCALARS.issuperset(all_kinds):
            self.as_is.add(all_kinds)
        return tuple(cells)  # which can be a key of a dict

    def _admit(self, kinds: tuple[type, ...]) -> None:
        for index, kind in zip(self._closed, kinds, strict=True):
            if kind not in self.plans[index].exact:
                raise Misfit
        self._admitted.add(kinds)

    def pack_many(self, rows: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
        """The carried forms of many rows, packed column by column, or Misfit."""
        return self._by_column(rows, lambda plan, column: plan.pack_many(column))

    def unpack(self, raw: Sequence[Any]) -> Sequence[Any]:
        """The values of one row that was decoded as `wire`."""
        kinds = tuple(map(type, raw))
        if not self._unpacking or kinds in self.as_is_back:
            return raw
        cells = list(raw)
        for index, plan in self._unpacking:
            cells[index] = plan.unpack(cells[index])
        if self._unpacks_any_only and SCALARS.issuperset(kinds):
            self.as_is_back.add(kinds)
        return cells

    def unpack_many(self, raws: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
        """The values of many rows, unpacked column by column."""
        if not self._unpacking:
            return raws
        return self._by_column(raws, lambda plan, column: plan.unpack_many(column))

    def _by_column(
        self,
        rows: Sequence[tuple[Any, ...]],
        change: Callable[[Plan, Sequence[Any]], Sequence[Any]],
    ) -> Sequence[Any]:
        columns = list(zip(*rows, strict=True))
        changed = [
            change(plan, column)
            for plan, column in zip(self.plans, columns, strict=False)
        ]
        if all(new is old for new, old in zip(changed, columns, strict=True)):
            return rows
        return list(zip(*changed, strict=True))
