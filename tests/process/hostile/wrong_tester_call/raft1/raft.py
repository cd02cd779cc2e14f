"""Calls the tester with arguments that are something else."""

from __future__ import annotations

import os
import struct

from tests.process.hostile.attack import attack

TESTER_CALL = 5


def call() -> None:
    """Report an applied entry that is none."""
    method = b"Test.CheckLogs"
    body = struct.pack("<BQIB", TESTER_CALL, 1, 0, len(method)) + method + b"\xc1"
    os.write(3, struct.pack("<I", len(body)) + body)


Make = attack(call)
