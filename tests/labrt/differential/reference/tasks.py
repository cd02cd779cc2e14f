"""Rules for what runs: sleeping, threads, timers, and the executor's jobs.

*A sleep takes exactly its length.* *A thread has ended* only some moment after its last
operation. *A timer looks once*, when its time has come, whether it was cancelled.

*A job starts as soon as fewer jobs than workers run.* They are picked in the order of
submission; a job that is picked is not running yet and can still be cancelled. With one
or two workers that is what the executor of every Python version does; with more, its
count of idle workers can be too high and delay a job, hence no programs with more.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from tests.labrt.differential import language as lang
from tests.labrt.differential.language import Outcome
from tests.labrt.differential.reference.state import (
    IDLE,
    Job,
    JobStatus,
    Machine,
    Phase,
    Rule,
    State,
    Steps,
)

_OVER = (JobStatus.FINISHED, JobStatus.NOTICED)


def _sleep(machine: Machine, state: State, who: int, op: lang.Sleep) -> Steps:
    yield from machine.block_until(state, who, op.ticks, (), late=None)


def _bump(machine: Machine, state: State, who: int, op: lang.Bump) -> Steps:
    following = state.copy()
    actor = state.actors[who]
    if actor.phase is Phase.READY:
        following.move(who, phase=Phase.SECOND, data=state.counters[op.counter])
        yield following
        return
    following.counters[op.counter] = actor.data + 1
    yield from machine.finish(following, who, actor.data)


# Threads and timers.


def _join(machine: Machine, state: State, who: int, op: lang.Join) -> Steps:
    other = state.actors[op.thread].phase
    if other is Phase.UNSTARTED or op.thread == who:
        yield from machine.finish(state.copy(), who, "RuntimeError")
        return
    possible = [(state.copy(), None)] if other is Phase.DONE else []
    yield from machine.block_until(state, who, op.timeout, possible, late=None)


def _is_alive(machine: Machine, state: State, who: int, op: lang.IsAlive) -> Steps:
    alive = state.actors[op.thread].phase not in (Phase.UNSTARTED, Phase.DONE)
    yield from machine.finish(state.copy(), who, alive)


def _start(machine: Machine, state: State, who: int, op: lang.StartTimer) -> Steps:
    following = state.copy()
    timer = machine.threads + op.timer
    if state.actors[timer].phase is not Phase.UNSTARTED:
        yield from machine.finish(following, who, "RuntimeError")
        return
    interval = machine.program.timers[op.timer].interval
    following.wait(timer, interval, Phase.COUNTDOWN)
    yield from machine.finish(following, who, None)


def _cancel(machine: Machine, state: State, who: int, op: lang.CancelTimer) -> Steps:
    following = state.copy()
    following.flags[machine.program.parts.events + op.timer] = True
    yield from machine.finish(following, who, None)


def between_instructions(machine: Machine, state: State, who: int) -> Steps:
    """Take a step of an actor that is at none of its instructions."""
    actor = state.actors[who]
    following = state.copy()
    if actor.phase is Phase.STARTING:
        if state.expired(who):
            following.move(who, phase=Phase.READY, deadline=None)
            yield following
    elif actor.phase in (Phase.COUNTDOWN, Phase.DECIDING):
        yield from _count_down(machine, state, who)
    elif actor.phase is Phase.PICKED or actor.body == IDLE:
        yield from _pick(machine, state, who)
    elif actor.phase is Phase.READY:
        yield _end(machine, following, who)


def _count_down(machine: Machine, state: State, who: int) -> Steps:
    following = state.copy()
    number = who - machine.threads
    cancelled = state.flags[machine.program.parts.events + number]
    if state.actors[who].phase is Phase.DECIDING:
        phase = Phase.DONE if cancelled else Phase.READY
        following.move(who, phase=phase)
        yield following
    elif cancelled or state.expired(who):
        following.move(who, phase=Phase.DECIDING, deadline=None)
        yield following


def _pick(machine: Machine, state: State, who: int) -> Steps:
    """Let a worker pick the next job, then begin with it if it is still wanted."""
    following = state.copy()
    actor = state.actors[who]
    # While a worker is about to begin, `data` is its job.
    job = actor.data
    if actor.phase is not Phase.PICKED:
        if state.pending:
            following.pending = state.pending[1:]
            following.move(who, phase=Phase.PICKED, data=state.pending[0])
            yield following
    elif state.jobs[job].status is JobStatus.CANCELLED:
        following.jobs[job] = state.jobs[job]._replace(status=JobStatus.NOTICED)
        following.move(who, phase=Phase.READY, data=0)
        yield following
    else:
        following.jobs[job] = state.jobs[job]._replace(status=JobStatus.RUNNING)
        body = machine.workers + job
        following.move(who, body=body, phase=Phase.READY, data=0)
        yield following


def _end(machine: Machine, state: State, who: int) -> State:
    """End a thread, a timer or a job."""
    actor = state.actors[who]
    if who < machine.workers:
        state.move(who, phase=Phase.DONE)
        return state
    job = actor.body - machine.workers
    state.jobs[job] = state.jobs[job]._replace(status=JobStatus.FINISHED)
    state.move(who, body=IDLE, pc=0)
    return state


# Jobs, as those see them that submit them.


def _submit(machine: Machine, state: State, who: int, op: lang.Submit) -> Steps:
    """Submit a job, then keep its future: it may have run before that."""
    following = state.copy()
    if state.actors[who].phase is Phase.SECOND:
        following.jobs[op.job] = state.jobs[op.job]._replace(visible=True)
        yield from machine.finish(following, who, None)
    elif state.closed:
        yield from machine.finish(following, who, "RuntimeError")
    else:
        following.jobs[op.job] = Job(JobStatus.PENDING, False)
        following.pending = (*state.pending, op.job)
        following.move(who, phase=Phase.SECOND)
        yield following


def _result(machine: Machine, state: State, who: int, op: lang.JobResult) -> Steps:
    job = state.jobs[op.job]
    if not job.visible:
        yield from machine.finish(state.copy(), who, "KeyError")
        return
    possible: list[tuple[State, Outcome]] = []
    if job.status is JobStatus.FINISHED:
        raises = machine.program.jobs[op.job].raises
        possible.append((state.copy(), "LookupError" if raises else op.job))
    elif job.status in (JobStatus.CANCELLED, JobStatus.NOTICED):
        possible.append((state.copy(), "CancelledError"))
    yield from machine.block_until(state, who, op.timeout, possible, "TimeoutError")


def _cancel_job(machine: Machine, state: State, who: int, op: lang.CancelJob) -> Steps:
    job = state.jobs[op.job]
    following = state.copy()
    if not job.visible:
        yield from machine.finish(following, who, "KeyError")
        return
    if job.status is JobStatus.PENDING:
        following.jobs[op.job] = job._replace(status=JobStatus.CANCELLED)
    cancelled = following.jobs[op.job].status
    done = cancelled in (JobStatus.CANCELLED, JobStatus.NOTICED)
    yield from machine.finish(following, who, done)


def _wait_jobs(machine: Machine, state: State, who: int, op: lang.WaitJobs) -> Steps:
    """Wait for jobs, then say which are over: those are looked at one by one.

    `data` is the set of jobs that were over when the waiting ended, as bits. What ends
    while the others are being looked at may be among the answer or not.
    """
    actor = state.actors[who]
    over = [job for job in op.jobs if state.jobs[job].status in _OVER]
    if not all(state.jobs[job].visible for job in op.jobs):
        yield from machine.finish(state.copy(), who, "KeyError")
    elif actor.phase is Phase.SECOND:
        sure = [job for job in op.jobs if actor.data >> job & 1]
        for seen in _between(sure, over):
            yield from machine.finish(state.copy(), who, seen)
    elif len(over) == len(op.jobs) or (op.first and over) or state.expired(who):
        following = state.copy()
        sure_bits = sum(1 << job for job in over)
        following.move(who, phase=Phase.SECOND, data=sure_bits, deadline=None)
        yield following
    elif actor.phase is Phase.READY:
        following = state.copy()
        following.wait(who, op.timeout)
        yield following


def _between(sure: list[int], over: list[int]) -> Iterable[tuple[int, ...]]:
    maybe = [job for job in over if job not in sure]
    for count in range(len(maybe) + 1):
        for more in combinations(maybe, count):
            yield tuple(sorted((*sure, *more)))


def _shutdown(machine: Machine, state: State, who: int, op: lang.Shutdown) -> Steps:
    following = state.copy()
    following.closed = True
    idle = all(
        actor.body == IDLE and actor.phase is Phase.READY
        for actor in state.actors[machine.workers :]
    )
    if not op.wait or (state.closed and idle and not state.pending):
        yield from machine.finish(following, who, None)
    elif state.actors[who].phase is Phase.READY:
        following.wait(who, None)
        yield following


RULES: dict[type, Rule] = {
    lang.Sleep: _sleep,
    lang.Bump: _bump,
    lang.Join: _join,
    lang.IsAlive: _is_alive,
    lang.StartTimer: _start,
    lang.CancelTimer: _cancel,
    lang.Submit: _submit,
    lang.JobResult: _result,
    lang.CancelJob: _cancel_job,
    lang.WaitJobs: _wait_jobs,
    lang.Shutdown: _shutdown,
}
