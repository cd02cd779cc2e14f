"""The facts of a network: what becomes of each message, and of the links.

A call is five facts at most, tied together by `call`, the number of the first:

    Sent -> HandedOver -> Answered -> Delivered
    Sent -> … -> Lost, once, wherever it is lost; a handler may have run all the same

Each names the one before it as its cause. What a message holds is in `data`, as it
travels; in files `contents` says the same as plain data.
"""

from __future__ import annotations

from typing import Self

import msgspec

from labgob.descriptions import plain
from labrt import Fact

__all__ = [
    "Answered",
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

    While a `Sent` is read for the first time, its own `number` alone says that.

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
