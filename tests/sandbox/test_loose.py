"""A process that was cut loose has the files that it is meant to have, and no more."""

from __future__ import annotations

import contextlib
import os

import pytest

from tester1.sandbox.endings import wait_for
from tester1.sandbox.loose import KEPT, cut_loose

PIPE_SIZE = 1 << 16


def run_loose(kept: int, output: int) -> list[bytes]:
    """What comes out of both files of a process that is cut loose with such numbers."""
    pipes = [os.pipe(), os.pipe()]
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            # By way of numbers that are none of those that are tried.
            for number, (_, writer) in enumerate(pipes, start=100):
                os.dup2(writer, number)
            os.dup2(100, kept)
            os.dup2(101, output)
            cut_loose(kept=kept, output=output, advice="ask nobody")
            report()
        os._exit(1)
    assert wait_for(pid).exit_code == 0
    said = []
    for reader, writer in pipes:
        os.close(writer)
        said.append(os.read(reader, PIPE_SIZE))
        os.close(reader)
    return said


def report() -> None:
    """Tell on both files what a process finds open, and end it."""
    found = [number for number in range(200) if is_open(number)]
    os.write(KEPT, f"kept {os.get_inheritable(KEPT)}".encode())
    print("open", *found)
    try:
        input()
    except RuntimeError as error:
        print(error)
    os._exit(0)


def is_open(number: int) -> bool:
    """Whether a file has that number."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("kept", "output"), [(50, 60), (60, 50), (KEPT, 50), (50, KEPT), (1, KEPT), (2, 1)]
)
def test_only_what_is_kept_is_left(kept: int, output: int) -> None:
    """Whatever numbers both files had, they get their own, and the rest is closed."""
    assert run_loose(kept, output) == [
        b"kept False",
        b"open 0 1 2 3\nask nobody\n",
    ]
