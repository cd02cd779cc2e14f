"""The tester's end of the socket to one process.

Sending never blocks: what the process has not taken yet is kept, up to a bound, and a
process that lets it come to that is taken for broken.
"""

from __future__ import annotations

import socket
import threading
from typing import Final, Protocol

from tester1.hosts.process.frames import Frame, FrameError, FrameReader
from tester1.hosts.process.loop import READ, WRITE, Loop

__all__ = ["FrameListener", "FrameSocket"]

MAX_UNSENT: Final = 128 << 20
"""How many bytes are kept for a process that does not read."""
# Python asks for a buffer of this size at each read, however little comes, and larger
# blocks come from the kernel anew each time, which costs more than the reading.
_CHUNK: Final = 1 << 16


class FrameListener(Protocol):
    """Who hears what comes from the process; called on the loop's thread."""

    def received(self, frame: Frame) -> None:
        """A frame has come."""

    def hung_up(self) -> None:
        """Nothing more will come."""

    def broken(self, problem: str) -> None:
        """The process does not keep to the rules; called on any thread."""


class FrameSocket:
    """Frames to and from one process."""

    def __init__(self, loop: Loop, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._loop = loop
        self._socket = connection
        self._file = connection.fileno()
        self._listener: FrameListener | None = None
        self._reader = FrameReader()
        self._lock = threading.Lock()  # guards the two below, and sending
        self._unsent = bytearray()
        self._closed = False

    def open(self, listener: FrameListener) -> None:
        """Begin to hear; on the loop's thread."""
        self._listener = listener
        self._loop.watch(self._file, self._ready)

    def send(self, frame: bytes) -> None:
        """Send a frame, now or when the process takes it; on any thread."""
        with self._lock:
            if self._closed:
                return
            # Behind what waits already: frames must keep their order, and must not be
            # cut in two by another.
            if self._unsent:
                self._unsent += frame
            else:
                # Right here, on the caller's thread: to hand it to the loop's would
                # cost a change of threads for each message.
                sent = self._try_to_send(frame)
                if sent == len(frame):
                    return
                self._unsent += frame[sent:]
                self._loop.soon(self._await_room)
            too_much = len(self._unsent) > MAX_UNSENT
            if too_much:
                self._unsent.clear()
        # Without the lock, since whoever hears of it closes this.
        if too_much and self._listener is not None:
            self._listener.broken(
                f"does not read what it is sent: {MAX_UNSENT >> 20} MiB wait for it"
            )

    def close(self) -> None:
        """Neither hear nor send any more; on the loop's thread."""
        # Before the number of the file can be given to another.
        self._loop.unwatch(self._file)
        with self._lock:
            self._closed = True
            self._unsent.clear()
            self._socket.close()

    def _try_to_send(self, data: bytes | bytearray) -> int:
        """Send what there is room for; returns how much. The lock is held."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)  # the process has gone, which reading will tell

    def _await_room(self) -> None:
        # It may have been closed between the request and now.
        if not self._closed:
            self._loop.watch(self._file, self._ready, READ | WRITE)

    def _ready(self, events: int) -> None:
        if events & WRITE:
            self._send_rest()
        if events & READ:
            self._receive()

    def _send_rest(self) -> None:
        with self._lock:
            del self._unsent[: self._try_to_send(self._unsent)]
            done = not self._unsent
        # A socket has room nearly always: watched for that, it would never let the loop
        # sleep.
        if done:
            self._loop.watch(self._file, self._ready, READ)

    def _receive(self) -> None:
        listener = self._listener
        assert listener is not None, "a socket was watched before it was opened"
        # Once, not until there is nothing more: one process that floods the tester must
        # not keep it from the others.
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.unwatch(self._file)
            listener.hung_up()
            return
        try:
            for frame in self._reader.feed(data):
                if self._closed:
                    return  # what the frame before led to
                listener.received(frame)
        except FrameError as error:
            self._loop.unwatch(self._file)
            listener.broken(f"sent {error}")
