"""The results of a batch on disk: a line for each run, written when the run ends.

A folder with two files: `batch.json` says what the batch is, `runs.jsonl` holds a
`Record` a line and is only ever added to. Whatever ends a batch, each run that was
reported is in the file; a line that was cut off by a crash of the machine is dropped
when the file is opened again, and its run done again.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Final, Generic, Self, TypeVar

import msgspec

from tester1.batch.errors import BatchError
from tester1.batch.files import write_whole
from tester1.batch.jobs import Key, Record, Status

__all__ = ["Store"]

H = TypeVar("H")

_HEADER: Final = "batch.json"
_RUNS: Final = "runs.jsonl"
_SYNC_PERIOD_S: Final = 1.0


class Store(Generic[H]):
    """The results in a folder; a context manager that closes it.

    While it is open no other batch can write there.
    """

    def __init__(self, folder: Path, header: H, file: int) -> None:
        """See `create` and `resume`. `file` is the open and locked file of runs."""
        self.folder = folder
        self.header = header
        self.records: dict[Key, Record] = {}
        self._file = file
        self._synced = time.monotonic()
        self._encode = msgspec.json.Encoder().encode

    @classmethod
    def exists(cls, folder: Path) -> bool:
        """Whether a batch has left results in a folder."""
        return (folder / _HEADER).exists()

    @classmethod
    def create(cls, folder: Path, header: H) -> Self:
        """Begin a batch in a folder. Raises `BatchError` if that cannot be done."""
        if cls.exists(folder):
            raise BatchError(
                f"{folder} holds the results of a batch already; go on with it "
                "(--resume), or name another folder"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = _open(folder)
            write_whole(folder / _HEADER, _pretty(header))
        except OSError as error:
            raise BatchError(f"cannot write to {folder}: {error.strerror}") from None
        return cls(folder, header, file)

    @classmethod
    def resume(cls, folder: Path, header_type: type[H]) -> Self:
        """Go on with the batch in a folder. Raises `BatchError` if there is none."""
        try:
            text = (folder / _HEADER).read_bytes()
            file = _open(folder)
        except FileNotFoundError:
            raise BatchError(f"{folder} holds no batch to go on with") from None
        except OSError as error:
            raise BatchError(f"cannot write to {folder}: {error.strerror}") from None
        try:
            header = msgspec.json.decode(text, type=header_type)
        except msgspec.MsgspecError as error:
            raise BatchError(
                f"{folder / _HEADER} is not what this command writes ({error}); name "
                "another folder"
            ) from None
        store = cls(folder, header, file)
        store._read()
        return store

    def add(self, record: Record) -> None:
        """Remember the result of a run, on disk before this returns."""
        line = self._encode(record) + b"\n"
        written = os.write(self._file, line)
        if written < len(line):
            os.write(self._file, line[written:])
        self.records[record.key] = record
        # The system has it, which a killed batch survives; the disk follows.
        now = time.monotonic()
        if now - self._synced > _SYNC_PERIOD_S:
            os.fsync(self._file)
            self._synced = now

    def set_header(self, header: H) -> None:
        """Change what the batch is."""
        self.header = header
        write_whole(self.folder / _HEADER, _pretty(header))

    def close(self) -> None:
        """Have everything on the disk, and let others write."""
        os.fsync(self._file)
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        path = self.folder / _RUNS
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.ftruncate(self._file, whole)
        decode = msgspec.json.Decoder(Record).decode
        for number, line in enumerate(data[:whole].splitlines(), start=1):
            try:
                record = decode(line)
            except msgspec.MsgspecError as error:
                raise BatchError(f"{path}:{number}: is no result: {error}") from None
            # What was lost says nothing, and is done again.
            if record.status is not Status.LOST:
                self.records[record.key] = record


def _open(folder: Path) -> int:
    """Open and lock the file of runs."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    file = os.open(folder / _RUNS, flags, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise BatchError(f"another batch is writing to {folder}; wait for it") from None
    return file


def _pretty(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
