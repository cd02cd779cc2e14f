"""When snapshots are due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kvraft1.rsm.trigger import NO_LIMIT, SnapshotTrigger

SIZES = st.lists(st.integers(0, 5000), max_size=50)


@given(SIZES)
def test_without_a_limit_no_snapshot_is_due(sizes: list[int]) -> None:
    """A maxraftstate of -1 forbids snapshots at any size."""
    trigger = SnapshotTrigger(NO_LIMIT)
    assert not trigger.enabled
    assert not any(trigger.due(size) for size in sizes)


@given(SIZES)
def test_no_snapshot_is_due_below_the_limit(sizes: list[int]) -> None:
    """A snapshot is due only when the state exceeds maxraftstate."""
    trigger = SnapshotTrigger(1000)
    assert all(size > 1000 for size in sizes if trigger.due(size))


@given(st.integers(20, 200), st.integers(0, 30), st.integers(1, 400))
def test_the_state_stays_bounded(entry: int, tail: int, entries: int) -> None:
    """What can be trimmed is, while at most the limit and one entry build up.

    `tail` entries are always in the log but not yet applied, so that no snapshot
    removes them; entries of one size come in one by one.
    """
    limit = 1000
    trigger = SnapshotTrigger(limit)
    untrimmed = tail * entry
    size = untrimmed
    for _ in range(entries):
        size += entry
        if trigger.due(size):
            size = untrimmed
        assert size <= max(limit, untrimmed + limit // 2) + entry


def test_an_untrimmable_tail_does_not_cause_a_snapshot_per_command() -> None:
    """With more in flight than the limit, a snapshot removes half of the limit."""
    trigger = SnapshotTrigger(1000)
    size, snapshots = 2000, 0
    for _ in range(100):
        size += 50
        if trigger.due(size):
            size, snapshots = 2000, snapshots + 1
    assert 8 <= snapshots <= 10
