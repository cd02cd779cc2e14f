"""Rafts with a mistake, as students make them, by the rule that they break."""

from __future__ import annotations

from typing import Final

from tests.zoo.specimens import RAFT_FILE, Bug, changes


def _bug(
    rule: str,
    parts: str,
    name: str,
    *texts: str,
    likely: str = "",
    also: tuple[str, ...] = (),
) -> Bug:
    """A bug of the Raft, from right and wrong lines in turn."""
    return Bug(
        name,
        changes(RAFT_FILE, texts),
        tuple(parts.split()),
        rule=rule,
        also=also,
        likely=tuple(likely.split()),
    )


_GRANT: Final = """
    self.voted_for = args.candidate_id
    self.persist()
    self.restart_timer()
    """
_STAND: Final = """
    self.current_term += 1
    self.voted_for = self.me
    self.persist()
    """
_NEWER_TERM: Final = """
    if term > self.current_term:
        self.current_term = term
        self.voted_for = NOBODY
        self.persist()
    """
_VOTED_FOR_ANOTHER: Final = """
    if self.voted_for not in (NOBODY, args.candidate_id):
        return RequestVoteReply(self.current_term, False)
    """
_IS_UP_TO_DATE: Final = """
    if last_term != self.last_log_term():
        return last_term > self.last_log_term()
    return last_index >= self.last_log_index()
    """
_COUNT_VOTE: Final = """
    if self.state != CANDIDATE or args.term != self.current_term:
        return
    if reply.vote_granted:
        self.votes.add(peer)
    if len(self.votes) > len(self.peers) // 2:
        self.become_leader()
    """
_VOTE_REPLY: Final = """
    if reply is None:
        return
    with self.lock:
        if reply.term > self.current_term:
            self.step_down(reply.term)
            return
        if self.state != CANDIDATE or args.term != self.current_term:
            return
    """
_APPEND_REPLY: Final = """
        if reply.term > self.current_term:
            self.step_down(reply.term)
            return
        if self.state != LEADER or args.term != self.current_term:
            return
        if reply.success:
            self.has_matched(peer, args.prev_log_index + len(args.entries))
    """
_SNAPSHOT_REPLY: Final = """
        if reply.term > self.current_term:
            self.step_down(reply.term)
            return
        if self.state == LEADER and args.term == self.current_term:
            self.has_matched(peer, args.last_included_index)
    """
_VOTE_BEGINS: Final = """
    if args.term < self.current_term:
        return RequestVoteReply(self.current_term, False)
    if args.term > self.current_term:
        self.step_down(args.term)
    """
_APPEND_BEGINS: Final = """
    if args.term < self.current_term:
        return AppendEntriesReply(self.current_term, False)
    self.step_down(args.term)
    self.restart_timer()
    """
_INSTALL_BEGINS: Final = """
    if args.term < self.current_term:
        return InstallSnapshotReply(self.current_term)
    self.step_down(args.term)
    self.restart_timer()
    """
_FOLLOW: Final = """
    if self.state == LEADER:
        # Its timer has stood still since it was elected.
        self.restart_timer()
    self.state = FOLLOWER
    """
_REPLACE: Final = """
    if index > self.last_log_index() or self.term_at(index) != entry.term:
        self.log = self.log[: index - self.log_start] + entries[offset:]
        self.persist()
        return
    """
_STORE: Final = "self.store(prev, args.entries)"
_CHECK: Final = """
    # What the snapshot covers is committed, so it matches.
    if prev >= self.log_start and self.term_at(prev) != args.prev_log_term:
        return self.contradict(prev)
    """
_OWN_TERM: Final = """
    if self.term_at(new) != self.current_term:
        # Figure 8: what is older is committed along with something newer.
        break
    """
_COPIES: Final = """
    copies = 1 + sum(self.match_index[other] >= new for other in self.others)
    if copies > len(self.peers) // 2:
    """
_COMMIT: Final = """
    known = min(args.leader_commit, prev + len(args.entries))
    if known > self.commit_index:
    """
_ADOPT_LOG: Final = """
    if index <= self.last_log_index() and self.term_at(index) == term:
        self.log = self.log[index - self.log_start :]
    else:
        self.log = [LogEntry(term, None)]
    """
_LEAD: Final = """
    self.state = LEADER
    self.next_index = [self.last_log_index() + 1] * len(self.peers)
    """
_APPEND: Final = """
    self.log.append(LogEntry(self.current_term, command))
    self.persist()
    """
_ENTRIES: Final = """
    self.term_at(prev),
    self.log[prev + 1 - self.log_start :],
    self.commit_index,
    """
_SENT: Final = """
    self.sent_index[peer] = self.last_log_index()
    prev = self.next_index[peer] - 1
    """
_EMPTY_HEARTBEATS: Final = (
    # Much as Go code does it: a heartbeat is an AppendEntries without entries.
    _SENT,
    """
    is_heartbeat = self.sent_index[peer] >= self.last_log_index()
    is_heartbeat = is_heartbeat and self.next_index[peer] <= self.last_log_index()
    is_heartbeat = is_heartbeat and random.random() < 0.5
    self.sent_index[peer] = self.last_log_index()
    prev = self.next_index[peer] - 1
    """,
    _ENTRIES,
    """
    self.term_at(prev),
    [] if is_heartbeat else self.log[prev + 1 - self.log_start :],
    self.commit_index,
    """,
)
"""Every other time, so that what is lost is sent again some day."""

_OVERLAPPING: Final = (
    # New entries do not wait for the reply to older ones, so that messages can overtake
    # each other: without that a follower hardly ever sees an old one.
    "return lacks and not self.is_waiting[peer]",
    "return lacks",
)

ELECTIONS: Final = [
    _bug(
        "one leader a term",
        "3A 3B",
        "a leader that learns of a newer term takes it over, and goes on leading",
        _FOLLOW,
        """
        if self.state == LEADER:
            return
        self.state = FOLLOWER
        """,
        likely="test_re_election_3A",
        also=("majority elects",),
    ),
    _bug(
        "one leader a term",
        "3A 3B",
        "a leader takes over the term of a reply without stepping down",
        _APPEND_REPLY,
        """
        if reply.term > self.current_term:
            self.current_term = reply.term
            return
        if self.state != LEADER or args.term != self.current_term:
            return
        if reply.success:
            self.has_matched(peer, args.prev_log_index + len(args.entries))
        """,
        also=("majority elects",),
    ),
    _bug(
        "one leader a term",
        "3A 3B 3C",
        "an AppendEntries of a newer term moves the term, and leaves the role",
        _APPEND_BEGINS,
        """
        if args.term < self.current_term:
            return AppendEntriesReply(self.current_term, False)
        if args.term > self.current_term:
            self.current_term = args.term
            self.voted_for = NOBODY
            self.persist()
        elif self.state == CANDIDATE:
            self.state = FOLLOWER
        self.restart_timer()
        """,
        also=("majority elects",),
    ),
    _bug(
        "one vote a term",
        "3A 3B 3C",
        "a peer votes for every candidate of a term",
        _VOTED_FOR_ANOTHER,
        "",
        likely="test_many_elections_3A",
        also=("one leader a term",),
    ),
    _bug(
        "one vote a term",
        "3A 3B 3C",
        "a request of the present term makes the voter forget its vote",
        _VOTE_BEGINS,
        """
        if args.term < self.current_term:
            return RequestVoteReply(self.current_term, False)
        if args.term >= self.current_term:
            self.step_down(args.term)
            self.voted_for = NOBODY
        """,
        likely="test_many_elections_3A",
        also=("one leader a term",),
    ),
    _bug(
        "one vote a term",
        "3A 3B 3C",
        "a heartbeat makes the follower forget its vote",
        _APPEND_BEGINS,
        """
        if args.term < self.current_term:
            return AppendEntriesReply(self.current_term, False)
        self.step_down(args.term)
        self.voted_for = NOBODY
        self.restart_timer()
        """,
    ),
    _bug(
        "one vote a term",
        "3A 3B 3C",
        "a candidate does not vote for itself, and for whoever asks",
        _STAND,
        """
        self.current_term += 1
        self.voted_for = NOBODY
        self.persist()
        """,
        likely="test_many_elections_3A",
        also=("one leader a term",),
    ),
    _bug(
        "one vote a term",
        "3A 3B 3C",
        "a peer refuses only after a vote for itself",
        _VOTED_FOR_ANOTHER,
        """
        if self.voted_for == self.me:
            return RequestVoteReply(self.current_term, False)
        """,
        likely="test_many_elections_3A",
        also=("one leader a term",),
    ),
    _bug(
        "one vote a term",
        "3A 3B 3C",
        "standing for election does not raise the term",
        _STAND,
        """
        if self.current_term == 0 or self.state == LEADER:
            self.current_term += 1
        self.voted_for = self.me
        self.persist()
        """,
        also=("one leader a term", "majority elects"),
    ),
    _bug(
        "one vote a term",
        "3A 3B 3C",
        "the vote is not restored after a crash",
        "self.voted_for = decoder.Decode(int)",
        "decoder.Decode(int)",
        likely="test_reliable_churn_3C test_unreliable_churn_3C",
        also=("remembered over a crash", "one leader a term"),
    ),
    _bug(
        "one vote a term",
        "3A 3B 3C",
        "the vote is saved before it is given",
        _GRANT,
        """
        self.persist()
        self.voted_for = args.candidate_id
        self.restart_timer()
        """,
        likely="test_reliable_churn_3C test_unreliable_churn_3C",
        also=("remembered over a crash", "saved before answering"),
    ),
    _bug(
        "majority elects",
        "3A 3B",
        "half of the group is enough to be elected",
        """
        if len(self.votes) > len(self.peers) // 2:
            self.become_leader()
        """,
        """
        if len(self.votes) >= len(self.peers) // 2:
            self.become_leader()
        """,
        likely="test_re_election_3A",
        also=("one leader a term",),
    ),
    _bug(
        "majority elects",
        "3A 3B",
        "a refusal is counted as a vote",
        """
        if reply.vote_granted:
            self.votes.add(peer)
        """,
        "self.votes.add(peer)",
        likely="test_re_election_3A test_many_elections_3A",
        also=("one leader a term", "leader completeness"),
    ),
    _bug(
        "majority elects",
        "3A 3B",
        "votes of the last candidacy are kept for the next",
        "self.votes = {self.me}",
        "self.votes.add(self.me)",
        also=("one leader a term",),
    ),
    _bug(
        "majority elects",
        "3A 3B 3C",
        "a vote counts whatever term it was asked for in",
        _COUNT_VOTE,
        """
        if self.state != CANDIDATE:
            return
        if reply.vote_granted:
            self.votes.add(peer)
        if len(self.votes) > len(self.peers) // 2:
            self.become_leader()
        """,
        likely="test_unreliable_churn_3C test_figure_8_unreliable_3C",
        also=("one leader a term",),
    ),
    _bug(
        "majority elects",
        "3A 3B",
        "a peer that cannot be reached is taken to agree",
        _VOTE_REPLY,
        """
        with self.lock:
            if reply is None:
                reply = RequestVoteReply(args.term, True)
            if reply.term > self.current_term:
                self.step_down(reply.term)
                return
            if self.state != CANDIDATE or args.term != self.current_term:
                return
        """,
        likely="test_re_election_3A",
        also=("one leader a term",),
    ),
    _bug(
        "majority elects",
        "3A 3B",
        "a candidate that stands a second time leads at once",
        """
        def start_election(self) -> None:
            self.state = CANDIDATE
        """,
        """
        def start_election(self) -> None:
            if self.state == CANDIDATE:
                self.current_term += 1
                self.voted_for = self.me
                self.persist()
                self.become_leader()
                return
            self.state = CANDIDATE
        """,
        likely="test_re_election_3A",
        also=("one leader a term",),
    ),
    _bug(
        "votes look at the log",
        "3B 3C",
        "votes do not look at the candidate's log",
        _IS_UP_TO_DATE,
        "return True",
        likely="test_fail_agree_3B test_rejoin_3B",
        also=("leader completeness",),
    ),
    _bug(
        "votes look at the log",
        "3B 3C",
        "votes look at the length of the log only",
        _IS_UP_TO_DATE,
        "return last_index >= self.last_log_index()",
        likely="test_rejoin_3B",
        also=("leader completeness",),
    ),
    _bug(
        "votes look at the log",
        "3B 3C",
        "votes look at the last term only",
        _IS_UP_TO_DATE,
        "return last_term >= self.last_log_term()",
        likely="test_fail_agree_3B test_rejoin_3B",
        also=("leader completeness",),
    ),
    _bug(
        "votes look at the log",
        "3B 3C",
        "either of last term and last index is enough for a vote",
        _IS_UP_TO_DATE,
        """
        by_term = last_term >= self.last_log_term()
        return by_term or last_index >= self.last_log_index()
        """,
        likely="test_rejoin_3B",
        also=("leader completeness",),
    ),
    _bug(
        "votes look at the log",
        "3B 3C",
        "the candidate's log is compared with what is committed here",
        _IS_UP_TO_DATE,
        """
        if last_term != self.last_log_term():
            return last_term > self.last_log_term()
        return last_index >= self.commit_index
        """,
        likely="test_figure_8_3C test_persist_2_3C",
        also=("leader completeness",),
    ),
    _bug(
        "votes look at the log",
        "3B 3C",
        "a candidate that lacks one entry is up to date enough",
        _IS_UP_TO_DATE,
        """
        if last_term != self.last_log_term():
            return last_term > self.last_log_term()
        return last_index + 1 >= self.last_log_index()
        """,
        likely="test_fail_agree_3B",
        also=("leader completeness",),
    ),
    _bug(
        "votes look at the log",
        "3B 3C",
        "the voter compares its last term with the candidate's present one",
        """
        if not self.is_up_to_date(args.last_log_term, args.last_log_index):
            return RequestVoteReply(self.current_term, False)
        """,
        """
        if not self.is_up_to_date(args.term, args.last_log_index):
            return RequestVoteReply(self.current_term, False)
        """,
        likely="test_fail_agree_3B",
        also=("leader completeness",),
    ),
    _bug(
        "votes look at the log",
        "3D",
        "the voter's last index does not count what its snapshot covers",
        _IS_UP_TO_DATE,
        """
        if last_term != self.last_log_term():
            return last_term > self.last_log_term()
        return last_index >= len(self.log) - 1
        """,
        also=("leader completeness",),
    ),
    _bug(
        "votes look at the log",
        "3D",
        "a snapshot that covers the whole log leaves its last term behind",
        "self.log[0] = LogEntry(self.log[0].term, None)",
        "self.log[0] = LogEntry(0, None)",
        also=("leader completeness", "snapshots of what is applied", "log matching"),
    ),
    _bug(
        "votes look at the log",
        "3B 3C",
        "a newer term makes a follower drop what it does not know as committed",
        _NEWER_TERM,
        """
        if term > self.current_term:
            self.current_term = term
            self.voted_for = NOBODY
            self.log = self.log[: self.commit_index + 1 - self.log_start]
            self.persist()
        """,
        also=("leader completeness", "acknowledged entries stay"),
    ),
]

TERMS: Final = [
    _bug(
        "answers tell the term",
        "3A 3B 3C",
        "a refused vote tells the candidate's old term",
        _VOTE_BEGINS,
        """
        if args.term < self.current_term:
            return RequestVoteReply(args.term, False)
        if args.term > self.current_term:
            self.step_down(args.term)
        """,
    ),
    _bug(
        "answers tell the term",
        "3A 3B 3C",
        "a deposed leader is told its own term",
        _APPEND_BEGINS,
        """
        if args.term < self.current_term:
            return AppendEntriesReply(args.term, False)
        self.step_down(args.term)
        self.restart_timer()
        """,
        likely="test_re_election_3A test_rejoin_3B",
    ),
    _bug(
        "answers tell the term",
        "3D",
        "a deposed leader's snapshot is answered with its own term",
        _INSTALL_BEGINS,
        """
        if args.term < self.current_term:
            return InstallSnapshotReply(args.term)
        self.step_down(args.term)
        self.restart_timer()
        """,
    ),
    _bug(
        "answers tell the term",
        "3A 3B 3C",
        "a leader of an older term is obeyed, and the term goes back",
        _APPEND_BEGINS,
        """
        self.current_term = args.term
        self.step_down(args.term)
        self.restart_timer()
        """,
        likely="test_rejoin_3B",
        also=("newer terms depose", "one leader a term"),
    ),
    _bug(
        "answers tell the term",
        "3A 3B 3C",
        "a candidate takes over any term that it is told, an older one too",
        _VOTE_REPLY,
        """
        if reply is None:
            return
        with self.lock:
            if reply.term != self.current_term:
                self.current_term = reply.term
                self.voted_for = NOBODY
                self.step_down(reply.term)
                return
            if self.state != CANDIDATE or args.term != self.current_term:
                return
        """,
        also=("one vote a term", "one leader a term"),
    ),
    _bug(
        "newer terms depose",
        "3A 3B 3C",
        "a leader does not look at the terms of replies, nor of requests for votes",
        _APPEND_REPLY,
        """
        if self.state != LEADER or args.term != self.current_term:
            return
        if reply.success:
            self.has_matched(peer, args.prev_log_index + len(args.entries))
        """,
        _VOTE_BEGINS,
        """
        if args.term < self.current_term or self.state == LEADER:
            return RequestVoteReply(self.current_term, False)
        if args.term > self.current_term:
            self.step_down(args.term)
        """,
    ),
    _bug(
        "newer terms depose",
        "3A 3B 3C",
        "a leader that is told of a newer term only shrugs",
        _APPEND_REPLY,
        """
        if reply.term > self.current_term:
            return
        if self.state != LEADER or args.term != self.current_term:
            return
        if reply.success:
            self.has_matched(peer, args.prev_log_index + len(args.entries))
        """,
        likely="test_re_election_3A",
    ),
    _bug(
        "newer terms depose",
        "3A 3B 3C",
        "a candidate that is told of a newer term only shrugs",
        _VOTE_REPLY,
        """
        if reply is None:
            return
        with self.lock:
            if self.state != CANDIDATE or args.term != self.current_term:
                return
        """,
        likely="test_candidate_behind_3A",
    ),
    _bug(
        "newer terms depose",
        "3A 3B 3C",
        "a leader listens to no other leader",
        _APPEND_BEGINS,
        """
        if args.term < self.current_term or self.state == LEADER:
            return AppendEntriesReply(self.current_term, False)
        self.step_down(args.term)
        self.restart_timer()
        """,
        likely="test_unheard_leader_3A",
        also=("answers tell the term",),
    ),
    _bug(
        "newer terms depose",
        "3A 3B 3C",
        "a deposed leader follows, and does not take over the newer term",
        _APPEND_REPLY,
        """
        if reply.term > self.current_term:
            self.step_down(self.current_term)
            return
        if self.state != LEADER or args.term != self.current_term:
            return
        if reply.success:
            self.has_matched(peer, args.prev_log_index + len(args.entries))
        """,
    ),
    _bug(
        "newer terms depose",
        "3A 3B 3C",
        "a deposed leader goes on sending in the term in which it was elected",
        _LEAD,
        """
        self.state = LEADER
        self.led_term = self.current_term
        self.next_index = [self.last_log_index() + 1] * len(self.peers)
        """,
        """
        self.votes: set[int] = set()
        """,
        """
        self.votes: set[int] = set()
        self.led_term = 0
        """,
        """
        if self.state != LEADER:
            return False
        """,
        """
        if self.led_term == 0:
            return False
        """,
        """
        if self.state != LEADER:
            return None
        """,
        """
        if self.led_term == 0:
            return None
        """,
        """
        return self.send_entries, AppendEntriesArgs(
            self.current_term,
        """,
        """
        return self.send_entries, AppendEntriesArgs(
            self.led_term,
        """,
        also=("log matching", "leaders only append"),
    ),
]

SAVING: Final = [
    _bug(
        "saved before answering",
        "3C",
        "the vote is not saved when it is given",
        _GRANT,
        """
        self.voted_for = args.candidate_id
        self.restart_timer()
        """,
        also=("one vote a term", "remembered over a crash"),
    ),
    _bug(
        "saved before answering",
        "3C",
        "a candidate does not save its new term and its own vote",
        _STAND,
        """
        self.current_term += 1
        self.voted_for = self.me
        """,
        also=("one vote a term", "remembered over a crash"),
    ),
    _bug(
        "saved before answering",
        "3C",
        "a follower does not save the entries that it takes",
        _REPLACE,
        """
        if index > self.last_log_index() or self.term_at(index) != entry.term:
            self.log = self.log[: index - self.log_start] + entries[offset:]
            return
        """,
        likely="test_persist_2_3C test_persist_3_3C",
        also=("remembered over a crash", "votes look at the log"),
    ),
    _bug(
        "saved before answering",
        "3C",
        "the entries that a follower takes are saved by another thread, later",
        _REPLACE,
        """
        if index > self.last_log_index() or self.term_at(index) != entry.term:
            self.log = self.log[: index - self.log_start] + entries[offset:]
            self.go(self.persist_soon)
            return
        """,
        """
        def read_persist(self, data: bytes) -> None:
        """,
        """
        def persist_soon(self) -> None:
            time.sleep(0.020)
            with self.lock:
                self.persist()

        def read_persist(self, data: bytes) -> None:
        """,
        likely="test_reliable_churn_3C test_figure_8_3C",
        also=("remembered over a crash", "votes look at the log"),
    ),
    _bug(
        "saved before answering",
        "3C",
        "the state is saved by the timer's thread, every now and then",
        """
        def persist(self) -> None:
            buffer = io.BytesIO()
        """,
        """
        def persist(self) -> None:
            self.is_dirty = True

        def write(self) -> None:
            buffer = io.BytesIO()
        """,
        """
        if self.state != LEADER and time.monotonic() >= self.election_due:
            self.start_election()
        """,
        """
        if getattr(self, "is_dirty", False):
            self.is_dirty = False
            self.write()
        if self.state != LEADER and time.monotonic() >= self.election_due:
            self.start_election()
        """,
        likely="test_reliable_churn_3C test_figure_8_3C",
        also=("remembered over a crash", "one vote a term", "votes look at the log"),
    ),
    _bug(
        "saved before answering",
        "3C",
        "nothing is saved before 100 ms have passed since the last time",
        """
        def persist(self) -> None:
            buffer = io.BytesIO()
        """,
        """
        def persist(self) -> None:
            if time.monotonic() < getattr(self, "saved_at", 0.0) + 0.1:
                return
            self.saved_at = time.monotonic()
            buffer = io.BytesIO()
        """,
        also=("remembered over a crash", "one vote a term", "votes look at the log"),
    ),
    _bug(
        "remembered over a crash",
        "3C",
        "a newer term of another is not saved",
        _NEWER_TERM,
        """
        if term > self.current_term:
            self.current_term = term
            self.voted_for = NOBODY
        """,
        likely="test_term_restarts_3C",
    ),
    _bug(
        "remembered over a crash",
        "3C",
        "a leader does not save what it is given by Start",
        _APPEND,
        "self.log.append(LogEntry(self.current_term, command))",
        also=("leaders only append", "log matching", "leader completeness"),
    ),
    _bug(
        "remembered over a crash",
        "3C",
        "the term is not saved",
        "encoder.Encode(self.current_term)",
        "encoder.Encode(0)",
        likely="test_persist_1_3C test_persist_2_3C",
        also=("one leader a term", "one vote a term"),
    ),
    _bug(
        "remembered over a crash",
        "3C",
        "the term begins again with that of the last entry",
        "self.current_term = decoder.Decode(int)",
        "decoder.Decode(int)",
        "self.log = decoder.Decode(list[LogEntry])",
        """
        self.log = decoder.Decode(list[LogEntry])
        self.current_term = self.log[-1].term
        """,
        also=("one leader a term", "one vote a term"),
    ),
    _bug(
        "remembered over a crash",
        "3C",
        "only what is known as committed is saved",
        "encoder.Encode(self.log)",
        "encoder.Encode(self.log[: self.commit_index + 1 - self.log_start])",
        likely="test_persist_2_3C test_figure_8_3C",
        also=(
            "leader completeness",
            "votes look at the log",
            # What it acknowledges is not on the disk.
            "saved before answering",
        ),
    ),
    _bug(
        "remembered over a crash",
        "3C",
        "the log is saved before it is changed",
        _REPLACE,
        """
        if index > self.last_log_index() or self.term_at(index) != entry.term:
            self.persist()
            self.log = self.log[: index - self.log_start] + entries[offset:]
            return
        """,
        likely="test_persist_2_3C",
        also=(
            "votes look at the log",
            "leader completeness",
            "saved before answering",
        ),
    ),
    _bug(
        "remembered over a crash",
        "3C",
        "nothing is restored after a crash",
        "if not data:",
        "if data is not None:",
        likely="test_persist_1_3C",
        also=("one vote a term", "leader completeness", "log matching"),
    ),
    _bug(
        "remembered over a crash",
        "3C",
        "the last entry is forgotten in a crash",
        "self.log = decoder.Decode(list[LogEntry])",
        """
        self.log = decoder.Decode(list[LogEntry])
        self.log = self.log[:-1] or self.log
        """,
        also=("leader completeness", "votes look at the log"),
    ),
    _bug(
        "remembered over a crash",
        "3D",
        "a snapshot from the leader is not saved",
        """
        self.commit_index = index
        self.persist()
        self.pending_snapshot = ApplyMsg(
        """,
        """
        self.commit_index = index
        self.pending_snapshot = ApplyMsg(
        """,
        likely="test_crash_after_snapshot_3D",
        also=("saved before answering", "snapshots never go back"),
    ),
]

REPLICATION: Final = [
    _bug(
        "log matching",
        "3B 3C",
        "the term at the previous index is not compared",
        _CHECK,
        "",
        likely="test_rejoin_3B test_backup_3B",
    ),
    _bug(
        "log matching",
        "3B 3C",
        "entries that contradict the leader's stay",
        _REPLACE,
        """
        if index > self.last_log_index():
            self.log = self.log[: index - self.log_start] + entries[offset:]
            self.persist()
            return
        """,
        likely="test_rejoin_3B",
        also=("leader completeness", "acknowledged entries stay"),
    ),
    _bug(
        "log matching",
        "3B 3C",
        "new entries are put at the end, without a look at what is there",
        _STORE,
        """
        if args.entries:
            self.log += args.entries
            self.persist()
        """,
        likely="test_rejoin_3B test_unreliable_agree_3C",
    ),
    _bug(
        "log matching",
        "3B 3C",
        "a follower stamps the entries that it takes with its present term",
        _STORE,
        """
        stamped = [LogEntry(args.term, entry.command) for entry in args.entries]
        self.store(prev, stamped)
        """,
        likely="test_rejoin_3B",
    ),
    _bug(
        "leaders only append",
        "3B 3C",
        "a new leader stamps what is not committed with its own term",
        _LEAD,
        """
        self.state = LEADER
        for new in range(self.commit_index + 1, self.last_log_index() + 1):
            command = self.log[new - self.log_start].command
            self.log[new - self.log_start] = LogEntry(self.current_term, command)
        self.next_index = [self.last_log_index() + 1] * len(self.peers)
        """,
        also=("leader completeness", "remembered over a crash"),
    ),
    _bug(
        "log matching",
        "3B 3C",
        "a conflict is looked for in the commands, not in the terms",
        _REPLACE,
        """
        here = index - self.log_start
        if index > self.last_log_index() or self.log[here].command != entry.command:
            self.log = self.log[:here] + entries[offset:]
            self.persist()
            return
        """,
        also=("acknowledged entries stay",),
    ),
    _bug(
        "log matching",
        "3B 3C",
        "entries are put over the previous one instead of behind it",
        """
        index = prev + 1 + offset
        if index <= self.log_start:
        """,
        """
        index = max(prev, 1) + offset
        if index <= self.log_start:
        """,
        likely="test_basic_agree_3B",
        also=("state machine safety", "commit no further than verified"),
    ),
    _bug(
        "log matching",
        "3B 3C",
        "a gap before the previous index is filled, not refused",
        """
        if prev > self.last_log_index():
            end = self.last_log_index() + 1
            return AppendEntriesReply(self.current_term, False, 0, end)
        """,
        """
        while prev > self.last_log_index():
            self.log.append(LogEntry(args.prev_log_term, None))
        """,
        likely="test_fail_agree_3B",
    ),
    _bug(
        "leaders only append",
        "3B 3C",
        "Start takes the place behind what is committed",
        _APPEND,
        """
        self.log = self.log[: self.commit_index + 1 - self.log_start]
        self.log.append(LogEntry(self.current_term, command))
        self.persist()
        """,
        likely="test_concurrent_starts_3B test_count_3B",
        also=("log matching", "leader completeness"),
    ),
    _bug(
        "leaders only append",
        "3B 3C",
        "a leader that is contradicted cuts off its own log there",
        """
        new = min(new, args.prev_log_index)
        """,
        """
        new = min(new, args.prev_log_index)
        self.log = self.log[: max(1, new - self.log_start)]
        end = self.last_log_index() + 1
        self.next_index = [min(next_index, end) for next_index in self.next_index]
        """,
        likely="test_fail_agree_3B test_rejoin_3B",
        also=("leader completeness", "log matching"),
    ),
    _bug(
        "leaders only append",
        "3B 3C",
        "a leader without a majority takes back what it was given",
        """
        self.heartbeat_due[peer] = time.monotonic() + HEARTBEAT_S
        """,
        """
        self.heartbeat_due[peer] = time.monotonic() + HEARTBEAT_S
        if self.last_log_index() > self.commit_index + 20:
            self.log = self.log[: self.commit_index + 1 - self.log_start]
            self.next_index = [
                min(next_index, self.last_log_index() + 1)
                for next_index in self.next_index
            ]
        """,
        likely="test_backup_3B",
        also=("log matching", "leader completeness"),
    ),
    _bug(
        "leader completeness",
        "3B 3C",
        "a new leader drops what it does not know as committed",
        _LEAD,
        """
        self.state = LEADER
        self.log = self.log[: self.commit_index + 1 - self.log_start]
        self.next_index = [self.last_log_index() + 1] * len(self.peers)
        """,
        also=("log matching", "acknowledged entries stay"),
    ),
    _bug(
        "leader completeness",
        "3B 3C",
        "a candidate gives its present term for that of its last entry",
        "self.current_term, self.me, self.last_log_index(), self.last_log_term()",
        "self.current_term, self.me, self.last_log_index(), self.current_term",
        likely="test_fail_agree_3B test_rejoin_3B",
        also=("votes look at the log",),
    ),
    _bug(
        "leader completeness",
        "3B 3C",
        "a candidate gives a last index that is too large by some",
        "self.current_term, self.me, self.last_log_index(), self.last_log_term()",
        "self.current_term, self.me, self.last_log_index() + 5, self.last_log_term()",
        likely="test_fail_agree_3B",
        also=("votes look at the log",),
    ),
    _bug(
        "acknowledged entries stay",
        "3B 3C",
        "an AppendEntries cuts off all that is behind its entries",
        *_OVERLAPPING,
        _STORE,
        """
        if prev >= self.log_start:
            self.log = self.log[: prev + 1 - self.log_start] + args.entries
            self.persist()
        """,
        likely="test_figure_8_unreliable_3C test_unreliable_agree_3C",
        also=("leader completeness", "votes look at the log"),
    ),
    _bug(
        "acknowledged entries stay",
        "3B 3C",
        "a heartbeat without entries cuts off all that is behind it",
        *_OVERLAPPING,
        *_EMPTY_HEARTBEATS,
        _STORE,
        """
        if not args.entries and prev >= self.log_start:
            self.log = self.log[: prev + 1 - self.log_start]
            self.persist()
        self.store(prev, args.entries)
        """,
        likely="test_unreliable_agree_3C",
        also=("leader completeness", "votes look at the log"),
    ),
    _bug(
        "acknowledged entries stay",
        "3B 3C",
        "a follower that votes for another drops what is not committed",
        _GRANT,
        """
        self.voted_for = args.candidate_id
        self.log = self.log[: self.commit_index + 1 - self.log_start]
        self.persist()
        self.restart_timer()
        """,
        also=(
            "votes look at the log",
            "leader completeness",
            # With a crash in between, nobody can tell when it was.
            "remembered over a crash",
        ),
    ),
]

COMMITMENT: Final = [
    _bug(
        "commit by majority",
        "3B 3C",
        "half of the group is enough to commit",
        _COPIES,
        """
        copies = 1 + sum(self.match_index[other] >= new for other in self.others)
        if copies >= len(self.peers) // 2:
        """,
        likely="test_follower_failure_3B test_fail_no_agree_3B",
    ),
    _bug(
        "commit by majority",
        "3B 3C",
        "a leader commits what it is given at once",
        _APPEND,
        """
        self.log.append(LogEntry(self.current_term, command))
        self.persist()
        self.commit_index = self.last_log_index()
        self.to_apply.notify_all()
        """,
        likely="test_leader_failure_3B",
    ),
    _bug(
        "commit by majority",
        "3B 3C",
        "a follower that accepts is believed to have the leader's whole log",
        _APPEND_REPLY,
        """
        if reply.term > self.current_term:
            self.step_down(reply.term)
            return
        if self.state != LEADER or args.term != self.current_term:
            return
        if reply.success:
            self.has_matched(peer, self.last_log_index())
        """,
        likely="test_unreliable_agree_3C test_figure_8_unreliable_3C",
    ),
    _bug(
        "commit by majority",
        "3B 3C",
        "what is sent is taken for stored",
        _SENT,
        """
        self.sent_index[peer] = self.last_log_index()
        self.match_index[peer] = self.last_log_index()
        prev = self.next_index[peer] - 1
        """,
        likely="test_fail_no_agree_3B",
    ),
    _bug(
        "commit by majority",
        "3B 3C",
        "a refusal is taken for success",
        "if reply.success:",
        "if reply.success or reply.conflict_index:",
        likely="test_fail_agree_3B test_rejoin_3B",
        # The first that is applied along with it may be one of an older term.
        also=("commit own term only",),
    ),
    _bug(
        "commit by majority",
        "3B 3C",
        "a new leader trusts the match_index of its last leadership",
        """
        self.match_index = [0] * len(self.peers)
        self.sent_index = [self.last_log_index()] * len(self.peers)
        """,
        """
        self.sent_index = [self.last_log_index()] * len(self.peers)
        """,
        likely="test_leads_again_3B",
    ),
    _bug(
        "commit by majority",
        "3B 3C",
        "a leader counts itself twice",
        _COPIES,
        """
        copies = 2 + sum(self.match_index[other] >= new for other in self.others)
        if copies > len(self.peers) // 2:
        """,
        likely="test_follower_failure_3B",
    ),
    _bug(
        "commit by majority",
        "3B 3C",
        "one follower that has it is enough",
        _COPIES,
        """
        if max(self.match_index) >= new:
        """,
        likely="test_fail_no_agree_3B",
    ),
    _bug(
        "commit by majority",
        "3B 3C",
        "a success counts whatever term it was sent in",
        *_OVERLAPPING,
        _APPEND_REPLY,
        """
        if reply.term > self.current_term:
            self.step_down(reply.term)
            return
        if self.state != LEADER:
            return
        if reply.success:
            self.has_matched(peer, args.prev_log_index + len(args.entries))
        """,
        likely="test_leads_again_3B",
    ),
    _bug(
        "commit by majority",
        "3B 3C",
        "a follower that cannot be reached is taken to have accepted",
        """
        reply = self.peers[peer].Call("Raft.AppendEntries", args, AppendEntriesReply)
        if reply is None:
            return
        """,
        """
        reply = self.peers[peer].Call("Raft.AppendEntries", args, AppendEntriesReply)
        if reply is None:
            reply = AppendEntriesReply(args.term, True)
        """,
        likely="test_follower_failure_3B test_fail_no_agree_3B",
    ),
    _bug(
        "commit own term only",
        "3B 3C",
        "a leader commits entries of older terms by counting copies",
        _OWN_TERM,
        "",
        likely="test_figure_8_3C test_rejoin_3B",
    ),
    _bug(
        "commit own term only",
        "3B 3C",
        "a leader looks at the term of its last entry before it commits an older one",
        _OWN_TERM,
        """
        if self.last_log_term() != self.current_term:
            break
        """,
        likely="test_figure_8_3C",
    ),
    _bug(
        "commit own term only",
        "3B 3C",
        "a new leader takes all that it has for committed",
        _LEAD,
        """
        self.state = LEADER
        self.commit_index = self.last_log_index()
        self.to_apply.notify_all()
        self.next_index = [self.last_log_index() + 1] * len(self.peers)
        """,
        also=("commit by majority",),
    ),
    _bug(
        "commit own term only",
        "3B 3C",
        "an entry is committed if its term is no older than that of the last commit",
        _OWN_TERM,
        """
        if self.term_at(new) < self.term_at(self.commit_index):
            break
        """,
        likely="test_figure_8_3C",
    ),
    _bug(
        "follow the leader's commit",
        "3B 3C",
        "a follower commits what it stores",
        _COMMIT,
        """
        known = prev + len(args.entries)
        if known > self.commit_index:
        """,
        likely="test_rejoin_3B test_fail_no_agree_3B",
        also=("commit no further than verified",),
    ),
    _bug(
        "follow the leader's commit",
        "3B 3C",
        "a follower commits one entry more than it was told",
        _COMMIT,
        """
        known = min(args.leader_commit + 1, prev + len(args.entries))
        if known > self.commit_index:
        """,
        likely="test_rejoin_3B test_figure_8_3C",
    ),
    _bug(
        "follow the leader's commit",
        "3C",
        "a restarted peer takes all that it has for committed",
        """
        self.commit_index = self.log_start
        self.last_applied = self.log_start
        """,
        """
        self.commit_index = self.last_log_index()
        self.last_applied = self.log_start
        """,
        likely="test_figure_8_3C",
    ),
    _bug(
        "commit no further than verified",
        "3B 3C",
        "the commit index reaches to the end of the follower's own log",
        *_EMPTY_HEARTBEATS,
        _COMMIT,
        """
        known = min(args.leader_commit, self.last_log_index())
        if known > self.commit_index:
        """,
        likely="test_rejoin_3B test_figure_8_unreliable_3C",
    ),
    _bug(
        "commit no further than verified",
        "3B 3C",
        "the commit index is taken over before the log is looked at",
        _APPEND_BEGINS,
        """
        if args.term < self.current_term:
            return AppendEntriesReply(self.current_term, False)
        self.step_down(args.term)
        self.restart_timer()
        if args.leader_commit > self.commit_index:
            self.commit_index = min(args.leader_commit, self.last_log_index())
            self.to_apply.notify_all()
        """,
        likely="test_rejoin_3B test_backup_3B",
    ),
    _bug(
        "commit no further than verified",
        "3B 3C",
        "one entry is sent at a time, and all is committed that the log holds",
        # From the first entry on: what follows a conflict is gone once that is sent.
        _LEAD,
        """
        self.state = LEADER
        self.next_index = [1] * len(self.peers)
        """,
        _ENTRIES,
        """
        self.term_at(prev),
        self.log[prev + 1 - self.log_start : prev + 2 - self.log_start],
        self.commit_index,
        """,
        _COMMIT,
        """
        known = min(args.leader_commit, self.last_log_index())
        if known > self.commit_index:
        """,
        """
        self.match_index[peer] = max(self.match_index[peer], index)
        self.next_index[peer] = max(self.next_index[peer], index + 1)
        self.sent_index[peer] = max(self.sent_index[peer], index)
        """,
        """
        self.match_index[peer] = max(self.match_index[peer], index)
        self.next_index[peer] = max(self.next_index[peer], index + 1)
        self.sent_index[peer] = self.next_index[peer] - 1
        self.to_send.notify_all()
        """,
        likely="test_rejoin_3B test_backup_3B",
    ),
]

SNAPSHOTS: Final = [
    _bug(
        "snapshots of what is applied",
        "3D",
        "a leader offers its snapshot for all that it has committed",
        """
        self.me,
        self.log_start,
        self.term_at(self.log_start),
        self.snapshot,
        """,
        """
        self.me,
        self.commit_index,
        self.term_at(self.commit_index),
        self.snapshot,
        """,
        likely="test_snapshot_install_3D",
        also=("state machine safety",),
    ),
    _bug(
        "snapshots of what is applied",
        "3D",
        "a snapshot is sent with the leader's term for that of its last entry",
        """
        self.me,
        self.log_start,
        self.term_at(self.log_start),
        self.snapshot,
        """,
        """
        self.me,
        self.log_start,
        self.current_term,
        self.snapshot,
        """,
    ),
    _bug(
        "snapshots of what is applied",
        "3D",
        "a snapshot bears the present term for that of its last entry",
        "self.log[0] = LogEntry(self.log[0].term, None)",
        "self.log[0] = LogEntry(self.current_term, None)",
    ),
    _bug(
        "snapshots of what is applied",
        "3D",
        "a snapshot is kept for an index beyond it",
        """
        self.log = self.log[index - self.log_start :]
        self.log[0] = LogEntry(self.log[0].term, None)
        """,
        """
        index = min(index + 1, self.last_log_index())
        self.log = self.log[index - self.log_start :]
        self.log[0] = LogEntry(self.log[0].term, None)
        """,
        also=("state machine safety",),
    ),
    _bug(
        "snapshots never go back",
        "3D 4C",
        "a snapshot from the leader is taken whatever is applied already",
        *_OVERLAPPING,
        """
        if args.last_included_index > self.commit_index:
            self.adopt(args)
        """,
        """
        if args.last_included_index > self.log_start:
            self.adopt(args)
        """,
        # Where servers take their snapshots at different times.
        likely="test_snapshot_unreliable_4C",
    ),
    _bug(
        "snapshots never go back",
        "3D",
        "a snapshot from the leader is taken even if it is older than the own one",
        *_OVERLAPPING,
        """
        if args.last_included_index > self.commit_index:
            self.adopt(args)
        """,
        """
        self.adopt(args)
        """,
        _ADOPT_LOG,
        """
        self.log = [LogEntry(term, None)]
        """,
        likely="test_late_snapshot_3D",
    ),
    _bug(
        "snapshots never go back",
        "3D 4C",
        "a snapshot from the leader replaces the entries behind it too",
        *_OVERLAPPING,
        _ADOPT_LOG,
        "self.log = [LogEntry(term, None)]",
        likely="test_snapshot_unreliable_4C",
        also=("acknowledged entries stay", "votes look at the log"),
    ),
    _bug(
        "snapshots never go back",
        "3D 4C",
        "a snapshot from the leader brings the applied state back to itself",
        *_OVERLAPPING,
        """
        if args.last_included_index > self.commit_index:
            self.adopt(args)
        """,
        """
        if args.last_included_index > self.log_start:
            self.last_applied = args.last_included_index
            self.adopt(args)
        """,
        # Where servers take their snapshots at different times.
        likely="test_snapshot_unreliable_4C",
    ),
    _bug(
        "state machine safety",
        "3D",
        "the applier forgets that the log begins behind a snapshot",
        "ApplyMsg(True, self.log[index - self.log_start].command, index)",
        """
        ApplyMsg(True, self.log[min(index, len(self.log) - 1)].command, index)
        """,
        likely="test_snapshot_basic_3D",
        # As its own log tells: it is not what it has sent, or acknowledged.
        also=("acknowledged entries stay",),
    ),
    _bug(
        "state machine safety",
        "3B",
        "each command is applied at the next one's index",
        """
        ApplyMsg(True, self.log[index - self.log_start].command, index)
        for index in range(first, self.commit_index + 1)
        """,
        """
        ApplyMsg(True, self.log[index - self.log_start].command, index + 1)
        for index in range(first, self.commit_index + 1)
        """,
        likely="test_basic_agree_3B",
    ),
    _bug(
        "state machine safety",
        "3B 3C",
        "of commands that are committed together the last is applied for each",
        "ApplyMsg(True, self.log[index - self.log_start].command, index)",
        "ApplyMsg(True, self.log[self.commit_index - self.log_start].command, index)",
        likely="test_concurrent_starts_3B test_rejoin_3B",
        # As its own log tells: it is not what it has sent, or acknowledged.
        also=("acknowledged entries stay",),
    ),
]

THE_COURSES: Final = [
    _bug(
        "applied in order",
        "3C",
        "a restarted peer begins to apply behind all that it has",
        """
        self.commit_index = self.log_start
        self.last_applied = self.log_start
        """,
        """
        self.commit_index = self.last_log_index()
        self.last_applied = self.last_log_index()
        """,
        likely="test_persist_1_3C",
    ),
    _bug(
        "applied in order",
        "3D",
        "a snapshot from the leader is not handed to the service",
        """
        self.commit_index = index
        self.persist()
        self.pending_snapshot = ApplyMsg(
        """,
        """
        self.commit_index = index
        self.last_applied = index
        self.persist()
        _ = ApplyMsg(
        """,
        likely="test_snapshot_install_3D",
    ),
    _bug(
        "applied in order",
        "3D",
        "the snapshot is not saved along with the log that it shortens",
        "self.persister.Save(buffer.getvalue(), self.snapshot)",
        'self.persister.Save(buffer.getvalue(), b"")',
        likely="test_snapshot_all_crash_3D",
    ),
    _bug(
        "applied in order",
        "3D",
        "the snapshot is not restored, and the next save erases it",
        "self.snapshot = self.persister.ReadSnapshot()",
        "",
        likely="test_snapshot_init_3D",
    ),
    _bug(
        "",
        "3D",
        "a restarted peer applies from its first entry, behind no snapshot",
        """
        self.last_applied = self.log_start

    # Elections.
        """,
        """
        self.last_applied = 0

    # Elections.
        """,
        likely="test_snapshot_all_crash_3D",
    ),
    _bug(
        "",
        "3D",
        "a snapshot does not shorten the log",
        "if index <= self.log_start:\n    return",
        "return",
        likely="test_snapshot_basic_3D",
    ),
    _bug(
        "",
        "3D",
        "no snapshot is ever sent to a follower that needs one",
        """
        if prev < self.log_start:
            return self.send_snapshot, InstallSnapshotArgs(
        """,
        """
        prev = max(prev, self.log_start)
        if prev < self.log_start:
            return self.send_snapshot, InstallSnapshotArgs(
        """,
        likely="test_snapshot_install_3D",
    ),
    _bug(
        "",
        "3B",
        "a new leader puts an entry of its own into the log",
        _LEAD,
        """
        self.state = LEADER
        self.log.append(LogEntry(self.current_term, 0))
        self.persist()
        self.next_index = [self.last_log_index()] * len(self.peers)
        """,
        likely="test_basic_agree_3B",
    ),
    _bug(
        "",
        "3B",
        "Start returns the index that the entry before has",
        "return self.last_log_index(), self.current_term, True",
        "return self.last_log_index() - 1, self.current_term, True",
        likely="test_basic_agree_3B",
    ),
    _bug(
        "",
        "3B",
        "Start waits until the command is committed",
        """
        self.to_send.notify_all()
        return self.last_log_index(), self.current_term, True
        """,
        """
        self.to_send.notify_all()
        index, term = self.last_log_index(), self.current_term
        while self.commit_index < index and self.state == LEADER:
            self.to_apply.wait()
        return index, term, True
        """,
    ),
]

HINTED: Final = [
    _bug(
        "",
        "3A 3B",
        "all peers have the same election timeout",
        "timeout = random.uniform(ELECTION_MIN_S, ELECTION_MAX_S)",
        "timeout = ELECTION_MIN_S",
        "time.sleep(random.uniform(0.010, 0.040))",
        "time.sleep(0.010)",
        likely="test_initial_election_3A",
    ),
    _bug(
        "",
        "3A 3B",
        "election timeouts are shorter than a heartbeat",
        "timeout = random.uniform(ELECTION_MIN_S, ELECTION_MAX_S)",
        "timeout = random.uniform(0.05, 0.1)",
    ),
    _bug(
        "",
        "3A 3B",
        "heartbeats do not put the next election off",
        _APPEND_BEGINS,
        """
        if args.term < self.current_term:
            return AppendEntriesReply(self.current_term, False)
        self.step_down(args.term)
        """,
    ),
    _bug(
        "",
        "3A 3B 3C",
        "a vote that is given does not put the next election off",
        _GRANT,
        """
        self.voted_for = args.candidate_id
        self.persist()
        """,
    ),
    _bug(
        "",
        "3A 3B 3C",
        "a vote that is refused puts the next election off as well",
        _VOTE_BEGINS,
        """
        self.restart_timer()
        if args.term < self.current_term:
            return RequestVoteReply(self.current_term, False)
        if args.term > self.current_term:
            self.step_down(args.term)
        """,
    ),
    _bug(
        "",
        "3A 3B 3C",
        "deposed leaders put the next election off",
        _APPEND_BEGINS,
        """
        self.restart_timer()
        if args.term < self.current_term:
            return AppendEntriesReply(self.current_term, False)
        self.step_down(args.term)
        """,
    ),
    _bug(
        "",
        "3A 3B",
        "the timer's thread ends with the first leadership",
        """
        def ticker(self) -> None:
            while not self.dead.is_set():
        """,
        """
        def ticker(self) -> None:
            while not self.dead.is_set() and self.state != LEADER:
        """,
        likely="test_re_election_3A test_many_elections_3A",
    ),
    _bug(
        "",
        "3A 3B",
        "a candidate does not stand again after a split vote",
        "if self.state != LEADER and time.monotonic() >= self.election_due:",
        "if self.state == FOLLOWER and time.monotonic() >= self.election_due:",
        likely="test_re_election_3A",
    ),
    _bug(
        "",
        "3A 3B",
        "a heartbeat every 10 ms",
        "HEARTBEAT_S = 0.1",
        "HEARTBEAT_S = 0.01",
        likely="test_count_3B",
    ),
    _bug(
        "",
        "3A 3B",
        "a heartbeat every second",
        "HEARTBEAT_S = 0.1",
        "HEARTBEAT_S = 1.0",
    ),
    _bug(
        "",
        "3B",
        "every message is sent twice",
        "self.go(work, peer, args)",
        """
        self.go(work, peer, args)
        self.go(work, peer, args)
        """,
        likely="test_rpc_bytes_3B",
    ),
    _bug(
        "",
        "3B",
        "every message has the whole log",
        """
        self.match_index[peer] = max(self.match_index[peer], index)
        self.next_index[peer] = max(self.next_index[peer], index + 1)
        """,
        """
        self.match_index[peer] = max(self.match_index[peer], index)
        self.next_index[peer] = 1
        """,
        likely="test_rpc_bytes_3B",
    ),
    _bug(
        "",
        "3A 3B",
        "a leader sends a heartbeat only when its last one is answered",
        "self.go(work, peer, args)",
        "work(peer, args)",
    ),
    _bug(
        "",
        "3B 3C",
        "a leader backs up by one entry, and not before the next heartbeat",
        """
        new = min(new, args.prev_log_index)
        self.next_index[peer] = max(new, self.match_index[peer] + 1)
        self.sent_index[peer] = self.next_index[peer] - 1
        self.to_send.notify_all()
        """,
        """
        self.next_index[peer] = args.prev_log_index
        """,
        likely="test_backup_3B",
    ),
    _bug(
        "",
        "3B 3C",
        "a refusal does not move the next index",
        "self.back_up(peer, args, reply)",
        "self.to_send.notify_all()",
        likely="test_fail_agree_3B test_rejoin_3B",
    ),
    _bug(
        "",
        "3B 3C",
        "a new leader believes that all others have its log",
        """
        self.match_index = [0] * len(self.peers)
        self.sent_index = [self.last_log_index()] * len(self.peers)
        """,
        """
        self.match_index = [self.last_log_index()] * len(self.peers)
        self.sent_index = [self.last_log_index()] * len(self.peers)
        """,
        likely="test_figure_8_by_steps_3C test_rejoin_3B",
    ),
    _bug(
        "",
        "3B",
        "a leader that is elected again goes on with its old next index",
        _LEAD,
        "self.state = LEADER",
    ),
    _bug(
        "",
        "3A 3B",
        "the threads that send are not woken by an election",
        """
        self.heartbeat_due = [time.monotonic()] * len(self.peers)
        self.to_send.notify_all()
        """,
        """
        self.heartbeat_due = [time.monotonic()] * len(self.peers)
        """,
        likely="test_initial_election_3A",
    ),
    _bug(
        "",
        "3A 3B",
        "a vote is asked for with the lock held",
        """
        for peer in self.others:
            self.go(self.ask_for_vote, peer, args)
        """,
        """
        for peer in self.others:
            reply = self.peers[peer].Call("Raft.RequestVote", args, RequestVoteReply)
            if reply is not None and reply.vote_granted:
                self.votes.add(peer)
        if len(self.votes) > len(self.peers) // 2:
            self.become_leader()
        """,
    ),
    _bug(
        "",
        "3A 3B",
        "entries are sent with the lock held",
        """
        reply = self.peers[peer].Call("Raft.AppendEntries", args, AppendEntriesReply)
        if reply is None:
            return
        """,
        """
        with self.lock:
            reply = self.peers[peer].Call(
                "Raft.AppendEntries", args, AppendEntriesReply
            )
        if reply is None:
            return
        """,
    ),
    _bug(
        "",
        "3D",
        "the service is served with the lock held",
        """
        try:
            for message in messages:
                self.apply_ch.put(message)
        except ChannelClosed:
            return
        """,
        """
        with self.lock:
            for message in messages:
                self.apply_ch.put(message)
        """,
        likely="test_snapshot_basic_3D",
    ),
    _bug(
        "",
        "3A 3B",
        "the handler of votes takes the lock that it has",
        """
        if self.voted_for not in (NOBODY, args.candidate_id):
            return RequestVoteReply(self.current_term, False)
        """,
        """
        if self.voted_for not in (NOBODY, args.candidate_id):
            return RequestVoteReply(self.GetState()[0], False)
        """,
    ),
    _bug(
        "",
        "3B",
        "the applier is not woken on followers",
        """
        self.commit_index = known
        self.to_apply.notify_all()
        """,
        "self.commit_index = known",
        likely="test_basic_agree_3B",
    ),
    _bug(
        "",
        "3B",
        "the applier is not woken on the leader",
        """
        self.commit_index = new
        self.to_apply.notify_all()
        break
        """,
        """
        self.commit_index = new
        break
        """,
        likely="test_basic_agree_3B",
    ),
    _bug(
        "",
        "3B",
        "the thread that sends an entry is not woken by Start",
        """
        self.to_send.notify_all()
        return self.last_log_index(), self.current_term, True
        """,
        "return self.last_log_index(), self.current_term, True",
    ),
]

RAFT_BUGS: Final = [
    *ELECTIONS,
    *TERMS,
    *SAVING,
    *REPLICATION,
    *COMMITMENT,
    *SNAPSHOTS,
    *THE_COURSES,
    *HINTED,
]
