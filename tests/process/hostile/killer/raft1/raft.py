"""Kills whatever else its user runs: the tester, its fork server, other servers."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

from tests.process.hostile.attack import attack


def kill() -> None:
    """Signal the parent, its children, the tester's group, and everybody."""
    parent = os.getppid()
    task = Path(f"/proc/{parent}/task/{parent}")
    siblings = [int(pid) for pid in (task / "children").read_text().split()]
    for pid in (*siblings, parent, -os.getpgid(parent), -1):
        if pid != os.getpid():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    raise RuntimeError("this server has killed what it could")


Make = attack(kill)
