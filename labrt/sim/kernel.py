"""The kernel of a simulation: one thread, greenlets, a clock, one seeded scheduler.

A task runs until it blocks. Then one of the ready tasks, picked by the seed, goes
on; when none is ready, the clock jumps to the next timer. Time passes in no other
way, so a run is as fast as its events, and every run of one seed is the same run.

The rules that keep it so:

- time is counted in whole nanoseconds, so that ten sleeps of 0.1 end when one of 1
  does, whatever the last bits of a float say;
- the order of timers is (due time, order of creation), never memory or dict order;
- who runs next, and where a task is switched out, is drawn from the seed alone;
- callbacks, and the harness's own code between two blocking calls, are atomic;
- a task of a killed world is off every queue before anything else happens.

A task is in one state at a time (`State`), and each change has one place:

- ready to running: whoever switches to what `_pick` returned;
- running to blocked: `block` (on a list of waiters) and `sleep` (on the clock);
- blocked to ready: `wake` (it was given what it waited for) and `_expire` (its
  time was up), whichever comes first; the other one finds nothing left to do;
- anything to done: `_finish` (its function ended) and `kill_tasks`.

A blocked task is on one list of waiters, has one live timer, or both. What makes it
ready takes it off the list and, by counting `epoch` up, makes its timer stale. So
a wake-up is never spent on a task whose time was up at the same instant, and an old
timer never ends a later wait. Assertions hold the changes to this; with `debug` every
list is checked after every switch as well (`labrt.sim.invariants`).

Tasks are switched directly, from the one that blocks to the one that goes on:
there is no scheduler task in between, and `_pick` runs on the stack of whoever
blocks. `current` is therefore set by the one that switches, never by the one
that is switched to.

The kernel knows neither worlds nor reports. Of a world it knows what a task needs
(`Home`); what is to be said of a failure, and what is to be done now and then, are
methods that `labrt.sim.runtime` fills in.
"""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from heapq import heapify, heappop, heappush
from typing import ClassVar, NoReturn, TypeVar, cast

from greenlet import getcurrent, greenlet

from labrt import runtime as interface
from labrt.errors import RuntimeFailure, WorldKilled
from labrt.facts import Facts
from labrt.sim.course import STEPS_BETWEEN_MARKS, Course
from labrt.sim.invariants import check
from labrt.sim.tasks import (
    BLOCKED,
    DONE,
    READY,
    RUNNING,
    THE_END,
    Home,
    SimFuture,
    SimTask,
    Waiters,
)
from labrt.streams import derive
from labrt.timers import CallbackTimer

T = TypeVar("T")

# A preempted task comes back after this many seconds at most, so that even code
# that only polls a lock lets virtual time pass.
PREEMPTION_DELAY = 50e-6

# And now and then after as many at most. A message travels 100 to 500 microseconds:
# only who is gone for longer comes back to a server that others have changed meanwhile.
LONG_PREEMPTION_DELAY = 5e-3

# Added to a float and taken away again, it leaves a whole number: so large that the
# floats around it have no fraction. The cheapest rounding there is; up to 26 days.
WHOLE = 1.5 * 2.0**52

# What is left of a time is not always a whole number of nanoseconds, and may round to
# none at all. A loop that waits for it, as `wait_for` and `Queue.get` do, would then
# wait for ever, without any time passing. So a wait takes one nanosecond at least.
LEAST = 1.0

_MANY_TIMERS = 4096
_NO_LOCK = nullcontext()


class Kernel(interface.Runtime):
    """Tasks, time and who goes on; made complete by `labrt.sim.runtime`.

    `preempt_every` is the mean number of preemption points between two switches that
    the seed adds, and one in `preempt_long_every` of these is a long one.
    `lock_patience` is how many seconds a task may wait for a lock, None for ever.
    `sweep_every` is after how many steps `sweep` is due.
    """

    simulated: ClassVar[bool] = True

    def __init__(
        self,
        seed: int,
        facts: Facts | None,
        *,
        preempt_every: int,
        preempt_long_every: int,
        lock_patience: float | None,
        sweep_every: int,
        debug: bool,
    ) -> None:
        super().__init__(seed, facts)
        # Bound once: it is called at every switch, and a subclass's hook would cost.
        self._choose = self._checked_pick if debug else self._pick
        self.lock_patience = lock_patience
        # True while killed tasks are unwound: nothing blocks, wakes or fails then.
        self.dying = False
        # Whether Ctrl-C is raised in main alone: then what raises the same elsewhere
        # is a program's own mistake.
        self.takes_interrupts = False
        # How often a task was chosen; with `now`, all that says how far a run is.
        self.steps = 0
        self._sweep_every = sweep_every
        self.sweep_at = sweep_every
        self._mark_at = 0
        self.course = Course()
        # Whole nanoseconds in a float: exact for a hundred days, and fast.
        self._now = 0.0
        # Of timers, in order of creation: no two entries of the heap are ever equal, so
        # that it never compares tasks, and equal due times keep that order.
        self._sequence = 0
        self._task_count = 0
        # In no order that means anything: `_pick` draws, and closes the gap with the
        # last one, which costs the same however many are ready.
        self._ready: list[SimTask] = []
        # A heap of (due, sequence, whom, epoch). Timers of waits that have ended stay
        # in it, recognised by their epoch: to search for them would cost more.
        self._timers: list[tuple[float, int, SimTask | CallbackTimer, int]] = []
        self._timer_limit = _MANY_TIMERS
        # Greenlets that finished their task and wait for another.
        self._idle: list[greenlet] = []
        self._nursery: greenlet
        # Greenlets of killed tasks that could not be unwound on the spot.
        self._zombies: list[greenlet] = []
        # Greenlets that stand where they raised a failure in main.
        self._stranded: list[greenlet] = []
        # Insertion-ordered: what is killed at the end is killed in this order.
        # Those of no world; a world keeps its own.
        self._tasks: dict[SimTask, None] = {}
        self.homes: dict[Home, None] = {}
        self._failure: BaseException | None = None
        # What `current` is during a callback. It is done, so that it cannot block.
        self._nobody = SimTask(self, _nothing, (), "a callback", None)
        self._nobody.state = DONE
        self._main = self._nobody
        self.current: SimTask = self._nobody
        # Two generators, so that a lock more or less (which counts down to preemption)
        # does not change who is picked from then on.
        self._pick_number = random.Random(derive(seed, "scheduler")).random
        self._preempt_number = random.Random(derive(seed, "preemption")).random
        self._preempt_every = preempt_every
        self._long_chance = 1 / preempt_long_every
        self.countdown = self._next_countdown()
        self._choose_untold = self._choose
        self._tells_waits = False

    # What a whole runtime says and does; see `labrt.sim.runtime`.

    @abstractmethod
    def sweep(self) -> None:
        """Do what is due every so many steps, as a task of no world."""

    @abstractmethod
    def deadlock(self, tasks: Sequence[SimTask]) -> BaseException:
        """The failure of a run in which nothing can ever happen again."""

    @abstractmethod
    def stuck(self, task: SimTask, lock: object, waited: float) -> BaseException:
        """The failure of a run whose task has lost patience with a lock."""

    @abstractmethod
    def wait_ended(self, task: SimTask) -> None:
        """Take note of a world's task that goes on; only where waits are told."""

    @abstractmethod
    def wait_cut(self, task: SimTask) -> None:
        """Take note of a world's task that is killed; only where waits are told."""

    @abstractmethod
    def instant_over(self) -> None:
        """Take note that nobody is ready; only where waits are told."""

    @abstractmethod
    def failure_of(self, task: SimTask, error: BaseException) -> BaseException:
        """What ends the run when a world's task has raised an error."""

    # Time and tasks, as every Runtime has them.

    def now(self) -> float:
        """The virtual seconds that have passed since the run began."""
        return self._now / 1e9

    def now_ns(self) -> int:
        """The virtual nanoseconds that have passed since the run began."""
        return int(self._now)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of virtual time pass for the calling task."""
        # The hottest method there is, so what it shares with `block` stands in both.
        task = self.current
        if task.state is not RUNNING:
            self._refuse_to_block(task)
        self._sequence += 1
        due = self._now
        if seconds > 0:
            due += seconds * 1e9 + WHOLE - WHOLE or LEAST
        heappush(self._timers, (due, self._sequence, task, task.epoch))
        task.state = BLOCKED
        task.blocked_at = self._now
        # It may well choose the same task again: when nobody else has anything to do,
        # a sleep costs no switch of stacks.
        following = self._choose()
        following.state = RUNNING
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
        """Make `function(*args)` a task that is ready to run."""
        home = self.current.world if world is None else cast(Home, world)
        task = SimTask(self, function, args, name or _name_of(function), home)
        if home is None:
            self._tasks[task] = None
        elif home.alive:
            home.tasks[task] = None
        else:
            # A callback or a dying thread may still start threads for a world that is
            # gone. They must never run, and whoever joins one must not wait.
            task.killed = True
            task.state = DONE
            return task
        self._ready.append(task)
        return task

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object
    ) -> CallbackTimer:
        """Call `callback(*args)` in `delay` seconds, outside every world."""
        timer = CallbackTimer(callback, args)
        self._sequence += 1
        due = self._now
        # Unlike a wait, it may be due at once: nobody waits for it in a loop.
        if delay > 0:
            due += delay * 1e9 + WHOLE - WHOLE
        heappush(self._timers, (due, self._sequence, timer, 0))
        return timer

    def future(self) -> SimFuture:
        """A new future."""
        return SimFuture(self)

    def mutex(self) -> AbstractContextManager[object]:
        """A lock that is free: code that does not block is atomic here."""
        return _NO_LOCK

    def count_task(self) -> int:
        """The running number of a new task."""
        self._task_count += 1
        return self._task_count

    # What locks, queues and futures are made of.

    def block(
        self, reason: object, waiters: Waiters, timeout: float | None = None
    ) -> bool:
        """Put the running task at the end of `waiters` and switch it out.

        It goes on when somebody takes it off the list and wakes it, which returns
        True, or when `timeout` seconds have passed, which returns False; either
        way it is off the list by then. `reason` is what reports show.
        """
        task = self.current
        if task.state is not RUNNING:
            self._refuse_to_block(task)
        if timeout is not None:
            self._sequence += 1
            due = self._now
            if timeout > 0:
                due += timeout * 1e9 + WHOLE - WHOLE or LEAST
            heappush(self._timers, (due, self._sequence, task, task.epoch))
        # Last on the list: who has waited longest is woken first.
        waiters.append(task)
        task.waiters = waiters
        task.blocked_on = reason
        task.blocked_at = self._now
        task.state = BLOCKED
        following = self._choose()
        following.state = RUNNING
        self.current = following
        if following is not task:
            (following.greenlet or self._start(following)).switch()
        return task.woken

    def wake(self, task: SimTask) -> None:
        """Make a task ready that the caller has just taken off a list of waiters."""
        assert task.state is BLOCKED, f"{task.where} is woken while {task.state}"
        task.state = READY
        task.waiters = None
        # From here on the wait's timer, if it has one, is stale.
        task.epoch += 1
        task.woken = True
        self._ready.append(task)

    def wake_all(self, waiters: Waiters) -> None:
        """Make every task of a list of waiters ready, and the list empty."""
        for task in waiters:
            self.wake(task)
        waiters.clear()

    def _refuse_to_block(self, task: SimTask) -> NoReturn:
        """End a task of a killed world; nobody else gets here unless we are wrong."""
        assert task.killed or self.dying, "a callback must not block"
        raise WorldKilled

    @staticmethod
    def _leave_list(task: SimTask) -> None:
        """Take a blocked task off the list that it waits on, if it is on one."""
        if task.waiters is not None:
            task.waiters.remove(task)
            task.waiters = None

    def point(self) -> None:
        """Pass a preemption point: where the seed says so, switch."""
        self.countdown -= 1
        if self.countdown <= 0:
            self.preempt()

    def preempt(self) -> None:
        """Switch the running task out for a moment; the seed said so."""
        self.countdown = self._next_countdown()
        # The harness's own code is atomic between two blocking calls, and is written
        # so. Only code under test has to expect a switch anywhere.
        if self.current.world is not None and not self.dying:
            self.sleep(self._preemption_delay())

    def _preemption_delay(self) -> float:
        # One number says both whether it is long and, what is left of it, how long.
        number, chance = self._preempt_number(), self._long_chance
        if number < chance:
            return number / chance * LONG_PREEMPTION_DELAY
        return (number - chance) / (1 - chance) * PREEMPTION_DELAY

    def _next_countdown(self) -> int:
        return int(self._preempt_number() * 2 * self._preempt_every) + 1

    def lock_is_stuck(self, lock: object) -> NoReturn:
        """End the run: the running task's patience with a lock has ended."""
        task = self.current
        waited = self.now() - task.waiting_since
        self.fail_now(self.stuck(task, lock, waited))

    # Choosing what happens next.

    def _pick(self) -> SimTask:
        """The task that goes on, letting time pass until there is one."""
        ready = self._ready
        while True:
            # Before anybody goes on, so that nothing happens after a failure that its
            # report would have to explain.
            if self._failure is not None:
                return self._raise_in_main()
            count = len(ready)
            # Without a choice no number is drawn.
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

    def _checked_pick(self) -> SimTask:
        check(self._ready, self._timers, self.unfinished_tasks())
        return self._pick()

    def tell_waits(self, yes: bool) -> None:
        """Say whether waits are told from now on: where not, it costs nothing."""
        self._tells_waits = yes
        self._choose = self._choose_and_tell if yes else self._choose_untold

    def _choose_and_tell(self) -> SimTask:
        """Choose who goes on, and say so: this is where every wait ends."""
        if not self._ready:
            self.instant_over()
        task = self._choose_untold()
        # Whom a failure has stopped here, on its way to main, and main lets go on while
        # it cleans up, is running already: that has been told.
        if task.state is READY and task.world is not None:
            self.wait_ended(task)
        return task

    def _advance(self) -> None:
        """Jump to the next timer and let what is due then happen.

        Of several things that are due at one instant any may come first. A wait
        whose time is up may therefore, at the seed's choice, be passed over once
        more: then what else happens at this instant can still end it. Round timeouts
        make such instants common, and real threads see both orders.
        """
        if self.steps >= self._mark_at and self._mark():
            return
        timers = self._timers
        if len(timers) > self._timer_limit:
            self._drop_stale_timers()
        # The instant that is being dealt with; negative until a live timer was found.
        now = -1.0
        passed_over: list[SimTask] | None = None
        while timers:
            due, _, target, epoch = timers[0]
            if due > now >= 0:
                break
            heappop(timers)
            if type(target) is SimTask:
                if target.epoch != epoch:
                    continue
                # Only a live timer is a reason for time to pass.
                now = self._now = due
                if target.waiters is not None and self._passes_over():
                    passed_over = [*(passed_over or ()), target]
                else:
                    self._expire(target)
            elif not target.cancelled:
                # A callback may make tasks ready and add timers, also for this very
                # instant: the loop finds these as well.
                now = self._now = due
                self._call_back(target)
        if passed_over is not None:
            # Due still, but behind whatever else was added for this instant.
            for task in passed_over:
                self._sequence += 1
                heappush(timers, (now, self._sequence, task, task.epoch))
        if now < 0:
            self._failure = self.deadlock(self.unfinished_tasks())

    def _expire(self, task: SimTask) -> None:
        """Make a task ready whose time is up."""
        assert task.state is BLOCKED, f"{task.where}'s time is up while {task.state}"
        if task.waiters is not None:
            self._leave_list(task)
        task.state = READY
        task.epoch += 1
        task.woken = False
        self._ready.append(task)

    def _passes_over(self) -> bool:
        """Draw whether a wait that is due lets others go first, if there are any."""
        timers = self._timers
        others = self._ready or (timers and timers[0][0] <= self._now)
        return bool(others) and self._pick_number() < 0.5

    def _mark(self) -> bool:
        """Do what is due every so many steps; returns whether it made a task ready."""
        self._mark_at = self.steps + STEPS_BETWEEN_MARKS
        self.course.mark(self._now, self.steps)
        if self.steps < self.sweep_at:
            return False
        # Nobody else is ready, so this task goes on and no number is drawn for it.
        self._start_sweep()
        return True

    def _start_sweep(self) -> None:
        """Have a task of no world do what is due now and then; it may block.

        It is the same step of every run of a seed.
        """
        self.sweep_at = self.steps + self._sweep_every
        task = SimTask(self, self.sweep, (), "the cycle collector", None)
        self._tasks[task] = None
        self._ready.append(task)

    def _call_back(self, timer: CallbackTimer) -> None:
        # Whoever blocked last is `current` until now, and a callback is not that task.
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

    # Greenlets.

    def _start(self, task: SimTask) -> greenlet:
        """What to switch to for a new task to start.

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
            # The next thread on this greenlet begins with a context of its own.
            me.gr_context = None
            following = self._choose()
            following.state = RUNNING
            self.current = following
            # A new task can begin on this very greenlet, without a switch.
            if following.greenlet is None:
                following.greenlet = me
                continue
            self._idle.append(me)
            # An idle greenlet's stack must not keep a world's program alive.
            del task
            following.greenlet.switch()

    def _finish(self, task: SimTask) -> None:
        task.state = DONE
        task.greenlet = None
        (self._tasks if task.world is None else task.world.tasks).pop(task, None)
        task.wake_joiners()

    def _task_raised(self, task: SimTask, error: BaseException) -> None:
        # What a killed task raises on its way out is nobody's business any more.
        if self.dying or task.killed:
            return
        # The harness's own failures, and those of the runtime, say all by themselves.
        whole = isinstance(error, RuntimeFailure) or (
            isinstance(error, KeyboardInterrupt) and not self.takes_interrupts
        )
        if task.world is None or whole:
            self.fail(error)
            return
        failure = self.failure_of(task, error)
        failure.__cause__ = error
        self.fail(failure)

    # Failing and ending.

    def fail(self, error: BaseException) -> None:
        """End the run: `error` is raised in main as soon as anybody blocks.

        The first failure counts; what fails later, on the way out, is dropped. Only
        Ctrl-C comes before it: whoever sits there wants the end, not a report.
        """
        interrupted = isinstance(error, KeyboardInterrupt)
        if interrupted or (self._failure is None and not self.dying):
            self._failure = error

    def fail_now(self, error: BaseException) -> NoReturn:
        """End the run from a task that cannot go on; does not return to it."""
        assert not self.dying, "the run is ending already"
        self.fail(error)
        # It stays where it is, on no list and without a timer, until it is killed.
        self.current.state = BLOCKED
        self.current.blocked_on = THE_END
        self._raise_in_main()
        raise WorldKilled

    def _raise_in_main(self) -> SimTask:
        """Raise the failure in main; returns when the caller is switched to again."""
        __tracebackhide__ = True
        main, error = self._main, self._failure
        assert main.greenlet is not None
        assert error is not None
        # Taken before it is raised: main may go on waiting while it cleans up.
        self._failure = None
        if main.state is READY:
            self._ready.remove(main)
        # Whatever main waits for, it is gone when that happens or its time is up.
        self._leave_list(main)
        main.epoch += 1
        main.state = RUNNING
        self.current = main
        if main.greenlet is getcurrent():
            raise error
        # The task that stands here has blocked, as any other, and may go on while main
        # cleans up. If it does not, its greenlet has to be ended with the run.
        self._stranded.append(getcurrent())
        main.greenlet.throw(type(error), error, error.__traceback__)
        return self.current

    def unfinished_tasks(self) -> list[SimTask]:
        """Every task that is not finished, the oldest first."""
        tasks = list(self._tasks)
        for world in self.homes:
            tasks.extend(world.tasks)
        return sorted(tasks, key=lambda task: task.number)

    def is_main(self, task: SimTask) -> bool:
        """Whether a task is the run's first."""
        return task is self._main

    def run_main(self, main: Callable[[], T]) -> T:
        """Run `main` as the first task, on the caller's own stack."""
        __tracebackhide__ = True
        self._main = SimTask(self, main, (), "main", None)
        self._main.greenlet = getcurrent()
        self._main.state = RUNNING
        self._nursery = greenlet(self._nurse)
        self._tasks[self._main] = None
        self.current = self._main
        result = main()
        if self._failure is not None:
            raise self._failure
        return result

    def close(self) -> None:
        """Kill every task that is left, so that nothing outlives the run."""
        self.course.mark(self._now, self.steps)
        self.kill_tasks([task for task in self._tasks if task is not self._main])
        # A greenlet that is not ended keeps itself alive by its own stack, and the
        # run with it: the cycle collector does not look into it.
        for left in (*self._idle, *self._stranded, self._nursery):
            if not left.dead and left is not getcurrent():
                left.parent = getcurrent()
                left.throw()
        self._tasks.clear()
        self._timers.clear()
        self._ready.clear()
        self._idle.clear()
        self._stranded.clear()

    def kill_tasks(self, tasks: Sequence[SimTask]) -> None:
        """Take the tasks off every list, then unwind them.

        All of them are done before the first is unwound, so that none can wake
        another. The running task, if it is among them, ends when it next blocks.
        """
        running, here = self.current, getcurrent()
        if self._tells_waits:
            for task in tasks:
                if task.world is not None:
                    self.wait_cut(task)
        for task in tasks:
            # First of all, so that no lock is handed to a task that never takes it.
            self._leave_list(task)
            task.killed = True
            task.epoch += 1
            task.state = DONE
            if task is not running and task.greenlet is not None:
                self._zombies.append(task.greenlet)
        self._ready[:] = [task for task in self._ready if not task.killed]
        was_dying, self.dying = self.dying, True
        # What is unwound cannot block: to the locks and queues it is nobody.
        self.current = self._nobody
        for zombie in self._zombies:
            if zombie is not here:
                # It ends by returning to its parent, which has to be this place.
                zombie.parent = here
                zombie.throw(WorldKilled)
        # A callback may run on the stack of a task that it kills: that one stays.
        self._zombies = [zombie for zombie in self._zombies if zombie is here]
        self.dying = was_dying
        self.current = running
        # Last: who waits for a killed task must find everything that it held let go.
        for task in tasks:
            task.wake_joiners()


def _nothing() -> None:
    """Stand in for the function of the pseudo-task that callbacks run as."""


def _name_of(function: Callable[..., object]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _is_stale(entry: tuple[float, int, SimTask | CallbackTimer, int]) -> bool:
    target = entry[2]
    if isinstance(target, CallbackTimer):
        return target.cancelled
    return target.epoch != entry[3]
