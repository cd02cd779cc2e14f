"""Two files that swap their names in one atomic step, where the system can do that.

To replace a file by a new one costs making it, filling fresh memory, and removing the
old one. To write into a spare file and to swap the two costs a fraction of that.
"""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Final

__all__ = ["CannotSwap", "SwappedFiles"]

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
_NOT_SUPPORTED: Final = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


class CannotSwap(OSError):
    """This system, or the file system, cannot swap the names of two files."""


class SwappedFiles:
    """A file at `path`, which exists, and a spare one beside it, which it makes."""

    def __init__(self, path: str, spare: str) -> None:
        """Raises `CannotSwap` if that cannot be done here."""
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "renameat2"):
            raise CannotSwap(errno.ENOSYS, "no renameat2")
        self._rename = libc.renameat2
        self._names = os.fsencode(spare), os.fsencode(path)
        # What is written to next, and what is at `path`.
        # Both stay open: a save is then a write and a renaming, and opens nothing.
        self._spare = os.open(spare, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._present = os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def replace(self, data: bytes, *, sync: bool) -> None:
        """Have `data`, and nothing else, in the file at `path`.

        Until all of it is in the spare file, and with `sync` on the disk, the one at
        `path` stays as it was. Raises `CannotSwap`, after which it still is.
        """
        spare = self._spare
        written = os.pwrite(spare, data, 0)
        while written < len(data):
            written += os.pwrite(spare, data[written:], written)
        # It may hold a longer save, of the time before the last.
        os.ftruncate(spare, len(data))
        if sync:
            os.fsync(spare)
        self._swap()
        self._spare, self._present = self._present, spare

    def close(self) -> None:
        """Let go of both files."""
        os.close(self._spare)
        os.close(self._present)

    def _swap(self) -> None:
        spare, path = self._names
        if self._rename(_AT_FDCWD, spare, _AT_FDCWD, path, _RENAME_EXCHANGE) == 0:
            return
        number = ctypes.get_errno()
        kind = CannotSwap if number in _NOT_SUPPORTED else OSError
        raise kind(number, os.strerror(number), os.fsdecode(path))
