"""The way of a message through the network.

A call is a `Message`, moved on by timers and by the server's answer and never by
the task that made it: what is under way arrives, whatever becomes of its sender.
Its stations:

    sent -> undeliverable                  no route: fails after a while
         -> request lost                   fails after the short delay
         -> arrived -> no answer           the server gave up on it: fails
                    -> reply lost          fails
                    -> reply held back     delivered later, come what may
                    -> reply delivered

A request may be *held* at its port (`Hold`), and then sets out when it is released.
A message with a route is *in flight* until it ends or is held back: it is listed at
its port, and when the port is disabled, or the server is deleted or replaced, the call
fails at that instant. The request may still arrive afterwards if the server exists, as
it left while the port was enabled; the answer is dropped. A reply that is held back is
past all checks.

Shared state is read and changed under the mutex of the fabric. Nothing is called
under it that is not ours, `on_done` and `dispatch` least of all: they run code of the
caller's or the server's, which may call into the network again.

What a run does may depend on the seed alone. The decisions about a message follow from
its key, whenever they are taken (`labrpc.faults`). What is left is the order in which
messages are numbered, timers are set and calls are failed: it comes from the order of
the calls and of the making of ends, never from a set or from the hash of a name.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import StrEnum

from labrpc.dispatch import Dispatcher, OnDone
from labrpc.facts import facts_of_call
from labrpc.faults import Decider, Decision, Faults, Flow
from labrt import Runtime


class Why(StrEnum):
    """Why a call fails."""

    REQUEST_LOST = "request lost"
    REPLY_LOST = "reply lost"
    UNDELIVERABLE = "undeliverable"
    NO_ANSWER = "no answer"
    CUT_OFF = "cut off"


class Attachment:
    """A server object under its name, from being added to being deleted or replaced.

    Not the server object itself: the same one may be added again, and then is another
    target with a count of its own.
    """

    __slots__ = ("count", "present", "server")

    def __init__(self, server: Dispatcher) -> None:
        self.server = server
        self.count = 0  # calls dispatched to this object
        self.present = True  # for good False once it is deleted or replaced


class Fabric:
    """The state that all ports and messages of one network share."""

    __slots__ = (
        "decider",
        "destroyed",
        "facts",
        "flows",
        "long_delays",
        "long_reordering",
        "mutex",
        "ports",
        "reliable",
        "runtime",
        "servers",
        "total_bytes",
        "total_count",
    )

    def __init__(self, runtime: Runtime, faults: Faults) -> None:
        self.runtime = runtime
        self.facts = runtime.facts
        self.decider = Decider(faults, hops=runtime.simulated)
        self.mutex = runtime.mutex()
        self.reliable = True
        self.long_delays = False
        self.long_reordering = False
        self.destroyed = False
        self.total_count = 0
        self.total_bytes = 0
        self.ports: dict[Hashable, Port] = {}
        # None: there was a server of this name, and it is deleted.
        self.servers: dict[Hashable, Attachment | None] = {}
        # By link and method. Kept when a port is deleted: the next port of the same
        # link continues the numbers, so that no key is used twice. A server that
        # is started anew would otherwise meet the same losses again.
        self.flows: dict[tuple[str, str], Flow] = {}

    def flow(self, link: str, method: str) -> Flow:
        """The one flow of a method on a link."""
        flow = self.flows.get((link, method))
        if flow is None:
            flow = Flow(self.runtime.seed, link, method)
            self.flows[link, method] = flow
        return flow


@dataclass(slots=True)
class Hold:
    """Keeps requests of a port from setting out: the first `most` that match."""

    matching: Callable[[str], bool]
    """Which methods are meant."""
    most: int
    held: list[Message] = field(default_factory=list)

    def take(self, message: Message, method: str) -> bool:
        """Whether this one is held, from here on until it is released."""
        if len(self.held) >= self.most or not self.matching(method):
            return False
        self.held.append(message)
        return True


class Port:
    """The network's side of one end point."""

    __slots__ = (
        "_flows",
        "connected",
        "enabled",
        "fabric",
        "hold",
        "in_flight",
        "link",
        "server_name",
    )

    def __init__(self, fabric: Fabric, link: str) -> None:
        self.fabric = fabric
        self.link = link
        self.enabled = False
        self.connected = False
        self.server_name: Hashable = None  # means something while connected
        self.hold: Hold | None = None
        # Messages that fail with this port or with their target, oldest first. A dict
        # because they fail in this order, which a set does not keep.
        self.in_flight: dict[Message, None] = {}
        self._flows: dict[str, Flow] = {}  # saves a look-up by link and method

    def forward(self, method: str, data: bytes, on_done: OnDone) -> None:
        """Send a request; `on_done` gets the reply, or None, exactly once."""
        fabric = self.fabric
        with fabric.mutex:
            message = None if fabric.destroyed else self._accept(method, data, on_done)
        # Both outside the mutex, which `on_done` and `send` may want.
        if message is None:
            on_done(None)
        else:
            message.send()

    def _accept(self, method: str, data: bytes, on_done: OnDone) -> Message:
        """Count a request and settle its route; the caller holds the mutex."""
        fabric = self.fabric
        fabric.total_count += 1
        fabric.total_bytes += len(data)
        flow = self._flows.get(method)
        if flow is None:
            flow = self._flows[method] = fabric.flow(self.link, method)
        message = Message(self, flow, data, on_done)
        # The route is settled here, once: a port that is enabled, or a server that is
        # added, a moment later does not help this message.
        if self.enabled and self.connected:
            message.target = fabric.servers.get(self.server_name)
            if message.target is not None:
                self.in_flight[message] = None
        return message

    def sent(self) -> int:
        """How many requests were accepted on this link, delivered or not."""
        return sum(flow.sent for flow in self._flows.values())

    def obstacle(self) -> str:
        """Why nothing can be delivered from here."""
        if not self.enabled:
            return "end disabled"
        return "server down" if self.connected else "end not connected"


class Message:
    """One call on its way: a request, and then its reply."""

    __slots__ = (
        "_data",
        "_facts",
        "_flow",
        "_key",
        "_number",
        "_on_done",
        "_port",
        "_reliable",
        "_reordering",
        "target",
    )

    def __init__(self, port: Port, flow: Flow, data: bytes, on_done: OnDone) -> None:
        # The only place that numbers: under the mutex, in the order of the calls, and
        # for every accepted message, with a route or without. The key, and with it
        # every decision, hangs on that number.
        number = flow.sent = flow.sent + 1
        fabric = port.fabric
        self.target: Attachment | None = None
        self._port = port
        self._flow = flow
        self._number = number
        self._key = flow.key_of(number)
        self._data = data
        self._on_done: OnDone | None = on_done  # None: the call is completed
        # A call keeps the modes that it started with, so that a change of them in the
        # middle of a test decides about new calls only.
        self._reliable = fabric.reliable
        self._reordering = fabric.long_reordering
        facts = fabric.facts
        self._facts = (
            None
            if facts is None
            else facts_of_call(facts, flow.source, flow.target, flow.method)
        )

    def send(self) -> None:
        """Set out: to the target if there is one, else to nowhere."""
        fabric = self._port.fabric
        # Before any timer is set, so that a message is sent before all else that
        # happens to it, among the facts too.
        if self._facts is not None:
            obstacle = "" if self.target is not None else self._port.obstacle()
            self._facts.sent(self._data, self._number, obstacle)
        if self.target is None:
            self._wait_for_nothing()
            return
        # Looked at twice: holds are rare, and this is the way of every message.
        if self._port.hold is not None:
            with fabric.mutex:
                hold = self._port.hold
                if hold is not None and hold.take(self, self._flow.method):
                    return
        self.set_out()

    def set_out(self) -> None:
        """Travel to the target, or get lost on the way."""
        fabric = self._port.fabric
        delay, decision = fabric.decider.request(self._key, self._reliable)
        if decision is Decision.DROP:
            fabric.runtime.call_later(delay, self._finish, None, Why.REQUEST_LOST)
        elif delay > 0 or fabric.runtime.simulated:
            # In simulation always by a timer, if only of zero seconds, so that no
            # handler is ever started on the sender's stack, in the sender's world.
            fabric.runtime.call_later(delay, self._arrive)
        else:
            self._arrive()

    def die(self) -> None:
        """Complete the call as failed: its port or its target is gone."""
        self._finish(None, Why.CUT_OFF)

    def _wait_for_nothing(self) -> None:
        fabric = self._port.fabric
        delay = fabric.decider.undeliverable(self._key, long_delays=fabric.long_delays)
        fabric.runtime.call_later(delay, self._finish, None, Why.UNDELIVERABLE)

    def _arrive(self) -> None:
        fabric = self._port.fabric
        target = self.target
        assert target is not None, "a message without a route has arrived"
        with fabric.mutex:
            if not target.present:
                return  # the call failed when the server went
            target.count += 1
        # Before its handler can start.
        if self._facts is not None:
            self._facts.handed_over()
        target.server.dispatch(self._flow.method, self._data, self._answered)

    def _answered(self, reply: bytes | None) -> None:
        """Send the reply on its way; the server calls this, in a task of its own."""
        # Whatever becomes of the reply, and though the call may have failed by now: the
        # server has given its word.
        if self._facts is not None and reply is not None:
            self._facts.answered(reply)
        # An early way out, without the mutex: `_finish` looks again, with it.
        if self._on_done is None:
            return
        if reply is None:
            self._finish(None, Why.NO_ANSWER)
            return
        fabric = self._port.fabric
        delay, decision = fabric.decider.reply(
            self._key, self._reliable, self._reordering
        )
        if decision is Decision.DROP:
            self._finish(None, Why.REPLY_LOST)
        elif decision is Decision.HOLD_BACK:
            # From here on nothing fails the call: neither the end of its port nor that
            # of its server. That is what makes replies overtake a restart.
            with fabric.mutex:
                if self not in self._port.in_flight:
                    return  # the call has failed in between
                del self._port.in_flight[self]
            fabric.runtime.call_later(delay, self._finish, reply)
        elif delay > 0 or fabric.runtime.simulated:
            fabric.runtime.call_later(delay, self._finish, reply)
        else:
            self._finish(reply)

    def _finish(self, reply: bytes | None, why: Why = Why.NO_ANSWER) -> None:
        """Complete the call, unless it is completed already; `why` is for a failure."""
        fabric = self._port.fabric
        with fabric.mutex:
            # Several may want to complete a call (a timer, the server's answer, the
            # end of its port): the first does, and takes `on_done` with it.
            on_done = self._on_done
            if on_done is None:
                return
            self._on_done = None
            self._port.in_flight.pop(self, None)
            # A reply counts once it is delivered, a request as soon as it is accepted.
            if reply is not None:
                fabric.total_bytes += len(reply)
        # Before the caller can act on it.
        if self._facts is not None:
            if reply is None:
                self._facts.lost(why)
            else:
                self._facts.delivered(len(reply))
        on_done(reply)
