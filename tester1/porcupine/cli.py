"""Checking a history file: what ``raftlab check`` does."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path

from tester1.porcupine.check import check
from tester1.porcupine.formats import MODELS, read_history
from tester1.porcupine.model import PartitionResult, Result, Verdict
from tester1.porcupine.reading import UnreadableHistoryError
from tester1.porcupine.reasons import named

MOST_LINES = 20
"""Operations of a minimal sub-history that are printed one by one."""


class ExitStatus(enum.IntEnum):
    """What the command's exit status says."""

    LINEARIZABLE = 0
    ILLEGAL = 1
    UNREADABLE = 2
    UNKNOWN = 3


_STATUS = {
    Verdict.OK: ExitStatus.LINEARIZABLE,
    Verdict.ILLEGAL: ExitStatus.ILLEGAL,
    Verdict.UNKNOWN: ExitStatus.UNKNOWN,
}


def check_file(
    path: Path,
    model: str,
    *,
    html: Path | None = None,
    timeout: float | None = None,
    echo: Callable[[str], None] = print,
) -> ExitStatus:
    """Check the history in a file, print the verdict, and return the exit status.

    ``model`` is a name in `MODELS`, ``timeout`` is in seconds. With ``html`` the
    history is drawn into that file, whatever the verdict.
    """
    try:
        history = read_history(path, model)
    except UnreadableHistoryError as error:
        echo(one_line(f"cannot read the history: {error}"))
        return ExitStatus.UNREADABLE
    except OSError as error:
        echo(f"cannot read {path}: {error.strerror}")
        return ExitStatus.UNREADABLE
    result = check(MODELS[model](), history, timeout=timeout)
    for line in report(result, str(path)):
        echo(one_line(line))
    if html is not None:
        # The picture and its assets are loaded only when somebody wants one.
        from tester1.porcupine.html import write_html

        write_html(result, html, title=path.name)
        echo(f"picture: {html}")
    return _STATUS[result.verdict]


def report(result: Result, name: str) -> list[str]:
    """Return what there is to say about a result, in lines."""
    operations = sum(len(partition.operations) for partition in result.partitions)
    size = f"{counted(operations)}, {result.elapsed_s:.2f} s"
    if result.verdict is Verdict.OK:
        return [f"{name}: linearizable ({size})"]
    if result.illegal is None:
        unknown = sum(p.verdict is Verdict.UNKNOWN for p in result.partitions)
        return [
            f"{name}: unknown: the time or memory allowed ran out with {unknown} of "
            f"{len(result.partitions)} partitions undecided ({size}); "
            "try a longer --timeout"
        ]
    return [
        f"{name}: not linearizable ({size})",
        f"{result.reason}.",
        *_sub_history(result, result.illegal),
    ]


def one_line(text: str) -> str:
    """Return a text with all that is not printable escaped.

    Keys and values are anybody's: a line break in one would forge a line of the report,
    and a terminal would obey an escape sequence.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def counted(operations: int) -> str:
    """Return a number of operations in words."""
    return "1 operation" if operations == 1 else f"{operations} operations"


def _sub_history(result: Result, partition: PartitionResult) -> list[str]:
    """Return the operations of the minimal sub-history, if they are not too many."""
    where = f" on {partition.name!r}" if partition.name else ""
    shown = partition.core
    title = "A minimal sub-history that is not linearizable"
    more: list[str] = []
    if len(shown) > MOST_LINES:
        more = [f"  and {len(shown) - len(partition.contradiction)} that they build on"]
        shown = partition.contradiction
    lines = [
        f"  {named(result.model, partition.operations[index])}"
        for index in shown[:MOST_LINES]
    ]
    if len(shown) > MOST_LINES:
        lines.append(f"  and {len(shown) - MOST_LINES} more")
    count = f"{len(partition.core)} of {counted(len(partition.operations))}{where}"
    return [f"{title} ({count}):", *lines, *more]
