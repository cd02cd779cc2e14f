"""What a submission says, is called and consists of can be anything, and is told."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tester1.batch.grading.entries import Entry, find_entries
from tests.batch import samples
from tests.cli.conftest import Ended, Raftlab

QUICK = "TestInitialElection3A"
RUBRIC = f"[tests]\n{QUICK} = 1\n"


def raising(expression: str) -> bytes:
    """A solution whose servers raise something when they start."""
    return (
        "class Mute(Exception):\n"
        "    def __str__(self): raise SystemExit\n\n"
        f"def Make(peers, me, persister, applyCh):\n    raise {expression}\n"
    ).encode()


ODD = {
    "surrogate": (raising(r"ValueError('bad name \udcff')"), r"bad name \udcff"),
    "control": (raising(r"ValueError('\x00\x1b[2J')"), r"\x00\x1b[2J"),
    "mute": (raising("Mute"), "its message cannot be had"),
    "leaving": (raising("SystemExit(3)"), "SystemExit: 3"),
    "interrupt": (raising("KeyboardInterrupt"), "KeyboardInterrupt"),
    "huge": (raising("ValueError('x' * 10**7)"), "ValueError: xxxxxxxx"),
    "prints": (b"print('\\udcff\\x00')\n" + raising("ValueError(1)"), "ValueError: 1"),
    "utf16": ("x = 1\n".encode("utf-16"), "raft1/raft.py:1: the file is written in"),
    "nul": (b"x = 1\n\0", "raft1/raft.py:2: there is a NUL byte in the file"),
    "coding": (b"# coding: utf-9\n", "raft1/raft.py:1: unknown encoding: utf-9"),
}
"""Files of solutions, and what has to be said of each."""


@pytest.fixture
def a_class(tmp_path: Path) -> Path:
    """A folder with all of them."""
    for name, (source, _) in ODD.items():
        folder = samples.write(tmp_path / "class" / name, "")
        (folder / "raft1" / "raft.py").write_bytes(source)
    return tmp_path / "class"


def test_graded(raftlab: Raftlab, a_class: Path, tmp_path: Path) -> None:
    """Each gets its verdict, in all the files of a grading."""
    (tmp_path / "rubric.toml").write_text(RUBRIC)
    ended = raftlab(
        "grade", a_class, "--rubric", "rubric.toml", "-n", 1, "--out", "out"
    )
    assert ended.status == 0
    lines = (tmp_path / "out" / "runs.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert {record["status"] for record in records} == {"failed"}
    suites = {
        suite.get("name"): suite
        for suite in ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()
    }
    for name, (_, says) in ODD.items():
        folder = tmp_path / "out" / "submissions" / name
        (result,) = json.loads((folder / "results.json").read_text())["tests"]
        assert says in result["output"], name
        failure = suites[name].find("testcase/failure")
        assert failure is not None
        assert says in str(failure.text)
        assert "\x1b" not in (folder / "index.html").read_text()
    assert "without a verdict" not in ended.out


@pytest.mark.parametrize("mode", ["sim", "process"])
@pytest.mark.parametrize("name", ["surrogate", "control", "mute", "utf16", "prints"])
def test_tested(raftlab: Raftlab, a_class: Path, name: str, mode: str) -> None:
    """`raftlab test` says it, and so does the report that it keeps."""
    options = ["-n", 1, "--mode", mode, "--results", "out"]
    ended = raftlab("test", QUICK, "--solution", a_class / name, *options)
    assert ended.status == 1
    says = ODD[name][1]
    assert says in ended.out
    (report,) = Path("out", "failures").rglob("*.txt")
    assert says in report.read_text()
    assert "\x1b" not in report.read_text()


# Names


def rows(ended: Ended) -> dict[str, dict[str, str]]:
    """The table of grades, by submission."""
    assert ended.status in (0, 1), ended.err
    with Path("out", "grades.csv").open(encoding="utf-8") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def test_names_in_any_script(raftlab: Raftlab, tmp_path: Path) -> None:
    """They are told apart, and each has its own page."""
    (tmp_path / "rubric.toml").write_text(RUBRIC)
    for name in "张伟", "李娜", "o b", "o_b":
        folder = samples.write(tmp_path / "made" / name, samples.REFERENCE)
        shutil.make_archive(str(tmp_path / "class" / name), "zip", folder)
    ended = raftlab(
        "grade", "class", "--rubric", "rubric.toml", "-n", 1, "--out", "out"
    )
    table = rows(ended)
    assert ended.status == 0
    assert {name: float(row["score"]) for name, row in table.items()} == {
        "张伟": 1,
        "李娜": 1,
        "o b": 1,
        "o_b": 1,
    }
    assert len(list(Path("out", "submissions").iterdir())) == 4


def test_nothing_that_was_handed_in_is_lost(raftlab: Raftlab, tmp_path: Path) -> None:
    """What cannot be read has its row, and a reason."""
    (tmp_path / "rubric.toml").write_text(RUBRIC)
    folder = samples.write(tmp_path / "made", samples.REFERENCE)
    shutil.make_archive(str(tmp_path / "class" / "ann"), "zip", folder)
    (tmp_path / "class" / "bob.rar").write_bytes(b"Rar!")
    (tmp_path / "class" / "carol.py").write_text(samples.REFERENCE)
    ended = raftlab(
        "grade", "class", "--rubric", "rubric.toml", "-n", 1, "--out", "out"
    )
    table = rows(ended)
    assert ended.status == 1
    assert [float(row["score"]) for row in table.values()] == [1, 0, 0]
    for name in "bob.rar", "carol.py":
        assert "hand in a folder, .zip or .tar.gz" in table[name]["problem"]


def test_names_that_no_report_can_show(tmp_path: Path) -> None:
    """A file system takes them; they are escaped."""
    odd = os.fsencode(tmp_path) + b"/class/n\xff\n"
    os.makedirs(odd + b"/raft1")
    with open(odd + b"/raft1/raft.py", "wb"):
        pass
    (entry,) = find_entries([tmp_path / "class"])
    assert entry.name == r"n\udcff\n"
    assert entry.submission is not None


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("anna", "anna"),
        ("张伟", "张伟"),
        ("a b", "a_b"),
        ("a/b", "a_b"),
        ("..", "_"),
        (".hidden", "hidden"),
        ("é" * 250, "é" * 100),
    ],
)
def test_file_stems(name: str, stem: str) -> None:
    """A name that is no name of a file becomes one, and can be told from another's."""
    assert Entry(name, None).file_stem == stem
    shared = Entry(name, None, shares_stem=True).file_stem
    assert shared.startswith(f"{stem}-")
    assert len(shared.encode()) <= 220
