"""Rules for locks and conditions.

*A free lock is anybody's.* A waiter that `release` has woken is not the owner yet, and
a newcomer may take the lock first. Nobody may go on waiting while the lock stays free.

*A notification is for a thread that waits.* `notify(n)` wakes exactly `n` of the
threads that wait, any of them, or all if there are fewer. A waiter whose time is up at
that very instant either has left the wait already (it returns False, and somebody else
is woken) or has not (it is woken and returns True). So a notification is never lost.

That is what labrt promises, and a little more than CPython keeps. There a waiter that
is out of time leaves the condition's list only after it has the lock back. Until then
`notify` can still pick it, though it has given up and will return False: nobody else is
woken and the notification has done nothing. The window is as long as the lock is held
by others, not just an instant. What the documentation says ("wakes up at most n") is
kept. With `machine.lossy` the rules allow that as well, to judge real threads.
"""

from __future__ import annotations

from itertools import combinations

from tests.labrt.differential import language as lang
from tests.labrt.differential.reference.state import (
    FREE,
    Enter,
    Leave,
    Lock,
    Machine,
    Phase,
    Rule,
    State,
    Steps,
)


def _can_take(machine: Machine, state: State, who: int, lock: int) -> bool:
    held = state.locks[lock]
    return not held.depth or (machine.is_reentrant(lock) and held.owner == who)


def _take(machine: Machine, state: State, who: int, lock: int, depth: int = 1) -> None:
    # A plain lock does not know its owner: anybody may release it.
    owner = who if machine.is_reentrant(lock) else 0
    state.locks[lock] = Lock(owner, state.locks[lock].depth + depth)


def _owns(machine: Machine, state: State, who: int, lock: int) -> bool:
    held = state.locks[lock]
    if machine.is_reentrant(lock):
        return held.owner == who and held.depth > 0
    return held.depth > 0


def _acquire(machine: Machine, state: State, who: int, op: lang.Acquire) -> Steps:
    possible = []
    if _can_take(machine, state, who, op.lock):
        following = state.copy()
        _take(machine, following, who, op.lock)
        possible.append((following, True))
    yield from machine.block_until(state, who, op.timeout, possible, late=False)


def _enter(machine: Machine, state: State, who: int, op: Enter) -> Steps:
    possible = []
    if _can_take(machine, state, who, op.lock):
        following = state.copy()
        _take(machine, following, who, op.lock)
        possible.append((following, "in"))
    yield from machine.block_until(state, who, None, possible, late=None)


def _release(
    machine: Machine, state: State, who: int, op: lang.Release | Leave
) -> Steps:
    following = state.copy()
    if not _owns(machine, state, who, op.lock):
        yield from machine.finish(following, who, "RuntimeError")
        return
    depth = state.locks[op.lock].depth - 1
    held = following.locks[op.lock]._replace(depth=depth)
    following.locks[op.lock] = held if depth else FREE
    yield from machine.finish(following, who, "out" if type(op) is Leave else None)


# Conditions.


def _begin_to_wait(
    machine: Machine, state: State, who: int, condition: int, timeout: int | None
) -> Steps:
    """Give up the lock, however deep, and wait: one step, as for any observer."""
    lock = machine.program.parts.conditions[condition]
    following = state.copy()
    if not _owns(machine, state, who, lock):
        yield from machine.finish(following, who, "RuntimeError")
        return
    following.move(who, data=state.locks[lock].depth)
    following.locks[lock] = FREE
    following.wait(who, timeout)
    yield following


def _take_back(
    machine: Machine, state: State, who: int, condition: int
) -> State | None:
    """Take the lock again after a wait; None while somebody else has it."""
    lock = machine.program.parts.conditions[condition]
    if state.locks[lock].depth:
        return None
    following = state.copy()
    _take(machine, following, who, lock, depth=state.actors[who].data)
    return following


def _give_up(state: State, who: int) -> Steps:
    """Let the time of a waiter be up, if it is."""
    if state.expired(who):
        following = state.copy()
        following.move(who, phase=Phase.TIMED_OUT)
        yield following


def _wait(machine: Machine, state: State, who: int, op: lang.Wait) -> Steps:
    phase = state.actors[who].phase
    if phase is Phase.READY:
        yield from _begin_to_wait(machine, state, who, op.condition, op.timeout)
    elif phase is Phase.WAITING:
        yield from _give_up(state, who)
    else:
        following = _take_back(machine, state, who, op.condition)
        if following is not None:
            yield from machine.finish(following, who, phase is Phase.WOKEN)


def _wait_for(machine: Machine, state: State, who: int, op: lang.WaitFor) -> Steps:
    """Take a step of a loop around `wait`, whose deadline is that of the first one."""
    actor = state.actors[who]
    if actor.phase is Phase.WAITING:
        yield from _give_up(state, who)
        return
    if actor.phase not in (Phase.READY, Phase.SECOND):
        following = _take_back(machine, state, who, op.condition)
        if following is not None:
            following.move(who, phase=Phase.SECOND)
            yield following
        return
    if state.counters[op.counter] >= op.at_least:
        yield from machine.finish(state.copy(), who, True)
        return
    timeout = op.timeout
    if actor.phase is Phase.SECOND and actor.deadline is not None:
        timeout = max(actor.deadline - state.now, 0)
        if state.expired(who):
            # Within the instant there may be a moment left for one more wait.
            yield from machine.finish(state.copy(), who, False)
    yield from _begin_to_wait(machine, state, who, op.condition, timeout)


def _waiting_on(machine: Machine, state: State, condition: int) -> list[int]:
    """The actors that a notification can go to."""
    phases = {Phase.WAITING}
    if machine.lossy:
        phases.add(Phase.TIMED_OUT)
    return [
        who
        for who, actor in enumerate(state.actors)
        if actor.phase in phases
        and isinstance(machine.instruction(actor), lang.Wait | lang.WaitFor)
        and getattr(machine.instruction(actor), "condition", None) == condition
    ]


def _notify(machine: Machine, state: State, who: int, op: lang.Notify) -> Steps:
    lock = machine.program.parts.conditions[op.condition]
    if not _owns(machine, state, who, lock):
        yield from machine.finish(state.copy(), who, "RuntimeError")
        return
    waiting = _waiting_on(machine, state, op.condition)
    count = len(waiting) if op.n is None else min(op.n, len(waiting))
    for chosen in combinations(waiting, count):
        following = state.copy()
        for waiter in chosen:
            late = state.actors[waiter].phase is Phase.TIMED_OUT
            following.move(waiter, phase=Phase.MISSED if late else Phase.WOKEN)
        yield from machine.finish(following, who, None)


RULES: dict[type, Rule] = {
    lang.Acquire: _acquire,
    lang.Release: _release,
    Enter: _enter,
    Leave: _release,
    lang.Wait: _wait,
    lang.WaitFor: _wait_for,
    lang.Notify: _notify,
}
