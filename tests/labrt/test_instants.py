"""Things that are due at one instant: each wait ends once, and only for its own reason.

Each program brings a timeout and what it waits for to the same instant. Whichever comes
first under a seed, the wait must say so, and what the thread does next must take its
own time: a wake-up that is left over would end it early.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from labrt import Deadlock, SimRuntime
from tests.labrt.conftest import RunProgram

SEEDS = range(24)

# What is prepared, what waits for 50 ms, and what ends the wait after 50 ms.
WAITS = {
    "condition": (
        "thing = threading.Condition()",
        "with thing: ended = thing.wait(0.05)",
        "with thing: thing.notify()",
    ),
    "event": (
        "thing = threading.Event()",
        "ended = thing.wait(0.05)",
        "thing.set()",
    ),
    "lock": (
        "thing = threading.Lock(); thing.acquire()",
        "ended = thing.acquire(timeout=0.05)",
        "thing.release()",
    ),
    "semaphore": (
        "thing = threading.Semaphore(0)",
        "ended = thing.acquire(timeout=0.05)",
        "thing.release()",
    ),
    "barrier": (
        "thing = threading.Barrier(2)",
        "ended = passes(thing)",
        "passes(thing)",
    ),
    "queue": (
        "thing = queue.Queue()",
        "ended = gets(thing)",
        "thing.put(1)",
    ),
    "simple queue": (
        "thing = queue.SimpleQueue()",
        "ended = gets(thing)",
        "thing.put(1)",
    ),
    "full queue": (
        "thing = queue.Queue(1); thing.put(0)",
        "ended = puts(thing)",
        "thing.get()",
    ),
    "join": (
        "thing = threading.Thread(target=time.sleep, args=(0.05,)); thing.start()",
        "thing.join(0.05); ended = not thing.is_alive()",
        "pass",
    ),
    "result": (
        "thing = concurrent.futures.Future()",
        "ended = completes(thing)",
        "thing.set_result(1)",
    ),
}
PROGRAM = """
import concurrent.futures, queue, threading, time

def passes(barrier):
    try: barrier.wait(0.05)
    except threading.BrokenBarrierError: return False
    return True

def gets(queue_):
    try: queue_.get(timeout=0.05)
    except queue.Empty: return False
    return True

def puts(queue_):
    try: queue_.put(1, timeout=0.05)
    except queue.Full: return False
    return True

def completes(future):
    try: future.result(0.05)
    except concurrent.futures.TimeoutError: return False
    return True

def main():
    {prepare}
    start, seen = time.monotonic(), []
    def now():
        return round((time.monotonic() - start) * 100, 3)
    def waiter():
        {wait}
        waited = now()
        time.sleep(1)
        seen.append((ended, waited, now()))
    def other():
        time.sleep(0.05)
        {end}
        time.sleep(1)
        seen.append(now())
    threads = [threading.Thread(target=f) for f in (waiter, other)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return sorted(seen, key=str)
"""


@pytest.mark.parametrize("kind", WAITS)
def test_a_wait_ends_once(run_program: RunProgram, kind: str) -> None:
    """The wait and the sleep after it take their time, and seeds show both ends."""
    prepare, wait, end = WAITS[kind]
    source = PROGRAM.format(prepare=prepare, wait=wait, end=end)
    ends = set()
    for seed in SEEDS:
        (ended, waited, slept), other = run_program(
            source, seed=seed, preempt_every=10**9
        )
        assert (waited, slept, other) == (5, 105, 105), f"seed {seed}"
        ends.add(ended)
    assert ends == {False, True}


def test_a_lock_is_held_by_one_at_every_instant(run_program: RunProgram) -> None:
    """Waits on a grid, whoever they end for, let nobody in without the lock."""
    source = """
        import random, threading, time

        def main():
            lock, condition = threading.Lock(), threading.Condition()
            inside, most, sleeps = 0, 0, []
            def work():
                nonlocal inside, most
                for _ in range(15):
                    with condition: condition.wait(random.choice((0.01, 0.02)))
                    if lock.acquire(timeout=0.02):
                        inside += 1
                        most = max(most, inside)
                        start = time.monotonic()
                        time.sleep(0.01)
                        sleeps.append(round(time.monotonic() - start, 6))
                        inside -= 1
                        lock.release()
                    with lock:
                        inside += 1
                        most = max(most, inside)
                        time.sleep(0.01)
                        inside -= 1
                    with condition: condition.notify()
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return most, set(sleeps)
        """
    for seed in SEEDS:
        assert run_program(source, seed=seed) == (1, {0.01}), f"seed {seed}"


def test_a_notification_is_not_spent_on_whose_time_was_up(
    run_program: RunProgram,
) -> None:
    """Of two waiters one is told, though one's time is up at that instant."""
    source = """
        import threading, time

        def main():
            condition, told = threading.Condition(), []
            def wait(timeout):
                with condition:
                    if condition.wait(timeout): told.append(timeout)
            for timeout in (0.05, 1):
                threading.Thread(target=wait, args=(timeout,)).start()
            time.sleep(0.05)
            with condition: condition.notify()
            time.sleep(2)
            return told
        """
    told = [tuple(run_program(source, seed=seed)) for seed in SEEDS]
    assert set(told) == {(0.05,), (1,)}


def test_a_failure_ends_what_main_waits_for() -> None:
    """What main waited for when the run failed does not end its later waits."""
    runtime = SimRuntime()
    times: list[float] = []

    def fail() -> None:
        raise ValueError("mine")

    def main() -> None:
        awaited = runtime.future()
        runtime.call_later(1, fail)
        runtime.call_later(2, awaited.set)
        try:
            awaited.wait(3)
        finally:
            assert not runtime.future().wait(10)
            times.append(runtime.now())

    with pytest.raises(ValueError, match="mine"):
        runtime.run(main)
    assert times == [11]


def test_patience_leaves_no_timers_behind(write_program: Callable[..., Path]) -> None:
    """A lock that was had in time does not put off what is found out later."""
    folder = write_program(
        """
        import threading, time

        def main():
            lock = threading.Lock()
            def work():
                for _ in range(5):
                    with lock: time.sleep(0.1)
            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            threading.Event().wait()
        """
    )
    runtime = SimRuntime(lock_patience=1000.0, debug=True)

    def main() -> None:
        world = runtime.world("server", roots=[folder])
        runtime.spawn(world.load("program").main, world=world).join()

    with pytest.raises(Deadlock):
        runtime.run(main)
    assert runtime.now() == pytest.approx(1.5, abs=0.01)


def test_a_deadline_between_two_nanoseconds_comes(run_program: RunProgram) -> None:
    """Code that waits for the rest of its time, however little that is, gets there."""
    source = """
        import threading, time
        def main():
            condition = threading.Condition()
            rounds = 0
            with condition:
                for n in range(50):
                    time.sleep(0.0001)
                    until = time.monotonic() + n / 7
                    while time.monotonic() < until:
                        condition.wait(until - time.monotonic())
                        rounds += 1
                    until = time.time() + n / 7
                    while time.time() < until:
                        time.sleep(until - time.time())
                        rounds += 1
            return rounds
    """
    assert 98 <= run_program(source) < 300
