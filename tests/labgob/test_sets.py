"""Sets of simulated servers, which keep an order, on the wire."""

from __future__ import annotations

import typing
from types import GenericAlias
from typing import Any

from labgob import Registry, decode, encode, use_registry_source
from labgob.codec import encode_exactly
from labgob.sets import stand_in
from labrt.ordered.sets import OrderedFrozenSet, OrderedSet


def test_sets_of_simulated_servers_travel_as_sets() -> None:
    """Guards that a world's sets have the bytes of real ones, and arrive as its own."""
    stand_in(OrderedSet, OrderedFrozenSet)  # again, which changes nothing
    held, fixed = ["b", "a", "c"], [3, 1, 2]
    real, ordered = (
        encode({"names": kind(held), "fixed": frozen(fixed)})
        for kind, frozen in ((set, frozenset), (OrderedSet, OrderedFrozenSet))
    )
    assert ordered == real
    assert encode_exactly({"x": OrderedSet(held)}) == encode({"x": {*held}})
    registry = Registry(ordered_sets=True)
    # `typing.Set` knows only Python's own, in a simulated server too.
    foreign: Any = vars(typing)["Set"][str]
    kinds = [GenericAlias(OrderedSet, (str,)), set[str], foreign, Any]
    try:
        use_registry_source(lambda: registry)
        found = [decode(encode(OrderedSet(held)), kind) for kind in kinds]
        within = [GenericAlias(dict, (str, kind)) for kind in kinds]
        found += [dict(decode(encode({"k": {*held}}), kind))["k"] for kind in within]
        frozen = dict(decode(real, Any))["fixed"]
    finally:
        use_registry_source(None)
    assert [type(value) for value in found] == [OrderedSet] * 8
    assert ["".join(value) for value in found] == ["abc"] * 8
    assert (type(frozen), [*frozen]) == (OrderedFrozenSet, [1, 2, 3])
    elsewhere: list[object] = list(dict(decode(ordered, Any)).values())
    assert [type(value) for value in elsewhere] == [set, frozenset]
