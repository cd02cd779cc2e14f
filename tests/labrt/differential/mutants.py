"""Faults to plant in the simulated `threading`, for the differential test to find.

Each is one that a runtime like ours can have, or has had. `kinds` is what programs have
to be about to meet it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from labrt.sim import locks, runtime, tasks, world
from labrt.sim.instrument import compile_ordered
from labrt.sim.modules import table, threads

Patch: TypeAlias = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault: `plant` puts it in, `kinds` are the parts that it is a fault of."""

    name: str
    kinds: tuple[str, ...]
    plant: Patch


def _instead(owner: Any, name: str, make: Callable[[Any], Any]) -> Patch:
    """Replace `owner.name` by what `make` makes of it."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(owner, name, make(getattr(owner, name)))

    return plant


def _in_library(module: str, change: Callable[[Any], None]) -> Patch:
    """Change a module of the standard library that worlds have their own copy of."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        substitute = table.substitute

        def changed(world: Any, name: str, importer: str) -> Any:
            found = substitute(world, name, importer)
            if name == module:
                change(found)
            return found

        patch.setattr(table, "substitute", changed)

    return plant


# Waking.


def _wake_without_end(wake: Any) -> Any:
    """Wake a task, and leave the timer of its wait alive."""

    def mutant(self: runtime.SimRuntime, task: tasks.SimTask) -> None:
        wake(self, task)
        task.epoch -= 1

    return mutant


def _expire_on_list(expire: Any) -> Any:
    """Let the time of a waiter be up, and leave it where it can be woken again."""

    def mutant(self: runtime.SimRuntime, task: tasks.SimTask) -> None:
        waiters, task.waiters = task.waiters, None
        expire(self, task)
        task.waiters = waiters

    return mutant


def _sleep_less(sleep: Any) -> Any:
    """Let no time pass for who goes to sleep at the same instant as the one before."""
    last = [-1.0]

    def mutant(self: runtime.SimRuntime, seconds: float) -> None:
        same, last[0] = self.now() == last[0], self.now()
        sleep(self, seconds / 2 if same else seconds)

    return mutant


# Locks and conditions.


def _restore_anyway(restore: Any) -> Any:
    def mutant(self: Any, depth: int) -> None:
        if self._owner is None:
            restore(self, depth)

    return mutant


def _lose_with_several(notify: Any) -> Any:
    def mutant(self: Any, n: int = 1) -> None:
        notify(self, n if len(self._waiters) < 2 else n - 1)

    return mutant


def _wait_for_anew(_: Any) -> Any:
    def mutant(self: Any, predicate: Any, timeout: float | None = None) -> Any:
        while not (result := predicate()):
            if not self.wait(timeout):
                return predicate()
        return result

    return mutant


def _not_reentrant(_: Any) -> Any:
    def mutant(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
        if not locks.Lock.acquire(self, blocking, timeout):
            return False
        self._depth += 1
        return True

    return mutant


def _released_by_anybody(release: Any) -> Any:
    def mutant(self: Any) -> None:
        self._owner = self._runtime.current if self._owner else None
        release(self)

    return mutant


def _taken_when_late(acquire: Any) -> Any:
    def mutant(self: Any, blocking: bool, timeout: float) -> bool:
        if not acquire(self, blocking, timeout) and blocking:
            self._owner = self._runtime.current
        return True

    return mutant


def _frees_one_level(_: Any) -> Any:
    def mutant(self: Any) -> int:
        self._depth -= 1
        if not self._depth:
            locks.Lock._release_save(self)
        return 1

    return mutant


def _wakes_first_only(set_event: Any) -> Any:
    def mutant(self: Any) -> None:
        others = list(self._waiters)[1:]
        for other in others:
            self._waiters.remove(other)
        set_event(self)
        self._waiters.extend(others)

    return mutant


def _stays_asleep(_: Any) -> Any:
    def mutant(self: Any) -> None:
        self._owner = None

    return mutant


# The rest.


def _last_in_first_out(module: Any) -> None:
    module.Queue._get = module.LifoQueue._get


def _no_bound(module: Any) -> None:
    begin = module.Queue.__init__

    def unbounded(self: Any, maxsize: int = 0) -> None:
        begin(self, 0)

    module.Queue.__init__ = unbounded


def _cancels_all(module: Any) -> None:
    cancel = module.Future.cancel
    module.Future.cancel = lambda self: cancel(self) or True


def _runs_cancelled(module: Any) -> None:
    def notify_cancel(self: Any) -> bool:
        self._state = "RUNNING"
        return True

    module.Future.set_running_or_notify_cancel = notify_cancel


def _unguarded(_: Any) -> Any:
    return compile_ordered


def _always_true(call: Any) -> Any:
    return lambda *arguments: call(*arguments) or True


def _nothing(_: Any) -> Any:
    return lambda *arguments: None


def _notify_more(notify: Any) -> Any:
    return lambda self, n=1: notify(self, n + 1)


def _release_one(release: Any) -> Any:
    return lambda self, n=1: release(self)


def _release_unbounded(_: Any) -> Any:
    return threads.Semaphore.release


_RUNTIME, _LOCK, _RLOCK, _EVENT = (
    runtime.SimRuntime,
    locks.Lock,
    locks.RLock,
    locks.Event,
)
_CONDITION, _BARRIER, _TIMER = (
    locks.Condition,
    threads.Barrier,
    threads.Timer,
)
_SEMAPHORE, _BOUNDED = threads.Semaphore, threads.BoundedSemaphore

# The name of the fault, what it is a fault of, and which method becomes what.
_METHODS: tuple[tuple[str, str, Any, str, Callable[[Any], Any]], ...] = (
    ("a wake-up leaves the timer", "condition", _RUNTIME, "wake", _wake_without_end),
    (
        "who is late stays listed",
        "condition",
        _RUNTIME,
        "_expire",
        _expire_on_list,
    ),
    ("a coinciding sleep is shorter", "join", _RUNTIME, "sleep", _sleep_less),
    ("wait returns unlocked", "condition", _LOCK, "_acquire_restore", _restore_anyway),
    ("wait frees one level", "condition", _RLOCK, "_release_save", _frees_one_level),
    ("wait is always notified", "condition", _CONDITION, "wait", _always_true),
    ("wait_for starts anew", "condition", _CONDITION, "wait_for", _wait_for_anew),
    ("notify wakes one more", "condition", _CONDITION, "notify", _notify_more),
    ("notify gets lost", "condition", _CONDITION, "notify", _lose_with_several),
    ("an RLock cannot be taken again", "lock", _RLOCK, "acquire", _not_reentrant),
    ("anybody releases an RLock", "lock", _RLOCK, "release", _released_by_anybody),
    ("who is late takes the lock", "lock", _LOCK, "_acquire_held", _taken_when_late),
    ("release wakes nobody", "lock", _LOCK, "release", _stays_asleep),
    ("set wakes the first only", "event", _EVENT, "set", _wakes_first_only),
    ("wait is always true", "event", _EVENT, "wait", _always_true),
    ("clear does nothing", "event", _EVENT, "clear", _nothing),
    ("release gives one", "semaphore", _SEMAPHORE, "release", _release_one),
    ("a bound does not bind", "semaphore", _BOUNDED, "release", _release_unbounded),
    ("nobody breaks a barrier", "barrier", _BARRIER, "_break", _nothing),
    ("a barrier does not drain", "barrier", _BARRIER, "_exit", _nothing),
    ("cancel does nothing", "timer", _TIMER, "cancel", _nothing),
    ("join does not wait", "join", tasks.SimTask, "join", _nothing),
    ("an executor outlives its world", "job", world, "compile_library", _unguarded),
)

_FUTURES = "concurrent.futures._base"
# The same for modules that a world has its own copy of.
_LIBRARY: tuple[tuple[str, str, str, Callable[[Any], None]], ...] = (
    ("a queue is a stack", "queue", "queue", _last_in_first_out),
    ("a queue has no bound", "queue", "queue", _no_bound),
    ("every job can be cancelled", "job", _FUTURES, _cancels_all),
    ("cancelled jobs run", "job", _FUTURES, _runs_cancelled),
)

MUTANTS = {
    **{
        name: Mutant(name, (kind,), _instead(owner, method, make))
        for name, kind, owner, method, make in _METHODS
    },
    **{
        name: Mutant(name, (kind,), _in_library(module, change))
        for name, kind, module, change in _LIBRARY
    },
}
