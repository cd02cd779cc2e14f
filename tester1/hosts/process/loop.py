"""One thread that waits for all files of a test's processes, and calls back.

Callbacks run one at a time on that thread and must not block. Only that thread changes
what is waited for, so that no callback comes for a file that was closed.

Every message between two servers passes here twice, so a round is as short as Python
allows. (asyncio's loop in this thread was tried: a Call takes some 5 % longer, since
each callback is first made a handle and put into a queue.)
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

__all__ = ["READ", "WRITE", "Loop"]

READ: Final = selectors.EVENT_READ
WRITE: Final = selectors.EVENT_WRITE

Callback = Callable[[int], None]
"""Takes the events, READ or WRITE or both, that a file is ready for."""


class Loop:
    """Waits for files until it is closed; `fail` gets what a callback raises."""

    def __init__(self, fail: Callable[[BaseException], None]) -> None:
        self._fail = fail
        self._selector = selectors.DefaultSelector()
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wake_sender.setblocking(False)
        # Appended to by any thread, emptied by the loop's: a deque's steps are atomic.
        self._requests: deque[Callable[[], None]] = deque()
        self._closed = False
        self._callbacks: dict[int, Callback] = {}
        self.watch(self._wake_receiver.fileno(), self._woken)
        self._thread = threading.Thread(target=self._run, name="sockets", daemon=True)
        self._thread.start()

    def soon(self, function: Callable[[], None]) -> None:
        """Have the loop's thread call `function` next."""
        # In this order: once the byte is read, what it was sent for has to be there.
        self._requests.append(function)
        with contextlib.suppress(BlockingIOError):  # then it has yet to look anyway
            self._wake_sender.send(b"\0")

    def now(self, function: Callable[[], None]) -> None:
        """Have the loop's thread call `function`, and wait until it has."""
        # A callback may end a program, which comes by here: to wait would be for ever.
        if threading.current_thread() is self._thread:
            function()
            return
        done = threading.Event()

        def call() -> None:
            try:
                function()
            finally:  # what it raises is told to `fail`; the caller must not hang
                done.set()

        self.soon(call)
        done.wait()

    def close(self) -> None:
        """End the thread; nothing is called back after this."""
        self.soon(self._close)
        self._thread.join()
        self._selector.close()
        self._wake_receiver.close()
        self._wake_sender.close()

    # The rest is for the loop's thread only.

    def watch(self, file: int, callback: Callback, events: int = READ) -> None:
        """Call `callback` whenever `file` is ready; replaces how it was watched."""
        if file in self._callbacks:
            self._selector.modify(file, events)
        else:
            self._selector.register(file, events)
        self._callbacks[file] = callback

    def unwatch(self, file: int) -> None:
        """Stop watching a file, if it is watched."""
        if self._callbacks.pop(file, None) is not None:
            self._selector.unregister(file)

    def _close(self) -> None:
        self._closed = True

    def _woken(self, events: int) -> None:
        # The bytes first: one that comes after this may be for a request that is missed
        # here, and wakes the loop once more.
        self._wake_receiver.recv(4096)
        while self._requests:
            self._requests.popleft()()

    def _run(self) -> None:
        while not self._closed:
            for key, events in self._selector.select():
                callback = self._callbacks.get(key.fd)
                if callback is None:
                    continue  # unwatched by an earlier callback of this round
                # Whatever it is, the thread has to go on: a test that has failed ends
                # its programs by way of it.
                try:
                    callback(events)
                except BaseException as error:
                    self._fail(error)
