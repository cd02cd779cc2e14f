"""What there is to say about a result on a terminal, in lines of text.

Texts of the history stand in the lines as they are, line breaks and escape sequences
included: whoever prints them makes them harmless first.
"""

from __future__ import annotations

from tester1.porcupine.model import PartitionResult, Result, Verdict
from tester1.porcupine.reasons import named

MOST_LINES = 20
"""Operations of a minimal sub-history that are printed one by one."""


def report(result: Result, name: str) -> list[str]:
    """What there is to say about a result, in lines."""
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


def counted(operations: int) -> str:
    """A number of operations in words."""
    return "1 operation" if operations == 1 else f"{operations} operations"


def _sub_history(result: Result, partition: PartitionResult) -> list[str]:
    """The operations of the minimal sub-history, if they are not too many."""
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
