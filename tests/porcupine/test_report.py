"""What there is to say about a result, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from tester1.porcupine import KvModel, Operation, check
from tester1.porcupine.append import AppendModel
from tester1.porcupine.model import Engine
from tester1.porcupine.report import report
from tests.porcupine.builders import append, get, put, read

LEGAL = [put("a", 0, 0, 1, client=1), get("a", 1, 2, 3, client=2)]
STALE = [*LEGAL, put("b", 1, 4, 5, client=1), get("a", 1, 6, 7, client=3)]


def reported(history: Sequence[Operation]) -> list[str]:
    """Check a history of the versioned store; return what there is to say."""
    return report(check(KvModel(), history), "history")


def test_linearizable_history() -> None:
    """A legal history is one line."""
    printed = reported(LEGAL)
    assert len(printed) == 1
    assert "history: linearizable (2 operations" in printed[0]


def test_illegal_history() -> None:
    """An illegal history comes with its reason and its minimal sub-history."""
    printed = reported(STALE)
    assert "history: not linearizable (4 operations" in printed[0]
    assert printed[1].startswith("Get('x') = 'a', version 1 by client 3")
    assert printed[2] == (
        "A minimal sub-history that is not linearizable (3 of 4 operations on 'x'):"
    )
    assert [line.split(" by ")[0] for line in printed[3:]] == [
        "  put('x', 'a', '0') -> ('OK')",
        "  put('x', 'b', '1') -> ('OK')",
        "  get('x') -> ('a', '1', 'OK')",
    ]


def test_long_sub_history_is_cut() -> None:
    """Of a long sub-history only the contradiction is listed."""
    puts = [put(f"v{n}", n, 2.0 * n, 2.0 * n + 1) for n in range(100)]
    printed = reported([*puts, get("v90", 91, 300, 301, client=7)])
    assert len(printed) == 6
    assert printed[-1].startswith("  and ")
    assert printed[-1].endswith(" that they build on")


def test_unknown_verdict() -> None:
    """When the budget runs out the report says so, and what to do."""
    history = [append(f"{n}.", 0, 1) for n in range(12)]
    history += [append("0.", 0, 1), read("none", 0, 2)]
    result = check(AppendModel(), history, engine=Engine.SEARCH, memory_bytes=100_000)
    (line,) = report(result, "h")
    assert line.startswith("h: unknown: the time or memory allowed ran out with 1 of 1")
    assert line.endswith("try a longer --timeout")
