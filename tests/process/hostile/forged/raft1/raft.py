"""Sends messages in the name of another server."""

from __future__ import annotations

import os
import struct

from tests.process.hostile.attack import attack

CALL = 4


def frame(kind: int, tag: int, target: int, method: bytes, data: bytes) -> bytes:
    """A frame as the tester reads it."""
    fields = struct.pack("<BQIB", kind, tag, target, len(method))
    body = fields + method + data
    return struct.pack("<I", len(body)) + body


def forge() -> None:
    """Call through ends that belong to the others: there are three of one's own."""
    for end in range(3, 9):
        os.write(3, frame(CALL, 1, end, b"Raft.RequestVote", b"\x94\x07\x02\x00\x00"))


Make = attack(forge)
