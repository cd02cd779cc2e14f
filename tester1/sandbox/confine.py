"""Takes from a process what code under test must not have.

Called once in each process, before anything of the solution is loaded: limits on
resources, no new privileges, Landlock (`landlock`), a filter of system calls
(`seccomp`). A machine that lacks one of them runs tests all the same, and says so once
(`missing`): for code that nobody trusts that is not enough.
"""

from __future__ import annotations

import ctypes
import resource
import signal
import sys
from pathlib import Path
from typing import Final

from tester1.sandbox import landlock, seccomp
from tester1.sandbox.limits import Limits

__all__ = ["confine", "die_with_parent", "missing"]

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38


def missing() -> list[str]:
    """What this machine cannot do to confine a process; usually nothing."""
    facilities = {
        "Landlock": landlock.abi() > 0,
        "a filter of system calls": seccomp.available(),
    }
    return [name for name, present in facilities.items() if not present]


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, from now on."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def confine(limits: Limits, folder: Path) -> None:
    """Confine this process to `limits`, and its writing to what is below `folder`."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_DATA, limits.memory)
    _limit(resource.RLIMIT_AS, limits.address_space)
    _limit(resource.RLIMIT_FSIZE, limits.file_size)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    # A write beyond the limit shall be an error in the code that writes.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if sys.platform == "linux":
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if landlock.abi() > 0:
        landlock.restrict(folder)
    if seccomp.available():
        seccomp.install()
    else:
        _limit(resource.RLIMIT_NPROC, limits.tasks)


def _limit(kind: int, most: int) -> None:
    """Lower a limit, which may be lower already, for good."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(kind, (most, most))


def _prctl(option: int, argument: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(argument), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) failed")
