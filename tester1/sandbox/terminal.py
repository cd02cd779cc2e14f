"""A process without a terminal says so, where code under test asks for one.

Nobody sits at the process of a server or at a run of a batch. A debugger there would
wait for ever, or read what is not meant for it, so asking for one, or for input, is an
error that says where it works.
"""

from __future__ import annotations

import io
import os
import pdb
import sys
from typing import Final, NoReturn

__all__ = ["IN_A_BATCH", "IN_A_SERVER", "NoTerminalError", "do_without"]

IN_A_SERVER: Final = (
    "a server's process has no terminal, for a debugger or for input(); run the test "
    "in simulation (without --mode process), where breakpoint() works, or print"
)
IN_A_BATCH: Final = (
    "a run of a batch has no terminal, for a debugger or for input(); repeat it with "
    "raftlab replay or pytest, where breakpoint() works, or print"
)


class NoTerminalError(RuntimeError):
    """Code under test has asked for the user; the message says what to do instead."""


class _NoInput(io.TextIOBase):
    """A standard input that nothing can be read from."""

    def __init__(self, advice: str) -> None:
        self._advice = advice

    def readable(self) -> bool:
        """Say that it is there to be read."""
        return True

    def read(self, size: int | None = -1, /) -> NoReturn:
        """Refuse."""
        raise NoTerminalError(self._advice)

    def readline(self, size: int = -1, /) -> NoReturn:  # type: ignore[override]
        """Refuse. (The base class has one that may return bytes as well.)"""
        raise NoTerminalError(self._advice)


def do_without(advice: str) -> None:
    """From here on, refuse with this advice to read or to debug in this process."""

    def refuse(*arguments: object, **options: object) -> None:
        # The one setting by which breakpoints are switched off stays what it is.
        if os.environ.get("PYTHONBREAKPOINT") != "0":
            raise NoTerminalError(advice)

    sys.stdin = sys.__stdin__ = _NoInput(advice)  # type: ignore[misc, assignment]
    # Both are typed as what they are when Python starts.
    sys.breakpointhook = refuse
    pdb.set_trace = refuse
    pdb.post_mortem = refuse
