"""Exploring the reference model: which results are there, and is this one of them?

Both questions walk the same graph of states. `is_allowed` walks only where the logs
agree with the result to be explained, which keeps even large programs small.
`allowed_results` walks everywhere, and is for programs that a failure was shrunk to.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.labrt.differential import language as lang
from tests.labrt.differential.language import Program, Result
from tests.labrt.differential.reference import locks, queues, signals, tasks
from tests.labrt.differential.reference.state import (
    IDLE,
    TIMED,
    JobStatus,
    Machine,
    Phase,
    Rule,
    State,
)

_RULES: dict[type, Rule] = {
    **locks.RULES,
    **signals.RULES,
    **queues.RULES,
    **tasks.RULES,
}

# In these phases an actor is at none of its instructions, whatever its counter says.
_OUTSIDE = frozenset(
    {Phase.UNSTARTED, Phase.STARTING, Phase.COUNTDOWN, Phase.DECIDING, Phase.DONE}
)


class TooLarge(Exception):
    """There are more states than may be looked at."""


def is_allowed(
    program: Program,
    result: Result,
    *,
    lossy: bool = False,
    killed_after: int | None = None,
    limit: int = 200_000,
) -> bool:
    """Whether the documentation allows a result. Raises `TooLarge`.

    For `lossy` and `killed_after` see `Machine`.
    """
    machine = Machine.of(
        program, guide=result.logs, lossy=lossy, killed_after=killed_after
    )
    return any(
        _ending(machine, state) == result.ending and _is_told(machine, state)
        for state in _ends(machine, limit)
    )


def allowed_results(
    program: Program,
    *,
    lossy: bool = False,
    killed_after: int | None = None,
    limit: int = 200_000,
) -> frozenset[Result]:
    """Return all results that the documentation allows. Raises `TooLarge`.

    For `lossy` and `killed_after` see `Machine`.
    """
    machine = Machine.of(program, lossy=lossy, killed_after=killed_after)
    results = set()
    for state in _ends(machine, limit):
        assert state.logs is not None
        results.add(Result(tuple(state.logs), _ending(machine, state)))
    return frozenset(results)


def _ends(machine: Machine, limit: int) -> Iterator[State]:
    """Yield every state in which nothing can happen any more. Raises `TooLarge`."""
    seen: set[object] = set()
    stack = [machine.initial()]
    while stack:
        state = stack.pop()
        key = state.key()
        if key in seen:
            continue
        if len(seen) >= limit:
            raise TooLarge
        seen.add(key)
        moving, following = _successors(machine, state)
        if moving:
            stack += following
        elif (tick := _next_tick(machine, state)) is not None:
            stack += _advance(machine, state, tick)
        else:
            yield state


def _successors(machine: Machine, state: State) -> tuple[bool, list[State]]:
    """Whether anybody has a step at this instant, and what the steps lead to.

    The beginning and the end of a sleep concern nobody else. They commute with every
    other step, so the first one is taken alone instead of in every order.
    """
    steps: list[State | None] = []
    for who, actor in enumerate(state.actors):
        op = machine.instruction(actor)
        if op is None or actor.phase in _OUTSIDE:
            own = list(tasks.between_instructions(machine, state, who))
            alone = actor.phase is Phase.STARTING
        else:
            own = list(_RULES[type(op)](machine, state, who, op))
            alone = isinstance(op, lang.Sleep)
        if own and alone:
            steps = own
            break
        steps += own
    return bool(steps), [step for step in steps if step is not None]


def _next_tick(machine: Machine, state: State) -> int | None:
    """Return when the next timer runs out; None if there is none, or no life left."""
    deadlines = [
        actor.deadline
        for actor in state.actors
        if actor.deadline is not None and actor.phase in TIMED
    ]
    tick = min(deadlines, default=None)
    last = machine.killed_after
    return None if tick is None or (last is not None and tick > last) else tick


def _advance(machine: Machine, state: State, tick: int) -> list[State]:
    """Let time pass until a tick, unless the guide says that something comes before."""
    if machine.guide is not None:
        for actor in state.actors:
            log = () if actor.body == IDLE else machine.guide[actor.body]
            if actor.pc < len(log) and log[actor.pc].tick < tick:
                return []
    following = state.copy()
    following.now = tick
    return [following]


def _ending(machine: Machine, state: State) -> str:
    """Say how a run has ended in which nothing can happen any more."""
    tasks_over = all(
        actor.phase in (Phase.DONE, Phase.UNSTARTED)
        for actor in state.actors[: machine.workers]
    )
    jobs_over = not state.pending and all(
        actor.body == IDLE for actor in state.actors[machine.workers :]
    )
    if tasks_over and jobs_over:
        return "done"
    return "deadlock" if machine.killed_after is None else "killed"


def _is_told(machine: Machine, state: State) -> bool:
    """Whether every entry of the guide's logs has been explained."""
    assert machine.guide is not None
    told = [0] * len(machine.code)
    for number, job in enumerate(state.jobs):
        if job.status is JobStatus.FINISHED:
            body = machine.workers + number
            told[body] = len(machine.code[body])
    for actor in state.actors:
        if actor.body != IDLE:
            told[actor.body] = actor.pc
    return told == [len(log) for log in machine.guide]
