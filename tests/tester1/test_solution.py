"""Where the code under test is searched: a student's folder over the reference."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from tester1.solution import (
    LAB_PACKAGES,
    REFERENCE_ROOT,
    CodeUnderTest,
    SolutionError,
    is_testers,
)


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
    make(tmp_path, "raft1/raft.py", "tester1/cluster/config.py", "labrpc/network.py")
    make(tmp_path, "labrt/sim/runtime.py", "labgob/codec.py", "tests/raft/test_3a.py")
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


@pytest.mark.parametrize(
    "path",
    [
        "raft1/testing/inside.py",
        "raft1/raftapi/__init__.py",
        "kvraft1/testing/inside_kv.py",
        "kvraft1/testing.py",
    ],
)
def test_a_part_of_the_tester_is_refused(tmp_path: Path, path: str) -> None:
    """What decides about a solution cannot come with it; the error names the file."""
    make(tmp_path, "raft1/raft.py", path)
    named = tmp_path / path
    with pytest.raises(SolutionError, match=f"^{named} is a part of the tester"):
        CodeUnderTest.of(tmp_path)


def test_a_copy_of_a_part_of_the_tester_does_no_harm(tmp_path: Path) -> None:
    """A student may work in a copy of the whole repository."""
    for package in LAB_PACKAGES:
        shutil.copytree(REFERENCE_ROOT / package, tmp_path / package)
    assert CodeUnderTest.of(tmp_path).packages == {"raft1", "kvraft1"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("raft1/testing/mine.py", "MINE = True"),
        ("raft1/testing/__init__.py", ""),
        ("kvraft1/testing/__init__.py", "# Tests of my own.\n"),
        ("raft1/server.py", "EARLIER = 'a part of the tester'"),
    ],
)
def test_what_replaces_nothing_may_stay(tmp_path: Path, file: str, text: str) -> None:
    """Modules of a student's own, wherever they lie, and those of earlier copies."""
    make(tmp_path, "raft1/raft.py", file)
    (tmp_path / file).write_text(text)
    CodeUnderTest.of(tmp_path)


def test_a_copy_may_be_of_another_day(tmp_path: Path) -> None:
    """What the tester's own files say of themselves is nothing that anybody runs."""
    for package in LAB_PACKAGES:
        shutil.copytree(REFERENCE_ROOT / package, tmp_path / package)
    interface = tmp_path / "raft1" / "raftapi.py"
    source = interface.read_text()
    interface.write_text(f"# Of another day.\n{source.replace('The ', 'A ')}")
    CodeUnderTest.of(tmp_path)
    interface.write_text(source.replace("def ", "async def ", 1))
    with pytest.raises(SolutionError, match="is a part of the tester"):
        CodeUnderTest.of(tmp_path)


def imported_by(module: str) -> set[str]:
    """A module of the labs and every other that it needs, by their names."""
    found = {module}
    waiting = [module]
    while waiting:
        for name in lab_imports(waiting.pop()) - found:
            found.add(name)
            waiting.append(name)
    return found


def lab_imports(module: str) -> set[str]:
    """The modules of the labs that a module imports itself."""
    path = REFERENCE_ROOT / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    nodes = list(ast.walk(ast.parse(file.read_text())))
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    names = {node.module or "" for node in froms}
    names |= {f"{node.module}.{alias.name}" for node in froms for alias in node.names}
    return {name for name in names if (REFERENCE_ROOT / file_of(name)).is_file()}


def file_of(module: str) -> str:
    """Where a module of the labs would be; nothing else is a file there."""
    known = module.startswith(tuple(f"{package}." for package in LAB_PACKAGES))
    path = module.replace(".", "/") if known else "unknown"
    is_package = (REFERENCE_ROOT / path).is_dir()
    return f"{path}/__init__.py" if is_package else f"{path}.py"


def test_every_module_is_the_testers_or_the_solutions() -> None:
    """What the reference solution does not consist of belongs to the tester."""
    solution = set()
    for start in "raft1.raft", "kvraft1.rsm", "kvraft1.client", "kvraft1.server":
        solution |= imported_by(start)
    for package in LAB_PACKAGES:
        for file in (REFERENCE_ROOT / package).glob("**/*.py"):
            path = file.relative_to(REFERENCE_ROOT).with_suffix("")
            module = ".".join(path.parts).removesuffix(".__init__")
            # The solution needs the interface, too, and nobody the packages' tops.
            if module not in (*LAB_PACKAGES, "raft1.raftapi"):
                assert is_testers(module) != (module in solution), module
