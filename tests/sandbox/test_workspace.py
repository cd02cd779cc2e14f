"""The workspace: one for each living tester, none for a dead one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tester1.sandbox.workspace import Workspace, WorkspaceError


def test_a_dead_owners_folder_is_removed_by_the_next(tmp_path: Path) -> None:
    """What a killed tester has left goes when the next one starts."""
    pid = os.fork()
    if pid == 0:
        Workspace(tmp_path).new_folder("server-0-0")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    (user,) = tmp_path.iterdir()
    assert list(user.iterdir())
    mine = Workspace(tmp_path)
    assert list(user.iterdir()) == [mine.path]
    mine.remove()
    assert not list(user.iterdir())


def test_a_living_owners_folder_stays(tmp_path: Path) -> None:
    """Testers that run side by side keep their folders, and share none."""
    first, second = Workspace(tmp_path), Workspace(tmp_path)
    folder = first.new_folder("server-0-0")
    third = Workspace(tmp_path)
    assert folder.is_dir()
    assert len({first.path, second.path, third.path}) == 3
    for workspace in (first, second, third):
        workspace.remove()


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    """Somebody else may have made the folder, with files of theirs in it."""
    (tmp_path / f"raftlab-{os.getuid()}").mkdir(mode=0o777)
    (tmp_path / f"raftlab-{os.getuid()}").chmod(0o777)
    with pytest.raises(WorkspaceError, match="RAFTLAB_STATE_DIR"):
        Workspace(tmp_path)
