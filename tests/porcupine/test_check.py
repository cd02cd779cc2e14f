"""The front door: verdicts, engines, budgets, and the kinds of history and model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tester1.porcupine import (
    NEVER,
    AppendModel,
    Engine,
    Event,
    EventKind,
    HistoryError,
    KvModel,
    Model,
    NondeterministicModel,
    Operation,
    RegisterInput,
    RegisterModel,
    RegisterOp,
    RegisterOutput,
    Verdict,
    check,
)
from tests.porcupine.builders import append, get, overwrite, put, read


class Queue(Model[tuple[str, ...], str, str]):
    """A queue: the input "" takes the first item, any other input adds one."""

    def init(self) -> tuple[str, ...]:
        """The empty queue."""
        return ()

    def step(
        self, state: tuple[str, ...], input: str, output: str | None
    ) -> tuple[str, ...] | None:
        """Add or take an item."""
        if input:
            return (*state, input)
        if output is not None and state[:1] != (output,):
            return None
        return state[1:]


class Lossy(NondeterministicModel[str, str, str]):
    """A cell whose writes may be lost: the input "" reads, any other input writes."""

    def init(self) -> list[str]:
        """The empty cell."""
        return [""]

    def step(self, state: str, input: str, output: str | None) -> list[str]:
        """Read, or perhaps write."""
        if input:
            return [state, input]
        return [state] if output in (None, state) else []


def test_empty_history_is_linearizable() -> None:
    """Nothing happened, and that is fine."""
    result = check(KvModel(), [])
    assert result.verdict is Verdict.OK
    assert result.partitions == ()
    assert result.reason == ""
    assert result.core == ()


def test_model_of_ones_own() -> None:
    """Two methods make a model."""
    history = [
        Operation(1, "a", "", 0, 1),
        Operation(2, "b", "", 0, 3),
        Operation(3, "", "b", 2, 4),
    ]
    assert check(Queue(), history).verdict is Verdict.OK
    history.append(Operation(4, "", "b", 5, 6))
    result = check(Queue(), history)
    assert result.verdict is Verdict.ILLEGAL
    assert result.reason == (
        "'' -> 'b' by client 4 (called at 5, returned at 6) cannot be explained "
        "together with '' -> 'b' by client 3 (called at 2, returned at 4): until "
        "it returned, the state can only have been ('a',) or ()"
    )


def test_nondeterministic_model() -> None:
    """Every state that an operation may leave is followed."""
    write, lost = Operation(1, "a", "", 0, 1), Operation(2, "", "", 2, 3)
    assert check(Lossy(), [write, lost]).verdict is Verdict.OK
    found = Operation(2, "", "a", 4, 5)
    assert check(Lossy(), [write, found]).verdict is Verdict.OK
    assert check(Lossy(), [write, lost, found]).verdict is Verdict.ILLEGAL


def test_events_are_joined() -> None:
    """A history of calls and returns is one of operations, with places for times."""
    history = [
        Event(EventKind.CALL, 1, 0, RegisterInput(RegisterOp.WRITE, 1)),
        Event(EventKind.CALL, 2, 1, RegisterInput(RegisterOp.READ)),
        Event(EventKind.RETURN, 2, 1, RegisterOutput(1)),
        Event(EventKind.CALL, 2, 2, RegisterInput(RegisterOp.READ)),
    ]
    (partition,) = check(RegisterModel(), history).partitions
    assert partition.verdict is Verdict.OK
    times = [(o.client, o.call, o.ret) for o in partition.operations]
    assert times == [(1, 0, NEVER), (2, 1, 2), (2, 3, NEVER)]


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([(EventKind.RETURN, 7)], "event 0: operation 7 returns without a call"),
        ([(EventKind.CALL, 7)] * 2, "event 1: operation 7 is called twice"),
        (
            [(EventKind.CALL, 7), (EventKind.RETURN, 7), (EventKind.RETURN, 7)],
            "event 2: operation 7 returns without a call",
        ),
    ],
)
def test_impossible_events(events: list[tuple[EventKind, int]], problem: str) -> None:
    """Events that do not pair up are the caller's mistake."""
    history = [Event(kind, 1, name, RegisterOutput()) for kind, name in events]
    with pytest.raises(HistoryError, match=problem):
        check(RegisterModel(), history)


@pytest.mark.parametrize("times", [(2.0, 1.0), (0.0, float("nan"))])
def test_operation_that_returns_before_its_call(times: tuple[float, float]) -> None:
    """Times that go back are the caller's mistake."""
    with pytest.raises(HistoryError, match="returns before it is called"):
        check(KvModel(), [get("a", 1, *times)])


def test_operation_that_returned_without_an_output() -> None:
    """Whoever has no answer must say that there was no return."""
    operation = Operation(1, put("a", 0, 0, 1).input, None, 0, 1)
    with pytest.raises(HistoryError, match="returned without an output"):
        check(KvModel(), [operation])


def test_partitions_come_in_the_order_of_their_names() -> None:
    """The result does not depend on the order of the history."""
    history = [put("a", 0, 0, 1, key=key) for key in ("k2", "k1", "k3")]
    names = [partition.name for partition in check(KvModel(), history).partitions]
    assert names == ["k1", "k2", "k3"]


def test_engine_that_the_model_does_not_offer() -> None:
    """Asking a model for an engine that is not its own is refused with a choice."""
    with pytest.raises(ValueError, match="KvModel does not offer the engine 'zones'"):
        check(KvModel(), [], engine=Engine.ZONES)


def test_engine_that_does_not_apply() -> None:
    """An engine named by the caller is not replaced behind their back."""
    texts = "aba"
    history = [overwrite(text, 4 * n, 4 * n + 1) for n, text in enumerate(texts)]
    history += [read(text, 4 * n + 2, 4 * n + 3) for n, text in enumerate(texts)]
    assert check(AppendModel(), history, engine=Engine.ZONES).verdict is Verdict.UNKNOWN
    assert check(AppendModel(), history).verdict is Verdict.OK


def hard_history(size: int) -> list[Operation]:
    """A history that takes a number of steps exponential in its size."""
    appends = [append(f"{n}.", 0, 1) for n in range(size)]
    return [*appends, append("0.", 0, 1), read("nothing of it", 0, 2)]


def test_time_runs_out() -> None:
    """The verdict is unknown when the time is over, by the clock that was given."""
    clock: Iterator[int] = count()
    result = check(
        AppendModel(),
        hard_history(12),
        engine=Engine.SEARCH,
        timeout=3,
        clock=lambda: next(clock),
    )
    assert result.verdict is Verdict.UNKNOWN
    assert result.reason == ""


def test_memory_runs_out() -> None:
    """The verdict is unknown when the search would keep too much, on every run."""
    history = hard_history(12)
    for _ in range(2):
        result = check(
            AppendModel(), history, engine=Engine.SEARCH, memory_bytes=1_000_000
        )
        assert result.verdict is Verdict.UNKNOWN


def test_hard_partition_does_not_hide_an_illegal_one() -> None:
    """An illegal partition is found although the time runs out over another."""
    hard = [
        Operation(o.client, RegisterInput(RegisterOp.WRITE, n, key="a"), o.output, 0, 1)
        for n, o in enumerate(append("", 0, 1) for _ in range(14))
    ]
    swap = RegisterInput(RegisterOp.CAS, 1, 2, key="a")
    hard.append(Operation(1, swap, RegisterOutput(ok=False), 0, 1))
    hard.append(
        Operation(1, RegisterInput(RegisterOp.READ, key="a"), RegisterOutput(99), 0, 2)
    )
    bad = Operation(1, RegisterInput(RegisterOp.READ, key="b"), RegisterOutput(5), 0, 1)
    clock: Iterator[int] = count()
    result = check(
        RegisterModel(), [*hard, bad], timeout=500, clock=lambda: next(clock)
    )
    assert result.verdict is Verdict.ILLEGAL
    assert result.illegal is not None
    assert result.illegal.name == "b"


def test_long_history_of_one_key() -> None:
    """Long histories do not run into the interpreter's recursion limit."""
    history = []
    for version in range(3_000):
        at = 4.0 * version
        history.append(put(f"v{version}", version, at, at + 1))
        history.append(get(f"v{version}", version + 1, at + 2, at + 3))
    for engine in (Engine.SWEEP, Engine.SEARCH):
        assert check(KvModel(), history, engine=engine).verdict is Verdict.OK
    (one,) = check(KvModel(), history).partitions[0].linearizations
    assert one.order == tuple(range(6_000))
