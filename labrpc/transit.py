"""The way of a message through the network.

A call is a ``Message``, moved on by timers and by the server's answer and never by
the task that made it: what is under way arrives, whatever becomes of its sender.
Its stations:

    sent -> undeliverable                  no route: fails after a while
         -> request lost                   fails after the short delay
         -> arrived -> no answer           the server gave up on it: fails
                    -> reply lost          fails
                    -> reply held back     delivered later, come what may
                    -> reply delivered

A message with a route is *exposed* until it ends or is held back: it is listed at its
port, and when the port is disabled, or the server is deleted or replaced, the call
fails at that instant. The request may still arrive afterwards if the server exists, as
it left while the port was enabled; the answer is dropped. A reply that is held back is
past all checks.

Shared state is read and changed under the mutex of the fabric. Nothing is called
under it that is not ours, ``on_done`` and ``dispatch`` least of all.
"""

from __future__ import annotations

from collections.abc import Hashable
from enum import StrEnum

from labrpc.dispatch import Dispatcher, OnDone
from labrpc.faults import Channel, Fates, Faults, Outcome
from labrt import Runtime


class Event(StrEnum):
    """The kinds of trace events of the network."""

    SEND = "send"
    DELIVER = "deliver"
    REPLY = "reply"
    DROP_REQUEST = "drop request"
    DROP_REPLY = "drop reply"
    UNDELIVERABLE = "undeliverable"
    DEAD = "dead"


class Host:
    """A server object in the network, from being added to being deleted or replaced."""

    __slots__ = ("count", "present", "server")

    def __init__(self, server: Dispatcher) -> None:
        self.server = server
        self.count = 0  # calls dispatched to this object
        self.present = True


class Fabric:
    """The state that all ports and messages of one network share."""

    __slots__ = (
        "channels",
        "destroyed",
        "fates",
        "hosts",
        "long_delays",
        "long_reordering",
        "mutex",
        "ports",
        "reliable",
        "runtime",
        "total_bytes",
        "total_count",
    )

    def __init__(self, runtime: Runtime, faults: Faults) -> None:
        self.runtime = runtime
        self.fates = Fates(faults, hops=runtime.simulated)
        self.mutex = runtime.mutex()
        self.reliable = True
        self.long_delays = False
        self.long_reordering = False
        self.destroyed = False
        self.total_count = 0
        self.total_bytes = 0
        self.ports: dict[Hashable, Port] = {}
        self.hosts: dict[Hashable, Host | None] = {}
        # By link and method. Kept when a port is deleted: the next port of the same
        # link continues the numbers, so that no fate is used twice.
        self.channels: dict[tuple[str, str], Channel] = {}

    def channel(self, link: str, method: str) -> Channel:
        """Return the one channel of a method on a link."""
        channel = self.channels.get((link, method))
        if channel is None:
            channel = Channel(self.runtime.seed, link, method)
            self.channels[link, method] = channel
        return channel


class Port:
    """The network's side of one end point."""

    __slots__ = (
        "_channels",
        "connected",
        "enabled",
        "exposed",
        "fabric",
        "host_name",
        "link",
    )

    def __init__(self, fabric: Fabric, link: str) -> None:
        self.fabric = fabric
        self.link = link
        self.enabled = False
        self.connected = False
        self.host_name: Hashable = None  # means something while connected
        # Messages that fail with this port or with their host, oldest first.
        self.exposed: dict[Message, None] = {}
        self._channels: dict[str, Channel] = {}

    def forward(self, method: str, data: bytes, on_done: OnDone) -> None:
        """Send a request; ``on_done`` gets the reply, or None, exactly once."""
        fabric = self.fabric
        with fabric.mutex:
            message = None if fabric.destroyed else self._accept(method, data, on_done)
        if message is None:
            on_done(None)
        else:
            message.send()

    def _accept(self, method: str, data: bytes, on_done: OnDone) -> Message:
        """Count a request and settle its route; the caller holds the mutex."""
        fabric = self.fabric
        fabric.total_count += 1
        fabric.total_bytes += len(data)
        channel = self._channels.get(method)
        if channel is None:
            channel = self._channels[method] = fabric.channel(self.link, method)
        message = Message(self, channel, data, on_done)
        if self.enabled and self.connected:
            message.host = fabric.hosts.get(self.host_name)
            if message.host is not None:
                self.exposed[message] = None
        return message

    def obstacle(self) -> str:
        """Say why nothing can be delivered from here."""
        if not self.enabled:
            return "end disabled"
        return "server down" if self.connected else "end not connected"


class Message:
    """One call on its way: a request, and then its reply."""

    __slots__ = (
        "_channel",
        "_data",
        "_fate",
        "_number",
        "_on_done",
        "_port",
        "_reliable",
        "_reordering",
        "host",
    )

    def __init__(
        self, port: Port, channel: Channel, data: bytes, on_done: OnDone
    ) -> None:
        number = channel.sent = channel.sent + 1
        fabric = port.fabric
        self.host: Host | None = None
        self._port = port
        self._channel = channel
        self._number = number
        self._fate = channel.fate(number)
        self._data = data
        self._on_done: OnDone | None = on_done  # None: the call is completed
        self._reliable = fabric.reliable
        self._reordering = fabric.long_reordering

    def send(self) -> None:
        """Set out: to the host if there is one, else to nowhere."""
        fabric = self._port.fabric
        if fabric.runtime.trace is not None:
            self._trace(Event.SEND, self._data)
        if self.host is None:
            self._wait_for_nothing()
            return
        delay, outcome = fabric.fates.request(self._fate, self._reliable)
        if outcome is Outcome.LOST:
            fabric.runtime.call_later(delay, self._finish, Event.DROP_REQUEST, None)
        elif delay > 0 or fabric.runtime.simulated:
            # In simulation always by a timer, so that no handler is ever started on
            # the sender's stack, in the sender's world.
            fabric.runtime.call_later(delay, self._arrive)
        else:
            self._arrive()

    def die(self) -> None:
        """Complete the call as failed: its port or its host is gone."""
        self._finish(Event.DEAD, None)

    def _wait_for_nothing(self) -> None:
        fabric = self._port.fabric
        delay = fabric.fates.undeliverable(self._fate, long_delays=fabric.long_delays)
        fabric.runtime.call_later(delay, self._finish, Event.UNDELIVERABLE, None)

    def _arrive(self) -> None:
        fabric = self._port.fabric
        host = self.host
        assert host is not None, "a message without a route has arrived"
        with fabric.mutex:
            if not host.present:
                return  # the call failed when the host went
            host.count += 1
        if fabric.runtime.trace is not None:
            self._trace(Event.DELIVER, self._data)
        host.server.dispatch(self._channel.method, self._data, self._answered)

    def _answered(self, reply: bytes | None) -> None:
        """Send the reply on its way; the server calls this, in a task of its own."""
        if self._on_done is None:
            return
        if reply is None:
            self._finish(Event.DEAD, None)
            return
        fabric = self._port.fabric
        delay, outcome = fabric.fates.reply(
            self._fate, self._reliable, self._reordering
        )
        if outcome is Outcome.LOST:
            self._finish(Event.DROP_REPLY, None)
        elif outcome is Outcome.LATE:
            with fabric.mutex:
                if self not in self._port.exposed:
                    return  # the call has failed in between
                del self._port.exposed[self]
            fabric.runtime.call_later(delay, self._finish, Event.REPLY, reply)
        elif delay > 0 or fabric.runtime.simulated:
            fabric.runtime.call_later(delay, self._finish, Event.REPLY, reply)
        else:
            self._finish(Event.REPLY, reply)

    def _finish(self, event: Event, reply: bytes | None) -> None:
        """Complete the call, unless it is completed already."""
        fabric = self._port.fabric
        with fabric.mutex:
            on_done = self._on_done
            if on_done is None:
                return
            self._on_done = None
            self._port.exposed.pop(self, None)
            if reply is not None:
                fabric.total_bytes += len(reply)
        if fabric.runtime.trace is not None:
            self._trace(event, reply)
        on_done(reply)

    def _trace(self, event: Event, data: bytes | None) -> None:
        trace = self._port.fabric.runtime.trace
        assert trace is not None
        text = f"{self._channel.method} #{self._number}"
        if data is not None:
            text += f" {len(data)} B"
        if event is Event.SEND and self.host is None:
            text += f" ({self._port.obstacle()})"
        trace.add(event, self._port.link, text)
