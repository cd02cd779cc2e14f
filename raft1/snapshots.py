"""What a snapshot from the leader does to a follower (section 7, figure 13).

A request may be a delayed one, or repeat what an AppendEntries has brought meanwhile.
It must never take a follower back, so the first question is whether it holds anything
that is not committed here already.
"""

from __future__ import annotations

from enum import Enum

from raft1.log import Log
from raft1.raftapi import ApplyMsg


class Effect(Enum):
    """How a follower treats a snapshot that its leader sent."""

    IGNORE = "nothing in it is new"
    KEEP_TAIL = "it replaces the front of the log; entries behind it stay"
    REPLACE = "it replaces the whole log"


def effect_of(log: Log, commit_index: int, last_index: int, last_term: int) -> Effect:
    """Decide about a snapshot that ends at `last_index`, in `last_term`.

    Up to the commit index this peer's log holds what the snapshot sums up, and the
    applier is about to deliver it, or has: adopting it would only repeat work.
    """
    if last_index <= commit_index:
        return Effect.IGNORE
    return Effect.KEEP_TAIL if log.has(last_index, last_term) else Effect.REPLACE


def adopt(log: Log, effect: Effect, last_index: int, last_term: int) -> None:
    """Make `log` start behind the snapshot, as `effect` says."""
    assert effect is not Effect.IGNORE, "there is nothing to adopt"
    if effect is Effect.KEEP_TAIL:
        log.compact(last_index)
    else:
        log.reset(last_index, last_term)


def message_for(log: Log, snapshot: bytes) -> ApplyMsg:
    """Tell the service to adopt `snapshot`, which covers the log up to its base."""
    return ApplyMsg(
        SnapshotValid=True,
        Snapshot=snapshot,
        SnapshotTerm=log.base_term,
        SnapshotIndex=log.base_index,
    )
