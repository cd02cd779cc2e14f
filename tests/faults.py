"""A disk that becomes full: every way to write fails from some moment on."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

__all__ = ["FullDisk", "full_disk"]


class FullDisk:
    """Lets so many writes through, and no more until the block is left."""

    def __init__(self, room: int) -> None:
        self._left = room
        self.was_full = False

    def take(self, path: object) -> None:
        """A write wants to happen. Raises `OSError` if there is no room."""
        self._left -= 1
        if self._left < 0:
            self.was_full = True
            name = path if isinstance(path, (str, os.PathLike)) else None
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)


@contextlib.contextmanager
def full_disk(room: int) -> Iterator[FullDisk]:
    """Within the block, let only the first `room` writes of this process succeed."""
    disk = FullDisk(room)
    with contextlib.ExitStack() as stack:
        for owner, name in (
            (os, "write"),
            (os, "mkdir"),
            (os, "fsync"),
            (os, "replace"),
            (os, "rename"),
            (shutil, "copyfile"),
        ):
            original = getattr(owner, name)
            wrapped = _counted(disk, original)
            stack.enter_context(mock.patch.object(owner, name, wrapped))
        stack.enter_context(mock.patch.object(Path, "write_bytes", _half(disk)))
        stack.enter_context(mock.patch.object(Path, "open", _opened(disk)))
        yield disk


def _counted(disk: FullDisk, original: Callable[..., Any]) -> Callable[..., Any]:
    def write(*arguments: Any, **options: Any) -> Any:
        disk.take(arguments[-1] if original is shutil.copyfile else arguments[0])
        return original(*arguments, **options)

    return write


def _half(disk: FullDisk) -> Callable[..., int]:
    """`Path.write_bytes`, which leaves half of the file where there is no room."""

    def write_bytes(path: Path, data: bytes) -> int:
        with io.open(path, "wb") as file:  # noqa: UP020  # `Path.open` is replaced
            file.write(data[: len(data) // 2])
            disk.take(path)
            return len(data[: len(data) // 2]) + file.write(data[len(data) // 2 :])

    return write_bytes


def _opened(disk: FullDisk) -> Callable[..., Any]:
    """`Path.open`, which finds no room for a new file."""

    def open_(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if "r" not in mode:
            disk.take(path)
        return io.open(path, mode, *arguments, **options)  # noqa: UP020  # see above

    return open_
