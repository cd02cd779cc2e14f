"""What a follower makes of its leader's messages: commit index and snapshots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raft1.core import Core
from raft1.log import Log, LogEntry
from raft1.rpc import AppendEntriesArgs, InstallSnapshotArgs
from raft1.storage import PeerState

TERM = 5


def follower(*terms: int, commit_index: int = 0) -> Core:
    """Peer 1 of three, with an entry of each of these terms, all committed applied."""
    log = Log([LogEntry(term, f"c{i}") for i, term in enumerate(terms, start=1)])
    state = PeerState(log, TERM, commit_index=commit_index, last_applied=commit_index)
    return Core(state, 1, 3, random=lambda: 0.5, now=0.0)


def install(core: Core, last_index: int, last_term: int) -> None:
    """Have the follower receive a snapshot that ends there."""
    args = InstallSnapshotArgs(TERM, 0, last_index, last_term, b"state")
    assert core.install_snapshot(args, 0.0).Term == TERM


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_follower_believes_only_what_the_request_vouched_for(
    commit_index: int, leaders_commit: int, verified_index: int
) -> None:
    """The commit index never falls, nor passes what was compared or decided."""
    core = follower(*[1] * 9, commit_index=commit_index)
    args = AppendEntriesArgs(TERM, 0, verified_index, 1, [], leaders_commit)
    if verified_index == 0:
        args.PrevLogTerm = 0
    assert core.append_entries(args, 0.0).Success
    commit = core.state.commit_index
    assert commit >= commit_index
    assert commit == commit_index or commit <= min(leaders_commit, verified_index)
    assert commit >= min(leaders_commit, verified_index)


@pytest.mark.parametrize(
    ("last_index", "last_term", "base_and_end"),
    [
        pytest.param(2, 1, (0, 5), id="older than what is committed"),
        pytest.param(3, 2, (0, 5), id="exactly what is committed"),
        pytest.param(4, 2, (4, 5), id="ends at an entry that we have"),
        pytest.param(4, 3, (4, 4), id="contradicts an entry of ours"),
        pytest.param(9, 3, (9, 9), id="lies beyond our log"),
    ],
)
def test_effect(last_index: int, last_term: int, base_and_end: tuple[int, int]) -> None:
    """Rules 5 to 7 of figure 13, and never back behind the commit index."""
    core = follower(1, 1, 2, 2, 2, commit_index=3)
    install(core, last_index, last_term)
    log = core.state.log
    assert (log.base_index, log.last_index) == base_and_end
    is_news = base_and_end[0] > 0
    assert core.has_deliveries is is_news
    assert core.state.commit_index == (last_index if is_news else 3)


def test_a_tail_behind_the_snapshot_stays() -> None:
    """Entries that the snapshot does not cover may be all that a majority has."""
    core = follower(1, 1, 2, 2, 2)
    install(core, 4, 2)
    log = core.state.log
    assert (log.base_index, log.base_term, log.last_index) == (4, 2, 5)
    assert log.entry(5) == LogEntry(2, "c5")


def test_a_contradicting_log_is_replaced() -> None:
    """Nothing of a log stays whose history differs from the snapshot's."""
    core = follower(1, 1, 2, 2, 2)
    install(core, 4, 3)
    log = core.state.log
    assert (log.base_index, log.base_term, log.last_index) == (4, 3, 4)


def test_message_says_where_the_snapshot_ends() -> None:
    """The service learns index and term of the last entry that is covered."""
    core = follower(1, 1)
    install(core, 7, 3)
    [message] = core.take_deliveries()
    assert message.SnapshotValid
    assert not message.CommandValid
    assert (message.SnapshotIndex, message.SnapshotTerm) == (7, 3)
    assert message.Snapshot == b"state"
    assert core.state.last_applied == 7


def test_a_snapshot_takes_no_log_back() -> None:
    """Whoever calls this has made sure that the snapshot is news."""
    log = Log(base_index=4, base_term=2)
    with pytest.raises(AssertionError, match="take the log back"):
        log.install(4, 2)
