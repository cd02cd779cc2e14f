"""Finding what a run has left in the folder of artifacts."""

from __future__ import annotations

from pathlib import Path

from tester1.cli.errors import InputError
from tester1.facts.file import Recording, UnreadableFacts, read_facts
from tester1.files import reason

__all__ = ["newest", "read_trace"]


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


def read_trace(path: Path) -> Recording:
    """The facts in a trace. Raises `InputError` if there are none to be had."""
    try:
        return read_facts(path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {reason(error)}") from None
    except UnreadableFacts as error:
        raise InputError(str(error)) from None
