"""`raftlab init`: starter code for the labs, in a new folder.

What a student gets is the folder `tester1/starter`, the handouts, and a copy of the
suites to read and to run. The suites and the reference that a submission is graded
with are the installed ones; what becomes of the copy does not matter to anybody else.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from tester1.cli.errors import InputError
from tester1.suites import handouts_root, suites_root

__all__ = ["init_command"]

STARTER: Final = Path(__file__).resolve().parent.parent / "starter"


@dataclass(frozen=True, slots=True)
class LabFiles:
    """What belongs to one lab: its package, its suite and its handout."""

    package: str
    suite: str
    handout: str
    first_part: str


LABS: Final = {
    "3": LabFiles("raft1", "raft", "lab3.md", "3A"),
    "4": LabFiles("kvraft1", "kvraft", "lab4.md", "4A"),
}
COMMON: Final = ("README.md", "pytest.ini")


def init_command(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The folder to make.", show_default=False),
    ],
    lab: Annotated[
        str | None,
        typer.Option(
            metavar="3|4",
            help="Only this lab. With lab 4 alone, the Raft below it is the "
            "reference's.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write starter code for the labs to a new folder.

    It gets the files to fill in, the handouts and a copy of the tests. DIR must not
    exist yet, or be empty.

    Exit status: 0 written, 2 the folder cannot be used.
    """
    if lab is not None and lab not in LABS:
        raise InputError(f"there is no lab {lab}; --lab takes 3 or 4")
    labs = list(LABS.values()) if lab is None else [LABS[lab]]
    try:
        _require_unused(folder)
        written = list(_write(folder, labs))
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None
    print(f"{folder} is ready. The files to fill in are")
    for path in written:
        print(f"  {path}")
    print(
        f"Read {folder / labs[0].handout}, then run: "
        f"raftlab test {labs[0].first_part} --solution {folder}"
    )


def _require_unused(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder to make")
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty; name a new folder")


def _write(folder: Path, labs: Iterable[LabFiles]) -> Iterator[Path]:
    """Fill the folder; yields the files that are the student's to write."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in COMMON:
        shutil.copyfile(STARTER / name, folder / name)
    for lab in labs:
        for source in sorted((STARTER / lab.package).rglob("*.py")):
            target = folder / source.relative_to(STARTER)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            yield target
        shutil.copyfile(handouts_root() / lab.handout, folder / lab.handout)
        _copy_suite(lab.suite, folder / "tests" / lab.suite)


def _copy_suite(suite: str, target: Path) -> None:
    """Copy a suite's files, without the `__init__.py` that makes it a package.

    As a package it would put the student's folder in front of the installed `raft1`
    and `kvraft1`, which the suite is written with.
    """
    target.mkdir(parents=True)
    for source in sorted((suites_root() / suite).glob("*.py")):
        if source.name != "__init__.py":
            shutil.copyfile(source, target / source.name)
