"""Names of ends and servers: what may be a name, and what happens to a wrong one."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

import labrpc
from labrpc import MakeServer, MakeService, UsageError
from labrt import SimRuntime
from tests.labrpc.echo import Echo, EchoNet, Result, run_echo
from tests.labrpc.junk import JunkServer


@pytest.mark.parametrize("name", ["server-0-1", 99, ("group", 3), frozenset({1})])
def test_names_are_any_hashable_value(sim: SimRuntime, name: Hashable) -> None:
    """Ends and servers may be named by what the tester has at hand."""

    def main(echo: EchoNet) -> None:
        end = echo.net.MakeEnd(name)
        echo.net.AddServer(name, echo.echo)
        echo.net.Connect(name, name)
        echo.net.Enable(name, True)
        assert end.name == name
        results = echo.send(end=end)
        sim.sleep(0)
        assert results == [Result(b"x", 0.0)]
        assert echo.net.GetCount(name) == 1

    run_echo(sim, main)


def test_duplicate_end(sim: SimRuntime) -> None:
    """A name belongs to one end at a time."""

    def main(echo: EchoNet) -> None:
        with pytest.raises(UsageError, match="MakeEnd: there is an end named 'end'"):
            echo.net.MakeEnd("end")
        echo.net.DeleteEnd("end")
        echo.net.MakeEnd("end")

    run_echo(sim, main)


def test_unknown_end(sim: SimRuntime) -> None:
    """Operations on an end that does not exist say so."""

    def main(echo: EchoNet) -> None:
        with pytest.raises(UsageError, match="DeleteEnd: there is no end named 'e'"):
            echo.net.DeleteEnd("e")
        with pytest.raises(UsageError, match="Connect: there is no end named 'e'"):
            echo.net.Connect("e", "echo")
        with pytest.raises(UsageError, match="Enable: there is no end named 7"):
            echo.net.Enable(7, True)

    run_echo(sim, main)


def test_count_of_a_server_that_is_not_there(sim: SimRuntime) -> None:
    """An unknown server and a deleted one are told apart."""

    def main(echo: EchoNet) -> None:
        with pytest.raises(UsageError, match="server 'other' is unknown"):
            echo.net.GetCount("other")
        echo.net.DeleteServer("echo")
        with pytest.raises(UsageError, match="server 'echo' is deleted"):
            echo.net.GetCount("echo")

    run_echo(sim, main)


def test_connecting_before_the_server_exists(sim: SimRuntime) -> None:
    """Ends are connected to a name; deleting a server that never was is no error."""

    def main(echo: EchoNet) -> None:
        echo.net.Connect("end", "later")
        echo.net.DeleteServer("later")
        results = echo.send()
        sim.sleep(0.1)
        assert [one.reply for one in results] == [None]
        echo.net.AddServer("later", Echo())
        assert echo.send_many(1) == [Result(b"x", 0.0)]

    run_echo(sim, main)


def test_an_unconnected_end_delivers_nothing(sim: SimRuntime) -> None:
    """Enabling is not connecting, not even to a server named None."""

    def main(echo: EchoNet) -> None:
        echo.net.AddServer(None, echo.echo)
        end = echo.net.MakeEnd("loose")
        echo.net.Enable("loose", True)
        results = echo.send(end=end)
        sim.sleep(0.1)
        assert [one.reply for one in results] == [None]

    run_echo(sim, main)


def test_two_services_of_one_name(sim: SimRuntime) -> None:
    """A service may be given another name than its class's."""
    server = MakeServer(sim, name="server-0-1")
    server.AddService(MakeService(JunkServer(sim)))
    with pytest.raises(UsageError, match="server-0-1: there is a service 'JunkServer'"):
        server.AddService(MakeService(JunkServer(sim)))
    server.AddService(MakeService(JunkServer(sim), "Other"))


def test_exports() -> None:
    """The front door changes on purpose only."""
    assert labrpc.__all__ == [
        "ClientEnd",
        "Dispatch",
        "Dispatcher",
        "EncodingError",
        "Faults",
        "HandlerError",
        "HandlerSignatureError",
        "LabrpcError",
        "MakeNetwork",
        "MakeServer",
        "MakeService",
        "Network",
        "OnDone",
        "Server",
        "Service",
        "TypeMismatchError",
        "UnknownMethodError",
        "UsageError",
    ]
