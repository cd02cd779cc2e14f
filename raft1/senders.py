"""Threads that send requests to other peers and bring back the replies.

A call may take seconds before the network admits that it failed, and a leader has to
keep sending meanwhile, so there has to be a thread for every call in flight. How many
that are is bounded by whoever sends (`leadership.MAX_IN_FLIGHT`; a candidate sends once
per election timeout). Threads are kept for reuse: with a working network the same few
do all the work, and nobody waits for one to be started.

A sender is *asleep* until it is notified, *calling* while it waits for a reply, or
*awake*: it will look into the queue without being told. The rule that keeps requests
moving: there are at least as many senders awake as requests in the queue.

All bookkeeping is done under the lock of the Raft that the senders serve, which their
user holds whenever it calls them, and which is never held during a call: the reply may
depend on a peer that is itself waiting for this one to answer.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from raft1.leadership import Envelope
from raft1.raftapi import ClientEnd
from raft1.rpc import ROUTES, Reply

# More than this many sleeping threads are let go.
MAX_ASLEEP = 16

Replied = Callable[[Envelope, Reply | None], None]


class Senders:
    """Makes calls to `peers`, and hands each result to `replied`, under `lock`."""

    def __init__(
        self, lock: threading.Lock, peers: Sequence[ClientEnd], replied: Replied
    ) -> None:
        self._lock = lock
        self._peers = peers
        self._replied = replied
        self._work = threading.Condition(lock)
        self._queue: deque[Envelope] = deque()
        # How many senders there are of these two kinds; see the module's text.
        self._asleep = 0
        self._awake = 0
        self._closed = False

    def send(self, envelope: Envelope) -> None:
        """Have a thread make this call; the lock is held."""
        assert self._lock.locked(), "senders are called under the lock"
        if self._closed:
            return
        self._queue.append(envelope)
        # Most often a reply gives rise to the next request. Then the sender that has
        # brought it is awake, is about to take the request, and nobody need be woken.
        if self._awake >= len(self._queue):
            return
        # Counted from here on, not from when the thread gets to run, or the next call
        # of `send` would wake another one for the same request.
        self._awake += 1
        if self._asleep:
            self._asleep -= 1
            self._work.notify()
        else:
            threading.Thread(target=self._run, name="raft-sender", daemon=True).start()

    def close(self) -> None:
        """Let all threads end once their calls have; the lock is held."""
        assert self._lock.locked(), "senders are called under the lock"
        self._closed = True
        self._queue.clear()
        self._work.notify_all()

    def _run(self) -> None:
        """Send one request after the other."""
        with self._lock:
            envelope = self._next()
        while envelope is not None:
            reply = self._call(envelope)
            with self._lock:
                # Before the reply is handed over, which may call `send`.
                self._awake += 1
                if not self._closed:
                    self._replied(envelope, reply)
                envelope = self._next()

    def _next(self) -> Envelope | None:
        """Wait for a request; None if this thread should end. The lock is held."""
        while not self._queue:
            self._awake -= 1
            if self._closed or self._asleep >= MAX_ASLEEP:
                return None
            self._asleep += 1
            # Whoever notifies moves this thread from asleep to awake. At the close
            # nobody does, and the numbers do not matter any more.
            self._work.wait()
        self._awake -= 1
        return self._queue.popleft()

    def _call(self, envelope: Envelope) -> Reply | None:
        method, reply_type = ROUTES[type(envelope.request)]
        return self._peers[envelope.peer].Call(method, envelope.request, reply_type)
