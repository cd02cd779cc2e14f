"""What the fork server has ready before it forks: imported by it, and by nothing else.

It loads what every program needs, and the reference's programs once, so that their
modules are compiled and the methods of their dataclasses are made: a new process starts
within milliseconds. Nothing of a solution is loaded here: whatever runs in the fork
server runs in every process that comes out of it, unconfined.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import time
from pathlib import Path
from typing import Final

import labgob
from labrt.real import RealRuntime
from tester1.hosts.process import child
from tester1.hosts.process.fork_server import WORKSPACE_VARIABLE
from tester1.solution import CodeUnderTest

_REMOVAL_TRIES: Final = 40
_REMOVAL_PAUSE_S: Final = 0.025


_PROGRAMS: Final = (
    "raft1.testing.inside",
    "kvraft1.testing.inside_rsm",
    "kvraft1.testing.inside_kv",
    "kvraft1.testing.inside_clerks",
)


def _load_reference() -> None:
    """Load every program of the labs, and forget all but what loading has cached."""
    code = CodeUnderTest.of(None)
    registry = labgob.Registry()
    labgob.use_registry_source(lambda: registry)
    world = RealRuntime().world("warm", roots=code.roots, packages=code.packages)
    for module in _PROGRAMS:
        world.load(module)
    world.kill()
    # What the programs have registered was in that registry alone, and goes with it:
    # each process begins with an empty one, as a server in simulation does.
    labgob.use_registry_source(None)


def _remove_workspace(folder: Path) -> None:
    """Remove what a tester has left that was killed.

    The fork server ends when its tester has ended. The tester's processes end at the
    same time, and until they have, may still put a file into the folder.
    """
    for _ in range(_REMOVAL_TRIES):
        if not folder.exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_REMOVAL_PAUSE_S)


_load_reference()
if WORKSPACE_VARIABLE in os.environ:
    atexit.register(_remove_workspace, Path(os.environ[WORKSPACE_VARIABLE]))
# What is there now is never freed: a collection in a process need not look at it, and
# touching it would only cost a copy of its memory.
assert child.main is not None  # it is imported for its own sake
gc.collect()
gc.freeze()
