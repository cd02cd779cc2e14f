"""When to take a snapshot, from the size of Raft's persisted state alone."""

from __future__ import annotations

NO_LIMIT = -1
"""The `maxraftstate` of a service that takes no snapshots."""


class SnapshotTrigger:
    """Says when the Raft state has outgrown `maxraftstate` bytes.

    A snapshot cannot remove entries that are not applied yet. While those alone exceed
    the limit, a snapshot after each applied command would remove a single entry each
    time, at the price of encoding the whole service, and leave the leader no entries to
    help a follower with that is just a little behind. So, besides being over the limit,
    the state must have grown by half the limit since it was smallest.
    """

    def __init__(self, maxraftstate: int) -> None:
        self._limit = maxraftstate
        self._smallest = 0

    @property
    def enabled(self) -> bool:
        """Whether there is a limit at all."""
        return self._limit != NO_LIMIT

    def due(self, size: int) -> bool:
        """Whether a snapshot is due, the Raft state being `size` bytes.

        True starts a new round: the caller takes the snapshot.
        """
        if not self.enabled:
            return False
        # Raft trims after the snapshot, so the state shrinks only by the next question.
        self._smallest = min(self._smallest, size)
        if size <= self._limit or size - self._smallest < self._limit // 2:
            return False
        self._smallest = size
        return True
