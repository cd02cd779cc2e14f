"""A class's submissions: found in the folders and archives that were named.

One submission that cannot be read must not keep the others from being graded, so it is
an `Entry` with a problem, which its report shows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tester1.batch.archives import is_archive, plain_name, read_archive
from tester1.batch.errors import BatchError, SubmissionError
from tester1.batch.submission import Submission, read_folder
from tester1.solution import LAB_PACKAGES

__all__ = ["Entry", "find_entries", "single_entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission of the class, or why it cannot be run."""

    name: str
    submission: Submission | None
    problem: str = ""

    @property
    def digest(self) -> str:
        """The submission's digest; empty if there is none."""
        return "" if self.submission is None else self.submission.digest

    @property
    def file_stem(self) -> str:
        """The name as the name of a file, without a suffix."""
        return re.sub(r"[^A-Za-z0-9_.=@+-]+", "_", self.name).lstrip(".") or "_"


def find_entries(paths: Iterable[Path]) -> list[Entry]:
    """The submissions at these paths, by name.

    A path is an archive, a folder with a solution, or a folder of such. Raises
    `BatchError` if a path leads nowhere.
    """
    entries = [_entry(path) for given in paths for path in _submissions_at(given)]
    entries.sort(key=lambda entry: entry.name)
    stems = Counter(entry.file_stem.lower() for entry in entries)
    for entry in entries:
        if stems[entry.file_stem.lower()] > 1:
            raise BatchError(
                f"there is more than one submission called {entry.name}; rename one"
            )
    return entries


def single_entry(path: Path) -> Entry:
    """The submission at this path, however much or little is there.

    Raises `BatchError` if the path leads nowhere.
    """
    _require_exists(path)
    return _entry(path)


def _require_exists(path: Path) -> None:
    if not path.exists():
        raise BatchError(f"{path}: there is no such file or folder")


def _submissions_at(path: Path) -> Iterator[Path]:
    _require_exists(path)
    if not path.is_dir() or any((path / package).is_dir() for package in LAB_PACKAGES):
        yield path
        return
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise BatchError(f"{path}: cannot be read: {error.strerror}") from None
    found = [
        entry
        for entry in inside
        if not entry.name.startswith((".", "__"))
        and (entry.is_dir() or is_archive(entry))
    ]
    if not found:
        raise BatchError(
            f"{path}: holds no submission; name a folder with raft1/ or kvraft1/ in "
            "it, an archive, or a folder of those"
        )
    yield from found


def _entry(path: Path) -> Entry:
    name = path.resolve().name
    try:
        if path.is_dir():
            return Entry(name, read_folder(path, name))
        name = plain_name(path)
        return Entry(name, read_archive(path, name))
    except SubmissionError as error:
        return Entry(name, None, str(error))
