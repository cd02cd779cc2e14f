"""The wall clock and real threads behind the same interface as the simulation.

What is seeded stays seeded (the named streams); when things happen does not. Every
wait of the main thread goes through `_Parking`, so that a failure anywhere can
raise in it at once. Killing a world here cannot stop its threads: it only cuts them
off; processes are what can be killed for real.

One lock, the mutex, guards the state of futures and the run's failure, and nobody waits
while holding it. Whether a wait is over already is asked under the mutex, together with
putting the parking where those look who end it, or else after that: so no wake-up can
come between the two and be lost.
"""

from __future__ import annotations

import contextlib
import heapq
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, TypeVar, final

from labrt import report
from labrt import runtime as interface
from labrt.errors import TaskFailed, WorldKilled
from labrt.facts import Facts
from labrt.loading import worldimportlib, worldpickle
from labrt.loading.loader import Loader, Sources, compile_plain
from labrt.loading.worldimportlib import SystemView, WorldFinder
from labrt.records import fast_dataclasses
from labrt.timers import CallbackTimer

T = TypeVar("T")


@final
class RealWorld:
    """Modules of their own for one program, in this process, on real threads."""

    def __init__(
        self,
        name: str,
        incarnation: int,
        roots: Sequence[Path],
        packages: Collection[str] | None,
    ) -> None:
        self.name = name
        self.alive = True
        self._key = f"{name}#{incarnation}"
        self._loader = Loader(
            self._key,
            roots,
            packages,
            substitute=self._substitute,
            names={},
            sources=Sources(compile_plain),
        )

    def load(self, module: str) -> ModuleType:
        """Import `module` as the world's code would and return it."""
        return self._loader.load(module)

    def adopt(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A copy of a function that imports as the world's code does."""
        return self._loader.adopt(function)

    def owns(self, filename: str) -> bool:
        """Whether a file is one of those that are private to the world."""
        return self._loader.owns(filename)

    def shorten(self, filename: str) -> str:
        """A file's path below the root that it is in."""
        return self._loader.shorten(filename)

    def kill(self) -> None:
        """Cut the world off; its threads end when they next use the runtime."""
        self.alive = False
        self._loader.unload()

    def _substitute(self, module: str, importer: str) -> ModuleType | None:
        """Replace what looks modules up by name, and what takes long to load."""
        loader = self._loader
        match module:
            case "dataclasses":
                return fast_dataclasses.module
            case "sys":
                return SystemView(
                    modules=loader.modules,
                    path=loader.path,
                    meta_path=[WorldFinder(loader)],
                )
            case worldimportlib.HEART:
                return worldimportlib.make_heart(loader, loader.imports.find("sys"))
            case "pickle" | "_pickle":
                return worldpickle.make_module(loader.imports)
            case "copyreg":
                return worldpickle.make_copyreg()
        if module.partition(".")[0] in _FRESH:
            return loader.fresh_library_module(module)
        return None


# Library modules that import, or that keep what they are told of a world's classes.
_FRESH = worldimportlib.FRESH | {"copy", "shelve"}


class _Parking:
    """Where one thread waits, until it is released or its time is up."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        # Held from the start: who waits takes it once more, and gets it by `release`.
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self, timeout: float | None) -> bool:
        return self._lock.acquire(timeout=-1 if timeout is None else max(0.0, timeout))

    def release(self) -> None:
        # A failure and what was waited for may come at the same time.
        with contextlib.suppress(RuntimeError):
            self._lock.release()


class RealFuture:
    """A value that somebody will set and others wait for."""

    __slots__ = ("_parked", "_runtime", "done", "value")

    def __init__(self, runtime: RealRuntime) -> None:
        self._runtime = runtime
        self._parked: list[_Parking] = []
        self.done = False
        self.value: object = None

    def set(self, value: object = None) -> None:
        """Set the value and wake whoever waits; later calls change nothing."""
        with self._runtime.mutex():
            if self.done:
                return
            self.value = value
            self.done = True
            parked, self._parked = self._parked, []
        for parking in parked:
            parking.release()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the value is set; False when `timeout` seconds pass first."""
        parking = _Parking()
        with self._runtime.mutex():
            if self.done:
                return True
            self._parked.append(parking)
        self._runtime.park(parking, timeout)
        # The time was up. The value may come even now; then it counts.
        if not self.done:
            with self._runtime.mutex():
                if parking in self._parked:
                    self._parked.remove(parking)
        return self.done


class RealTask:
    """A function on a thread of its own."""

    def __init__(self, runtime: RealRuntime, name: str, world: RealWorld | None):
        self.name = name
        self.world = world
        self.result: object = None
        self._finished = RealFuture(runtime)

    @property
    def done(self) -> bool:
        """Whether the task has ended."""
        return self._finished.done

    def join(self, timeout: float | None = None) -> bool:
        """Block until the task is done; False when `timeout` seconds pass first."""
        return self._finished.wait(timeout)

    def finish(self) -> None:
        """Wake whoever joins the task."""
        self._finished.set()


class _TimerThread:
    """Calls callbacks when they are due, one at a time, on a thread of its own."""

    def __init__(self, fail: Callable[[BaseException], None]) -> None:
        self._fail = fail
        self._changed = threading.Condition()
        self._queue: list[tuple[float, int, CallbackTimer]] = []
        self._sequence = 0
        self._stopped = False
        self._thread: threading.Thread | None = None

    def add(self, due: float, timer: CallbackTimer) -> None:
        with self._changed:
            self._sequence += 1
            heapq.heappush(self._queue, (due, self._sequence, timer))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="timers", daemon=True
                )
                self._thread.start()
            # Only one that is due before all others shortens the wait.
            if self._queue[0][2] is timer:
                self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()
        # A callback may end the run, and no thread can join itself.
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _next(self) -> CallbackTimer | None:
        """Wait for the next timer that is due; None when there will be none."""
        with self._changed:
            while not self._stopped:
                if not self._queue:
                    self._changed.wait()
                    continue
                left = self._queue[0][0] - time.monotonic()
                if left <= 0:
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(left)
            return None

    def _run(self) -> None:
        # Callbacks run without the lock, so that they can set timers and others too.
        while (timer := self._next()) is not None:
            if timer.cancelled:
                continue
            try:
                timer.callback(*timer.arguments)
            except BaseException as error:
                self._fail(error)


class RealRuntime(interface.Runtime):
    """Threads and the wall clock; the streams come from `seed`."""

    simulated: ClassVar[bool] = False

    def __init__(self, seed: int = 0, *, facts: Facts | None = None) -> None:
        self._began = time.monotonic()
        self._lock = threading.RLock()  # first: it is `mutex`, which the base asks for
        super().__init__(seed, facts)
        self._local = threading.local()
        self._failure: BaseException | None = None
        self._main: threading.Thread | None = None
        self._main_parking: _Parking | None = None
        self._parked: set[_Parking] = set()  # where the other tasks wait
        self._over = False
        self._timers = _TimerThread(self.fail)
        self._incarnations: dict[str, int] = {}

    def now(self) -> float:
        """The seconds on the wall since the runtime was made."""
        return time.monotonic() - self._began

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for `seconds`."""
        self.park(_Parking(), seconds)

    def park(self, parking: _Parking, timeout: float | None) -> None:
        """Block until released or timed out; raises the run's failure in main."""
        # Only main raises the failure: it is where the run ends.
        if threading.current_thread() is not self._main:
            self._park_task(parking, timeout)
            return
        with self._lock:
            self._raise_failure()
            self._main_parking = parking
        try:
            parking.wait(timeout)
        finally:
            with self._lock:
                self._main_parking = None
        self._raise_failure()

    def _park_task(self, parking: _Parking, timeout: float | None) -> None:
        # The end of the run either finds the parking here or is seen here.
        self._parked.add(parking)
        if not self._over:
            parking.wait(timeout)
        self._parked.discard(parking)
        self._end_dead_task()

    def _raise_failure(self) -> None:
        # Once: main may catch it and go on.
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _end_dead_task(self) -> None:
        world = self.current_world()
        if self._over or (world is not None and not world.alive):
            # A thread that the program started by itself ends quietly by this one.
            raise WorldKilled if hasattr(self._local, "world") else SystemExit

    def spawn(
        self,
        function: Callable[..., object],
        *args: object,
        name: str = "",
        world: interface.World | None = None,
    ) -> RealTask:
        """Run `function(*args)` on a thread of its own."""
        home = world or self.current_world()
        assert home is None or isinstance(home, RealWorld)
        title = name or getattr(function, "__name__", "task")
        # Daemons: no thread can be made to end, and none may keep the process alive.
        task = RealTask(self, title, home)
        threading.Thread(
            target=self._run_task, args=(task, function, args), name=title, daemon=True
        ).start()
        return task

    def _run_task(
        self,
        task: RealTask,
        function: Callable[..., object],
        args: tuple[object, ...],
    ) -> None:
        self._local.world = task.world
        try:
            task.result = function(*args)
        except WorldKilled:
            return
        except BaseException as error:
            self._task_raised(task, error)
        finally:
            # However it ended, nobody who joins it may wait for ever.
            task.finish()

    def _task_raised(self, task: RealTask, error: BaseException) -> None:
        # What a killed world's tasks still raise is nobody's failure.
        if task.world is None:
            self.fail(error)
        elif task.world.alive:
            failure = TaskFailed(
                report.task_failed(task, error), worlds=[task.world.name]
            )
            failure.__cause__ = error
            self.fail(failure)

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object
    ) -> CallbackTimer:
        """Call `callback(*args)` in `delay` seconds, on the timer thread."""
        timer = CallbackTimer(callback, args)
        self._timers.add(time.monotonic() + delay, timer)
        return timer

    def future(self) -> RealFuture:
        """A new future."""
        return RealFuture(self)

    def mutex(self) -> AbstractContextManager[object]:
        """The runtime's own lock, which may be taken again by its holder."""
        return self._lock

    def fail(self, error: BaseException) -> None:
        """Raise `error` in main, at once if it waits, else when it next does."""
        with self._lock:
            # The first is the run's; what fails after it may come of it.
            if self._failure is None:
                self._failure = error
            if self._main_parking is not None:
                self._main_parking.release()
                self._main_parking = None

    def run(self, main: Callable[[], T]) -> T:
        """Run `main` in the calling thread; raises its, or the first, failure."""
        # A run's time begins with it, as in a simulation.
        self._main = threading.current_thread()
        self._began = time.monotonic()
        try:
            result = main()
            self._raise_failure()
            return result
        finally:
            self._main = None
            self._timers.stop()
            self._end_tasks()

    def _end_tasks(self) -> None:
        """Wake the tasks that still wait, to end there."""
        # First this: a task that begins to wait now looks at it (`_park_task`).
        self._over = True
        for parking in list(self._parked):
            parking.release()

    def world(
        self,
        name: str,
        *,
        roots: Sequence[Path],
        packages: Collection[str] | None = None,
    ) -> RealWorld:
        """Make a world called `name`, with module copies of its own."""
        incarnation = self._incarnations[name] = self._incarnations.get(name, 0) + 1
        return RealWorld(name, incarnation, roots, packages)

    def current_world(self) -> RealWorld | None:
        """The world of the calling thread's task."""
        # None as well for a thread that a program started by itself.
        world: RealWorld | None = getattr(self._local, "world", None)
        return world
