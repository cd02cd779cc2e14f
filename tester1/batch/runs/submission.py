"""Submissions: the Python files of a solution, as data.

A batch takes a copy of every solution when it begins, and runs the copy: editing a file
in the meantime does not mix two solutions in one result. The copy is content-addressed;
its digest stands for it in every key, and a worker that has it need not get it again.

Rules that keep it honest:

- Only Python files are taken, and none of them is run, imported or compiled here.
- A name inside a submission never leaves the submission's own folder.
- Whatever a file or an archive claims, reading stops at the bounds below.
"""

from __future__ import annotations

import functools
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, NoReturn

import msgspec

from labrt.texts import harmless
from tester1.batch.errors import SubmissionError
from tester1.fingerprint import short_digest
from tester1.solution import LAB_PACKAGES

__all__ = [
    "MAX_FILES",
    "MAX_FILE_BYTES",
    "Collector",
    "Submission",
    "from_files",
    "read_folder",
    "unpack",
    "write_files",
]

MAX_FILES: Final = 1000
MAX_FILE_BYTES: Final = 1 << 20
MAX_BYTES: Final = 8 << 20
"""Of all Python files together."""
_MAX_NAME: Final = 200

_LEFT_OUT: Final = frozenset({"__pycache__", "__MACOSX", "node_modules"})
_VIRTUAL_ENVIRONMENT: Final = "pyvenv.cfg"


@dataclass(frozen=True)
class Submission:
    """A solution's files by their path, such as `raft1/raft.py`."""

    name: str
    files: Mapping[str, bytes]

    @functools.cached_property
    def digest(self) -> str:
        """What stands for the contents of the files, and for nothing else."""
        return short_digest(self._plain)

    def pack(self) -> bytes:
        """The files as one piece, for `unpack`."""
        return zlib.compress(self._plain)

    @property
    def _plain(self) -> bytes:
        # Sorted: archives and folders list the same files in different orders.
        return msgspec.msgpack.encode(sorted(self.files.items()))


def unpack(packed: bytes, folder: Path) -> None:
    """Write the files of a packed submission below `folder`."""
    # It was packed by `pack`, of files that a `Collector` has let through: names and
    # sizes were judged then, before anything was sent.
    files = msgspec.msgpack.decode(
        zlib.decompress(packed), type=list[tuple[str, bytes]]
    )
    write_files(files, folder)


def write_files(files: Iterable[tuple[str, bytes]], folder: Path) -> None:
    """Write the files of a submission, by their names, below `folder`."""
    for name, data in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


class Collector:
    """Takes the files of one submission, and refuses what no submission needs."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._bytes = 0
        self.files: dict[str, bytes] = {}

    def wants(self, name: str) -> bool:
        """Whether a file of that name is one to be added.

        Raises `SubmissionError` for a name that leads out of the submission.
        """
        # The whole submission is refused, not the one file: nothing that a student
        # packs by accident has such names. (A colon in the second place is a Windows
        # drive.)
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or ":" in name[:2]:
            self.refuse(f"names a file outside of itself: {name[:80]!r}")
        if len(name) > _MAX_NAME or harmless(name) != name or not _encodable(name):
            self.refuse(f"holds a file with an unusable name: {name[:80]!r}")
        return path.suffix == ".py" and not _is_below_left_out(path)

    def refuse_special(self, name: str) -> None:
        """Refuse a link or a device, unless it is where nothing counts."""
        if not _is_below_left_out(PurePosixPath(name)):
            self.refuse(f"{name} is a link or a device; hand in plain files")

    def add(self, name: str, data: bytes) -> None:
        """Take a file. `data` may be cut off behind one byte too many."""
        # Without `./` and doubled slashes: two spellings of one name would be two files
        # here, and which of them is written last would decide.
        name = str(PurePosixPath(name))
        self._bytes += len(data)
        if len(data) > MAX_FILE_BYTES:
            self.refuse(f"{name} is larger than {MAX_FILE_BYTES >> 20} MiB")
        if name in self.files:
            self.refuse(f"holds {name} twice")
        if len(self.files) >= MAX_FILES:
            self.refuse(f"holds more than {MAX_FILES} Python files")
        if self._bytes > MAX_BYTES:
            self.refuse(f"holds more than {MAX_BYTES >> 20} MiB of Python files")
        self.files[name] = data

    def refuse(self, reason: str) -> NoReturn:
        """Raise the `SubmissionError` that gives this reason."""
        raise SubmissionError(f"{self._source}: {reason}")


def read_folder(folder: Path, name: str, *, follow_links: bool = False) -> Submission:
    """The solution in a folder. Raises `SubmissionError` if there is none.

    Links are followed for those who may read every file anyway: the owner.
    """
    collector = Collector(str(folder))
    for path in _python_files(folder, follow_links=follow_links):
        inside = path.relative_to(folder).as_posix()
        if collector.wants(inside):
            collector.add(inside, _beginning(path))
    return from_files(name, collector.files, str(folder))


def from_files(name: str, files: Mapping[str, bytes], source: str) -> Submission:
    """The solution among some files, which may be in a folder further down."""
    # Archives often hold a folder around the solution, named after the student. What
    # counts is the highest folder with a lab's package in it: a copy further down, such
    # as a backup, is no solution of its own.
    roots = {
        PurePosixPath(*parts[:position])
        for parts in (PurePosixPath(file).parts for file in files)
        for position, part in enumerate(parts[:-1])
        if part in LAB_PACKAGES
    }
    if not roots:
        raise SubmissionError(
            f"{source}: holds no solution: there is neither a raft1/ nor a kvraft1/ "
            "with Python files in it"
        )
    least = min(len(root.parts) for root in roots)
    highest = sorted(str(root) for root in roots if len(root.parts) == least)
    if len(highest) > 1:
        raise SubmissionError(
            f"{source}: holds several solutions, in {' and '.join(highest[:3])}; "
            "hand in one"
        )
    root = highest[0]
    below = {
        str(PurePosixPath(file).relative_to(root)): data
        for file, data in files.items()
        if PurePosixPath(file).is_relative_to(root)
    }
    return Submission(name, below)


def _python_files(folder: Path, *, follow_links: bool) -> Iterator[Path]:
    for here, folders, files in os.walk(folder, followlinks=follow_links):
        # Thousands of files, none of which is the solution's.
        if _VIRTUAL_ENVIRONMENT in files:
            folders.clear()
            continue
        # In place, which is how `os.walk` is told where to go, and in what order.
        folders[:] = sorted(name for name in folders if not _is_left_out(name))
        for name in sorted(files):
            path = Path(here, name)
            is_file = path.is_file() and (follow_links or not path.is_symlink())
            if path.suffix == ".py" and is_file:
                yield path


def _beginning(path: Path) -> bytes:
    """A file's contents, or enough of it to see that it is too large."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SubmissionError(f"{path}: cannot be read: {error.strerror}") from None


def _is_below_left_out(path: PurePosixPath) -> bool:
    return any(_is_left_out(part) for part in path.parts)


def _is_left_out(part: str) -> bool:
    return part in _LEFT_OUT or part.startswith(".")


def _encodable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
