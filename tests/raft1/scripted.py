"""Groups of scripted Rafts, to test what the scaffold makes of their behaviour.

`run_scripted` writes a solution whose servers follow a script, a few assignments that
override the defaults below, and runs a check against it in simulation.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from labrt import SimRuntime
from raft1.testing.scaffold import RaftTest
from tester1.lab import Lab, Mode

T = TypeVar("T")

_RAFT = '''
"""A Raft that follows a script instead of the protocol."""

import threading
import time

from raft1.raftapi import ApplyMsg

TERMS = [1, 1, 1]
LEADERS = {0}
# What each server applies, as (index, command), after APPLY_AFTER_S seconds; a
# restarted server applies what AGAIN says.
APPLIES = {}
AGAIN = {}
APPLY_AFTER_S = 0.1
# How long a leader takes to apply what it is given; None means for ever.
COMMIT_AFTER_S = None
SNAPSHOT = None

#SCRIPT#


class Raft:
    def __init__(self, me, persister, channel):
        self.me = me
        self.channel = channel
        self.log = [None]
        again = persister.ReadRaftState()
        persister.Save(b"started", None)
        script = (AGAIN if again else APPLIES).get(me, [])
        threading.Thread(target=self.apply_all, args=(script, APPLY_AFTER_S)).start()

    def apply_all(self, entries, delay):
        time.sleep(delay)
        if SNAPSHOT is not None:
            self.channel.put(
                ApplyMsg(SnapshotValid=True, Snapshot=SNAPSHOT, SnapshotIndex=1)
            )
        for index, command in entries:
            self.channel.put(
                ApplyMsg(CommandValid=True, CommandIndex=index, Command=command)
            )

    def GetState(self):
        return TERMS[self.me], self.me in LEADERS

    def Start(self, command):
        if self.me not in LEADERS:
            return -1, -1, False
        self.log.append(command)
        index = len(self.log) - 1
        if COMMIT_AFTER_S is not None:
            threading.Thread(
                target=self.apply_all, args=([(index, command)], COMMIT_AFTER_S)
            ).start()
        return index, TERMS[self.me], True

    def Snapshot(self, index, snapshot):
        pass

    def PersistBytes(self):
        return 0

    def Kill(self):
        pass


def Make(peers, me, persister, applyCh):
    return Raft(me, persister, applyCh)
'''


def run_scripted(
    folder: Path,
    script: str,
    check: Callable[[RaftTest], T],
    *,
    snapshots: bool = False,
) -> T:
    """Run `check` against three servers that follow `script`; returns its result."""
    package = folder / "raft1"
    package.mkdir()
    (package / "raft.py").write_text(_RAFT.replace("#SCRIPT#", script))
    runtime = SimRuntime(seed=1)
    lab = Lab(runtime, Mode.SIM, seed=1, solution=folder, name="scripted")

    def main() -> T:
        with RaftTest(lab, 3, "Scripted servers", snapshots=snapshots) as test:
            return check(test)

    return runtime.run(main)
