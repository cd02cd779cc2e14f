"""However a process ends, it is told as it was, and nothing of it is left."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Callable

import pytest

from tester1.sandbox.confine import limit_cpu
from tester1.sandbox.endings import Ending, describe, kill_group, wait_for


def forked(act: Callable[[], object]) -> int:
    """A new process with a group of its own that does `act` and exits with status 0."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            os.setpgid(0, 0)
            act()
        os._exit(0)
    return pid


def kill_self(number: int) -> None:
    """End the calling process by a signal."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (lambda: None, "exited by itself, with status 0"),
        (lambda: os._exit(3), "exited by itself, with status 3"),
        (lambda: kill_self(signal.SIGTERM), "was killed by SIGTERM"),
        (
            lambda: os.kill(os.getpid(), signal.SIGKILL),
            "was killed by SIGKILL (out of memory?)",
        ),
        (
            lambda: kill_self(signal.SIGRTMIN + 1),
            f"was killed by signal {signal.SIGRTMIN + 1}",
        ),
    ],
)
def test_an_ending_in_words(act: Callable[[], object], text: str) -> None:
    """An exit has its status and a signal its name, if it has one."""
    ending = wait_for(forked(act))
    assert describe(ending.exit_code) == text
    assert not ending.reached(cpu_limit_s=60)


def test_a_limit_on_processor_time() -> None:
    """A process that computes without end is told from one that was killed."""

    def spin() -> None:
        limit_cpu(1)
        while True:
            pass

    def spin_on() -> None:
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        spin()

    ending = wait_for(forked(spin))
    assert ending.exit_code == -signal.SIGXCPU
    assert ending.reached(cpu_limit_s=1)
    ending = wait_for(forked(spin_on))
    assert ending.exit_code == -signal.SIGKILL
    assert ending.reached(cpu_limit_s=1)
    assert not ending.reached(cpu_limit_s=60)
    assert not Ending(exit_code=0, cpu_s=1.0).reached(cpu_limit_s=1)


def test_a_limit_that_is_lower_already_stays() -> None:
    """It could not be raised, and to try is no error."""

    def lower_twice() -> None:
        limit_cpu(5)
        limit_cpu(9)
        os._exit(resource.getrlimit(resource.RLIMIT_CPU) != (5, 6))

    assert wait_for(forked(lower_twice)).exit_code == 0


def test_a_group_is_killed_as_a_whole() -> None:
    """What a process has started ends with it: nobody holds its pipe any more."""
    reader, writer = os.pipe()

    def start_another() -> None:
        os.fork()
        os.write(writer, b"x")
        signal.pause()

    pid = forked(start_another)
    os.close(writer)
    with open(reader, "rb", buffering=0) as pipe:
        started = b""
        while len(started) < 2:
            started += pipe.read(2)
        kill_group(pid)
        assert pipe.read() == b""
    assert wait_for(pid).exit_code == -signal.SIGKILL


def test_one_that_has_ended_keeps_its_status() -> None:
    """To kill what is there no more changes nothing, and is no error."""
    pid = forked(lambda: os._exit(7))
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    kill_group(pid)
    assert wait_for(pid).exit_code == 7
