"""Submissions to grade: right ones, wrong ones, and the six that mean no good.

All are the reference's `raft.py` with something behind it, so each is right or wrong in
exactly one way, which the tests of parts 3A and 3B see within a fraction of a second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tester1.solution import REFERENCE_ROOT

REFERENCE: Final = (REFERENCE_ROOT / "raft1" / "raft.py").read_text()

_OVERRIDE: Final = """

class Raft(Raft):
    '''The one above, with one method changed.'''

    {method}
"""


def changed(method: str) -> str:
    """The reference with another implementation of a method, given on one line."""
    return REFERENCE + _OVERRIDE.format(method=method)


def attacking(statements: str) -> str:
    """The reference, but that each server begins with these statements."""
    body = "\n        ".join(statements.splitlines())
    return changed(f"def __init__(self, *arguments):\n        {body}")


REFUSES: Final = changed("def Start(self, command): return -1, 0, False")
"""Elects leaders, and never takes a command: right in 3A, wrong in 3B."""

ALL_LEAD: Final = changed("def GetState(self): return 7, True")
"""Wrong in 3A, since all claim to lead."""

SOMETIMES: Final = changed(
    "def GetState(self): return (7, True) if random.random() < 0.02 "
    "else super().GetState()"
)
"""Wrong now and then, as the seed wants it."""

HANGS: Final = attacking(
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
)
# Every wait that a world knows of is simulated or refused; the C library's is neither.
SLEEPS: Final = attacking("import ctypes\nctypes.CDLL(None).pause()")
EATS_MEMORY: Final = attacking("kept = []\nwhile True: kept.append(bytearray(1 << 24))")
FORKS: Final = attacking("import os\nwhile True: os.fork()")
PRINTS: Final = attacking("import os\nwhile True: os.write(1, b'x' * 4000)")
SYNTAX_ERROR: Final = "def Make(:\n"


def write(folder: Path, raft: str) -> Path:
    """Make a submission of this `raft.py`; returns its folder."""
    (folder / "raft1").mkdir(parents=True)
    (folder / "raft1" / "raft.py").write_text(raft)
    return folder


def write_class(folder: Path) -> Path:
    """Twenty submissions: ten right, four wrong, and six that mean no good."""
    for number in range(10):
        write(folder / f"right-{number}", f"{REFERENCE}# handed in by {number}\n")
    for number, raft in enumerate([REFUSES, ALL_LEAD]):
        write(folder / f"wrong-{number}", f"{raft}# mine\n")
        write(folder / f"wrong-{number}-too", raft)
    write(folder / "hangs", HANGS)
    write(folder / "eats", EATS_MEMORY)
    write(folder / "forks", FORKS)
    write(folder / "prints", PRINTS)
    write(folder / "typo", SYNTAX_ERROR)
    (folder / "empty").mkdir()
    return folder
