"""What a simulation tells of the threads of its worlds while they stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from labrt import HeldLock, RealRuntime, SimRuntime, Waiting

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
