"""Every engine gives the verdict that trying all orders gives."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tester1.porcupine import (
    AppendModel,
    Engine,
    KvModel,
    Maybe,
    Operation,
    RegisterModel,
    Verdict,
    WholeAppendModel,
    check,
)
from tester1.porcupine.budget import Budget
from tester1.porcupine.model import AnyModel
from tester1.porcupine.search import Search
from tests.porcupine.brute import brute_force, brute_force_all
from tests.porcupine.histories import (
    COUNTS,
    RANDOM,
    AppendServer,
    RegisterServer,
    guessed_kv,
    guessed_register,
    served,
    served_kv,
)

KV_MODELS = [
    KvModel(maybe=maybe, existing=existing)
    for maybe, existing in itertools.product(Maybe, (False, True))
]


def agree(model: AnyModel, history: list[Operation]) -> None:
    """Compare the specialist and the search, at several widths, with brute force."""
    expected = brute_force(model, history)
    specialist = model.specialist()
    assert specialist is not None
    assert specialist.decide(history, Budget()) in (expected, None)
    for width in (1, 2, 16):
        assert Search(model, history, Budget(), width=width).run() is expected


@pytest.mark.parametrize("model", KV_MODELS)
@given(random=RANDOM, count=COUNTS)
def test_guessed_kv_histories(model: KvModel, random: Random, count: int) -> None:
    """Sweep and search are exact on arbitrary answers, in all option combinations."""
    agree(model, guessed_kv(random, count))


@pytest.mark.parametrize("model", KV_MODELS)
@pytest.mark.parametrize("broken", [False, True])
@given(random=RANDOM, count=COUNTS)
def test_served_kv_histories(
    model: KvModel, broken: bool, random: Random, count: int
) -> None:
    """Sweep and search are exact on what right and broken servers answer."""
    agree(model, served_kv(random, count, broken=broken))


@pytest.mark.parametrize("model", KV_MODELS)
@given(random=RANDOM, count=COUNTS)
def test_right_kv_servers_pass(model: KvModel, random: Random, count: int) -> None:
    """No reading of ErrMaybe finds fault with a right server and a right clerk."""
    history = served_kv(random, count, broken=False)
    assert check(model, history).verdict is Verdict.OK


@pytest.mark.parametrize("distinct", [False, True])
@pytest.mark.parametrize("broken", [False, True])
@given(random=RANDOM, count=COUNTS)
def test_append_histories(
    distinct: bool, broken: bool, random: Random, count: int
) -> None:
    """Zones are exact where they apply to appends, and so is the search everywhere."""
    serve = AppendServer(distinct=distinct, broken=broken)
    agree(AppendModel(), served(random, count, serve=serve))


@given(random=RANDOM, count=COUNTS)
def test_zones_apply_where_texts_are_distinct(random: Random, count: int) -> None:
    """Distinct texts never make the zones give up."""
    serve = AppendServer(distinct=True, broken=True)
    history = served(random, count, serve=serve)
    result = check(AppendModel(), history)
    assert [partition.engine for partition in result.partitions] == [Engine.ZONES]


@pytest.mark.parametrize("distinct", [False, True])
@pytest.mark.parametrize("failures", [False, True])
@given(random=RANDOM, count=COUNTS, broken=st.booleans())
def test_served_register_histories(
    distinct: bool, failures: bool, random: Random, count: int, broken: bool
) -> None:
    """Zones and search are exact on registers with and without repeated values."""
    serve = RegisterServer(distinct=distinct, broken=broken, failures=failures)
    agree(RegisterModel(), served(random, count, serve=serve))


@given(random=RANDOM, count=COUNTS, values=st.integers(2, 9), failures=st.booleans())
def test_guessed_register_histories(
    random: Random, count: int, values: int, failures: bool
) -> None:
    """Zones and search are exact on registers with arbitrary answers."""
    history = guessed_register(random, count, values=values, failures=failures)
    agree(RegisterModel(), history)
    agree(RegisterModel(initial=0), history)


@given(random=RANDOM, count=st.integers(1, 4), broken=st.booleans())
def test_conflicts_find_the_partition(random: Random, count: int, broken: bool) -> None:
    """A store checked whole has the verdict of its keys checked one by one."""
    history = []
    for key in "xy":
        serve = AppendServer(distinct=False, broken=broken, key=key)
        history += served(random, count, serve=serve)
    expected = brute_force_all(AppendModel(), history)
    assert brute_force(WholeAppendModel(), history) is expected
    for width in (1, 4):
        search = Search(WholeAppendModel(), history, Budget(), width=width)
        assert search.run() is expected
    assert (check(AppendModel(), history).verdict is Verdict.OK) is expected
