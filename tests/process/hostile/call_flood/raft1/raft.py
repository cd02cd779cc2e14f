"""Makes calls without end, none of which is ever answered."""

from __future__ import annotations

import os
import struct
from typing import NoReturn

import labgob
from tests.process.hostile.attack import attack

CALL = 4


def flood() -> NoReturn:
    """Send calls to this very server, past what would wait for their replies."""
    method = b"Idle.Block"
    data = labgob.encode(bytes(8 << 10))
    body = struct.pack("<BQIB", CALL, 1, 1, len(method)) + method + data
    while True:
        os.write(3, struct.pack("<I", len(body)) + body)


Make = attack(flood)
