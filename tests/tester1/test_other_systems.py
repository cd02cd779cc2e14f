"""Tests run where there is no Linux: what only it has is asked for nowhere.

Macs cannot be tried here, so that Python is made to lack what they lack.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labrt import SimRuntime
from tester1.cli.processors import usable_processors
from tester1.suites import select

ROOT = Path(__file__).parents[2]
ELSEWHERE = Path(__file__).with_name("elsewhere")
PYTEST = (
    "-m",
    "pytest",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    str(ROOT / "tests/raft"),
)


def run_elsewhere(folder: Path, *arguments: str) -> str:
    """Run Python on the other system; returns what it prints."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ELSEWHERE), str(ROOT)]),
        "COLUMNS": "100",
    }
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


LOOK = """
import os, select, subprocess, sys
from tester1.sandbox.confine import missing
from tester1.suites import select
print(sys.platform, hasattr(os, "sched_getaffinity"), hasattr(select, "epoll"))
print(missing(), flush=True)
if sys.argv[1:]:
    subprocess.run([sys.executable, "-c", sys.argv[1]], check=True, env={})
"""


def test_the_other_system_lacks_what_is_linuxs(tmp_path: Path) -> None:
    """The stand-in is one, and its children are: else the rest would show nothing."""
    lines = run_elsewhere(tmp_path, "-c", LOOK, LOOK).splitlines()
    lacking = "['Landlock', 'a filter of system calls']"
    assert lines == ["darwin False False", lacking] * 2


@pytest.mark.parametrize(
    "options",
    [("-k", "3A"), ("-k", "initial_election", "--mode", "process")],
    ids=["sim", "process"],
)
def test_suites_run_elsewhere(tmp_path: Path, options: tuple[str, ...]) -> None:
    """The tests pass there, in simulation and in processes."""
    output = run_elsewhere(tmp_path, *PYTEST, *options)
    assert "passed" in output
    assert "failed" not in output


def test_batches_run_elsewhere(tmp_path: Path) -> None:
    """So do batches, with as many workers as there are processors."""
    output = run_elsewhere(tmp_path, "-m", "tester1.cli", "test", "3A", "-n", "2")
    runs = 2 * len(select(["3A"]))
    assert f"{runs}/{runs} runs, 0 failed" in output
    assert "lost" not in output


def test_simulation_needs_no_interval_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has none, only endless loops are not noticed."""
    monkeypatch.delattr(signal, "setitimer")
    monkeypatch.delattr(signal, "SIGVTALRM")
    runtime = SimRuntime()
    runtime.run(lambda: runtime.sleep(5))
    assert runtime.now() == 5.0


class TestUsableProcessors:
    """The number of processors, by whatever the system and the Python have."""

    @pytest.fixture(autouse=True)
    def _nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("process_cpu_count", "sched_getaffinity"):
            monkeypatch.delattr(os, name, raising=False)

    def test_pythons_own_answer_comes_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """From 3.13 on Python knows, and its user may have told it."""
        monkeypatch.setattr(os, "process_cpu_count", lambda: 3, raising=False)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
        assert usable_processors() == 3

    def test_the_processors_that_a_process_is_bound_to_count(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Others of the machine do not."""
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 5}, raising=False)
        monkeypatch.setattr(os, "cpu_count", lambda: 64)
        assert usable_processors() == 2

    @pytest.mark.parametrize(("told", "count"), [(8, 8), (None, 1)])
    def test_else_it_is_the_machines(
        self, monkeypatch: pytest.MonkeyPatch, told: int | None, count: int
    ) -> None:
        """A machine that does not say has one at least."""
        monkeypatch.setattr(os, "cpu_count", lambda: told)
        assert usable_processors() == count
