"""Races: what was found out with the lock held is acted upon after it was released.

Each is right in every run in which no other thread comes in between. `--preempt line`
lets one come.
"""

from __future__ import annotations

from typing import Final

from tests.zoo.specimens import RAFT_FILE, RSM_FILE, Bug, changes


def _race(
    rule: str,
    parts: str,
    name: str,
    *texts: str,
    file: str = RAFT_FILE,
    likely: str = "",
    also: tuple[str, ...] = (),
) -> Bug:
    """A race, from right and wrong lines in turn."""
    return Bug(
        name,
        changes(file, texts),
        tuple(parts.split()),
        rule=rule,
        also=also,
        is_race=True,
        likely=tuple(likely.split()),
    )


_NEXT_MESSAGE: Final = """
            if not self.has_to_send(peer):
                self.to_send.wait(self.pause(peer))
                continue
            work, args = self.next_message(peer)
        self.go(work, peer, args)
    """
_APPEND_REPLY: Final = """
        if self.state != LEADER or args.term != self.current_term:
            return
        if reply.success:
            self.has_matched(peer, args.prev_log_index + len(args.entries))
        elif args.prev_log_index == self.next_index[peer] - 1:
            self.back_up(peer, args, reply)
    """

RACES: Final = [
    _race(
        "one vote a term",
        "3A 3B 3C",
        "a vote is found to be free, and given after the lock was released",
        """
            if not self.is_up_to_date(args.last_log_term, args.last_log_index):
                return RequestVoteReply(self.current_term, False)
            self.voted_for = args.candidate_id
            self.persist()
            self.restart_timer()
        """,
        """
            if not self.is_up_to_date(args.last_log_term, args.last_log_index):
                return RequestVoteReply(self.current_term, False)
        with self.lock:
            self.voted_for = args.candidate_id
            self.persist()
            self.restart_timer()
        """,
        likely="test_two_candidates_3A",
        also=("one leader a term", "votes look at the log"),
    ),
    _race(
        "one vote a term",
        "3A 3B 3C",
        "a candidate fills in its request when it sends it, in whatever term that is",
        """
        def ask_for_vote(self, peer: int, args: RequestVoteArgs) -> None:
            reply = self.peers[peer].Call("Raft.RequestVote", args, RequestVoteReply)
        """,
        """
        def ask_for_vote(self, peer: int, args: RequestVoteArgs) -> None:
            args.term = self.current_term
            reply = self.peers[peer].Call("Raft.RequestVote", args, RequestVoteReply)
        """,
        likely="test_many_elections_3A",
        also=("one leader a term", "majority elects"),
    ),
    _race(
        "one leader a term",
        "3A 3B 3C",
        "a leader makes its message when it does not look any more whether it leads",
        _NEXT_MESSAGE,
        """
            if not self.has_to_send(peer):
                self.to_send.wait(self.pause(peer))
                continue
        work, args = self.next_message(peer)
        self.go(work, peer, args)
        """,
        also=("majority elects", "log matching"),
    ),
    _race(
        "log matching",
        "3D",
        "a leader copies its entries after it released the lock",
        _NEXT_MESSAGE,
        """
            if not self.has_to_send(peer):
                self.to_send.wait(self.pause(peer))
                continue
            work, args = self.next_message(peer)
        if isinstance(args, AppendEntriesArgs):
            start = args.prev_log_index + 1 - self.log_start
            args.entries = self.log[start:]
        self.go(work, peer, args)
        """,
        also=("state machine safety", "acknowledged entries stay"),
    ),
    _race(
        "commit by majority",
        "3B 3C",
        "a success is looked at, and counted after the lock was released",
        _APPEND_REPLY,
        """
            if self.state != LEADER or args.term != self.current_term:
                return
        with self.lock:
            if reply.success:
                self.has_matched(peer, args.prev_log_index + len(args.entries))
            elif args.prev_log_index == self.next_index[peer] - 1:
                self.back_up(peer, args, reply)
        """,
        likely="test_figure_8_unreliable_3C test_unreliable_churn_3C",
        also=("leaders only append",),
    ),
    _race(
        "majority elects",
        "3A 3B 3C",
        "a candidate counts its votes, and leads after the lock was released",
        """
            if len(self.votes) > len(self.peers) // 2:
                self.become_leader()
        """,
        """
            if len(self.votes) <= len(self.peers) // 2:
                return
        with self.lock:
            self.become_leader()
        """,
        likely="test_many_elections_3A",
        also=("one leader a term", "leaders only append"),
    ),
    _race(
        "acknowledged entries stay",
        "3B 3C",
        "a leader's term is looked at, and its entries stored under another lock",
        """
            self.step_down(args.term)
            self.restart_timer()
            prev = args.prev_log_index
            if prev > self.last_log_index():
        """,
        """
            self.step_down(args.term)
            self.restart_timer()
        with self.lock:
            prev = args.prev_log_index
            if prev > self.last_log_index():
        """,
        likely="test_figure_8_unreliable_3C test_unreliable_churn_3C",
        also=("log matching", "leader completeness", "commit by majority"),
    ),
    _race(
        "leaders only append",
        "3B 3C",
        "Start reads the index of its entry after it released the lock",
        """
            self.to_send.notify_all()
            return self.last_log_index(), self.current_term, True
        """,
        """
            self.to_send.notify_all()
            term = self.current_term
        return self.last_log_index(), term, True
        """,
        likely="test_concurrent_starts_3B",
    ),
    _race(
        "one leader a term",
        "3B 3C",
        "Start looks whether it leads before it takes the lock",
        """
        with self.lock:
            if self.state != LEADER:
                return -1, self.current_term, False
            self.log.append(LogEntry(self.current_term, command))
        """,
        """
        if self.state != LEADER:
            return -1, self.current_term, False
        with self.lock:
            self.log.append(LogEntry(self.current_term, command))
        """,
        likely="test_reliable_churn_3C test_figure_8_unreliable_3C",
        also=("log matching", "leaders only append"),
    ),
    _race(
        "snapshots never go back",
        "3D",
        "a snapshot of the service is looked at, and kept under another lock",
        """
            if index <= self.log_start:
                return
            self.log = self.log[index - self.log_start :]
        """,
        """
            if index <= self.log_start:
                return
        with self.lock:
            self.log = self.log[index - self.log_start :]
        """,
        likely="test_snapshot_install_unreliable_3D test_snapshot_install_un_crash_3D",
        also=("state machine safety", "acknowledged entries stay"),
    ),
    _race(
        "snapshots never go back",
        "3D",
        "a leader's snapshot is found to be newer, and adopted under another lock",
        """
            self.restart_timer()
            if args.last_included_index > self.commit_index:
                self.adopt(args)
            return InstallSnapshotReply(self.current_term)
        """,
        """
            self.restart_timer()
            is_newer = args.last_included_index > self.commit_index
        with self.lock:
            if is_newer:
                self.adopt(args)
            return InstallSnapshotReply(self.current_term)
        """,
        likely="test_snapshot_install_unreliable_3D",
        also=("state machine safety",),
    ),
    _race(
        "state machine safety",
        "3B 3C 3D",
        "the applier takes entries out of the log after it released the lock",
        """
            with self.lock:
                messages = self.next_messages()
                if not messages:
                    self.to_apply.wait()
                    continue
        """,
        """
            with self.lock:
                is_idle = self.last_applied >= self.commit_index
                if is_idle and self.pending_snapshot is None:
                    self.to_apply.wait()
                    continue
            messages = self.next_messages()
        """,
        likely="test_snapshot_basic_3D test_snapshot_install_unreliable_3D",
        also=("snapshots never go back",),
    ),
    _race(
        "remembered over a crash",
        "3C",
        "a follower saves after it released the lock, so an older state may come last",
        """
            if index > self.last_log_index() or self.term_at(index) != entry.term:
                self.log = self.log[: index - self.log_start] + entries[offset:]
                self.persist()
                return
        """,
        """
            if index > self.last_log_index() or self.term_at(index) != entry.term:
                self.log = self.log[: index - self.log_start] + entries[offset:]
                self.lock.release()
                self.persist()
                self.lock.acquire()
                return
        """,
        likely="test_reliable_churn_3C test_unreliable_churn_3C",
        also=("saved before answering", "votes look at the log", "one vote a term"),
    ),
    _race(
        "answers tell the term",
        "3A 3B 3C",
        "a newer term is noticed without the lock, and taken over with it",
        """
        with self.lock:
            if reply.term > self.current_term:
                self.step_down(reply.term)
                return
            if self.state != CANDIDATE or args.term != self.current_term:
                return
        """,
        """
        if reply.term > self.current_term:
            with self.lock:
                self.current_term = reply.term
                self.voted_for = NOBODY
                self.step_down(reply.term)
                return
        with self.lock:
            if self.state != CANDIDATE or args.term != self.current_term:
                return
        """,
        likely="test_many_elections_3A test_unreliable_churn_3C",
        also=("one vote a term", "remembered over a crash", "one leader a term"),
    ),
    _race(
        "commit by majority",
        "3B 3C",
        "an entry is found on a majority, and committed under another lock",
        """
            if copies > len(self.peers) // 2:
                self.commit_index = new
                self.to_apply.notify_all()
                break
        """,
        """
            if copies > len(self.peers) // 2:
                self.lock.release()
                self.lock.acquire()
                self.commit_index = new
                self.to_apply.notify_all()
                break
        """,
        likely="test_figure_8_unreliable_3C test_unreliable_churn_3C",
        also=("commit no further than verified", "state machine safety"),
    ),
    _race(
        "waiters are told",
        "4A 4B",
        "Submit puts its waiter where the reader looks after Start has returned",
        """
        with self.lock:
            if self.closed:
                return ErrWrongLeader, None
            index, term, is_leader = self.rf.Start(op)
            if not is_leader:
                return ErrWrongLeader, None
            # An earlier leadership of this server has promised the index to another.
        """,
        """
        if self.closed:
            return ErrWrongLeader, None
        index, term, is_leader = self.rf.Start(op)
        if not is_leader:
            return ErrWrongLeader, None
        with self.lock:
            # An earlier leadership of this server has promised the index to another.
        """,
        file=RSM_FILE,
        likely="test_concurrent_4A test_basic_4A test_speed_4B",
    ),
]
