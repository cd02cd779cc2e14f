"""The state of a program in the reference model, and the machine that moves it.

The model is an abstract machine. Its *actors* are the threads, the timers and the
workers of the pool. An actor's next *step* is atomic, and where several actors have
one, any of them may be next: that is all the model knows of scheduling. The clock
stands still while anybody has a step, and then jumps to the nearest deadline. A
deadline that has come is a step like any other, so that a timeout and a wake-up of one
instant can come in either order, unless a rule says more.

Rules that keep the model honest:

- it promises only what is documented: which of several waiters is notified, who gets a
  free lock, which number a barrier gives to whom, are all open;
- but it loses nothing: a notification wakes a waiter that then returns True, an item is
  got by somebody, and nobody sleeps on when what it waits for is there;
- states are compared by value, so everything in a state is immutable or is copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple, TypeAlias

from tests.labrt.differential import language as lang
from tests.labrt.differential.language import Entry, LockKind, Op, Outcome, Program

IDLE = -1
NOBODY = -1


class Phase(IntEnum):
    """How far an actor is with the instruction at its program counter."""

    READY = 0
    # Blocked; a deadline, if there is one, will end it.
    WAITING = 1
    # Notified, or out of time, and about to take the condition's lock again.
    WOKEN = 2
    TIMED_OUT = 3
    # As TIMED_OUT, and a notification went to it in vain (see `locks`).
    MISSED = 4
    # In the second half of an operation that takes two steps.
    SECOND = 5
    # Before the first instruction: not started; waiting for the start; a job picked.
    UNSTARTED = 6
    STARTING = 7
    COUNTDOWN = 8
    DECIDING = 9
    PICKED = 10
    DONE = 11


# In these phases a deadline is a timer that runs.
TIMED = frozenset({Phase.WAITING, Phase.STARTING, Phase.COUNTDOWN})


class Actor(NamedTuple):
    """A thread, a timer or a worker: which code it runs and how far it is.

    `data` is what its instruction has to remember: the depth of a lock that a condition
    gave up, a value read, a set of jobs.
    """

    body: int
    pc: int
    phase: Phase
    deadline: int | None
    data: int


class Lock(NamedTuple):
    """Who holds a lock, and how often (a plain lock does not know who)."""

    owner: int
    depth: int


FREE = Lock(NOBODY, 0)


class JobStatus(IntEnum):
    """How far a job is."""

    UNKNOWN = 0
    PENDING = 1
    RUNNING = 2
    FINISHED = 3
    CANCELLED = 4
    # Cancelled, and the executor has taken notice: only now does `wait` count it.
    NOTICED = 5


class Job(NamedTuple):
    """A job: how far it is, and whether the program has its future already."""

    status: JobStatus
    visible: bool


class BarrierMode(IntEnum):
    """What a barrier does with its threads."""

    FILLING = 0
    DRAINING = 1
    RESETTING = 2
    BROKEN = 3


class Barrier(NamedTuple):
    """A barrier: how many are inside, and which numbers this round has given out."""

    mode: BarrierMode
    inside: int
    given: frozenset[int]


class Queue(NamedTuple):
    """A queue: what is in it, the oldest first, and how much is unfinished."""

    items: tuple[int, ...]
    unfinished: int


@dataclass(slots=True)
class State:
    """Everything that can make a difference for what happens next.

    `flags` are the events, then whether each timer is cancelled. `logs` is None when
    the machine is guided: then the logs follow from the program counters.
    """

    now: int
    actors: list[Actor]
    locks: list[Lock]
    counters: list[int]
    flags: list[bool]
    semaphores: list[int]
    barriers: list[Barrier]
    queues: list[Queue]
    jobs: list[Job]
    pending: tuple[int, ...]
    closed: bool
    logs: list[tuple[Entry, ...]] | None

    def copy(self) -> State:
        """A state that can be changed."""
        return State(
            self.now,
            self.actors.copy(),
            self.locks.copy(),
            self.counters.copy(),
            self.flags.copy(),
            self.semaphores.copy(),
            self.barriers.copy(),
            self.queues.copy(),
            self.jobs.copy(),
            self.pending,
            self.closed,
            None if self.logs is None else self.logs.copy(),
        )

    def key(self) -> tuple[object, ...]:
        """What is equal for equal states."""
        return (
            self.now,
            tuple(self.actors),
            tuple(self.locks),
            tuple(self.counters),
            tuple(self.flags),
            tuple(self.semaphores),
            tuple(self.barriers),
            tuple(self.queues),
            tuple(self.jobs),
            self.pending,
            self.closed,
            None if self.logs is None else tuple(self.logs),
        )

    def expired(self, who: int) -> bool:
        """Whether an actor's deadline has come."""
        deadline = self.actors[who].deadline
        return deadline is not None and deadline <= self.now

    def move(self, who: int, **changes: Any) -> None:
        """Change an actor."""
        self.actors[who] = self.actors[who]._replace(**changes)

    def wait(self, who: int, timeout: int | None, phase: Phase = Phase.WAITING) -> None:
        """Block an actor, for at most `timeout` ticks."""
        deadline = None if timeout is None else self.now + timeout
        self.move(who, phase=phase, deadline=deadline)


@dataclass(frozen=True, slots=True)
class Enter:
    """The head of a `with` block."""

    lock: int


@dataclass(frozen=True, slots=True)
class Leave:
    """The end of a `with` block."""

    lock: int


Instruction: TypeAlias = Op | Enter | Leave

# What can come of a step. None is a step that there is but that the guide rules out: it
# leads nowhere, and as long as it is there the clock stands still all the same.
Steps: TypeAlias = Iterator[State | None]


@dataclass(frozen=True, slots=True)
class Machine:
    """A program made ready for exploring, with the options of the exploration.

    `guide` is a result to explain: steps that end otherwise than it says are not taken.
    `lossy` allows a notification to be lost as it can be in CPython (see `locks`).
    `killed_after` is the last tick, if the program is killed between that and the next.
    """

    program: Program
    code: tuple[tuple[Instruction, ...], ...]
    guide: tuple[tuple[Entry, ...], ...] | None
    lossy: bool
    killed_after: int | None

    @classmethod
    def of(
        cls,
        program: Program,
        *,
        guide: tuple[tuple[Entry, ...], ...] | None = None,
        lossy: bool = False,
        killed_after: int | None = None,
    ) -> Machine:
        """Make the machine of a program."""
        code = tuple(tuple(_flat(ops)) for ops in program.bodies)
        return cls(program, code, guide, lossy, killed_after)

    @property
    def threads(self) -> int:
        """How many threads there are; the timers' actors follow them."""
        return len(self.program.threads)

    @property
    def workers(self) -> int:
        """The number of the first worker's actor."""
        return self.threads + len(self.program.timers)

    def initial(self) -> State:
        """The state in which all threads have just been started."""
        program, parts = self.program, self.program.parts
        actors = [
            Actor(number, 0, Phase.STARTING, thread.start, 0)
            for number, thread in enumerate(program.threads)
        ]
        actors += [
            Actor(self.threads + number, 0, Phase.UNSTARTED, None, 0)
            for number in range(len(program.timers))
        ]
        idle = Actor(IDLE, 0, Phase.READY, None, 0)
        actors += [idle] * (parts.workers if program.jobs else 0)
        return State(
            now=0,
            actors=actors,
            locks=[FREE] * len(parts.locks),
            counters=[0] * parts.counters,
            flags=[False] * (parts.events + len(program.timers)),
            semaphores=[spec.value for spec in parts.semaphores],
            barriers=[Barrier(BarrierMode.FILLING, 0, frozenset())]
            * len(parts.barriers),
            queues=[Queue((), 0)] * len(parts.queues),
            jobs=[Job(JobStatus.UNKNOWN, False)] * len(program.jobs),
            pending=(),
            closed=False,
            logs=[()] * len(self.code) if self.guide is None else None,
        )

    def instruction(self, actor: Actor) -> Instruction | None:
        """What an actor is at; None before, between and after its work."""
        code = self.code[actor.body] if actor.body != IDLE else ()
        return code[actor.pc] if actor.pc < len(code) else None

    def agrees(self, actor: Actor, outcome: Outcome, now: int) -> bool:
        """Whether an instruction may end so, going by the guide."""
        if self.guide is None:
            return True
        log = self.guide[actor.body]
        return actor.pc < len(log) and log[actor.pc] == Entry(outcome, now)

    def finish(self, state: State, who: int, outcome: Outcome) -> Steps:
        """End an actor's instruction in a state that is its step's own."""
        actor = state.actors[who]
        if not self.agrees(actor, outcome, state.now):
            yield None
            return
        state.actors[who] = Actor(actor.body, actor.pc + 1, Phase.READY, None, 0)
        if state.logs is not None:
            state.logs[actor.body] += (Entry(outcome, state.now),)
        yield state

    def block_until(
        self,
        state: State,
        who: int,
        timeout: lang.Timeout,
        outcomes: Iterable[tuple[State, Outcome]],
        late: Outcome,
    ) -> Steps:
        """Take a step of an operation that waits for something to be possible.

        `outcomes` are the states and outcomes that are possible now, none if the actor
        has to wait. `late` is the outcome when the time is up.
        """
        possible = False
        for following, outcome in outcomes:
            possible = True
            yield from self.finish(following, who, outcome)
        waiting = state.actors[who].phase is Phase.WAITING
        if waiting and state.expired(who):
            yield from self.finish(state.copy(), who, late)
        elif not waiting and not possible:
            following = state.copy()
            if timeout == lang.NOWAIT:
                yield from self.finish(following, who, late)
            else:
                following.wait(who, timeout)
                yield following

    def is_reentrant(self, lock: int) -> bool:
        """Whether a lock is an RLock."""
        return self.program.parts.locks[lock] is LockKind.RLOCK


Rule: TypeAlias = Callable[[Machine, State, int, Any], Steps]


def _flat(ops: tuple[Op, ...]) -> Iterator[Instruction]:
    for op in ops:
        if isinstance(op, lang.With):
            yield Enter(op.lock)
            yield from _flat(op.body)
            yield Leave(op.lock)
        else:
            yield op
