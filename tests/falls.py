"""The check that the suites never leave labgob's fast path."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from labgob.falls import fall_count

_SUITES: Final = ("raft", "kvraft")
_SOLUTION: Final = "raftlab_solution"


class FallCheck:
    """What has to hold from when this is made to the end of a test."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        config = request.config
        folder = request.path.parent
        suite = folder.parent == Path(__file__).parent and folder.name in _SUITES
        # Values of another's solution may need the exact path, by good right.
        another = config.getoption(_SOLUTION) or config.getini(_SOLUTION)
        self._applies = suite and not another
        self._before = fall_count()

    def end(self) -> None:
        """Fail if a test of a suite has fallen from the fast path to the exact one."""
        falls = fall_count() - self._before
        assert falls == 0 or not self._applies, (
            f"labgob has left the fast path {falls} times: a message of the suites or "
            "the reference has a value that it is not made for, or it gives up too soon"
        )
