"""The parts of the general search that models can help with, or make harder."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.porcupine import AppendModel, Model, Operation, WholeAppendModel
from tester1.porcupine.append import AppendInput
from tester1.porcupine.budget import Budget, BudgetExceeded
from tester1.porcupine.levels import ALWAYS, LOOK_AHEAD, Levels
from tester1.porcupine.search import Search, remember
from tests.porcupine.brute import brute_force
from tests.porcupine.builders import append, overwrite, read
from tests.porcupine.histories import AppendServer, served


class Plain(Model[str, AppendInput, str]):
    """The append store without any of the hints that make its search faster."""

    def init(self) -> str:
        """The empty text."""
        return ""

    def step(self, state: str, input: AppendInput, output: str | None) -> str | None:
        """Do what the append store does."""
        return AppendModel().step(state, input, output)


class Skipping(AppendModel):
    """An append store in which an append may have been dropped though it returned."""

    def optional(self, input: AppendInput, output: str | None) -> bool:
        """Any append may be dropped."""
        return input.op.value == "append"


@given(
    random=st.randoms(use_true_random=False),
    count=st.integers(1, 7),
    broken=st.booleans(),
)
def test_hints_change_no_verdict(random: Random, count: int, broken: bool) -> None:
    """Observers, look-ahead and resets only save work."""
    serve = AppendServer(distinct=False, broken=broken)
    history = served(random, count, serve=serve)
    expected = brute_force(Plain(), history)
    for model in (Plain(), AppendModel()):
        assert Search(model, history, Budget()).run() is expected


@given(random=st.randoms(use_true_random=False), count=st.integers(1, 6))
def test_optional_operations(random: Random, count: int) -> None:
    """An optional operation may be left out, or take effect before it returns."""
    history = served(random, count, serve=AppendServer(distinct=True, broken=True))
    expected = brute_force(Skipping(), history)
    for width in (1, 4):
        search = Search(Skipping(), history, Budget(), width=width)
        assert search.run() is expected


def test_operations_that_touch_are_pending_together() -> None:
    """A call at the instant of a return comes before it."""
    levels = Levels(Plain(), [append("a", 0, 1), append("b", 1, 2)])
    assert [len(levels[number].mutators) for number in range(2)] == [1, 0]


def test_bits_are_used_again() -> None:
    """The mask is as wide as the most operations that were pending together."""
    history = [append(f"{at}", at, at + 1.5) for at in range(50)]
    levels = Levels(Plain(), history)
    assert max(levels[number].bit for number in range(len(levels))) < 8


def test_never_returned_operations_of_one_input_are_one_kind() -> None:
    """Equal never-returned operations are offered one at a time."""
    history = [append("a", 0), append("a", 1), append("b", 2), read("", 3, 4)]
    level = Levels(AppendModel(), history)[0]
    assert [[pending[2] for pending in kind] for kind in level.crashed] == [[0, 1], [2]]


def test_unrelated_operations_are_left_out() -> None:
    """Only operations connected with the returning one can matter to it."""
    other = Operation(1, AppendInput(append("", 0).input.op, "other", "x"), "", 0, 9)
    history = [append("a", 0, 2), append("b", 0, 9), other]
    level = Levels(WholeAppendModel(), history)[0]
    assert [pending[2] for pending in level.mutators] == [1]


def coming(*history: Operation) -> list[list[tuple[int, int]]]:
    """The bits and resets of the observers that each level knows of."""
    levels = Levels(AppendModel(), history)
    return [
        [(bit, resets) for bit, resets, _, _ in levels[number].coming]
        for number in range(len(levels))
    ]


def test_look_ahead_is_at_the_next_observers() -> None:
    """A level knows the next few reads to return, with bits if they are pending."""
    reads = [read("a", at, at + 1) for at in (2, 4, 6, 8)]
    levels = coming(append("a", 0, 1), *reads)
    assert [len(level) for level in levels] == [LOOK_AHEAD, LOOK_AHEAD, 3, 2, 1]
    assert [bit for bit, _ in levels[1]] == [1, 0, 0]


def test_look_ahead_knows_what_resets_the_state() -> None:
    """A put of the text's beginning, pending or yet to come, makes it void."""
    text = read("bc", 4, 5)
    first, second, third = coming(append("a", 0, 1), overwrite("b", 0, 2), text)
    assert first == [(0, 2)]
    assert second == [(0, 2)]
    assert third == [(2, 0)]
    assert coming(append("a", 0, 1), overwrite("b", 2, 3), text)[0] == [(0, ALWAYS)]
    assert coming(append("a", 0, 1), overwrite("x", 2, 3), text)[0] == [(0, 0)]


def test_fewer_never_returned_operations_are_better() -> None:
    """Of configurations that agree, those that use up more are dropped."""
    table: dict[tuple[int, object], list[int]] = {}
    assert remember(table, 1, "s", 0b011)
    assert not remember(table, 1, "s", 0b111)
    assert remember(table, 1, "s", 0b100)
    assert remember(table, 1, "s", 0b001)
    assert sorted(table[1, "s"]) == [0b001, 0b100]
    assert remember(table, 2, "s", 0b111)


@pytest.mark.parametrize("width", [1, 4, 1000])
def test_steps_are_limited(width: int) -> None:
    """A search that needs more steps than it has says so."""
    history = [append(f"{n}", 0, 1) for n in range(9)] + [read("none", 0, 2)]
    with pytest.raises(BudgetExceeded):
        Search(Plain(), history, Budget(steps=1000), width=width).run()
