"""A solution that takes a snapshot beyond what was applied."""

import threading

from kvraft1.rpc import ErrWrongLeader
from raft1.raft import Make
from raft1.raftapi import ApplyChannel


class RSM:
    def __init__(self, peers, me, persister, machine):
        self.messages = ApplyChannel()
        self.raft = Make(peers, me, persister, self.messages)
        self.machine = machine
        threading.Thread(target=self.read, name="reader").start()

    def Raft(self):
        return self.raft

    def Submit(self, request):
        _, _, is_leader = self.raft.Start(request)
        return ErrWrongLeader, None

    def read(self):
        for message in self.messages:
            self.machine.DoOp(message.Command)
            self.raft.Snapshot(message.CommandIndex + 1, b"too early")


def MakeRSM(peers, me, persister, maxraftstate, sm):
    return RSM(peers, me, persister, sm)
