"""Takes from Python what macOS does not have, here and in what is started from here.

Python imports this by itself where the folder is on its path.
"""

from __future__ import annotations

import os
import platform
import resource
import select
import signal
import sys
import sysconfig
import time
from pathlib import Path
from types import ModuleType
from typing import Any

LINUX: dict[ModuleType, tuple[str, ...]] = {
    os: (
        "O_", "EFD_", "GRND_", "MFD_", "RWF_", "SCHED_", "SPLICE_", "TFD_", "XATTR_",
        "copy_file_range", "eventfd", "fdatasync", "getrandom", "getresgid",
        "getresuid", "getxattr", "listxattr", "memfd_create", "pidfd_open", "pipe2",
        "posix_fadvise", "posix_fallocate", "removexattr", "sched_get",
        "sched_setaffinity", "sched_setparam", "sched_setscheduler", "setns",
        "setresgid", "setresuid", "setxattr", "splice", "timerfd", "unshare",
    ),
    resource: (
        "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RT", "RLIMIT_SIGPENDING",
        "RUSAGE_THREAD", "prlimit",
    ),
    select: ("EPOLL", "epoll"),
    signal: (
        "SIGCLD", "SIGPOLL", "SIGPWR", "SIGRT", "SIGSTKFLT", "pidfd", "sigtimedwait",
        "sigwaitinfo",
    ),
    time: ("CLOCK_BOOTTIME", "CLOCK_TAI", "pthread_getcpuclockid"),
}  # fmt: skip
# Flags of `os.open` that macOS has as well.
KEPT = tuple(
    f"O_{name}"
    for name in (
        "ACCMODE", "APPEND", "CLOEXEC", "CREAT", "DIRECTORY", "EXCL", "NOCTTY",
        "NOFOLLOW", "NONBLOCK", "RDONLY", "RDWR", "SYNC", "TRUNC", "WRONLY",
    )
)  # fmt: skip


def become_another_system() -> None:
    """Remove the names, and say that this is no Linux."""
    for module, beginnings in LINUX.items():
        for name in list(vars(module)):
            if name.startswith(beginnings) and name not in KEPT:
                delattr(module, name)
    if hasattr(os, "process_cpu_count"):
        # Where there is no affinity, it is this.
        os.process_cpu_count = os.cpu_count
    # It reads a file whose name has the platform's, which is not there for the other.
    sysconfig.get_config_vars()
    names = ("Darwin", "elsewhere", "23.0", "Darwin Kernel", "arm64")
    os.uname = lambda: os.uname_result(names)
    platform.system = lambda: names[0]
    platform.machine = lambda: names[-1]
    sys.platform = "darwin"


def go_on_in_children() -> None:
    """Have processes that are started with a path of their own come here, too."""
    # It looks for what the system has when it is imported.
    import subprocess

    folder = str(Path(__file__).parent)
    # Everybody who starts a process ends up in one or the other.
    process: Any = subprocess.Popen
    system: Any = os
    start, put = process.__init__, system.putenv

    def with_folder(path: str) -> str:
        return os.pathsep.join([folder, path])

    def start_here(self: Any, *arguments: Any, **options: Any) -> None:
        environment = dict(options.pop("env", None) or os.environ)
        environment["PYTHONPATH"] = with_folder(environment.get("PYTHONPATH", ""))
        start(self, *arguments, env=environment, **options)

    def put_here(name: bytes, value: bytes) -> None:
        if name == b"PYTHONPATH":
            value = os.fsencode(with_folder(os.fsdecode(value)))
        put(name, value)

    process.__init__ = start_here
    system.putenv = put_here


become_another_system()
go_on_in_children()
