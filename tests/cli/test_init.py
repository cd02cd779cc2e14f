"""`raftlab init`: what it writes, where it refuses to, and what the starter code is."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tester1.cli.init import STARTER
from tester1.discovery import ARTIFACTS, RESULTS
from tester1.solution import REFERENCE_ROOT, CodeUnderTest
from tester1.suites import PARTS, SUITES, suite_tests
from tests.cli.conftest import Raftlab

# What the tests and the layer above call, by the file of the starter that has it.
INTERFACE = {
    "raft1/raft.py": [
        *("Make", "Raft.GetState", "Raft.Start", "Raft.Snapshot"),
        *("Raft.PersistBytes", "Raft.Kill"),
    ],
    "kvraft1/rsm/rsm.py": ["MakeRSM", "RSM.Raft", "RSM.Submit"],
    "kvraft1/server.py": [
        *("StartKVServer", "KVServer.Get", "KVServer.Put", "KVServer.DoOp"),
        *("KVServer.Snapshot", "KVServer.Restore"),
    ],
    "kvraft1/client.py": ["MakeClerk", "Clerk.Get", "Clerk.Put"],
}


def files_of(folder: Path) -> list[str]:
    """The files in a folder, by their paths below it."""
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def test_writes_both_labs(raftlab: Raftlab, tmp_path: Path) -> None:
    """Starter files, handouts, tests, and no `__init__.py` that would shadow ours."""
    ended = raftlab("init", "lab")
    assert ended.status == 0
    assert "raftlab test 3A --solution lab" in ended.out
    written = files_of(tmp_path / "lab")
    tests = {
        f"tests/{test.file.parent.name}/{test.file.name}" for test in suite_tests()
    }
    conftests = {f"tests/{suite}/conftest.py" for suite in SUITES}
    handouts = {"README.md", "lab3.md", "lab4.md", "pytest.ini", ".gitignore"}
    assert set(written) == {*INTERFACE, *handouts, *tests, *conftests}
    assert CodeUnderTest.of(tmp_path / "lab").packages == {"raft1", "kvraft1"}


@pytest.mark.parametrize(
    ("lab", "package", "first"), [("3", "raft1", "3A"), ("4", "kvraft1", "4A")]
)
def test_writes_one_lab(
    raftlab: Raftlab, tmp_path: Path, lab: str, package: str, first: str
) -> None:
    """With `--lab` there is nothing of the other lab."""
    ended = raftlab("init", "lab", "--lab", lab)
    assert f"raftlab test {first}" in ended.out
    sources = {file.split("/")[0] for file in files_of(tmp_path / "lab")}
    common = {"README.md", "pytest.ini", ".gitignore"}
    assert sources == {package, "tests", f"lab{lab}.md", *common}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_ignores_what_runs_leave(raftlab: Raftlab, tmp_path: Path) -> None:
    """Everything in the lab is under version control, but for that."""
    raftlab("init", "lab")
    lab = tmp_path / "lab"
    written = files_of(lab)
    for name in (
        *(f"{ARTIFACTS}/replay/x.html", f"{RESULTS}/0001/runs.jsonl"),
        *("raft1/__pycache__/raft.pyc", ".pytest_cache/x"),
    ):
        (lab / name).parent.mkdir(parents=True)
        (lab / name).touch()
    subprocess.run(["git", "init", "-q", lab], check=True)
    command = ["git", "-C", str(lab), "ls-files", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)
    assert sorted(listed.stdout.splitlines()) == written


def test_empty_folder_is_taken(raftlab: Raftlab, tmp_path: Path) -> None:
    """A folder that exists and is empty can be filled."""
    (tmp_path / "lab").mkdir()
    assert raftlab("init", "lab").status == 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("full", "raftlab: full is not empty; name a new folder"),
        ("full/file", "raftlab: full/file is a file; name a folder to make"),
        ("/proc/lab", "raftlab: cannot write to /proc/lab: No such file or directory"),
        ("lab --lab 5", "raftlab: there is no lab 5; --lab takes 3 or 4"),
    ],
)
def test_refusals(raftlab: Raftlab, tmp_path: Path, arguments: str, line: str) -> None:
    """Nothing is ever overwritten, and one line says what to do instead."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    assert raftlab("init", *arguments.split()).refusal == line
    assert (tmp_path / "full" / "file").read_text() == "mine"


# The starter code itself


def definitions(source: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of a file, with the class before its name."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield f"{node.name}.{inner.name}", inner


@pytest.mark.parametrize("file", INTERFACE)
def test_starter_has_the_interface(file: str) -> None:
    """Every function that is called from outside takes what the reference takes."""
    starter = dict(definitions((STARTER / file).read_text()))
    reference = dict(definitions((REFERENCE_ROOT / file).read_text()))
    for name in INTERFACE[file]:
        ours = [argument.arg for argument in reference[name].args.args]
        theirs = [argument.arg for argument in starter[name].args.args]
        assert theirs == ours, name


@pytest.mark.parametrize("file", INTERFACE)
def test_starter_says_what_each_part_does(file: str) -> None:
    """Functions have docstrings; what is to be written names its part."""
    for name, function in definitions((STARTER / file).read_text()):
        docstring = ast.get_docstring(function)
        assert docstring or name.endswith(".__init__"), name
        for part in unwritten_parts(function):
            assert docstring is not None
            assert re.search(rf"[Pp]art\s{part}", docstring), name


def test_every_part_is_announced() -> None:
    """Each part has functions to write that say so when they are called."""
    announced = {
        part
        for file in INTERFACE
        for _, function in definitions((STARTER / file).read_text())
        for part in unwritten_parts(function)
    }
    assert announced == set(PARTS)


def unwritten_parts(function: ast.FunctionDef) -> list[str]:
    """The parts that a function says are still to be written."""
    return re.findall(
        r"NotImplementedError\(\s*f?['\"]part (\w\w)", ast.unparse(function)
    )
