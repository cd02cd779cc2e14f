"""Your Raft: lab 3.

What is here is the interface between Raft, the service above it and the tester, with
what each part has to do. Everything behind it is yours: fields, threads, further
methods, further modules next to this file. The handout is `lab3.md`; "figure 2" and
section numbers are those of the extended Raft paper (Ongaro and Ousterhout, 2014).

Three rules hold for everything that you write here:

- all methods may be called at the same time, by the service and by other peers. Guard
  what they share with a lock;
- never hold that lock while you wait: not across `Call`, which can take seconds, not
  while you put a message on the apply channel, not while you sleep;
- what other peers are told must be on disk first (part 3C).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from raft1.raftapi import ApplyChannel, ClientEnd, Persister


@dataclass(frozen=True, slots=True)
class RequestVoteArgs:
    """What a candidate asks for a vote with (part 3A): figure 2 lists the fields.

    Every field travels unless its name begins with an underscore.
    """


@dataclass(frozen=True, slots=True)
class RequestVoteReply:
    """What a peer answers to that (part 3A)."""


# AppendEntries needs two such records too (3A as heartbeat, 3B with entries), and so
# does InstallSnapshot (3D).


class Raft:
    """One peer of a Raft group."""

    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        applyCh: ApplyChannel,
    ) -> None:
        self.mu = threading.Lock()  # guards everything that changes below
        self.peers = peers  # the way to each peer; peers[me] is this one
        self.me = me
        self.persister = persister
        self.applyCh = applyCh
        self.killed = threading.Event()
        # The state of figure 2 goes here: with terms and votes for 3A, with the log
        # for 3B. Log indices begin at 1.

    # What the service calls

    def GetState(self) -> tuple[int, bool]:
        """Part 3A: the current term, and whether this peer believes that it leads."""
        raise NotImplementedError("part 3A: Raft.GetState is still to be written")

    def Start(self, command: Any) -> tuple[int, int, bool]:
        """Part 3B: the service wants `command` in the log.

        On a peer that does not lead, return (-1, the term, False). On the leader,
        append the command, have it sent to the others, and return without waiting:
        the index it will have if it is ever committed, the term, and True. There is
        no promise that it will be.
        """
        raise NotImplementedError("part 3B: Raft.Start is still to be written")

    def Snapshot(self, index: int, snapshot: bytes) -> None:
        """Part 3D: `snapshot` holds all that the service knows up to `index`, included.

        Drop that much of the log, and keep the snapshot: for the persister, and for
        followers that are so far behind that the entries they need are gone. The
        service calls this while it handles a message from the apply channel.
        """
        raise NotImplementedError("part 3D: Raft.Snapshot is still to be written")

    def PersistBytes(self) -> int:
        """How many bytes of Raft state are on disk, the snapshot not counted."""
        return self.persister.RaftStateSize()

    def Kill(self) -> None:
        """Stop this peer for good: loops end, and whoever reads the channel is told.

        The labs' tests do not call it: their crashes come without a warning.
        """
        self.killed.set()
        self.applyCh.close()

    # What survives a crash

    def persist(self) -> None:
        """Part 3C: save what figure 2 calls persistent state.

        Encode it with `labgob.NewEncoder` and hand the bytes to `persister.Save`,
        which replaces everything saved before, state and snapshot, in one step: from
        part 3D on, pass the present snapshot each time.
        """
        raise NotImplementedError("part 3C: Raft.persist is still to be written")

    def read_persist(self, data: bytes) -> None:
        """Part 3C: become the peer that `persist` saved as `data`.

        No bytes at all mean that this peer starts for the first time.
        """
        if data:
            raise NotImplementedError("part 3C: Raft.read_persist is not written yet")

    # Elections

    def RequestVote(self, args: RequestVoteArgs) -> RequestVoteReply:
        """Part 3A: RPC handler, called when a candidate asks for this peer's vote.

        A handler is a public method with one annotated argument and an annotated
        result. Both sides get copies: nothing is shared between peers.
        """
        raise NotImplementedError("part 3A: Raft.RequestVote is still to be written")

    def send_request_vote(
        self, server: int, args: RequestVoteArgs
    ) -> RequestVoteReply | None:
        """Ask one peer for its vote; None if no reply came.

        None does not mean that the other peer has not seen the request. A call can
        take seconds to fail, so make each in a thread of its own. By the time a reply
        is here the world may have moved on: compare terms before you use it.
        """
        return self.peers[server].Call("Raft.RequestVote", args, RequestVoteReply)

    def ticker(self) -> None:
        """Part 3A: look from time to time whether an election is due; runs in a thread.

        The pause is at random so that the peers do not all stand for election at
        once. You may wait in another way, if that is random too.
        """
        while not self.killed.is_set():
            self.check_election()
            time.sleep(random.uniform(0.050, 0.350))

    def check_election(self) -> None:
        """Part 3A: start an election if no leader has been heard of for too long."""
        raise NotImplementedError("part 3A: Raft.check_election is not written yet")


def Make(
    peers: Sequence[ClientEnd], me: int, persister: Persister, applyCh: ApplyChannel
) -> Raft:
    """Start peer `me` of the group `peers` from what `persister` holds.

    Must return quickly: whatever takes long runs in threads that are started here, from
    part 3A on. Committed commands go to `applyCh` as an `ApplyMsg` each, in the order
    of the log (3B); so do snapshots that come from a leader (3D). A snapshot that the
    persister holds is not sent: the service reads it by itself, and the first command
    it wants is the one behind it.
    """
    raft = Raft(peers, me, persister, applyCh)
    raft.read_persist(persister.ReadRaftState())
    # When elections work: start `ticker` in a thread (daemon=True), return the peer.
    raise NotImplementedError(
        "part 3A comes first: write the election, then have Make in raft1/raft.py "
        "start it (see lab3.md)"
    )
