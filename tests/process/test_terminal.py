"""Where nobody sits at a terminal, whoever asks for one learns where there is one."""

from __future__ import annotations

import pdb
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tester1.lab import Lab, LabFailure
from tests.batch import samples
from tests.cli.conftest import Raftlab, raftlab
from tests.process.test_host import run_broken

__all__ = ["raftlab"]


def stop_in_pdb() -> None:
    """Start a debugger of one's own."""
    pdb.Pdb().set_trace()
    print("never reached")


@pytest.mark.parametrize(
    "act",
    [
        lambda: breakpoint(),
        lambda: pdb.set_trace(),
        lambda: pdb.post_mortem(),
        stop_in_pdb,
        lambda: input("name? "),
        lambda: sys.stdin.read(),
        lambda: sys.stdin.readline(),
        lambda: next(iter(sys.stdin)),
        lambda: list(sys.stdin),
    ],
)
def test_in_a_server(lab: Lab, act: Callable[[], object]) -> None:
    """The test fails with what to do instead, and nothing else is read."""
    with pytest.raises(LabFailure) as failure:
        run_broken(lab, act)
    message = str(failure.value)
    assert message.startswith("server-0-1: NoTerminalError: a server's process has no")
    assert "run the test in simulation (without --mode process)" in message
    assert "Unicode" not in message


def test_breakpoints_switched_off(lab: Lab) -> None:
    """With PYTHONBREAKPOINT=0 a breakpoint is nothing, here as everywhere."""

    def act() -> None:
        import os

        os.environ["PYTHONBREAKPOINT"] = "0"
        breakpoint()
        raise ValueError("went on")

    with pytest.raises(LabFailure, match="went on"):
        run_broken(lab, act)


@pytest.mark.parametrize(
    ("statement", "advice"),
    [
        ("breakpoint()", "no terminal, for a debugger or for input(); repeat it with"),
        ("input()", "input(): a server has no standard input, in no mode"),
    ],
)
def test_in_a_batch(raftlab: Raftlab, statement: str, advice: str) -> None:
    """A run of a batch says where to repeat it, if anything helps."""
    solution = samples.write(
        Path("solution"),
        f"def Make(peers, me, persister, applyCh):\n    {statement}\n",
    )
    test = ["test", "TestInitialElection3A", "-n", 1, "--solution", solution]
    ended = raftlab(*test)
    assert ended.status == 1
    assert advice in ended.out
