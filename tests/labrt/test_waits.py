"""What a simulation tells of the threads of its worlds while they stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labrt import HeldLock, RealRuntime, SimRuntime, TaskFailed, Waiting

PROGRAM = """
import threading, time

class Server:
    def __init__(self):
        self.mu = threading.Lock()
        self.news = threading.Condition(self.mu)

    def reader(self):
        with self.news:
            self.news.wait()

    def writer(self):
        time.sleep(0.5)
        with self.mu:
            pass

    def holder(self):
        with self.mu:
            time.sleep(5)

def main(probe):
    server = Server()
    threading.Thread(target=server.reader, name="reader").start()
    time.sleep(0.25)
    threading.Thread(target=server.holder, name="holder").start()
    threading.Thread(target=server.writer, name="writer").start()
    time.sleep(1)
    probe()

def ask(probe):
    server = Server()
    with server.news:
        call(server, probe)
    probe()

def call(server, probe):
    probe()
"""


def probed(
    write_program: Callable[..., Path],
    function: str,
    look: Callable[[SimRuntime], Any],
) -> list[Any]:
    """What `look` returns each time that the program calls its probe."""
    folder = write_program(PROGRAM)
    runtime = SimRuntime(seed=1)
    found: list[Any] = []

    def main() -> None:
        world = runtime.world("server", roots=[folder])

        def run() -> None:
            program = world.load("program")
            getattr(program, function)(lambda: found.append(look(runtime)))

        runtime.spawn(run, name="main", world=world).join(3)

    runtime.run(main)
    return found


def test_what_every_thread_waits_for(write_program: Callable[..., Path]) -> None:
    """A condition, a lock and its holder, a sleep: since when, and at which line."""
    (waits,) = probed(write_program, "main", SimRuntime.waits)
    by_name = {wait.thread: wait for wait in waits}
    # The one that asks runs, and waits for nothing.
    assert sorted(by_name) == ["holder", "reader", "writer"]
    assert {wait.world for wait in waits} == {"server"}
    assert by_name["reader"].reason == "Condition self.news"
    assert by_name["reader"].since == 0.0
    assert by_name["reader"].line == "program.py:11 in reader: self.news.wait()"
    assert by_name["holder"] == Waiting(
        *("server", "holder", "its sleep to end", 0.25),
        line="program.py:20 in holder: time.sleep(5)",
    )
    assert by_name["writer"].reason == "Lock self.mu, held by server, holder"
    assert by_name["writer"].since == 0.75


POLLS = """
import queue, threading, time

mu = threading.Lock()
done = threading.Event()

def holder():
    with mu:
        time.sleep(1)

def locker():
    time.sleep(0.5)
    with mu:
        pass

def poller():
    while not done.is_set():
        time.sleep(0.25)
    time.sleep(0.25)

def waiter():
    done.wait(0)
    done.wait()

def worker(tasks):
    tasks.get()

def sleeper():
    while True:
        time.sleep(0.25)

def main():
    tasks = queue.Queue()
    threads = [
        threading.Thread(target=target, args=args, name=target.__name__)
        for target, *args in (
            [holder], [locker], [poller], [waiter], [worker, tasks], [sleeper]
        )
    ]
    for thread in threads:
        thread.start()
    time.sleep(1.125)
    done.set()
    tasks.put(1)
    time.sleep(1)
"""


def told(
    write_program: Callable[..., Path],
    *,
    until: float = 2.0,
    program: str = POLLS,
    **options: Any,
) -> list[tuple[float, Waiting]]:
    """The waits of a program that are told, and when; it is killed `until` a time."""
    folder = write_program(program)
    runtime = SimRuntime(seed=1, **options)
    found: list[tuple[float, Waiting]] = []

    def main() -> None:
        over = runtime.follow_waits(lambda wait: found.append((runtime.now(), wait)))
        world = runtime.world("server", roots=[folder])
        runtime.spawn(lambda: world.load("program").main(), name="main", world=world)
        runtime.sleep(until)
        world.kill()
        over()

    runtime.run(main)
    return found


def spans(found: list[tuple[float, Waiting]], thread: str) -> list[Any]:
    """A thread's waits: since when, until when, for what, how often, and its line."""
    return [
        (wait.since, end, wait.reason, wait.times, wait.line.partition(" ")[0])
        for end, wait in found
        if wait.thread == thread
    ]


def test_every_wait_that_has_ended(write_program: Callable[..., Path]) -> None:
    """What it was for, from when to when, and at which line; polling is told as one."""
    found = told(write_program, preempt_every=10**9, debug=True)
    a_sleep = "its sleep to end"
    assert spans(found, "holder") == [(0.0, 1.0, a_sleep, 1, "program.py:9")]
    assert spans(found, "locker") == [
        (0.0, 0.5, a_sleep, 1, "program.py:12"),
        (0.5, 1.0, "Lock program.mu", 1, "program.py:13"),
    ]
    assert spans(found, "poller") == [
        (0.0, 1.25, a_sleep, 5, "program.py:18"),
        (1.25, 1.5, a_sleep, 1, "program.py:19"),
    ]
    assert spans(found, "waiter") == [
        (0.0, 1.125, "Event program.done", 1, "program.py:23")
    ]
    assert spans(found, "worker") == [
        (0.0, 1.125, "Condition tasks.not_empty", 1, "program.py:26"),
    ]
    # Those that were killed have waited until then.
    assert spans(found, "sleeper") == [(0.0, 2.0, a_sleep, 8, "program.py:30")]
    assert [end for end, _ in found] == sorted(end for end, _ in found)


def test_a_thread_waits_for_one_thing_at_a_time(
    write_program: Callable[..., Path],
) -> None:
    """Waits of one thread follow each other, however often it is switched out."""
    found = told(write_program, preempt_every=2, preempt_lines=True, until=1.75)
    for thread in {wait.thread for _, wait in found}:
        ended = 0.0
        for since, end, *_ in spans(found, thread):
            assert ended <= since < end
            ended = end
    # To be switched out is not to wait.
    assert {wait.reason for _, wait in found} == {
        *("its sleep to end", "Lock program.mu"),
        *("Event program.done", "Condition tasks.not_empty"),
    }


def test_who_is_told_changes_nothing(write_program: Callable[..., Path]) -> None:
    """Where nobody is told, or nobody any more, the kernel chooses as it ever did."""
    courses = []
    for told_of in (True, False):
        folder = write_program(POLLS)
        runtime = SimRuntime(seed=3, preempt_every=2)
        plain = runtime._choose
        end = runtime.follow_waits(lambda _: None) if told_of else None

        def main(runtime: SimRuntime = runtime, folder: Path = folder) -> float:
            world = runtime.world("server", roots=[folder])
            load = world.load
            task = runtime.spawn(lambda: load("program").main(), world=world)
            task.join()
            return runtime.now()

        courses.append((runtime.run(main), runtime.steps))
        if end is not None:
            end()
        assert runtime._choose == plain
    assert courses[0] == courses[1]


LETS_GO = """
import threading, time, weakref

class Thing:
    pass

def main():
    lock = threading.Condition()
    thing = Thing()
    seen = weakref.ref(thing)
    with lock:
        lock.wait(1)
    del thing
    print(seen() is None)
    time.sleep(1)
"""


def test_nothing_lives_on_for_having_been_looked_at(
    write_program: Callable[..., Path],
) -> None:
    """What a lock is called is found among the locals, and they are let go again."""
    lines: list[str] = []
    found = told(
        write_program, program=LETS_GO, output=lambda *line: lines.append(line[-1])
    )
    assert found[0][1].reason == "Condition lock"
    assert lines == ["True"]


DEEP = """
import threading

mu = threading.RLock()

def deeper():
    with mu:
        deeper()

def main():
    threading.Thread(target=deeper, name="deep").start()
    while True:
        with mu:
            pass
"""


def test_a_full_stack_is_told_nothing(write_program: Callable[..., Path]) -> None:
    """Code that calls itself without end fails by that, and not by being watched."""
    folder = write_program(DEEP)
    for seed in range(8):
        runtime = SimRuntime(seed, preempt_every=2)
        runtime.follow_waits(lambda _: None)

        def main(runtime: SimRuntime = runtime) -> None:
            world = runtime.world("server", roots=[folder])
            runtime.spawn(lambda: world.load("program").main(), world=world).join()

        with pytest.raises(TaskFailed, match=r"RecursionError.*'deep'.*program\.py:"):
            runtime.run(main)


def test_locks_that_are_held(write_program: Callable[..., Path]) -> None:
    """Those of any caller, by their names; let go, they are held no more."""
    seen: list[HeldLock] = []

    def look(runtime: SimRuntime) -> tuple[list[str], list[bool]]:
        seen.extend(runtime.held_locks())
        return [lock.name for lock in runtime.held_locks()], [
            lock.still_held() for lock in seen
        ]

    inside, outside = probed(write_program, "ask", look)
    assert inside == (["Lock server.mu"], [True])
    assert outside == ([], [False])
    assert seen[0].line == "program.py:38 in call: probe()"
    assert seen[0].waiting() == 0


def test_the_frames_of_the_worlds_own_code(
    write_program: Callable[..., Path],
) -> None:
    """Innermost first, and none of the runtime's or of whoever asks."""

    def look(runtime: SimRuntime) -> list[str]:
        return [frame.f_code.co_name for frame in runtime.own_frames()]

    inside, outside = probed(write_program, "ask", look)
    assert inside == ["call", "ask"]
    assert outside == ["ask"]


def test_real_threads_tell_nothing() -> None:
    """Only a simulation knows."""
    runtime = RealRuntime(1)
    assert list(runtime.waits()) == []
    assert list(runtime.held_locks()) == []
    assert list(runtime.own_frames()) == []
    runtime.follow_waits(lambda _: pytest.fail("it knows of no wait"))()
