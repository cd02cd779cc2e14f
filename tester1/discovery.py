"""Whose code runs: what was named, or else the lab that the present folder is in.

And where the files of its runs are: at the root of that lab.

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

__all__ = [
    "ARTIFACTS",
    "RESULTS",
    "Choice",
    "artifacts_of",
    "choose",
    "find_lab",
    "results_of",
    "to_name",
]

ARTIFACTS: Final = "raftlab-artifacts"
"""The folder of traces and timelines, unless another one is named."""
RESULTS: Final = "raftlab-results"
"""The folder of the results of batches, unless another one is named."""

_MARKED: Final = "pytest.ini"

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
    lab = _lab_around(here)
    return None if lab is None else _seen_from(here, lab.solution)


def artifacts_of(here: Path) -> Path:
    """The folder of traces and timelines for whoever stands in `here`, seen from there.

    In a lab it is the same one everywhere, and the one that its `pytest` writes to.
    """
    lab = _lab_around(here)
    return Path(ARTIFACTS) if lab is None else _seen_from(here, lab.artifacts)


def results_of(here: Path) -> Path:
    """The folder of results of batches for whoever stands in `here`, seen from it."""
    lab = _lab_around(here)
    return Path(RESULTS) if lab is None else _seen_from(here, lab.root / RESULTS)


def to_name(solution: Path | None, here: Path) -> Path | None:
    """What `--solution` has to say in `here` for that code to run; None: nothing.

    A solution is named even where it would be found, since the command may be copied
    to elsewhere; that of the lab is then named as it is seen from `here`.
    """
    found = find_lab(here)
    if found is None:
        return solution
    if solution is None:
        return REFERENCE_ROOT
    same = (here / solution).resolve() == (here / found).resolve()
    return found if same else solution


@dataclass(frozen=True, slots=True)
class _Lab:
    """A lab: its root, its solution, and the artifacts of its runs; in full."""

    root: Path
    solution: Path
    artifacts: Path


def _lab_around(here: Path) -> _Lab | None:
    """The nearest lab from a folder upwards."""
    here = here.resolve()
    folders = [here, *here.parents]
    if REFERENCE_ROOT in folders:
        del folders[folders.index(REFERENCE_ROOT) :]
    labs = [lab for folder in folders if (lab := _lab_in(folder)) is not None]
    if not labs:
        return None
    # A folder that only looks like a solution may be that of a mark further up, whose
    # root is then the lab's.
    return [lab for lab in labs if lab.solution == labs[0].solution][-1]


def _lab_in(folder: Path) -> _Lab | None:
    """The lab whose root a folder is; None if it is no lab's."""
    try:
        text = (folder / _MARKED).read_text(errors="replace")
    except OSError:
        text = ""
    mark = _setting(text, "solution")
    if mark is None and not _looks_like_solution(folder):
        return None
    artifacts = _setting(text, "artifacts") or ARTIFACTS
    solution = Path(os.path.normpath(folder / (mark or ".")))
    return _Lab(folder, solution, folder / artifacts)


def _setting(text: str, name: str) -> str | None:
    """What a `pytest.ini` has for one of the plugin's settings, if anything."""
    pattern = rf"^raftlab_{name}[ \t]*=[ \t]*(\S.*?)[ \t]*$"
    found = re.search(pattern, text, re.MULTILINE)
    return None if found is None else found[1]


def _seen_from(here: Path, folder: Path) -> Path:
    # It is printed in commands, to be called where this one was.
    return Path(os.path.relpath(folder, here.resolve()))


def _looks_like_solution(folder: Path) -> bool:
    if folder == _OWN_TESTS:
        return False
    return any(any((folder / package).glob("**/*.py")) for package in LAB_PACKAGES)


def _why_no_lab(here: Path) -> str:
    folder = harmless(str(here.resolve()))
    if here.resolve().is_relative_to(REFERENCE_ROOT):
        return f"{folder} is in raftlab's own folder, and in no lab"
    return f"there is no lab in {folder} or above it"
