"""The language of generated programs: what a thread can do, and what it saw.

Every operation ends in exactly one log entry: what it returned, or the name of the
exception that it raised, and the tick at which it ended. Entries say nothing about
other threads, so that a result is what the program itself could have found out.

Durations are ticks. A timeout is a number of ticks, `None` for ever, or `NOWAIT` for
the non-blocking form of the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

NOWAIT = -1

Timeout: TypeAlias = int | None
Outcome: TypeAlias = bool | int | str | tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Entry:
    """The end of one operation: what came of it, and at which tick.

    Entries are compared by the type of the outcome as well: False is not the item 0.
    """

    outcome: Outcome
    tick: float
    kind: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", type(self.outcome).__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """All that one run showed: the log of each body, and how the run ended.

    The logs are those of the threads, then of the timers, then of the jobs. `ending`
    is "done", "deadlock", or what else went wrong.
    """

    logs: tuple[tuple[Entry, ...], ...]
    ending: str


class LockKind(Enum):
    """Which class a lock is of."""

    LOCK = "Lock"
    RLOCK = "RLock"


class QueueKind(Enum):
    """Which class a queue is of."""

    FIFO = "Queue"
    LIFO = "LifoQueue"
    PRIORITY = "PriorityQueue"
    SIMPLE = "SimpleQueue"


@dataclass(frozen=True, slots=True)
class SemaphoreSpec:
    """A semaphore: how much it holds at first, and whether that is its bound."""

    value: int
    bounded: bool


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A queue: its class and its bound (0: none)."""

    kind: QueueKind
    maxsize: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What a program's threads share. A condition is given by the index of its lock."""

    locks: tuple[LockKind, ...]
    conditions: tuple[int, ...]
    semaphores: tuple[SemaphoreSpec, ...]
    barriers: tuple[int, ...]
    queues: tuple[QueueSpec, ...]
    counters: int
    events: int
    workers: int


# Operations. Integer fields called like a part are that part's index.


@dataclass(frozen=True, slots=True)
class Sleep:
    """`time.sleep`."""

    ticks: int


@dataclass(frozen=True, slots=True)
class Bump:
    """Read a counter, then write one more: two steps, whole only under a lock."""

    counter: int


@dataclass(frozen=True, slots=True)
class Acquire:
    """`lock.acquire`."""

    lock: int
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class Release:
    """`lock.release`, whoever holds it."""

    lock: int


@dataclass(frozen=True, slots=True)
class With:
    """`with lock:`, or `with condition:` where `condition` is not None."""

    lock: int
    condition: int | None
    body: tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """`condition.wait`."""

    condition: int
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class WaitFor:
    """`condition.wait_for` a counter to be `at_least` so much."""

    condition: int
    counter: int
    at_least: int
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class Notify:
    """`condition.notify(n)`, or `notify_all` where `n` is None."""

    condition: int
    n: int | None


@dataclass(frozen=True, slots=True)
class SetEvent:
    """`event.set`."""

    event: int


@dataclass(frozen=True, slots=True)
class ClearEvent:
    """`event.clear`."""

    event: int


@dataclass(frozen=True, slots=True)
class IsSet:
    """`event.is_set`."""

    event: int


@dataclass(frozen=True, slots=True)
class WaitEvent:
    """`event.wait`."""

    event: int
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class AcquireSemaphore:
    """`semaphore.acquire`."""

    semaphore: int
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class ReleaseSemaphore:
    """`semaphore.release(n)`."""

    semaphore: int
    n: int


@dataclass(frozen=True, slots=True)
class BarrierWait:
    """`barrier.wait`."""

    barrier: int
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class BarrierReset:
    """`barrier.reset`."""

    barrier: int


@dataclass(frozen=True, slots=True)
class BarrierAbort:
    """`barrier.abort`."""

    barrier: int


@dataclass(frozen=True, slots=True)
class Put:
    """`queue.put`."""

    queue: int
    item: int
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class Get:
    """`queue.get`."""

    queue: int
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class TaskDone:
    """`queue.task_done`."""

    queue: int


@dataclass(frozen=True, slots=True)
class JoinQueue:
    """`queue.join`."""

    queue: int


@dataclass(frozen=True, slots=True)
class Join:
    """`thread.join`; the timers are numbered after the threads."""

    thread: int
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class IsAlive:
    """`thread.is_alive`; the timers are numbered after the threads."""

    thread: int


@dataclass(frozen=True, slots=True)
class StartTimer:
    """`timer.start`."""

    timer: int


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """`timer.cancel`."""

    timer: int


@dataclass(frozen=True, slots=True)
class Submit:
    """`executor.submit`; a program submits each of its jobs at most once."""

    job: int


@dataclass(frozen=True, slots=True)
class JobResult:
    """`future.result`."""

    job: int
    timeout: Timeout


@dataclass(frozen=True, slots=True)
class CancelJob:
    """`future.cancel`."""

    job: int


@dataclass(frozen=True, slots=True)
class WaitJobs:
    """`concurrent.futures.wait` for the first of some jobs, or for all of them."""

    jobs: tuple[int, ...]
    timeout: Timeout
    first: bool


@dataclass(frozen=True, slots=True)
class Shutdown:
    """`executor.shutdown`."""

    wait: bool


Op: TypeAlias = (
    Sleep
    | Bump
    | Acquire
    | Release
    | With
    | Wait
    | WaitFor
    | Notify
    | SetEvent
    | ClearEvent
    | IsSet
    | WaitEvent
    | AcquireSemaphore
    | ReleaseSemaphore
    | BarrierWait
    | BarrierReset
    | BarrierAbort
    | Put
    | Get
    | TaskDone
    | JoinQueue
    | Join
    | IsAlive
    | StartTimer
    | CancelTimer
    | Submit
    | JobResult
    | CancelJob
    | WaitJobs
    | Shutdown
)


@dataclass(frozen=True, slots=True)
class ThreadBody:
    """What a thread does, from its first tick on.

    That is tick 1 at least: by then all threads have been started.
    """

    start: int
    ops: tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class TimerBody:
    """What a timer does when its interval has passed."""

    interval: int
    ops: tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class JobBody:
    """What a job of the executor does; it returns its number, or raises."""

    ops: tuple[Op, ...]
    raises: bool


@dataclass(frozen=True, slots=True)
class Program:
    """Some threads, the timers and jobs that they may start, and what they share."""

    parts: Parts
    threads: tuple[ThreadBody, ...]
    timers: tuple[TimerBody, ...] = ()
    jobs: tuple[JobBody, ...] = ()

    @property
    def bodies(self) -> tuple[tuple[Op, ...], ...]:
        """The code of every thread, timer and job, in the order of the logs."""
        threads = tuple(thread.ops for thread in self.threads)
        timers = tuple(timer.ops for timer in self.timers)
        return (*threads, *timers, *(job.ops for job in self.jobs))


def walk(ops: tuple[Op, ...]) -> Iterator[Op]:
    """Yield every operation, those inside `with` blocks too."""
    for op in ops:
        yield op
        if isinstance(op, With):
            yield from walk(op.body)
