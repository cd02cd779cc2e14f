"""The interface that the network, the tester and the tests are written against.

A `Runtime` hands out time, tasks, timers, futures and random streams. There are
two: `SimRuntime` (virtual time, one thread, every choice from the seed) and
`RealRuntime` (threads and the wall clock). Code written against this module runs
under both, and by itself never reads a clock or a shared random generator.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, ClassVar, Protocol, TypeVar

from labrt.facts import Facts
from labrt.streams import Streams

T = TypeVar("T")


class Timer(Protocol):
    """A callback that is due at some time."""

    def cancel(self) -> None:
        """Make sure that the callback does not run, unless it already has."""


class Future(Protocol):
    """A value that somebody will set and others wait for."""

    @property
    def done(self) -> bool:
        """Whether the value is set."""

    @property
    def value(self) -> object:
        """The value, None before it is set."""

    def set(self, value: object = None) -> None:
        """Set the value and wake whoever waits; later calls change nothing."""

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the value is set; False when `timeout` seconds pass first."""


class World(Protocol):
    """One incarnation of a program, with modules and module state of its own."""

    @property
    def name(self) -> str:
        """The program's name; every incarnation has the same."""

    @property
    def alive(self) -> bool:
        """Whether the world has not been killed."""

    def load(self, module: str) -> ModuleType:
        """Import `module` as the world's code would and return it."""

    def adopt(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A copy of a function that imports as the world's code does."""

    def kill(self) -> None:
        """End the world now: its tasks never run again."""


class Task(Protocol):
    """A function that runs beside the others: a thread, or its simulation."""

    @property
    def name(self) -> str:
        """The task's name, for messages."""

    @property
    def done(self) -> bool:
        """Whether the task has ended."""

    @property
    def result(self) -> object:
        """What the function returned, once the task is done."""

    def join(self, timeout: float | None = None) -> bool:
        """Block until the task is done; False when `timeout` seconds pass first."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A thread of a world that cannot go on by itself: what it waits for, and where.

    `since` is in seconds of the run, `line` the line of the world's own code, empty if
    none of it runs in that thread. `times` is how often it has waited so in a row.
    """

    world: str
    thread: str
    reason: str
    since: float
    line: str
    times: int = 1


class HeldLock(Protocol):
    """A lock that a thread of a world holds at some instant."""

    @property
    def name(self) -> str:
        """What the world's code calls it."""

    @property
    def line(self) -> str:
        """The line of the world's own code that the thread stands at."""

    def still_held(self) -> bool:
        """Whether the same thread holds it now."""

    def waiting(self) -> int:
        """How many threads wait for it now."""


class Runtime(ABC):
    """Time, tasks, timers and randomness of one run."""

    simulated: ClassVar[bool]

    def __init__(self, seed: int, facts: Facts | None = None) -> None:
        self.seed = seed
        self.facts = facts
        self._streams = Streams(seed)
        if facts is not None:
            facts.attach(self.now, None if self.simulated else self.mutex())

    @abstractmethod
    def now(self) -> float:
        """The seconds that have passed since the run began."""

    @abstractmethod
    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass for the calling task."""

    @abstractmethod
    def spawn(
        self,
        function: Callable[..., object],
        *args: object,
        name: str = "",
        world: World | None = None,
    ) -> Task:
        """Run `function(*args)` as a new task, in `world` or the caller's own.

        A task that raises ends the whole run with `fail`.
        """

    @abstractmethod
    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object
    ) -> Timer:
        """Call `callback(*args)` in `delay` seconds; it must not block.

        It runs outside every world, whoever asked for it and whatever becomes of
        them.
        """

    @abstractmethod
    def future(self) -> Future:
        """A new future."""

    @abstractmethod
    def mutex(self) -> AbstractContextManager[object]:
        """A lock for the harness's own state; nobody may block inside it."""

    @abstractmethod
    def fail(self, error: BaseException) -> None:
        """End the run: `error` is raised in `main` at once."""

    @abstractmethod
    def run(self, main: Callable[[], T]) -> T:
        """Run `main` as the first task and return what it returns.

        Every other task and every world ends with it. Raises what `main` raises,
        which is the first failure of any task.
        """

    @abstractmethod
    def world(
        self,
        name: str,
        *,
        roots: Sequence[Path],
        packages: Collection[str] | None = None,
    ) -> World:
        """Make a world whose private modules are those found under `roots`.

        `roots` are searched in order. With `packages` only modules of those
        top-level packages are private; the rest is shared with the process.
        """

    @abstractmethod
    def current_world(self) -> World | None:
        """The world of the calling task, None outside every world."""

    def stuck_locks(self, seconds: float) -> list[str]:
        """Who waits, and for whom, of each task that has waited so long for a lock.

        Only a simulation knows.
        """
        return []

    def waits(self) -> list[Waiting]:
        """What each thread of each world waits for now, the oldest thread first.

        Only a simulation knows.
        """
        return []

    def follow_waits(self, tell: Callable[[Waiting], object]) -> Callable[[], object]:
        """Have `tell` called of every wait of a world's thread, when it has ended.

        Waits that took no time are not told. Those that a thread goes back to as soon
        as each is over are told as one, when it no longer does. What is returned is to
        be called when the run is over: it has the rest told, and nothing afterwards.
        `tell` must neither block nor raise. Only a simulation knows of any wait.
        """
        return _nothing

    def held_locks(self) -> Sequence[HeldLock]:
        """The locks that the calling thread holds, if the code on its stack shows them.

        Only a simulation knows.
        """
        return ()

    def own_frames(self) -> Sequence[FrameType]:
        """The frames of the calling thread in its world's own code, innermost first.

        Only a simulation knows.
        """
        return ()

    def stream(self, name: str) -> random.Random:
        """The random stream called `name`, seeded by the run's seed."""
        return self._streams.get(name)


def _nothing() -> None:
    """Stand in for what ends a service that there is none of."""
