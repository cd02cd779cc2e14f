"""A clerk's view of the network: its own end points, and whom it may reach.

End points are made when they are first needed. A client's connectivity is its own: no
disconnection or partition of servers touches it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from labrpc import ClientEnd, Network, OnDone
from labrt import Runtime

R = TypeVar("R")

__all__ = ["Clnt", "Clnts"]


class Clnt:
    """One client's access to the network; made by `Config.make_client`.

    `allowed` names the servers that it may reach: None means every one.
    """

    def __init__(
        self,
        runtime: Runtime,
        net: Network,
        name: str,
        allowed: Iterable[str] | None = None,
    ) -> None:
        self.name = name
        self._net = net
        self._mutex = runtime.mutex()
        self._ends: dict[str, ClientEnd] = {}
        # A copy: whoever made the client may go on using the list.
        self._allowed = None if allowed is None else list(allowed)

    def call(
        self, server: str, method: str, args: object, reply_type: type[R], /
    ) -> R | None:
        """Call a method of `server` through the network; None if no reply came."""
        return self._end(server).Call(method, args, reply_type)

    def forward(self, server: str, method: str, data: bytes, on_done: OnDone) -> None:
        """`call` without encoding, and without waiting, for a clerk elsewhere."""
        self._end(server).forward(method, data, on_done)

    def sent(self) -> int:
        """How many calls it has made so far, delivered or not."""
        with self._mutex:
            ends = [self._end_name(server) for server in self._ends]
        return sum(map(self._net.GetSentCount, ends))

    def connect_all(self) -> None:
        """May reach every server from now on."""
        with self._mutex:
            self._allowed = None
            for server in self._ends:
                self._net.Enable(self._end_name(server), True)

    def connect_to(self, servers: Iterable[str]) -> None:
        """May reach these servers; end points enabled before stay as they are."""
        with self._mutex:
            # As in the course, this cuts nothing off that could be reached before.
            self._allowed = list(servers)
            for server in self._allowed:
                if server in self._ends:
                    self._net.Enable(self._end_name(server), True)

    def disconnect(self, server: str) -> None:
        """Cut the client off from a server that it has called before."""
        with self._mutex:
            if server in self._ends:
                self._net.Enable(self._end_name(server), False)

    def disconnect_all(self) -> None:
        """Cut the client off from every server, those not called yet included."""
        with self._mutex:
            self._allowed = []
            for server in self._ends:
                self._net.Enable(self._end_name(server), False)

    def delete(self) -> None:
        """Remove the client's end points from the network."""
        with self._mutex:
            for server in self._ends:
                # Calls under way fail with it, so a clerk that is still at work is not
                # left waiting.
                self._net.DeleteEnd(self._end_name(server))
            self._ends.clear()

    def _end(self, server: str) -> ClientEnd:
        """The end point to `server`, made if this is the first call to it."""
        # The clerks of one client call from many threads, and each end has one name.
        with self._mutex:
            end = self._ends.get(server)
            if end is None:
                name = self._end_name(server)
                end = self._ends[server] = self._net.MakeEnd(name, link=name)
                self._net.Connect(name, server)
                self._net.Enable(name, self._may_reach(server))
            # Under the mutex to the end: whoever changes the connectivity finds an end
            # point either not made or complete.
            return end

    def _may_reach(self, server: str) -> bool:
        return self._allowed is None or server in self._allowed

    def _end_name(self, server: str) -> str:
        # The same in every run, as a link's name has to be.
        return f"{self.name}>{server}"


class Clnts:
    """The clients of one test, numbered in the order in which they are made."""

    def __init__(self, runtime: Runtime, net: Network) -> None:
        self._runtime = runtime
        self._net = net
        self._mutex = runtime.mutex()
        self._made = 0
        self._clients: dict[str, Clnt] = {}

    def make(self, allowed: Iterable[str] | None = None) -> Clnt:
        """A new client that may reach the servers named, or every one."""
        with self._mutex:
            name = f"client-{self._made}"
            # No number is used twice, not even that of a client that is gone: its links
            # are the names that the network's decisions derive from.
            self._made += 1
            clnt = Clnt(self._runtime, self._net, name, allowed)
            self._clients[name] = clnt
        return clnt

    def get(self, name: str) -> Clnt:
        """The client of that name."""
        return self._clients[name]

    def delete(self, clnt: Clnt) -> None:
        """Remove a client and its end points; again, nothing happens."""
        with self._mutex:
            known = self._clients.pop(clnt.name, None)
        if known is not None:
            known.delete()

    def cleanup(self) -> None:
        """Remove every client."""
        for clnt in list(self._clients.values()):
            self.delete(clnt)
