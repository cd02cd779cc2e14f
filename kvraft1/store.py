"""The state of the key/value service: every key with its value and its version.

This is the whole of what is replicated, and it is deterministic: the same calls in the
same order leave the same store on every server. Nothing here knows of threads, of Raft
or of the network. Since a Put succeeds at one version only, performing a request twice
cannot change the store twice, and so no table of finished requests is needed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import labgob
from kvraft1.rpc import OK, Err, ErrNoKey, ErrVersion, GetReply, Tversion


@dataclass(frozen=True, slots=True)
class Entry:
    """What is stored under one key. The version of a key's first value is 1."""

    Value: str
    Version: Tversion


class VersionedStore:
    """A map of keys to values, each with the number of Puts that it has seen."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def get(self, key: str) -> GetReply:
        """The value and version of `key`, or `ErrNoKey`."""
        entry = self._entries.get(key)
        if entry is None:
            return GetReply("", 0, ErrNoKey)
        return GetReply(entry.Value, entry.Version, OK)

    def put(self, key: str, value: str, version: Tversion) -> Err:
        """Store `value` if `key` is at `version` (0: does not exist yet).

        `ErrNoKey` or `ErrVersion` say that it is not, and that nothing has changed.
        """
        entry = self._entries.get(key)
        # A version is met once only, since meeting it makes the next. So a copy of a
        # request that was sent again finds another version and changes nothing.
        if entry is None and version != 0:
            return ErrNoKey
        if entry is not None and version != entry.Version:
            return ErrVersion
        self._entries[key] = Entry(value, version + 1)
        return OK

    def encode(self) -> bytes:
        """The store as bytes, for a snapshot."""
        buffer = io.BytesIO()
        labgob.NewEncoder(buffer).Encode(self._entries)
        return buffer.getvalue()

    def restore(self, data: bytes) -> None:
        """Become the store that `encode` made `data` from.

        Raises `labgob.DecodeError` if `data` is nothing of the kind.
        """
        self._entries = labgob.NewDecoder(data).Decode(dict[str, Entry])
