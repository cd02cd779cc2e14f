"""How a command refuses what it was asked for."""

from __future__ import annotations

from enum import IntEnum

import typer

__all__ = ["ExitStatus", "InputError"]


class ExitStatus(IntEnum):
    """What the exit statuses of `raftlab` mean, in every command."""

    OK = 0
    """Done, and nothing was found wrong."""
    FAILED = 1
    """Done, and something is wrong with what was looked at."""
    REFUSED = 2
    """Not done: the command was called with what it cannot use."""
    UNDECIDED = 3
    """Done as far as the time allowed, which was not enough to tell."""
    INTERRUPTED = 130
    """Ended by Ctrl-C before it was done."""


class InputError(typer.TyperException):
    """What was asked for cannot be done; the message says why and what to do."""

    exit_code = ExitStatus.REFUSED
