"""Threads that carry requests to other peers and bring back the replies.

A call may take seconds before the network admits that it failed, and a leader has to
keep sending meanwhile, so there has to be a thread for every call that is under way.
How many that are is bounded by whoever sends (`leadership.MAX_OUTSTANDING`; a candidate
sends once per election timeout). Threads are kept for reuse: with a working network the
same few do all the work, and nobody waits for one to be started.

All bookkeeping is done under the lock of the Raft that the couriers serve, which their
user holds whenever it calls them, and which is never held during a call.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from raft1.leadership import Envelope
from raft1.raftapi import ClientEnd
from raft1.rpc import ROUTES, Reply

# More than this many idle threads are let go.
MAX_IDLE = 16

Replied = Callable[[Envelope, Reply | None], None]


class Couriers:
    """Makes calls to `peers`, and hands each result to `replied`, under `lock`."""

    def __init__(
        self, lock: threading.Lock, peers: Sequence[ClientEnd], replied: Replied
    ) -> None:
        self._lock = lock
        self._peers = peers
        self._replied = replied
        self._work = threading.Condition(lock)
        self._queue: deque[Envelope] = deque()
        # Threads that wait to be notified, and threads that will look into the queue
        # without being told: started or notified, or busy with a reply.
        self._asleep = 0
        self._coming = 0
        self._closed = False

    def send(self, envelope: Envelope) -> None:
        """Have a thread make this call; the lock is held."""
        assert self._lock.locked(), "couriers are called under the lock"
        if self._closed:
            return
        self._queue.append(envelope)
        if self._coming >= len(self._queue):
            return
        self._coming += 1
        if self._asleep:
            self._asleep -= 1
            self._work.notify()
        else:
            threading.Thread(target=self._run, name="raft-courier", daemon=True).start()

    def close(self) -> None:
        """Let all threads end once their calls have; the lock is held."""
        assert self._lock.locked(), "couriers are called under the lock"
        self._closed = True
        self._queue.clear()
        self._work.notify_all()

    def _run(self) -> None:
        """Carry one request after the other."""
        with self._lock:
            envelope = self._next()
        while envelope is not None:
            reply = self._call(envelope)
            with self._lock:
                self._coming += 1
                if not self._closed:
                    self._replied(envelope, reply)
                envelope = self._next()

    def _next(self) -> Envelope | None:
        """Wait for a request; None if this thread should end. The lock is held."""
        while not self._queue:
            self._coming -= 1
            if self._closed or self._asleep >= MAX_IDLE:
                return None
            self._asleep += 1
            # Whoever notifies moves this thread from `_asleep` to `_coming`. At the
            # close nobody does, and the numbers do not matter any more.
            self._work.wait()
        self._coming -= 1
        return self._queue.popleft()

    def _call(self, envelope: Envelope) -> Reply | None:
        method, reply_type = ROUTES[type(envelope.request)]
        return self._peers[envelope.peer].Call(method, envelope.request, reply_type)
