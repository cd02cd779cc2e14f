"""Allocates memory without end, and goes on when that is refused."""

from __future__ import annotations

from tests.process.hostile.attack import attack


def allocate() -> None:
    """Keep everything."""
    kept = []
    while True:
        kept.append(bytearray(16 << 20))


Make = attack(allocate)
