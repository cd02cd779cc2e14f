"""The folder in which one tester process keeps the files of untrusted processes.

It lies below one folder per user, in memory if the system has a place for that: a save
there takes a fraction of what renaming costs on a disk, and `SIGKILL` is all that it
has to survive. (With fsync it has to be a disk.) `RAFTLAB_STATE_DIR` names another.

The tester removes its folder when it ends. If it is killed, its fork server does, and
if that fails too, the next tester of the same user. A tester holds a lock on its folder
for as long as it lives, so a folder that can be locked belongs to nobody.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from tester1.files import reason

__all__ = ["Workspace", "WorkspaceError", "unwritable", "workspace"]

_IN_MEMORY: Final = Path("/dev/shm")


class WorkspaceError(OSError):
    """The folder cannot be used; the message says why and what to do."""


def unwritable(path: Path, error: OSError) -> str:
    """What is wrong with a place below the workspace, and what to do."""
    return (
        f"cannot write to {path}: {reason(error)}; make room there, or name another "
        "place with RAFTLAB_STATE_DIR"
    )


class Workspace:
    """A folder that belongs to this process alone, and folders below it."""

    def __init__(self, base: Path) -> None:
        """Make one below `base`, after removing those whose owners have died.

        Raises `WorkspaceError` if that cannot be done.
        """
        try:
            parent = _user_folder(base)
            _sweep(parent)
            # The kernel lets go of the lock with the process, however that ends; a file
            # with the process's number in it would outlive a SIGKILL.
            self.path, self._lock = _claim(parent)
        except WorkspaceError:
            raise
        except OSError as error:
            raise WorkspaceError(unwritable(base, error)) from None
        self._made = 0

    def new_folder(self, name: str) -> Path:
        """A new empty folder, whose name ends so.

        Raises `WorkspaceError` if it cannot be made.
        """
        # Numbered, so that nobody finds what another of the same name has left.
        self._made += 1
        folder = self.path / f"{self._made}-{name}"
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise WorkspaceError(unwritable(folder, error)) from None
        return folder

    def remove(self) -> None:
        """Remove it with all that is in it."""
        # The lock goes last, or another tester's sweep would remove along with this.
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


@functools.cache
def workspace(*, on_disk: bool) -> Workspace:
    """This process's workspace, which is removed when the process ends."""
    made = Workspace(_base(on_disk))
    atexit.register(made.remove)
    return made


def _base(on_disk: bool) -> Path:
    chosen = os.environ.get("RAFTLAB_STATE_DIR")
    if chosen:
        return Path(chosen)
    if not on_disk and os.access(_IN_MEMORY, os.W_OK | os.X_OK):
        return _IN_MEMORY
    return Path(tempfile.gettempdir())


def _user_folder(base: Path) -> Path:
    """The folder of this user below `base`, where others may write, too."""
    folder = base / f"raftlab-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    # Anybody could have made it first, in a place where all may write, as a link or
    # with rights for others, and would then choose what the servers read. `lstat` sees
    # the link itself; the bits are those of a folder, and none for group and others.
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o170077 != 0o040000:
        raise WorkspaceError(
            f"{folder} is not a folder of this user alone: remove it, or name another "
            "place with RAFTLAB_STATE_DIR"
        )
    return folder


def _claim(parent: Path) -> tuple[Path, int]:
    """Make a folder and lock it; returns it with the open file of the lock."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))
        with contextlib.suppress(FileNotFoundError):
            lock = _lock(folder, wait=True)
            # Somebody else's sweep may have come between the two steps: it locks what
            # nobody has locked yet, and removes it. Then this lock is on a folder that
            # has no name any more.
            if lock is not None:
                if folder.exists():
                    return folder, lock
                os.close(lock)


def _sweep(parent: Path) -> None:
    for folder in parent.iterdir():
        with contextlib.suppress(OSError):
            # One that cannot be locked has an owner that lives.
            lock = _lock(folder, wait=False)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path, *, wait: bool) -> int | None:
    """Lock a folder; None if another process has, and `wait` is false."""
    # The lock belongs to the open file, which a started program would inherit, and so
    # keep the folder from being swept when its owner has died (O_CLOEXEC). A link that
    # lies here leads to nothing of ours (O_NOFOLLOW).
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(file)
        return None
    return file
