"""A replicated state machine: waiters by index, and a thread that lets them go."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import labgob
from kvraft1.rpc import OK, Err, ErrWrongLeader
from kvraft1.rsm.statemachine import StateMachine
from raft1 import raftapi
from raft1.raft import Make
from raft1.raftapi import ApplyChannel, ApplyMsg, ClientEnd, Persister

WATCH_S = 0.05


@dataclass(frozen=True)
class Op:
    server: int
    ident: int
    request: Any


labgob.Register(Op)


class Pending:
    """A Submit that waits for its operation to be performed."""

    def __init__(self, op: Op, term: int) -> None:
        self.op = op
        self.term = term
        self.outcome: tuple[Err, Any] = (ErrWrongLeader, None)
        self.done = threading.Event()


class RSM:
    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        maxraftstate: int,
        sm: StateMachine,
    ) -> None:
        self.lock = threading.Lock()
        self.me = me
        self.maxraftstate = maxraftstate
        self.sm = sm
        self.apply_ch = ApplyChannel()
        self.pending: dict[int, Pending] = {}
        self.closed = False
        if persister.SnapshotSize() > 0:
            sm.Restore(persister.ReadSnapshot())
        self.rf: raftapi.Raft = Make(peers, me, persister, self.apply_ch)

    def Raft(self) -> raftapi.Raft:
        return self.rf

    def Submit(self, req: object) -> tuple[Err, Any]:
        op = Op(self.me, random.getrandbits(62), req)
        # The reader waits for this lock, so the waiter is there before its result.
        with self.lock:
            if self.closed:
                return ErrWrongLeader, None
            index, term, is_leader = self.rf.Start(op)
            if not is_leader:
                return ErrWrongLeader, None
            # An earlier leadership of this server has promised the index to another.
            self.let_go(index)
            pending = self.pending[index] = Pending(op, term)
        pending.done.wait()
        return pending.outcome

    def let_go(self, index: int) -> None:
        pending = self.pending.pop(index, None)
        if pending is not None:
            pending.done.set()

    def reader(self) -> None:
        for message in self.apply_ch:
            if message.SnapshotValid:
                self.adopt(message)
            elif message.CommandValid:
                self.perform(message)
                self.trim(message.CommandIndex)
        with self.lock:
            self.closed = True
            for index in list(self.pending):
                self.let_go(index)

    def adopt(self, message: ApplyMsg) -> None:
        self.sm.Restore(message.Snapshot)
        with self.lock:
            for index in list(self.pending):
                if index <= message.SnapshotIndex:
                    self.let_go(index)

    def perform(self, message: ApplyMsg) -> None:
        op = message.Command
        result = self.sm.DoOp(op.request)
        with self.lock:
            pending = self.pending.get(message.CommandIndex)
            if pending is not None:
                if pending.op == op:
                    pending.outcome = OK, result
                self.let_go(message.CommandIndex)

    def trim(self, index: int) -> None:
        if self.maxraftstate == -1:
            return
        if self.rf.PersistBytes() > self.maxraftstate:
            self.rf.Snapshot(index, self.sm.Snapshot())

    def watch(self) -> None:
        """Let go whoever waits for what another leader may have replaced."""
        while not self.closed:
            time.sleep(WATCH_S)
            term, is_leader = self.rf.GetState()
            with self.lock:
                for index, pending in list(self.pending.items()):
                    # A newer Submit than the state that was read stays.
                    is_old = pending.term < term
                    if is_old or (pending.term == term and not is_leader):
                        self.let_go(index)


def MakeRSM(
    peers: Sequence[ClientEnd],
    me: int,
    persister: Persister,
    maxraftstate: int,
    sm: StateMachine,
) -> RSM:
    rsm = RSM(peers, me, persister, maxraftstate, sm)
    threading.Thread(target=rsm.reader, daemon=True).start()
    threading.Thread(target=rsm.watch, daemon=True).start()
    return rsm
