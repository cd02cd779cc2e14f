"""The simulation: the kernel, worlds, and what is said when a run fails.

`SimRuntime` is what a caller makes and runs. How time passes and who goes on is the
kernel's part (`labrt.sim.kernel`); here worlds are made, each with the modules that
`labrt.sim.modules` has for it, and failures are put into words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TypeVar, cast

from labrt.errors import Deadlock, LockStuck, TaskFailed
from labrt.facts import Facts, ProgramEnded, ProgramStarted, printed
from labrt.report import print_line, task_failed
from labrt.runtime import Waiting
from labrt.sim import reports
from labrt.sim.active import activate, deactivate
from labrt.sim.collector import (
    STEPS_BETWEEN,
    STEPS_OF_A_WORLD,
    collect,
    steady_collector,
)
from labrt.sim.guards import InterruptWatch, RunawayWatch
from labrt.sim.kernel import Kernel
from labrt.sim.modules import table
from labrt.sim.tasks import SimTask
from labrt.sim.waits import EndedWaits
from labrt.sim.world import SimWorld, living_worlds, simulated_sources

T = TypeVar("T")

# How many preemptions there are to a long one: of all, and where each statement is a
# point. With the latter races are looked for; without, a run is to take its usual
# course, and most preemptions come in the middle of a lock's life.
_LONG_EVERY = {False: 64, True: 16}


class SimRuntime(Kernel):
    """Virtual time under a seed.

    `preempt_every` is the mean number of preemption points (lock operations and,
    with `preempt_lines`, every statement of world code) between two switches that
    the seed adds. One in `preempt_long_every` of them lasts up to 5 ms (None: one in 16
    with `preempt_lines`, else one in 64), all others up to 50 microseconds.
    `lock_patience` is how many seconds of virtual time a task may
    wait for a lock before the run fails with `LockStuck` (None: for ever).
    `runaway_seconds` is how much processor time a task of a world may use without
    blocking before the run fails with `Runaway`. `output` receives each line
    that a world prints, as (time, world, text). `debug` checks the scheduler's own
    lists after every switch, which makes a run many times slower.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        facts: Facts | None = None,
        preempt_every: int = 24,
        preempt_lines: bool = False,
        preempt_long_every: int | None = None,
        lock_patience: float | None = None,
        runaway_seconds: float = 2.0,
        output: Callable[[float, str, str], None] = print_line,
        debug: bool = False,
    ) -> None:
        super().__init__(
            seed,
            facts,
            preempt_every=preempt_every,
            preempt_long_every=preempt_long_every or _LONG_EVERY[preempt_lines],
            lock_patience=lock_patience,
            sweep_every=STEPS_BETWEEN,
            debug=debug,
        )
        self.runaway_seconds = runaway_seconds
        self._output = output
        self.sources = simulated_sources(preempt_lines=preempt_lines)
        self._incarnations: dict[str, int] = {}
        self._lock_search = reports.LockSearch()
        self._ended_waits = EndedWaits()
        self._tell_wait: Callable[[Waiting], object] = _tell_nobody

    def run(self, main: Callable[[], T]) -> T:
        """Run `main` as the first task; every other task ends with it.

        Raises the first failure of any task, of a callback or of main itself, and
        `UsageError` when a simulation is running in this process already.
        """
        __tracebackhide__ = True
        # Outermost, so that Ctrl-C can neither leave a run behind that is still called
        # the running one, nor cut the ending of this one short.
        with InterruptWatch(self), steady_collector():
            activate(self)
            try:
                with RunawayWatch(self, self.runaway_seconds):
                    return self.run_main(main)
            finally:
                # Whatever goes wrong at the end of this run, another can follow.
                try:
                    self._end_worlds()
                    self.close()
                finally:
                    deactivate()

    # Worlds.

    def world(
        self,
        name: str,
        *,
        roots: Sequence[Path],
        packages: Collection[str] | None = None,
    ) -> SimWorld:
        """Make a world called `name`; each of that name is a new incarnation."""
        incarnation = self._incarnations.get(name, 0) + 1
        self._incarnations[name] = incarnation
        world = SimWorld(
            self,
            name,
            incarnation,
            roots,
            packages,
            sources=self.sources,
            substitute=table.substitute,
            output=partial(self._printed, name),
            on_kill=self._forget,
        )
        self.homes[world] = None
        if self.facts is not None:
            self.facts.emit(ProgramStarted(server=name, incarnation=incarnation))
        return world

    def current_world(self) -> SimWorld | None:
        """The world of the running task, None outside every world."""
        return cast(SimWorld | None, self.current.world)

    def _printed(self, world: str, text: str) -> None:
        self._output(self.now(), world, text)
        if self.facts is not None:
            self.facts.emit(printed(world, text))

    def _forget(self, world: SimWorld) -> None:
        """Drop a world that has been killed."""
        self.homes.pop(world, None)
        # It leaves a whole program behind, so garbage is collected sooner.
        self.sweep_at -= STEPS_OF_A_WORLD
        if self.facts is not None:
            ended = ProgramEnded(server=world.name, incarnation=world.incarnation)
            self.facts.emit(ended)

    def _end_worlds(self) -> None:
        for world in living_worlds(self):
            world.kill()

    # Reports.

    def stuck_locks(self, seconds: float) -> list[str]:
        """Say of each task that has waited so long for a lock where, and for whom."""
        return reports.stuck_locks(self.unfinished_tasks(), self.now(), seconds)

    def waits(self) -> list[Waiting]:
        """What each thread of each world waits for, since when, and at which line."""
        return reports.waits(self.unfinished_tasks())

    def follow_waits(self, tell: Callable[[Waiting], object]) -> Callable[[], object]:
        """Have `tell` called of every wait of a world's thread, when it has ended."""
        self._tell_wait = tell
        self.tell_waits(True)
        return self._stop_telling

    def held_locks(self) -> Sequence[reports.Held]:
        """The locks that the running task holds, as far as its frames show them."""
        return self._lock_search.held_by(self.current)

    def own_frames(self) -> Sequence[FrameType]:
        """The frames of the running task in its world's own code, innermost first."""
        return reports.own_frames(self.current)

    # What the kernel leaves open.

    def sweep(self) -> None:
        """Collect garbage: finalizers may block, as any code may."""
        collect(living_worlds(self))

    def deadlock(self, tasks: Sequence[SimTask]) -> Deadlock:
        """Say who is blocked where, and on what."""
        return Deadlock(reports.deadlock(tasks), worlds=_worlds_of(*tasks))

    def stuck(self, task: SimTask, lock: object, waited: float) -> LockStuck:
        """Say who waits for which lock, and what its holder does."""
        failure = LockStuck(
            reports.stuck_lock(task, lock, waited),
            worlds=_worlds_of(task, getattr(lock, "holder", None)),
        )
        return failure.with_traceback(reports.traceback_of(task))

    def wait_ended(self, task: SimTask) -> None:
        """Take note of the wait of a task that goes on."""
        with _never_mind_the_depth():
            self._ended_waits.end(task, self._now)

    def wait_cut(self, task: SimTask) -> None:
        """Tell what a task has waited for that is killed."""
        with _never_mind_the_depth():
            self._tell_all(self._ended_waits.end_for_good(task, self._now))

    def instant_over(self) -> None:
        """Tell which waits have ended in this instant."""
        with _never_mind_the_depth():
            self._tell_all(self._ended_waits.over())

    def _stop_telling(self) -> None:
        self.tell_waits(False)
        self._tell_all(self._ended_waits.rest())

    def _tell_all(self, waits: Iterable[Waiting]) -> None:
        for wait in waits:
            self._tell_wait(wait)

    def failure_of(self, task: SimTask, error: BaseException) -> TaskFailed:
        """Say which world, thread and line an exception came from."""
        return TaskFailed(task_failed(task, error), worlds=_worlds_of(task))


def _never_mind_the_depth() -> AbstractContextManager[None]:
    """Let go what has no room on the stack.

    Waits are told on the stack of whoever blocks, which code that calls itself without
    end may have filled. A run in which they are told has to fail as any other does.
    """
    return suppress(RecursionError)


def _tell_nobody(wait: Waiting) -> None:
    """Stand in for who wants to know of waits."""


def _worlds_of(*tasks: SimTask | None) -> list[str]:
    return [task.world.name for task in tasks if task is not None and task.world]
