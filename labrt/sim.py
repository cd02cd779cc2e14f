"""Deterministic virtual time: one thread, greenlets, one seeded scheduler.

A task runs until it blocks. Then one of the ready tasks, picked by the seed, goes
on; when none is ready, the clock jumps to the next timer. Time passes in no other
way, so a run is as fast as its events, and every run of one seed is the same run.

The rules that keep it so:

* the order of timers is (due time, order of creation), never memory or dict order;
* who runs next, and where a task is switched out, is drawn from the seed alone;
* callbacks, and the harness's own code between two blocking calls, are atomic;
* a task of a killed world is off every queue before anything else happens.

Tasks are switched directly, from the one that blocks to the one that goes on:
there is no scheduler task in between, and ``_pick`` runs on the stack of whoever
blocks. ``current`` is therefore set by the one that switches, never by the one
that is switched to.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from heapq import heapify, heappop, heappush
from pathlib import Path
from typing import ClassVar, TypeVar, cast

from greenlet import getcurrent, greenlet

from labrt import report
from labrt import runtime as interface
from labrt.active import activate, deactivate
from labrt.collector import patient_collector
from labrt.errors import Deadlock, LockStuck, RuntimeFailure, TaskFailed, WorldKilled
from labrt.simtask import SimFuture, SimTask, SimTimer
from labrt.simworld import SimWorld, simulated_sources
from labrt.streams import derive
from labrt.trace import Trace
from labrt.watch import InterruptWatch, RunawayWatch

T = TypeVar("T")

# A preempted task comes back after this many seconds at most, so that even code
# that only polls a lock lets virtual time pass.
PREEMPTION_DELAY = 50e-6

_MANY_TIMERS = 4096
_NO_LOCK = nullcontext()


class SimRuntime(interface.Runtime):
    """Virtual time under a seed.

    ``preempt_every`` is the mean number of preemption points (lock operations and,
    with ``preempt_lines``, every statement of world code) between two switches that
    the seed adds. ``lock_patience`` is how many seconds of virtual time a task may
    wait for a lock before the run fails with ``LockStuck`` (None: for ever).
    ``runaway_seconds`` is how much processor time a task of a world may use without
    blocking before the run fails with ``Runaway``. ``output`` receives each line
    that a world prints, as (time, world, text).
    """

    simulated: ClassVar[bool] = True

    def __init__(
        self,
        seed: int = 0,
        *,
        trace: Trace | None = None,
        preempt_every: int = 24,
        preempt_lines: bool = False,
        lock_patience: float | None = None,
        runaway_seconds: float = 2.0,
        output: Callable[[float, str, str], None] = report.print_line,
    ) -> None:
        super().__init__(seed, trace)
        self.sources = simulated_sources(preempt_lines=preempt_lines)
        self.lock_patience = lock_patience
        self.runaway_seconds = runaway_seconds
        self.output = output
        self.dying = False
        self.steps = 0
        self._now = 0.0
        self._sequence = 0
        self._task_count = 0
        self._ready: list[SimTask] = []
        self._timers: list[tuple[float, int, SimTask | SimTimer, int]] = []
        self._timer_limit = _MANY_TIMERS
        # Greenlets that finished their task and wait for another.
        self._idle: list[greenlet] = []
        self._nursery: greenlet
        # Greenlets of killed tasks that could not be unwound on the spot.
        self._zombies: list[greenlet] = []
        # Insertion-ordered: what is killed at the end is killed in this order.
        self._tasks: dict[SimTask, None] = {}
        self._worlds: dict[SimWorld, None] = {}
        self._incarnations: dict[str, int] = {}
        self._failure: BaseException | None = None
        self._nobody = SimTask(self, _nothing, (), "a callback", None)
        self._main = self._nobody
        self.current: SimTask = self._nobody
        self._pick_number = random.Random(derive(seed, "scheduler")).random
        self._preempt_number = random.Random(derive(seed, "preemption")).random
        self._preempt_every = preempt_every
        self.countdown = self._next_countdown()

    # Time and tasks, as every Runtime has them.

    def now(self) -> float:
        """Return the virtual seconds that have passed since the run began."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` of virtual time pass for the calling task."""
        task = self.current
        if task.killed or self.dying:
            raise WorldKilled
        self._sequence += 1
        due = self._now + seconds if seconds > 0 else self._now
        heappush(self._timers, (due, self._sequence, task, task.epoch))
        following = self._pick()
        self.current = following
        if following is not task:
            (following.greenlet or self._start(following)).switch()

    def spawn(
        self,
        function: Callable[..., object],
        *args: object,
        name: str = "",
        world: interface.World | None = None,
    ) -> SimTask:
        """Make ``function(*args)`` a task that is ready to run."""
        home = self.current.world if world is None else cast(SimWorld, world)
        task = SimTask(self, function, args, name or _name_of(function), home)
        if home is None:
            self._tasks[task] = None
        elif home.alive:
            home.tasks[task] = None
        else:
            task.killed = task.done = True
            return task
        self._ready.append(task)
        return task

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object
    ) -> SimTimer:
        """Call ``callback(*args)`` in ``delay`` seconds, outside every world."""
        timer = SimTimer(callback, args)
        self._sequence += 1
        heappush(self._timers, (self._now + delay, self._sequence, timer, 0))
        return timer

    def future(self) -> SimFuture:
        """Return a new future."""
        return SimFuture(self)

    def mutex(self) -> AbstractContextManager[object]:
        """Return a lock that is free: code that does not block is atomic here."""
        return _NO_LOCK

    def current_world(self) -> SimWorld | None:
        """Return the world of the running task, None outside every world."""
        return self.current.world

    def count_task(self) -> int:
        """Return the running number of a new task."""
        self._task_count += 1
        return self._task_count

    # What locks, queues and futures are made of.

    def block(self, reason: object, timeout: float | None = None) -> bool:
        """Switch the running task out until ``wake``, or until the time is up.

        Returns whether it was woken. ``reason`` is what a deadlock report shows.
        """
        task = self.current
        if task.killed or self.dying:
            raise WorldKilled
        if timeout is not None:
            self._sequence += 1
            due = self._now + timeout if timeout > 0 else self._now
            heappush(self._timers, (due, self._sequence, task, task.epoch))
        task.blocked_on = reason
        following = self._pick()
        self.current = following
        if following is not task:
            (following.greenlet or self._start(following)).switch()
        task.blocked_on = None
        return task.woken

    def wake(self, task: SimTask) -> None:
        """Make a task ready that is blocked; to a killed task nothing happens."""
        if task.killed:
            return
        task.epoch += 1
        task.woken = True
        self._ready.append(task)

    def point(self) -> None:
        """Pass a preemption point: where the seed says so, switch."""
        self.countdown -= 1
        if self.countdown <= 0:
            self.preempt()

    def preempt(self) -> None:
        """Switch the running task out for a moment; the seed said so."""
        self.countdown = self._next_countdown()
        if self.current.world is not None and not self.dying:
            self.sleep(self._preempt_number() * PREEMPTION_DELAY)

    def _next_countdown(self) -> int:
        return int(self._preempt_number() * 2 * self._preempt_every) + 1

    def watch_lock(self, task: SimTask, lock: object) -> None:
        """Fail the run if ``task`` still waits for ``lock`` when patience ends."""
        task.waiting_since = self._now
        if self.lock_patience is not None:
            self.call_later(self.lock_patience, self._check_lock, task, lock, self._now)

    def _check_lock(self, task: SimTask, lock: object, since: float) -> None:
        if task.blocked_on is lock and task.waiting_since == since and not task.killed:
            self.fail(LockStuck(report.stuck_lock(task, lock, self._now - since)))

    # Choosing what happens next.

    def _pick(self) -> SimTask:
        """Return the task that goes on, letting time pass until there is one."""
        ready = self._ready
        while True:
            if self._failure is not None:
                return self._raise_in_main()
            count = len(ready)
            if count == 1:
                self.steps += 1
                return ready.pop()
            if count:
                self.steps += 1
                index = int(self._pick_number() * count)
                last = ready.pop()
                if index == count - 1:
                    return last
                chosen = ready[index]
                ready[index] = last
                return chosen
            self._advance()

    def _advance(self) -> None:
        """Jump to the next timer and let everything happen that is due then."""
        timers = self._timers
        if not timers:
            self._failure = Deadlock(report.deadlock(self.unfinished_tasks()))
            return
        if len(timers) > self._timer_limit:
            self._drop_stale_timers()
        due = timers[0][0]
        if due > self._now:
            self._now = due
        while timers and timers[0][0] == due:
            _, _, target, epoch = heappop(timers)
            if type(target) is SimTask:
                if target.epoch == epoch and not target.killed:
                    target.epoch = epoch + 1
                    target.woken = False
                    self._ready.append(target)
            elif not target.cancelled:
                self._call_back(target)

    def _call_back(self, timer: SimTimer) -> None:
        self.current = self._nobody
        try:
            timer.callback(*timer.arguments)
        except BaseException as error:
            self.fail(error)

    def _drop_stale_timers(self) -> None:
        """Forget the timers that can no longer do anything.

        The next time comes when there are twice as many as are left now, which
        keeps the cost of a timer constant.
        """
        self._timers[:] = [entry for entry in self._timers if not _is_stale(entry)]
        heapify(self._timers)
        self._timer_limit = max(_MANY_TIMERS, 2 * len(self._timers))

    def _start(self, task: SimTask) -> greenlet:
        """Return what to switch to for a new task to start.

        A greenlet that has finished its task is used again.
        """
        if not self._idle:
            return self._nursery
        task.greenlet = self._idle.pop()
        return task.greenlet

    def _nurse(self) -> None:
        """Start greenlets, whoever wants one, from the bottom of this one's stack.

        A greenlet's recursion depth is counted from where it was started. Tasks that
        started each other would add theirs up, and a hundred reach the limit.
        """
        while True:
            fresh = self.current.greenlet = greenlet(self._work)
            fresh.switch()

    def _work(self) -> None:
        """Run tasks, one after the other, on one greenlet."""
        __tracebackhide__ = True
        me = getcurrent()
        while True:
            task = self.current
            try:
                task.result = task.function(*task.arguments)
            except WorldKilled:
                pass
            except BaseException as error:
                self._task_raised(task, error)
            if self.dying:
                # This greenlet is being unwound and its parent waits for the end.
                return
            self._finish(task)
            following = self._pick()
            self.current = following
            if following.greenlet is None:
                following.greenlet = me
                continue
            self._idle.append(me)
            del task
            following.greenlet.switch()

    def _finish(self, task: SimTask) -> None:
        task.greenlet = None
        (self._tasks if task.world is None else task.world.tasks).pop(task, None)
        task.finish()

    def _task_raised(self, task: SimTask, error: BaseException) -> None:
        if self.dying or task.killed:
            return
        if task.world is None or isinstance(error, (KeyboardInterrupt, RuntimeFailure)):
            self.fail(error)
            return
        failure = TaskFailed(report.task_failed(task, error))
        failure.__cause__ = error
        self.fail(failure)

    # Failing and ending.

    def fail(self, error: BaseException) -> None:
        """End the run: ``error`` is raised in main as soon as anybody blocks.

        The first failure counts; what fails later, on the way out, is dropped.
        """
        if self._failure is None and not self.dying:
            self._failure = error

    def fail_now(self, error: BaseException) -> None:
        """End the run from a task that cannot go on; does not return to it."""
        if self.dying:
            raise error
        self.fail(error)
        self._raise_in_main()

    def _raise_in_main(self) -> SimTask:
        """Raise the failure in main; returns when the caller is switched to again."""
        __tracebackhide__ = True
        main, error = self._main, self._failure
        assert main.greenlet is not None
        assert error is not None
        self._failure = None
        main.epoch += 1
        if main in self._ready:
            self._ready.remove(main)
        self.current = main
        if main.greenlet is getcurrent():
            raise error
        main.greenlet.throw(type(error), error, error.__traceback__)
        return self.current

    def unfinished_tasks(self) -> list[SimTask]:
        """Return every task that is not finished, the oldest first."""
        tasks = list(self._tasks)
        for world in self._worlds:
            tasks.extend(world.tasks)
        return sorted(tasks, key=lambda task: task.number)

    def run(self, main: Callable[[], T]) -> T:
        """Run ``main`` as the first task; every other task ends with it.

        Raises the first failure of any task, of a callback or of main itself, and
        ``UsageError`` when a simulation is running in this process already.
        """
        __tracebackhide__ = True
        activate(self)
        self._main = SimTask(self, main, (), "main", None)
        self._main.greenlet = getcurrent()
        self._nursery = greenlet(self._nurse)
        self._tasks[self._main] = None
        self.current = self._main
        try:
            with patient_collector(), RunawayWatch(self), InterruptWatch(self):
                result = main()
                if self._failure is not None:
                    raise self._failure
                return result
        finally:
            self._close()
            deactivate()

    def _close(self) -> None:
        """Kill every world and task, so that nothing outlives the run."""
        for world in list(self._worlds):
            world.kill()
        self.kill_tasks([task for task in self._tasks if task is not self._main])
        self._nursery.throw()
        self._tasks.clear()
        self._timers.clear()
        self._ready.clear()
        self._idle.clear()

    def kill_tasks(self, tasks: Sequence[SimTask]) -> None:
        """Take the tasks off every queue, then unwind them.

        All of them are marked before the first is unwound, so that none can wake
        another. The running task, if it is among them, ends when it next blocks.
        """
        running, here = self.current, getcurrent()
        for task in tasks:
            task.killed = True
            task.epoch += 1
            if task is not running and task.greenlet is not None:
                self._zombies.append(task.greenlet)
        self._ready[:] = [task for task in self._ready if not task.killed]
        was_dying, self.dying = self.dying, True
        for zombie in self._zombies:
            if zombie is not here:
                zombie.parent = here
                zombie.throw(WorldKilled)
        # A callback may run on the stack of a task that it kills: that one stays.
        self._zombies = [zombie for zombie in self._zombies if zombie is here]
        self.dying = was_dying
        self.current = running
        for task in tasks:
            task.finish()

    # Worlds.

    def world(
        self,
        name: str,
        *,
        roots: Sequence[Path],
        packages: Collection[str] | None = None,
    ) -> SimWorld:
        """Make a world called ``name``; each of that name is a new incarnation."""
        incarnation = self._incarnations.get(name, 0) + 1
        self._incarnations[name] = incarnation
        world = SimWorld(self, name, incarnation, roots, packages)
        self._worlds[world] = None
        if self.trace is not None:
            self.trace.add("start", name, f"incarnation {incarnation}")
        return world

    def forget_world(self, world: SimWorld) -> None:
        """Drop a world that has been killed."""
        self._worlds.pop(world, None)
        if self.trace is not None:
            self.trace.add("kill", world.name, f"incarnation {world.incarnation}")


def _nothing() -> None:
    """Stand in for the function of the pseudo-task that callbacks run as."""


def _name_of(function: Callable[..., object]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _is_stale(entry: tuple[float, int, SimTask | SimTimer, int]) -> bool:
    target = entry[2]
    if isinstance(target, SimTimer):
        return target.cancelled
    return target.killed or target.epoch != entry[3]
