"""The ``threading`` module of a simulated world.

Threads are tasks of the running simulation, in the world of whoever starts them.
``Semaphore``, ``Barrier`` and ``local`` are the standard library's own code, run
over the simulated locks; threads and timers are short enough to be written here.
"""

from __future__ import annotations

import builtins
import sys
import threading as real
from collections.abc import Callable, Iterable, Mapping
from importlib.abc import InspectLoader
from importlib.util import find_spec
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from labrt.active import active
from labrt.errors import WorldKilled
from labrt.simlocks import Condition, Event, Lock, RLock
from labrt.simtask import SimTask

if TYPE_CHECKING:
    from labrt.simworld import SimWorld


class Thread:
    """A thread of control, as ``threading.Thread``."""

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[object] = (),
        kwargs: Mapping[str, object] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        if group is not None:
            raise AssertionError("group argument must be None for now")
        self._target = target
        self._args = tuple(args)
        self._kwargs = dict(kwargs or {})
        self._task: SimTask | None = None
        self._world = active().current_world()
        self.name = name or _new_name(target)
        self.daemon = True if daemon is None else daemon

    def start(self) -> None:
        """Begin to run; a thread can be started once."""
        if self._task is not None:
            raise RuntimeError("threads can only be started once")
        runtime = active()
        self._task = runtime.spawn(self._bootstrap, name=self.name)
        self._task.thread = self
        runtime.point()

    def run(self) -> None:
        """Do the thread's work: call its target."""
        if self._target is not None:
            self._target(*self._args, **self._kwargs)

    def _bootstrap(self) -> None:
        try:
            self.run()
        except (SystemExit, WorldKilled):
            return
        except BaseException as error:
            hook = _current_module("excepthook")
            if hook is excepthook:
                raise
            hook(ExceptHookArgs((type(error), error, error.__traceback__, self)))

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended, or until ``timeout`` seconds have passed."""
        if self._task is None:
            raise RuntimeError("cannot join thread before it is started")
        if self._task is active().current:
            raise RuntimeError("cannot join current thread")
        self._task.join(timeout)

    def is_alive(self) -> bool:
        """Say whether the thread has been started and has not ended."""
        active().point()
        return self._task is not None and not self._task.done

    @property
    def ident(self) -> int | None:
        """The thread's number, None before it is started."""
        return self._task.number if self._task else None

    native_id = ident

    def getName(self) -> str:
        """Return the thread's name."""
        return self.name

    def setName(self, name: str) -> None:
        """Set the thread's name."""
        self.name = name

    def isDaemon(self) -> bool:
        """Say whether the thread is a daemon, which makes no difference here."""
        return self.daemon

    def setDaemon(self, daemon: bool) -> None:
        """Set whether the thread is a daemon."""
        self.daemon = daemon

    def __repr__(self) -> str:
        state = "initial" if self._task is None else f"started {self._task.number}"
        if self._task is not None and self._task.done:
            state = f"stopped {self._task.number}"
        return f"<{type(self).__name__}({self.name}, {state})>"


class Timer(Thread):
    """Calls a function after some seconds, unless cancelled, as ``threading.Timer``."""

    def __init__(
        self,
        interval: float,
        function: Callable[..., object],
        args: Iterable[object] | None = None,
        kwargs: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(target=function, args=args or (), kwargs=kwargs)
        self.interval = interval
        self.finished = Event()

    def cancel(self) -> None:
        """Stop the timer if it has not called its function yet."""
        self.finished.set()

    def run(self) -> None:
        """Wait, then call the function."""
        self.finished.wait(self.interval)
        if not self.finished.is_set():
            super().run()
        self.finished.set()


class _ForeignThread(Thread):
    """Stands for a task that no ``Thread`` started: an RPC handler, the main one."""

    def __init__(self, task: SimTask) -> None:
        super().__init__(name=task.name)
        self._task = task


ExceptHookArgs = real.ExceptHookArgs
ThreadError = real.ThreadError
TIMEOUT_MAX = real.TIMEOUT_MAX
BrokenBarrierError = real.BrokenBarrierError


def excepthook(args: real.ExceptHookArgs) -> None:
    """Fail the run; a world that assigns its own hook handles exceptions itself."""
    raise args.exc_value or args.exc_type()


def current_thread() -> Thread:
    """Return the ``Thread`` that is running."""
    task = active().current
    if not isinstance(task.thread, Thread):
        task.thread = _ForeignThread(task)
    return task.thread


def main_thread() -> Thread:
    """Return the oldest thread of the world."""
    tasks = _tasks()
    return _thread_of(tasks[0]) if tasks else current_thread()


def get_ident() -> int:
    """Return the running thread's number."""
    return active().current.number


def active_count() -> int:
    """Return how many threads of this world are alive."""
    return len(_tasks())


def enumerate() -> list[Thread]:
    """Return the threads of this world that are alive."""
    return [_thread_of(task) for task in _tasks()]


def stack_size(size: int = 0) -> int:
    """Accept and ignore a stack size."""
    return 0


def settrace(function: object) -> None:
    """Ignore a trace function: none survives a switch of greenlets."""


def _register_atexit(function: Callable[..., object], *args: object) -> None:
    """Accept what is to run at the process's exit; a world's never comes."""


def _tasks() -> list[SimTask]:
    runtime = active()
    world = runtime.current_world()
    return list(world.tasks) if world else [runtime.current]


def _thread_of(task: SimTask) -> Thread:
    if not isinstance(task.thread, Thread):
        task.thread = _ForeignThread(task)
    return task.thread


def _current_module(name: str) -> Any:
    world = active().current_world()
    module = world.modules.get("threading") if world else None
    return getattr(module, name, globals()[name])


def _new_name(target: Callable[..., object] | None) -> str:
    runtime = active()
    world = runtime.current_world()
    number = world.count_thread() if world else runtime.count_task()
    name = getattr(target, "__name__", None)
    return f"Thread-{number} ({name})" if name else f"Thread-{number}"


def _rebound(source: type, namespace: dict[str, Any], *bases: type) -> Any:
    """Copy a class of the standard library so that it uses ``namespace``."""
    members = {
        key: _rebound_function(value, namespace)
        for key, value in vars(source).items()
        if key not in ("__dict__", "__weakref__")
    }
    return type(source.__name__, bases or (object,), members)


def _rebound_function(value: Any, namespace: dict[str, Any]) -> Any:
    if isinstance(value, property):
        return property(_rebound_function(value.fget, namespace))
    if not isinstance(value, FunctionType):
        return value
    copy = FunctionType(
        value.__code__, namespace, value.__name__, value.__defaults__, value.__closure__
    )
    copy.__kwdefaults__ = value.__kwdefaults__
    return copy


def _monotonic() -> float:
    return active().now()


_sync: dict[str, Any] = dict(
    vars(real), Lock=Lock, RLock=RLock, Condition=Condition, _time=_monotonic
)
Semaphore = _sync["Semaphore"] = _rebound(real.Semaphore, _sync)
BoundedSemaphore = _rebound(real.BoundedSemaphore, _sync, Semaphore)
Barrier = _rebound(real.Barrier, _sync)
# `with semaphore:` uses an alias that still is the original's method.
Semaphore.__enter__ = Semaphore.acquire


def _local_class() -> type:
    """Run the standard library's pure-Python ``local`` over simulated threads."""

    def import_ours(name: str, *rest: Any) -> Any:
        return sys.modules[__name__] if name == "threading" else __import__(name, *rest)

    spec = find_spec("_threading_local")
    assert spec is not None
    assert isinstance(spec.loader, InspectLoader)
    code = spec.loader.get_code("_threading_local")
    assert code is not None
    namespace: dict[str, Any] = {
        "__name__": "_threading_local",
        "__builtins__": {**vars(builtins), "__import__": import_ours},
    }
    exec(code, namespace)
    found: type = namespace["local"]
    return found


local = _local_class()


def make_module(world: SimWorld) -> ModuleType:
    """Make the ``threading`` module of one world."""
    module = ModuleType("threading", real.__doc__)
    module.__dict__.update({name: globals()[name] for name in _PUBLIC})
    return module


_PUBLIC = [
    *(name for name in real.__all__ if name in globals()),
    "_register_atexit",
    "ThreadError",
    "TIMEOUT_MAX",
]
