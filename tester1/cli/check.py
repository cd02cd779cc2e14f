"""`raftlab check`: is a history from a file linearizable?"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tester1.cli.errors import InputError

__all__ = ["ModelName", "check_command"]


class ModelName(StrEnum):
    """The models that histories in files can have."""

    KV = "kv"
    REGISTER = "register"
    KV_APPEND = "kv-append"


def check_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The history.", show_default=False)
    ],
    model: Annotated[
        ModelName,
        typer.Option(
            help="What the operations are done to: the versioned key/value store of "
            "lab 4, a register with compare-and-swap, or a store that appends.",
            show_default=False,
        ),
    ],
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT",
            help="Draw the history into this file, whatever the verdict.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            min=0,
            help="Give up after this many seconds (without it: never).",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a recorded history for linearizability.

    Reads JSON Lines, and the files of Jepsen: EDN, texts and logs. A history that is
    not linearizable is explained: which rule it breaks, and the fewest operations that
    break it.

    Exit status: 0 linearizable, 1 not linearizable, 3 not decided in time, 2 the file
    cannot be read, or the picture cannot be written.
    """
    from tester1.porcupine.cli import ExitStatus, check_file  # the checker is large

    lines: list[str] = []
    try:
        status = check_file(file, model, html=html, timeout=timeout, echo=lines.append)
    except OSError as error:  # about the picture; the verdict is there
        _print(lines)
        raise InputError(str(error)) from None
    if status is ExitStatus.UNREADABLE:
        raise InputError("; ".join(lines))
    _print(lines)
    raise typer.Exit(status)


def _print(lines: list[str]) -> None:
    """Print lines, with what the output's encoding lacks escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        print(line.encode(encoding, "backslashreplace").decode(encoding))
