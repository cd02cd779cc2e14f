"""Takes from a process what code under test must not have.

Called once in each process, before anything of the solution is loaded: limits on
resources, no new privileges, Landlock (`landlock`), a filter of system calls
(`seccomp`). A machine that lacks one of them runs tests all the same, and says so once
(`missing`): for code that nobody trusts that is not enough.

None of it can be undone from inside. Each part closes what the others leave open:
Landlock guards files and knows nothing of processes, the filter guards processes and
cannot see the names of files, and the limits guard the machine from what both allow.
"""

from __future__ import annotations

import contextlib
import ctypes
import resource
import signal
import sys
from pathlib import Path
from typing import Final

from tester1.sandbox import landlock, seccomp
from tester1.sandbox.limits import Limits

__all__ = ["confine", "die_first", "die_with_parent", "limit", "limit_cpu", "missing"]

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
    """Have the kernel kill this process when its parent ends, from now on.

    It is the thread that has forked whose end counts, so a parent that has several has
    to fork in one that lasts. A process cannot undo it: the filter refuses that.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def confine(limits: Limits, folder: Path) -> None:
    """Confine this process to `limits`, and its writing to what is below `folder`."""
    # A core dump would be written wherever the system says, as large as the memory.
    limit(resource.RLIMIT_CORE, 0)
    # Memory that is written to. Addresses have a limit of their own: what is mapped
    # from files or shared does not count as data, but fills the machine as well.
    limit(resource.RLIMIT_DATA, limits.memory)
    limit(resource.RLIMIT_AS, limits.address_space)
    limit(resource.RLIMIT_FSIZE, limits.file_size)
    limit(resource.RLIMIT_NOFILE, limits.open_files)
    # A write beyond the limit shall be an error in the code that writes.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # Both below are open to a process without privileges only if it has sworn never to
    # gain any: a program with the set-user-id bit would run under rules of ours.
    if sys.platform == "linux":
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if landlock.abi() > 0:
        landlock.restrict(folder)
    if seccomp.available():
        seccomp.install()
    else:
        # Without the filter nothing else stops a fork bomb. With it, this limit would
        # only do harm: it counts all processes of the user, not those of this one.
        limit(resource.RLIMIT_NPROC, limits.tasks)


def limit(kind: int, most: int) -> None:
    """Lower one of the process's limits (`resource.RLIMIT_...`) for good.

    One that is lower already stays as it is: it could not be raised.
    """
    _, hard = resource.getrlimit(kind)
    most = _lower(most, hard)
    # The hard limit as well, or the process could raise the soft one again.
    resource.setrlimit(kind, (most, most))


def limit_cpu(seconds: int) -> None:
    """Have the kernel end this process after so much processor time.

    First it sends SIGXCPU, which says so by itself. Whoever ignores that is killed a
    second later.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    lowered = _lower(seconds, soft), _lower(seconds + 1, hard)
    resource.setrlimit(resource.RLIMIT_CPU, lowered)


def _lower(wanted: int, present: int) -> int:
    """The lower of two limits, of which the present one may be none at all."""
    if present == resource.RLIM_INFINITY:
        return wanted
    return min(wanted, present)


def die_first() -> None:
    """When the machine is short of memory, let it be this process that is killed.

    To be called before `confine`, which puts `/proc` out of reach.
    """
    with contextlib.suppress(OSError):  # not every container lets one say so
        Path("/proc/self/oom_score_adj").write_text("1000")


def _prctl(option: int, argument: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(argument), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) failed")
