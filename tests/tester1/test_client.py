"""Clients: end points made when needed, and whom a client may reach."""

from __future__ import annotations

import pytest

from labrpc import UsageError
from tester1.contact.clients import Clnt
from tester1.lab import Lab
from tests.tester1.counting import Count, Nothing, make_config


def reached(clnt: Clnt) -> list[int]:
    """The numbers of the servers of a group of three that a client gets through to."""
    return [
        server
        for server in range(3)
        if clnt.call(f"server-0-{server}", "Counter.Get", Nothing(), Count)
    ]


def test_client_reaches_everybody(counting: Lab) -> None:
    """A client has no restriction unless it is made with one."""
    with make_config(counting, 3) as config:
        assert reached(config.make_client()) == [0, 1, 2]


def test_client_to_some(counting: Lab) -> None:
    """A client made for some servers reaches those; made for none, nobody."""
    with make_config(counting, 3) as config:
        assert reached(config.make_client_to(["server-0-2"])) == [2]
        assert reached(config.make_client_to([])) == []


def test_disconnect_all_holds_for_new_servers(counting: Lab) -> None:
    """A cut-off client does not reach servers that it calls for the first time."""
    with make_config(counting, 3) as config:
        clnt = config.make_client()
        clnt.call("server-0-0", "Counter.Get", Nothing(), Count)
        clnt.disconnect_all()
        assert reached(clnt) == []
        clnt.connect_all()
        assert reached(clnt) == [0, 1, 2]


def test_disconnect_one(counting: Lab) -> None:
    """Only an end point that exists is cut, and only that one."""
    with make_config(counting, 3) as config:
        clnt = config.make_client()
        clnt.disconnect("server-0-1")
        assert reached(clnt) == [0, 1, 2]
        clnt.disconnect("server-0-1")
        assert reached(clnt) == [0, 2]


def test_connect_to_adds(counting: Lab) -> None:
    """End points enabled before stay enabled; new ones follow the new list."""
    with make_config(counting, 3) as config:
        clnt = config.make_client_to(["server-0-0"])
        assert reached(clnt) == [0]
        clnt.connect_to(["server-0-1"])
        assert reached(clnt) == [0, 1]


def test_deleted_client(counting: Lab) -> None:
    """Its end points are gone from the network; deleting it again is harmless."""
    with make_config(counting, 3) as config:
        clnt = config.make_client()
        assert reached(clnt) == [0, 1, 2]
        config.delete_client(clnt)
        config.delete_client(clnt)
        with pytest.raises(UsageError, match="client-0>server-0-0"):
            config.net.DeleteEnd("client-0>server-0-0")


def test_clients_are_apart(counting: Lab) -> None:
    """What one client may reach is no matter of another's."""
    with make_config(counting, 3) as config:
        first, second = config.make_client(), config.make_client()
        first.disconnect_all()
        assert config.clnts.get(second.name) is second
        assert (reached(first), reached(second)) == ([], [0, 1, 2])
