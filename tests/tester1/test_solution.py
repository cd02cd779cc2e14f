"""Where the code under test is searched: a student's folder over the reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tester1.solution import REFERENCE_ROOT, CodeUnderTest, SolutionError


def make(folder: Path, *files: str) -> Path:
    """Make empty files in `folder` and return it."""
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_reference_alone() -> None:
    """Without a folder the reference solution is tested."""
    code = CodeUnderTest.of(None)
    assert code.roots == (REFERENCE_ROOT,)
    assert code.packages == {"raft1", "kvraft1"}


def test_folder_comes_first(tmp_path: Path) -> None:
    """Its files are found before the reference's, which fill the gaps."""
    code = CodeUnderTest.of(make(tmp_path, "raft1/raft.py"))
    assert code.roots == (tmp_path, REFERENCE_ROOT)


def test_own_helpers_are_private(tmp_path: Path) -> None:
    """A student's further modules and packages are part of the solution."""
    make(tmp_path, "kvraft1/rsm/rsm.py", "helpers.py", "mylib/log.py", "notes/a.txt")
    own = CodeUnderTest.of(tmp_path).packages
    assert own == {"raft1", "kvraft1", "helpers", "mylib"}


def test_harness_is_not_taken_from_the_folder(tmp_path: Path) -> None:
    """A copy of the whole repository cannot replace what judges it."""
    make(tmp_path, "raft1/raft.py", "tester1/config.py", "labrpc/network.py")
    make(tmp_path, "labrt/sim.py", "labgob/codec.py", "tests/raft/test_3a.py")
    make(tmp_path, "random.py")
    assert CodeUnderTest.of(tmp_path).packages == {"raft1", "kvraft1"}


@pytest.mark.parametrize(
    ("folder", "files", "message"),
    [
        ("missing", [], "is not a folder"),
        ("empty", ["empty/README.md"], "holds no solution"),
        ("s/raft1", ["s/raft1/raft.py"], r"did you mean .*/s\?"),
        ("flat", ["flat/raft.py"], "neither a raft1/ nor a kvraft1/"),
    ],
)
def test_not_a_solution(
    tmp_path: Path, folder: str, files: list[str], message: str
) -> None:
    """A folder without anything to test is refused, with what to give instead."""
    make(tmp_path, *files)
    with pytest.raises(SolutionError, match=message):
        CodeUnderTest.of(tmp_path / folder)
