"""A solution whose handler takes its reply as an argument, as handlers do in Go."""

import threading
from dataclasses import dataclass


@dataclass
class VoteArgs:
    term: int


@dataclass
class VoteReply:
    granted: bool


class Raft:
    def __init__(self, peers, me):
        self.peers = peers
        self.me = me
        threading.Thread(target=self.campaign).start()

    def campaign(self):
        for peer in self.peers:
            peer.Call("Raft.RequestVote", VoteArgs(1), VoteReply)

    def RequestVote(self, args: VoteArgs, reply: VoteReply) -> None:
        reply.granted = True

    def GetState(self):
        return 1, False

    def Kill(self):
        pass


def Make(peers, me, persister, applyCh):
    return Raft(peers, me)
