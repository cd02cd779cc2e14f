"""Locks, conditions and events of a simulated `threading` module.

They are the hot part of every simulated program, hence written by hand; what is rare
comes from the standard library's own source (see `labrt.sim.modules.threads`). A lock
operation is a preemption point. Between deciding to wait and blocking there is none, or
a wake-up could be lost.

Every task on a list of waiters is blocked: one whose time is up has left the list
before anything else happens. So a lock that is freed, and a notification, always
reach somebody who is still waiting, if there is anybody.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable
from threading import TIMEOUT_MAX
from typing import Generic, NoReturn, TypeVar

from labrt.sim.active import active, own_attribute
from labrt.sim.tasks import SimTask

T = TypeVar("T")
LockT = TypeVar("LockT", bound="Lock")


class Lock:
    """A mutual exclusion lock, as `threading.Lock`."""

    __slots__ = ("__weakref__", "_owner", "_runtime", "_waiters")

    def __init_subclass__(cls) -> None:
        if cls.__module__ != __name__:  # it is not our own RLock
            raise TypeError("type 'lock' is not an acceptable base type")

    def __init__(self) -> None:
        self._runtime = active()
        self._owner: SimTask | None = None
        self._waiters: deque[SimTask] = deque()

    @property
    def holder(self) -> SimTask | None:
        """The task that holds the lock, for reports."""
        return self._owner

    @property
    def waiting(self) -> int:
        """How many tasks wait for the lock, for reports."""
        return len(self._waiters)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, waiting for it if it is held."""
        if timeout != -1:
            _check_timeout(blocking, timeout)
        # `Kernel.point`, written out to save a call. The point comes before the lock is
        # looked at, so that another task may be first.
        runtime = self._runtime
        runtime.countdown -= 1
        if runtime.countdown <= 0:
            runtime.preempt()
        if self._owner is None:
            self._owner = runtime.current
            return True
        return self._acquire_held(blocking, timeout)

    def _acquire_held(self, blocking: bool, timeout: float) -> bool:
        if not blocking:
            return False
        runtime = self._runtime
        now = runtime.now
        me = runtime.current
        # It is left there afterwards; reports look at it only while a lock is waited
        # for.
        me.waiting_since = now()
        # Who waits without a limit of its own waits as long as the run has patience.
        limit = timeout if timeout >= 0 else runtime.lock_patience
        deadline = None if limit is None else now() + limit
        # A lock that is freed may be taken by whoever comes first, not only by the
        # waiter that was woken for it: hence the loop.
        while self._owner is not None:
            left = None if deadline is None else deadline - now()
            if not runtime.block(self, self._waiters, left):
                if timeout < 0:
                    runtime.lock_is_stuck(self)
                return False
        self._owner = me
        return True

    def release(self) -> None:
        """Free the lock and let one waiter try again."""
        runtime = self._runtime
        # Anybody may release a lock, as with the real one; it is no RLock.
        if self._owner is None:
            _refuse_release(runtime.dying, "release unlocked lock")
            return
        # It is freed, and not handed over: whoever runs before the waiter does may
        # take it, which is what the interpreter's locks allow and students must expect.
        self._owner = None
        if self._waiters:
            runtime.wake(self._waiters.popleft())
        runtime.countdown -= 1
        if runtime.countdown <= 0:
            runtime.preempt()

    def locked(self) -> bool:
        """Whether anybody holds the lock."""
        return self._owner is not None

    def __reduce__(self) -> NoReturn:
        _refuse_to_pickle("RLock" if isinstance(self, RLock) else "lock")

    def _at_fork_reinit(self) -> None:
        """Free the lock, whoever holds it; others may go on waiting."""
        self._owner = None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    # What a condition does with its lock; no preemption in here.

    def _is_owned(self) -> bool:
        return self._owner is not None

    def _release_save(self) -> int:
        self._owner = None
        if self._waiters:
            self._runtime.wake(self._waiters.popleft())
        return 1

    def _acquire_restore(self, depth: int) -> None:
        # Without a limit of the wait's own: after a timeout, too, `wait` returns with
        # the lock held. The run's patience with locks holds all the same.
        if self._owner is None:
            self._owner = self._runtime.current
        else:
            self._acquire_held(True, -1)

    def __repr__(self) -> str:
        # An address would be another one in every process.
        kind = f"{type(self).__module__}.{type(self).__name__}"
        if self._owner is None:
            return f"<unlocked {kind} object at 0x…>"
        return f"<locked {kind} object held by {self._owner.where} at 0x…>"


class RLock(Lock):
    """A lock that its holder may take again, as `threading.RLock`."""

    __slots__ = ("_depth",)

    def __init_subclass__(cls) -> None:
        """Accept subclasses, as the real one does."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock once more, waiting while another task holds it."""
        if timeout != -1:
            _check_timeout(blocking, timeout)
        # Who holds it already passes no preemption point: nobody else could take it.
        if self._owner is not self._runtime.current and not super().acquire(
            blocking, timeout
        ):
            return False
        self._depth += 1
        return True

    def release(self) -> None:
        """Undo one `acquire`; the last one frees the lock."""
        if self._owner is not self._runtime.current:
            _refuse_release(self._runtime.dying, "cannot release un-acquired lock")
            return
        self._depth -= 1
        if self._depth == 0:
            super().release()

    def _is_owned(self) -> bool:
        return self._owner is self._runtime.current

    def _at_fork_reinit(self) -> None:
        super()._at_fork_reinit()
        self._depth = 0

    def _recursion_count(self) -> int:
        return self._depth if self._is_owned() else 0

    def _release_save(self) -> int:
        if not self._depth:
            raise RuntimeError("cannot release un-acquired lock")
        # All levels at once; whoever gets the lock meanwhile counts from none.
        depth, self._depth = self._depth, 0
        super()._release_save()
        return depth

    def _acquire_restore(self, depth: int) -> None:
        super()._acquire_restore(depth)
        self._depth = depth


class Condition(Generic[LockT]):
    """A condition variable, as `threading.Condition`."""

    def __init__(self, lock: LockT | None = None) -> None:
        self._lock: Lock = RLock() if lock is None else lock
        self._runtime = self._lock._runtime
        self._waiters: deque[SimTask] = deque()
        # As attributes, like the library's: some programs call or replace them.
        self.acquire = self._lock.acquire
        self.release = self._lock.release
        self._release_save = self._lock._release_save
        self._acquire_restore = self._lock._acquire_restore
        self._is_owned = self._lock._is_owned

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def wait(self, timeout: float | None = None) -> bool:
        """Free the lock until notified, or until `timeout` seconds have passed."""
        lock, runtime = self._lock, self._runtime
        if not lock._is_owned():
            raise RuntimeError("cannot wait on un-acquired lock")
        _check_limit(timeout)
        # Nobody runs between these two, so no notification can be missed.
        depth = lock._release_save()
        woken = runtime.block(self, self._waiters, timeout)
        lock._acquire_restore(depth)
        return woken

    def wait_for(self, predicate: Callable[[], T], timeout: float | None = None) -> T:
        """Wait until the predicate is true, or until the time has passed."""
        now = self._runtime.now
        result = predicate()
        deadline = None if timeout is None else now() + timeout
        # Without any time as well: others get the lock once, and it has to be held.
        while not result:
            self.wait(timeout)
            result = predicate()
            if deadline is not None:
                timeout = deadline - now()
                if timeout <= 0:
                    break
        return result

    def notify(self, n: int = 1) -> None:
        """Wake `n` waiters, those that have waited longest."""
        if not self._lock._is_owned():
            # A `finally` block of the library's own code, in a thread that is killed.
            if self._runtime.dying:
                return
            raise RuntimeError("cannot notify on un-acquired lock")
        # Whoever is on the list still waits: one whose time is up has left it. So no
        # notification is spent on a waiter that does not need it.
        waiters = self._waiters
        while waiters and n > 0:
            self._runtime.wake(waiters.popleft())
            n -= 1

    def notify_all(self) -> None:
        """Wake all waiters."""
        self.notify(len(self._waiters))

    def notifyAll(self) -> None:
        """Wake all waiters."""
        warn_deprecated("notifyAll()", "use notify_all()")
        self.notify_all()

    def __reduce__(self) -> NoReturn:
        _refuse_to_pickle("RLock" if isinstance(self._lock, RLock) else "lock")

    def _at_fork_reinit(self) -> None:
        self._lock._at_fork_reinit()

    def __repr__(self) -> str:
        return f"<Condition({self._lock!r}, {len(self._waiters)})>"


class Event:
    """A flag to wait for, as `threading.Event`."""

    def __init__(self) -> None:
        self._runtime = active()
        self._flag = False
        self._waiters: list[SimTask] = []

    def is_set(self) -> bool:
        """Whether the flag is set."""
        self._runtime.point()
        return self._flag

    def isSet(self) -> bool:
        """Whether the flag is set."""
        warn_deprecated("isSet()", "use is_set()")
        return self.is_set()

    def set(self) -> None:
        """Set the flag and wake everybody."""
        # Woken before the point: from the first moment at which others can see the
        # flag, nobody waits for it any more.
        self._flag = True
        self._runtime.wake_all(self._waiters)
        self._runtime.point()

    def clear(self) -> None:
        """Reset the flag."""
        self._flag = False
        self._runtime.point()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the flag is set; False when `timeout` seconds pass first."""
        if self._flag:
            self._runtime.point()
            return True
        _check_limit(timeout)
        # How the wait ended is the answer, not the flag: it may be cleared again before
        # this task runs, and the library says True then as well.
        return self._runtime.block(self, self._waiters, timeout)

    def __reduce__(self) -> NoReturn:
        _refuse_to_pickle("lock")

    def _at_fork_reinit(self) -> None:
        """Do nothing: no process of a world's is ever forked."""

    def __repr__(self) -> str:
        kind = f"{type(self).__module__}.{type(self).__name__}"
        return f"<{kind} at 0x…: {'set' if self._flag else 'unset'}>"


# Where they say they come from: it shows in what is printed of them.
for _public in (RLock, Condition, Event):
    _public.__module__ = "threading"
Lock.__module__ = "_thread"


def _check_timeout(blocking: bool, timeout: float) -> None:
    if not blocking and timeout != -1:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout < 0:
        raise ValueError("timeout value must be a non-negative number")
    _check_limit(timeout)


def warn_deprecated(old: str, new: str) -> None:
    """Warn the caller's caller, by the world's own `warnings`, of an old name."""
    warn = own_attribute("warnings", "warn", warnings.warn)
    warn(f"{old} is deprecated, {new} instead", DeprecationWarning, stacklevel=3)


def _refuse_release(dying: bool, message: str) -> None:
    """Complain about releasing what is not held, unless a killed task unwinds."""
    if not dying:
        raise RuntimeError(message)


def _check_limit(timeout: float | None) -> None:
    if timeout is not None and timeout > TIMEOUT_MAX:
        raise OverflowError("timeout value is too large")


def _refuse_to_pickle(kind: str) -> NoReturn:
    raise TypeError(f"cannot pickle '_thread.{kind}' object")
