"""Whose code runs: what is named, the lab around the present folder, the reference."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tester1.discovery import artifacts_of, choose, find_lab, results_of, to_name
from tester1.solution import REFERENCE_ROOT, SolutionError
from tests.tester1.conftest import InnerPytest
from tests.tester1.test_solution import make

MARK = "[pytest]\nraftlab_solution = {}\n"


@pytest.mark.parametrize("inside", [".", "raft1", "tests/raft", "x/y"])
def test_nearest_lab(tmp_path: Path, inside: str) -> None:
    """From anywhere in it; the folder is told as a command there can name it."""
    lab = make(tmp_path, "raft1/raft.py", "tests/raft/test_3a.py", "x/y/notes.txt")
    here = lab / inside
    found = find_lab(here)
    assert found is not None
    assert not found.is_absolute()
    assert (here / found).resolve() == lab


def test_a_lab_in_a_lab(tmp_path: Path) -> None:
    """The nearer one is meant."""
    make(tmp_path, "raft1/raft.py", "old/kvraft1/rsm/rsm.py", "old/notes/a.txt")
    assert find_lab(tmp_path / "old" / "notes") == Path("..")


def test_where_there_is_no_lab(tmp_path: Path) -> None:
    """The reference runs, and the line says why."""
    choice = choose(None, tmp_path)
    assert choice.folder is None
    assert choice.line == (
        f"solution: the reference (there is no lab in {tmp_path} or above it)"
    )


@pytest.mark.parametrize("folder", [".", "raft1", "tests", "tests/raft1", "tester1"])
def test_own_checkout(folder: str) -> None:
    """In the project itself the reference runs, also beside what only tests it."""
    choice = choose(None, REFERENCE_ROOT / folder)
    assert choice.folder is None
    assert "is in raftlab's own folder" in choice.line


def test_a_lab_in_the_checkout() -> None:
    """It is a lab like any other, as `raftlab init lab` makes it there."""
    lab = REFERENCE_ROOT / "tests" / "determinism" / "scrambled"
    assert find_lab(lab / "raft1") == Path("..")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["notes.txt"], "holds no solution"),
        (["raft1/testing/inside.py"], "is a part of the tester"),
    ],
)
def test_a_broken_lab_is_refused(
    tmp_path: Path, files: list[str], message: str
) -> None:
    """The reference does not run in place of what a lab lacks altogether."""
    make(tmp_path, "x/y.txt", *files)
    (tmp_path / "pytest.ini").write_text(MARK.format("."))
    with pytest.raises(SolutionError, match=message):
        choose(None, tmp_path / "x")


def test_mark_leads_to_the_solution(tmp_path: Path) -> None:
    """Pytest takes it from the same line."""
    make(tmp_path, "src/raft1/raft.py", "notes/a.txt")
    (tmp_path / "pytest.ini").write_text(MARK.format("src"))
    assert find_lab(tmp_path / "notes") == Path("../src")


def test_what_is_named_counts(tmp_path: Path) -> None:
    """Wherever one stands; the project's own folder stands for the reference."""
    make(tmp_path, "raft1/raft.py", "other/raft1/raft.py")
    assert choose(tmp_path / "other", tmp_path).folder == tmp_path / "other"
    assert choose(REFERENCE_ROOT, tmp_path).folder is None


def test_commands_name_the_reference_in_a_lab(tmp_path: Path) -> None:
    """Without that, the lab's solution would run."""
    assert to_name(None, tmp_path) is None
    make(tmp_path, "raft1/raft.py")
    assert to_name(None, tmp_path) == REFERENCE_ROOT
    assert to_name(Path(".."), tmp_path) == Path("..")


def test_commands_name_the_lab_as_it_is_seen(tmp_path: Path) -> None:
    """However it was named; another solution stays as it was."""
    lab = make(tmp_path / "lab", "raft1/raft.py", "x/y/a.txt")
    here = lab / "x" / "y"
    assert to_name(lab, here) == to_name(Path("../.."), here) == Path("../..")
    assert to_name(lab, tmp_path) == lab
    assert to_name(tmp_path / "other", here) == tmp_path / "other"


@pytest.mark.parametrize("inside", [".", "raft1", "tests/raft", "x/y"])
def test_files_are_at_the_root(tmp_path: Path, inside: str) -> None:
    """For every folder of a lab they are in the same two."""
    lab = make(tmp_path, "raft1/raft.py", "tests/raft/test_3a.py", "x/y/notes.txt")
    here = lab / inside
    for found, name in (
        (artifacts_of(here), "raftlab-artifacts"),
        (results_of(here), "raftlab-results"),
    ):
        assert not found.is_absolute()
        assert (here / found).resolve() == lab / name


def test_artifacts_are_where_pytest_writes_them(tmp_path: Path) -> None:
    """Below the lab's mark, wherever its solution is, and as its file names them."""
    make(tmp_path, "src/raft1/raft.py", "notes/a.txt")
    (tmp_path / "pytest.ini").write_text(MARK.format("src"))
    assert artifacts_of(tmp_path / "notes") == Path("../raftlab-artifacts")
    assert artifacts_of(tmp_path / "src" / "raft1") == Path("../../raftlab-artifacts")
    assert find_lab(tmp_path / "src" / "raft1") == Path("..")
    with (tmp_path / "pytest.ini").open("a") as file:
        file.write("raftlab_artifacts = out/files\n")
    assert artifacts_of(tmp_path / "notes") == Path("../out/files")


def test_without_a_lab_files_are_here(tmp_path: Path) -> None:
    """As they are in the project's own folder."""
    for here in tmp_path, REFERENCE_ROOT / "tests":
        assert artifacts_of(here) == Path("raftlab-artifacts")
        assert results_of(here) == Path("raftlab-results")


# In sessions of pytest


INNER = """
    def test_where(lab):
        print("code:", lab.solution)
        assert False
"""


def lab_of(inner: InnerPytest) -> Path:
    """A lab with a folder further down, beside the tests."""
    lab = inner.folder / "lab"
    shutil.copytree(inner.folder / "solution", lab)
    (lab / "x" / "y").mkdir(parents=True)
    inner.file(INNER)
    return lab


def test_pytest_in_a_lab(inner: InnerPytest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rules; the command that repeats the run works where it was printed."""
    lab = lab_of(inner)
    monkeypatch.chdir(lab / "x" / "y")
    test = os.path.relpath(inner.folder / "test_inner.py")
    result = inner.run(test, "--seed", "5", "-p", "no:cacheprovider")
    output = result.stdout.str()
    assert f"\nsolution: {lab}\n" in output
    assert f"code: {lab}\n" in output
    command = f"repeat: pytest {test}::test_where --seed 5 --solution ../..\n"
    assert command in output


def test_configured_from_outside(
    inner: InnerPytest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lab's own file speaks for its tests, but not in a lab further down."""
    lab = lab_of(inner)
    (lab / "pytest.ini").write_text(MARK.format("."))
    shutil.copy(inner.folder / "test_inner.py", lab)
    shutil.copytree(inner.folder / "solution" / "raft1", lab / "x" / "raft1")
    quiet = ["-p", "no:cacheprovider"]
    assert f"code: {lab}\n" in inner.run("lab", *quiet).stdout.str()
    monkeypatch.chdir(lab / "x" / "y")
    ended = inner.run("../../test_inner.py", *quiet)
    assert f"code: {lab / 'x'}\n" in ended.stdout.str()


@pytest.mark.parametrize("options", [[], ["--trace-events"]])
def test_pytest_writes_where_commands_look(
    inner: InnerPytest, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """In each folder of a lab, also in a lab in a lab."""
    lab = lab_of(inner)
    mark = f"{MARK.format('.')}raftlab_artifacts = files\n"
    (lab / "pytest.ini").write_text(mark)
    shutil.copytree(inner.folder / "solution" / "raft1", lab / "inside" / "raft1")
    inner.file("def test_where(lab):\n    print('files:', lab.artifacts.resolve())\n")
    shutil.copy(inner.folder / "test_inner.py", lab)
    quiet = ["-p", "no:cacheprovider", "-rP"]
    for folder, artifacts in (
        (lab, lab / "files"),
        (lab / "x" / "y", lab / "files"),
        (lab / "inside" / "raft1", lab / "inside" / "raftlab-artifacts"),
    ):
        monkeypatch.chdir(folder)
        ended = inner.run(os.path.relpath(lab / "test_inner.py"), *quiet, *options)
        assert f"files: {artifacts}\n" in ended.stdout.str()
        assert (folder / artifacts_of(folder)).resolve() == artifacts


def test_pytest_refuses_a_broken_lab(
    inner: InnerPytest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One error, which does not speak of an option that nobody has used."""
    lab = lab_of(inner)
    shutil.rmtree(lab / "raft1")
    (lab / "pytest.ini").write_text(MARK.format("."))
    monkeypatch.chdir(lab / "x")
    ended = inner.run(str(inner.folder / "test_inner.py"))
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = ended.stderr.str().strip().splitlines()
    assert line.startswith(f"ERROR: {lab} holds no solution")
