"""The replicated state machine: `Submit` a request, get the result of performing it.

Each server of a group has an `RSM` on top of its Raft peer. `Submit` on the leader puts
the request into the log; every server performs the committed requests in the order of
the log; the server that took the request hands the result to whoever waits for it.

Three threads meet here:

- callers of `Submit` put their request into the log and wait, each for a `_Ticket`;
- the *reader* takes messages from Raft, performs them on the state machine, answers
  tickets and takes snapshots. Nobody else touches the state machine, so that it needs
  no lock against the RSM;
- the *watcher* asks Raft, while anybody waits, whether this server still leads in the
  term in which the requests were started. Raft sends no message about that, and on a
  deposed leader perhaps no message at all.

`_lock` guards the bookkeeping. It is held across `Start`, so that the reader cannot
apply a command whose waiter is not known yet; never while performing a request or
while calling anything of Raft's that could wait for the reader.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import labgob
from kvraft1.rpc import OK, Err, ErrWrongLeader
from kvraft1.rsm.pending import PendingSubmits
from kvraft1.rsm.statemachine import StateMachine
from kvraft1.rsm.trigger import SnapshotTrigger
from raft1 import raftapi
from raft1.raft import Make
from raft1.raftapi import ApplyChannel, ApplyMsg, ClientEnd, Persister

WATCH_SECONDS = 0.1
"""How often the watcher asks about the leadership. About a heartbeat: Raft itself
notices no sooner."""


@dataclass(frozen=True, slots=True)
class Op:
    """What goes into the log: a request, and who wants to know about it.

    `Id` is drawn at random, so that a server which has lost its memory in a crash
    does not take an old command of its own for a new one.
    """

    Me: int
    Id: int
    Req: Any


labgob.Register(Op)


class _Ticket:
    """One waiting `Submit` and, once `done` is set, its outcome."""

    __slots__ = ("done", "outcome")

    def __init__(self) -> None:
        self.done = threading.Event()
        self.outcome: tuple[Err, Any] = ErrWrongLeader, None

    def answer(self, reply: object) -> None:
        """Tell the waiting Submit that its request was performed."""
        self.outcome = OK, reply
        self.done.set()


class RSM:
    """One replica of a replicated state machine."""

    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        maxraftstate: int,
        sm: StateMachine,
    ) -> None:
        self._me = me
        self._sm = sm
        self._trigger = SnapshotTrigger(maxraftstate)
        self._lock = threading.Lock()
        # Wakes the watcher, which sleeps while nobody waits: an idle server is quiet.
        self._someone_waits = threading.Condition(self._lock)
        self._pending: PendingSubmits[_Ticket] = PendingSubmits()
        self._applied_index = 0  # only the reader's
        self._stopped = False
        # Before Raft starts: it goes on from the end of this snapshot.
        snapshot = persister.ReadSnapshot()
        if snapshot:
            sm.Restore(snapshot)
        self._messages = ApplyChannel()
        self._raft = Make(peers, me, persister, self._messages)
        for loop in self._read, self._watch:
            threading.Thread(target=loop, name=loop.__name__, daemon=True).start()

    def Raft(self) -> raftapi.Raft:
        """The Raft peer, so that its RPC handlers can be registered."""
        return self._raft

    def Submit(self, req: object) -> tuple[Err, Any]:
        """Have `req` performed on all replicas; returns (`OK`, its reply).

        Waits until the request is committed and performed here. Returns
        (`ErrWrongLeader`, None) if this server does not lead, or as soon as it knows
        that it cannot tell any more what becomes of the request: it lost the
        leadership, or it stops. The request may then still be performed one day.
        """
        # Marked with a number, since the index alone does not tell whose command is
        # applied there: another leader may have put its own in its place.
        ticket = _Ticket()
        op = Op(self._me, random.getrandbits(62), req)
        # `Start` under the lock, which is safe since it does not wait. Outside of it,
        # the reader could apply the command before anybody is known to wait for it, and
        # the ticket would never be answered.
        with self._lock:
            index, term, is_leader = self._raft.Start(op)
            if not is_leader or self._stopped:
                return ErrWrongLeader, None
            _dismiss(self._pending.add(ticket, index=index, term=term, op_id=op.Id))
            self._someone_waits.notify()
        # Without a limit: the reader, the watcher or the end of this server answers
        # every ticket. A limit could only report as lost what is merely slow.
        ticket.done.wait()
        return ticket.outcome

    def _read(self) -> None:
        """Handle Raft's messages until it closes the channel; this is the reader."""
        for message in self._messages:
            if message.CommandValid:
                self._perform(message)
            elif message.SnapshotValid:
                self._adopt(message)
        # In one step with the flag, or a Submit in between would wait for nobody.
        with self._lock:
            self._stopped = True
            _dismiss(self._pending.close())
            self._someone_waits.notify()

    def _perform(self, message: ApplyMsg) -> None:
        """Perform a committed command and answer the Submit that waits for it."""
        # On every server, whoever started the command, and without the lock: a slow
        # service holds up neither new Submits nor the watcher.
        op: Op = message.Command
        reply = self._sm.DoOp(op.Req)
        self._applied_index = message.CommandIndex
        with self._lock:
            answered, lost = self._pending.applied(message.CommandIndex, op.Id)
            _dismiss(lost)
        # Only after it is performed: an answer is a promise that later reads see it.
        if answered is not None:
            answered.answer(reply)
        # Between two commands, so that the snapshot is the state at exactly this index.
        if self._trigger.enabled and self._trigger.due(self._raft.PersistBytes()):
            self._raft.Snapshot(self._applied_index, self._sm.Snapshot())

    def _adopt(self, message: ApplyMsg) -> None:
        """Replace the service's state by a snapshot, unless that is an older one."""
        # To go back would be to perform commands twice.
        if message.SnapshotIndex <= self._applied_index:
            return
        self._sm.Restore(message.Snapshot)
        self._applied_index = message.SnapshotIndex
        # Their commands may be in the snapshot or not; the replies are not.
        with self._lock:
            _dismiss(self._pending.snapshot(message.SnapshotIndex))

    def _watch(self) -> None:
        """Dismiss waiting Submits when the leadership is lost; this is the watcher."""
        while self._wait_for_waiters():
            time.sleep(WATCH_SECONDS)
            # Asked without the lock, so a Submit may come in between, in a newer term:
            # `leadership` spares those.
            term, is_leader = self._raft.GetState()
            with self._lock:
                _dismiss(self._pending.leadership(term, is_leader))

    def _wait_for_waiters(self) -> bool:
        """Whether anybody waits, as soon as that is so; False at the server's end."""
        with self._lock:
            while not self._pending and not self._stopped:
                self._someone_waits.wait()
            return not self._stopped


def MakeRSM(
    peers: Sequence[ClientEnd],
    me: int,
    persister: Persister,
    maxraftstate: int,
    sm: StateMachine,
) -> RSM:
    """Start the replica of server `me`; returns quickly.

    `sm` is restored from the persisted snapshot first, if there is one. With a
    `maxraftstate` of -1 no snapshot is ever taken; otherwise Raft's persisted state is
    kept near that many bytes.
    """
    return RSM(peers, me, persister, maxraftstate, sm)


def _dismiss(tickets: Iterable[_Ticket]) -> None:
    """Let these Submits return `ErrWrongLeader`, as every ticket says at first."""
    for ticket in tickets:
        ticket.done.set()
