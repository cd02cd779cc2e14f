"""The module `_thread` of a simulated world: what `threading` is built on."""

from __future__ import annotations

import sys
import threading as real
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

from labrt.errors import NotSimulable, WorldKilled
from labrt.report import THREAD_DROPPED
from labrt.sim.active import active, own_attribute
from labrt.sim.locks import Lock, RLock
from labrt.sim.modules import threads
from labrt.sim.modules.copies import copy_of
from labrt.sim.tasks import SimTask
from labrt.sim.world import SimWorld


class ThreadHandle:
    """What `_thread` of Python 3.13 knows a thread by.

    It is done when its task is, or as soon as somebody says so: at the end of a program
    the library sets the main thread's done while it still runs.
    """

    def __init__(self) -> None:
        self._task: SimTask | None = None
        self._over = False

    @property
    def ident(self) -> int:
        """The thread's number, 0 before it is started."""
        return self._task.number if self._task else 0

    def is_done(self) -> bool:
        """Whether the thread has ended."""
        return self._over or (self._task is not None and self._task.done)

    def join(self, timeout: float | None = None, /) -> None:
        """Wait until the thread has ended, or until so many seconds have passed."""
        if self.is_done():
            return
        if self._task is None:
            raise RuntimeError("thread not started")
        if self._task is active().current:
            raise RuntimeError("Cannot join current thread")
        # Unlike `Thread.join`, a negative time is no time limit at all.
        self._task.join(None if timeout is None or timeout < 0 else timeout)

    def _set_done(self) -> None:
        if self._task is None:
            raise RuntimeError("thread not started")
        self._over = True

    def start(self, function: Callable[[], object]) -> None:
        """Run a function as the handle's thread; it has one."""
        if self._task is not None:
            raise RuntimeError("thread already started")
        self._task = active().spawn(_guarded, function, (), {}, name=_name_of(function))


# Nothing is taken over from the process's own module. `copy_of` only sees to it that
# these functions, too, do not become methods of a class that holds them.
_BARE = ModuleType("_thread")


def make_module(world: SimWorld) -> ModuleType:
    """Make the `_thread` module of one world."""
    names: dict[str, Any] = {
        "LockType": Lock,
        "RLock": RLock,
        "TIMEOUT_MAX": real.TIMEOUT_MAX,
        "_ExceptHookArgs": real.ExceptHookArgs,
        # The main thread is not counted here.
        "_count": lambda: threads.active_count() - 1,
        "_excepthook": threads.excepthook,
        "_local": threads.local,
        "allocate": Lock,
        "allocate_lock": Lock,
        "error": RuntimeError,
        "exit": _exit,
        "exit_thread": _exit,
        "get_ident": threads.get_ident,
        "get_native_id": threads.get_native_id,
        "interrupt_main": _interrupt_main,
        "stack_size": threads.stack_size_setting(),
        "start_new": _start_new_thread,
        "start_new_thread": _start_new_thread,
    }
    if sys.version_info >= (3, 12):
        names.update(
            daemon_threads_allowed=lambda: True, _is_main_interpreter=lambda: True
        )
    if sys.version_info >= (3, 13):
        names.update(
            lock=Lock,
            start_joinable_thread=_start_joinable_thread,
            _ThreadHandle=ThreadHandle,
        )
    return copy_of(_BARE, **names)


def _exit() -> NoReturn:
    raise SystemExit


def _interrupt_main(signum: int = 2, /) -> NoReturn:
    raise NotSimulable(
        "_thread.interrupt_main(): a simulated run has no signals; "
        "real processes have: --mode process"
    )


def _start_new_thread(
    function: Callable[..., object],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    /,
) -> int:
    if not callable(function):
        raise TypeError("first arg must be callable")
    if not isinstance(args, tuple):
        raise TypeError("2nd arg must be a tuple")
    if kwargs is not None and not isinstance(kwargs, dict):
        raise TypeError("optional 3rd arg must be a dictionary")
    runtime = active()
    name = _name_of(function)
    task = runtime.spawn(_guarded, function, args, kwargs or {}, name=name)
    # As in `Thread.start`.
    runtime.point()
    return task.number


def _start_joinable_thread(
    function: Callable[[], object],
    handle: ThreadHandle | None = None,
    daemon: bool = True,
) -> ThreadHandle:
    # Daemon or not makes no difference: a world ends by being killed.
    handle = ThreadHandle() if handle is None else handle
    handle.start(function)
    active().point()
    return handle


def _guarded(
    function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Do a thread's work; what it raises is the world's hook's, or fails the run."""
    try:
        function(*args, **kwargs)
    except (SystemExit, WorldKilled):
        return
    except BaseException as error:
        # Without a hook of the world's own it fails the run, as in `Thread`.
        hook = own_attribute("sys", "unraisablehook", None)
        if hook in (None, sys.unraisablehook, sys.__unraisablehook__):
            raise
        hook(_unraisable(error, function))


def _unraisable(
    error: BaseException, function: Callable[..., object]
) -> SimpleNamespace:
    """What a hook is told; from Python 3.13 on the message has the function."""
    in_message = sys.version_info >= (3, 13)
    return SimpleNamespace(
        exc_type=type(error),
        exc_value=error,
        exc_traceback=error.__traceback__,
        err_msg=f"{THREAD_DROPPED} {function!r}" if in_message else THREAD_DROPPED,
        object=None if in_message else function,
    )


def _name_of(function: Callable[..., object]) -> str:
    return getattr(function, "__name__", type(function).__name__)
