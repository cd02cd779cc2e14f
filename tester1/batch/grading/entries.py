"""A class's submissions: found in the folders and archives that were named.

One submission that cannot be read must not keep the others from being graded, so it is
an `Entry` with a problem, which its report shows.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from labrt.texts import harmless, message_of
from tester1.batch.errors import BatchError, SubmissionError
from tester1.batch.grading.archives import plain_name, read_archive
from tester1.batch.runs.submission import Submission, read_folder
from tester1.solution import LAB_PACKAGES

__all__ = ["Entry", "find_entries", "single_entry"]


_MOST_STEM_BYTES: Final = 200
_NOTES: Final = frozenset(
    {".md", ".txt", ".toml", ".csv", ".json", ".xml", ".html", ".log", ".xlsx", ".ods"}
)
"""Files that lie beside submissions because whoever grades has put them there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission of the class, or why it cannot be run."""

    name: str
    submission: Submission | None
    problem: str = ""
    shares_stem: bool = False
    """Whether another name comes to the same without what a file's cannot have."""

    @property
    def digest(self) -> str:
        """The submission's digest; empty if there is none."""
        return "" if self.submission is None else self.submission.digest

    @property
    def file_stem(self) -> str:
        """The name as the name of a file, without a suffix."""
        # It names a folder of the results, so that it must not be hidden, nor be `..`.
        stem = re.sub(r"[^\w.=@+-]+", "_", self.name).lstrip(".")
        # Bytes are what file systems count. A character that is cut in two is left out.
        stem = stem.encode()[:_MOST_STEM_BYTES].decode(errors="ignore") or "_"
        return f"{stem}-{_digest(self.name)}" if self.shares_stem else stem


def find_entries(paths: Iterable[Path]) -> list[Entry]:
    """The submissions at these paths, by name.

    A path is an archive, a folder with a solution, or a folder of such. Whatever else
    lies there was handed in as well, and is an entry with a problem, but for notes and
    tables. Raises `BatchError` if a path leads nowhere.
    """
    entries = [_entry(path) for given in paths for path in _submissions_at(given)]
    entries.sort(key=lambda entry: entry.name)
    # A name stands for a submission in every table: two of one name would be told apart
    # by nobody.
    names = Counter(_folded(entry.name) for entry in entries)
    for entry in entries:
        if names[_folded(entry.name)] > 1:
            raise BatchError(
                f"there is more than one submission called {entry.name}; rename one"
            )
    # File names have fewer characters, so that different names may come to one.
    stems = Counter(_folded(entry.file_stem) for entry in entries)
    return [
        replace(entry, shares_stem=stems[_folded(entry.file_stem)] > 1)
        for entry in entries
    ]


def _folded(name: str) -> str:
    """What file systems that tell the fewest names apart make of one."""
    return unicodedata.normalize("NFKC", name).casefold()


def _digest(name: str) -> str:
    # Of the name, which no two submissions of a class share.
    return hashlib.sha256(name.encode()).hexdigest()[:8]


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
        # Hidden files and folders like `__MACOSX` are left there by programs.
        if not entry.name.startswith((".", "__"))
        and (entry.is_dir() or entry.suffix.lower() not in _NOTES)
    ]
    if not found:
        raise BatchError(
            f"{path}: holds no submission; name a folder with raft1/ or kvraft1/ in "
            "it, an archive, or a folder of those"
        )
    yield from found


def _entry(path: Path) -> Entry:
    # The file system takes names that no report can show.
    name = harmless(path.resolve().name if path.is_dir() else plain_name(path))
    try:
        if path.is_dir():
            return Entry(name, read_folder(path, name))
        return Entry(name, read_archive(path, name))
    except SubmissionError as error:
        return Entry(name, None, message_of(error))
