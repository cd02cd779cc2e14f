"""What Raft offers to the service above it, and what it needs from below.

Every solution has to agree on these names with the tester, so nothing here says how
Raft works. Upwards there is `Raft` itself and the `ApplyChannel` on which it hands over
`ApplyMsg`s; downwards there are the `Persister`, which survives a crash, and one
`ClientEnd` per peer. The last two are given as protocols only: the tester supplies
them, and type annotations are all that a solution needs of them.

Names and spelling are the course's (`ApplyMsg.CommandIndex`, `Raft.GetState`).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

R = TypeVar("R")

__all__ = [
    "ApplyChannel",
    "ApplyMsg",
    "ChannelClosed",
    "ClientEnd",
    "Persister",
    "Raft",
]


@dataclass(frozen=True, slots=True)
class ApplyMsg:
    """One message from Raft to its service: a committed command or a snapshot.

    Exactly one of `CommandValid` and `SnapshotValid` is true. Commands arrive in the
    order of their indices without gaps; after a snapshot that covers everything up to
    `SnapshotIndex`, the next command is the one right behind it.
    """

    CommandValid: bool = False
    Command: Any = None
    CommandIndex: int = 0

    SnapshotValid: bool = False
    Snapshot: bytes = b""
    SnapshotTerm: int = 0
    SnapshotIndex: int = 0


class ChannelClosed(Exception):
    """The channel was closed: nothing can be put or taken any more. Stop using it."""


@dataclass(slots=True, eq=False)
class _Offer:
    """A message whose sender is waiting, and whether a receiver has taken it."""

    message: ApplyMsg
    taken: bool = False


class ApplyChannel:
    """An unbuffered channel: a sender waits until a receiver has taken its message.

    Any number of threads may send and receive; messages are taken in the order in
    which they were put. Closing the channel releases everybody who waits on it.
    """

    def __init__(self) -> None:
        lock = threading.Lock()
        # Two conditions over one lock, so that a send wakes receivers only and a
        # receive wakes senders only.
        self._offered = threading.Condition(lock)
        self._taken = threading.Condition(lock)
        self._offers: deque[_Offer] = deque()
        self._closed = False

    def put(self, message: ApplyMsg, timeout: float | None = None) -> bool:
        """Hand over `message`; return once a receiver has it.

        With a `timeout` in seconds, give up after that long: the message is withdrawn
        and the result is False. Raises `ChannelClosed` if the channel is closed, also
        when that happens during the wait.
        """
        offer = _Offer(message)
        deadline = None if timeout is None else time.monotonic() + timeout
        # Both conditions share the lock, so whichever is entered guards everything.
        with self._taken:
            if self._closed:
                raise ChannelClosed("put on a closed ApplyChannel")
            self._offers.append(offer)
            self._offered.notify()
            while not offer.taken:
                if self._closed:
                    raise ChannelClosed("the ApplyChannel was closed during a put")
                # A message that was taken while this thread came back from its wait
                # is taken, late or not; only one that is still there is withdrawn.
                if not _wait(self._taken, deadline) and offer in self._offers:
                    self._offers.remove(offer)
                    return False
        return True

    def get(self, timeout: float | None = None) -> ApplyMsg:
        """Take the next message, waiting for one if need be.

        Raises `ChannelClosed` once the channel is closed, and `TimeoutError` if a
        `timeout` in seconds is given and passes without a message.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._offered:
            while not self._offers:
                if self._closed:
                    raise ChannelClosed("get on a closed ApplyChannel")
                if not _wait(self._offered, deadline) and not self._offers:
                    raise TimeoutError(f"no ApplyMsg within {timeout} seconds")
            offer = self._offers.popleft()
            offer.taken = True
            # All, since a condition cannot wake the one whose message this was.
            self._taken.notify_all()
            return offer.message

    def close(self) -> None:
        """Close the channel; closing it again changes nothing.

        Messages that no receiver has taken yet are dropped: their senders are told so
        by `ChannelClosed`.
        """
        with self._offered:
            self._closed = True
            self._offers.clear()
            self._offered.notify_all()
            self._taken.notify_all()

    def __iter__(self) -> Iterator[ApplyMsg]:
        """Receive messages until the channel is closed."""
        while True:
            try:
                message = self.get()
            except ChannelClosed:
                return
            yield message


def _wait(condition: threading.Condition, deadline: float | None) -> bool:
    """Wait to be notified; False means that the deadline has passed."""
    if deadline is None:
        return condition.wait()
    remaining = deadline - time.monotonic()
    return remaining > 0 and condition.wait(remaining)


class Raft(Protocol):
    """One peer of a Raft group, as its service and the tester see it."""

    def Start(self, command: Any, /) -> tuple[int, int, bool]:
        """Propose `command`; returns (index, term, is leader) without waiting.

        On a leader, index is where the command will be if it is ever committed. On any
        other peer the third result is False and the first two mean nothing.
        """

    def GetState(self) -> tuple[int, bool]:
        """The current term, and whether this peer believes that it leads in it."""

    def Snapshot(self, index: int, snapshot: bytes, /) -> None:
        """Take over `snapshot`, the service's state up to and including `index`.

        Raft may forget the log up to there. It keeps the snapshot, for the persister
        and for followers that are too far behind.
        """

    def PersistBytes(self) -> int:
        """How many bytes of Raft state (without the snapshot) are persisted."""

    def Kill(self) -> None:
        """Stop this peer's threads and close its apply channel, for good."""


class Persister(Protocol):
    """Stable storage of one server: its Raft state and its latest snapshot."""

    def Save(self, raftstate: bytes, snapshot: bytes | None, /) -> None:
        """Replace both in one atomic step; None stores an empty snapshot."""

    def ReadRaftState(self) -> bytes:
        """The Raft state saved last; empty if there is none."""

    def ReadSnapshot(self) -> bytes:
        """The snapshot saved last; empty if there is none."""

    def RaftStateSize(self) -> int:
        """The length of the Raft state in bytes."""

    def SnapshotSize(self) -> int:
        """The length of the snapshot in bytes."""


class ClientEnd(Protocol):
    """The way to one peer."""

    def Call(self, method: str, args: object, reply_type: type[R], /) -> R | None:
        """Call `method` ("Raft.RequestVote") there and wait for the reply.

        None says nothing about what happened: the request may be lost, or it was
        handled and the reply is lost. It can take seconds to come. Any number of calls
        may be in flight at once, and they may overtake each other.
        """
