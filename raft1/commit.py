"""The commit rule: when an entry is decided, and when a follower may believe it.

An entry is committed once a leader has it on a majority *in the leader's own term*.
Counting copies of older entries is not enough: figure 8 of the paper shows how a
majority can hold an entry that is still overwritten later. Such entries become
committed along with the first one of the current term behind them, by log matching.
"""

from __future__ import annotations

from collections.abc import Iterable

from raft1.election import majority_of
from raft1.log import Log


def majority_index(match_indices: Iterable[int]) -> int:
    """The highest index that a majority has reached.

    One number per peer of the group, the leader itself included.
    """
    ordered = sorted(match_indices, reverse=True)
    return ordered[majority_of(len(ordered)) - 1]


def leader_commit(
    log: Log, term: int, commit_index: int, match_indices: Iterable[int]
) -> int:
    """The leader's new commit index, given what each peer is known to have stored.

    Terms do not decrease along the log, so if the entry at the majority's index is
    not of the current `term`, neither is any before it, and nothing new is decided.
    """
    assert term >= log.last_term, "a leader of an older term than its log"
    index = majority_index(match_indices)
    if index > commit_index and log.term_at(index) == term:
        return index
    return commit_index


def follower_commit(commit_index: int, leaders_commit: int, verified_index: int) -> int:
    """A follower's new commit index after an AppendEntries that it accepted.

    `verified_index` is the last index that the request itself vouched for
    (PrevLogIndex plus the number of entries). What this peer's log holds behind it may
    be left over from another leader, so the length of the log is not the bound.
    """
    return max(commit_index, min(leaders_commit, verified_index))
