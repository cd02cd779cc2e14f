"""`raftlab check`: is a history from a file linearizable?"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labrt.texts import harmless
from tester1.cli.errors import ExitStatus, InputError
from tester1.files import reason

if TYPE_CHECKING:
    from tester1.porcupine.model import Operation, Result

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
    # The checker is large, and no other command needs it.
    from tester1.porcupine.check import check
    from tester1.porcupine.formats import MODELS
    from tester1.porcupine.report import report

    result = check(MODELS[model](), _history(file, model), timeout=timeout)
    for line in report(result, str(file)):
        _print(line)
    if html is not None:
        _draw(result, file, html)
    raise typer.Exit(_status(result))


def _history(file: Path, model: str) -> list[Operation]:
    from tester1.porcupine.formats import read_history
    from tester1.porcupine.reading import UnreadableHistoryError

    try:
        return read_history(file, model)
    except UnreadableHistoryError as error:
        raise InputError(harmless(f"cannot read the history: {error}")) from None
    except OSError as error:
        raise InputError(f"cannot read {file}: {reason(error)}") from None


def _print(line: str) -> None:
    """Print a line, with what the output's encoding lacks escaped.

    Keys and values are anybody's: a line break in one would forge a line of the report,
    and a terminal would obey an escape sequence.
    """
    encoding = sys.stdout.encoding or "utf-8"
    print(harmless(line).encode(encoding, "backslashreplace").decode(encoding))


def _draw(result: Result, file: Path, html: Path) -> None:
    # The page and its assets are loaded only when somebody wants a picture.
    from tester1.timeline.html import write_html

    try:
        write_html(result, html, title=file.name)
    except OSError as error:
        raise InputError(str(error)) from None
    _print(f"picture: {html}")


def _status(result: Result) -> ExitStatus:
    from tester1.porcupine.model import Verdict

    statuses = {
        Verdict.OK: ExitStatus.OK,
        Verdict.ILLEGAL: ExitStatus.FAILED,
        Verdict.UNKNOWN: ExitStatus.UNDECIDED,
    }
    return statuses[result.verdict]
