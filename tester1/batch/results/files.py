"""Writing files so that nobody ever sees half of one, or a traceback instead."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from labrt.texts import message_of
from tester1.batch.errors import BatchError

__all__ = ["write_whole", "writing"]


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in one step: whoever opens it finds the old one or the new one."""
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        # It is gone, or it is of no use. What went wrong before counts.
        with contextlib.suppress(OSError):
            draft.unlink()


@contextlib.contextmanager
def writing(place: Path) -> Iterator[None]:
    """Make a `BatchError` of whatever goes wrong with files below a place."""
    try:
        yield
    except OSError as error:
        if error.strerror is None:  # it says all by itself
            raise BatchError(message_of(error)) from None
        path = place if error.filename is None else error.filename
        raise BatchError(f"cannot write to {path}: {error.strerror}") from None
