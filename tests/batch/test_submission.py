"""Submissions as folders: what is taken, what is passed over, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tester1.batch.errors import BatchError, SubmissionError
from tester1.batch.grading.entries import find_entries
from tester1.batch.runs.submission import (
    MAX_BYTES,
    MAX_FILE_BYTES,
    MAX_FILES,
    read_folder,
    unpack,
)
from tests.batch import samples


def put(folder: Path, *names: str) -> None:
    """Make files of these names, each with its name in it."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")


def test_only_python_files_are_taken(tmp_path: Path) -> None:
    """Neither data, caches, hidden folders nor virtual environments."""
    put(tmp_path, "raft1/raft.py", "raft1/log/entries.py", "raft1/notes.txt")
    put(tmp_path, "raft1/__pycache__/raft.py", ".git/hooks/raft1/x.py")
    put(tmp_path, "env/pyvenv.cfg", "env/lib/raft1/raft.py")
    files = read_folder(tmp_path, "anna").files
    assert sorted(files) == ["raft1/log/entries.py", "raft1/raft.py"]
    assert files["raft1/raft.py"] == b"# raft1/raft.py\n"


def test_a_solution_further_down(tmp_path: Path) -> None:
    """What lies around the solution does not matter, nor how deep it is."""
    put(tmp_path, "lab/src/raft1/raft.py", "lab/src/kvraft1/client.py", "lab/setup.py")
    files = read_folder(tmp_path, "anna").files
    assert sorted(files) == ["kvraft1/client.py", "raft1/raft.py"]


def test_digest_is_of_the_contents(tmp_path: Path) -> None:
    """Equal files, equal digest, whatever the folder and its name."""
    put(tmp_path / "a", "raft1/raft.py", "raft1/log.py")
    put(tmp_path / "b/inner", "raft1/log.py", "raft1/raft.py")
    put(tmp_path / "c", "raft1/raft.py", "raft1/log2.py")
    one, same, other = (read_folder(tmp_path / name, name) for name in "abc")
    assert one.digest == same.digest
    assert one.digest != other.digest
    assert one.pack() == same.pack()


def test_pack_and_unpack(tmp_path: Path) -> None:
    """What travels arrives."""
    put(tmp_path / "here", "raft1/raft.py", "kvraft1/rsm/rsm.py", "helpers.py")
    packed = read_folder(tmp_path / "here", "anna").pack()
    unpack(packed, tmp_path / "there")
    assert read_folder(tmp_path / "there", "x").pack() == packed


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link in a submission could lead to another one; one's own may."""
    put(tmp_path, "other/raft.py")
    put(tmp_path, "anna/raft1/log.py")
    (tmp_path / "anna/raft1/raft.py").symlink_to(tmp_path / "other/raft.py")
    (tmp_path / "anna/kvraft1").symlink_to(tmp_path / "other")
    assert sorted(read_folder(tmp_path / "anna", "anna").files) == ["raft1/log.py"]
    own = read_folder(tmp_path / "anna", "anna", follow_links=True)
    assert sorted(own.files) == ["kvraft1/raft.py", "raft1/log.py", "raft1/raft.py"]


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ([], "holds no solution: there is neither a raft1/ nor a kvraft1/ with .*"),
        (["raft.py"], "holds no solution: .*"),
        (["a/raft1/x.py", "b/raft1/x.py"], "holds several solutions, in a and b; .*"),
        (["raft1/x\n.py"], "holds a file with an unusable name: .*"),
    ],
)
def test_refusals(tmp_path: Path, names: list[str], problem: str) -> None:
    """What is no solution is refused in one line."""
    put(tmp_path, *names)
    with pytest.raises(SubmissionError, match=f"^{tmp_path}: {problem}$"):
        read_folder(tmp_path, "anna")


@pytest.mark.parametrize(
    ("count", "size", "problem"),
    [
        (1, MAX_FILE_BYTES + 1, "raft1/0.py is larger than 1 MiB"),
        (MAX_BYTES // MAX_FILE_BYTES + 1, MAX_FILE_BYTES, "holds more than 8 MiB .*"),
        (MAX_FILES + 1, 1, "holds more than 1000 Python files"),
    ],
)
def test_bounds(tmp_path: Path, count: int, size: int, problem: str) -> None:
    """There is an end to what is read."""
    (tmp_path / "raft1").mkdir()
    for number in range(count):
        with (tmp_path / f"raft1/{number}.py").open("wb") as file:
            file.truncate(size)
    with pytest.raises(SubmissionError, match=problem):
        read_folder(tmp_path, "anna")


def test_find_entries(tmp_path: Path) -> None:
    """A folder of submissions is a class; one that cannot be used is told apart."""
    samples.write(tmp_path / "class/anna", samples.REFERENCE)
    samples.write(tmp_path / "class/bob", samples.REFUSES)
    put(tmp_path, "class/README.md", "class/empty/notes.txt")
    entries = find_entries([tmp_path / "class"])
    assert [entry.name for entry in entries] == ["anna", "bob", "empty"]
    assert [bool(entry.problem) for entry in entries] == [False, False, True]
    assert [entry.name for entry in find_entries([tmp_path / "class/bob"])] == ["bob"]


def test_entries_need_names_of_their_own(tmp_path: Path) -> None:
    """Reports of two submissions must not be written to one place."""
    for name in "one/a b", "two/a b":
        samples.write(tmp_path / name, samples.REFERENCE)
    with pytest.raises(BatchError, match="more than one submission called a b; rename"):
        find_entries([tmp_path / "one/a b", tmp_path / "two/a b"])


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nowhere", "there is no such file or folder"),
        ("empty", "holds no submission; name a folder with raft1/ or kvraft1/ in it"),
    ],
)
def test_entries_have_to_exist(tmp_path: Path, name: str, problem: str) -> None:
    """A class that is not there is an error of whoever named it."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(BatchError, match=f"{tmp_path / name}: {problem}"):
        find_entries([tmp_path / name])
