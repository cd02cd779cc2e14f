"""What a simulation switches between and waits for: tasks, timers, futures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from greenlet import greenlet

    from labrt.sim import SimRuntime
    from labrt.simworld import SimWorld


@final
class SimTask:
    """A function that runs on a greenlet of its own, in a world or in none.

    ``epoch`` counts the times that the task was made ready: a timer that belongs to
    an earlier wait is recognised by its older number. ``blocked_on`` is what the
    task waits for, ``waiting_since`` when it began to wait for a lock.
    """

    __slots__ = (
        "_joiners",
        "arguments",
        "blocked_on",
        "done",
        "epoch",
        "function",
        "greenlet",
        "killed",
        "name",
        "number",
        "result",
        "runtime",
        "thread",
        "waiting_since",
        "woken",
        "world",
    )

    def __init__(
        self,
        runtime: SimRuntime,
        function: Callable[..., object],
        arguments: tuple[object, ...],
        name: str,
        world: SimWorld | None,
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
        self.done = False
        self.result: object = None
        self.blocked_on: object = None
        self.waiting_since = 0.0
        self.thread: object = None
        self._joiners: list[SimTask] | None = None

    def join(self, timeout: float | None = None) -> bool:
        """Block until the task is done; False when ``timeout`` seconds pass first."""
        if self.done:
            return True
        if self._joiners is None:
            self._joiners = []
        me = self.runtime.current
        self._joiners.append(me)
        if self.runtime.block(f"the end of {self.name}", timeout):
            return True
        self._joiners.remove(me)
        return False

    def finish(self) -> None:
        """Mark the task as done, or dead, and wake whoever joins it."""
        self.done = True
        joiners, self._joiners = self._joiners, None
        for joiner in joiners or ():
            self.runtime.wake(joiner)

    @property
    def where(self) -> str:
        """Name the task for messages: its world and its own name."""
        return f"{self.world.name}, {self.name}" if self.world else self.name


@final
class SimTimer:
    """A callback in the queue of timers."""

    __slots__ = ("arguments", "callback", "cancelled")

    def __init__(
        self, callback: Callable[..., object], arguments: tuple[object, ...]
    ) -> None:
        self.callback = callback
        self.arguments = arguments
        self.cancelled = False

    def cancel(self) -> None:
        """Make sure that the callback does not run."""
        self.cancelled = True


@final
class SimFuture:
    """A value that somebody will set and others wait for."""

    __slots__ = ("_runtime", "_waiters", "done", "value")

    def __init__(self, runtime: SimRuntime) -> None:
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
        for waiter in self._waiters:
            self._runtime.wake(waiter)
        self._waiters.clear()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the value is set; False when ``timeout`` seconds pass first."""
        if self.done:
            return True
        me = self._runtime.current
        self._waiters.append(me)
        if self._runtime.block("a reply", timeout):
            return True
        self._waiters.remove(me)
        return False
