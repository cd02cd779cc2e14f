"""Writes to every file of the tester's and of other servers that it can find."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tests.process.hostile.attack import attack


def targets() -> Iterator[Path]:
    """The test's own files, the harness, this solution, other servers' disks."""
    tests = Path(os.environ["PWD"])
    yield from tests.glob("*.py")
    yield from Path(__file__).parent.glob("*.py")
    yield tests / "conftest_of_mine.py"
    yield from Path.cwd().parent.glob("*/state")


def overwrite() -> None:
    """Overwrite and remove."""
    own = Path.cwd()
    for path in targets():
        if path.parent == own:
            continue
        with contextlib.suppress(OSError):
            path.write_text("assert True\n")
        with contextlib.suppress(OSError):
            path.unlink()
    raise RuntimeError("this server has written where it could")


Make = attack(overwrite)
