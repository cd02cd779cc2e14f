"""The facts of a network: what becomes of each message, and of the links.

A call is five facts at most, tied together by `call`, the number of the first:

    Sent -> HandedOver -> Answered -> Delivered
    Sent -> … -> Lost, once, wherever it is lost; a handler may have run all the same

Each names the one before it as its cause. What a message holds is in `data`, as it
travels; in files `contents` says the same as plain data.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final, Self

import msgspec

from labgob.descriptions import plain
from labrt import Fact, Facts, Follower

__all__ = [
    "Answered",
    "CallFacts",
    "Carrying",
    "Delivered",
    "HandedOver",
    "LinkCut",
    "LinkHealed",
    "Lost",
    "Message",
    "ModesChanged",
    "Sent",
    "facts_of_call",
]


class Message(Fact, gc=False, tag="message"):
    """Something that happens to a call; `call` is the number of its `Sent`.

    `peer` is the program at the other end of the call.
    """

    peer: str
    method: str
    call: int = 0

    def text(self) -> str:
        """The peer and the method."""
        return f"{self.peer} {self.method}"


class Carrying(Message, gc=False, tag="carrying"):
    """A message that carries something: `size` bytes, which are `data`."""

    data: bytes = b""
    size: int = 0
    contents: object = None

    @property
    def content(self) -> object:
        """What the message holds, as plain data: a record is a dict."""
        return plain(self.data) if self.data else self.contents

    def lasting(self) -> Self:
        """The same with its contents spelled out."""
        return msgspec.structs.replace(self, data=b"", contents=self.content)


class Sent(Carrying, gc=False, tag="sent"):
    """A program sent a request to `peer`.

    `obstacle` says why it can only be lost, if that is known from the start. `nth` is
    its number among the requests of this method on this link.
    """

    nth: int = 0
    obstacle: str = ""

    def text(self) -> str:
        """The peer, the method and which of them it is."""
        obstacle = f" ({self.obstacle})" if self.obstacle else ""
        return f"{self.peer} {self.method} #{self.nth} {self.size} B{obstacle}"


class HandedOver(Message, gc=False, tag="handed over"):
    """A request of `peer` reached the program: its handler may start from now on."""


class Answered(Carrying, gc=False, tag="answered"):
    """The program's handler has returned; whether `peer` ever learns of it is open."""


class Delivered(Message, gc=False, tag="delivered"):
    """The reply of `peer` reached the program that had called."""

    size: int = 0


class Lost(Message, gc=False, tag="lost"):
    """A call of the program failed: `why` says which part was lost, and where."""

    why: str = ""

    def text(self) -> str:
        """The peer, the method and the reason."""
        return f"{self.peer} {self.method} ({self.why})"


class CallFacts:
    """The facts of one call, made at its stations; whoever follows it is told.

    A fact that nobody keeps or reads is only counted, so that all have the same numbers
    in every run of a seed. `facts_of_call` makes the right kind of these.
    """

    __slots__ = (
        "_facts",
        "_followers",
        "_handed_over",
        "_last",
        "_makes_all",
        "data",
        "incarnation",
        "method",
        "number",
        "receiver",
        "sender",
        "time",
    )

    def __init__(self, facts: Facts, sender: str, receiver: str, method: str) -> None:
        self._facts = facts
        self.sender = sender
        self.receiver = receiver
        self.method = method
        # What follows is set when it is sent. (With real threads it may fail before.)
        self.number = 0
        """The number of its first fact, which all of them bear as `call`."""
        self.time = 0.0
        """When it was sent, in seconds of the run."""
        self.incarnation = 0
        """The sender's, which may be over when the call ends."""
        self.data = b""
        """The request, as it travels."""
        self._makes_all = False
        # The number of its latest fact, and that of its arrival.
        self._last = self._handed_over = 0
        self._followers: tuple[Follower, ...] = ()

    def sent(self, data: bytes, nth: int, obstacle: str) -> None:
        """The request sets out; `obstacle` says why it cannot get anywhere, if so."""
        facts = self._facts
        self.data = data
        self._makes_all = facts.wants(*_STATIONS)
        if self._makes_all:
            fact = Sent(
                server=self.sender,
                peer=self.receiver,
                method=self.method,
                call=facts.count + 1,
                data=data,
                size=len(data),
                nth=nth,
                obstacle=obstacle,
            )
            self.number = self._last = facts.emit(fact)
            self.time = fact.time
            self.incarnation = fact.incarnation
        else:
            self.number = self._last = facts.skip()
            self.time = facts.now()
            self.incarnation = facts.incarnation(self.sender)
        for begins in facts.ways:
            follower = begins(self)
            if follower is not None:
                self._followers += (follower,)

    def handed_over(self) -> None:
        """The request reaches its receiver."""
        facts = self._facts
        if self._makes_all:
            number = facts.emit(
                HandedOver(
                    server=self.receiver,
                    peer=self.sender,
                    method=self.method,
                    call=self.number,
                    cause=self.number,
                )
            )
        else:
            number = facts.skip()
        self._last = self._handed_over = number
        for follower in self._followers:
            follower.handed_over(number, facts.now())

    def answered(self, reply: bytes) -> None:
        """The receiver's handler has returned."""
        facts = self._facts
        if self._makes_all:
            number = facts.emit(
                Answered(
                    server=self.receiver,
                    peer=self.sender,
                    method=self.method,
                    data=reply,
                    size=len(reply),
                    call=self.number,
                    cause=self._handed_over,
                )
            )
        else:
            number = facts.skip()
        self._last = number
        for follower in self._followers:
            follower.answered(number, facts.now(), reply)

    def delivered(self, size: int) -> None:
        """The sender gets the reply, of so many bytes."""
        facts = self._facts
        if self._makes_all:
            number = facts.emit(
                Delivered(
                    server=self.sender,
                    incarnation=self.incarnation,
                    peer=self.receiver,
                    method=self.method,
                    size=size,
                    call=self.number,
                    cause=self._last,
                )
            )
        else:
            number = facts.skip()
        for follower in self._followers:
            follower.delivered(number, facts.now())

    def lost(self, why: str) -> None:
        """The call fails."""
        facts = self._facts
        if not self._makes_all:
            facts.skip()
            return
        facts.emit(
            Lost(
                server=self.sender,
                incarnation=self.incarnation,
                peer=self.receiver,
                method=self.method,
                why=why,
                call=self.number,
                cause=self._last,
            )
        )


class _SharedCallFacts(CallFacts):
    """The same where tasks run side by side: one station of all calls at a time."""

    __slots__ = ("_mutex",)

    def __init__(
        self,
        facts: Facts,
        sender: str,
        receiver: str,
        method: str,
        mutex: AbstractContextManager[object],
    ) -> None:
        super().__init__(facts, sender, receiver, method)
        self._mutex = mutex

    def sent(self, data: bytes, nth: int, obstacle: str) -> None:
        with self._mutex:
            super().sent(data, nth, obstacle)

    def handed_over(self) -> None:
        with self._mutex:
            super().handed_over()

    def answered(self, reply: bytes) -> None:
        with self._mutex:
            super().answered(reply)

    def delivered(self, size: int) -> None:
        with self._mutex:
            super().delivered(size)

    def lost(self, why: str) -> None:
        with self._mutex:
            super().lost(why)


def facts_of_call(facts: Facts, sender: str, receiver: str, method: str) -> CallFacts:
    """The facts of a call that is about to be sent."""
    if facts.mutex is None:
        return CallFacts(facts, sender, receiver, method)
    return _SharedCallFacts(facts, sender, receiver, method, facts.mutex)


_STATIONS: Final = (Sent, HandedOver, Answered, Delivered, Lost)


class LinkCut(Fact, gc=False, tag="cut"):
    """What the program sends to `peer` does not arrive any more."""

    peer: str

    def text(self) -> str:
        """The peer."""
        return self.peer


class LinkHealed(Fact, gc=False, tag="healed"):
    """What the program sends to `peer` arrives from here on."""

    peer: str

    def text(self) -> str:
        """The peer."""
        return self.peer


class ModesChanged(Fact, gc=False, tag="network"):
    """The network's modes are now these."""

    reliable: bool
    long_delays: bool
    long_reordering: bool

    def text(self) -> str:
        """The modes, those that do harm."""
        harm = (
            *(() if self.reliable else ("unreliable",)),
            *(("long delays",) if self.long_delays else ()),
            *(("long reordering",) if self.long_reordering else ()),
        )
        return ", ".join(harm) or "reliable"
