"""The system as a simulated world sees it: `os`, `sys` and their relatives.

What a world may see of the process it sees; what it may change is its own copy
(environment, path, streams, hooks). What would change the process for every world,
or wait for something outside the run, is refused.
"""

from __future__ import annotations

import fcntl as real_fcntl
import os as real_os
import resource as real_resource
import sys as real_sys
from collections.abc import Callable
from functools import cache
from types import FrameType, ModuleType
from typing import Any

from labrt.loading.rebinding import rebound_function
from labrt.loading.worldimportlib import WorldFinder
from labrt.sim.active import active
from labrt.sim.modules.chance import urandom
from labrt.sim.modules.clocks import monotonic
from labrt.sim.modules.copies import copy_of, rebound_class
from labrt.sim.modules.files import OS_NAMES
from labrt.sim.output import NoInput
from labrt.sim.refusals import StandIn, no_input, refuse_all
from labrt.sim.world import SimWorld, current_world

# fmt: off
OS_REFUSED = frozenset(
    {
        # Other processes, and this one's end.
        "_exit", "abort", "execl", "execle", "execlp", "execlpe", "execv", "execve",
        "execvp", "execvpe", "fork", "forkpty", "kill", "killpg", "pidfd_open",
        "popen", "posix_spawn", "posix_spawnp", "spawnl", "spawnle", "spawnlp",
        "spawnlpe", "spawnv", "spawnve", "spawnvp", "spawnvpe", "startfile", "system",
        "wait", "wait3", "wait4", "waitid", "waitpid",
        # What is read by waiting for somebody else to write.
        "eventfd", "eventfd_read", "eventfd_write", "lockf", "login_tty", "mkfifo",
        "mknod", "openpty", "pipe", "pipe2", "posix_openpt", "timerfd_create",
        "timerfd_gettime", "timerfd_gettime_ns", "timerfd_settime",
        "timerfd_settime_ns",
        # The process as a whole.
        "chdir", "chroot", "closerange", "dup2", "fchdir", "initgroups", "nice",
        "sched_setaffinity", "sched_setparam", "sched_setscheduler", "setegid",
        "seteuid", "setgid", "setgroups", "setns", "setpgid", "setpgrp", "setpriority",
        "setregid", "setresgid", "setresuid", "setreuid", "setsid", "setuid",
        "tcsetpgrp", "umask",
        "unshare",
    }
)
# fmt: on
_OS_REFUSALS = refuse_all(real_os, OS_REFUSED)


def make_os(world: SimWorld) -> ModuleType:
    """Make the `os` module of one world."""
    draw = urandom(world)
    module = copy_of(
        real_os,
        **_OS_REFUSALS,
        **_environment(),
        **OS_NAMES,
        urandom=draw,
        # The real answers are others in each process, and at each moment.
        getpid=lambda: 1,
        getppid=lambda: 0,
        getloadavg=lambda: (0.0, 0.0, 0.0),
        sched_yield=_yield,
        times=_times,
        read=_read,
        readv=_readv,
    )
    for name in ("getenv", "getenvb", "get_exec_path"):
        # These look into the environment of the module that they are in.
        setattr(module, name, rebound_function(getattr(real_os, name), vars(module)))
    if hasattr(real_os, "getrandom"):
        module.__dict__["getrandom"] = staticmethod(lambda size, flags=0: draw(size))
    # The logging module and the executors register what to do after a fork.
    module.__dict__.pop("register_at_fork", None)
    return module


def _environment() -> dict[str, Any]:
    """A copy of the environment: what a world sets there is for itself."""
    # As in the process, both are views of one dictionary: what is set as text can be
    # read as bytes.
    kind = _environment_class()
    text, data = real_os.environ, real_os.environb
    copy = kind(
        {**vars(text)["_data"]},
        *(getattr(text, name) for name in _CODINGS),
    )
    same = kind(copy._data, *(getattr(data, name) for name in _CODINGS))
    return {
        "environ": copy,
        "environb": same,
        "putenv": _set_nothing,
        "unsetenv": _set_nothing,
    }


_CODINGS = ("encodekey", "decodekey", "encodevalue", "decodevalue")


@cache
def _environment_class() -> Any:
    # The library's sets variables of the process as well.
    kind = type(real_os.environ)
    return rebound_class(kind, putenv=_set_nothing, unsetenv=_set_nothing)


def _set_nothing(*_: object) -> None:
    """Leave the environment that child processes would get: there are none."""


def _yield() -> None:
    # As `time.sleep(0)`: whoever calls this wants others to run.
    active().preempt()


def _times() -> real_os.times_result:
    now = monotonic()
    return real_os.times_result((now, 0.0, 0.0, 0.0, now))


def _read(fd: int, length: int, /) -> bytes:
    # Only standard input can keep its reader waiting: a world can open neither pipes
    # nor sockets.
    if fd == 0:
        no_input("os.read")()
    return real_os.read(fd, length)


def _readv(fd: int, buffers: Any, /) -> int:
    if fd == 0:
        no_input("os.readv")()
    return real_os.readv(fd, buffers)


# They would do it to every world and to the tester.
_SYS_REFUSED = (
    "activate_stack_trampoline",
    "addaudithook",
    "deactivate_stack_trampoline",
    "remote_exec",
    "set_asyncgen_hooks",
    "set_coroutine_origin_tracking_depth",
    "setdlopenflags",
)


def make_sys(world: SimWorld) -> ModuleType:
    """Make the `sys` module of one world."""
    stdin = NoInput()
    module = copy_of(
        real_sys,
        stdin=stdin,
        stdout=world.stdout,
        stderr=world.stderr,
        __stdin__=stdin,
        __stdout__=world.stdout,
        __stderr__=world.stderr,
        modules=world.modules,
        path=world.path,
        argv=[world.name],
        meta_path=[WorldFinder(world.loader)],
        path_hooks=[*real_sys.path_hooks],
        path_importer_cache={},
        # What the session was told about warnings it was told about its own.
        warnoptions=[],
        _current_frames=_current_frames,
        _current_exceptions=dict,
        **_Settings().functions(),
        **refuse_all(real_sys, _SYS_REFUSED),
    )
    if hasattr(real_sys, "monitoring"):
        name = "sys.monitoring"
        module.__dict__["monitoring"] = StandIn(name, vars(real_sys)["monitoring"])
    return module


class _Settings:
    """What a program sets of the interpreter: remembered for it, and else its own.

    A trace function survives no switch of greenlets, and a switch interval has
    nothing to switch. The recursion limit is the process's, and is only ever raised.
    """

    def __init__(self) -> None:
        # None, and not the process's: what traces the session is not the program's.
        self._values: dict[str, Any] = {"trace": None, "profile": None}
        self._values["switchinterval"] = real_sys.getswitchinterval()

    def functions(self) -> dict[str, Callable[..., Any]]:
        """The functions of `sys` that read and set them."""
        made: dict[str, Callable[..., Any]] = {
            "setrecursionlimit": _raise_recursion_limit
        }
        for name in self._values:
            made[f"get{name}"] = self._getter(name)
            made[f"set{name}"] = self._setter(name)
        return made

    def _getter(self, name: str) -> Callable[[], Any]:
        return lambda: self._values[name]

    def _setter(self, name: str) -> Callable[[Any], None]:
        return lambda value, /: self._values.__setitem__(name, value)


def _raise_recursion_limit(limit: int, /) -> None:
    # A limit that is lower than there is would be everybody's.
    if limit < 1:
        raise ValueError("recursion limit must be greater or equal than 1")
    real_sys.setrecursionlimit(max(limit, real_sys.getrecursionlimit()))


def _current_frames() -> dict[int, FrameType]:
    """Where each thread of the world is, by the thread's number."""
    runtime = active()
    world = current_world()
    frames = {runtime.current.number: real_sys._getframe(1)}
    for task in world.tasks if world else ():
        # The running task has no frame that it stopped at.
        frame = task.greenlet.gr_frame if task.greenlet else None
        if frame is not None:
            frames[task.number] = frame
    return frames


def make_fcntl(world: SimWorld) -> ModuleType:
    """Make an `fcntl` that does not wait for the locks of others."""
    return copy_of(real_fcntl, **refuse_all(real_fcntl, ("flock", "lockf")))


def make_resource(world: SimWorld) -> ModuleType:
    """Make a `resource` that tells virtual time, and sets no limits."""

    def getrusage(who: int, /) -> real_resource.struct_rusage:
        real_resource.getrusage(who)  # raises ValueError for nobody
        return real_resource.struct_rusage((monotonic(), *(0,) * 15))

    return copy_of(
        real_resource,
        getrusage=getrusage,
        **refuse_all(real_resource, ("prlimit", "setrlimit")),
    )


def make_atexit(world: SimWorld) -> ModuleType:
    """Make an `atexit` that never calls: a world only ever ends by being killed."""
    module = ModuleType("atexit")

    def register(function: Callable[..., Any], *_: object, **__: object) -> Any:
        return function

    def unregister(function: Callable[..., Any]) -> None:
        return None

    module.__dict__.update(register=register, unregister=unregister)
    return module
