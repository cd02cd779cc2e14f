"""The facts of a network: what becomes of each message, and of the links.

A call is five facts at most, tied together by `call`, the number of the first:

    Sent -> HandedOver -> Answered -> Delivered
    Sent -> … -> Lost, once, wherever it is lost; a handler may have run all the same

Each names the one before it as its cause. What a message holds is in `data`, as it
travels; in files `contents` says the same as plain data.
"""

from __future__ import annotations

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
    in every run of a seed.
    """

    __slots__ = (
        "_call",
        "_facts",
        "_followers",
        "_handed_over",
        "_incarnation",
        "_last",
        "_makes_all",
        "_method",
        "_receiver",
        "_sender",
    )

    def __init__(self, facts: Facts, sender: str, receiver: str, method: str) -> None:
        self._facts = facts
        self._sender = sender
        self._receiver = receiver
        self._method = method
        self._makes_all = facts.wants(_STATIONS)
        # The numbers of its facts: the first, the latest, and that of its arrival.
        self._call = self._last = self._handed_over = 0
        # The sender's, which may be over when the call ends.
        self._incarnation = 0
        self._followers: tuple[Follower, ...] = ()

    def sent(self, data: bytes, nth: int, obstacle: str) -> None:
        """The request sets out; `obstacle` says why it cannot get anywhere, if so."""
        facts = self._facts
        with facts.mutex:
            self._call = self._last = facts.count + 1
            fact = Sent(
                server=self._sender,
                peer=self._receiver,
                method=self._method,
                call=self._call,
                data=data,
                size=len(data),
                nth=nth,
                obstacle=obstacle,
            )
            facts.emit(fact)
            self._incarnation = fact.incarnation
            for begins in facts.ways:
                follower = begins(fact)
                if follower is not None:
                    self._followers += (follower,)

    def handed_over(self) -> None:
        """The request reaches its receiver."""
        facts = self._facts
        with facts.mutex:
            if self._makes_all:
                number = facts.emit(
                    HandedOver(
                        server=self._receiver,
                        peer=self._sender,
                        method=self._method,
                        call=self._call,
                        cause=self._call,
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
        with facts.mutex:
            if self._makes_all:
                number = facts.emit(
                    Answered(
                        server=self._receiver,
                        peer=self._sender,
                        method=self._method,
                        data=reply,
                        size=len(reply),
                        call=self._call,
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
        with facts.mutex:
            if self._makes_all:
                number = facts.emit(
                    Delivered(
                        server=self._sender,
                        incarnation=self._incarnation,
                        peer=self._receiver,
                        method=self._method,
                        size=size,
                        call=self._call,
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
        with facts.mutex:
            if not self._makes_all:
                facts.skip()
                return
            facts.emit(
                Lost(
                    server=self._sender,
                    incarnation=self._incarnation,
                    peer=self._receiver,
                    method=self._method,
                    why=why,
                    call=self._call,
                    cause=self._last,
                )
            )


_STATIONS: Final = (HandedOver, Answered, Delivered, Lost)


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
