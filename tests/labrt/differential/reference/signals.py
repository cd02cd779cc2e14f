"""Rules for events, semaphores and barriers.

*An event's `set` wakes everybody who waits*, for good: a `clear` right behind it does
not put them to sleep again.

*A semaphore counts.* Whoever finds more than zero may take one; that is nobody's by
right of having waited.

*A barrier drains before it fills again*, and once somebody has given up on it, or it
was aborted, it is broken for all that are inside. The numbers it gives are those of one
round, each once; who gets which is open.
"""

from __future__ import annotations

from tests.labrt.differential import language as lang
from tests.labrt.differential.reference.state import (
    Barrier,
    BarrierMode,
    Machine,
    Phase,
    Rule,
    State,
    Steps,
)


def _set(machine: Machine, state: State, who: int, op: lang.SetEvent) -> Steps:
    following = state.copy()
    following.flags[op.event] = True
    for waiter, actor in enumerate(state.actors):
        blocked = actor.phase is Phase.WAITING
        match machine.instruction(actor):
            case lang.WaitEvent(event) if blocked and event == op.event:
                following.move(waiter, phase=Phase.WOKEN)
    yield from machine.finish(following, who, None)


def _clear(machine: Machine, state: State, who: int, op: lang.ClearEvent) -> Steps:
    following = state.copy()
    following.flags[op.event] = False
    yield from machine.finish(following, who, None)


def _is_set(machine: Machine, state: State, who: int, op: lang.IsSet) -> Steps:
    yield from machine.finish(state.copy(), who, state.flags[op.event])


def _wait_event(machine: Machine, state: State, who: int, op: lang.WaitEvent) -> Steps:
    possible = []
    if state.actors[who].phase is Phase.WOKEN or (
        state.actors[who].phase is Phase.READY and state.flags[op.event]
    ):
        possible.append((state.copy(), True))
    yield from machine.block_until(state, who, op.timeout, possible, late=False)


def _acquire(
    machine: Machine, state: State, who: int, op: lang.AcquireSemaphore
) -> Steps:
    possible = []
    if state.semaphores[op.semaphore] > 0:
        following = state.copy()
        following.semaphores[op.semaphore] -= 1
        possible.append((following, True))
    yield from machine.block_until(state, who, op.timeout, possible, late=False)


def _release(
    machine: Machine, state: State, who: int, op: lang.ReleaseSemaphore
) -> Steps:
    following = state.copy()
    spec = machine.program.parts.semaphores[op.semaphore]
    value = state.semaphores[op.semaphore] + op.n
    if op.n < 1 or (spec.bounded and value > spec.value):
        yield from machine.finish(following, who, "ValueError")
        return
    following.semaphores[op.semaphore] = value
    yield from machine.finish(following, who, None)


# Barriers.


def _barrier_wait(
    machine: Machine, state: State, who: int, op: lang.BarrierWait
) -> Steps:
    if state.actors[who].phase is Phase.READY:
        yield from _arrive(machine, state, who, op)
        return
    mode = state.barriers[op.barrier].mode
    if mode is BarrierMode.DRAINING:
        yield from _pass(machine, state, who, op.barrier)
    elif mode is not BarrierMode.FILLING:
        yield from _fail(machine, state, who, op.barrier, mode)
    elif state.expired(who):
        yield from _fail(machine, state, who, op.barrier, BarrierMode.BROKEN)


def _arrive(machine: Machine, state: State, who: int, op: lang.BarrierWait) -> Steps:
    barrier = state.barriers[op.barrier]
    if barrier.mode is BarrierMode.BROKEN:
        yield from machine.finish(state.copy(), who, "BrokenBarrierError")
    elif barrier.mode is BarrierMode.FILLING:
        following = state.copy()
        inside = barrier.inside + 1
        if inside == machine.program.parts.barriers[op.barrier]:
            full = Barrier(BarrierMode.DRAINING, inside, frozenset())
            following.barriers[op.barrier] = full
            yield from _pass(machine, following, who, op.barrier)
            return
        following.barriers[op.barrier] = barrier._replace(inside=inside)
        following.wait(who, op.timeout)
        yield following
    # Otherwise those of the last round have to leave first.


def _pass(machine: Machine, state: State, who: int, which: int) -> Steps:
    barrier = state.barriers[which]
    for number in range(machine.program.parts.barriers[which]):
        if number not in barrier.given:
            following = state.copy()
            given = barrier.given | {number}
            following.barriers[which] = _left(barrier._replace(given=given))
            yield from machine.finish(following, who, number)


def _fail(
    machine: Machine, state: State, who: int, which: int, mode: BarrierMode
) -> Steps:
    following = state.copy()
    following.barriers[which] = _left(state.barriers[which]._replace(mode=mode))
    yield from machine.finish(following, who, "BrokenBarrierError")


def _left(barrier: Barrier) -> Barrier:
    """Let one leave; the last one makes the barrier ready for the next round."""
    inside = barrier.inside - 1
    if inside or barrier.mode is BarrierMode.BROKEN:
        return barrier._replace(inside=inside)
    return Barrier(BarrierMode.FILLING, 0, frozenset())


def _reset(machine: Machine, state: State, who: int, op: lang.BarrierReset) -> Steps:
    following = state.copy()
    barrier = state.barriers[op.barrier]
    if not barrier.inside:
        following.barriers[op.barrier] = Barrier(BarrierMode.FILLING, 0, frozenset())
    elif barrier.mode is not BarrierMode.DRAINING:
        resetting = barrier._replace(mode=BarrierMode.RESETTING)
        following.barriers[op.barrier] = resetting
    yield from machine.finish(following, who, None)


def _abort(machine: Machine, state: State, who: int, op: lang.BarrierAbort) -> Steps:
    following = state.copy()
    broken = state.barriers[op.barrier]._replace(mode=BarrierMode.BROKEN)
    following.barriers[op.barrier] = broken
    yield from machine.finish(following, who, None)


RULES: dict[type, Rule] = {
    lang.SetEvent: _set,
    lang.ClearEvent: _clear,
    lang.IsSet: _is_set,
    lang.WaitEvent: _wait_event,
    lang.AcquireSemaphore: _acquire,
    lang.ReleaseSemaphore: _release,
    lang.BarrierWait: _barrier_wait,
    lang.BarrierReset: _reset,
    lang.BarrierAbort: _abort,
}
