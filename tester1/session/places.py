"""Which tests are meant in a folder of a lab that has none.

Pytest looks in the folder that it is called in, and heeds `testpaths` only at the root.
Who works on `raft1/raft.py` stands in `raft1`, and means the lab's tests.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from pathlib import Path

import pytest

__all__ = ["seek_below_root"]


def seek_below_root(config: pytest.Config) -> None:
    """Have the session run its `testpaths`, if it names no tests and none are here.

    Tests of one's own that are in this folder are what pytest runs in any session, and
    they stay so.
    """
    here, root = config.invocation_params.dir, config.rootpath
    from_here = config.args_source is pytest.Config.ArgsSource.INVOCATION_DIR
    if not from_here or here == root or not here.is_relative_to(root):
        return
    configured: list[str] = config.getini("testpaths")
    places = [
        Path(found)
        for pattern in configured
        for found in sorted(glob.glob(str(root / pattern), recursive=True))
    ]
    inside = any(here.is_relative_to(place) for place in places)
    if places and not inside and not _has_tests(here, config.getini("python_files")):
        # As they would be named here: reports and their commands say it so.
        config.args = [os.path.relpath(place, here) for place in places]
        config.args_source = pytest.Config.ArgsSource.TESTPATHS


def _has_tests(folder: Path, patterns: list[str]) -> bool:
    return any(
        fnmatch.fnmatch(path.name, pattern)
        for path in folder.rglob("*.py")
        for pattern in patterns
    )
