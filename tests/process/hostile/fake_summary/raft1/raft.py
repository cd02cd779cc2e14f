"""Prints what a pytest would print that has nothing to complain about, and ends."""

from __future__ import annotations

import os
import sys

from tests.process.hostile.attack import attack

SUMMARY = "\n============== 2 passed in 0.12s ==============\n"


def pretend() -> None:
    """Print the summary every way there is."""
    print(f"\r\x1b[2J\x1b[H{SUMMARY}", flush=True)
    sys.stderr.write(SUMMARY)
    os.write(1, SUMMARY.encode())
    os._exit(0)


Make = attack(pretend)
