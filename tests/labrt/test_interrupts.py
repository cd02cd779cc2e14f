"""Ctrl-C ends a run wherever it hits, and the next run is none the worse."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labrt import SimRuntime
from tests.labrt.conftest import RunProgram

BUSY = """
import threading, time

def main():
    condition = threading.Condition()
    def work():
        while True:
            with condition:
                condition.wait(0.01)
                condition.notify()
            try:
                sum(range(100))
                time.sleep(0.005)
            except BaseException:
                pass
    for _ in range(5): threading.Thread(target=work).start()
"""


def _interrupt_in(seconds: float) -> None:
    """Send this process what Ctrl-C sends, from another thread, in a while."""

    def send() -> None:
        # Real time: what is tried is every moment that a person may choose.
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=send).start()


def _run_until_interrupted(folder: Path, seconds: float) -> None:
    """Start and kill worlds for ever, and send an interrupt in so many real seconds."""
    _interrupt_in(seconds)
    runtime = SimRuntime()

    def main() -> None:
        while True:
            world = runtime.world("server", roots=[folder])
            runtime.spawn(world.load("program").main, world=world)
            runtime.sleep(0.1)
            world.kill()

    runtime.run(main)


def test_at_any_moment(write_program: Callable[..., Path]) -> None:
    """Every interrupt ends in one `KeyboardInterrupt`, and leaves nothing behind."""
    folder = write_program(BUSY)
    draw = random.Random(1).uniform
    for _ in range(120):
        handler = signal.getsignal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            _run_until_interrupted(folder, draw(0, 0.01))
        assert signal.getsignal(signal.SIGINT) is handler
        assert SimRuntime().run(lambda: "as ever") == "as ever"


def test_while_worlds_are_unwound(run_program: RunProgram) -> None:
    """An interrupt at the run's end is raised when the run has ended."""
    with pytest.raises(KeyboardInterrupt):
        run_program(
            """
            import threading, time
            from tests.labrt import test_interrupts

            def main():
                target = test_interrupts.interrupt_at_the_end
                threading.Thread(target=target, args=(time.sleep,)).start()
                time.sleep(1)
            """
        )


def interrupt_at_the_end(sleep: Callable[[float], None]) -> None:
    """Sleep; being outside the world's code, what follows runs when it is killed."""
    try:
        sleep(1000)
    finally:
        interrupt()


def test_it_comes_before_a_failure(run_program: RunProgram) -> None:
    """A failure that is on its way to main gives way to Ctrl-C."""
    with pytest.raises(KeyboardInterrupt):
        run_program(
            """
            import threading, time
            from tests.labrt import test_interrupts

            def main():
                threading.Thread(target=fail).start()
                time.sleep(1)

            def fail():
                try:
                    raise ValueError
                finally:
                    test_interrupts.interrupt()
            """
        )


def interrupt() -> None:
    """Send this process what Ctrl-C sends."""
    signal.raise_signal(signal.SIGINT)


def test_a_swallowed_interrupt_is_raised_at_the_end() -> None:
    """A main that catches everything does not keep the session from ending."""
    runtime = SimRuntime()
    caught: list[str] = []

    def main() -> None:
        try:
            interrupt()
        except BaseException as error:
            caught.append(type(error).__name__)

    with pytest.raises(KeyboardInterrupt):
        runtime.run(main)
    assert caught == ["KeyboardInterrupt"]
