"""The state file: a server's disk, which outlives its process.

    magic       8 bytes
    raft state  8 bytes of length
    snapshot    8 bytes of length
    checksum    4 bytes, CRC-32 of the two lengths and of everything that follows
    the raft state, then the snapshot

Rules that keep it honest:

- A save writes to another file beside the old one and gives it that one's name, in one
  step. Whenever the process is killed, the file of that name is the one from before the
  save or the one from after.
- Whoever reads it takes no byte on trust: the file may have been damaged, or written
  by code that means harm. What is not a regular file is not even opened.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import threading
import zlib
from pathlib import Path
from typing import Final

from tester1.hosts.persister import Persister
from tester1.hosts.process.swap import CannotSwap, SwappedFiles
from tester1.sandbox.workspace import WorkspaceError, unwritable

__all__ = ["DamagedState", "FilePersister", "read_sizes", "read_state", "write_state"]

MAGIC: Final = b"raftlab\x01"
_HEADER: Final = struct.Struct("<8sQQI")
_LENGTHS: Final = struct.Struct("<QQ")
MAX_STATE: Final = 1 << 30
"""The largest state file that is read, in bytes."""


class DamagedState(ValueError):
    """The state file does not hold what a save has written; the message says why."""


class FilePersister(Persister):
    """A persister whose contents are in a file, for the process that saves to it."""

    __slots__ = ("_files", "_lock", "_path", "_sync")

    def __init__(self, path: Path, *, sync: bool = False) -> None:
        """Start from what `path` holds; raises `DamagedState` if that is unusable.

        With `sync` every save waits for the disk, which is needed to survive the
        machine, but not to survive the process.
        """
        super().__init__()
        self._lock = threading.Lock()
        self._path = os.fspath(path)
        self._sync = sync
        # What a crash has left, damaged or not, is all that the server starts from.
        super().Save(*read_state(path))
        self._files = _swapped_files(self._path)

    def Save(self, raftstate: bytes | None, snapshot: bytes | None) -> None:
        """Replace both in one atomic step, in the file first; `None` is empty."""
        with self._lock:
            # By way of another persister, which checks and copies: nothing of this one
            # may have changed if the file cannot be written.
            new = Persister()
            new.Save(raftstate, snapshot)
            state, image = new.ReadRaftState(), new.ReadSnapshot()
            try:
                self._replace(_encoded(state, image))
            except OSError as error:
                if error.errno == errno.EFBIG:
                    raise  # its own limit; otherwise the solution is not to blame
                raise WorkspaceError(unwritable(Path(self._path), error)) from error
            super().Save(state, image)

    def close(self) -> None:
        """Let go of the files; nothing can be saved any more."""
        if self._files is not None:
            self._files.close()

    def _replace(self, data: bytes) -> None:
        if self._files is not None:
            try:
                self._files.replace(data, sync=self._sync)
            except CannotSwap:  # this file system cannot; nothing was changed
                self._files.close()
                self._files = None
            else:
                if self._sync:
                    _sync_folder(self._path)
                return
        _replace(self._path, data, sync=self._sync)


def write_state(path: Path, contents: Persister, *, sync: bool = False) -> None:
    """Put the contents of a persister into a state file."""
    data = _encoded(contents.ReadRaftState(), contents.ReadSnapshot())
    _replace(os.fspath(path), data, sync=sync)


def read_state(path: Path) -> tuple[bytes, bytes]:
    """Raft state and snapshot in a state file; raises `DamagedState`."""
    data = _read(path, MAX_STATE)
    state_length, image_length, checksum = _parse_header(path, data)
    state_end = _HEADER.size + state_length
    if len(data) != state_end + image_length:
        raise DamagedState(
            f"{path} is {len(data)} bytes long; its header says "
            f"{state_end + image_length}"
        )
    state, image = data[_HEADER.size : state_end], data[state_end:]
    # After the lengths, which the checksum covers: two files may hold the same bytes,
    # cut in two at different places.
    if _checksum(state, image) != checksum:
        raise DamagedState(f"the contents of {path} do not match their checksum")
    return state, image


def read_sizes(path: Path) -> tuple[int, int]:
    """Lengths of Raft state and snapshot by a state file's header alone.

    The file may be taken for the save after the next one while it is read here, so
    only what is found twice counts. It is not read as a whole: tests ask for the sizes
    all the time, while the server goes on.
    """
    header = b""
    while (again := _read(path, _HEADER.size)) != header:
        header = again
    state_length, image_length, _ = _parse_header(path, header)
    return state_length, image_length


def _encoded(state: bytes, image: bytes) -> bytes:
    """The contents of a state file."""
    header = _HEADER.pack(MAGIC, len(state), len(image), _checksum(state, image))
    return b"".join((header, state, image))


def _swapped_files(path: str) -> SwappedFiles | None:
    """What makes a save cheap; None where it does not work."""
    try:
        return SwappedFiles(path, f"{path}.new")
    except CannotSwap:
        return None


def _replace(path: str, data: bytes, *, sync: bool) -> None:
    """Replace the file by a new one."""
    # In the same folder, or to rename it would not be one step.
    new = f"{path}.new"
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        _write_all(file, data)
        # Before it gets its name: the system may write the name to the disk first, and
        # after a power cut there would be an empty file under it.
        if sync:
            os.fsync(file)
    finally:
        os.close(file)
    os.replace(new, path)
    if sync:
        _sync_folder(path)


def _write_all(file: int, data: bytes) -> None:
    # A write may take less than it is given, such as at the limit of a file's size;
    # the next one then says why.
    written = os.write(file, data)
    while written < len(data):
        data = data[written:]
        written = os.write(file, data)


def _sync_folder(path: str) -> None:
    """Make the renaming of a file itself durable."""
    file = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _read(path: Path, most: int) -> bytes:
    """The first `most` bytes of a regular file."""
    # The folder is the solution's to write to. A link there could lead the tester to
    # any file that it may read (O_NOFOLLOW), a pipe could keep it waiting for ever
    # (O_NONBLOCK).
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.open(path, flags)
    except OSError as error:
        raise DamagedState(f"{path} cannot be read: {error.strerror}") from None
    with open(file, "rb") as stream:
        # Of the open file, not of the name, which could be given to another by now.
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise DamagedState(f"{path} is not a regular file any more")
        if status.st_size > MAX_STATE:
            raise DamagedState(f"{path} has grown to {status.st_size} bytes")
        # No more than it had: the file may grow while it is read.
        return stream.read(min(most, status.st_size))


def _parse_header(path: Path, data: bytes) -> tuple[int, int, int]:
    if len(data) < _HEADER.size:
        raise DamagedState(f"{path} is only {len(data)} bytes long")
    magic, state_length, image_length, checksum = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise DamagedState(f"{path} does not begin like a state file")
    return state_length, image_length, checksum


def _checksum(state: bytes, image: bytes) -> int:
    lengths = _LENGTHS.pack(len(state), len(image))
    return zlib.crc32(image, zlib.crc32(state, zlib.crc32(lengths)))
