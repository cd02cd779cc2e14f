"""Finding what a run has left in the folder of artifacts."""

from __future__ import annotations

from pathlib import Path

from tester1.cli.errors import InputError

__all__ = ["newest"]


def newest(folder: Path, pattern: str, what: str) -> Path:
    """The file of that pattern that was written last, in the folder or below it.

    Raises `InputError` if there is none.
    """
    found = sorted(folder.rglob(pattern), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        raise InputError(
            f"there is no {what} {pattern!r} in {folder}; make one with "
            f"raftlab replay, or name the folder with --artifacts"
        )
    return found[-1]
