"""Answers requests that were sent to another server."""

from __future__ import annotations

import os
import struct

from tests.process.hostile.attack import attack

REPLY = 7


def answer() -> None:
    """Send replies with tags that this server has never seen."""
    for tag in range(1000, 1100):
        os.write(3, struct.pack("<IBQIB", 15, REPLY, tag, 0, 0) + b"\xc0")


Make = attack(answer)
