"""A process without a terminal says so, where code under test asks for one.

Nobody sits at a process of untrusted code. A debugger there would wait for ever, or
read what is not meant for it, so asking for one, or for input, is an error that says
where it works.
"""

from __future__ import annotations

import io
import os
import pdb
import sys
from typing import NoReturn

__all__ = ["NoTerminalError", "do_without"]


class NoTerminalError(RuntimeError):
    """Code under test has asked for the user; the message says what to do instead."""


class _NoInput(io.TextIOBase):
    """A standard input that nothing can be read from."""

    def __init__(self, advice: str) -> None:
        self._advice = advice

    def readable(self) -> bool:
        """Whether it is there to be read: it is, and refuses when that is tried."""
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

    # The second is where code looks that distrusts the first.
    sys.stdin = sys.__stdin__ = _NoInput(advice)  # type: ignore[misc, assignment]
    # Both are typed as what they are when Python starts.
    # The hook is what `breakpoint` calls; to set a trace by hand goes round it.
    sys.breakpointhook = refuse
    pdb.set_trace = refuse
    pdb.post_mortem = refuse
