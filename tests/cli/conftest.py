"""What the tests of the command line share: a way to run it, and what it printed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from labrpc.facts import HandedOver, Sent
from labrt import Fact, Printed, ProgramStarted
from tester1.cli.main import main
from tester1.facts.file import write_facts
from tester1.facts.kinds import CheckPassed
from tester1.solution import REFERENCE_ROOT


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one line with which it was refused."""
        assert self.status == 2
        assert self.out == ""
        (line,) = self.err.splitlines()
        return line


Raftlab = Callable[..., Ended]


@pytest.fixture
def raftlab(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Raftlab:
    """Runs `raftlab` with these arguments in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str | Path) -> Ended:
        with pytest.raises(SystemExit) as exit_:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ended(int(exit_.value.code or 0), out, err)

    return run


def raftlab_apart(
    *arguments: str | Path, cwd: Path, input: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `raftlab` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "tester1.cli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REFERENCE_ROOT), **environment},
        input=input,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


FACTS: list[Fact] = [
    ProgramStarted(number=1, server="server-0-0", incarnation=1),
    ProgramStarted(number=2, server="server-0-1", incarnation=1),
    Sent(
        number=3,
        time=1.25,
        server="server-0-0",
        incarnation=1,
        peer="server-0-1",
        method="Raft.RequestVote",
        call=3,
        nth=1,
        size=26,
        contents={
            "": "RequestVoteArgs",
            "term": 1,
            "candidate_id": 0,
            "last_log_index": 0,
            "last_log_term": 0,
        },
    ),
    HandedOver(
        number=4,
        time=1.5,
        server="server-0-1",
        incarnation=1,
        peer="server-0-0",
        method="Raft.RequestVote",
        call=3,
        cause=3,
    ),
    Printed(number=5, time=1.5, server="server-0-1", line="term 1: a vote for 0"),
    CheckPassed(number=6, time=2.0, row="Checker", label="leader in term 1 = 0"),
]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The trace of a short run, in the folder where `raftlab` looks for it."""
    path = tmp_path / "raftlab-artifacts" / "test_x_3A-7.trace"
    path.parent.mkdir()
    write_facts(path, FACTS)
    return path
