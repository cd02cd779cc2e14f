"""A Raft of sets: whom to ask first, how long to wait and what to print hang on them.

Peers are objects without an order, known by sets and by dictionaries of objects. The
leader goes over sets of them, votes are futures in the sets that `wait` returns, the
rounds of an election die in cycles, and how many the collector has left alive adds to
the next timeout. On threads no two runs of this are alike; simulated, all must be.
"""

from __future__ import annotations

import gc
import io
import os
import random
import threading
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any

import labgob
from raft1.raftapi import ApplyChannel, ApplyMsg, ChannelClosed, ClientEnd, Persister

FOLLOWER, CANDIDATE, LEADER = "follower", "candidate", "leader"
HEARTBEAT_S = 0.1
ROUND_S = 0.4


@dataclass
class Entry:
    term: int
    command: Any


@dataclass
class VoteArgs:
    term: int
    candidate: str
    last_index: int
    last_term: int


@dataclass
class VoteReply:
    term: int
    granted: bool
    voters: set[str]


@dataclass
class AppendArgs:
    term: int
    leader: str
    prev_index: int
    prev_term: int
    entries: list[Entry]
    commit: int


@dataclass
class AppendReply:
    term: int
    success: bool
    retry: int = 0


@dataclass
class InstallArgs:
    term: int
    leader: str
    last_index: int
    last_term: int
    data: bytes


@dataclass
class InstallReply:
    term: int


class Peer:
    """Another server. Two of them differ by nothing but their addresses."""

    def __init__(self, name: str, end: ClientEnd) -> None:
        self.name = name
        self.end = end


class Round:
    """One election. It refers to itself, so that only the collector can end it."""

    def __init__(self, raft: Raft) -> None:
        self.votes = {raft.name}
        self.itself = self
        self.raft = weakref.ref(raft)

    def __del__(self) -> None:
        raft = self.raft()
        if raft is not None:
            raft.ended += 1
            print(f"round {id(self):#x} is gone, {raft.ended} so far")


class Raft:
    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        channel: ApplyChannel,
    ) -> None:
        self.name = f"peer-{me}"
        self.peers = frozenset(
            Peer(f"peer-{number}", end)
            for number, end in enumerate(peers)
            if number != me
        )
        self.size = len(peers)
        self.persister = persister
        self.channel = channel
        self.cv = threading.Condition()
        self.dead = threading.Event()
        self.rounds: weakref.WeakSet[Round] = weakref.WeakSet()
        self.ended = 0
        self.role = FOLLOWER
        self.term = 0
        self.voted = ""
        self.log = [Entry(0, None)]
        self.base = 0
        self.snapshot = b""
        self.commit = 0
        self.applied = 0
        self.next: dict[Peer, int] = {}
        self.match: dict[Peer, int] = {}
        self.sent: dict[int, float] = {}
        self.restore()
        self.rest()

    # With the lock held.

    def last(self) -> int:
        return self.base + len(self.log) - 1

    def term_at(self, index: int) -> int:
        return self.log[index - self.base].term

    def rest(self) -> None:
        """Put the next election off, for a time that everything has a say in."""
        spread = hash((self.name, self.term)) % 97 + len(self.rounds) % 13 + self.ended
        self.due = time.monotonic() + random.uniform(0.5, 1.0) + spread % 101 * 1e-3

    def follow(self, term: int) -> None:
        if term > self.term:
            self.term, self.voted = term, ""
            self.save()
        if self.role == LEADER:
            self.rest()
        self.role = FOLLOWER

    def save(self) -> None:
        file = io.BytesIO()
        encoder = labgob.NewEncoder(file)
        for value in (self.term, self.voted, self.base, self.log):
            encoder.Encode(value)
        self.persister.Save(file.getvalue(), self.snapshot)

    def restore(self) -> None:
        data = self.persister.ReadRaftState()
        if not data:
            return
        decoder = labgob.NewDecoder(data)
        self.term = decoder.Decode(int)
        self.voted = decoder.Decode(str)
        self.base = decoder.Decode(int)
        self.log = decoder.Decode(list[Entry])
        self.snapshot = self.persister.ReadSnapshot()
        self.commit = self.applied = self.base

    # What the service calls.

    def GetState(self) -> tuple[int, bool]:
        with self.cv:
            return self.term, self.role == LEADER

    def Start(self, command: object) -> tuple[int, int, bool]:
        with self.cv:
            if self.role != LEADER:
                return -1, self.term, False
            self.log.append(Entry(self.term, command))
            self.save()
            self.cv.notify_all()
            return self.last(), self.term, True

    def Snapshot(self, index: int, snapshot: bytes) -> None:
        with self.cv:
            if index > self.base:
                self.log = self.log[index - self.base :]
                self.base, self.snapshot = index, snapshot
                self.save()

    def PersistBytes(self) -> int:
        return self.persister.RaftStateSize()

    def Kill(self) -> None:
        self.dead.set()
        self.channel.close()

    # Elections.

    def watch(self) -> None:
        while not self.dead.wait(random.uniform(0.01, 0.05)):
            with self.cv:
                if self.role == LEADER or time.monotonic() < self.due:
                    continue
                self.role = CANDIDATE
                self.term, self.voted = self.term + 1, self.name
                self.save()
                self.rest()
                current = Round(self)
                self.rounds.add(current)
                args = VoteArgs(
                    self.term, self.name, self.last(), self.term_at(self.last())
                )
            self.campaign(current, args)

    def campaign(self, current: Round, args: VoteArgs) -> None:
        asked = {self.ask(peer, args): peer for peer in self.peers}
        left: set[Future[VoteReply | None]] = set(asked)
        until = time.monotonic() + ROUND_S
        while left and time.monotonic() < until and not self.dead.is_set():
            done, left = wait(left, until - time.monotonic(), FIRST_COMPLETED)
            print(args.term, [asked[future].name for future in done], current.votes)
            for future in done:
                self.count(future.result(), current, args.term)

    def ask(self, peer: Peer, args: VoteArgs) -> Future[VoteReply | None]:
        # Not by an executor: the library's differs from one Python to the next.
        future: Future[VoteReply | None] = Future()

        def call() -> None:
            future.set_result(peer.end.Call("Raft.Vote", args, VoteReply))

        threading.Thread(target=call, name=f"ask {peer.name}").start()
        return future

    def count(self, reply: VoteReply | None, current: Round, term: int) -> None:
        with self.cv:
            if reply is None:
                return
            if reply.term > self.term:
                self.follow(reply.term)
            if self.role != CANDIDATE or self.term != term or not reply.granted:
                return
            current.votes |= reply.voters
            if 2 * len(current.votes) > self.size:
                self.role = LEADER
                self.next = dict.fromkeys(self.peers, self.last() + 1)
                self.match = dict.fromkeys(self.peers, 0)
                self.sent = {}
                alive = {thread.name for thread in threading.enumerate()}
                print("leads", self.term, current.votes, alive, [*self.next])
                self.cv.notify_all()

    def Vote(self, args: VoteArgs) -> VoteReply:
        with self.cv:
            if args.term > self.term:
                self.follow(args.term)
            mine = (self.term_at(self.last()), self.last())
            granted = (
                args.term == self.term
                and self.voted in {"", args.candidate}
                and (args.last_term, args.last_index) >= mine
            )
            if granted:
                self.voted = args.candidate
                self.save()
                self.rest()
            return VoteReply(self.term, granted, {self.name, args.candidate})

    # Replication.

    def lead(self) -> None:
        while not self.dead.is_set():
            with self.cv:
                self.cv.wait_for(self.has_to_send, HEARTBEAT_S / 4)
                if self.role != LEADER:
                    continue
                lacking = {
                    peer for peer in self.peers if self.next[peer] <= self.last()
                }
                idle = self.next.keys() - lacking
                for peer in lacking | {peer for peer in idle if self.is_quiet(peer)}:
                    self.send(peer)

    def has_to_send(self) -> bool:
        return self.role == LEADER and any(
            index <= self.last() for index in self.next.values()
        )

    def is_quiet(self, peer: Peer) -> bool:
        return self.sent.get(id(peer), 0.0) + HEARTBEAT_S <= time.monotonic()

    def send(self, peer: Peer) -> None:
        """Send a peer what it lacks, on a thread of its own; with the lock held."""
        self.sent[id(peer)] = time.monotonic()
        previous = self.next[peer] - 1
        self.next[peer] = self.last() + 1  # it will probably be taken
        target: Any = self.append
        args: object = InstallArgs(
            self.term, self.name, self.base, self.term_at(self.base), self.snapshot
        )
        if previous < self.base:
            target = self.install
        else:
            args = AppendArgs(
                self.term,
                self.name,
                previous,
                self.term_at(previous),
                self.log[previous + 1 - self.base :],
                self.commit,
            )
        threading.Thread(target=target, args=(peer, args)).start()

    def append(self, peer: Peer, args: AppendArgs) -> None:
        reply = peer.end.Call("Raft.Append", args, AppendReply)
        with self.cv:
            if reply is None or not self.still_leads(args.term, reply.term):
                return
            if reply.success:
                self.matched(peer, args.prev_index + len(args.entries))
            else:
                wanted = min(reply.retry, self.next[peer])
                self.next[peer] = max(self.match[peer] + 1, wanted)
                self.cv.notify_all()

    def install(self, peer: Peer, args: InstallArgs) -> None:
        reply = peer.end.Call("Raft.Install", args, InstallReply)
        with self.cv:
            if reply is not None and self.still_leads(args.term, reply.term):
                self.matched(peer, args.last_index)

    def still_leads(self, sent: int, seen: int) -> bool:
        if seen > self.term:
            self.follow(seen)
        return self.role == LEADER and sent == self.term

    def matched(self, peer: Peer, index: int) -> None:
        self.match[peer] = max(self.match[peer], index)
        self.next[peer] = max(self.next[peer], index + 1)
        for reached in sorted(set(self.match.values()), reverse=True):
            holders = {peer for peer in self.peers if self.match[peer] >= reached}
            if 2 * (len(holders) + 1) > self.size:
                if reached > self.commit and self.term_at(reached) == self.term:
                    self.commit = reached
                    self.cv.notify_all()
                return

    def Append(self, args: AppendArgs) -> AppendReply:
        with self.cv:
            if args.term < self.term:
                return AppendReply(self.term, False)
            self.follow(args.term)
            self.rest()
            if args.prev_index > self.last():
                return AppendReply(self.term, False, self.last() + 1)
            if args.prev_index < self.base:
                return AppendReply(self.term, False, self.commit + 1)
            conflict = self.term_at(args.prev_index)
            if conflict != args.prev_term:
                retry = args.prev_index
                while retry - 1 > self.base and self.term_at(retry - 1) == conflict:
                    retry -= 1
                return AppendReply(self.term, False, retry)
            self.take(args)
            end = args.prev_index + len(args.entries)
            if min(args.commit, end) > self.commit:
                self.commit = min(args.commit, end)
                self.cv.notify_all()
            return AppendReply(self.term, True)

    def take(self, args: AppendArgs) -> None:
        for skipped, entry in enumerate(args.entries):
            index = args.prev_index + 1 + skipped
            if index > self.last() or self.term_at(index) != entry.term:
                self.log = self.log[: index - self.base] + args.entries[skipped:]
                self.save()
                return

    def Install(self, args: InstallArgs) -> InstallReply:
        with self.cv:
            if args.term >= self.term:
                self.follow(args.term)
                self.rest()
                if args.last_index > self.commit:
                    self.adopt(args)
            return InstallReply(self.term)

    def adopt(self, args: InstallArgs) -> None:
        at = args.last_index
        if at <= self.last() and self.term_at(at) == args.last_term:
            self.log = self.log[at - self.base :]
        else:
            self.log = [Entry(args.last_term, None)]
        self.base = self.commit = at
        self.snapshot = args.data
        self.save()
        self.cv.notify_all()

    def apply(self) -> None:
        while True:
            with self.cv:
                self.cv.wait_for(lambda: self.applied < self.commit)
                if self.applied < self.base:
                    term = self.term_at(self.base)
                    batch = [
                        ApplyMsg(False, None, 0, True, self.snapshot, term, self.base)
                    ]
                    self.applied = self.base
                else:
                    batch = [
                        ApplyMsg(True, self.log[index - self.base].command, index)
                        for index in range(self.applied + 1, self.commit + 1)
                    ]
                    self.applied = self.commit
            try:
                for message in batch:
                    self.channel.put(message)
            except ChannelClosed:
                return


def Make(
    peers: Sequence[ClientEnd], me: int, persister: Persister, applyCh: ApplyChannel
) -> Raft:
    raft = Raft(peers, me, persister, applyCh)
    files = [name for name in os.listdir(os.path.dirname(__file__)) if "__" not in name]
    print(raft, files, {peer.name for peer in raft.peers}, hash(raft))
    gc.callbacks.append(lambda phase, info: print("gc", phase, len(raft.rounds)))
    for loop in {raft.watch, raft.lead, raft.apply}:
        threading.Thread(target=loop, name=loop.__name__, daemon=True).start()
    return raft
