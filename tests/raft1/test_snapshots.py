"""What a snapshot from the leader does to a follower's log (figure 13)."""

from __future__ import annotations

import pytest

from raft1.log import Log, LogEntry
from raft1.snapshots import Effect, adopt, effect_of, message_for


def log_of_terms(*terms: int) -> Log:
    """A log with one entry of each of these terms."""
    return Log([LogEntry(term, f"c{i}") for i, term in enumerate(terms, start=1)])


@pytest.mark.parametrize(
    ("last_index", "last_term", "expected"),
    [
        pytest.param(2, 1, Effect.IGNORE, id="older than what is committed"),
        pytest.param(3, 2, Effect.IGNORE, id="exactly what is committed"),
        pytest.param(4, 2, Effect.KEEP_TAIL, id="ends at an entry that we have"),
        pytest.param(4, 3, Effect.REPLACE, id="contradicts an entry of ours"),
        pytest.param(9, 3, Effect.REPLACE, id="lies beyond our log"),
    ],
)
def test_effect(last_index: int, last_term: int, expected: Effect) -> None:
    """Rules 5 to 7 of figure 13, and never back behind the commit index."""
    log = log_of_terms(1, 1, 2, 2, 2)
    assert effect_of(log, 3, last_index, last_term) is expected


def test_a_tail_behind_the_snapshot_stays() -> None:
    """Entries that the snapshot does not cover may be all that a majority has."""
    log = log_of_terms(1, 1, 2, 2, 2)
    adopt(log, Effect.KEEP_TAIL, 4, 2)
    assert (log.base_index, log.base_term, log.last_index) == (4, 2, 5)
    assert log.entry(5) == LogEntry(2, "c5")


def test_a_contradicting_log_is_replaced() -> None:
    """Nothing of a log stays whose history differs from the snapshot's."""
    log = log_of_terms(1, 1, 2, 2, 2)
    adopt(log, Effect.REPLACE, 4, 3)
    assert (log.base_index, log.base_term, log.last_index) == (4, 3, 4)


def test_message_says_where_the_snapshot_ends() -> None:
    """The service learns index and term of the last entry that is covered."""
    log = Log(base_index=7, base_term=3)
    message = message_for(log, b"state")
    assert message.SnapshotValid
    assert not message.CommandValid
    assert (message.SnapshotIndex, message.SnapshotTerm) == (7, 3)
    assert message.Snapshot == b"state"
