"""What is said about a verdict can be checked, and is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.porcupine import (
    NEVER,
    AppendModel,
    KvModel,
    Linearization,
    Maybe,
    Operation,
    PartitionResult,
    RegisterModel,
    Verdict,
    check,
)
from tester1.porcupine.budget import Budget
from tester1.porcupine.history import relaxed
from tester1.porcupine.minimize import minimal
from tester1.porcupine.model import AnyModel
from tester1.porcupine.search import Search
from tester1.porcupine.witness import Replay
from tests.porcupine.brute import brute_force
from tests.porcupine.histories import (
    COUNTS,
    RANDOM,
    AppendServer,
    RegisterServer,
    guessed_kv,
    served,
    served_kv,
)

KINDS = ["kv", "lost", "guessed kv", "append", "register"]


def make(kind: str, random: Random, count: int) -> tuple[AnyModel, list[Operation]]:
    """A model and a history that is often broken."""
    distinct = random.randrange(2) == 0
    if kind == "append":
        append_server = AppendServer(distinct=distinct, broken=True)
        return AppendModel(), served(random, count, serve=append_server)
    if kind == "register":
        register = RegisterServer(distinct=distinct, broken=True, failures=True)
        return RegisterModel(), served(random, count, serve=register)
    if kind == "guessed kv":
        return KvModel(), guessed_kv(random, count)
    maybe = Maybe.LOST if kind == "lost" else Maybe.ANSWERED
    return KvModel(maybe=maybe), served_kv(random, count, broken=True)


def with_relaxed(
    operations: Sequence[Operation], kept: Collection[int], also: Iterable[int]
) -> list[Operation]:
    """Some operations as they are and others relaxed."""
    return [operations[i] for i in kept] + [relaxed(operations[i]) for i in also]


def assert_contradiction(model: AnyModel, partition: PartitionResult) -> None:
    """Check that a contradiction is one, and minimal."""
    operations, kept = partition.operations, set(partition.contradiction)
    others = set(range(len(operations))) - kept
    assert not brute_force(model, with_relaxed(operations, kept, others))
    for index in kept:
        history = with_relaxed(operations, kept - {index}, others | {index})
        assert brute_force(model, history)


def assert_core(model: AnyModel, partition: PartitionResult) -> None:
    """Check that the sub-history is illegal, for no other reason, and minimal."""
    operations, kept = partition.operations, set(partition.contradiction)
    builds_on = set(partition.core) - kept
    assert kept <= set(partition.core)
    assert not brute_force(model, [operations[index] for index in partition.core])

    def explained(support: set[int]) -> bool:
        return all(
            brute_force(
                model, with_relaxed(operations, kept - {index}, support | {index})
            )
            for index in kept
        )

    assert explained(builds_on)
    assert not any(explained(builds_on - {index}) for index in builds_on)


@pytest.mark.parametrize("kind", KINDS)
@given(random=RANDOM, count=COUNTS)
def test_illegal_histories_have_a_minimal_part(
    kind: str, random: Random, count: int
) -> None:
    """The sub-history is illegal, and no operation of it can be left out."""
    model, history = make(kind, random, count)
    partition = check(model, history).illegal
    if partition is not None:
        assert_contradiction(model, partition)
        assert_core(model, partition)
        assert partition.reason


def assert_linearization(
    model: AnyModel, operations: Sequence[Operation], one: Linearization
) -> None:
    """Check that an order respects time, and that the model agrees with it."""
    done: set[int] = set()
    state = model.init()
    for index, after in zip(one.order, one.states, strict=True):
        operation = operations[index]
        output = None if operation.ret == NEVER else operation.output
        state = model.step(state, operation.input, output)
        assert state == after
        for other, earlier in enumerate(operations):
            if earlier.ret < operation.call:
                optional = model.optional(earlier.input, earlier.output)
                assert other in done or optional
        done.add(index)
    assert len(done) == len(one.order)


@pytest.mark.parametrize("kind", KINDS)
@given(random=RANDOM, count=COUNTS)
def test_linearizations_are_linearizations(
    kind: str, random: Random, count: int
) -> None:
    """Each order shown is possible, and a full one has all that returned."""
    model, history = make(kind, random, count)
    for partition in check(model, history).partitions:
        for one in partition.linearizations:
            assert_linearization(model, partition.operations, one)
        if partition.verdict is Verdict.OK:
            (one,) = partition.linearizations
            for index, operation in enumerate(partition.operations):
                optional = model.optional(operation.input, operation.output)
                if operation.ret != NEVER and not optional:
                    assert index in one.order


@given(random=RANDOM, count=COUNTS)
def test_partial_linearizations_are_the_longest(random: Random, count: int) -> None:
    """No order of operations that returned is longer than the longest one shown."""
    model, history = make("register", random, count)
    history = [operation for operation in history if operation.ret != NEVER]
    partition = check(model, history).illegal
    if partition is None:
        return
    operations = partition.operations
    for one in partition.linearizations:
        left = [op for i, op in enumerate(operations) if i not in one.order]
        assert any(op.ret != NEVER for op in left)
    longest = max((len(one.order) for one in partition.linearizations), default=0)
    assert longest == _longest(model, operations)


@pytest.mark.parametrize("kind", KINDS)
@given(random=RANDOM, count=COUNTS)
def test_replays_in_a_row(kind: str, random: Random, count: int) -> None:
    """A replay that goes on from another one gives what it gives by itself."""
    model, history = make(kind, random, count)
    search = Search(model, history, Budget(), keep_tried=True)
    search.run()
    tried = search.tried or {}
    configurations = [
        (depth, configuration)
        for depth, visits in tried.items()
        for visit in visits
        for configuration in visit
    ]
    random.shuffle(configurations)
    replay = Replay(model, history, search.levels)
    for depth, configuration in configurations:
        alone = Replay(model, history, search.levels)
        assert replay.linearization(configuration, depth) == alone.linearization(
            configuration, depth
        )


def _longest(model: AnyModel, operations: Sequence[Operation]) -> int:
    """The length of the longest order that respects time, by trying all."""
    best = 0
    todo = [(frozenset(range(len(operations))), model.init())]
    seen = set(todo)
    while todo:
        left, state = todo.pop()
        best = max(best, len(operations) - len(left))
        deadline = min((operations[i].ret for i in left), default=NEVER)
        for index in left:
            operation = operations[index]
            output = None if operation.ret == NEVER else operation.output
            after = model.step(state, operation.input, output)
            node = (left - {index}, after)
            if operation.call <= deadline and after is not None and node not in seen:
                seen.add(node)
                todo.append(node)
    return best


@given(needed=st.sets(st.integers(0, 40)), size=st.integers(1, 41))
def test_minimal_finds_what_is_needed(needed: set[int], size: int) -> None:
    """A smallest set with a property is found, whatever it is."""
    wanted = {item for item in needed if item < size}
    found = minimal(range(size), lambda chosen: wanted <= set(chosen))
    assert set(found) == wanted
