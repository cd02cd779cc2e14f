"""What a simulation switches between and waits for: tasks and futures."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from types import ModuleType
from typing import Final, Protocol, TypeAlias, final

from greenlet import greenlet


class Scheduler(Protocol):
    """The kernel, as far as tasks and futures have to know it."""

    def count_task(self) -> int:
        """The running number of a new task."""

    def block(
        self, reason: object, waiters: Waiters, timeout: float | None = None
    ) -> bool:
        """Put the running task on a list; False when `timeout` seconds pass first."""

    def wake_all(self, waiters: Waiters) -> None:
        """Make every task of a list of waiters ready, and the list empty."""


class Home(Protocol):
    """What a task belongs to, as far as the kernel has to know it: a world."""

    @property
    def name(self) -> str:
        """The program's name, for messages."""

    @property
    def alive(self) -> bool:
        """Whether it has not been killed."""

    @property
    def tasks(self) -> dict[SimTask, None]:
        """Its tasks that have not ended, the oldest first."""

    @property
    def modules(self) -> Mapping[str, ModuleType]:
        """What its code has imported, by name."""

    def owns(self, filename: str) -> bool:
        """Whether a file is one of its private modules."""

    def shorten(self, filename: str) -> str:
        """A file's path below the root that it is in."""


class State(Enum):
    """What a task is doing; `labrt.sim.kernel` says how one state becomes another."""

    READY = "ready"
    RUNNING = "running"
    BLOCKED = "blocked"
    DONE = "done"


# By these names they are found without a look into the class, in code that is hot.
READY: Final = State.READY
RUNNING: Final = State.RUNNING
BLOCKED: Final = State.BLOCKED
DONE: Final = State.DONE

# What a task is blocked on that waits for a future; what a call waits for is one.
A_REPLY: Final = "a reply"

# What a task is blocked on that has ended the run.
THE_END: Final = "the end of the run"


@final
class SimTask:
    """A function that runs on a greenlet of its own, in a world or in none.

    `state` changes in `labrt.sim.kernel` alone. `waiters` is the list that a
    blocked task stands on, None if it only sleeps. `epoch` counts the times that the
    task has left a state of being blocked: a timer of an earlier wait is recognised by
    its older number. `woken` says how the last wait ended, `blocked_on` what it was
    for (a sleep is for nothing), `waiting_since` when it began, if for a lock, and
    `blocked_at` at which nanosecond the task was switched out last. A task of a killed
    world is done, and `killed` says why: if it is the one that runs, it ends when it
    next blocks.
    """

    __slots__ = (
        "_joiners",
        "arguments",
        "blocked_at",
        "blocked_on",
        "epoch",
        "function",
        "greenlet",
        "killed",
        "name",
        "number",
        "result",
        "runtime",
        "state",
        "thread",
        "waiters",
        "waiting_since",
        "woken",
        "world",
    )

    def __init__(
        self,
        runtime: Scheduler,
        function: Callable[..., object],
        arguments: tuple[object, ...],
        name: str,
        world: Home | None,
    ) -> None:
        self.runtime = runtime
        self.function = function
        self.arguments = arguments
        self.name = name
        self.world = world
        self.number = runtime.count_task()
        self.greenlet: greenlet | None = None
        self.epoch = 0
        self.woken = False
        self.killed = False
        self.state = READY
        self.waiters: Waiters | None = None
        self.result: object = None
        self.blocked_on: object = None
        self.blocked_at = 0.0
        self.waiting_since = 0.0
        self.thread: object = None
        self._joiners: list[SimTask] | None = None

    def join(self, timeout: float | None = None) -> bool:
        """Block until the task is done; False when `timeout` seconds pass first."""
        if self.done:
            return True
        if self._joiners is None:
            self._joiners = []
        return self.runtime.block(f"the end of {self.name}", self._joiners, timeout)

    def wake_joiners(self) -> None:
        """Wake whoever joins the task: it is done, or its world has been killed."""
        if self._joiners:
            self.runtime.wake_all(self._joiners)

    @property
    def done(self) -> bool:
        """Whether the task has ended, or will never go on."""
        return self.state is DONE

    @property
    def where(self) -> str:
        """The task for messages: its world and its own name."""
        return f"{self.world.name}, {self.name}" if self.world else self.name


Waiters: TypeAlias = deque[SimTask] | list[SimTask]
"""Blocked tasks that wait for one thing, the one that has waited longest first."""


@final
class SimFuture:
    """A value that somebody will set and others wait for."""

    __slots__ = ("_runtime", "_waiters", "done", "value")

    def __init__(self, runtime: Scheduler) -> None:
        self._runtime = runtime
        self._waiters: list[SimTask] = []
        self.done = False
        self.value: object = None

    def set(self, value: object = None) -> None:
        """Set the value and wake whoever waits; later calls change nothing."""
        if self.done:
            return
        self.done = True
        self.value = value
        if self._waiters:
            self._runtime.wake_all(self._waiters)

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the value is set; False when `timeout` seconds pass first."""
        if self.done:
            return True
        return self._runtime.block(A_REPLY, self._waiters, timeout)
