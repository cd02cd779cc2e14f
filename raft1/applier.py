"""The apply path: one thread that hands committed entries to the service, in order.

The service may take its time, and may call `Snapshot` while it handles a message. So
the messages are collected under Raft's lock, and sent without it. They stay in order
all the same, because only this thread sends, and because whatever is committed later
lies behind them: a snapshot that arrives meanwhile ends behind the commit index.
"""

from __future__ import annotations

import threading

from raft1.core import Core
from raft1.raftapi import ApplyChannel, ApplyMsg, ChannelClosed


class Applier:
    """Moves what `core` has to deliver to `channel`; `lock` guards the core."""

    def __init__(self, lock: threading.Lock, core: Core, channel: ApplyChannel) -> None:
        self._core = core
        self._channel = channel
        self._lock = lock
        self._news = threading.Condition(lock)
        self._closed = False
        # The index of the last message offered to the service. Only the applier's
        # thread writes it; the service learns of the index by the message itself.
        self.offered_index = core.state.last_applied

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="raft-applier", daemon=True).start()

    def wake(self) -> None:
        """Tell the thread that there is something to deliver; the lock is held."""
        self._news.notify()

    def close(self) -> None:
        """Deliver nothing more and close the channel; the lock is held.

        That ends the thread wherever it is, and with it every reader of the channel.
        """
        self._closed = True
        self._news.notify()
        self._channel.close()

    def _run(self) -> None:
        """Deliver until the channel is closed."""
        try:
            # Without the lock: the service may take its time, and may call `Snapshot`,
            # which needs the lock, before it takes the next message.
            while messages := self._next_batch():
                for message in messages:
                    self._offer(message)
        except ChannelClosed:
            pass

    def _next_batch(self) -> list[ApplyMsg]:
        """Wait for messages; an empty list means the end."""
        with self._lock:
            # A notification is no promise: several may come for one batch.
            while not self._closed and not self._core.has_deliveries:
                self._news.wait()
            return [] if self._closed else self._core.take_deliveries()

    def _offer(self, message: ApplyMsg) -> None:
        """Wait until the service takes `message`."""
        is_snapshot = message.SnapshotValid
        index = message.SnapshotIndex if is_snapshot else message.CommandIndex
        assert index > self.offered_index, "delivered twice or out of order"
        # Before the message is put: the service may call `Snapshot` for it at once.
        self.offered_index = index
        self._channel.put(message)
