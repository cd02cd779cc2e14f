"""What the network writes into a trace."""

from __future__ import annotations

from collections.abc import Callable

from labrpc import Faults
from labrt import SimRuntime, Trace
from tests.labrpc.echo import EchoNet, run_echo

CALM = Faults(request_drop_per_mille=0, reply_drop_per_mille=0, hop_delay=(0.0, 0.0))


def traced(
    main: Callable[[EchoNet], None], faults: Faults = CALM
) -> list[tuple[str, str, str]]:
    """Run `main` with tracing on and return the kind, place and text of events."""
    trace = Trace()
    run_echo(SimRuntime(seed=1, trace=trace), main, faults=faults)
    return [
        (str(event.kind), event.where, event.text)
        for event in trace.events
        if event.where == "end"
    ]


def test_a_delivered_call() -> None:
    """Sent, delivered, replied to: each with its number and its size."""

    def main(echo: EchoNet) -> None:
        echo.send_many(1)
        echo.send_many(1)

    assert traced(main) == [
        ("send", "end", "Echo.Echo #1 1 B"),
        ("deliver", "end", "Echo.Echo #1 1 B"),
        ("reply", "end", "Echo.Echo #1 1 B"),
        ("send", "end", "Echo.Echo #2 1 B"),
        ("deliver", "end", "Echo.Echo #2 1 B"),
        ("reply", "end", "Echo.Echo #2 1 B"),
    ]


def test_undeliverable_calls() -> None:
    """The trace says why a call has nowhere to go, and when it fails."""

    def main(echo: EchoNet) -> None:
        echo.net.DeleteServer("echo")
        echo.send()
        echo.net.Enable("end", False)
        echo.send_many(1)
        echo.net.DeleteEnd("end")
        echo.end = echo.net.MakeEnd("end")
        echo.net.Enable("end", True)
        echo.send_many(1)

    events = traced(main)
    assert [text for kind, _, text in events if kind == "send"] == [
        "Echo.Echo #1 1 B (server down)",
        "Echo.Echo #2 1 B (end disabled)",
        "Echo.Echo #3 1 B (end not connected)",
    ]
    failed = [text for kind, _, text in events if kind == "undeliverable"]
    assert sorted(failed) == ["Echo.Echo #1", "Echo.Echo #2", "Echo.Echo #3"]


def unreliable_call(echo: EchoNet) -> None:
    """Make one call on an unreliable network."""
    echo.net.Reliable(False)
    echo.send_many(1)


def test_a_lost_request() -> None:
    """A request that is lost is never delivered."""
    faults = Faults(request_drop_per_mille=1000)
    assert traced(unreliable_call, faults) == [
        ("send", "end", "Echo.Echo #1 1 B"),
        ("drop request", "end", "Echo.Echo #1"),
    ]


def test_a_lost_reply() -> None:
    """A reply that is lost shows that its request was delivered."""
    faults = Faults(request_drop_per_mille=0, reply_drop_per_mille=1000)
    assert traced(unreliable_call, faults) == [
        ("send", "end", "Echo.Echo #1 1 B"),
        ("deliver", "end", "Echo.Echo #1 1 B"),
        ("drop reply", "end", "Echo.Echo #1"),
    ]


def test_a_call_whose_server_dies() -> None:
    """The end of a call in progress is an event of its own."""

    def main(echo: EchoNet) -> None:
        echo.echo.answering = False
        echo.send()
        echo.runtime.sleep(1)
        echo.net.DeleteServer("echo")

    assert traced(main) == [
        ("send", "end", "Echo.Echo #1 1 B"),
        ("deliver", "end", "Echo.Echo #1 1 B"),
        ("dead", "end", "Echo.Echo #1"),
    ]
