"""What stands for the contents of a solution's files, to tell whether they changed.

A run follows from its seed and the code. Whoever repeats one later has to know whether
it is still the same code, and if not, which files are others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tester1.solution import LAB_PACKAGES, REFERENCE_ROOT, CodeUnderTest, is_testers

__all__ = ["changed_files", "fingerprint", "short_digest"]

_DIGITS: Final = 16


def short_digest(data: bytes) -> str:
    """What stands for some bytes, and for no others that anybody comes upon."""
    return hashlib.sha256(data).hexdigest()[:_DIGITS]


def fingerprint(solution: Path | None) -> dict[str, str]:
    """The digest of each Python file of a solution, by its path in there, in order.

    None is the reference. What a program cannot import is left out, and so is what is
    the tester's. Raises `SolutionError` if the folder holds no solution, `OSError` if a
    file of it cannot be read.
    """
    if solution is None:
        root, packages = REFERENCE_ROOT, frozenset(LAB_PACKAGES)
    else:
        root, packages = solution, CodeUnderTest.of(solution).packages
    return {
        path: short_digest((root / path).read_bytes())
        for path in sorted(_files(root, packages))
    }


def changed_files(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The files that are new, gone, or others than they were, in order."""
    return sorted(path for path in {*before, *now} if before.get(path) != now.get(path))


def _files(root: Path, packages: frozenset[str]) -> Iterator[str]:
    for package in packages:
        for file in (root / f"{package}.py", *(root / package).glob("**/*.py")):
            module = file.relative_to(root).with_suffix("").parts
            # Editors keep copies in hidden folders and under odd names.
            importable = all(part.isidentifier() for part in module)
            if importable and file.is_file() and not is_testers(".".join(module)):
                yield file.relative_to(root).as_posix()
