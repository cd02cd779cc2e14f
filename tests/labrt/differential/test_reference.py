"""The reference model: what it allows, program by program, and that it is one model."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.labrt.differential import language as lang
from tests.labrt.differential.language import (
    JobBody,
    Op,
    Parts,
    Program,
    QueueKind,
    QueueSpec,
    Result,
    SemaphoreSpec,
    ThreadBody,
    TimerBody,
)
from tests.labrt.differential.reference import TooLarge, allowed_results, is_allowed
from tests.labrt.differential.samples import (
    NO_PARTS,
    ONE_CONDITION,
    ONE_LOCK,
    ends,
    threads,
)
from tests.labrt.differential.strategies import programs


def within(*body: Op) -> lang.With:
    """Do something with the condition's lock held."""
    return lang.With(0, 0, body)


def all_ends(program: Program, *, lossy: bool = False) -> set[tuple[object, ...]]:
    """How each thread can end, over all results."""
    return {ends(result) for result in allowed_results(program, lossy=lossy)}


def test_a_sleep_takes_exactly_its_length() -> None:
    """Whatever else happens at the same instants."""
    program = threads(NO_PARTS, (lang.Sleep(2), lang.Sleep(0)), (lang.Sleep(1),))
    assert all_ends(program) == {((None, 3), (None, 2), "done")}


def test_a_free_lock_is_anybodys() -> None:
    """Either thread may be first, and the other one waits for as long as it sleeps."""
    body = (lang.With(0, None, (lang.Sleep(2),)),)
    assert all_ends(threads(ONE_LOCK, body, body)) == {
        (("out", 3), ("out", 5), "done"),
        (("out", 5), ("out", 3), "done"),
    }


def test_a_timeout_may_come_before_or_after_what_ends_the_wait() -> None:
    """A lock that is freed at the very instant: taken, or not."""
    holder = (lang.Acquire(0, None), lang.Sleep(1), lang.Release(0))
    other: tuple[Op, ...] = (lang.Sleep(0), lang.Acquire(0, 1))
    results = all_ends(threads(ONE_LOCK, holder, other))
    assert ((None, 2), (True, 2), "done") in results
    assert ((None, 2), (False, 2), "done") in results
    assert all(result[1] != (False, 1) for result in results)


def test_a_deadlock_is_a_result() -> None:
    """Two threads that take two locks in two orders, at the same instant."""
    parts = replace(NO_PARTS, locks=(lang.LockKind.LOCK, lang.LockKind.LOCK))
    one, other = (
        (lang.With(first, None, (lang.With(1 - first, None, (lang.Bump(0),)),)),)
        for first in (0, 1)
    )
    endings = {result.ending for result in allowed_results(threads(parts, one, other))}
    assert endings == {"done", "deadlock"}


def test_a_bump_is_two_steps_unless_a_lock_is_held() -> None:
    """Without a lock both threads may read the same; with it they cannot."""
    free = threads(NO_PARTS, (lang.Bump(0),), (lang.Bump(0),))
    body = (lang.With(0, None, (lang.Bump(0),)),)
    seen = {
        tuple(log[-1].outcome for log in result.logs)
        for result in allowed_results(free)
    }
    assert seen == {(0, 0), (0, 1), (1, 0)}
    guarded = {
        tuple(log[1].outcome for log in result.logs)
        for result in allowed_results(threads(ONE_LOCK, body, body))
    }
    assert guarded == {(0, 1), (1, 0)}


def test_a_notification_at_the_deadline_is_not_lost() -> None:
    """Either the waiter whose time is up gets it, or the one that has time left."""
    program = threads(
        ONE_CONDITION,
        (within(lang.Wait(0, 1)),),
        (within(lang.Wait(0, 3)),),
        (lang.Sleep(1), within(lang.Notify(0, 1))),
    )
    waits = {
        tuple((log[1].outcome, log[1].tick) for log in result.logs[:2])
        for result in allowed_results(program)
    }
    assert waits == {((True, 2), (False, 4)), ((False, 2), (True, 2))}


def test_cpython_can_lose_a_notification() -> None:
    """A waiter that is out of time and waits for the lock can still be picked.

    The notifier holds the lock from tick 1 or 2 to tick 4, the first waiter's time is
    up at tick 2. Only real threads may be judged by that.
    """
    program = threads(
        ONE_CONDITION,
        (within(lang.Wait(0, 1)),),
        (within(lang.Wait(0, 5)),),
        (lang.Sleep(0), within(lang.Sleep(3), lang.Notify(0, 1))),
    )

    def lost(result: Result) -> bool:
        first, second, notifier = result.logs
        begun = len(first) > 1 and len(second) > 1 and notifier[1].tick == 1
        return begun and (first[1].outcome, second[1].outcome) == (False, False)

    both_wait_first = [
        result
        for result in allowed_results(program, lossy=True)
        if lost(result) and result.logs[0][0].tick == result.logs[1][0].tick == 1
    ]
    strict = allowed_results(program)
    assert [result for result in both_wait_first if result not in strict]
    assert strict <= allowed_results(program, lossy=True)


def test_set_wakes_even_if_clear_follows_at_once() -> None:
    """Who waited when the flag was set has been woken for good."""
    program = threads(
        replace(NO_PARTS, events=1),
        (lang.WaitEvent(0, None),),
        (lang.Sleep(1), lang.SetEvent(0), lang.ClearEvent(0)),
    )
    assert all_ends(program) == {((True, 2), (None, 2), "done")}


def test_a_semaphore_counts_and_may_be_bounded() -> None:
    """Two at once wake two; a bounded one refuses to hold more than at first."""
    take = (lang.AcquireSemaphore(0, None),)
    give = (lang.Sleep(1), lang.ReleaseSemaphore(0, 2))
    parts = replace(NO_PARTS, semaphores=(SemaphoreSpec(0, bounded=False),))
    assert all_ends(threads(parts, take, take, give)) == {
        ((True, 2), (True, 2), (None, 2), "done")
    }
    bounded = replace(NO_PARTS, semaphores=(SemaphoreSpec(1, bounded=True),))
    assert all_ends(threads(bounded, give)) == {(("ValueError", 2), "done")}


def test_a_barrier_gives_each_a_number_or_breaks_for_all() -> None:
    """Who arrives at the deadline of the first comes in time, or too late."""
    program = threads(
        replace(NO_PARTS, barriers=(2,)),
        (lang.BarrierWait(0, 1),),
        (lang.Sleep(1), lang.BarrierWait(0, None)),
    )
    broken = ("BrokenBarrierError", 2)
    assert all_ends(program) == {
        ((0, 2), (1, 2), "done"),
        ((1, 2), (0, 2), "done"),
        (broken, broken, "done"),
    }


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (QueueKind.FIFO, 2),
        (QueueKind.SIMPLE, 2),
        (QueueKind.LIFO, 3),
        (QueueKind.PRIORITY, 1),
    ],
)
def test_queues_give_items_in_their_order(kind: QueueKind, first: int) -> None:
    """The oldest, the youngest or the least comes first."""
    puts = tuple(lang.Put(0, item, None) for item in (2, 1, 3))
    program = threads(
        replace(NO_PARTS, queues=(QueueSpec(kind, 0),)), (*puts, lang.Get(0, None))
    )
    assert all_ends(program) == {((first, 1), "done")}


def test_a_timer_that_is_cancelled_at_its_instant_may_have_run() -> None:
    """Both are right, but nothing else is."""
    program = Program(
        NO_PARTS,
        (ThreadBody(1, (lang.StartTimer(0), lang.Sleep(2), lang.CancelTimer(0))),),
        timers=(TimerBody(2, (lang.Sleep(1),)),),
    )
    assert all_ends(program) == {
        ((None, 3), (None, 4), "done"),
        ((None, 3), None, "done"),
    }


def test_jobs_wait_for_a_worker_and_can_be_cancelled_until_then() -> None:
    """One worker, two jobs of two ticks: the second begins when the first ends."""
    parts: Parts = replace(NO_PARTS, workers=1)
    jobs = (JobBody((lang.Sleep(2),), raises=False),) * 2
    ops: tuple[Op, ...] = (lang.Submit(0), lang.Submit(1), lang.JobResult(1, None))
    program = Program(parts, (ThreadBody(1, ops),), jobs=jobs)
    assert all_ends(program) == {((1, 5), (None, 3), (None, 5), "done")}
    ops = (lang.Submit(0), lang.Submit(1), lang.Sleep(1), lang.CancelJob(1))
    program = Program(parts, (ThreadBody(1, ops),), jobs=jobs)
    assert all_ends(program) == {((True, 2), (None, 3), None, "done")}


def test_a_killed_program_has_done_what_was_due() -> None:
    """And nothing of what was due later."""
    program = threads(NO_PARTS, (lang.Sleep(1), lang.Sleep(1), lang.Sleep(1)))
    (result,) = allowed_results(program, killed_after=3)
    assert ends(result) == ((None, 3), "killed")
    assert is_allowed(program, result, killed_after=3)
    assert not is_allowed(program, result)


@settings(max_examples=60)
@given(programs(), st.data())
def test_being_allowed_is_being_among_the_allowed(
    program: Program, data: st.DataObject
) -> None:
    """The guided search and the full one agree, on right results and on wrong ones."""
    try:
        allowed = allowed_results(program, limit=3_000)
    except TooLarge:
        assume(False)
    ordered = sorted(allowed, key=repr)
    result = data.draw(st.sampled_from(ordered))
    assert is_allowed(program, result)
    other = _changed(result, data)
    assert is_allowed(program, other) == (other in allowed)


def _changed(result: Result, data: st.DataObject) -> Result:
    """A result with one entry changed, or with another ending."""
    logs = [list(log) for log in result.logs]
    filled = [log for log in logs if log]
    ending = result.ending
    if not filled:
        ending = "deadlock" if ending == "done" else "done"
    else:
        log = data.draw(st.sampled_from(filled))
        place = data.draw(st.integers(0, len(log) - 1))
        entry = log[place]
        log[place] = data.draw(
            st.sampled_from(
                [
                    replace(entry, tick=entry.tick + 1),
                    replace(entry, outcome=True),
                    replace(entry, outcome=False),
                    replace(entry, outcome="RuntimeError"),
                ]
            )
        )
    return Result(tuple(tuple(log) for log in logs), ending)
