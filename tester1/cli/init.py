"""`raftlab init`: starter code for the labs, in a new folder.

What a student gets is the folder `tester1/starter`, the handouts, and a copy of the
suites to read and to run. The suites and the reference that a submission is graded
with are the installed ones; what becomes of the copy does not matter to anybody else.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from tester1.cli.errors import InputError
from tester1.files import reason
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
COMMON: Final = {
    "README.md": "README.md",
    "pytest.ini": "pytest.ini",
    # Without the dot: it is meant for the lab, and not for the project's own folder.
    "gitignore": ".gitignore",
}
"""What every lab gets, by its name among the starter files."""


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
        with _whole(folder) as place:
            written = [folder / path for path in _write(place, labs)]
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {reason(error)}") from None
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


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A place to make the folder in: all of it comes to be there, or nothing.

    One that is there already may be a mount, so it is filled where it is.
    """
    with contextlib.ExitStack() as undo:
        if folder.exists():
            undo.callback(_empty, folder)
            yield folder
        else:
            for parent in _missing(folder.parent):
                parent.mkdir()
                undo.callback(os.rmdir, parent)
            # In the same folder, so that renaming it is one step.
            draft = folder.with_name(f".{folder.name}.{os.getpid()}")
            draft.mkdir()
            undo.callback(shutil.rmtree, draft)
            yield draft
            draft.rename(folder)
        # All of it is there: nothing is to be undone.
        undo.pop_all()


def _missing(folder: Path) -> list[Path]:
    """The folders that have to be made for this one to be there, outermost first."""
    missing = itertools.takewhile(
        lambda path: not path.exists(), [folder, *folder.parents]
    )
    return list(missing)[::-1]


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _write(folder: Path, labs: Iterable[LabFiles]) -> Iterator[Path]:
    """Fill the folder; yields which files in it are the student's to write."""
    for name, target in COMMON.items():
        shutil.copyfile(STARTER / name, folder / target)
    for lab in labs:
        for source in sorted((STARTER / lab.package).rglob("*.py")):
            inside = source.relative_to(STARTER)
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / inside)
            yield inside
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
