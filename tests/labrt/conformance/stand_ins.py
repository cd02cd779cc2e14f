"""Modules that the runner supplies to a world, where a world has none.

CPython's tests import them at their heads, long before it is known whether the test
at hand needs them. `subprocess` has a file of its own (`processes`). These here
have the names, and refuse when something is asked of them that acts on the process:
a test that needs it fails by a sentence that says so, and is listed.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

from labrt import NotSimulable, SimRuntime, Task

# What reaches into the interpreter from C.
C_MODULES = (
    "_testinternalcapi",
    "_interpreters",
    "_interpchannels",
    "_interpqueues",
    "_xxsubinterpreters",
    "_xxinterpchannels",
)


class Refusing(ModuleType):
    """A module that has every name, of which none can be called."""

    def __getattr__(self, name: str) -> Any:
        # The import system asks for names like `__path__` and takes a no.
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith("Error"):
            return type(name, (Exception,), {})
        return _refuse(f"{self.__name__}.{name}")


def _refuse(name: str) -> Callable[..., NoReturn]:
    def refused(*_: object, **__: object) -> NoReturn:
        raise NotSimulable(f"{name} acts on the process, not on a world")

    return refused


class AlarmClock:
    """Those signals that a program sends to itself: the alarm that ends a test.

    Handlers are only kept. An alarm that is not turned off in time fails the run.
    """

    def __init__(self, runtime: SimRuntime) -> None:
        self._runtime = runtime
        self._handlers: dict[int, Any] = {}
        self._turn_off: Callable[[], None] = lambda: None

    def module(self) -> ModuleType:
        """Make the `signal` module of a world."""
        module = Refusing("signal")
        constants = {
            name: value
            for name, value in vars(signal).items()
            if isinstance(value, int | type) and not name.startswith("__")
        }
        vars(module).update(
            constants, signal=self.signal, getsignal=self.getsignal, alarm=self.alarm
        )
        return module

    def signal(self, number: int, handler: Any) -> Any:
        """Keep a handler and return the one before."""
        before = self.getsignal(number)
        self._handlers[number] = handler
        return before

    def getsignal(self, number: int) -> Any:
        """A signal's handler."""
        return self._handlers.get(number, signal.SIG_DFL)

    def alarm(self, seconds: int) -> int:
        """Set the alarm, or turn it off with 0."""
        self._turn_off()
        if seconds:
            self._turn_off = self._runtime.call_later(seconds, self._ring).cancel
        return 0

    def _ring(self) -> None:
        raise TimeoutError("SIGALRM: the test has taken too long")


class CThreads:
    """The `_testcapi` of a world: starts threads that `threading` knows nothing of.

    Its C code starts one of the system's; here it is a task.
    """

    def __init__(self, runtime: SimRuntime) -> None:
        self._runtime = runtime
        self._last: Task | None = None

    def module(self, **members: object) -> ModuleType:
        """Make the module, with some more members."""
        module = Refusing("_testcapi")
        vars(module).update(
            members,
            call_in_temporary_c_thread=self.call,
            join_temporary_c_thread=self.join,
        )
        return module

    def call(self, function: Callable[[], object], wait: bool = True) -> None:
        """Call a function in a thread."""
        self._last = self._runtime.spawn(function, name="C thread")
        if wait:
            self.join()

    def join(self) -> None:
        """Wait for the last thread."""
        if self._last is not None:
            self._last.join()


def no_children(*_: object) -> NoReturn:
    """Stand in for `os.waitpid`: no world is a process of the system's."""
    raise ChildProcessError(errno.ECHILD, "No child processes")


def pipe() -> tuple[int, int]:
    """Make a pipe, from which only what is there already can be read.

    Waiting for more would stop the whole run; instead the read fails.
    """
    ends = os.pipe()
    os.set_blocking(ends[0], False)
    return ends


def multiprocessing() -> dict[str, ModuleType]:
    """Make what tests of executors import of `multiprocessing`."""
    package = Refusing("multiprocessing")
    made: dict[str, ModuleType] = {
        name: Refusing(f"multiprocessing.{name}")
        for name in ("process", "synchronize", "util")
    }
    # The tests of executors call it at their end.
    vars(made["util"])["_cleanup_tests"] = lambda: None
    vars(package).update(made, __path__=[])
    modules = (package, Refusing("_multiprocessing"), *made.values())
    return {module.__name__: module for module in modules}


def process_pools(base: ModuleType) -> ModuleType:
    """Make a `concurrent.futures.process` for a system that cannot run one."""

    class BrokenProcessPool(base.BrokenExecutor):  # type: ignore[name-defined,misc]
        # The base is a world's own class, of which nothing is known before it runs.
        """What breaks where there are processes."""

    def check_system_limits() -> NoReturn:
        raise NotImplementedError("no processes in a world")

    module = Refusing("concurrent.futures.process")
    vars(module).update(
        BrokenProcessPool=BrokenProcessPool,
        ProcessPoolExecutor=None,
        _check_system_limits=check_system_limits,
    )
    return module
