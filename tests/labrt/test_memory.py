"""A run that has ended is gone, with its worlds and all that they held."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from labrt import RuntimeFailure, SimRuntime

ENDINGS = {
    "as main returns": "pass",
    "with an exception": "raise ValueError",
    "with a deadlock": "threading.Event().wait()",
    "while others wait": "wait_and_sleep()",
    "for patience with a lock": (
        "lock = threading.Lock(); lock.acquire(); lock.acquire()"
    ),
}
SOURCE = """
import queue, threading, time
from concurrent.futures import ThreadPoolExecutor

BALLAST = bytearray(1_000_000)

def wait_and_sleep():
    condition = threading.Condition()
    def wait():
        with condition: condition.wait()
    for target in (wait, queue.Queue().get, lambda: time.sleep(100)):
        threading.Thread(target=target).start()
    time.sleep(1)

def main():
    for n in range(5):
        thread = threading.Thread(target=time.sleep, args=(n / 10,))
        thread.start()
    thread.join()
    with ThreadPoolExecutor() as pool: list(pool.map(str, range(5)))
    {ending}
"""


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_outlives_a_run(
    write_program: Callable[..., Path], ending: str
) -> None:
    """However it ends, neither the runtime nor a world's module stays."""
    folder = write_program(SOURCE.format(ending=ENDINGS[ending]))
    kept: list[weakref.ref[object]] = []

    def run() -> None:
        runtime = SimRuntime(lock_patience=10.0)

        def main() -> None:
            world = runtime.world("server", roots=[folder])
            program = world.load("program")
            kept.extend((weakref.ref(program), weakref.ref(runtime)))
            runtime.spawn(program.main, world=world).join(5)
            world.kill()
            again = runtime.world("server", roots=[folder])
            runtime.spawn(again.load("program").main, world=again).join()

        with suppress(RuntimeFailure):
            runtime.run(main)

    run()
    gc.collect()
    assert [ref() for ref in kept] == [None, None]
