"""The reference Raft peer: threads, timers and RPCs around the decisions of `core`.

Every entry point is one step: take the lock, let the core decide, settle, release. To
settle is to do what the step calls for, in the order that makes it safe:

1. save the state, so that nothing leaves this peer that a crash could take back;
2. hand the requests to the senders, which make the calls without the lock;
3. wake the applier if something was committed, and the timer if it would sleep too
   long.

Nothing waits while it holds the lock: not for the network, not for the service, not for
time to pass. A peer that kept it during a call could not answer others meanwhile, and
two such peers would wait for each other; one that kept it until the service has taken a
message could not be given a snapshot by that service. Only the save is done under it,
since everything else has to come after.

The threads are one timer (elections, or heartbeats), one applier, and as many senders
as there are calls in flight. Each sleeps until there is something to do.

After `Kill` a peer promises nothing any more: what it would save now might already have
been read by its successor.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from typing import Any

from raft1.applier import Applier
from raft1.core import Core, Role
from raft1.leadership import NO_DEADLINE, Envelope
from raft1.raftapi import ApplyChannel, ClientEnd, Persister
from raft1.rpc import (
    AppendEntriesArgs,
    AppendEntriesReply,
    InstallSnapshotArgs,
    InstallSnapshotReply,
    Reply,
    RequestVoteArgs,
    RequestVoteReply,
)
from raft1.senders import Senders
from raft1.storage import Storage

# A timer that comes due within this time is due: clocks round, and to sleep for less
# than they can tell would be to spin.
TIMER_PRECISION_S = 1e-4

# The term in the replies of a killed peer. It is older than any real one, by which
# whoever asked knows that the reply says nothing.
NO_TERM = -1


def Make(
    peers: Sequence[ClientEnd], me: int, persister: Persister, applyCh: ApplyChannel
) -> Raft:
    """Start peer `me` of the group `peers`, from the state that `persister` holds.

    `peers[me]` is this peer itself and is not used. Committed commands, and snapshots
    of the leader, arrive on `applyCh`. A snapshot that the persister holds does not:
    the service reads it itself, and the first command is the one behind it.
    """
    return Raft(peers, me, persister, applyCh)


class Raft:
    """One peer. All methods may be called from any thread, and return at once."""

    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        apply_channel: ApplyChannel,
    ) -> None:
        self._storage = Storage(persister)
        self._core = Core(
            self._storage.load(),
            me,
            len(peers),
            random=random.random,
            now=time.monotonic(),
        )
        # Guards the core and everything below.
        self._lock = threading.Lock()
        self._killed = False
        self._senders = Senders(self._lock, peers, self._replied)
        self._applier = Applier(self._lock, self._core, apply_channel)
        self._timer_changed = threading.Condition(self._lock)
        # When the timer's thread will look at the core again by itself.
        # 0 until it has looked for the first time, so that nobody need wake it before.
        self._timer_wakes_s = 0.0
        # Last, since the threads use everything above.
        self._applier.start()
        threading.Thread(target=self._run_timer, name="raft-timer", daemon=True).start()

    # The service's side.

    def Start(self, command: Any) -> tuple[int, int, bool]:
        """Propose `command` for the log: (index, term, whether this peer leads).

        Returns at once. If this peer leads, the command will be committed at that index
        unless the peer loses its leadership first; if not, the index means nothing.
        """
        with self._lock:
            if self._killed:
                return -1, NO_TERM, False
            result = self._core.start(command, time.monotonic())
            # A peer that does not lead has changed nothing.
            if result[2]:
                self._settle()
            return result

    def GetState(self) -> tuple[int, bool]:
        """The current term, and whether this peer believes that it leads in it."""
        with self._lock:
            return self._core.state.current_term, self._core.role is Role.LEADER

    def Snapshot(self, index: int, snapshot: bytes) -> None:
        """Take over `snapshot`, the service's state up to and including `index`.

        Raises `ValueError` if the service cannot know that state yet. A snapshot that
        is older than the present one is ignored.
        """
        # The service calls this while the applier waits for it to take a message. The
        # applier does not hold the lock meanwhile, so there is no deadlock here.
        with self._lock:
            offered = self._applier.offered_index
            if index > offered:
                raise ValueError(
                    f"Snapshot({index}): index {index} has not been applied; the last "
                    f"message on the apply channel was for index {offered}. Take "
                    "snapshots only of what the service has received."
                )
            if not self._killed:
                self._core.compact(index, snapshot)
                self._settle()

    def PersistBytes(self) -> int:
        """How many bytes of Raft state are persisted, without the snapshot."""
        return self._storage.size()

    def Kill(self) -> None:
        """Stop: no thread does anything more, and the apply channel is closed."""
        with self._lock:
            self._killed = True
            # Nothing is saved: whatever was promised has been saved by the step that
            # promised it.
            self._senders.close()
            self._applier.close()
            self._timer_changed.notify()

    # The other peers' side: the RPC handlers.

    def RequestVote(self, args: RequestVoteArgs) -> RequestVoteReply:
        """Answer a candidate that asks for this peer's vote."""
        with self._lock:
            if self._killed:
                return RequestVoteReply(NO_TERM, VoteGranted=False)
            reply = self._core.request_vote(args, time.monotonic())
            # Before the return, which sends the reply: a vote has to be on disk first.
            self._settle()
            return reply

    def AppendEntries(self, args: AppendEntriesArgs) -> AppendEntriesReply:
        """Answer a leader that sends entries, or shows that it is there."""
        with self._lock:
            if self._killed:
                return AppendEntriesReply(NO_TERM, Success=False)
            reply = self._core.append_entries(args, time.monotonic())
            # As in RequestVote: the leader counts on what this reply acknowledges.
            self._settle()
            return reply

    def InstallSnapshot(self, args: InstallSnapshotArgs) -> InstallSnapshotReply:
        """Answer a leader that sends its snapshot in place of entries."""
        with self._lock:
            if self._killed:
                return InstallSnapshotReply(NO_TERM)
            reply = self._core.install_snapshot(args, time.monotonic())
            self._settle()
            return reply

    # What the threads do.

    def _replied(self, envelope: Envelope, reply: Reply | None) -> None:
        """Judge what a sender has brought back; the lock is held."""
        self._core.replied(envelope.peer, envelope.request, reply, time.monotonic())
        self._settle()

    def _run_timer(self) -> None:
        """Tell the core whenever its deadline has come."""
        with self._lock:
            while not self._killed:
                now = time.monotonic()
                deadline = self._core.next_deadline()
                if deadline - now > TIMER_PRECISION_S:
                    # Written down, so that a step that brings the deadline forward
                    # knows whether this thread would sleep past it. Deadlines that
                    # move back cost one look too many, and no wake-up.
                    self._timer_wakes_s = deadline
                    self._timer_changed.wait(
                        None if deadline == NO_DEADLINE else deadline - now
                    )
                else:
                    # Not before the deadline, by the core's reckoning: it might find
                    # nothing due, and this loop would spin.
                    self._core.tick(max(now, deadline))
                    self._settle()

    def _settle(self) -> None:
        """Do what the last step calls for; the lock is held. See the module's text."""
        core = self._core
        assert self._lock.locked(), "a step outside of the lock"
        assert not self._killed, "a step after the end"
        self._storage.save(core.state)
        for envelope in core.take_outbox():
            self._senders.send(envelope)
        if core.has_deliveries:
            self._applier.wake()
        deadline = core.next_deadline()
        if deadline < self._timer_wakes_s:
            self._timer_wakes_s = deadline
            self._timer_changed.notify()
