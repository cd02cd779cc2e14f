"""What the tests of the command line share: a way to run it, and what it printed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from labrt import TraceEvent
from tester1.cli.main import main
from tester1.session.trace_file import write_events
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
    *arguments: str | Path, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `raftlab` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "tester1.cli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REFERENCE_ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


EVENTS = [
    TraceEvent(0.0, "start", "server-0-0", "incarnation 1"),
    TraceEvent(0.0, "start", "server-0-1", "incarnation 1"),
    TraceEvent(1.25, "send", "server-0-0>server-0-1", "Raft.RequestVote #1 26 B"),
    TraceEvent(1.5, "deliver", "server-0-0>server-0-1", "Raft.RequestVote #1 26 B"),
    TraceEvent(1.5, "print", "server-0-1", "term 1: a vote for 0"),
    TraceEvent(2.0, "note", "Checker", "leader in term 1 = 0"),
]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The trace of a short run, in the folder where `raftlab` looks for it."""
    path = tmp_path / "raftlab-artifacts" / "test_x_3A-7.trace"
    path.parent.mkdir()
    write_events(path, EVENTS)
    return path
