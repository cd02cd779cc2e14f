"""A solution that puts a command into the log whose class it has not registered."""

from dataclasses import dataclass
from typing import Any

from kvraft1.rpc import OK, ErrWrongLeader
from raft1.raft import Make
from raft1.raftapi import ApplyChannel


@dataclass
class Op:
    request: Any


class RSM:
    def __init__(self, peers, me, persister, machine):
        self.messages = ApplyChannel()
        self.raft = Make(peers, me, persister, self.messages)
        self.machine = machine

    def Raft(self):
        return self.raft

    def Submit(self, request):
        _, _, is_leader = self.raft.Start(Op(request))
        if not is_leader:
            return ErrWrongLeader, None
        message = self.messages.get()
        return OK, self.machine.DoOp(message.Command.request)


def MakeRSM(peers, me, persister, maxraftstate, sm):
    return RSM(peers, me, persister, sm)
