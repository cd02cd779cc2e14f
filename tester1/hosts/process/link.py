"""A process's end of its socket to the tester: calls, replies and requests.

Threads take turns at reading. Whoever reads a reply hands it to the caller that waits
for it and reads on; whoever reads a request passes the turn to another thread and runs
the handler itself, so that no request waits for a thread to wake up, and a handler that
blocks holds up nobody. The others wait for their turn in the kernel, which wakes one of
them when there is something to read: to pass the turn on wakes nobody by itself.

When the tester is gone, the process ends at once, whatever it is doing.
"""

from __future__ import annotations

import errno
import itertools
import os
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, NoReturn

from labrpc import OnDone
from tester1.hosts.process.frames import Frame, FrameReader, Kind, encode_frame
from tester1.hosts.process.turn import make_turn

__all__ = ["Link"]

_CHUNK: Final = 1 << 16
"""What is read at once; larger blocks come from the kernel anew each time."""
MAX_IDLE: Final = 64
"""More threads than this do not wait for a turn at reading."""

Serve = Callable[[str, bytes, OnDone], None]
"""Runs a handler in the calling thread; see `labrpc.server.Server.serve`."""


class Link:
    """Frames to and from the tester; `serve` gets the requests."""

    def __init__(self, connection: socket.socket, serve: Serve) -> None:
        self._socket = connection
        self._serve = serve
        self._sending = threading.Lock()  # frames must not mix on the socket
        self._turn = make_turn(connection)  # to read; guards the two below
        self._reader = FrameReader()
        # Read, but not handled yet: what came along with a request that was handed out.
        self._frames: deque[Frame] = deque()
        self._tags = itertools.count(1)
        # By tag. Without a lock: each tag is put in by one thread and taken out by one,
        # and a dict's steps are atomic.
        self._pending: dict[int, OnDone] = {}
        self._opening = threading.Lock()
        self._ends = 0
        self._counting = threading.Lock()
        self._idle = 0  # threads that wait for their turn

    def start(self) -> None:
        """Begin to read."""
        self._start_thread()

    # Sending

    def send(self, kind: Kind, data: bytes, *, tag: int = 0) -> None:
        """Send a frame that is no request."""
        self.write(encode_frame(kind, tag, data))

    def request(
        self, kind: Kind, data: bytes, on_done: OnDone, *, target: int, method: str
    ) -> None:
        """Send a request; `on_done` gets its reply, or None, once."""
        tag = next(self._tags)
        frame = encode_frame(kind, tag, data, target=target, method=method)
        # Before it is sent, or the reply might be read by a thread that finds nobody to
        # hand it to.
        self._pending[tag] = on_done
        self.write(frame)

    def add_end(self) -> int:
        """The number of one more end that the tester has made beforehand."""
        self._ends += 1
        return self._ends - 1

    def open_end(self, description: bytes) -> int:
        """Ask the tester for one more end; returns its number."""
        with self._opening:  # the tester numbers them as they come
            self.send(Kind.OPEN, description)
            return self.add_end()

    def write(self, frame: bytes) -> None:
        """Send a frame that is made already."""
        try:
            with self._sending:
                self._socket.sendall(frame)
        except OSError as error:
            _leave(error)

    # Reading

    def _start_thread(self) -> None:
        with self._counting:
            self._idle += 1
        threading.Thread(target=self._run, name="handler", daemon=True).start()

    def _run(self) -> None:
        waiting = True
        while waiting:
            frame = self._next_request()
            with self._counting:
                self._idle -= 1
                nobody_else = self._idle == 0
            # The turn was passed on, and somebody has to be there to take it: this
            # thread may block in the handler for as long as that likes.
            if nobody_else:
                self._start_thread()
            self._serve(frame.method, frame.data, _Reply(self, frame.tag))
            # Enough threads wait already: this one ends. After a burst of handlers that
            # blocked there would be hundreds of them.
            with self._counting:
                waiting = self._idle < MAX_IDLE
                self._idle += waiting

    def _next_request(self) -> Frame:
        """Take the turn, read until there is a request, and pass the turn on."""
        self._turn.take()
        request = self._next_frame()
        while request is None:
            self._frames.extend(self._reader.feed(self._receive()))
            request = self._next_frame()
        # What is left over makes no socket readable, so whoever comes next has to be
        # told that there is something.
        self._turn.give(more=bool(self._frames))
        return request

    def _receive(self) -> bytes:
        try:
            data = self._socket.recv(_CHUNK)
        except OSError as error:
            _leave(error)
        if not data:
            _leave()
        return data

    def _next_frame(self) -> Frame | None:
        """The first request of what was read; hands out the replies before it."""
        while self._frames:
            frame = self._frames.popleft()
            if frame.kind == Kind.DISPATCH:
                return frame
            on_done = self._pending.pop(frame.tag, None)
            # It is unknown if the program has written to the socket itself.
            if on_done is not None:
                # It only wakes the caller, so it may be called with the turn held.
                on_done(frame.data if frame.kind == Kind.REPLY else None)
        return None


class _Reply:
    """Sends the reply to one request."""

    __slots__ = ("_link", "_tag")

    def __init__(self, link: Link, tag: int) -> None:
        self._link = link
        self._tag = tag

    def __call__(self, data: bytes | None) -> None:
        if data is None:
            self._link.send(Kind.NO_REPLY, b"", tag=self._tag)
        else:
            self._link.send(Kind.REPLY, data, tag=self._tag)


def _leave(error: OSError | None = None) -> NoReturn:
    """End this process: the tester is gone, and no clean-up can matter any more.

    Raises `MemoryError` if that is not what the error says: a process at its limit must
    not look like one that has ended by itself.
    """
    if error is not None and error.errno in (errno.ENOMEM, errno.ENOBUFS):
        raise MemoryError(os.strerror(error.errno)) from error
    os._exit(0)
