"""The results of a batch on disk: a line for each run, written when the run ends.

A folder with two files: `batch.json` says what the batch is, `runs.jsonl` holds a
`Record` a line and is only ever added to. Whatever ends a batch, each run that was
reported is in the file; a line that was cut off by a crash of the machine is dropped
when the file is opened again, and its run done again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Final, Generic, Self, TypeVar

import msgspec

from tester1.batch.errors import BatchError, writing
from tester1.batch.runs.jobs import Key, Record, Status
from tester1.files import reason, write_whole

__all__ = ["Store"]

H = TypeVar("H")

_HEADER: Final = "batch.json"
_RUNS: Final = "runs.jsonl"
_SYNC_PERIOD_S: Final = 1.0
"""A machine that crashes loses the runs of so many seconds, which are done again. To
wait for the disk after each could take longer than the run."""


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
        with writing(folder), contextlib.ExitStack() as undo:
            # What was made is taken back if the rest fails: a command that is repeated
            # must not find the folder of a batch that never was.
            missing = not folder.exists()
            folder.mkdir(parents=True, exist_ok=True)
            if missing:
                undo.callback(_remove_quietly, folder)
            file = _open(folder)
            undo.callback(os.close, file)
            # Without its header it is the folder of no batch, and only in the way.
            undo.callback(_remove_quietly, folder / _RUNS)
            write_whole(folder / _HEADER, _pretty(header))
            undo.pop_all()
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
            raise BatchError(f"cannot use {folder}: {reason(error)}") from None
        try:
            header = msgspec.json.decode(text, type=header_type)
        except msgspec.MsgspecError as error:
            os.close(file)
            raise BatchError(
                f"{folder / _HEADER} is not what this command writes ({error}); name "
                "another folder"
            ) from None
        store = cls(folder, header, file)
        try:
            with writing(folder):
                store._read()
        except BatchError:
            os.close(file)
            raise
        return store

    def add(self, record: Record) -> None:
        """Remember the result of a run, on disk before this returns.

        Raises `BatchError` if it cannot be written; the file is then as it was before.
        """
        with writing(self.folder / _RUNS):
            self._append(self._encode(record) + b"\n")
            self.records[record.key] = record
            # The system has it, which a killed batch survives; the disk follows.
            now = time.monotonic()
            if now - self._synced > _SYNC_PERIOD_S:
                os.fsync(self._file)
                self._synced = now

    def _append(self, line: bytes) -> None:
        # Half a line at the end would be joined by the next one, and neither be a
        # result.
        end = os.fstat(self._file).st_size
        try:
            while line:
                line = line[os.write(self._file, line) :]
        except OSError:
            os.ftruncate(self._file, end)
            raise

    def set_header(self, header: H) -> None:
        """Change what the batch is. Raises `BatchError` if that cannot be written."""
        with writing(self.folder):
            write_whole(self.folder / _HEADER, _pretty(header))
        self.header = header

    def close(self) -> None:
        """Have everything on the disk, and let others write."""
        try:
            with writing(self.folder / _RUNS):
                os.fsync(self._file)
        finally:
            os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        # Only the last line can be half: lines are added at the end, one by one.
        # Anything wrong further up was not this program's doing, and is not passed
        # over.
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


def _remove_quietly(path: Path) -> None:
    """Remove a file or an empty folder; there may be neither."""
    with contextlib.suppress(OSError):
        (path.rmdir if path.is_dir() else path.unlink)()


def _open(folder: Path) -> int:
    """Open and lock the file of runs."""
    # Always at the end of the file, whatever its position (O_APPEND), and never in a
    # worker, which would keep the lock after the batch (O_CLOEXEC).
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
