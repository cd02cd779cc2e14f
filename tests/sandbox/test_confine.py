"""Each thing that a confined process must not do is refused, and nothing else is."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tester1.sandbox import confine
from tester1.sandbox.confine import missing
from tester1.sandbox.limits import Limits

MEMORY_MIB = 256

pytestmark = pytest.mark.skipif(
    bool(missing()), reason=f"this machine has no {' and no '.join(missing())}"
)


def own_memory_mib() -> int:
    """What this process has of memory that limits count, after many tests perhaps."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmSize:"))
    return int(line.split()[1]) >> 10


def outcome(folder: Path, act: Callable[[], object]) -> str:
    """What `act` leads to in a confined process: "done", or an exception's name."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            threading.stack_size(1 << 20)
            memory_mib = MEMORY_MIB + own_memory_mib()
            limits = Limits(memory_mib=memory_mib, file_mib=1, open_files=64)
            confine.confine(limits, folder)
            act()
            text = "done"
        except BaseException as error:
            text = type(error).__name__
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as stream:
        text = stream.read()
    _, status = os.waitpid(pid, 0)
    return text or f"ended with {os.waitstatus_to_exitcode(status)}"


def allocate_much() -> None:
    """Allocate more than a limit of `MEMORY_MIB` above what there was allows."""
    bytearray(own_memory_mib() + 2 * MEMORY_MIB << 20)


def raise_a_limit() -> None:
    """Ask for more than the limit that there is, which changes nothing."""
    confine.limit(resource.RLIMIT_NOFILE, 1000)
    if resource.getrlimit(resource.RLIMIT_NOFILE) != (64, 64):
        raise AssertionError


def start_a_thread() -> None:
    """Start a thread and wait for it."""
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def clear_the_death_signal() -> None:
    """Try to outlive the parent."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(1, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def rename_and_remove() -> None:
    """Do to an own file what can be done to one."""
    Path("a").write_text("x")
    os.replace("a", "b")
    os.remove("b")


def write_much() -> None:
    """Write more than a file may hold."""
    Path("large").write_bytes(bytes(2 << 20))


@pytest.mark.parametrize(
    "act",
    [
        os.fork,
        lambda: subprocess.run(["true"], check=True),
        lambda: os.execv("/bin/true", ["true"]),
        lambda: os.kill(os.getppid(), 0),
        lambda: os.kill(-os.getpgrp(), 0),
        lambda: signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0),
        lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (9, 9)),
        lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
        lambda: os.sched_setaffinity(os.getppid(), {0}),
        socket.socket,
        clear_the_death_signal,
        lambda: os.chmod("/tmp", 0o777),
        lambda: os.memfd_create("hidden"),
        lambda: Path("../victim").write_text("overwritten"),
        lambda: Path("../another").write_text("x"),
        lambda: os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY),
        lambda: os.open(f"/proc/{os.getppid()}/fd/1", os.O_WRONLY),
        lambda: os.mkfifo("pipe"),
        lambda: os.symlink("../victim", "link"),
        lambda: os.link("../victim", "link"),
        lambda: os.rename("../victim", "stolen"),
        lambda: os.remove("../victim"),
        lambda: os.truncate("../victim", 0),
    ],
)
def test_what_reaches_beyond_the_process_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]
) -> None:
    """Other processes, the network, files elsewhere: all out of reach."""
    victim, own = tmp_path / "victim", tmp_path / "own"
    victim.write_text("untouched")
    own.mkdir()
    monkeypatch.chdir(own)
    # To move a file between folders is refused as if they were on two devices.
    assert outcome(own, act) in ("PermissionError", "OSError")
    assert not list(own.iterdir())
    assert sorted(tmp_path.iterdir()) == [own, victim]
    assert victim.read_text() == "untouched"


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (allocate_much, "MemoryError"),
        (write_much, "OSError"),
        (lambda: [os.open(os.devnull, os.O_RDONLY) for _ in range(100)], "OSError"),
    ],
)
def test_what_is_too_much_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[], object],
    expected: str,
) -> None:
    """The limits are errors in the code that reaches them."""
    monkeypatch.chdir(tmp_path)
    assert outcome(tmp_path, act) == expected


@pytest.mark.parametrize(
    "act",
    [
        start_a_thread,
        raise_a_limit,
        socket.socketpair,
        lambda: Path("own").write_text("x"),
        rename_and_remove,
        lambda: Path(os.devnull).write_text("x"),
        lambda: Path("/etc/passwd").read_text(),
        lambda: os.kill(os.getpid(), 0),
        lambda: resource.getrlimit(resource.RLIMIT_AS),
    ],
)
def test_what_programs_need_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]
) -> None:
    """Threads, own files, reading: a solution notices nothing."""
    monkeypatch.chdir(tmp_path)
    assert outcome(tmp_path, act) == "done"
