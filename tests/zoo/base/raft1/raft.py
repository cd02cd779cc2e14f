"""A Raft in one file, as a student writes it, and free of mistakes.

A thread looks whether an election is due, one for each peer sends what that peer lacks,
and one applies. Every call has a thread of its own. Names are those of figure 2, in the
other spelling than the reference's.
"""

from __future__ import annotations

import io
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import labgob
from raft1.raftapi import ApplyChannel, ApplyMsg, ChannelClosed, ClientEnd, Persister

FOLLOWER, CANDIDATE, LEADER = "follower", "candidate", "leader"
NOBODY = -1
HEARTBEAT_S = 0.1
ELECTION_MIN_S = 0.45
ELECTION_MAX_S = 0.9


@dataclass
class LogEntry:
    term: int
    command: Any


@dataclass
class RequestVoteArgs:
    term: int
    candidate_id: int
    last_log_index: int
    last_log_term: int


@dataclass
class RequestVoteReply:
    term: int
    vote_granted: bool


@dataclass
class AppendEntriesArgs:
    term: int
    leader_id: int
    prev_log_index: int
    prev_log_term: int
    entries: list[LogEntry]
    leader_commit: int


@dataclass
class AppendEntriesReply:
    term: int
    success: bool
    conflict_term: int = 0  # the term found at prev_log_index, 0 if there is no entry
    conflict_index: int = 0  # the first index of that term, or the one behind the log


@dataclass
class InstallSnapshotArgs:
    term: int
    leader_id: int
    last_included_index: int
    last_included_term: int
    data: bytes


@dataclass
class InstallSnapshotReply:
    term: int


class Raft:
    def __init__(
        self,
        peers: Sequence[ClientEnd],
        me: int,
        persister: Persister,
        apply_ch: ApplyChannel,
    ) -> None:
        self.lock = threading.Lock()  # guards everything that changes
        self.to_send = threading.Condition(self.lock)
        self.to_apply = threading.Condition(self.lock)
        self.dead = threading.Event()
        self.peers = peers
        self.me = me
        self.others = [peer for peer in range(len(peers)) if peer != me]
        self.persister = persister
        self.apply_ch = apply_ch

        # What is saved.
        self.current_term = 0
        self.voted_for = NOBODY
        self.log = [LogEntry(0, None)]  # the first stands for what the snapshot covers
        self.log_start = 0  # its index
        self.snapshot = b""

        # What is not.
        self.state = FOLLOWER
        self.commit_index = 0
        self.last_applied = 0
        self.pending_snapshot: ApplyMsg | None = None
        self.votes: set[int] = set()
        self.next_index = [1] * len(peers)
        self.match_index = [0] * len(peers)
        self.sent_index = [0] * len(peers)  # how far the log was sent since a rejection
        self.is_waiting = [False] * len(peers)  # for the reply to what was sent
        self.heartbeat_due = [0.0] * len(peers)
        self.restart_timer()

    # Helpers, called with the lock held.

    def last_log_index(self) -> int:
        return self.log_start + len(self.log) - 1

    def last_log_term(self) -> int:
        return self.log[-1].term

    def term_at(self, index: int) -> int:
        return self.log[index - self.log_start].term

    def restart_timer(self) -> None:
        timeout = random.uniform(ELECTION_MIN_S, ELECTION_MAX_S)
        self.election_due = time.monotonic() + timeout

    def step_down(self, term: int) -> None:
        """Follow in `term`, which is the present one or newer."""
        if term > self.current_term:
            self.current_term = term
            self.voted_for = NOBODY
            self.persist()
        if self.state == LEADER:
            # Its timer has stood still since it was elected.
            self.restart_timer()
        self.state = FOLLOWER

    def go(self, work: Callable[..., None], *args: object) -> None:
        threading.Thread(target=work, args=args, daemon=True).start()

    # What the service calls.

    def GetState(self) -> tuple[int, bool]:
        with self.lock:
            return self.current_term, self.state == LEADER

    def Start(self, command: object) -> tuple[int, int, bool]:
        with self.lock:
            if self.state != LEADER:
                return -1, self.current_term, False
            self.log.append(LogEntry(self.current_term, command))
            self.persist()
            self.to_send.notify_all()
            return self.last_log_index(), self.current_term, True

    def Snapshot(self, index: int, snapshot: bytes) -> None:
        with self.lock:
            if index <= self.log_start:
                return
            self.log = self.log[index - self.log_start :]
            self.log[0] = LogEntry(self.log[0].term, None)
            self.log_start = index
            self.snapshot = snapshot
            self.persist()

    def PersistBytes(self) -> int:
        return self.persister.RaftStateSize()

    def Kill(self) -> None:
        self.dead.set()
        self.apply_ch.close()
        with self.lock:
            self.to_send.notify_all()
            self.to_apply.notify_all()

    # What survives a crash.

    def persist(self) -> None:
        buffer = io.BytesIO()
        encoder = labgob.NewEncoder(buffer)
        encoder.Encode(self.current_term)
        encoder.Encode(self.voted_for)
        encoder.Encode(self.log_start)
        encoder.Encode(self.log)
        self.persister.Save(buffer.getvalue(), self.snapshot)

    def read_persist(self, data: bytes) -> None:
        if not data:
            return
        decoder = labgob.NewDecoder(data)
        self.current_term = decoder.Decode(int)
        self.voted_for = decoder.Decode(int)
        self.log_start = decoder.Decode(int)
        self.log = decoder.Decode(list[LogEntry])
        self.snapshot = self.persister.ReadSnapshot()
        # The service has read the snapshot by itself.
        self.commit_index = self.log_start
        self.last_applied = self.log_start

    # Elections.

    def ticker(self) -> None:
        while not self.dead.is_set():
            with self.lock:
                if self.state != LEADER and time.monotonic() >= self.election_due:
                    self.start_election()
            time.sleep(random.uniform(0.010, 0.040))

    def start_election(self) -> None:
        self.state = CANDIDATE
        self.current_term += 1
        self.voted_for = self.me
        self.persist()
        self.votes = {self.me}
        self.restart_timer()
        args = RequestVoteArgs(
            self.current_term, self.me, self.last_log_index(), self.last_log_term()
        )
        for peer in self.others:
            self.go(self.ask_for_vote, peer, args)

    def ask_for_vote(self, peer: int, args: RequestVoteArgs) -> None:
        reply = self.peers[peer].Call("Raft.RequestVote", args, RequestVoteReply)
        if reply is None:
            return
        with self.lock:
            if reply.term > self.current_term:
                self.step_down(reply.term)
                return
            if self.state != CANDIDATE or args.term != self.current_term:
                return
            if reply.vote_granted:
                self.votes.add(peer)
            if len(self.votes) > len(self.peers) // 2:
                self.become_leader()

    def become_leader(self) -> None:
        self.state = LEADER
        self.next_index = [self.last_log_index() + 1] * len(self.peers)
        self.match_index = [0] * len(self.peers)
        self.sent_index = [self.last_log_index()] * len(self.peers)
        self.is_waiting = [False] * len(self.peers)
        self.heartbeat_due = [time.monotonic()] * len(self.peers)
        self.to_send.notify_all()

    def RequestVote(self, args: RequestVoteArgs) -> RequestVoteReply:
        with self.lock:
            if args.term < self.current_term:
                return RequestVoteReply(self.current_term, False)
            if args.term > self.current_term:
                self.step_down(args.term)
            if self.voted_for not in (NOBODY, args.candidate_id):
                return RequestVoteReply(self.current_term, False)
            if not self.is_up_to_date(args.last_log_term, args.last_log_index):
                return RequestVoteReply(self.current_term, False)
            self.voted_for = args.candidate_id
            self.persist()
            self.restart_timer()
            return RequestVoteReply(self.current_term, True)

    def is_up_to_date(self, last_term: int, last_index: int) -> bool:
        if last_term != self.last_log_term():
            return last_term > self.last_log_term()
        return last_index >= self.last_log_index()

    # Replication, the leader's side.

    def replicator(self, peer: int) -> None:
        while not self.dead.is_set():
            with self.lock:
                if not self.has_to_send(peer):
                    self.to_send.wait(self.pause(peer))
                    continue
                work, args = self.next_message(peer)
            self.go(work, peer, args)

    def has_to_send(self, peer: int) -> bool:
        if self.state != LEADER:
            return False
        if time.monotonic() >= self.heartbeat_due[peer]:
            return True
        # What comes meanwhile goes with the next message: else a peer that is down
        # would be sent all of it again and again.
        lacks = self.sent_index[peer] < self.last_log_index()
        return lacks and not self.is_waiting[peer]

    def pause(self, peer: int) -> float | None:
        """How long to wait until it is time for a heartbeat; who follows sends none."""
        if self.state != LEADER:
            return None
        return max(0.0, self.heartbeat_due[peer] - time.monotonic())

    def next_message(self, peer: int) -> tuple[Callable[..., None], object]:
        """What the peer has to be sent, and who sends it."""
        self.is_waiting[peer] = True
        self.heartbeat_due[peer] = time.monotonic() + HEARTBEAT_S
        self.sent_index[peer] = self.last_log_index()
        prev = self.next_index[peer] - 1
        if prev < self.log_start:
            return self.send_snapshot, InstallSnapshotArgs(
                self.current_term,
                self.me,
                self.log_start,
                self.term_at(self.log_start),
                self.snapshot,
            )
        return self.send_entries, AppendEntriesArgs(
            self.current_term,
            self.me,
            prev,
            self.term_at(prev),
            self.log[prev + 1 - self.log_start :],
            self.commit_index,
        )

    def send_entries(self, peer: int, args: AppendEntriesArgs) -> None:
        reply = self.peers[peer].Call("Raft.AppendEntries", args, AppendEntriesReply)
        if reply is None:
            return
        with self.lock:
            self.has_answered(peer)
            if reply.term > self.current_term:
                self.step_down(reply.term)
                return
            if self.state != LEADER or args.term != self.current_term:
                return
            if reply.success:
                self.has_matched(peer, args.prev_log_index + len(args.entries))
            elif args.prev_log_index == self.next_index[peer] - 1:
                self.back_up(peer, args, reply)

    def send_snapshot(self, peer: int, args: InstallSnapshotArgs) -> None:
        reply = self.peers[peer].Call(
            "Raft.InstallSnapshot", args, InstallSnapshotReply
        )
        if reply is None:
            return
        with self.lock:
            self.has_answered(peer)
            if reply.term > self.current_term:
                self.step_down(reply.term)
                return
            if self.state == LEADER and args.term == self.current_term:
                self.has_matched(peer, args.last_included_index)

    def has_answered(self, peer: int) -> None:
        self.is_waiting[peer] = False
        self.to_send.notify_all()

    def has_matched(self, peer: int, index: int) -> None:
        """The peer has told that its log is the leader's up to `index`."""
        self.match_index[peer] = max(self.match_index[peer], index)
        self.next_index[peer] = max(self.next_index[peer], index + 1)
        self.sent_index[peer] = max(self.sent_index[peer], index)
        for new in range(self.last_log_index(), self.commit_index, -1):
            if self.term_at(new) != self.current_term:
                # Figure 8: what is older is committed along with something newer.
                break
            copies = 1 + sum(self.match_index[other] >= new for other in self.others)
            if copies > len(self.peers) // 2:
                self.commit_index = new
                self.to_apply.notify_all()
                break

    def back_up(
        self, peer: int, args: AppendEntriesArgs, reply: AppendEntriesReply
    ) -> None:
        """Go back by a whole term, since the peer contradicts at prev_log_index."""
        new = reply.conflict_index
        for index in range(args.prev_log_index, self.log_start, -1):
            if self.term_at(index) == reply.conflict_term:
                new = index + 1
                break
        new = min(new, args.prev_log_index)
        self.next_index[peer] = max(new, self.match_index[peer] + 1)
        self.sent_index[peer] = self.next_index[peer] - 1
        self.to_send.notify_all()

    # Replication, the follower's side.

    def AppendEntries(self, args: AppendEntriesArgs) -> AppendEntriesReply:
        with self.lock:
            if args.term < self.current_term:
                return AppendEntriesReply(self.current_term, False)
            self.step_down(args.term)
            self.restart_timer()
            prev = args.prev_log_index
            if prev > self.last_log_index():
                end = self.last_log_index() + 1
                return AppendEntriesReply(self.current_term, False, 0, end)
            # What the snapshot covers is committed, so it matches.
            if prev >= self.log_start and self.term_at(prev) != args.prev_log_term:
                return self.contradict(prev)
            self.store(prev, args.entries)
            known = min(args.leader_commit, prev + len(args.entries))
            if known > self.commit_index:
                self.commit_index = known
                self.to_apply.notify_all()
            return AppendEntriesReply(self.current_term, True)

    def contradict(self, prev: int) -> AppendEntriesReply:
        term, first = self.term_at(prev), prev
        while first - 1 > self.log_start and self.term_at(first - 1) == term:
            first -= 1
        return AppendEntriesReply(self.current_term, False, term, first)

    def store(self, prev: int, entries: list[LogEntry]) -> None:
        """Take over what the log lacks, in place of what contradicts it."""
        for offset, entry in enumerate(entries):
            index = prev + 1 + offset
            if index <= self.log_start:
                continue
            if index > self.last_log_index() or self.term_at(index) != entry.term:
                self.log = self.log[: index - self.log_start] + entries[offset:]
                self.persist()
                return

    def InstallSnapshot(self, args: InstallSnapshotArgs) -> InstallSnapshotReply:
        with self.lock:
            if args.term < self.current_term:
                return InstallSnapshotReply(self.current_term)
            self.step_down(args.term)
            self.restart_timer()
            if args.last_included_index > self.commit_index:
                self.adopt(args)
            return InstallSnapshotReply(self.current_term)

    def adopt(self, args: InstallSnapshotArgs) -> None:
        index, term = args.last_included_index, args.last_included_term
        if index <= self.last_log_index() and self.term_at(index) == term:
            self.log = self.log[index - self.log_start :]
        else:
            self.log = [LogEntry(term, None)]
        self.log_start = index
        self.snapshot = args.data
        self.commit_index = index
        self.persist()
        self.pending_snapshot = ApplyMsg(
            SnapshotValid=True,
            Snapshot=args.data,
            SnapshotTerm=term,
            SnapshotIndex=index,
        )
        self.to_apply.notify_all()

    # Applying: the one thread that puts on the channel.

    def applier(self) -> None:
        while not self.dead.is_set():
            with self.lock:
                messages = self.next_messages()
                if not messages:
                    self.to_apply.wait()
                    continue
            try:
                for message in messages:
                    self.apply_ch.put(message)
            except ChannelClosed:
                return

    def next_messages(self) -> list[ApplyMsg]:
        if self.pending_snapshot is not None:
            snapshot, self.pending_snapshot = self.pending_snapshot, None
            self.last_applied = snapshot.SnapshotIndex
            return [snapshot]
        first, self.last_applied = self.last_applied + 1, self.commit_index
        return [
            ApplyMsg(True, self.log[index - self.log_start].command, index)
            for index in range(first, self.commit_index + 1)
        ]


def Make(
    peers: Sequence[ClientEnd], me: int, persister: Persister, applyCh: ApplyChannel
) -> Raft:
    raft = Raft(peers, me, persister, applyCh)
    raft.read_persist(persister.ReadRaftState())
    raft.go(raft.ticker)
    raft.go(raft.applier)
    for peer in raft.others:
        raft.go(raft.replicator, peer)
    return raft
