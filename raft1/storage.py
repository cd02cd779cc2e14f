"""What a peer keeps, and how a part of it survives a crash.

`PeerState` is the state box of figure 2. Its `current_term`, `voted_for` and `log`, and
the snapshot, have to be in stable storage before anybody can learn of a change to them
(section 5.1); `Storage` writes them down. The rest is volatile and begins anew after a
crash.

The persister replaces everything with each save, but a save should not cost an encoding
of the whole log. So `Storage` keeps the encoded entries of the last save, in one buffer
that mirrors the log: what a snapshot covers is cut off in front, what has changed since
is cut off behind, and only what is new gets encoded.

The format is a labgob stream: first a `Header`, then one `LogEntry` for every entry
behind the snapshot.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import labgob
from raft1.log import Log, LogEntry
from raft1.raftapi import Persister


@dataclass(slots=True)
class PeerState:
    """One peer's state. base_index <= last_applied <= commit_index <= last_index.

    The left part of that may fail for a moment: `last_applied` is behind the base
    while a snapshot from the leader waits to be delivered to the service.
    """

    log: Log
    current_term: int = 0
    # Whom this peer voted for in current_term, if anybody. To forget it in a crash
    # would be to vote twice in a term, and so to elect two leaders.
    voted_for: int | None = None
    # The service's state up to the log's base; empty as long as that is 0.
    snapshot: bytes = b""

    # The last entry known to be committed: it will never change or vanish. Volatile,
    # since a leader tells it again; only what the snapshot covers is known at once.
    commit_index: int = 0
    # The last entry that has been handed to the applier.
    last_applied: int = 0

    def enter_term(self, term: int) -> None:
        """Move on to a newer term, in which this peer has not voted yet."""
        assert term > self.current_term, "terms only grow"
        # Always together: a vote is for one term. A vote kept for longer would refuse
        # every candidate of the new term but one.
        self.current_term = term
        self.voted_for = None


class StorageError(ValueError):
    """The persister holds bytes that this module did not write; they are unusable."""


@dataclass(slots=True)
class Header:
    """The state besides the entries. The log begins where the snapshot ends."""

    current_term: int
    voted_for: int | None
    base_index: int
    base_term: int


class Storage:
    """Saves one peer's state to its persister, and restores it."""

    def __init__(self, persister: Persister) -> None:
        self._persister = persister
        # Term, vote and base of the last save, and the header that says so.
        self._saved: tuple[int, int | None, int] | None = None
        self._header = bytearray()
        # The encoded entries of the last save, and for each the position of its end
        # counted from the first byte ever written: `_dropped_bytes` are gone in front.
        self._body = bytearray()
        self._ends: list[int] = []
        self._first_index = 1
        self._dropped_bytes = 0

    def load(self) -> PeerState:
        """The state at the last save; that of a new peer if there was none.

        Raises `StorageError` if the persister holds something else.
        """
        data = self._persister.ReadRaftState()
        if not data:
            return PeerState(Log())
        try:
            return self._restore(data)
        except labgob.DecodeError as error:
            raise StorageError(f"cannot restore the Raft state: {error}") from error

    def save(self, state: PeerState) -> None:
        """Write `state` down, unless nothing in it has changed since the last time."""
        log = state.log
        # Every step ends with a save, and most change nothing: a heartbeat, its reply,
        # a commit. Those must not cost a write.
        fields = (state.current_term, state.voted_for, log.base_index)
        if log.unsaved_from > log.last_index and fields == self._saved:
            return
        if fields != self._saved:
            self._saved = fields
            self._header = bytearray()
            labgob.NewEncoder(self._header).Encode(Header(*fields, log.base_term))
        # In this order: the rewriting counts from the new base.
        self._drop_front(log.base_index)
        self._rewrite_from(log, max(log.unsaved_from, log.base_index + 1))
        log.mark_saved()
        # Together with the log, in one atomic step: a crash between the two would leave
        # a log that is trimmed, and no snapshot of what was trimmed.
        snapshot = state.snapshot if log.base_index else None
        self._persister.Save(b"".join((self._header, self._body)), snapshot)

    def size(self) -> int:
        """How many bytes of Raft state are stored, without the snapshot."""
        return self._persister.RaftStateSize()

    def _restore(self, data: bytes) -> PeerState:
        buffer = io.BytesIO(data)
        decoder = labgob.NewDecoder(buffer)
        header = decoder.Decode(Header)
        start = buffer.tell()
        entries = []
        while buffer.tell() < len(data):
            entries.append(decoder.Decode(LogEntry))
            self._ends.append(buffer.tell() - start)
        self._header += data[:start]
        self._body += data[start:]
        self._first_index = header.base_index + 1
        self._saved = (header.current_term, header.voted_for, header.base_index)
        # The service reads the snapshot for itself, and goes on from its end. What it
        # covers is committed; of the entries behind it, a leader will tell which are.
        return PeerState(
            Log(entries, base_index=header.base_index, base_term=header.base_term),
            current_term=header.current_term,
            voted_for=header.voted_for,
            snapshot=self._persister.ReadSnapshot(),
            commit_index=header.base_index,
            last_applied=header.base_index,
        )

    def _drop_front(self, base_index: int) -> None:
        """Forget the encoded entries that the snapshot covers by now."""
        # A snapshot from the leader may end behind all that was ever encoded.
        count = min(base_index + 1 - self._first_index, len(self._ends))
        if count > 0:
            # Ends are not counted anew from the front, which would touch all of them
            # at every snapshot: the offset grows instead.
            end = self._ends[count - 1]
            del self._body[: end - self._dropped_bytes]
            del self._ends[:count]
            self._dropped_bytes = end
        self._first_index = base_index + 1

    def _rewrite_from(self, log: Log, index: int) -> None:
        """Replace the encoded entries from `index` on by those of `log`."""
        kept = index - self._first_index
        assert 0 <= kept <= len(self._ends), "entries between are not encoded"
        end = self._ends[kept - 1] if kept else self._dropped_bytes
        del self._body[end - self._dropped_bytes :]
        del self._ends[kept:]
        encoder = labgob.NewEncoder(self._body)
        for entry in log.slice(index, log.last_index):
            encoder.Encode(entry)
            self._ends.append(self._dropped_bytes + len(self._body))
