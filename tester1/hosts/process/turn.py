"""Whose turn it is to read from a socket that many threads read from.

At most one thread has the turn. It gets it when there is something to read, or when
its predecessor has left something, and it has to give it back soon.
"""

from __future__ import annotations

import select
import socket
import threading
from typing import Protocol

__all__ = ["Turn", "make_turn"]


class Turn(Protocol):
    """The turn at reading from one socket."""

    def take(self) -> None:
        """Wait for the turn."""

    def give(self, *, more: bool) -> None:
        """Give it back; with `more`, somebody gets it although the socket is empty."""


class LockedTurn:
    """A turn that is a lock: whoever has it waits for the socket by reading from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait for the turn."""
        self._lock.acquire()

    def give(self, *, more: bool) -> None:
        """Give it back, which wakes a thread that waits."""
        self._lock.release()


class PolledTurn:
    """A turn that the kernel hands to one thread whenever the socket is readable.

    To give it back wakes no thread, which would only go on to wait for the socket:
    on the way of every request that would be a change of threads for nothing.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.fileno()
        self._poll = select.epoll()
        # One shot: the kernel tells one thread, and no other until it is armed again.
        # That is all there is of mutual exclusion, so nobody may arm it who has not
        # got the turn.
        self._poll.register(self._file, select.EPOLLIN | select.EPOLLONESHOT)

    def take(self) -> None:
        """Wait for the turn."""
        while not self._poll.poll(maxevents=1):
            pass

    def give(self, *, more: bool) -> None:
        """Give it back; with `more`, a thread gets it at once."""
        # A socket can be written to even if there is nothing to read, nearly always: to
        # wait for that as well wakes a thread for what is left over from before.
        events = select.EPOLLIN | select.EPOLLONESHOT
        self._poll.modify(self._file, events | select.EPOLLOUT if more else events)


def make_turn(connection: socket.socket) -> Turn:
    """The turn at reading from `connection`, of the kind that serves best here."""
    return PolledTurn(connection) if hasattr(select, "epoll") else LockedTurn()
