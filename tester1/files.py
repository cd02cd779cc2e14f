"""Writing files so that nobody ever sees half of one, and why one cannot be used.

The guest in other people's sessions (`tester1.guest`) comes by here, so nothing
of the harness is imported.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["reason", "write_whole"]


def reason(error: OSError) -> str:
    """Why a file could not be used, without its name: `No space left on device`."""
    return error.strerror or str(error)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file in one step: whoever opens it finds the old one or the new one.

    That holds while this process or another may be killed, not for a power cut.
    """
    # Beside it, or to rename it would not be one step; hidden, and with an ending of
    # its own, so that nobody who looks for files of one kind takes it for one.
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        # It is gone, or it is of no use. What went wrong before counts.
        with contextlib.suppress(OSError):
            draft.unlink()
