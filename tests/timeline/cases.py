"""Results and annotations for the tests of the visualization page.

They are made by hand, without an engine: the page shows what a `Result` says, and
these say something of every kind.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from tester1.porcupine.model import (
    NEVER,
    Engine,
    Linearization,
    Model,
    Operation,
    PartitionResult,
    Result,
    Time,
    Verdict,
)
from tester1.porcupine.reasons import when
from tester1.timeline.annotations import Annotation, Colour

Input: TypeAlias = tuple[str, str, str]
"""Kind ("get" or "put"), key, value."""


class StoreModel(Model[str, Input, str]):
    """A key/value store, by key."""

    def init(self) -> str:
        """The value of a new key."""
        return ""

    def step(self, state: str, input: Input, output: str | None) -> str | None:
        """Apply a put; accept a get that read the state."""
        kind, _, value = input
        if kind == "put":
            return value
        return state if output in (None, state) else None

    def partition(self, input: Input) -> str:
        """The key."""
        return input[1]

    def describe_operation(self, input: Input, output: str | None) -> str:
        """An operation as people read it."""
        kind, key, value = input
        arguments = f"'{key}'" if kind == "get" else f"'{key}', '{value}'"
        return f"{kind}({arguments}) -> {'?' if output is None else repr(output)}"


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation that is known beforehand."""

    paths: tuple[Linearization, ...]
    sentence: str = ""
    contradicting: tuple[int, ...] = ()
    minimal: tuple[int, ...] = ()

    def reason(self) -> str:
        """Why the partition is not linearizable, in a sentence."""
        return self.sentence

    def contradiction(self) -> tuple[int, ...]:
        """The positions of operations that cannot all be as they are."""
        return self.contradicting

    def core(self) -> tuple[int, ...]:
        """The positions of a minimal sub-history that is still illegal."""
        return self.minimal

    def linearizations(self) -> tuple[Linearization, ...]:
        """The linearizations given."""
        return self.paths


@dataclass(frozen=True, slots=True)
class Effect:
    """An operation with the instant at which it took effect, and the state then."""

    operation: Operation
    at: float
    state: str


def run(count: int, *, clients: int = 5, keys: int = 1, seed: int = 1) -> list[Effect]:
    """A run of a correct store: one operation after another per client."""
    generator = random.Random(seed)
    free = [generator.random() * 1e-3 for _ in range(clients)]
    spans = []
    for _ in range(count):
        client = min(range(clients), key=free.__getitem__)
        call = free[client]
        ret = call + generator.uniform(0.5e-3, 8e-3)
        spans.append((generator.uniform(call, ret), client, call, ret))
        free[client] = ret + generator.uniform(0.1e-3, 2e-3)
    values: dict[str, str] = {}
    effects: list[Effect] = []
    for at, client, call, ret in sorted(spans):
        key = f"k{generator.randrange(keys)}"
        put = generator.random() < 0.5
        if put:
            values[key] = f"value {len(effects)}"
        state = values.get(key, "")
        inputs = ("put", key, state) if put else ("get", key, "")
        operation = Operation(client, inputs, "" if put else state, call, ret)
        effects.append(Effect(operation, at, state))
    return effects


def legal(effects: Sequence[Effect]) -> Result:
    """The result of checking a correct run."""
    names = sorted({effect.operation.input[1] for effect in effects})
    parts = [
        _partition(name, [e for e in effects if e.operation.input[1] == name])
        for name in names
    ]
    return Result(Verdict.OK, StoreModel(), tuple(parts), 0.0125)


def illegal(effects: Sequence[Effect], *, key: str = "k0") -> Result:
    """The result of a run that ends in a stale read of `key`.

    Its last three operations there are a put of "old", a put of "new", and after
    both a get that still reads "old".
    """
    result = legal(effects)
    parts = tuple(_spoilt(p) if p.name == key else p for p in result.partitions)
    return Result(Verdict.ILLEGAL, result.model, parts, 0.5)


def undecided(effects: Sequence[Effect]) -> Result:
    """The result of a check that ran out of time half-way."""
    result = legal(effects)
    parts = tuple(_cut_short(part) for part in result.partitions)
    return Result(Verdict.UNKNOWN, result.model, parts, 1.0)


def _partition(name: str, effects: Sequence[Effect]) -> PartitionResult:
    # Effects are in the order of the linearization, partitions in that of the calls.
    by_call = sorted(range(len(effects)), key=lambda i: effects[i].operation.call)
    order = tuple(by_call.index(i) for i in range(len(effects)))
    path = Linearization(order, tuple(effect.state for effect in effects))
    operations = tuple(effects[i].operation for i in by_call)
    return PartitionResult(
        name, Verdict.OK, operations, Engine.SEARCH, Explained((path,))
    )


def _spoilt(part: PartitionResult) -> PartitionResult:
    whole = part.linearizations[0]
    first = len(part.operations)
    start = max(float(operation.ret) for operation in part.operations) + 1e-3
    put_old, put_new = ("put", part.name, "old"), ("put", part.name, "new")
    added = (
        Operation(0, put_old, "", start, start + 2e-3),
        Operation(1, put_new, "", start + 3e-3, start + 5e-3),
        Operation(0, ("get", part.name, ""), "old", start + 6e-3, start + 8e-3),
    )
    old, new, read = first, first + 1, first + 2
    paths = (
        _longer(whole, (old, new), ("old", "new")),
        _longer(whole, (old, read), ("old", "old")),
    )
    sentence = (
        f"the get {when(added[2])} read a value that the put {when(added[1])} "
        "had replaced before the read began"
    )
    return replace(
        part,
        verdict=Verdict.ILLEGAL,
        operations=part.operations + added,
        explanation=Explained(paths, sentence, (new, read), (old, new, read)),
    )


def _longer(
    path: Linearization, order: tuple[int, ...], states: tuple[str, ...]
) -> Linearization:
    return Linearization(path.order + order, path.states + states)


def _cut_short(part: PartitionResult) -> PartitionResult:
    whole = part.linearizations[0]
    half = len(whole.order) // 2
    path = Linearization(whole.order[:half], whole.states[:half])
    return replace(part, verdict=Verdict.UNKNOWN, explanation=Explained((path,)))


def one_partition(operations: Sequence[Operation], *, name: str = "") -> Result:
    """An OK result of these operations, which happened as listed."""
    order = tuple(range(len(operations)))
    path = Linearization(order, tuple(f"state {i}" for i in order))
    part = PartitionResult(
        name, Verdict.OK, tuple(operations), Engine.SEARCH, Explained((path,))
    )
    return Result(Verdict.OK, StoreModel(), (part,), 0.0)


def put(
    client: int, call: Time, ret: Time = NEVER, *, key: str = "k", value: str = "v"
) -> Operation:
    """A put; without `ret`, one that never returned."""
    return Operation(
        client, ("put", key, value), None if ret == NEVER else "", call, ret
    )


def sample_annotations(end: float) -> list[Annotation]:
    """Annotations of every kind over the time from 0 to `end`."""
    return [
        Annotation("$ Test Info", 0.0, None, "TestCase (5 servers)", "", Colour.INFO),
        Annotation("$ Test Info", 0.0, end / 2, "iteration 0", "", Colour.INFO),
        Annotation(
            "$ Failure",
            end * 0.25,
            end * 0.5,
            "partition = [0 3] [1 2 4]",
            "servers 0 and 3 are cut off",
            Colour.FAULT,
        ),
        Annotation("leader", end * 0.6, None, "leader 2", "in term 7", Colour.USER),
        Annotation("$ Checker", end, None, "test failed", "", Colour.FAILURE),
    ]
