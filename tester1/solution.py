"""Where the code under test comes from: a student's folder over the reference.

A solution is a folder with `raft1/` and `kvraft1/`, or one of them, laid out like the
repository. What it lacks is taken from the repository, so that a student of lab 4 can
use the reference Raft. The harness's own packages are never taken from it, even if
the folder is a copy of the whole repository: they decide about the solution. Nor is
what `raft1/testing/`, `kvraft1/testing/` and the interface `raft1/raftapi.py` hold: a
copy of it may lie in the folder, but one whose code differs is refused.
"""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tester1.files import reason

__all__ = [
    "LAB_PACKAGES",
    "REFERENCE_ROOT",
    "CodeUnderTest",
    "SolutionError",
    "is_on_top",
    "is_testers",
]

REFERENCE_ROOT = Path(__file__).resolve().parent.parent
"""The folder of the reference solution's packages."""

LAB_PACKAGES = ("raft1", "kvraft1")
"""The packages that hold solutions."""

_TESTING: Final = "testing"
"""The folder, in each of the labs' packages, of what tests solutions."""

_INTERFACE: Final = ("raft1.raftapi",)
"""What solutions are written against, beside them in the labs' packages."""

_HARNESS_PACKAGES = frozenset({"labgob", "labrpc", "labrt", "tester1", "tests"})


class SolutionError(ValueError):
    """A folder was given as a solution and is none; the message says why."""


@dataclass(frozen=True, slots=True)
class CodeUnderTest:
    """Which folders a program's modules are searched in, and which modules are its own.

    Every incarnation of a program has a private copy of the modules in `packages`.
    """

    roots: tuple[Path, ...]
    packages: frozenset[str]

    @classmethod
    def of(cls, solution: Path | None) -> CodeUnderTest:
        """The solution in that folder over the reference, or the reference alone.

        Raises `SolutionError` if there is nothing in the folder that can be tested, or
        if it replaces a part of the harness.
        """
        if solution is None:
            return cls((REFERENCE_ROOT,), frozenset(LAB_PACKAGES))
        try:
            _check(solution)
            own = frozenset(_top_level_modules(solution))
        except OSError as error:
            place = error.filename or solution
            raise SolutionError(f"{place} cannot be read: {reason(error)}") from None
        # A folder `queue` or `tests` of the student's stands beside the solution, and
        # is nothing that the harness, or the library, may come upon.
        own -= _HARNESS_PACKAGES | sys.stdlib_module_names
        return cls((solution, REFERENCE_ROOT), own | frozenset(LAB_PACKAGES))


def _check(solution: Path) -> None:
    if not solution.is_dir():
        raise SolutionError(f"{solution} is not a folder")
    if not any(_modules_of(solution, package) for package in LAB_PACKAGES):
        hint = ""
        if solution.name in LAB_PACKAGES and any(solution.glob("*.py")):
            hint = f"; did you mean {solution.parent}?"
        raise SolutionError(
            f"{solution} holds no solution: there is neither a raft1/ nor a kvraft1/ "
            f"with Python files in it{hint}"
        )
    # Whoever works in a copy of the whole repository has them, as they are here.
    for file in _testers_files(solution):
        _check_copy(solution, file)


def is_testers(module: str) -> bool:
    """Whether a module of the labs' packages tests solutions, and is part of none."""
    package, _, name = module.partition(".")
    if package not in LAB_PACKAGES:
        return False
    return name.partition(".")[0] == _TESTING or module in _INTERFACE


def is_on_top(file: Path) -> bool:
    """Whether a file in a world is what the tester puts on top of the solution."""
    return file.parent.name == _TESTING


def _testers_files(solution: Path) -> Iterator[Path]:
    """The files that would be loaded in place of the tester's own."""
    for module in _INTERFACE:
        place = solution.joinpath(*module.split("."))
        # A package or a file: the one goes before the other.
        yield from (place / "__init__.py", place.with_suffix(".py"))
    for package in LAB_PACKAGES:
        folder = Path(package, _TESTING)
        yield solution / folder.with_suffix(".py")
        for own in sorted((REFERENCE_ROOT / folder).glob("**/*.py")):
            yield solution / own.relative_to(REFERENCE_ROOT)


def _check_copy(solution: Path, file: Path) -> None:
    """Refuse a file in the tester's place, unless it does what the tester's does."""
    if not file.is_file():
        return
    own = REFERENCE_ROOT / file.relative_to(solution)
    if not own.is_file() or not _same_code(file, own):
        raise SolutionError(
            f"{file} is a part of the tester, which no solution can replace; remove "
            "it, or give the module another name"
        )


def _same_code(file: Path, own: Path) -> bool:
    """Whether two files differ in comments and docstrings at most."""
    # A copy of the repository as it was some time ago is as good as one of today.
    one, other = file.read_bytes(), own.read_bytes()
    return one == other or _code(one) == _code(other)


# Asked for each test, always about the same few files.
@functools.lru_cache(maxsize=64)
def _code(source: bytes) -> str:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # which the tester's own is not
        return ""
    for node in ast.walk(tree):
        match node:
            case (
                ast.Module(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
                | ast.ClassDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
                | ast.FunctionDef(
                    body=[ast.Expr(value=ast.Constant(value=str())), *rest]
                )
            ):
                node.body = rest
    return ast.dump(tree)


def _modules_of(solution: Path, package: str) -> list[Path]:
    return sorted((solution / package).glob("**/*.py"))


def _top_level_modules(folder: Path) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.suffix == ".py" and entry.stem.isidentifier():
            yield entry.stem
        elif entry.is_dir() and entry.name.isidentifier() and any(entry.glob("*.py")):
            yield entry.name
