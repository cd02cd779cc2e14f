"""Programs for hypothesis to make: small, and full of coincidences.

A program is about one to three kinds of parts, of which there is one each, seldom two,
so that its threads meet. Durations are nearly all of one or two ticks, so that they
meet at the same instants. What it does need not make sense: a thread may release what
it does not hold, wait for what never comes, or end with a lock in its hands. It may
deadlock; then that is the result.

What the documentation leaves open is not generated: waiting on a condition whose plain
lock somebody else holds, and more than two workers (see `reference.tasks`).

Everything is drawn from a few strategies that are made once: making strategies costs
many times what drawing from them does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeVar

from hypothesis import strategies as st

from tests.labrt.differential import language as lang
from tests.labrt.differential.language import (
    NOWAIT,
    JobBody,
    LockKind,
    Op,
    Parts,
    Program,
    QueueKind,
    QueueSpec,
    SemaphoreSpec,
    ThreadBody,
    Timeout,
    TimerBody,
)

T = TypeVar("T")

# fmt: off
KINDS = (
    "lock", "condition", "event", "semaphore", "barrier", "queue", "timer", "join",
    "job",
)
# fmt: on

_LENGTHS = (1, 1, 1, 2, 2, 3, 0)
_TIMEOUTS: tuple[Timeout, ...] = (1, 1, 2, 2, 3, None, 0)
# For calls that can also be made not to block at all.
_TRIES: tuple[Timeout, ...] = (*_TIMEOUTS, NOWAIT)
_YES_OR_NO = (False, True)

# A timer that another timer starts may outlive the program, which joins each in turn.
# A job that shuts its own executor down waits for the thread that it runs on, or first
# for another one that waits for it.
_ANYTHING: frozenset[str] = frozenset()
_NOT_IN_TIMERS = frozenset({"start timer"})
_NOT_IN_JOBS = frozenset({"shutdown"})


# Typed: 1 and True are different things to draw.
@lru_cache(maxsize=None, typed=True)
def _strategy(*options: T) -> st.SearchStrategy[T]:
    return st.sampled_from(options)


@cache
def _some_of(kinds: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    one = st.sampled_from(kinds)
    return st.frozensets(one, min_size=1, max_size=min(len(kinds), 3))


@dataclass(frozen=True, slots=True)
class Theme:
    """What a program is about: its parts, and how many bodies of each sort it has."""

    kinds: frozenset[str]
    parts: Parts
    threads: int
    timers: int
    jobs: int


@st.composite
def programs(draw: st.DrawFn, kinds: tuple[str, ...] = KINDS) -> Program:
    """Make a program that is about some of the `kinds`."""
    return Maker(draw, kinds).program()


class Maker:
    """Makes one program out of what hypothesis draws."""

    def __init__(self, draw: st.DrawFn, kinds: tuple[str, ...]) -> None:
        self._draw = draw
        self._theme = self._make_theme(draw(_some_of(kinds)))

    def program(self) -> Program:
        """Make the program."""
        theme = self._theme
        # A program about one kind only has room for a longer story about it.
        most = 6 if len(theme.kinds) == 1 else 4
        bodies = [self._body(most) for _ in range(theme.threads)]
        # Each timer and each job is started by somebody, early on, and a job only once.
        starts: list[Op] = [lang.StartTimer(timer) for timer in range(theme.timers)]
        starts += [lang.Submit(job) for job in range(theme.jobs)]
        for start in starts:
            body = bodies[self._below(theme.threads)]
            body.insert(self._below(min(len(body), 2) + 1), start)
        timers = [
            TimerBody(self.length(), tuple(self._body(2, without=_NOT_IN_TIMERS)))
            for _ in range(theme.timers)
        ]
        jobs = [
            JobBody(tuple(self._body(2, without=_NOT_IN_JOBS)), self.yes_or_no())
            for _ in range(theme.jobs)
        ]
        threads = [ThreadBody(self._one_of(1, 1, 2), tuple(body)) for body in bodies]
        return Program(theme.parts, tuple(threads), tuple(timers), tuple(jobs))

    def _one_of(self, *options: T) -> T:
        drawn: T = self._draw(_strategy(*options))
        return drawn

    def _below(self, count: int) -> int:
        drawn: int = self._draw(_strategy(*range(count)))
        return drawn

    # What the program is about.

    def _make_theme(self, kinds: frozenset[str]) -> Theme:
        locks: tuple[LockKind, ...] = ()
        if kinds & {"lock", "condition"}:
            locks = self._some(self._lock_kind, 2 if "lock" in kinds else 1)
        parts = Parts(
            locks=locks,
            conditions=self._parts_of(
                kinds, "condition", lambda: self._below(len(locks))
            ),
            semaphores=self._parts_of(kinds, "semaphore", self._semaphore, most=1),
            barriers=self._parts_of(kinds, "barrier", lambda: self._one_of(2, 2, 3, 1)),
            queues=self._parts_of(kinds, "queue", self._queue),
            counters=1,
            events=self._one_of(1, 1, 2) if "event" in kinds else 0,
            workers=self._one_of(1, 2) if "job" in kinds else 0,
        )
        return Theme(
            kinds=kinds,
            parts=parts,
            threads=self._one_of(2, 2, 3, 3, 4),
            timers=self._one_of(1, 1, 2) if "timer" in kinds else 0,
            jobs=self._one_of(1, 2, 3) if "job" in kinds else 0,
        )

    def _parts_of(
        self, kinds: frozenset[str], kind: str, make: Callable[[], T], most: int = 2
    ) -> tuple[T, ...]:
        return self._some(make, most) if kind in kinds else ()

    def _some(self, make: Callable[[], T], most: int) -> tuple[T, ...]:
        # Seldom two: what threads do not share they do not quarrel about.
        return tuple(make() for _ in range(self._one_of(1, 1, 1, most)))

    def _lock_kind(self) -> LockKind:
        return self._one_of(LockKind.LOCK, LockKind.RLOCK)

    def _semaphore(self) -> SemaphoreSpec:
        return SemaphoreSpec(self._one_of(0, 0, 1, 2), self._one_of(*_YES_OR_NO))

    def _queue(self) -> QueueSpec:
        kind = self._one_of(*QueueKind)
        bound = 0 if kind is QueueKind.SIMPLE else self._one_of(1, 2, 2, 0)
        return QueueSpec(kind, bound)

    # Operations. `held` are the locks of the `with` blocks around.

    def _body(
        self, most: int, held: tuple[int, ...] = (), without: frozenset[str] = _ANYTHING
    ) -> list[Op]:
        count = self._one_of(*range(1, most + 1))
        choices = [
            choice for choice in _choices(self._theme, held) if choice[0] not in without
        ]
        chosen = [self._one_of(*choices) for _ in range(count)]
        return [self._op(name, part, held, without) for name, part in chosen]

    def _op(
        self, name: str, part: int, held: tuple[int, ...], without: frozenset[str]
    ) -> Op:
        if not name.startswith("with "):
            return _MAKERS[name](self, part)
        condition = part if name == "with condition" else None
        lock = part if condition is None else self._theme.parts.conditions[part]
        body = self._body(2 if held else 3, (*held, lock), without)
        return lang.With(lock, condition, tuple(body))

    def length(self) -> int:
        """Draw how long to sleep."""
        return self._one_of(*_LENGTHS)

    def timeout(self) -> Timeout:
        """Draw a timeout."""
        return self._one_of(*_TIMEOUTS)

    def trial(self) -> Timeout:
        """Draw a timeout for a call that can also be made not to block."""
        return self._one_of(*_TRIES)

    def number(self, *options: int) -> int:
        """Draw one of some numbers."""
        return self._one_of(*options)

    def how_many(self) -> int | None:
        """Draw how many to notify, None for all."""
        return self._one_of(1, 1, 1, 2, None)

    def thread(self) -> int:
        """Draw a thread or a timer."""
        return self._below(self._theme.threads + self._theme.timers)

    def several_jobs(self) -> tuple[int, ...]:
        """Draw some jobs, one at least."""
        jobs = range(self._theme.jobs)
        chosen = tuple(job for job in jobs if self._one_of(*_YES_OR_NO))
        return chosen or (self._below(self._theme.jobs),)

    def yes_or_no(self) -> bool:
        """Draw a truth value."""
        return self._one_of(*_YES_OR_NO)


_MAKERS: dict[str, Callable[[Maker, int], Op]] = {
    "sleep": lambda make, _: lang.Sleep(make.length()),
    "bump": lambda _, counter: lang.Bump(counter),
    "acquire": lambda make, lock: lang.Acquire(lock, make.trial()),
    "release": lambda _, lock: lang.Release(lock),
    "wait": lambda make, condition: lang.Wait(condition, make.timeout()),
    "wait for": lambda make, condition: lang.WaitFor(
        condition, 0, make.number(1, 2), make.timeout()
    ),
    "notify": lambda make, condition: lang.Notify(condition, make.how_many()),
    "set": lambda _, event: lang.SetEvent(event),
    "clear": lambda _, event: lang.ClearEvent(event),
    "is set": lambda _, event: lang.IsSet(event),
    "wait event": lambda make, event: lang.WaitEvent(event, make.timeout()),
    "take": lambda make, part: lang.AcquireSemaphore(part, make.trial()),
    "give": lambda make, part: lang.ReleaseSemaphore(part, make.number(1, 1, 2)),
    "meet": lambda make, barrier: lang.BarrierWait(barrier, make.timeout()),
    "reset": lambda _, barrier: lang.BarrierReset(barrier),
    "abort": lambda _, barrier: lang.BarrierAbort(barrier),
    "put": lambda make, queue: lang.Put(queue, make.number(*range(8)), make.trial()),
    "put simply": lambda make, queue: lang.Put(queue, make.number(*range(8)), None),
    "get": lambda make, queue: lang.Get(queue, make.trial()),
    "task done": lambda _, queue: lang.TaskDone(queue),
    "join queue": lambda _, queue: lang.JoinQueue(queue),
    "join": lambda make, _: lang.Join(make.thread(), make.timeout()),
    "is alive": lambda make, _: lang.IsAlive(make.thread()),
    "start timer": lambda _, timer: lang.StartTimer(timer),
    "cancel timer": lambda _, timer: lang.CancelTimer(timer),
    "result": lambda make, job: lang.JobResult(job, make.timeout()),
    "cancel job": lambda _, job: lang.CancelJob(job),
    "wait jobs": lambda make, _: lang.WaitJobs(
        make.several_jobs(), make.timeout(), make.yes_or_no()
    ),
    "shutdown": lambda make, _: lang.Shutdown(make.yes_or_no()),
}

# What to do with one part of a kind, by how often it is wanted. Things that make
# threads wait for each other come more often than those that only look or break.
_USES: dict[str, tuple[str, ...]] = {
    "event": ("wait event", "wait event", "set", "clear", "is set"),
    "semaphore": ("take", "take", "give"),
    "barrier": ("meet", "meet", "meet", "meet", "reset", "abort"),
    "queue": ("get", "get", "put", "put", "task done", "join queue"),
    "simple queue": ("get", "put simply"),
    "thread": ("join", "is alive"),
    "timer": ("cancel timer", "cancel timer", "start timer"),
    "job": ("result", "result", "cancel job", "cancel job"),
    "jobs": ("wait jobs", "shutdown"),
    "held condition": ("wait", "wait", "wait for", "notify", "notify"),
    "condition": ("wait", "notify"),
    "lock": ("acquire", "acquire", "release"),
}


@cache
def _choices(theme: Theme, held: tuple[int, ...]) -> tuple[tuple[str, int], ...]:
    """What a thread can do next that holds some locks."""
    parts = theme.parts
    choices = [("sleep", 0), *_lock_choices(parts, held)]
    if held or len(theme.kinds) < 3:
        choices.append(("bump", 0))
    for queue, spec in enumerate(parts.queues):
        simple = spec.kind is QueueKind.SIMPLE
        choices += _uses("simple queue" if simple else "queue", queue)
    for kind, count in (
        ("event", parts.events),
        ("semaphore", len(parts.semaphores)),
        ("barrier", len(parts.barriers)),
        ("timer", theme.timers),
        ("job", theme.jobs),
        ("jobs", min(theme.jobs, 1)),
        ("thread", 1 if theme.timers or "join" in theme.kinds else 0),
    ):
        for part in range(count):
            choices += _uses(kind, part)
    return tuple(choices)


def _uses(kind: str, part: int) -> list[tuple[str, int]]:
    return [(name, part) for name in _USES[kind]]


def _lock_choices(parts: Parts, held: tuple[int, ...]) -> list[tuple[str, int]]:
    choices = []
    for lock, kind in enumerate(parts.locks):
        plain = kind is LockKind.LOCK
        if not (plain and lock in parts.conditions):
            choices += _uses("lock", lock)
        if len(held) < 2 and not (plain and lock in held):
            choices += [("with lock", lock)] * 2
    for condition, lock in enumerate(parts.conditions):
        plain = parts.locks[lock] is LockKind.LOCK
        if lock in held:
            choices += _uses("held condition", condition) * 2
        elif not plain:
            choices += _uses("condition", condition)
        if len(held) < 2 and not (plain and lock in held):
            choices += [("with condition", condition)] * 4
    return choices
