"""Requests that are held on their way: what is kept, for how long, and what goes on."""

from __future__ import annotations

from labrt import SimRuntime
from tests.labrpc.echo import EchoNet, run_echo


def test_held_requests_wait_until_they_are_released(sim: SimRuntime) -> None:
    """Nothing arrives meanwhile; then all does, in the order of the calls."""

    def main(echo: EchoNet) -> None:
        echo.net.Hold("end")
        sent = [echo.send(data) for data in (b"a", b"b")]
        sim.sleep(5)
        assert echo.echo.received == []
        assert echo.net.HeldCount("end") == 2
        echo.net.Release("end")
        sim.sleep(0)
        assert echo.echo.received == [b"a", b"b"]
        assert [(one.reply, one.elapsed) for (one,) in sent] == [(b"a", 5), (b"b", 5)]
        assert echo.net.HeldCount("end") == 0
        assert echo.send_many(1)[0].elapsed == 0.0

    run_echo(sim, main)


def test_only_so_many_are_held(sim: SimRuntime) -> None:
    """What comes after the last that is held overtakes it."""

    def main(echo: EchoNet) -> None:
        echo.net.Hold("end", most=1)
        echo.send(b"a")
        echo.send(b"b")
        sim.sleep(1)
        assert echo.echo.received == [b"b"]
        echo.net.Release("end")
        sim.sleep(1)
        assert echo.echo.received == [b"b", b"a"]

    run_echo(sim, main)


def test_only_methods_that_match_are_held(sim: SimRuntime) -> None:
    """The others travel as ever."""

    def main(echo: EchoNet) -> None:
        echo.net.Hold("end", matching=lambda method: method != "Echo.Echo")
        echo.send(b"a")
        sim.sleep(1)
        assert echo.echo.received == [b"a"]

    run_echo(sim, main)


def test_a_held_call_fails_with_its_end_point(sim: SimRuntime) -> None:
    """It fails at that instant, but the request is on its way, and arrives."""

    def main(echo: EchoNet) -> None:
        echo.net.Hold("end")
        results = echo.send(b"a")
        sim.sleep(1)
        echo.net.Enable("end", False)
        assert [(one.reply, one.elapsed) for one in results] == [(None, 1.0)]
        echo.net.Release("end")
        sim.sleep(1)
        assert echo.echo.received == [b"a"]
        assert len(results) == 1

    run_echo(sim, main)


def test_a_held_request_does_not_outlive_its_server(sim: SimRuntime) -> None:
    """It was meant for that server object, as every request in flight."""

    def main(echo: EchoNet) -> None:
        echo.net.Hold("end")
        results = echo.send(b"a")
        echo.net.DeleteServer("echo")
        echo.net.AddServer("echo", echo.echo)
        echo.net.Release("end")
        sim.sleep(1)
        assert [one.reply for one in results] == [None]
        assert echo.echo.received == []

    run_echo(sim, main)


def test_to_hold_anew_releases(sim: SimRuntime) -> None:
    """A second hold does not lose what the first has kept."""

    def main(echo: EchoNet) -> None:
        echo.net.Hold("end")
        echo.send(b"a")
        echo.net.Hold("end")
        echo.send(b"b")
        sim.sleep(1)
        assert echo.echo.received == [b"a"]
        assert echo.net.HeldCount("end") == 1

    run_echo(sim, main)


def test_calls_of_an_end_point_are_counted(sim: SimRuntime) -> None:
    """All that were made, delivered or not."""

    def main(echo: EchoNet) -> None:
        assert echo.net.GetSentCount("end") == 0
        echo.send_many(3)
        echo.net.Enable("end", False)
        echo.send_many(2)
        assert echo.net.GetSentCount("end") == 5

    run_echo(sim, main)
