"""A disk without room: one line that names the place, and nothing half-done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tester1.solution import REFERENCE_ROOT
from tests.cli.conftest import Raftlab, raftlab_apart
from tests.faults import full_disk


def everything(folder: Path) -> list[str]:
    """All that is in a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("existing", [False, True])
def test_init_leaves_all_or_nothing(
    raftlab: Raftlab, tmp_path: Path, existing: bool
) -> None:
    """Wherever the room ends."""
    lab = tmp_path / "of" / "mine" / "lab"
    if existing:
        lab.mkdir(parents=True)
    before = everything(tmp_path)
    room = 0
    while True:
        with full_disk(room) as disk:
            ended = raftlab("init", lab)
        if not disk.was_full:
            break
        assert f"cannot write to {lab}: No space left on device" in ended.refusal
        assert everything(tmp_path) == before
        room += 1
    assert ended.status == 0
    assert room > 20
    assert (lab / "tests" / "raft" / "test_3d.py").is_file()


@pytest.mark.parametrize(
    ("folder", "says"),
    [
        ("file", "file is a file; name a folder"),
        ("file/lab", "cannot write to file/lab: Not a directory"),
        ("x" * 300, "File name too long"),
    ],
)
def test_init_where_no_folder_can_be(raftlab: Raftlab, folder: str, says: str) -> None:
    """What is wrong with the place is said."""
    Path("file").touch()
    assert says in raftlab("init", folder).refusal
    assert os.listdir() == ["file"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["logs"], ["init", "lab"]])
def test_output_that_takes_nothing(
    tmp_path: Path, trace: Path, arguments: list[str]
) -> None:
    """Where the results cannot be printed, that is said."""
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "tester1.cli", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REFERENCE_ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.stderr == "raftlab: cannot use the output: No space left on device\n"
    assert ended.returncode == 2


def test_reader_that_has_seen_enough(tmp_path: Path, trace: Path) -> None:
    """`raftlab logs | head` ends without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "tester1.cli", "logs"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REFERENCE_ROOT)},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert ended.stderr == ""
    assert ended.returncode != 0


def test_replay_without_room(tmp_path: Path) -> None:
    """The verdict is there; which files are not is said, and none is promised."""
    (tmp_path / "raftlab-artifacts").symlink_to("/dev/full")
    test = ["replay", "TestInitialElection3A", "--seed", "7"]
    ended = raftlab_apart(*test, cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith(
        "raftlab: cannot write to raftlab-artifacts/replay: "
    )
    assert ended.stderr.count("\n") == 1
