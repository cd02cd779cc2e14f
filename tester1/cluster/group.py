"""A group of servers: starting, crashing and restarting them, and who reaches whom.

Rules:

- Each incarnation of a server gets end points of its own. Their names differ from
  those of every other incarnation; the names of their *links*, from which the decisions
  about messages derive, stay.
- A crash keeps one order: cut off, removed from the network, disk image taken, ended.
  So no reply can escape for something that the disk image does not hold.
- Only server-to-server end points are touched: a clerk still reaches a server that is
  disconnected or partitioned.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from labrpc import ClientEnd, Network
from labrt import Runtime
from tester1.cluster.direct import DirectPath, PendingCall
from tester1.hosts.interface import Host, Launch, Program, ServerHandle
from tester1.hosts.persister import Persister

R = TypeVar("R")

GRP0 = 0
"""The number of the only group of labs 3 and 4."""

__all__ = ["GRP0", "ServerGrp", "server_name", "server_number"]


def server_name(gid: int, server: int) -> str:
    """The name of a server in the network, in messages and in traces."""
    return f"server-{gid}-{server}"


def server_number(name: str) -> int:
    """The number, within its group, of the server of that name."""
    return int(name.rpartition("-")[2])


class _Server:
    """One server over all its incarnations."""

    __slots__ = ("direct", "ends", "handle", "incarnation", "name", "saved")

    def __init__(self, name: str, servers: int) -> None:
        self.name = name
        self.saved = Persister()
        self.incarnation = 0
        # The names of the end points towards each server; none before the first start.
        self.ends: list[str] = []
        self.handle: ServerHandle | None = None
        self.direct: DirectPath | None = None


class ServerGrp:
    """The servers of one group, which all run `program`; made by `Config`.

    The connected flags say what the test wants, whatever the servers' state.
    """

    def __init__(
        self,
        runtime: Runtime,
        net: Network,
        host: Host,
        program: Program,
        *,
        gid: int,
        n: int,
    ) -> None:
        self.gid = gid
        self.n = n
        self._runtime = runtime
        self._net = net
        self._host = host
        self.program = program
        self._servers = [_Server(server_name(gid, i), n) for i in range(n)]
        # As in the course: servers are attached by `connect`, after they were started.
        self._connected = [False] * n

    def servers(self) -> range:
        """The numbers of all servers."""
        return range(self.n)

    def server_names(self) -> list[str]:
        """The names of all servers, as clients call them."""
        return [server.name for server in self._servers]

    # Connectivity

    def connect(self, i: int, servers: Iterable[int]) -> None:
        """Attach server `i`, with links to and from those of `servers` attached."""
        self._connected[i] = True
        for j in servers:
            # A link to a server that is detached stays cut. It is made by the `connect`
            # that attaches the later of the two.
            if self._connected[j]:
                self._enable(i, j, True)
                self._enable(j, i, True)

    def disconnect(self, i: int, servers: Iterable[int]) -> None:
        """Detach server `i`; its links to and from `servers` are cut."""
        self._connected[i] = False
        for j in servers:
            self._enable(i, j, False)
            self._enable(j, i, False)

    def connect_one(self, i: int) -> None:
        """Attach server `i` to everybody who is attached."""
        self.connect(i, self.servers())

    def connect_all(self) -> None:
        """Attach every server."""
        for i in self.servers():
            self.connect_one(i)

    def disconnect_all(self, i: int) -> None:
        """Cut server `i` off from every server, itself included."""
        self.disconnect(i, self.servers())

    def is_connected(self, i: int) -> bool:
        """Whether the test considers server `i` attached."""
        return self._connected[i]

    def get_connected(self) -> list[bool]:
        """The connected flags of all servers."""
        return list(self._connected)

    def partition(self, first: Sequence[int], second: Sequence[int]) -> None:
        """Full connectivity within each part and none across; all flags end true."""
        for part, other in ((first, second), (second, first)):
            # One server after the other, as in the course: the flag that `disconnect`
            # takes from a server is back before the next server's links are made.
            for i in part:
                self.disconnect(i, other)
                self.connect(i, part)

    def make_partition(self, leader: int) -> tuple[list[int], list[int]]:
        """Two parts, the larger first; `leader` is the last of the smaller one."""
        others = [i for i in self.servers() if i != leader]
        majority = self.n // 2 + 1
        return others[:majority], [*others[majority:], leader]

    def _enable(self, source: int, target: int, enabled: bool) -> None:
        ends = self._servers[source].ends
        if ends:
            self._net.Enable(ends[target], enabled)

    # Single links, whatever the flags say. They are those of present incarnations.

    def enable_link(self, source: int, target: int, enabled: bool) -> None:
        """Let calls of `source` reach `target`, or cut them off, in this direction."""
        self._enable(source, target, enabled)

    def hold_link(
        self,
        source: int,
        target: int,
        *,
        matching: Callable[[str], bool] = lambda method: True,
        most: int = sys.maxsize,
    ) -> None:
        """Keep the calls of `source` to `target` on their way: see `Network.Hold`."""
        end = self._servers[source].ends[target]
        self._net.Hold(end, matching=matching, most=most)

    def release_link(self, source: int, target: int) -> None:
        """Let the calls go on that are held on the way from `source` to `target`."""
        self._net.Release(self._servers[source].ends[target])

    def held_on_link(self, source: int, target: int) -> int:
        """How many calls are held on the way from `source` to `target`."""
        return self._net.HeldCount(self._servers[source].ends[target])

    # Starting and stopping

    def start_server(self, i: int) -> None:
        """Start server `i`, which must be down, from what its disk holds.

        It can be called when this returns, but it is not attached: `connect_one` must
        follow. Raises `LabFailure` if the solution cannot be loaded.
        """
        server = self._servers[i]
        assert not self.alive(i), f"{server.name} runs already"
        # End points are made anew for each incarnation: whatever is in flight to or
        # from the old ones must not reach the new server.
        server.incarnation += 1
        ends = self._make_ends(i)
        handle = self._host.start_server(
            Launch(server.name, self.program, ends, self.gid, i, server.saved)
        )
        server.handle = handle
        server.direct = DirectPath(self._runtime, server.name, handle.dispatch)
        # Last: no call may reach a server that has not been started.
        self._net.AddServer(server.name, handle.server)

    def start_servers(self) -> None:
        """Start every server, then attach all of them."""
        self.start_many(self.servers())
        self.connect_all()

    def start_many(self, servers: Iterable[int]) -> None:
        """Start each of `servers`, in order."""
        for i in servers:
            self.start_server(i)

    def shutdown_server(self, i: int) -> None:
        """Crash server `i`: only its disk survives. Harmless if it is down."""
        server = self._servers[i]
        # Cut off first, so that nothing that the server says from here on is heard: a
        # crash has to look the same to everybody.
        self.disconnect_all(i)
        self._net.DeleteServer(server.name)
        # Forgotten before it is stopped, which takes time where it is a process.
        handle, server.handle = server.handle, None
        direct, server.direct = server.direct, None
        try:
            if handle is not None:
                server.saved = handle.stop()
        finally:  # whoever waits for its answer has to be told, however it ended
            if direct is not None:
                direct.close()

    def shutdown(self) -> None:
        """Crash every server, in order."""
        self.kill(self.servers())

    def kill(self, servers: Iterable[int]) -> None:
        """Crash each of `servers`, in order."""
        for i in servers:
            self.shutdown_server(i)

    def alive(self, i: int) -> bool:
        """Whether server `i` runs, attached or not."""
        handle = self._servers[i].handle
        return handle is not None and handle.alive

    def _make_ends(self, i: int) -> list[ClientEnd]:
        """Fresh end points of server `i` to every server, disabled as yet."""
        server = self._servers[i]
        links = [f"{server.name}>{peer.name}" for peer in self._servers]
        server.ends = [f"{link}#{server.incarnation}" for link in links]
        made = []
        for peer, name, link in zip(self._servers, server.ends, links, strict=True):
            made.append(self._net.MakeEnd(name, link=link))
            self._net.Connect(name, peer.name)
        return made

    # Questions

    def call(self, i: int, method: str, args: object, reply_type: type[R]) -> R | None:
        """Call server `i` directly, not through the network; None if it is down.

        A call in progress when the server is shut down returns None, too.
        """
        direct = self._servers[i].direct
        return None if direct is None else direct.call(method, args, reply_type)

    def pending_calls(self) -> list[PendingCall]:
        """The direct calls that have not returned."""
        # A server that is down has none: its calls returned when it was shut down.
        paths = [server.direct for server in self._servers]
        return [call for path in paths if path is not None for call in path.pending()]

    def raft_size(self) -> int:
        """The largest persisted Raft state of any server, up or down, in bytes."""
        return max(
            server.saved.RaftStateSize()
            if server.handle is None
            else server.handle.raft_size()
            for server in self._servers
        )

    def snapshot_size(self) -> int:
        """The largest persisted snapshot of any server, up or down, in bytes."""
        return max(self.snapshot_sizes())

    def snapshot_sizes(self) -> list[int]:
        """The size of each server's persisted snapshot, up or down, in bytes."""
        return [
            server.saved.SnapshotSize()
            if server.handle is None
            else server.handle.snapshot_size()
            for server in self._servers
        ]

    def rpc_count(self, i: int) -> int:
        """Calls that the network has delivered to the present server `i`."""
        return self._net.GetCount(self._servers[i].name)
