"""Whose code runs: what was named, or else the lab that the present folder is in.

Every command asks here, pytest's plugin too, so that in one place they all run the same
code and all say which it is. The rules, in this order:

- What `--solution` names. The folder of the reference stands for the reference.
- The nearest folder that is a lab, from the present one upwards. A lab is what
  `raftlab init` has written and marked with a line in `pytest.ini`, or any folder that
  looks like a solution. One that is broken is an error, and no reason to go on to the
  reference, whose passing would be taken for its own.
- The reference, in the project's own checkout and where there is no lab.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labrt.texts import harmless
from tester1.solution import LAB_PACKAGES, REFERENCE_ROOT, CodeUnderTest

__all__ = ["Choice", "choose", "find_lab", "to_name"]

_MARKED: Final = "pytest.ini"
_MARK: Final = re.compile(r"^raftlab_solution\s*=\s*(\S.*?)\s*$", re.MULTILINE)

# The project's own tests lie in folders that are called like what they test.
_OWN_TESTS: Final = REFERENCE_ROOT / "tests"


@dataclass(frozen=True, slots=True)
class Choice:
    """Whose code is to run, and why."""

    folder: Path | None
    """The solution's folder, seen from where the command was called; None for the
    reference."""
    reason: str = ""
    """Why it is the reference."""

    @property
    def line(self) -> str:
        """The line that says whose code runs."""
        if self.folder is None:
            return f"solution: the reference ({self.reason})"
        # In full: `.` and `..` tell a reader nothing.
        return f"solution: {harmless(str(self.folder.resolve()))}"


def choose(given: Path | None, here: Path) -> Choice:
    """The code to run for whoever stands in `here` and has named `given`, or nothing.

    Raises `SolutionError` for a folder whose code cannot be tested.
    """
    if given is not None and given.resolve() == REFERENCE_ROOT:
        return Choice(None, "named as the solution")
    if given is not None:
        CodeUnderTest.of(given)
        return Choice(given)
    found = find_lab(here)
    if found is None:
        return Choice(None, _why_no_lab(here))
    # By its full name, since nobody has called it anything yet.
    CodeUnderTest.of((here / found).resolve())
    return Choice(found)


def find_lab(here: Path) -> Path | None:
    """The solution of the lab that a folder is in, seen from there; None without one.

    What the lab's mark says is not checked, nor whether the code can be tested.
    """
    here = here.resolve()
    for folder in (here, *here.parents):
        if folder == REFERENCE_ROOT:
            return None
        solution = _solution_of(folder)
        if solution is not None:
            # It is printed in commands, to be called where this one was.
            return Path(os.path.relpath(solution, here))
    return None


def to_name(solution: Path | None, here: Path) -> Path | None:
    """What `--solution` has to say in `here` for that code to run; None: nothing.

    A solution is named even where it would be found, since the command may be copied
    to elsewhere.
    """
    if solution is None and find_lab(here) is not None:
        return REFERENCE_ROOT
    return solution


def _solution_of(folder: Path) -> Path | None:
    """The solution of a folder that is a lab; None of any other."""
    try:
        mark = _MARK.search((folder / _MARKED).read_text(errors="replace"))
    except OSError:
        mark = None
    if mark is not None:
        return folder / mark[1]
    return folder if _looks_like_solution(folder) else None


def _looks_like_solution(folder: Path) -> bool:
    if folder == _OWN_TESTS:
        return False
    return any(any((folder / package).glob("**/*.py")) for package in LAB_PACKAGES)


def _why_no_lab(here: Path) -> str:
    folder = harmless(str(here.resolve()))
    if here.resolve().is_relative_to(REFERENCE_ROOT):
        return f"{folder} is in raftlab's own folder, and in no lab"
    return f"there is no lab in {folder} or above it"
