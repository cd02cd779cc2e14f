"""Correct solutions in other styles: what a rule that is too strict would accuse.

There is none whose leader begins its term with an entry of its own, which is sound as
well: the labs' tests count on the indices that they get without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.zoo.specimens import (
    CLERK_FILE,
    RAFT_FILE,
    RSM_FILE,
    SERVER_FILE,
    Variant,
    changes,
)

ALL_PARTS: Final = ("3A", "3B", "3C", "3D", "4A", "4B", "4C")
LAB_4: Final = ALL_PARTS[4:]


def _raft(name: str, *texts: str, renamed: Mapping[str, str] | None = None) -> Variant:
    """A Raft in another style, from old and new lines in turn."""
    return Variant(name, changes(RAFT_FILE, texts), ALL_PARTS, renamed or {})


def _kv(file: str, name: str, *texts: str) -> Variant:
    """A service in another style, from old and new lines in turn."""
    return Variant(name, changes(file, texts), LAB_4)


_VOTE_HANDLER: Final = (
    "def RequestVote(self, args: RequestVoteArgs) -> RequestVoteReply:"
)
_APPEND_HANDLER: Final = (
    "def AppendEntries(self, args: AppendEntriesArgs) -> AppendEntriesReply:"
)
_INSTALL_HANDLER: Final = (
    "def InstallSnapshot(self, args: InstallSnapshotArgs) -> InstallSnapshotReply:"
)
_GIVE_VOTE: Final = """
            self.voted_for = args.candidate_id
            self.persist()
            self.restart_timer()
            return RequestVoteReply(self.current_term, True)
    """
_HEAR_LEADER: Final = """
                return AppendEntriesReply(self.current_term, False)
            self.step_down(args.term)
            self.restart_timer()
    """
_ELECTION_IS_DUE: Final = """
                if self.state != LEADER and time.monotonic() >= self.election_due:
                    self.start_election()
    """
_SENT: Final = """
        self.sent_index[peer] = self.last_log_index()
        prev = self.next_index[peer] - 1
    """
_ENTRIES: Final = """
            self.term_at(prev),
            self.log[prev + 1 - self.log_start :],
            self.commit_index,
    """
_CALL_APPEND: Final = """
        reply = self.peers[peer].Call("Raft.AppendEntries", args, AppendEntriesReply)
    """
_CALL_VOTE: Final = """
        reply = self.peers[peer].Call("Raft.RequestVote", args, RequestVoteReply)
    """
_REPLIED: Final = """
            if reply.success:
                self.has_matched(peer, args.prev_log_index + len(args.entries))
            elif args.prev_log_index == self.next_index[peer] - 1:
                self.back_up(peer, args, reply)
    """
_NEXT_AFTER_CONFLICT: Final = """
        new = min(new, args.prev_log_index)
        self.next_index[peer] = max(new, self.match_index[peer] + 1)
    """
_STAND: Final = """
        self.state = CANDIDATE
        self.current_term += 1
    """
_SNAPSHOT_FIELDS: Final = """
        self.snapshot = b""

        # What is not.
    """
_WAITS_FOR_REPLY: Final = """
        lacks = self.sent_index[peer] < self.last_log_index()
        return lacks and not self.is_waiting[peer]
    """
_SAVE: Final = """
        self.persister.Save(buffer.getvalue(), self.snapshot)
    """
_PRE_VOTE_ASKED: Final = """
    def ask_before(self) -> None:
        self.restart_timer()
        self.willing = {self.me}
        term = self.current_term + 1
        args = RequestVoteArgs(
            term, self.me, self.last_log_index(), self.last_log_term()%s
        )
        for peer in self.others:
            self.go(self.ask_one_before, peer, args)

    def ask_one_before(self, peer: int, args: RequestVoteArgs) -> None:
        reply = self.peers[peer].Call("Raft.%s", args, RequestVoteReply)
        if reply is None:
            return
        with self.lock:
            if reply.term > self.current_term:
                self.step_down(reply.term)
            if self.state == LEADER or args.term != self.current_term + 1:
                return
            if reply.vote_granted:
                self.willing.add(peer)
            if len(self.willing) > len(self.peers) // 2:
                self.start_election()

    def start_election(self) -> None:
    """
_WOULD_VOTE: Final = """
            hears_leader = time.monotonic() < self.heard_at + ELECTION_MIN_S
            granted = (
                args.term > self.current_term
                and self.state != LEADER
                and not hears_leader
                and self.is_up_to_date(args.last_log_term, args.last_log_index)
            )
            return RequestVoteReply(self.current_term, granted)
    """
_HEARD_AT: Final = (
    _HEAR_LEADER,
    """
                return AppendEntriesReply(self.current_term, False)
            self.step_down(args.term)
            self.heard_at = time.monotonic()
            self.restart_timer()
    """,
    "self.votes: set[int] = set()",
    """
        self.heard_at = -1.0
        self.willing: set[int] = set()
        self.votes: set[int] = set()
    """,
)
_DELAY: Final = "time.sleep(random.uniform(0.0, 0.008))"
_COMMIT_AS_MATCHED: Final = """
            self.term_at(prev),
            self.log[prev + 1 - self.log_start :],
            min(self.commit_index, self.match_index[peer]),
    """

ELECTIONS: Final = [
    _raft("the base itself"),
    _raft(
        "a candidate asks beforehand, by a method of its own",
        "def start_election(self) -> None:",
        _PRE_VOTE_ASKED % ("", "PreVote"),
        _ELECTION_IS_DUE,
        """
                if self.state != LEADER and time.monotonic() >= self.election_due:
                    self.ask_before()
        """,
        _VOTE_HANDLER,
        f"""
    def PreVote(self, args: RequestVoteArgs) -> RequestVoteReply:
        with self.lock:
{_WOULD_VOTE}

    {_VOTE_HANDLER}
        """,
        *_HEARD_AT,
    ),
    _raft(
        "a candidate asks beforehand, by a field of its request",
        "def start_election(self) -> None:",
        _PRE_VOTE_ASKED % (", True", "RequestVote"),
        _ELECTION_IS_DUE,
        """
                if self.state != LEADER and time.monotonic() >= self.election_due:
                    self.ask_before()
        """,
        """
    last_log_index: int
    last_log_term: int
        """,
        """
    last_log_index: int
    last_log_term: int
    pre_vote: bool = False
        """,
        _VOTE_HANDLER,
        f"""
    def would_vote(self, args: RequestVoteArgs) -> RequestVoteReply:
        with self.lock:
{_WOULD_VOTE}

    {_VOTE_HANDLER}
        if args.pre_vote:
            return self.would_vote(args)
        """,
        *_HEARD_AT,
    ),
    _raft(
        "a follower that hears from a leader takes no notice of candidates",
        f"""
    {_VOTE_HANDLER}
        with self.lock:
        """,
        f"""
    {_VOTE_HANDLER}
        with self.lock:
            if time.monotonic() < self.heard_at + ELECTION_MIN_S:
                return RequestVoteReply(self.current_term, False)
        """,
        *_HEARD_AT,
    ),
    _raft(
        "every server has terms of its own",
        _STAND,
        """
        self.state = CANDIDATE
        count = len(self.peers)
        self.current_term = (self.current_term // count + 1) * count + self.me
        """,
    ),
    _raft(
        "a candidate asks again who has not answered",
        f"""
        {_CALL_VOTE.strip()}
        if reply is None:
            return
        """,
        f"""
        while True:
            {_CALL_VOTE.strip()}
            if reply is not None:
                break
            with self.lock:
                if self.state != CANDIDATE or args.term != self.current_term:
                    return
        """,
    ),
    _raft(
        "a leader that hears from no majority for two seconds steps down",
        _ELECTION_IS_DUE,
        """
                if self.state != LEADER and time.monotonic() >= self.election_due:
                    self.start_election()
                since = sorted(self.answered_at[peer] for peer in self.others)
                quorum_at = since[-(len(self.peers) // 2)]
                if self.state == LEADER and time.monotonic() > quorum_at + 2.0:
                    self.step_down(self.current_term)
        """,
        """
        self.is_waiting = [False] * len(self.peers)
        self.heartbeat_due = [time.monotonic()] * len(self.peers)
        """,
        """
        self.is_waiting = [False] * len(self.peers)
        self.answered_at = [time.monotonic()] * len(self.peers)
        self.heartbeat_due = [time.monotonic()] * len(self.peers)
        """,
        """
        self.is_waiting[peer] = False
        self.to_send.notify_all()
        """,
        """
        self.is_waiting[peer] = False
        self.answered_at[peer] = time.monotonic()
        self.to_send.notify_all()
        """,
        "self.heartbeat_due = [0.0] * len(peers)",
        """
        self.heartbeat_due = [0.0] * len(peers)
        self.answered_at = [0.0] * len(peers)
        """,
    ),
    _raft(
        "a vote is told with the term that is current when the lock is free again",
        _GIVE_VOTE,
        """
            self.voted_for = args.candidate_id
            self.persist()
            self.restart_timer()
        return RequestVoteReply(self.current_term, True)
        """,
    ),
]

LATE: Final = [
    _raft(
        "handlers answer a few milliseconds late",
        *(
            text
            for handler, inner in (
                (_VOTE_HANDLER, "on_vote"),
                (_APPEND_HANDLER, "on_append"),
                (_INSTALL_HANDLER, "on_install"),
            )
            for text in (
                handler,
                f"""
    {handler}
        reply = self.{inner}(args)
        {_DELAY}
        return reply

    {handler.replace(handler[4 : handler.index("(")], inner)}
                """,
            )
        ),
    ),
    _raft(
        "handlers begin a few milliseconds late",
        *(
            text
            for handler in (_VOTE_HANDLER, _APPEND_HANDLER, _INSTALL_HANDLER)
            for text in (handler, f"    {handler}\n        {_DELAY}")
        ),
    ),
    _raft(
        "messages are sent a few milliseconds late",
        _CALL_APPEND,
        f"{_DELAY}\n{_CALL_APPEND.strip()}",
        _CALL_VOTE,
        f"{_DELAY}\n{_CALL_VOTE.strip()}",
    ),
]

SAVING: Final = [
    _raft(
        "a thread saves for all, and answers wait for it",
        """
    def persist(self) -> None:
        buffer = io.BytesIO()
        """,
        """
    def persist(self) -> None:
        self.wanted += 1
        self.to_save.notify_all()

    def wait_saved(self) -> None:
        with self.lock:
            wanted = self.wanted
            while self.saved < wanted:
                self.to_save.wait()

    def saver(self) -> None:
        while not self.dead.is_set():
            with self.lock:
                while self.saved == self.wanted:
                    self.to_save.wait()
                wanted, state, snapshot = self.wanted, self.encode(), self.snapshot
            self.persister.Save(state, snapshot)
            with self.lock:
                self.saved = wanted
                self.to_save.notify_all()

    def encode(self) -> bytes:
        buffer = io.BytesIO()
        """,
        _SAVE,
        "return buffer.getvalue()",
        "self.to_send = threading.Condition(self.lock)",
        """
        self.to_send = threading.Condition(self.lock)
        self.to_save = threading.Condition(self.lock)
        self.wanted = 0
        self.saved = 0
        """,
        _CALL_VOTE,
        f"self.wait_saved()\n{_CALL_VOTE.strip()}",
        _CALL_APPEND,
        f"self.wait_saved()\n{_CALL_APPEND.strip()}",
        *(
            text
            for handler, inner in (
                (_VOTE_HANDLER, "on_vote"),
                (_APPEND_HANDLER, "on_append"),
                (_INSTALL_HANDLER, "on_install"),
            )
            for text in (
                handler,
                f"""
    {handler}
        reply = self.{inner}(args)
        self.wait_saved()
        return reply

    {handler.replace(handler[4 : handler.index("(")], inner)}
                """,
            )
        ),
        "def Snapshot(self, index: int, snapshot: bytes) -> None:",
        """
    def Snapshot(self, index: int, snapshot: bytes) -> None:
        self.compact(index, snapshot)
        self.wait_saved()

    def compact(self, index: int, snapshot: bytes) -> None:
        """,
        "raft.go(raft.ticker)",
        """
    raft.go(raft.saver)
    raft.go(raft.ticker)
        """,
    ),
    _raft(
        "nothing is saved that is saved already",
        _SAVE,
        """
        now = (buffer.getvalue(), self.snapshot)
        if now != self.on_disk:
            self.on_disk = now
            self.persister.Save(*now)
        """,
        _SNAPSHOT_FIELDS,
        """
        self.snapshot = b""
        self.on_disk = (b"", b"")

        # What is not.
        """,
    ),
    _raft(
        "all is saved whenever a handler has run",
        """
            known = min(args.leader_commit, prev + len(args.entries))
        """,
        """
            self.persist()
            known = min(args.leader_commit, prev + len(args.entries))
        """,
        """
            if args.term < self.current_term:
                return RequestVoteReply(self.current_term, False)
        """,
        """
            self.persist()
            if args.term < self.current_term:
                return RequestVoteReply(self.current_term, False)
        """,
    ),
    _raft(
        "the commit index is saved too, and a restarted peer applies at once",
        "encoder.Encode(self.log)",
        """
        encoder.Encode(self.log)
        encoder.Encode(self.commit_index)
        """,
        """
        # The service has read the snapshot by itself.
        self.commit_index = self.log_start
        """,
        """
        self.commit_index = max(self.log_start, decoder.Decode(int))
        """,
    ),
]

REPLICATION: Final = [
    _raft(
        "a message has one entry at most",
        _SENT,
        """
        prev = self.next_index[peer] - 1
        self.sent_index[peer] = min(prev + 1, self.last_log_index())
        """,
        _ENTRIES,
        """
            self.term_at(prev),
            self.log[prev + 1 - self.log_start : prev + 2 - self.log_start],
            self.commit_index,
        """,
    ),
    _raft(
        "a message has eight entries at most",
        _SENT,
        """
        prev = self.next_index[peer] - 1
        self.sent_index[peer] = min(prev + 8, self.last_log_index())
        """,
        _ENTRIES,
        """
            self.term_at(prev),
            self.log[prev + 1 - self.log_start : prev + 9 - self.log_start],
            self.commit_index,
        """,
    ),
    _raft(
        "a leader goes on sending what will probably be next",
        _WAITS_FOR_REPLY,
        "return self.next_index[peer] <= self.last_log_index()",
        """
        return self.send_entries, AppendEntriesArgs(
        """,
        """
        self.next_index[peer] = self.last_log_index() + 1
        return self.send_entries, AppendEntriesArgs(
        """,
        """
            elif args.prev_log_index == self.next_index[peer] - 1:
                self.back_up(peer, args, reply)
        """,
        """
            else:
                self.back_up(peer, args, reply)
        """,
        _NEXT_AFTER_CONFLICT,
        """
        new = min(new, args.prev_log_index, self.next_index[peer])
        self.next_index[peer] = max(new, self.match_index[peer] + 1)
        """,
    ),
    _raft(
        "a leader backs up by one entry at a time",
        """
        new = reply.conflict_index
        for index in range(args.prev_log_index, self.log_start, -1):
            if self.term_at(index) == reply.conflict_term:
                new = index + 1
                break
        """,
        "new = args.prev_log_index",
    ),
    _raft(
        "a follower removes what contradicts the leader when it refuses",
        "term, first = self.term_at(prev), prev",
        """
        term, first = self.term_at(prev), prev
        self.log = self.log[: prev - self.log_start]
        self.persist()
        """,
    ),
    _raft(
        "a leader sends only as much of its commit index as the follower has",
        _ENTRIES,
        _COMMIT_AS_MATCHED,
    ),
    _raft(
        "heartbeats have no previous entry when the follower has all",
        _ENTRIES,
        """
            self.term_at(prev),
            self.log[prev + 1 - self.log_start :],
            self.commit_index,
        ) if self.match_index[peer] < self.last_log_index() else AppendEntriesArgs(
            self.current_term,
            self.me,
            0,
            0,
            [],
            self.commit_index,
        """,
        """
            prev = args.prev_log_index
            if prev > self.last_log_index():
        """,
        """
            prev = args.prev_log_index
            if prev == 0 and not args.entries:
                # This leader knows that all it has is here.
                if args.leader_commit > self.commit_index:
                    self.commit_index = args.leader_commit
                    self.to_apply.notify_all()
                return AppendEntriesReply(self.current_term, True)
            if prev > self.last_log_index():
        """,
    ),
    _raft(
        "heartbeats have a method of their own",
        """
@dataclass
class AppendEntriesReply:
        """,
        """
@dataclass
class HeartbeatArgs:
    term: int
    leader_id: int
    leader_commit: int


@dataclass
class AppendEntriesReply:
        """,
        """
        return self.send_entries, AppendEntriesArgs(
        """,
        """
        if self.match_index[peer] == self.last_log_index():
            return self.send_heartbeat, HeartbeatArgs(
                self.current_term, self.me, self.commit_index
            )
        return self.send_entries, AppendEntriesArgs(
        """,
        "def send_snapshot(self, peer: int, args: InstallSnapshotArgs) -> None:",
        """
    def send_heartbeat(self, peer: int, args: HeartbeatArgs) -> None:
        reply = self.peers[peer].Call("Raft.Heartbeat", args, AppendEntriesReply)
        if reply is None:
            return
        with self.lock:
            self.has_answered(peer)
            if reply.term > self.current_term:
                self.step_down(reply.term)

    def Heartbeat(self, args: HeartbeatArgs) -> AppendEntriesReply:
        with self.lock:
            if args.term < self.current_term:
                return AppendEntriesReply(self.current_term, False)
            self.step_down(args.term)
            self.restart_timer()
            if args.leader_commit > self.commit_index:
                self.commit_index = args.leader_commit
                self.to_apply.notify_all()
            return AppendEntriesReply(self.current_term, True)

    def send_snapshot(self, peer: int, args: InstallSnapshotArgs) -> None:
        """,
    ),
    _raft(
        "entries that are committed here are accepted without a look at them",
        """
            prev = args.prev_log_index
            if prev > self.last_log_index():
        """,
        """
            prev = args.prev_log_index
            if prev + len(args.entries) <= self.commit_index:
                return AppendEntriesReply(self.current_term, True)
            if prev > self.last_log_index():
        """,
    ),
    _raft(
        "a follower tells how far it has matched, and the leader believes that",
        """
    success: bool
    conflict_term: int = 0  # the term found at prev_log_index, 0 if there is no entry
        """,
        """
    success: bool
    conflict_term: int = 0
    match_index: int = 0
        """,
        """
                self.commit_index = known
                self.to_apply.notify_all()
            return AppendEntriesReply(self.current_term, True)
        """,
        """
                self.commit_index = known
                self.to_apply.notify_all()
            end = prev + len(args.entries)
            return AppendEntriesReply(self.current_term, True, match_index=end)
        """,
        "return AppendEntriesReply(self.current_term, False, 0, end)",
        "return AppendEntriesReply(self.current_term, False, conflict_index=end)",
        "return AppendEntriesReply(self.current_term, False, term, first)",
        """
        return AppendEntriesReply(
            self.current_term, False, term, conflict_index=first
        )
        """,
        "self.has_matched(peer, args.prev_log_index + len(args.entries))",
        "self.has_matched(peer, reply.match_index)",
    ),
    _raft(
        "a server votes for itself, and counts its own entries, by calls to itself",
        "self.others = [peer for peer in range(len(peers)) if peer != me]",
        "self.others = list(range(len(peers)))",
        "self.votes = {self.me}",
        "self.votes = set()",
        "copies = 1 + sum(self.match_index[other] >= new for other in self.others)",
        "copies = sum(self.match_index[other] >= new for other in self.others)",
        _HEAR_LEADER,
        """
                return AppendEntriesReply(self.current_term, False)
            if args.leader_id == self.me:
                return AppendEntriesReply(self.current_term, self.state == LEADER)
            self.step_down(args.term)
            self.restart_timer()
        """,
        # Its own snapshot comes back if an entry took long to do so.
        """
                return InstallSnapshotReply(self.current_term)
            self.step_down(args.term)
        """,
        """
                return InstallSnapshotReply(self.current_term)
            if args.leader_id == self.me:
                return InstallSnapshotReply(self.current_term)
            self.step_down(args.term)
        """,
    ),
]

WIRE: Final = [
    _raft(
        "indices begin with 0 in messages",
        "self.current_term, self.me, self.last_log_index(), self.last_log_term()",
        "self.current_term, self.me, self.last_log_index() - 1, self.last_log_term()",
        "if not self.is_up_to_date(args.last_log_term, args.last_log_index):",
        "if not self.is_up_to_date(args.last_log_term, args.last_log_index + 1):",
        """
            self.me,
            prev,
        """,
        """
            self.me,
            prev - 1,
        """,
        _ENTRIES,
        """
            self.term_at(prev),
            self.log[prev + 1 - self.log_start :],
            self.commit_index - 1,
        """,
        _REPLIED,
        """
            if reply.success:
                self.has_matched(peer, args.prev_log_index + 1 + len(args.entries))
            elif args.prev_log_index + 1 == self.next_index[peer] - 1:
                self.back_up(peer, args, reply)
        """,
        "for index in range(args.prev_log_index, self.log_start, -1):",
        "for index in range(args.prev_log_index + 1, self.log_start, -1):",
        "new = min(new, args.prev_log_index)",
        "new = min(new, args.prev_log_index + 1)",
        "prev = args.prev_log_index",
        "prev = args.prev_log_index + 1",
        "known = min(args.leader_commit, prev + len(args.entries))",
        "known = min(args.leader_commit + 1, prev + len(args.entries))",
        """
                self.me,
                self.log_start,
        """,
        """
                self.me,
                self.log_start - 1,
        """,
        "self.has_matched(peer, args.last_included_index)",
        "self.has_matched(peer, args.last_included_index + 1)",
        "if args.last_included_index > self.commit_index:",
        "if args.last_included_index + 1 > self.commit_index:",
        "index, term = args.last_included_index, args.last_included_term",
        "index, term = args.last_included_index + 1, args.last_included_term",
    ),
    _raft(
        "fields have other words",
        renamed={
            "leader_id": "leader",
            "candidate_id": "candidate",
            "prev_log_index": "prev_index",
            "prev_log_term": "prev_term",
            "entries": "logs",
            "leader_commit": "commit",
            "success": "ok",
            "vote_granted": "granted",
            "last_included_index": "snapshot_index",
            "last_included_term": "snapshot_term",
        },
    ),
    _raft(
        "fields have initials",
        renamed={
            "term": "tm",
            "leader_id": "lid",
            "candidate_id": "cid",
            "last_log_index": "lli",
            "last_log_term": "llt",
            "prev_log_index": "pli",
            "prev_log_term": "plt",
            "entries": "es",
            "leader_commit": "lc",
            "success": "s",
            "vote_granted": "vg",
            "conflict_index": "ci",
            "conflict_term": "ct",
            "last_included_index": "lii",
            "last_included_term": "lit",
        },
    ),
    _raft(
        "fields are written as in Go",
        renamed={
            "term": "Term",
            "leader_id": "LeaderId",
            "candidate_id": "CandidateId",
            "last_log_index": "LastLogIndex",
            "last_log_term": "LastLogTerm",
            "prev_log_index": "PrevLogIndex",
            "prev_log_term": "PrevLogTerm",
            "entries": "Entries",
            "leader_commit": "LeaderCommit",
            "success": "Success",
            "vote_granted": "VoteGranted",
            "command": "Command",
        },
    ),
    _raft(
        "entries are pairs in messages",
        "entries: list[LogEntry]",
        "entries: list[tuple[int, Any]]",
        _ENTRIES,
        """
            self.term_at(prev),
            [
                (entry.term, entry.command)
                for entry in self.log[prev + 1 - self.log_start :]
            ],
            self.commit_index,
        """,
        "self.store(prev, args.entries)",
        "self.store(prev, [LogEntry(*pair) for pair in args.entries])",
    ),
    _raft(
        "entries carry their index",
        """
class LogEntry:
    term: int
    command: Any
        """,
        """
class LogEntry:
    term: int
    command: Any
    index: int = 0
        """,
        "self.log.append(LogEntry(self.current_term, command))",
        """
            index = self.last_log_index() + 1
            self.log.append(LogEntry(self.current_term, command, index))
        """,
    ),
    _raft(
        "a snapshot is sent in three pieces",
        """
    last_included_term: int
    data: bytes
        """,
        """
    last_included_term: int
    data: bytes
    offset: int = 0
    done: bool = True
        """,
        """
        reply = self.peers[peer].Call(
            "Raft.InstallSnapshot", args, InstallSnapshotReply
        )
        if reply is None:
            return
        """,
        """
        size = len(args.data) // 3 + 1
        for offset in range(0, len(args.data), size):
            piece = InstallSnapshotArgs(
                args.term,
                args.leader_id,
                args.last_included_index,
                args.last_included_term,
                args.data[offset : offset + size],
                offset,
                offset + size >= len(args.data),
            )
            reply = self.peers[peer].Call(
                "Raft.InstallSnapshot", piece, InstallSnapshotReply
            )
            if reply is None:
                return
        """,
        """
            if args.last_included_index > self.commit_index:
                self.adopt(args)
        """,
        """
            key = (args.term, args.last_included_index)
            if args.offset == 0:
                self.pieces = {key: b""}
            # Those of a call that came too late are thrown away.
            fits = len(self.pieces.get(key, b"?")) == args.offset
            if fits and args.last_included_index > self.commit_index:
                self.pieces[key] += args.data
                if args.done:
                    args.data = self.pieces.pop(key)
                    self.adopt(args)
        """,
        "self.votes: set[int] = set()",
        """
        self.votes: set[int] = set()
        self.pieces: dict[tuple[int, int], bytes] = {}
        """,
    ),
]

SERVICES: Final = [
    _kv(
        RSM_FILE,
        "operations are dictionaries",
        "op = Op(self.me, random.getrandbits(62), req)",
        'op = {"server": self.me, "id": random.getrandbits(62), "request": req}',
        "result = self.sm.DoOp(op.request)",
        'result = self.sm.DoOp(op["request"])',
    ),
    _kv(
        RSM_FILE,
        "operations are known by a random number alone",
        "if pending.op == op:",
        "if pending.op.ident == op.ident:",
    ),
    _kv(
        RSM_FILE,
        "a Submit looks every millisecond what has become of it",
        "pending.done.wait()",
        """
        while not pending.done.is_set():
            time.sleep(0.001)
        """,
    ),
    _kv(
        RSM_FILE,
        "operations are performed with the lock held",
        """
        result = self.sm.DoOp(op.request)
        with self.lock:
        """,
        """
        with self.lock:
            result = self.sm.DoOp(op.request)
        """,
    ),
    _kv(
        RSM_FILE,
        "a snapshot is taken at half of the limit",
        "if self.rf.PersistBytes() > self.maxraftstate:",
        "if self.rf.PersistBytes() > self.maxraftstate // 2:",
    ),
    _kv(
        SERVER_FILE,
        "a Get reads the table when it has been performed",
        """
        assert isinstance(reply, GetReply)
        return reply
        """,
        "return self.get(args)",
    ),
    _kv(
        SERVER_FILE,
        "a server that does not lead refuses without a Submit",
        """
        err, reply = self.rsm.Submit(args)
        if err != OK:
            return PutReply(err)
        """,
        """
        _, leads = self.rsm.Raft().GetState()
        if not leads:
            return PutReply("ErrWrongLeader")
        err, reply = self.rsm.Submit(args)
        if err != OK:
            return PutReply(err)
        """,
    ),
    _kv(
        CLERK_FILE,
        "a clerk begins with any server, and rests when it has asked them all",
        "self.leader = 0",
        """
        import random

        self.leader = random.randrange(len(servers))
        self.asked = 0
        """,
        "self.leader = (self.leader + 1) % len(self.servers)",
        """
        import time

        self.leader = (self.leader + 1) % len(self.servers)
        self.asked += 1
        if self.asked % len(self.servers) == 0:
            time.sleep(0.02)
        """,
    ),
]

VARIANTS: Final = [
    *ELECTIONS,
    *LATE,
    *SAVING,
    *REPLICATION,
    *WIRE,
    *SERVICES,
]
