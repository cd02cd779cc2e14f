"""`raftlab logs`, `raftlab show`, and the files of traces that they look for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Raftlab

# Logs


def test_columns(raftlab: Raftlab, trace: Path) -> None:
    """All events, in a column for each server; the newest trace is found by itself."""
    ended = raftlab("logs")
    assert ended.status == 0
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert lines == [
        "server-0-0 server-0-1",
        "0.0000 start incarnation 1",
        "0.0000 start incarnation 1",
        "1.2500 to 1: RequestVote #1",
        "1.5000 from 0: RequestVote #1",
        "1.5000 print term 1: a vote for 0",
        "2.0000 -- Checker: leader in term 1 = 0",
    ]
    indents = [line.index(line.split()[1]) for line in ended.out.splitlines()[1:6]]
    assert indents[0] == indents[2] == 11
    assert indents[1] == indents[3] == indents[4] > 40


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ("--server 1", ["0.0000", "1.5000", "1.5000", "2.0000"]),
        ("--server 0 --server 1 --kind send --kind print", ["1.2500", "1.5000"]),
        ("--from 1 --to 1.5", ["1.2500", "1.5000", "1.5000"]),
        ("--last 2", ["1.5000", "2.0000"]),
    ],
)
def test_choice_of_events(
    raftlab: Raftlab, trace: Path, options: str, times: list[str]
) -> None:
    """Servers, kinds, a stretch of time and a number can be chosen."""
    ended = raftlab("logs", trace, *options.split())
    assert [line.split()[0] for line in ended.out.splitlines()[1:]] == times


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("--server 4", "raftlab: the trace has no server 4; it has 0, 1"),
        (
            "--kind sent",
            "raftlab: the trace has no kind of event sent; it has deliver, note, "
            "print, send, start",
        ),
        ("none.trace", "raftlab: cannot read none.trace: No such file or directory"),
        ("page.html", "raftlab: page.html:1 is no event of a trace"),
        (
            "--artifacts none",
            "raftlab: there is no trace '*.trace' in none; make one with raftlab "
            "replay, or name the folder with --artifacts",
        ),
    ],
)
def test_refusals(raftlab: Raftlab, trace: Path, arguments: str, line: str) -> None:
    """What is not there is named, with what is."""
    Path("page.html").write_text("<html>\n")
    assert raftlab("logs", *arguments.split()).refusal == line


# Show


def test_newest_timeline(raftlab: Raftlab, tmp_path: Path) -> None:
    """The newest page of all, of a test, or the one of a run."""
    folder = tmp_path / "raftlab-artifacts"
    folder.mkdir()
    stem = "test_initial_election_3A"
    for age, name in enumerate([f"{stem}-1", f"{stem}-2", "test_backup_3B-1"]):
        (folder / f"{name}.html").touch()
        os.utime(folder / f"{name}.html", (age, age))
    shown = [
        raftlab("show", *options.split()).out.strip()
        for options in ("", "TestInitialElection3A", f"{stem} --seed 1")
    ]
    assert shown == [
        "raftlab-artifacts/test_backup_3B-1.html",
        f"raftlab-artifacts/{stem}-2.html",
        f"raftlab-artifacts/{stem}-1.html",
    ]


def test_open(
    raftlab: Raftlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--open` opens the page that is printed."""
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    (tmp_path / "run-1.html").touch()
    ended = raftlab("show", "--artifacts", ".", "--open")
    assert ended.out == "run-1.html\n"
    assert opened == [str(tmp_path / "run-1.html")]


def test_no_timeline(raftlab: Raftlab) -> None:
    """A test that has left none is refused."""
    assert raftlab("show", "TestBackup3B").refusal.startswith(
        "raftlab: there is no timeline 'test_backup_3B-*.html' in raftlab-artifacts; "
    )
