"""What a leader sends to its followers, and when."""

from __future__ import annotations

import pytest

from raft1.leadership import (
    COMMIT_NOTICE_S,
    HEARTBEAT_S,
    MAX_ENTRIES_PER_MESSAGE,
    MAX_IN_FLIGHT,
    NO_DEADLINE,
    RETRY_S,
    SNAPSHOT_RETRY_S,
    Leadership,
)
from raft1.log import Log, LogEntry
from raft1.rpc import (
    AppendEntriesArgs,
    AppendEntriesReply,
    InstallSnapshotArgs,
    Request,
)
from raft1.storage import PeerState

TERM = 3
ACCEPTED = AppendEntriesReply(TERM, Success=True)


class Leader:
    """Peer 0 as the leader of a group, and the clock, at 0 when it was elected."""

    def __init__(self, *, followers: int = 1, old_entries: int = 0) -> None:
        log = Log([LogEntry(1, i) for i in range(old_entries)])
        self.state = PeerState(log, current_term=TERM)
        self.leadership = Leadership(self.state, 0, range(1, followers + 1), 0.0)
        self.now = 0.0

    def settled(self) -> Leader:
        """Let all followers accept what they are sent first."""
        self.leadership.tick(self.now)
        for peer, request in enumerate(self.sent(), start=1):
            self.accept(request, peer=peer)
        return self

    def propose(self, *commands: str) -> None:
        """Add entries one by one."""
        for command in commands:
            self.state.log.append(LogEntry(TERM, command))
            self.leadership.entries_added(self.now)

    def sent(self) -> list[Request]:
        """What was sent since the last call."""
        return [envelope.request for envelope in self.leadership.take_outbox()]

    def sent_append(self) -> AppendEntriesArgs:
        """The one AppendEntries that was sent since the last call."""
        [request] = self.sent()
        assert isinstance(request, AppendEntriesArgs)
        return request

    def sent_snapshot(self) -> InstallSnapshotArgs:
        """The one InstallSnapshot that was sent since the last call."""
        [request] = self.sent()
        assert isinstance(request, InstallSnapshotArgs)
        return request

    def accept(self, request: Request, *, peer: int = 1) -> None:
        """A follower accepts an AppendEntries."""
        assert isinstance(request, AppendEntriesArgs)
        self.leadership.append_reply(peer, request, ACCEPTED, self.now)

    def wait_until_due(self) -> float:
        """Let time pass to the next deadline; returns how long that took."""
        waited = self.leadership.next_due() - self.now
        self.now = self.leadership.next_due()
        self.leadership.tick(self.now)
        return waited


def commands_in(request: AppendEntriesArgs) -> list[str]:
    """The commands that a message carries."""
    return [entry.command for entry in request.Entries]


def test_a_new_leader_is_heard_at_once_and_then_regularly() -> None:
    """Section 5.2: heartbeats go out upon election and keep other elections away."""
    leader = Leader()
    assert leader.wait_until_due() == 0.0
    leader.accept(leader.sent_append())
    assert leader.wait_until_due() == pytest.approx(HEARTBEAT_S)
    assert leader.sent_append().Entries == []


def test_a_burst_of_commands_takes_two_messages() -> None:
    """The first goes alone and at once; those that follow share the second."""
    leader = Leader().settled()
    leader.propose("a", "b", "c")
    first = leader.sent_append()
    assert commands_in(first) == ["a"]
    leader.accept(first)
    second = leader.sent_append()
    assert commands_in(second) == ["b", "c"]
    leader.accept(second)
    assert leader.sent() == []


def test_a_late_reply_to_a_heartbeat_does_not_repeat_entries() -> None:
    """Only the reply that acknowledges the entries in flight lets more follow."""
    leader = Leader().settled()
    leader.wait_until_due()
    heartbeat = leader.sent_append()
    leader.propose("a", "b")
    assert commands_in(leader.sent_append()) == ["a"]
    leader.accept(heartbeat)
    assert leader.sent() == []


def test_an_overdue_message_holds_nothing_up() -> None:
    """After a heartbeat's time, everything unacknowledged is sent beside it."""
    leader = Leader().settled()
    leader.propose("a")
    overdue = leader.sent_append()
    leader.propose("b")
    assert leader.wait_until_due() == pytest.approx(HEARTBEAT_S)
    assert commands_in(leader.sent_append()) == ["a", "b"]
    leader.accept(overdue)
    assert leader.leadership.progress_of(1).match_index == 1


def test_a_loss_is_repaired_soon_but_not_in_a_loop() -> None:
    """A known loss brings the next message forward, not to this very moment."""
    leader = Leader().settled()
    leader.propose("a")
    leader.leadership.lost(1, leader.sent_append(), leader.now)
    assert leader.sent() == []
    assert leader.wait_until_due() == pytest.approx(RETRY_S)
    assert commands_in(leader.sent_append()) == ["a"]


def test_a_lost_heartbeat_is_not_repeated() -> None:
    """The next one is early enough: an unreachable peer costs ten calls a second."""
    leader = Leader().settled()
    leader.wait_until_due()
    leader.leadership.lost(1, leader.sent_append(), leader.now)
    assert leader.wait_until_due() == pytest.approx(HEARTBEAT_S)


def test_calls_without_replies_are_bounded() -> None:
    """A peer that never answers holds a bounded number of threads."""
    leader = Leader()
    for _ in range(2 * MAX_IN_FLIGHT):
        leader.wait_until_due()
        leader.propose("x")
    requests = leader.sent()
    assert len(requests) == MAX_IN_FLIGHT
    leader.leadership.lost(1, requests[0], leader.now)
    leader.wait_until_due()
    assert len(leader.sent()) == 1


def test_a_commit_is_announced_soon() -> None:
    """Followers need not wait for the next heartbeat to apply what is decided."""
    leader = Leader().settled()
    leader.propose("a")
    leader.accept(leader.sent_append())
    assert leader.state.commit_index == 1
    assert leader.wait_until_due() == pytest.approx(COMMIT_NOTICE_S)
    assert leader.sent_append().LeaderCommit == 1


def test_new_entries_carry_the_commit_index_along() -> None:
    """Under load, announcing commits costs no messages of its own."""
    leader = Leader().settled()
    leader.propose("a")
    leader.accept(leader.sent_append())
    leader.propose("b")
    assert leader.sent_append().LeaderCommit == 1
    assert leader.wait_until_due() == pytest.approx(HEARTBEAT_S)


def test_a_group_of_one_commits_alone() -> None:
    """It is its own majority, and has nobody to send to."""
    leader = Leader(followers=0)
    leader.propose("a")
    assert leader.state.commit_index == 1
    assert leader.leadership.next_due() == NO_DEADLINE


def test_entries_of_older_terms_wait_for_one_of_the_new_term() -> None:
    """Section 5.4.2: acknowledged by all, and still not committed by counting."""
    leader = Leader(old_entries=2).settled()
    assert leader.leadership.progress_of(1).match_index == 2
    assert leader.state.commit_index == 0
    leader.propose("new")
    leader.accept(leader.sent_append())
    assert leader.state.commit_index == 3


def test_a_rejection_backs_up_and_tries_again_at_once() -> None:
    """The follower's hint decides where: here its log ends after one entry."""
    leader = Leader(old_entries=5)
    leader.wait_until_due()
    probe = leader.sent_append()
    rejection = AppendEntriesReply(TERM, Success=False, XTerm=1, XIndex=1, XLen=1)
    leader.leadership.append_reply(1, probe, rejection, leader.now)
    again = leader.sent_append()
    assert (again.PrevLogIndex, again.last_index) == (1, 5)
    # The same rejection once more, late: it is about an old guess.
    leader.leadership.append_reply(1, probe, rejection, leader.now)
    assert leader.sent() == []


def test_long_logs_travel_in_pieces() -> None:
    """Each piece follows the reply to the one before, without waiting."""
    leader = Leader(old_entries=MAX_ENTRIES_PER_MESSAGE + 5)
    leader.wait_until_due()
    probe = leader.sent_append()
    rejection = AppendEntriesReply(TERM, Success=False)
    leader.leadership.append_reply(1, probe, rejection, leader.now)
    piece = leader.sent_append()
    assert len(piece.Entries) == MAX_ENTRIES_PER_MESSAGE
    leader.accept(piece)
    assert len(leader.sent_append().Entries) == 5


def needing_snapshot() -> tuple[Leader, InstallSnapshotArgs]:
    """A leader whose follower lacks entries that only the snapshot covers."""
    leader = Leader(old_entries=9)
    leader.state.log.compact(6)
    leader.state.snapshot = b"state"
    leader.wait_until_due()
    rejection = AppendEntriesReply(TERM, Success=False)
    leader.leadership.append_reply(1, leader.sent_append(), rejection, leader.now)
    return leader, leader.sent_snapshot()


def test_a_follower_far_behind_gets_the_snapshot_and_then_the_rest() -> None:
    """Section 7: entries that are gone are replaced by the snapshot."""
    leader, snapshot = needing_snapshot()
    assert (snapshot.LastIncludedIndex, snapshot.LastIncludedTerm) == (6, 1)
    assert snapshot.Data == b"state"
    leader.leadership.install_reply(1, snapshot, leader.now)
    rest = leader.sent_append()
    assert (rest.PrevLogIndex, rest.last_index) == (6, 9)


def test_heartbeats_go_on_while_a_snapshot_is_under_way() -> None:
    """A large snapshot is not repeated at the heartbeat's pace, but it is repeated."""
    leader, snapshot = needing_snapshot()
    for _ in range(round(SNAPSHOT_RETRY_S / HEARTBEAT_S) - 1):
        leader.wait_until_due()
        assert leader.sent_append().Entries == []
    leader.wait_until_due()
    leader.wait_until_due()
    assert snapshot in leader.sent()


def test_a_lost_snapshot_is_sent_again() -> None:
    """The wait for its reply ends when the network gives up on it."""
    leader, snapshot = needing_snapshot()
    leader.leadership.lost(1, snapshot, leader.now)
    leader.wait_until_due()
    assert leader.sent_snapshot() == snapshot
