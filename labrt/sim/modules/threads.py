"""The `threading` module of a simulated world.

Threads are tasks of the running simulation, in the world of whoever starts them.
`Semaphore`, `Barrier`, `Timer` and `local` are the standard library's own code, run
once a process over the threads, conditions and events that are written here. What a
world sets for itself (its excepthook, its trace functions, a function that replaces
one of these) is kept in the world's own module and seen by that world alone.
"""

from __future__ import annotations

import builtins
import os
import sys
import threading as real
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.abc import InspectLoader
from importlib.util import find_spec
from types import CodeType, ModuleType
from typing import Any, NoReturn

from labrt.errors import WorldKilled
from labrt.sim.active import active, own_attribute
from labrt.sim.locks import Condition, Event, Lock, RLock, warn_deprecated
from labrt.sim.modules.copies import copy_of, in_place_of
from labrt.sim.tasks import SimTask
from labrt.sim.world import SimWorld, current_world


class Thread:
    """A thread of control, as `threading.Thread`."""

    # A subclass whose `__init__` does not call this one's is found out by these.
    _initialized = False
    _task: SimTask | None = None
    # Set on a world's main thread when its program has come to its end.
    _over = False

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
        self._args = args
        self._kwargs = {} if kwargs is None else kwargs
        self._name = str(name) if name else _new_name(target)
        self._daemonic = _is_daemon_running() if daemon is None else daemon
        self._initialized = True

    def start(self) -> None:
        """Begin to run; a thread can be started once."""
        self._check_initialized()
        if self._task is not None:
            raise RuntimeError("threads can only be started once")
        runtime = active()
        self._task = runtime.spawn(self._bootstrap, name=self._name)
        self._task.thread = self
        # The new thread may get ahead of the one that started it.
        runtime.point()

    def run(self) -> None:
        """Do the thread's work: call its target."""
        try:
            if self._target is not None:
                self._target(*self._args, **self._kwargs)
        finally:
            # The thread may be among what its target holds on to.
            del self._target, self._args, self._kwargs

    def _bootstrap(self) -> None:
        try:
            self.run()
        except (SystemExit, WorldKilled):
            return
        except BaseException as error:
            # What the world has put there by now; no hook but its own is asked.
            hook = own_attribute("threading", "excepthook", excepthook)
            if hook is excepthook:
                raise  # it fails the run
            self._call_hook(hook, error)

    def _call_hook(self, hook: Callable[..., object], error: BaseException) -> None:
        """Call a world's excepthook; what that raises is for a `sys.excepthook`."""
        try:
            hook(ExceptHookArgs((type(error), error, error.__traceback__, self)))
        except Exception as worse:
            last = own_attribute("sys", "excepthook", None)
            if last in (None, sys.excepthook, sys.__excepthook__):
                raise  # it fails the run
            _error_stream().write("Exception in threading.excepthook:\n")
            last(type(worse), worse, worse.__traceback__)

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended, or until `timeout` seconds have passed."""
        self._check_initialized()
        if self._task is None:
            raise RuntimeError("cannot join thread before it is started")
        if self._task is active().current:
            raise RuntimeError("cannot join current thread")
        if not self._over:
            self._task.join(timeout)

    def is_alive(self) -> bool:
        """Whether the thread has been started and has not ended."""
        self._check_initialized()
        # A loop that asks nothing else would otherwise keep the others from running.
        active().point()
        return self._task is not None and not self._task.done and not self._over

    def _check_initialized(self) -> None:
        if not self._initialized:
            raise RuntimeError("Thread.__init__() not called")

    @property
    def ident(self) -> int | None:
        """The thread's number, None before it is started."""
        return self._task.number if self._task else None

    # The system has no numbers of its own for threads that are simulated.
    native_id = ident

    @property
    def name(self) -> str:
        """The thread's name, for messages."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = str(name)
        if self._task is not None:
            self._task.name = self._name

    @property
    def daemon(self) -> bool:
        """Whether the thread is a daemon: makes no difference to a world's end."""
        return self._daemonic

    @daemon.setter
    def daemon(self, daemon: bool) -> None:
        self._check_initialized()
        if self._task is not None:
            raise RuntimeError("cannot set daemon status of active thread")
        self._daemonic = daemon

    def getName(self) -> str:
        """The thread's name."""
        warn_deprecated("getName()", "get the name attribute")
        return self.name

    def setName(self, name: str) -> None:
        """Set the thread's name."""
        warn_deprecated("setName()", "set the name attribute")
        self.name = name

    def isDaemon(self) -> bool:
        """Whether the thread is a daemon."""
        warn_deprecated("isDaemon()", "get the daemon attribute")
        return self.daemon

    def setDaemon(self, daemon: bool) -> None:
        """Set whether the thread is a daemon."""
        warn_deprecated("setDaemon()", "set the daemon attribute")
        self.daemon = daemon

    def __reduce__(self) -> NoReturn:
        # In the words in which Python refuses to copy or pickle a real thread.
        raise TypeError("cannot pickle '_thread.lock' object")

    def __repr__(self) -> str:
        self._check_initialized()
        task = self._task
        state = "initial" if task is None else "stopped" if task.done else "started"
        daemon = " daemon" if self._daemonic else ""
        number = f" {task.number}" if task else ""
        return f"<{type(self).__name__}({self._name}, {state}{daemon}{number})>"


class _ForeignThread(Thread):
    """Stands for a task that no `Thread` started: an RPC handler, the main one."""

    def __init__(self, task: SimTask, *, daemon: bool) -> None:
        super().__init__(name=task.name, daemon=daemon)
        self._task = task


class _NoMainThread:
    """Stands for what the library's module makes of the thread that imports it."""


def _library() -> dict[str, Any]:
    """Run the library's own `threading` with our classes in place of its own.

    Its classes are made by a `__build_class__` that gives ours where there is one,
    so that those it derives, and those that use it, use ours. Nothing of the process
    is touched: what to do after a fork is not registered a second time.
    """
    ours = {"Thread": Thread, "Condition": Condition, "Event": Event}
    # The library makes a main thread at once, of which nothing here is to know.
    made = {**ours, "_MainThread": _NoMainThread}
    quiet_os = copy_of(os)
    vars(quiet_os).pop("register_at_fork", None)

    def build_class(body: Any, name: str, *bases: type, **keywords: Any) -> Any:
        known = made.get(name)
        return known or builtins.__build_class__(body, name, *bases, **keywords)

    def import_module(name: str, *rest: Any) -> Any:
        return quiet_os if name == "os" else __import__(name, *rest)

    namespace = _run_library("threading", import_module, __build_class__=build_class)
    # After its code, which gives these names the process's locks and clock. Its classes
    # look them up when they are used.
    namespace.update(ours, Lock=Lock, RLock=RLock, _time=_monotonic)
    return namespace


def _run_library(
    name: str, import_module: Callable[..., Any], **names: Any
) -> dict[str, Any]:
    """Run a module of the standard library with built-ins of its own."""
    # What `import` and `class` do is for the built-ins of the code to say.
    own = {**vars(builtins), "__import__": import_module, **names}
    namespace: dict[str, Any] = {"__name__": name, "__builtins__": own}
    exec(_library_code(name), namespace)
    return namespace


def _library_code(name: str) -> CodeType:
    spec = find_spec(name)
    assert spec is not None
    assert isinstance(spec.loader, InspectLoader)
    code = spec.loader.get_code(name)
    assert code is not None
    return code


def _monotonic() -> float:
    return active().now()


_lib = _library()
Semaphore: Any = _lib["Semaphore"]
BoundedSemaphore: Any = _lib["BoundedSemaphore"]
Barrier: Any = _lib["Barrier"]
Timer: Any = _lib["Timer"]
BrokenBarrierError: Any = _lib["BrokenBarrierError"]


def _local_class() -> type:
    """Run the standard library's pure-Python `local` over simulated threads."""

    # It asks `threading` for the current thread and for locks: this module has both.
    def import_ours(name: str, *rest: Any) -> Any:
        return sys.modules[__name__] if name == "threading" else __import__(name, *rest)

    found: type = _run_library("_threading_local", import_ours)["local"]
    return found


ExceptHookArgs = real.ExceptHookArgs
ThreadError = real.ThreadError
TIMEOUT_MAX = real.TIMEOUT_MAX


def excepthook(args: real.ExceptHookArgs) -> None:
    """Print an exception for whoever asks for that, as a world's own hook may.

    Where a world has not assigned a hook of its own, a thread's exception fails the
    run and never comes here.
    """
    if args.exc_type is SystemExit:
        return
    name = args.thread.name if args.thread else get_ident()
    lines = traceback.format_exception(
        args.exc_type, args.exc_value, args.exc_traceback
    )
    _error_stream().write(f"Exception in thread {name}:\n{''.join(lines)}")


def _error_stream() -> Any:
    # A program may have taken its own away: better shown than lost.
    own = own_attribute("sys", "stderr", None)
    return own or own_attribute("sys", "__stderr__", sys.stderr)


# Functions that look at threads.


def current_thread() -> Thread:
    """The `Thread` that is running."""
    return _thread_of(active().current)


def main_thread() -> Thread:
    """The oldest thread of the world."""
    return _thread_of(_tasks()[0])


def get_ident() -> int:
    """The running thread's number."""
    return active().current.number


get_native_id = get_ident


def active_count() -> int:
    """How many threads of this world are alive."""
    return len(_tasks())


def enumerate() -> list[Thread]:
    """The threads of this world that are alive."""
    return [_thread_of(task) for task in _tasks()]


def currentThread() -> Thread:
    """The `Thread` that is running."""
    warn_deprecated("currentThread()", "use current_thread()")
    return current_thread()


def activeCount() -> int:
    """How many threads of this world are alive."""
    warn_deprecated("activeCount()", "use active_count()")
    return active_count()


def _tasks() -> list[SimTask]:
    # Outside every world, and in one that has no task, there is the running one.
    runtime = active()
    world = current_world()
    return (list(world.tasks) if world else []) or [runtime.current]


def _thread_of(task: SimTask) -> Thread:
    if not isinstance(task.thread, Thread):
        # Of the tasks that the harness started the oldest plays the main thread, which
        # is no daemon; what handles an RPC does not keep a program from ending.
        first = task.world is not None and next(iter(task.world.tasks), None) is task
        task.thread = _ForeignThread(task, daemon=not first)
    return task.thread


def _is_daemon_running() -> bool:
    """Whether the running thread is a daemon, which those it starts inherit."""
    thread = active().current.thread
    return isinstance(thread, Thread) and thread.daemon


def _new_name(target: Callable[..., object] | None) -> str:
    # Each world counts for itself: what others start must not change its names.
    runtime = active()
    world = current_world()
    counter = world.count_thread if world else runtime.count_task
    number = own_attribute("threading", "_counter", counter)()
    name = getattr(target, "__name__", None)
    return f"Thread-{number} ({name})" if name else f"Thread-{number}"


local = _local_class()


# The module of a world.


def make_module(world: SimWorld) -> ModuleType:
    """Make the `threading` module of one world."""
    # A module of the world's own over functions that all worlds share: those find by
    # the running task whose they are to be.
    module = ModuleType("threading", real.__doc__)
    functions = {name: globals()[name] for name in _PUBLIC}
    functions |= _from_here(
        {**_hooks("trace"), **_hooks("profile"), "stack_size": stack_size_setting()}
    )
    for name, function in functions.items():
        setattr(module, name, in_place_of(vars(real).get(name), function))
    module.__dict__.update(
        **_ending(world),
        __all__=list(real.__all__),
        # Itself, by which it is known whether a world has a hook of its own.
        excepthook=excepthook,
        __excepthook__=excepthook,
        _counter=world.count_thread,
        _CRLock=RLock,
        _DummyThread=_ForeignThread,
        _PyRLock=RLock,
        _RLock=RLock,
    )
    return module


def _hooks(kind: str) -> dict[str, Any]:
    """What sets and gets a function that would be called for every line.

    It is kept and never called: none survives a switch of greenlets.
    """
    kept: list[Any] = [None]

    def set_hook(func: Any) -> None:
        kept[0] = func

    def get_hook() -> Any:
        return kept[0]

    def set_all(func: Any) -> None:
        set_hook(func)
        own_attribute("sys", f"set{kind}", set_hook)(func)

    hooks: dict[str, Any] = {f"set{kind}": set_hook, f"get{kind}": get_hook}
    if hasattr(real, f"set{kind}_all_threads"):
        hooks[f"set{kind}_all_threads"] = set_all
    return hooks


def _from_here(functions: dict[str, Any]) -> dict[str, Any]:
    """Give a world's own functions the names that the library's have."""
    for name, function in functions.items():
        function.__name__ = function.__qualname__ = name
        function.__module__ = "threading"
    return functions


def _ending(world: SimWorld) -> dict[str, Any]:
    """What an interpreter calls at its end, for a world that plays one.

    No world ends that way by itself: it is killed.
    """
    calls: list[Callable[[], object]] = []
    over = False

    def register(function: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        if over:
            raise RuntimeError("can't register atexit after shutdown")
        calls.append(partial(function, *args, **kwargs))

    def shut_down() -> None:
        nonlocal over
        over = True
        # Who joins the main thread waits for the end of the program, which is here,
        # though its task goes on.
        main = main_thread()
        main._over = True
        if main._task is not None:
            main._task.wake_joiners()
        for call in reversed(calls):
            call()
        calls.clear()
        # Asked anew after each, since those that still run may start others.
        while waiting := [t for t in enumerate() if _outlives(t)]:
            waiting[0].join()

    def _outlives(thread: Thread) -> bool:
        return not thread.daemon and thread is not current_thread()

    return {"_register_atexit": register, "_shutdown": shut_down}


def stack_size_setting() -> Callable[[int], int]:
    """A function that remembers a stack size and gives back the last one."""
    last = 0

    def stack_size(size: int = 0, /) -> int:
        nonlocal last
        if size != 0 and size < _SMALLEST_STACK:
            raise ValueError(f"size not valid: {size} bytes")
        size, last = last, size
        return size

    return stack_size


_SMALLEST_STACK = 0x8000
_PUBLIC = [
    *(name for name in real.__all__ if name in globals()),
    "ThreadError",
    "TIMEOUT_MAX",
    "activeCount",
    "currentThread",
]
# Where they say they come from: it shows in what is printed of them.
for _name in _PUBLIC:
    if getattr(globals()[_name], "__module__", "") in (__name__, "_threading_local"):
        globals()[_name].__module__ = "threading"
