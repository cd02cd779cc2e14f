"""A replicated state machine whose waiters are known by `id` and by `hash`."""

from __future__ import annotations

import random
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import labgob
from kvraft1.rpc import OK, Err, ErrWrongLeader
from kvraft1.rsm.statemachine import StateMachine
from raft1 import raftapi
from raft1.raft import Make
from raft1.raftapi import ApplyChannel, ClientEnd, Persister


@dataclass(frozen=True)
class Op:
    server: str
    token: int
    request: Any


labgob.Register(Op)


class Ticket:
    def __init__(self, op: Op) -> None:
        self.op = op
        self.ready = threading.Event()
        self.answer: tuple[Err, Any] = (ErrWrongLeader, None)


class RSM:
    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        maxraftstate: int,
        machine: StateMachine,
    ) -> None:
        self.mu = threading.Lock()
        self.name = f"replica-{me}"
        self.limit = maxraftstate
        self.machine = machine
        self.channel = ApplyChannel()
        self.tickets: dict[int, set[Ticket]] = {}
        self.all: weakref.WeakSet[Ticket] = weakref.WeakSet()
        if persister.SnapshotSize() > 0:
            machine.Restore(persister.ReadSnapshot())
        self.raft: raftapi.Raft = Make(peers, me, persister, self.channel)

    def Raft(self) -> raftapi.Raft:
        return self.raft

    def Submit(self, req: object) -> tuple[Err, Any]:
        with self.mu:
            token = hash((self.name, random.getrandbits(40))) % 2**40
            ticket = Ticket(Op(self.name, token, req))
            index, term, leads = self.raft.Start(ticket.op)
            if not leads:
                return ErrWrongLeader, None
            self.tickets.setdefault(index, set()).add(ticket)
            self.all.add(ticket)
        while not ticket.ready.wait(0.1):
            if self.raft.GetState() != (term, True):
                with self.mu:
                    self.tickets.get(index, set()).discard(ticket)
                break
        return ticket.answer

    def read(self) -> None:
        for message in self.channel:
            if message.SnapshotValid:
                self.machine.Restore(message.Snapshot)
                continue
            op = message.Command
            result = self.machine.DoOp(op.request)
            with self.mu:
                for ticket in self.tickets.pop(message.CommandIndex, set()):
                    same = (ticket.op.server, ticket.op.token) == (op.server, op.token)
                    ticket.answer = (OK, result) if same else ticket.answer
                    ticket.ready.set()
                if message.CommandIndex % 50 == 0:
                    waiting = [id(ticket) for ticket in self.all]
                    print(
                        f"applied {message.CommandIndex}", waiting, self.tickets.keys()
                    )
            if 0 <= self.limit < self.raft.PersistBytes():
                self.raft.Snapshot(message.CommandIndex, self.machine.Snapshot())


def MakeRSM(
    peers: Sequence[ClientEnd],
    me: int,
    persister: Persister,
    maxraftstate: int,
    sm: StateMachine,
) -> RSM:
    rsm = RSM(peers, me, persister, maxraftstate, sm)
    threading.Thread(target=rsm.read, daemon=True).start()
    return rsm
