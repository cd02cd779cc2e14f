"""How the workers of pytest-xdist share the labs' tests on the wall clock.

A test mostly waits there, some of them for most of a minute, and long tests stand next
to each other in the suites. xdist's `worksteal` first gives each worker an equal share
of consecutive tests, and moves them on to whoever has none left. So the tests are dealt
like cards, which spreads the long ones over all shares. To deal the longest first, by
what they took the last time, was measured to gain nothing on top of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import pytest

from tester1.lab import Mode

T = TypeVar("T")

__all__ = ["deal", "dealt", "steal_work"]


def steal_work(config: pytest.Config) -> None:
    """Have workers take over tests from each other, unless the user has said how.

    It has to come before xdist chooses for itself.
    """
    option = config.option
    if not _on_wall_clock(config) or not getattr(option, "numprocesses", None):
        return
    # So it stands unless the user has said `--dist`, and xdist would make `load` of it.
    if option.dist == "no":
        option.dist = "worksteal"


def deal(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deal the tests, if this is a worker's session and takes real time.

    Every worker comes to the same order, as xdist demands.
    """
    # Only a worker has this. Its controller collects nothing itself.
    workers: int = getattr(config, "workerinput", {}).get("workercount", 0)
    if workers and _on_wall_clock(config):
        items[:] = dealt(items, workers)


def dealt(tests: Sequence[T], workers: int) -> list[T]:
    """The tests, share by share, as dealt to so many workers."""
    shares = [tests[worker::workers] for worker in range(workers)]
    # The first shares are the larger ones, and xdist divides with the larger ones last.
    return [test for share in reversed(shares) for test in share]


def _on_wall_clock(config: pytest.Config) -> bool:
    """Whether lab tests of this session take the time that they are about."""
    return bool(config.getoption("raftlab_mode") == Mode.PROCESS)
