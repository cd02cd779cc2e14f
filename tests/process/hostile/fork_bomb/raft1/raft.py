"""Forks, and its children fork."""

from __future__ import annotations

import os

from tests.process.hostile.attack import attack


def fork() -> None:
    """Double the number of processes again and again."""
    while True:
        os.fork()


Make = attack(fork)
