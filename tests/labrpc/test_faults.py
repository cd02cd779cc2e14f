"""What the network does to messages: its constants, and where its draws come from."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labrpc.faults import Decider, Decision, Faults, Flow, draw
from labrt import SimRuntime
from tests.labrpc.echo import EchoNet, assert_share, assert_uniform, run_echo

MANY = 6000


def test_reliable_calls_cost_no_time(sim: SimRuntime) -> None:
    """A reliable network without hop delays delivers everything at once."""

    def main(echo: EchoNet) -> None:
        results = echo.send_many(200)
        assert {(one.reply, one.elapsed) for one in results} == {(b"x", 0.0)}

    run_echo(sim, main)


def test_undeliverable_calls_fail_within_100_ms(sim: SimRuntime) -> None:
    """A call with nowhere to go fails after a uniform 0..99 ms."""

    def main(echo: EchoNet) -> None:
        echo.net.Enable("end", False)
        results = echo.send_many(MANY)
        assert {one.reply for one in results} == {None}
        assert_uniform((one.ms for one in results), range(100))

    run_echo(sim, main)


def test_long_delays_fail_within_seven_seconds(sim: SimRuntime) -> None:
    """With long delays on it fails after a uniform 0..6999 ms."""

    def main(echo: EchoNet) -> None:
        echo.net.LongDelays(True)
        echo.net.DeleteServer("echo")
        results = echo.send_many(MANY)
        assert {one.reply for one in results} == {None}
        assert all(0 <= one.ms <= 6999 for one in results)
        assert_uniform((one.ms // 100 for one in results), range(70))

    run_echo(sim, main)


def test_long_delays_leave_deliverable_calls_alone(sim: SimRuntime) -> None:
    """Long delays concern calls that cannot be delivered, and no others."""

    def main(echo: EchoNet) -> None:
        echo.net.LongDelays(True)
        assert {one.elapsed for one in echo.send_many(50)} == {0.0}

    run_echo(sim, main)


def test_unreliable_delays_each_request(sim: SimRuntime) -> None:
    """Every request takes a uniform 0..26 ms, also one that is lost afterwards."""

    def main(echo: EchoNet) -> None:
        echo.net.Reliable(False)
        assert not echo.net.IsReliable()
        results = echo.send_many(MANY)
        assert_uniform((one.ms for one in results), range(27))
        lost = [one for one in results if one.reply is None]
        assert_uniform((one.ms for one in lost), range(27))

    run_echo(sim, main)


def test_unreliable_loses_requests_and_replies(sim: SimRuntime) -> None:
    """One request in ten is lost, and one in ten of the replies to the rest."""

    def main(echo: EchoNet) -> None:
        echo.net.Reliable(False)
        results = echo.send_many(MANY)
        received = len(echo.echo.received)
        replies = sum(one.reply is not None for one in results)
        assert_share(MANY - received, MANY, 0.1)
        assert_share(received - replies, received, 0.1)
        assert echo.net.GetCount("echo") == received

    run_echo(sim, main)


def test_long_reordering_holds_two_replies_in_three(sim: SimRuntime) -> None:
    """Two thirds of the replies take 200..2199 ms, the others no time."""

    def main(echo: EchoNet) -> None:
        echo.net.LongReordering(True)
        results = echo.send_many(MANY)
        assert {one.reply for one in results} == {b"x"}
        late = [one.ms for one in results if one.ms > 0]
        assert_share(len(late), MANY, 600 / 900)
        assert min(late) >= 200
        assert max(late) <= 2199
        # 200 + U(0..X), X itself uniform: mean 200 + 1999 / 4, variance 7 / 144 of
        # the square of the spread.
        error = (7 / 144 * 1999**2 / len(late)) ** 0.5
        assert abs(sum(late) / len(late) - (200 + 1999 / 4)) < 4 * error

    run_echo(sim, main)


def test_long_reordering_is_independent_of_reliability(sim: SimRuntime) -> None:
    """On an unreliable network the replies that survive are held back as well."""

    def main(echo: EchoNet) -> None:
        echo.net.Reliable(False)
        echo.net.LongReordering(True)
        replies = [one for one in echo.send_many(MANY) if one.reply is not None]
        assert_share(len(replies), MANY, 0.81)
        assert_share(sum(one.ms >= 200 for one in replies), len(replies), 2 / 3)

    run_echo(sim, main)


def test_calls_keep_the_modes_they_started_with(sim: SimRuntime) -> None:
    """Switching the modes does not touch calls that are under way."""

    def main(echo: EchoNet) -> None:
        echo.echo.answering = False
        sent = [echo.send() for _ in range(100)]
        sim.sleep(0.001)
        echo.net.Reliable(False)
        echo.net.LongReordering(True)
        for on_done in echo.echo.waiting:
            on_done(b"y")
        sim.sleep(0.001)
        assert [results[0].reply for results in sent] == [b"y"] * 100

    run_echo(sim, main)


def test_hop_delays_apply_to_both_ways(sim: SimRuntime) -> None:
    """Request and reply each travel for a uniform time within the given range."""

    def main() -> None:
        echo = EchoNet.make(sim, hop_delay=(0.001, 0.003))
        results = [one.elapsed * 1000 for one in echo.send_many(MANY)]
        assert 2.0 <= min(results) < 2.2
        assert 5.8 < max(results) <= 6.0
        mean = sum(results) / MANY
        assert abs(mean - 4.0) < 4 * (2 * 4 / 12 / MANY) ** 0.5

    sim.run(main)


def test_hops_are_slow_now_and_then() -> None:
    """One hop in 200 of a reliable network takes 5 to 30 ms, each way by itself."""
    decider = Decider(Faults(), hops=True)
    flow = Flow(7, "server-0-1>server-0-2", "Raft.AppendEntries")
    keys = [flow.key_of(number) for number in range(20 * MANY)]
    for delays in (
        [decider.request(key, True)[0] for key in keys],
        [decider.reply(key, True, False)[0] for key in keys],
    ):
        slow = [delay for delay in delays if delay > 500e-6]
        assert_share(len(slow), len(keys), 1 / 200)
        assert 0.005 <= min(slow) < 0.006
        assert 0.029 < max(slow) < 0.030


def test_no_hop_of_a_chosen_range_is_slow(sim: SimRuntime) -> None:
    """Who says how long a message travels gets just that."""

    def main() -> None:
        echo = EchoNet.make(sim, hop_delay=(0.001, 0.001))
        assert {round(one.elapsed, 6) for one in echo.send_many(MANY)} == {0.002}

    sim.run(main)


def test_requests_overtake_one_another(sim: SimRuntime) -> None:
    """Calls on one link arrive in an order of their own."""

    def main() -> None:
        echo = EchoNet.make(sim, hop_delay=(100e-6, 500e-6))
        sent = [bytes((number,)) for number in range(50)]
        for data in sent:
            echo.send(data)
        sim.sleep(1)
        assert echo.echo.received != sent
        assert sorted(echo.echo.received) == sent

    sim.run(main)


@pytest.mark.parametrize(
    "faults",
    [
        {"short_delay_ms": 0},
        {"undeliverable_ms": 0},
        {"long_delay_ms": 0},
        {"reorder_spread_ms": 0},
        {"reorder_base_ms": -1},
        {"request_drop_per_mille": 1001},
        {"reply_drop_per_mille": -1},
        {"reorder_chance": (10, 9)},
        {"hop_delay": (2.0, 1.0)},
        {"hop_delay": (-1.0, 1.0)},
        {"slow_hop_per_mille": 1001},
        {"slow_hop_delay": (2.0, 1.0)},
    ],
)
def test_faults_are_checked(faults: dict[str, Any]) -> None:
    """Constants that make no sense are refused when they are given."""
    with pytest.raises(ValueError, match="Faults"):
        replace(Faults(), **faults)


def test_faults_are_parameters(sim: SimRuntime) -> None:
    """A network may be made with other constants than the course's."""

    def main(echo: EchoNet) -> None:
        echo.net.Reliable(False)
        results = echo.send_many(300)
        assert {one.reply for one in results} == {None}
        assert max(one.ms for one in results) == 1
        assert echo.echo.received == []

    faults = Faults(request_drop_per_mille=1000, short_delay_ms=2)
    run_echo(sim, main, faults=faults)


@given(st.integers(0, 2**64 - 1), st.integers(1, 10**6), st.integers(1, 2**53))
def test_draws_stay_in_range(key: int, number: int, choices: int) -> None:
    """A draw is one of its choices, for every key and number."""
    flow = Flow(0, "a>b", "Raft.X")
    flow.seed = key
    assert 0 <= draw(flow.key_of(number), 0, choices) < choices


def test_draws_of_neighbours_are_unrelated() -> None:
    """Pairs of draws of consecutive messages fill the square evenly."""
    flow = Flow(5, "server-0-1>server-0-2", "Raft.AppendEntries")
    draws = [draw(flow.key_of(number), 0, 10) for number in range(20001)]
    pairs = (10 * one + other for one, other in pairwise(draws))
    assert_uniform(pairs, range(100))


def test_draws_of_one_message_are_unrelated() -> None:
    """Whether a reply is lost does not depend on whether its request was late."""
    decider = Decider(Faults(), hops=False)
    flow = Flow(6, "server-0-1>server-0-2", "Raft.AppendEntries")
    late = lost = 0
    for number in range(20000):
        key = flow.key_of(number)
        delay, decision = decider.request(key, False)
        if decision is Decision.DELIVER and delay >= 0.020:
            late += 1
            lost += decider.reply(key, False, False)[1] is Decision.DROP
    assert_share(lost, late, 0.1)


def test_decisions_are_pinned() -> None:
    """The decisions for a seed are the same in every process and version."""
    decider = Decider(Faults(), hops=True)
    flow = Flow(1, "server-0-1>server-0-2", "Raft.RequestVote")
    key = flow.key_of(1)
    assert flow.seed == 8504868735680363839
    assert decider.request(key, False) == (0.022203056880339404, Decision.DELIVER)
    assert decider.undeliverable(key, long_delays=True) == 6.232
    late = flow.key_of(2)
    assert decider.reply(late, True, True) == (0.416494250616097, Decision.HOLD_BACK)
    slow = flow.key_of(238)
    assert decider.request(slow, True) == (0.014381197689204556, Decision.DELIVER)
