"""The stand-in for a server's disk: Raft state and snapshot, replaced together.

Both byte strings live in one immutable record, and `Save` replaces that record with a
single assignment. A reader, a checkpoint or a crash therefore sees either all of a
save or nothing of it, under real threads as well as in simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Persister"]


@dataclass(frozen=True, slots=True)
class _Contents:
    """What is on the disk at one instant."""

    raft_state: bytes = b""
    snapshot: bytes = b""


class Persister:
    """Raft state and snapshot of one server; empty until the first `Save`.

    The tester owns it: it survives the server's crash, and a restarted server starts
    from a `checkpoint` of it.
    """

    __slots__ = ("_contents", "_observe")

    def __init__(self) -> None:
        self._contents = _Contents()
        self._observe: Callable[[bytes, bytes, bytes], object] | None = None

    def Save(self, raftstate: bytes | None, snapshot: bytes | None) -> None:
        """Replace both in one atomic step; `None` is stored as empty.

        So a save without the snapshot erases the snapshot. Raises `TypeError` for
        anything but bytes, before anything is replaced.
        """
        before = self._contents.raft_state
        self._contents = new = _Contents(
            _as_bytes(raftstate, "raftstate"), _as_bytes(snapshot, "snapshot")
        )
        if self._observe is not None:
            self._observe(before, new.raft_state, new.snapshot)

    def observe(self, saved: Callable[[bytes, bytes, bytes], object]) -> None:
        """Have every save told: the state before it, the state and the snapshot."""
        self._observe = saved

    def ReadRaftState(self) -> bytes:
        """The Raft state last saved; empty if there never was one."""
        return self._contents.raft_state

    def ReadSnapshot(self) -> bytes:
        """The snapshot last saved; empty if there is none."""
        return self._contents.snapshot

    def RaftStateSize(self) -> int:
        """Length of the saved Raft state in bytes."""
        return len(self._contents.raft_state)

    def SnapshotSize(self) -> int:
        """Length of the saved snapshot in bytes."""
        return len(self._contents.snapshot)

    def checkpoint(self) -> Persister:
        """A new persister with the same contents; later saves to either stay apart."""
        copy = Persister()
        copy._contents = self._contents
        return copy


def _as_bytes(value: object, name: str) -> bytes:
    """An immutable copy of a byte string, or empty for None."""
    if value is None:
        return b""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError(
        f"Persister.Save: {name} must be bytes or None, not "
        f"{type(value).__name__} (for an io.BytesIO pass its getvalue())"
    )
