"""The simulated network: who is connected to whom, what is up, and the statistics.

What happens to a message on its way is in `transit`, whether it gets there at all
in `faults`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from dataclasses import replace

from labrpc.dispatch import Dispatcher
from labrpc.end import ClientEnd
from labrpc.errors import UsageError
from labrpc.facts import LinkCut, LinkHealed, ModesChanged
from labrpc.faults import Faults
from labrpc.server import Server
from labrpc.transit import Attachment, Fabric, Hold, Message, Port
from labrt import Runtime


class Network:
    """End points, servers and the links between them.

    Names of end points and servers are any hashable values. Reliable, without long
    delays and without long reordering to begin with.
    """

    __slots__ = ("_fabric",)

    def __init__(self, runtime: Runtime, faults: Faults) -> None:
        self._fabric = Fabric(runtime, faults)

    def Cleanup(self) -> None:
        """Destroy the network: new calls return None, those under way still finish."""
        # Like the modes, without the mutex: a single store, which `forward` reads.
        self._fabric.destroyed = True

    # Modes. A call keeps the reliability and the reordering that it started with.

    def Reliable(self, yes: bool) -> None:
        """Turn unreliable mode (short delays, lost requests and replies) off or on."""
        self._fabric.reliable = yes
        self._note_modes()

    def IsReliable(self) -> bool:
        """Whether the network is reliable."""
        return self._fabric.reliable

    def LongReordering(self, yes: bool) -> None:
        """Hold two replies in three back for a long time, or stop doing so."""
        self._fabric.long_reordering = yes
        self._note_modes()

    def LongDelays(self, yes: bool) -> None:
        """Let calls that cannot be delivered take long to fail, or stop doing so."""
        self._fabric.long_delays = yes
        self._note_modes()

    def IsLongDelays(self) -> bool:
        """Whether long delays are on."""
        return self._fabric.long_delays

    # End points.

    def MakeEnd(self, name: Hashable, link: str | None = None) -> ClientEnd:
        """Make an end point, disabled and unconnected.

        `link` names the link in traces, and the decisions about its messages follow
        from it: give a name that is the same in every run. It defaults to the end's
        name.
        """
        fabric = self._fabric
        port = Port(fabric, str(name) if link is None else link)
        with fabric.mutex:
            if name in fabric.ports:
                raise UsageError(f"MakeEnd: there is an end named {name!r} already")
            fabric.ports[name] = port
        return ClientEnd(fabric.runtime, name, port.forward)

    def DeleteEnd(self, name: Hashable) -> None:
        """Remove an end point; its calls fail, those under way and those to come."""
        with self._fabric.mutex:
            port = self._port("DeleteEnd", name)
            del self._fabric.ports[name]
            port.enabled = False
            dying = list(port.in_flight)  # a copy: each takes itself out as it fails
        self._fail(dying)

    def Connect(self, end: Hashable, server: Hashable) -> None:
        """Bind an end point to a server's name, whether or not it exists yet."""
        with self._fabric.mutex:
            port = self._port("Connect", end)
            port.server_name = server
            port.connected = True

    def Enable(self, end: Hashable, yes: bool) -> None:
        """Enable or disable an end point; disabling fails its calls under way."""
        with self._fabric.mutex:
            port = self._port("Enable", end)
            changed = port.enabled != yes
            port.enabled = yes
            dying = [] if yes else list(port.in_flight)
        # Before the calls fail that it was cut under.
        if changed:
            self._note_link(port)
        self._fail(dying)

    def Hold(
        self,
        name: Hashable,
        *,
        matching: Callable[[str], bool] = lambda method: True,
        most: int = sys.maxsize,
    ) -> None:
        """Keep requests that an end point sends from now on, until they are released.

        Those of the methods that are `matching`, and the first `most` of them. They are
        in flight meanwhile: disabling the end point fails their calls, but they arrive
        once they are released, as any request that has left. To hold anew releases
        what was held before.
        """
        self.Release(name)
        with self._fabric.mutex:
            self._port("Hold", name).hold = Hold(matching, most)

    def Release(self, name: Hashable) -> None:
        """Let the requests set out that an end point's hold has kept, and end it."""
        with self._fabric.mutex:
            port = self._port("Release", name)
            hold, port.hold = port.hold, None
        # Outside the mutex, like all that a message does by itself.
        for message in [] if hold is None else hold.held:
            message.set_out()

    def HeldCount(self, name: Hashable) -> int:
        """How many requests of an end point are held."""
        with self._fabric.mutex:
            hold = self._port("HeldCount", name).hold
            return 0 if hold is None else len(hold.held)

    # Servers.

    def AddServer(self, name: Hashable, server: Dispatcher) -> None:
        """Put a server object under a name; calls to the one it replaces fail."""
        if isinstance(server, Server) and not server.name:
            server.name = str(name)
        with self._fabric.mutex:
            old = self._fabric.servers.get(name)
            # The same object again: its calls in flight and its count stay.
            if old is not None and old.server is server:
                return
            dying = self._remove(name)
            self._fabric.servers[name] = Attachment(server)
        self._fail(dying)

    def DeleteServer(self, name: Hashable) -> None:
        """Take the server object away from under its name; calls to it fail."""
        with self._fabric.mutex:
            dying = self._remove(name)
        self._fail(dying)

    # Statistics.

    def GetCount(self, server: Hashable) -> int:
        """How many calls have been dispatched to the present server object.

        Raises `UsageError` when there is none: its counter went with it.
        """
        # Statistics are read without the mutex: each is one number, loaded at once.
        attachment = self._fabric.servers.get(server)
        if attachment is None:
            deleted = server in self._fabric.servers
            state = "is deleted: read its count first" if deleted else "is unknown"
            raise UsageError(f"GetCount: server {server!r} {state}")
        return attachment.count

    def GetSentCount(self, end: Hashable) -> int:
        """How many calls were made on an end point's link, delivered or not.

        An end point that is made anew for the same link goes on counting.
        """
        with self._fabric.mutex:
            return self._port("GetSentCount", end).sent()

    def GetTotalCount(self) -> int:
        """How many calls the network has accepted, delivered or not."""
        return self._fabric.total_count

    def GetTotalBytes(self) -> int:
        """The bytes of all requests accepted and of all replies delivered."""
        return self._fabric.total_bytes

    # Facts.

    def _note_modes(self) -> None:
        fabric = self._fabric
        if fabric.facts is not None:
            modes = ModesChanged(
                reliable=fabric.reliable,
                long_delays=fabric.long_delays,
                long_reordering=fabric.long_reordering,
            )
            fabric.facts.emit(modes)

    def _note_link(self, port: Port) -> None:
        facts = self._fabric.facts
        if facts is not None:
            kind = LinkHealed if port.enabled else LinkCut
            source, _, target = port.link.partition(">")
            facts.emit(kind(server=source, peer=target))

    # These are called with the mutex held, except for `_fail`: it runs `on_done`s.

    def _port(self, operation: str, name: Hashable) -> Port:
        port = self._fabric.ports.get(name)
        if port is None:
            raise UsageError(f"{operation}: there is no end named {name!r}")
        return port

    def _remove(self, name: Hashable) -> list[Message]:
        """Take the attachment of a name out of service and return the calls to it."""
        attachment = self._fabric.servers.get(name)
        self._fabric.servers[name] = None
        if attachment is None:
            return []
        attachment.present = False
        # Over all ports, in the order in which they were made, and not from a list of
        # the server's own: servers go seldom, and messages come and go all the time.
        return [
            message
            for port in self._fabric.ports.values()
            for message in port.in_flight
            if message.target is attachment
        ]

    def _fail(self, messages: list[Message]) -> None:
        for message in messages:
            message.die()


def MakeNetwork(
    runtime: Runtime,
    *,
    hop_delay: tuple[float, float] | None = None,
    faults: Faults | None = None,
) -> Network:
    """Make an empty network.

    `faults` replaces the constants of the course, `hop_delay` just the one of
    them: the range of seconds that a request, or a reply, travels in simulation. With
    a range of its own no message is slower than that.
    """
    faults = faults or Faults()
    if hop_delay is not None:
        faults = replace(faults, hop_delay=hop_delay, slow_hop_per_mille=0)
    return Network(runtime, faults)
