"""Cuts a new process loose from whoever has forked it.

A forked process has every open file of its parent: connections to other processes, the
verdicts of other runs, the terminal. Untrusted code looks for them by number, so none
is left but those that it is meant to have.
"""

from __future__ import annotations

import fcntl
import os
import sys
from typing import Final

from tester1.sandbox.terminal import do_without

__all__ = ["KEPT", "cut_loose"]

KEPT: Final = 3
"""The number that the kept file has in the end, the first after the standard ones."""


def cut_loose(*, kept: int, output: int, advice: str) -> None:
    """Keep no file open but `kept`, which becomes `KEPT`, and where to print.

    Standard output and error go to `output`. Nothing comes from standard input, and
    whoever asks for a terminal is told `advice`.
    """
    # Each `dup2` closes what had that number before, which could be the other of the
    # two; so first both go beyond all the numbers that are given out here.
    kept, output = (_beyond(file) for file in (kept, output))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        os.dup2(output, stream)
    # Not inherited by what the process may start: the end of this file has to mean the
    # end of this process.
    os.dup2(kept, KEPT, inheritable=False)
    # Among the others is the parent's own life line, which has to break with the parent
    # and would not as long as one process holds it open.
    os.closerange(KEPT + 1, os.sysconf("SC_OPEN_MAX"))
    # New objects: the old ones may hold what the parent has not written out yet, which
    # would be written twice. By lines, so that a crash loses none that was complete.
    sys.stdout = os.fdopen(1, "w", buffering=1, errors="backslashreplace")
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace")
    do_without(advice)


def _beyond(file: int) -> int:
    """The same file under a number that is not among those kept."""
    return fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, KEPT + 1)
