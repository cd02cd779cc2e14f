"""The state file: before or after a save, and nothing else."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tester1.hosts.persister import Persister
from tester1.hosts.process.state_file import (
    DamagedState,
    FilePersister,
    read_sizes,
    read_state,
    write_state,
)
from tester1.hosts.process.swap import CannotSwap, SwappedFiles

KILLS = 1000
KILLS_WITHOUT_SWAPPING = 100
READS = 3000
SAVES_BEFORE_A_KILL = 3
SHARED_FOLDER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def written(path: Path, state: bytes, snapshot: bytes) -> Path:
    """A state file with these contents."""
    contents = Persister()
    contents.Save(state, snapshot)
    write_state(path, contents)
    return path


@given(st.binary(max_size=100), st.binary(max_size=100))
@SHARED_FOLDER
def test_what_is_saved_is_read(tmp_path: Path, state: bytes, snapshot: bytes) -> None:
    """A save through the persister is what the tester reads, sizes included."""
    path = written(tmp_path / "state", b"old state", b"old snapshot")
    with contextlib.closing(FilePersister(path)) as disk:
        found = disk.ReadRaftState(), disk.ReadSnapshot()
        assert found == (b"old state", b"old snapshot")
        # The third is written where the first one was.
        for image in (b"longer than" + snapshot, b"", snapshot):
            disk.Save(state, image)
            assert read_state(path) == (state, image)
            assert read_sizes(path) == (len(state), len(image))
            assert (disk.ReadRaftState(), disk.ReadSnapshot()) == (state, image)


def never_swap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the file system refuse to swap the names of files, as some do."""

    def refuse(files: SwappedFiles) -> None:
        raise CannotSwap(errno.EINVAL, "refused")

    monkeypatch.setattr(SwappedFiles, "_swap", refuse)


@pytest.mark.parametrize("swaps", [True, False])
def test_saving_with_fsync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swaps: bool
) -> None:
    """A save that waits for the disk stores the same, whatever the disk can do."""
    if not swaps:
        never_swap(monkeypatch)
    path = written(tmp_path / "state", b"", b"")
    with contextlib.closing(FilePersister(path, sync=True)) as disk:
        for state in (b"durable", b"more durable", b"most"):
            disk.Save(state, None)
            assert read_state(path) == (state, b"")


def test_a_wrong_argument_leaves_the_file_alone(tmp_path: Path) -> None:
    """Nothing is replaced when one of the two cannot be stored."""
    path = written(tmp_path / "state", b"kept", b"too")
    with (
        contextlib.closing(FilePersister(path)) as disk,
        pytest.raises(TypeError, match="snapshot must be bytes"),
    ):
        disk.Save(b"new", "text")  # type: ignore[arg-type]
        # A student's mistake, which no type checker may have seen.
    assert read_state(path) == (b"kept", b"too")


@given(st.data())
@SHARED_FOLDER
def test_any_damage_is_detected(tmp_path: Path, data: st.DataObject) -> None:
    """One changed byte anywhere, or a cut at any place, is told from a state."""
    path = written(tmp_path / "state", b"raft state", b"snapshot")
    good = path.read_bytes()
    position = data.draw(st.integers(0, len(good) - 1))
    if data.draw(st.booleans()):
        damaged = good[:position]
    else:
        change = data.draw(st.integers(1, 255))
        changed = bytes([good[position] ^ change])
        damaged = good[:position] + changed + good[position + 1 :]
    path.write_bytes(damaged)
    with pytest.raises(DamagedState, match="state"):
        read_state(path)


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    """A link leads nowhere and a pipe blocks nobody, whoever put it there."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(written(tmp_path / "state", b"somebody else's", b""))
    for path in (pipe, link, tmp_path / "nothing"):
        with pytest.raises(DamagedState):
            read_sizes(path)


@pytest.mark.parametrize("swaps", [True, False])
def test_a_killed_writer_leaves_the_state_before_or_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swaps: bool
) -> None:
    """SIGKILL at any instant of a save, a thousand times, loses or tears nothing.

    What the file holds afterwards is the last save that had returned, or the next one.
    """
    kills = KILLS
    if not swaps:
        never_swap(monkeypatch)
        kills = KILLS_WITHOUT_SWAPPING
    path = written(tmp_path / "state", *contents_of(0))
    last = 0
    for kill in range(kills):
        returned = kill_a_writer(path, last, jitter=kill % 97)
        state, snapshot = read_state(path)
        last = int.from_bytes(state[:8], "little")
        assert (state, snapshot) == contents_of(last)
        assert last in (returned, returned + 1)
    assert last >= kills * SAVES_BEFORE_A_KILL


def test_sizes_that_are_read_during_saves_belong_together(tmp_path: Path) -> None:
    """What the tester reads are the two sizes of one save, while others go on."""
    path = written(tmp_path / "state", b"", b"")
    pid = os.fork()
    if pid == 0:
        disk = FilePersister(path)
        for number in count():
            disk.Save(bytes(number % 50), bytes(number % 50))
    try:
        found: set[tuple[int, int]] = set()
        reads = 0
        while reads < READS or len(found) < 2:
            found.add(read_sizes(path))
            reads += 1
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    assert all(state == snapshot for state, snapshot in found)


def contents_of(number: int) -> tuple[bytes, bytes]:
    """What save `number` stores; sizes differ from one save to the next."""
    stamp = number.to_bytes(8, "little")
    return stamp * (1 + number % 50), stamp * (number % 70)


def kill_a_writer(path: Path, last: int, jitter: int) -> int:
    """Kill a process that saves all the time; returns its last save that returned."""
    reports, writer_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        save_for_ever(path, last + 1, writer_end)
    os.close(writer_end)
    with open(reports, "rb", buffering=0) as stream:
        heard = b""
        while len(heard) < 8 * SAVES_BEFORE_A_KILL:
            heard += stream.read(8)  # unbuffered: it returns what there is by now
        for _ in range(jitter * 20):
            pass  # so that the signal hits each step of a save
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while more := stream.read(1 << 16):
            heard += more
    return int.from_bytes(heard[-8:], "little")


def save_for_ever(path: Path, first: int, reports: int) -> NoReturn:
    """Save again and again, and report each save that has returned."""
    disk = FilePersister(path)
    for number in count(first):
        disk.Save(*contents_of(number))
        os.write(reports, number.to_bytes(8, "little"))
    raise AssertionError("unreachable: the numbers have ended")
