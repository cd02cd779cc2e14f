"""What ``raftlab check`` prints, and its exit status."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tester1.porcupine import Operation, check, write_jsonl
from tester1.porcupine.append import AppendModel
from tester1.porcupine.cli import ExitStatus, check_file, report
from tester1.porcupine.model import Engine
from tests.porcupine.builders import append, get, put, read

LEGAL = [put("a", 0, 0, 1, client=1), get("a", 1, 2, 3, client=2)]
STALE = [*LEGAL, put("b", 1, 4, 5, client=1), get("a", 1, 6, 7, client=3)]


def checked(path: Path, history: Sequence[Operation]) -> tuple[ExitStatus, list[str]]:
    """Check a history from a file; return the status and what was printed."""
    file = path / "history.jsonl"
    write_jsonl(file, history)
    printed: list[str] = []
    return check_file(file, "kv", echo=printed.append), printed


def test_linearizable_history(tmp_path: Path) -> None:
    """A legal history is one line and exit status 0."""
    status, printed = checked(tmp_path, LEGAL)
    assert status == 0
    assert len(printed) == 1
    assert "history.jsonl: linearizable (2 operations" in printed[0]


def test_illegal_history(tmp_path: Path) -> None:
    """An illegal history comes with its reason and its minimal sub-history."""
    status, printed = checked(tmp_path, STALE)
    assert status == 1
    assert "history.jsonl: not linearizable (4 operations" in printed[0]
    assert printed[1].startswith("Get('x') = 'a', version 1 by client 3")
    assert printed[2] == (
        "A minimal sub-history that is not linearizable (3 of 4 operations on 'x'):"
    )
    assert [line.split(" by ")[0] for line in printed[3:]] == [
        "  put('x', 'a', '0') -> ('OK')",
        "  put('x', 'b', '1') -> ('OK')",
        "  get('x') -> ('a', '1', 'OK')",
    ]


def test_long_sub_history_is_cut(tmp_path: Path) -> None:
    """Of a long sub-history only the contradiction is listed."""
    puts = [put(f"v{n}", n, 2.0 * n, 2.0 * n + 1) for n in range(100)]
    _, printed = checked(tmp_path, [*puts, get("v90", 91, 300, 301, client=7)])
    assert len(printed) == 6
    assert printed[-1].startswith("  and ")
    assert printed[-1].endswith(" that they build on")


def test_unreadable_history(tmp_path: Path) -> None:
    """A line that cannot be read is named, with exit status 2."""
    file = tmp_path / "history.jsonl"
    file.write_text('{"client": 1}\n')
    printed: list[str] = []
    assert check_file(file, "kv", echo=printed.append) == 2
    assert len(printed) == 1
    assert f"{file}:1: Object missing required field" in printed[0]


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is unreadable too."""
    printed: list[str] = []
    assert check_file(tmp_path / "none", "kv", echo=printed.append) == 2
    assert "No such file" in printed[0]


def test_unknown_verdict() -> None:
    """When the budget runs out the report says so, and what to do."""
    history = [append(f"{n}.", 0, 1) for n in range(12)]
    history += [append("0.", 0, 1), read("none", 0, 2)]
    result = check(AppendModel(), history, engine=Engine.SEARCH, memory_bytes=100_000)
    (line,) = report(result, "h")
    assert line.startswith("h: unknown: the time or memory allowed ran out with 1 of 1")
    assert line.endswith("try a longer --timeout")


def test_timeout_is_passed_on(tmp_path: Path) -> None:
    """No time at all leaves the verdict unknown, with exit status 3."""
    file = tmp_path / "history.jsonl"
    write_jsonl(file, [append(f"{n}", 0, 1) for n in range(3)])
    printed: list[str] = []
    assert check_file(file, "kv-append", timeout=-1.0, echo=printed.append) == 3


@pytest.mark.parametrize("history", [LEGAL, STALE])
def test_picture(tmp_path: Path, history: list[Operation]) -> None:
    """With ``html`` the history is drawn, whatever the verdict."""
    file, picture = tmp_path / "history.jsonl", tmp_path / "history.html"
    write_jsonl(file, history)
    printed: list[str] = []
    check_file(file, "kv", html=picture, echo=printed.append)
    assert printed[-1] == f"picture: {picture}"
    assert picture.stat().st_size > 0
