"""Messages and services of the programs that the tests here start as processes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from labrpc import ClientEnd
from raft1.raftapi import Persister

MEETING = 12
"""How many calls a `Peer` waits for in `Meet`."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text, or none worth mentioning."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Lengths of what is saved."""

    state: int = 0
    snapshot: int = 0


@dataclass(slots=True)
class Notes:
    """A service of the tester: keeps what programs tell it."""

    texts: list[str] = field(default_factory=list)

    def Tell(self, note: Text) -> Text:
        """Take note of a text."""
        self.texts.append(note.text)
        return Text(f"noted {len(self.texts)}")


class Peer:
    """A server that can be told to do this and that."""

    def __init__(
        self, ends: Sequence[ClientEnd], me: int, persister: Persister
    ) -> None:
        self._ends = ends
        self._me = me
        self._persister = persister
        self._meeting = threading.Barrier(MEETING)

    def Pid(self, args: Text) -> Text:
        """The process that runs this server."""
        return Text(str(os.getpid()))

    def Greet(self, args: Text) -> Text:
        """Answer a peer."""
        return Text(f"{args.text}, says {self._me}")

    def AskNext(self, args: Text) -> Text:
        """Ask the next server through the network; its answer, or "nothing"."""
        end = self._ends[(self._me + 1) % len(self._ends)]
        reply = end.Call("Peer.Greet", args, Text)
        return Text("nothing") if reply is None else reply

    def Save(self, args: Text) -> Sizes:
        """Save the text, and twice the text as a snapshot."""
        self._persister.Save(args.text.encode(), 2 * args.text.encode())
        return Sizes(len(args.text), 2 * len(args.text))

    def Saved(self, args: Text) -> Text:
        """What is saved as the state."""
        return Text(self._persister.ReadRaftState().decode())

    def Stop(self, args: Text) -> Text:
        """Stop the whole process, without ending it."""
        os.kill(os.getpid(), signal.SIGSTOP)
        # This thread may run on until another one has taken the signal.
        threading.Event().wait()
        return args

    def Meet(self, args: Text) -> Text:
        """Return once `MEETING` calls are under way."""
        self._meeting.wait()
        return args

    def Wait(self, args: Text) -> Text:
        """Never return."""
        threading.Event().wait()
        return args


def start_peer(
    tester: object,
    ends: Sequence[ClientEnd],
    gid: int,
    me: int,
    persister: Persister,
) -> list[object]:
    """Start a `Peer`."""
    return [Peer(ends, me, persister)]


def misbehaving(act: Callable[[], object]) -> Callable[..., list[object]]:
    """A program of servers, the last of which does `act` on a thread of its own."""

    def start(
        tester: object,
        ends: Sequence[ClientEnd],
        gid: int,
        me: int,
        persister: Persister,
    ) -> list[object]:
        if me == len(ends) - 1:
            threading.Thread(target=act, name="culprit").start()
        return [Peer(ends, me, persister)]

    return start
