"""Unmodified threaded code runs under virtual time: one test a promise."""

from __future__ import annotations

import pytest

from tests.labrt.conftest import RunProgram


def test_sleep_takes_exactly_its_virtual_time(run_program: RunProgram) -> None:
    """A sleep moves every clock by its length and by nothing else."""
    clocks = run_program(
        """
        import time
        from datetime import datetime

        def clocks():
            return (time.time(), time.monotonic(), time.perf_counter(),
                    time.monotonic_ns() / 1e9, datetime.now().timestamp())

        def main():
            before = clocks()
            time.sleep(3600)
            return [after - b for b, after in zip(before, clocks())]
        """
    )
    assert clocks == pytest.approx([3600] * 5)


def test_threads_that_start_threads(run_program: RunProgram) -> None:
    """A thread started by a thread is simulated like its parent."""
    result = run_program(
        """
        import threading, time

        def grow(depth, found):
            time.sleep(1)
            if depth:
                children = [threading.Thread(target=grow, args=(depth - 1, found))
                            for _ in range(2)]
                for child in children: child.start()
                for child in children: child.join()
            found.append(depth)

        def main():
            found, start = [], time.monotonic()
            thread = threading.Thread(target=grow, args=(3, found))
            thread.start(); thread.join()
            return sorted(found), time.monotonic() - start
        """
    )
    assert result == ([0] * 8 + [1] * 4 + [2] * 2 + [3], pytest.approx(4))


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_locks_exclude(run_program: RunProgram, kind: str) -> None:
    """No two threads are inside one lock, wherever the seed switches."""
    total = run_program(
        f"""
        import threading, time

        def main():
            lock, inside, most, total = threading.{kind}(), 0, 0, 0
            def work():
                nonlocal inside, most, total
                for _ in range(20):
                    with lock:
                        inside += 1
                        most = max(most, inside)
                        before = total
                        time.sleep(0.001)
                        total = before + 1
                        inside -= 1
            threads = [threading.Thread(target=work) for _ in range(5)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return most, total
        """
    )
    assert total == (1, 100)


def test_lock_timeouts_and_errors(run_program: RunProgram) -> None:
    """A lock that cannot be had in time says so; misuse raises as in Python."""
    result = run_program(
        """
        import threading, time

        def main():
            lock, start = threading.Lock(), time.monotonic()
            lock.acquire()
            answers = [lock.acquire(False), lock.acquire(timeout=2.5)]
            waited = time.monotonic() - start
            lock.release()
            for wrong in (lock.release, lambda: lock.acquire(False, 1)):
                try:
                    wrong()
                except (RuntimeError, ValueError) as error:
                    answers.append(type(error).__name__)
            return answers, waited
        """
    )
    assert result == ([False, False, "RuntimeError", "ValueError"], 2.5)


def test_conditions(run_program: RunProgram) -> None:
    """Waiters sleep until notified, time out when not, and own the lock after."""
    result = run_program(
        """
        import threading, time

        def main():
            condition, ready, seen = threading.Condition(), [], []
            def consume(number):
                with condition:
                    condition.wait_for(lambda: ready)
                    seen.append((number, ready.pop()))
            threads = [threading.Thread(target=consume, args=(n,)) for n in range(3)]
            for thread in threads: thread.start()
            for value in range(3):
                time.sleep(1)
                with condition:
                    ready.append(value)
                    condition.notify_all()
            for thread in threads: thread.join()
            with condition:
                start = time.monotonic()
                woken = condition.wait(0.5)
                return sorted(v for _, v in seen), woken, time.monotonic() - start
        """
    )
    assert result == ([0, 1, 2], False, pytest.approx(0.5))


def test_condition_without_its_lock_is_refused(run_program: RunProgram) -> None:
    """Waiting and notifying need the lock, as in the standard library."""
    errors = run_program(
        """
        import threading

        def main():
            condition, errors = threading.Condition(), []
            def poll():
                condition.wait_for(lambda: False, timeout=0)
            for action in (condition.wait, condition.notify, poll):
                try:
                    action()
                except RuntimeError as error:
                    errors.append(str(error))
            return errors
        """
    )
    assert errors == [
        "cannot wait on un-acquired lock",
        "cannot notify on un-acquired lock",
        "cannot wait on un-acquired lock",
    ]


def test_wait_for_without_time_lets_others_have_the_lock_once(
    run_program: RunProgram,
) -> None:
    """What they do with it counts, as in the standard library."""
    source = """
        import threading, time

        def main():
            condition, done = threading.Condition(), []
            def other():
                with condition:
                    done.append(1)
            with condition:
                threading.Thread(target=other).start()
                time.sleep(1)
                return condition.wait_for(lambda: done, timeout=0)
    """
    assert run_program(source, preempt_every=10**9) == [1]


def test_events_semaphores_barriers_timers(run_program: RunProgram) -> None:
    """The rest of `threading` keeps its meaning and its timeouts."""
    result = run_program(
        """
        import threading, time

        def main():
            start, log = time.monotonic(), []
            event = threading.Event()
            timer = threading.Timer(2, event.set)
            timer.start()
            log.append((event.wait(1), event.wait(5), time.monotonic() - start))
            late = threading.Timer(2, log.append, args=("never",))
            late.start(); late.cancel(); late.join()

            semaphore = threading.BoundedSemaphore(2)
            semaphore.acquire(); semaphore.acquire()
            log.append(semaphore.acquire(timeout=0.5))
            semaphore.release(2)
            try:
                semaphore.release()
            except ValueError:
                log.append("bounded")

            barrier, passed = threading.Barrier(3), []
            def cross(delay):
                time.sleep(delay)
                passed.append(barrier.wait())
            threads = [threading.Thread(target=cross, args=(n,)) for n in range(3)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            log.append(sorted(passed))
            try:
                barrier.wait(timeout=1)
            except threading.BrokenBarrierError:
                log.append("broken")
            return log
        """
    )
    assert result == [
        (False, True, 2.0),
        False,
        "bounded",
        [0, 1, 2],
        "broken",
    ]


def test_what_is_left_of_a_time_comes_to_an_end(run_program: RunProgram) -> None:
    """A rest of a time that is less than a nanosecond is waited for once, not for ever.

    0.01 + 0.05 is a little more than 0.06: a loop that waits until then has something
    left when it wakes at 0.06.
    """
    source = """
        import queue, threading, time

        def main():
            condition, none = threading.Condition(), threading.Semaphore(0)
            empty, late = queue.Queue(), []
            def get(timeout):
                try:
                    empty.get(timeout=timeout)
                except queue.Empty:
                    pass
            for timeout in [hundredth / 100 for hundredth in range(1, 12)]:
                begun = time.monotonic()
                with condition:
                    condition.wait_for(lambda: False, timeout)
                none.acquire(timeout=timeout)
                get(timeout)
                late.append(time.monotonic() - begun - 3 * timeout)
            return max(late)
    """
    assert run_program(source, preempt_every=10**9) < 1e-8


def test_thread_locals_are_per_thread(run_program: RunProgram) -> None:
    """`threading.local` keeps a value a thread and runs `__init__` in each."""
    result = run_program(
        """
        import threading

        class Counter(threading.local):
            def __init__(self, start):
                self.value = start

        def main():
            counter, seen = Counter(10), []
            counter.value += 5
            def work():
                counter.value += 1
                seen.append(counter.value)
            threads = [threading.Thread(target=work) for _ in range(2)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return seen, counter.value
        """
    )
    assert result == ([11, 11], 15)


def test_queues_with_timeouts(run_program: RunProgram) -> None:
    """`queue` blocks, times out and keeps its order under virtual time."""
    result = run_program(
        """
        import queue, threading, time

        def main():
            bounded, start, log = queue.Queue(maxsize=1), time.monotonic(), []
            bounded.put(1)
            try:
                bounded.put(2, timeout=3)
            except queue.Full:
                log.append(time.monotonic() - start)
            bounded.get()
            try:
                bounded.get(timeout=4)
            except queue.Empty:
                log.append(time.monotonic() - start)
            first = queue.PriorityQueue()
            for number in (3, 1, 2): first.put(number)
            simple = queue.SimpleQueue()
            threading.Timer(1, simple.put, args=("late",)).start()
            return log, [first.get() for _ in range(3)], simple.get()
        """
    )
    assert result == ([3.0, 7.0], [1, 2, 3], "late")


def test_thread_pool_executor(run_program: RunProgram) -> None:
    """Executors run beside each other in virtual time and pass exceptions on."""
    result = run_program(
        """
        import time
        from concurrent.futures import ThreadPoolExecutor, TimeoutError, wait

        def nap(seconds):
            time.sleep(seconds)
            return 10 // seconds

        def main():
            start = time.monotonic()
            with ThreadPoolExecutor(max_workers=3) as pool:
                results = list(pool.map(nap, [3, 2, 1]))
                took = time.monotonic() - start
                broken = pool.submit(nap, 0)
                kind = type(broken.exception()).__name__
                slow = pool.submit(nap, 5)
                try:
                    slow.result(timeout=1)
                except TimeoutError:
                    kind += " late"
                done, _ = wait([slow])
            return results, round(took, 3), kind, len(done)
        """
    )
    assert result == ([3, 5, 10], 3.0, "ZeroDivisionError late", 1)


def test_thread_objects(run_program: RunProgram) -> None:
    """Names, identities and life cycle are what `threading` promises."""
    result = run_program(
        """
        import threading

        class Named(threading.Thread):
            def run(self):
                self.seen = (threading.current_thread() is self,
                             threading.get_ident() == self.ident)

        def main():
            thread = Named(name="worker")
            before = (thread.is_alive(), thread.ident)
            thread.start()
            count = threading.active_count()
            thread.join()
            errors = []
            for action in (thread.start, threading.current_thread().join):
                try:
                    action()
                except RuntimeError as error:
                    errors.append(str(error))
            return before, thread.seen, count, thread.is_alive(), thread.name, errors
        """
    )
    assert result == (
        (False, None),
        (True, True),
        2,
        False,
        "worker",
        ["threads can only be started once", "cannot join current thread"],
    )


def test_polling_lets_time_pass(run_program: RunProgram) -> None:
    """A loop that only polls under a lock, or sleeps for 0, ends all the same."""
    waited = run_program(
        """
        import threading, time

        def main():
            lock, done = threading.Lock(), []
            threading.Timer(0.05, done.append, args=(1,)).start()
            start = time.monotonic()
            while True:
                with lock:
                    if done:
                        break
            middle = time.monotonic()
            threading.Timer(0.05, done.append, args=(2,)).start()
            while len(done) < 2:
                time.sleep(0)
            return middle - start, time.monotonic() - middle
        """
    )
    # The loop is switched out now and then, once for as long as 5 ms.
    assert waited == pytest.approx((0.05, 0.05), abs=0.006)


def test_thousands_of_threads(run_program: RunProgram) -> None:
    """Threads that start one after the other do not add up their stacks' depths."""
    total = run_program(
        """
        import threading, time

        def deep(levels):
            return 1 + deep(levels - 1) if levels else nap()

        def nap():
            time.sleep(1)
            return 0

        def main():
            results = []
            threads = [threading.Thread(target=lambda: results.append(deep(20)))
                       for _ in range(3000)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return sum(results)
        """,
        debug=False,  # every check looks at every thread
    )
    assert total == 60_000


def test_no_queue_waits_for_the_process(run_program: RunProgram) -> None:
    """A queue is never the one in C, by which every thread would have to wait."""
    held = run_program(
        """
        import importlib, queue, sys, threading, time

        def main():
            try:
                import _queue
            except ImportError:
                del sys.modules["queue"]
                fresh = importlib.import_module("queue").SimpleQueue()
                threading.Timer(1, fresh.put, [7]).start()
                return fresh.get(), time.monotonic() % 1
        """
    )
    assert held == (7, 0)
