"""Scenarios of the protocol, played on cores in memory.

The group checks the safety properties of figure 3 after every step; the tests here
say what has to come of a scenario besides.
"""

from __future__ import annotations

import pytest

from raft1.core import Role
from raft1.log import LogEntry
from raft1.raft import NO_TERM
from raft1.raftapi import ApplyMsg
from raft1.rpc import (
    AppendEntriesArgs,
    AppendEntriesReply,
    InstallSnapshotArgs,
    InstallSnapshotReply,
    Reply,
    Request,
    RequestVoteArgs,
    RequestVoteReply,
)
from tests.raft1.cores import Group, Weather


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_a_group_elects_one_leader_and_keeps_it(size: int) -> None:
    """Section 5.2: without failures there is one leader, in one term, from then on."""
    group = Group(size, seed=1)
    leader = group.elect()
    group.run(5)
    assert [p.core.role for p in group.others(leader)] == [Role.FOLLOWER] * (size - 1)
    assert len({p.core.state.current_term for p in group.peers}) == 1


@pytest.mark.parametrize("size", [1, 3, 5])
def test_commands_are_applied_everywhere_in_order(size: int) -> None:
    """Indices count from 1, and each command is applied once on every peer."""
    group = Group(size, seed=2)
    commands = [f"c{i}" for i in range(20)]
    assert group.propose(group.elect(), *commands) == 20
    group.run_until(lambda: group.everybody_applied(commands), 1)


def test_only_a_leader_accepts_commands() -> None:
    """A follower says so and leaves its log alone."""
    group = Group(3, seed=3)
    follower = group.others(group.elect())[0]
    assert group.propose(follower, "a") == -1
    assert follower.core.state.log.last_index == 0


def test_a_minority_commits_nothing() -> None:
    """A leader that is cut off keeps its entries to itself, and loses them."""
    group = Group(3, seed=4)
    old = group.elect()
    group.cut(old)
    assert group.propose(old, "lost") == 1
    group.run(2)
    assert old.core.state.commit_index == 0
    group.propose(group.elect(), "kept")
    group.join(old)
    group.run_until(lambda: group.everybody_applied(["kept"]), 2)


def test_a_peer_that_comes_back_gets_what_it_missed() -> None:
    """One message carries all that a follower lacks."""
    group = Group(3, seed=5)
    leader = group.elect()
    absent = group.others(leader)[0]
    group.cut(absent)
    commands = [f"c{i}" for i in range(50)]
    group.propose(leader, *commands)
    group.run(1)
    group.join(absent)
    group.run_until(lambda: group.everybody_applied(commands), 2)


def test_all_crash_and_nothing_committed_is_lost() -> None:
    """Term, vote and log are in storage before anybody can rely on them."""
    group = Group(5, seed=6)
    group.propose(group.elect(), "a", "b")
    group.run_until(lambda: group.everybody_applied(["a", "b"]), 2)
    terms = [p.core.state.current_term for p in group.peers]
    group.crash(*group.peers)
    fresh = group.restart(*group.peers)
    assert [p.core.state.current_term for p in fresh] == terms
    group.propose(group.elect(), "c")
    group.run_until(lambda: group.everybody_applied(["a", "b", "c"]), 2)


def test_a_restarted_peer_votes_once_per_term() -> None:
    """A vote survives a crash: nobody gets a second one in the same term."""
    group = Group(3, seed=7)
    voter = group.peers[0]
    ask = RequestVoteArgs(Term=9, CandidateId=1, LastLogIndex=0, LastLogTerm=0)
    assert voter.core.request_vote(ask, 0.0) == RequestVoteReply(9, VoteGranted=True)
    voter.storage.save(voter.core.state)
    group.crash(voter)
    [voter] = group.restart(voter)
    rival = RequestVoteArgs(Term=9, CandidateId=2, LastLogIndex=5, LastLogTerm=5)
    assert not voter.core.request_vote(rival, 0.0).VoteGranted
    assert voter.core.request_vote(ask, 0.0).VoteGranted


def test_only_a_granted_vote_puts_off_an_election() -> None:
    """A candidate with a stale log must not keep better ones from standing."""
    group = Group(3, seed=8)
    core = group.peers[0].core
    core.state.log.append(LogEntry(1, "a"))
    deadline = core.next_deadline()
    stale = RequestVoteArgs(Term=5, CandidateId=1, LastLogIndex=0, LastLogTerm=0)
    assert not core.request_vote(stale, 0.3).VoteGranted
    assert core.next_deadline() == deadline
    good = RequestVoteArgs(Term=5, CandidateId=2, LastLogIndex=1, LastLogTerm=1)
    assert core.request_vote(good, 0.3).VoteGranted
    assert core.next_deadline() > deadline


def test_figure_8_does_not_commit_an_old_entry_by_counting() -> None:
    """A majority stores an entry of an older term, and it is still not committed."""
    group = Group(5, seed=9)
    first = group.elect()
    helper, *rest = group.others(first)
    group.cut(*rest)
    group.propose(first, "two")
    group.run(0.05)
    group.cut(first, helper)
    group.join(helper, *rest[:2])
    # Only the helper has the entry, so only it can win, in a newer term.
    second = group.elect()
    assert second is helper
    group.run(1)
    assert [p.core.state.log.last_index for p in (helper, *rest[:2])] == [1, 1, 1]
    assert second.core.state.commit_index == 0
    group.propose(second, "four")
    group.run_until(lambda: second.applied == ["two", "four"], 1)


def test_a_late_follower_gets_a_snapshot() -> None:
    """Section 7: what the leader has dropped is sent as a whole, then entries again."""
    group = Group(3, seed=10, snapshot_every=5)
    leader = group.elect()
    absent = group.others(leader)[0]
    group.cut(absent)
    commands = [f"c{i}" for i in range(23)]
    group.propose(leader, *commands)
    group.run(1)
    assert leader.core.state.log.base_index == 20
    group.join(absent)
    group.run_until(lambda: group.everybody_applied(commands), 3)
    assert any(isinstance(r, InstallSnapshotArgs) for r in group.requests_sent)


def test_a_restarted_peer_begins_behind_its_snapshot() -> None:
    """The service restores the snapshot itself; the next command is the one behind."""
    group = Group(3, seed=11, snapshot_every=5)
    commands = [f"c{i}" for i in range(12)]
    group.propose(group.elect(), *commands)
    group.run_until(lambda: group.everybody_applied(commands), 2)
    group.crash(*group.peers)
    fresh = group.restart(*group.peers)
    assert [p.core.state.last_applied for p in fresh] == [10, 10, 10]
    assert [len(p.applied) for p in fresh] == [10, 10, 10]
    group.propose(group.elect(), "more")
    group.run_until(lambda: group.everybody_applied([*commands, "more"]), 2)


def test_a_service_cannot_go_back_to_an_older_snapshot() -> None:
    """What the log has forgotten does not come back; the newer snapshot stays."""
    group = Group(1, seed=17)
    core = group.elect().core
    group.propose(group.peers[0], "a", "b", "c")
    core.compact(2, b"newer")
    for index in (1, 2):
        core.compact(index, b"older")
        assert (core.state.log.base_index, core.state.snapshot) == (2, b"newer")


def test_a_snapshot_that_repeats_what_is_committed_is_ignored() -> None:
    """A delayed InstallSnapshot neither moves a peer back nor is delivered."""
    group = Group(1, seed=12)
    only = group.elect()
    group.propose(only, "a", "b", "c")
    core = only.core
    stale = InstallSnapshotArgs(
        Term=core.state.current_term + 1,
        LeaderId=0,
        LastIncludedIndex=2,
        LastIncludedTerm=core.state.current_term,
        Data=b"a b",
    )
    core.install_snapshot(stale, group.now)
    assert not core.has_deliveries
    assert (core.state.commit_index, core.state.log.base_index) == (3, 0)


def test_a_snapshot_is_delivered_before_the_commands_behind_it() -> None:
    """The service sees one history, also if both come before it can look."""
    group = Group(3, seed=13)
    core = group.peers[0].core
    core.install_snapshot(InstallSnapshotArgs(4, 1, 6, 3, b"state"), 0.0)
    entry = LogEntry(4, "g")
    core.append_entries(AppendEntriesArgs(4, 1, 6, 3, [entry], 7), 0.0)
    assert core.take_deliveries() == [
        ApplyMsg(
            SnapshotValid=True, Snapshot=b"state", SnapshotIndex=6, SnapshotTerm=3
        ),
        ApplyMsg(CommandValid=True, Command="g", CommandIndex=7),
    ]


def test_replies_to_an_earlier_term_count_for_nothing() -> None:
    """Neither votes nor acknowledgements carry over from one term to the next."""
    group = Group(3, seed=14)
    core = group.peers[0].core
    core.tick(core.next_deadline())
    old = core.take_outbox()[0]
    core.tick(core.next_deadline())
    core.replied(old.peer, old.request, RequestVoteReply(1, VoteGranted=True), 1.0)
    assert core.role is Role.CANDIDATE


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_reply_of_a_killed_peer_counts_as_lost(snapshot: bool) -> None:
    """It carries no term, and acknowledges and rejects nothing."""
    group = Group(2, seed=16)
    leader = group.elect()
    core, follower = leader.core, group.others(leader)[0]
    group.cut(follower)
    group.propose(leader, "a")
    entries = group.requests_sent[-1]
    if snapshot:
        request: Request = InstallSnapshotArgs(entries.Term, leader.number, 1, 1, b"a")
        reply: Reply = InstallSnapshotReply(NO_TERM)
    else:
        request, reply = entries, AppendEntriesReply(NO_TERM, Success=False)
    core.replied(follower.number, request, reply, group.now)
    assert core.take_outbox() == []
    assert core.state.commit_index == 0


def test_a_newer_term_in_any_reply_ends_leadership() -> None:
    """A leader that was deposed learns it from whoever answers next."""
    group = Group(3, seed=15)
    leader = group.elect()
    group.run(5)
    request = group.requests_sent[-1]
    reply = AppendEntriesReply(leader.core.state.current_term + 1, Success=False)
    leader.core.replied(1, request, reply, group.now)
    assert leader.core.role is Role.FOLLOWER
    assert leader.core.next_deadline() > group.now


@pytest.mark.parametrize("snapshot_every", [0, 7])
@pytest.mark.parametrize("seed", range(6))
def test_the_group_recovers_from_any_mess(seed: int, snapshot_every: int) -> None:
    """Crashes, cuts, losses and late replies: safe throughout, and live in the end."""
    weather = Weather(loss=0.1, late=0.5, give_up_s=(0.0, 7.0))
    group = Group(5, seed=seed, weather=weather, snapshot_every=snapshot_every)
    for number in range(120):
        stir(group, number)
        group.run(group.random.choice([0.01, 0.01, 0.2, 0.6]))
    group.join(*group.peers)
    group.restart(*[p for p in group.peers if not p.up])
    propose_until_applied(group, "last", seconds=10)
    group.check_log_matching()


def stir(group: Group, number: int) -> None:
    """Propose to whoever leads, then perhaps let something happen to some peer."""
    for peer in group.peers:
        if peer.up:
            group.propose(peer, f"m{number}")
    victim = group.random.choice(group.peers)
    match group.random.randrange(6):
        case 0 if sum(p.up for p in group.peers) > 3:
            group.crash(victim)
        case 1 if sum(p.connected for p in group.peers) > 3:
            group.cut(victim)
        case 2:
            group.join(victim)
        case 3 if not victim.up:
            group.restart(victim)


def propose_until_applied(group: Group, command: str, *, seconds: float) -> None:
    """Agree on a command as the course's `one` does, with retries."""
    end = group.now + seconds
    while not all(command in peer.applied for peer in group.peers):
        assert group.now < end, "no agreement"
        group.propose(group.elect(), command)
        group.run(1)
