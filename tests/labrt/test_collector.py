"""The cycle collector: at its steps in every run, with nothing left behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from labrt import SimRuntime
from labrt.sim.collector import STEPS_BETWEEN
from tests.labrt.conftest import RunProgram

LOOPS = """
import gc, threading, time
dead = []
class Loop:
    def __init__(self): self.me = self
    def __del__(self): dead.append(threading.current_thread().name)
"""


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    """Check that a run leaves the process's collector as it was."""
    before = gc.get_threshold(), gc.isenabled(), gc.get_debug(), list(gc.callbacks)
    yield
    after = gc.get_threshold(), gc.isenabled(), gc.get_debug(), list(gc.callbacks)
    assert after == before


def test_garbage_dies_at_the_same_step(run_program: RunProgram) -> None:
    """Guards what finalizers see, whatever the process has allocated before."""
    source = f"""{LOOPS}
def main():
    for step in range({STEPS_BETWEEN + 1000}):
        Loop()
        time.sleep(0.001)
        if dead: return step, len(dead), {{*dead}}, time.monotonic()
"""
    first = run_program(source)
    kept: list[Any] = [[[]] for _ in range(300_000)]
    assert run_program(source) == first
    assert first[1] > STEPS_BETWEEN - 100
    assert first[2] == {"the cycle collector"}
    assert len(kept) == 300_000


def test_a_finalizer_may_block(run_program: RunProgram) -> None:
    """Guards that a collection is a task like others: it waits, and they go on."""
    source = f"""{LOOPS}
lock, seen = threading.Lock(), []
class Slow(Loop):
    def __del__(self):
        with lock: time.sleep(0.5)
        seen.append(time.monotonic())
def main():
    Slow()
    with lock:
        for step in range({STEPS_BETWEEN + 100}): time.sleep(0.001)
        held = time.monotonic()
    time.sleep(1)
    return seen[0] - held
"""
    assert run_program(source) == pytest.approx(0.5, abs=0.01)


def test_a_world_collects_when_it_says_so(run_program: RunProgram) -> None:
    """Guards `gc.collect`, and that its number tells nothing of the process."""
    source = f"""{LOOPS}
def main():
    Loop()
    before = len(dead)
    told = []
    gc.callbacks.append(lambda phase, info: told.append((phase, info["generation"])))
    number = gc.collect()
    after = len(dead)
    time.sleep(0.01)
    try: gc.collect(3)
    except ValueError as error: return before, number, after, sorted(told), str(error)
"""
    expected = (0, 0, 1, [("start", 2), ("stop", 2)], "invalid generation")
    assert run_program(source) == expected


def test_a_worlds_settings_are_its_own(run_program: RunProgram) -> None:
    """Guards that code under test cannot turn the collector of the process off."""
    source = """
import gc
def main():
    gc.disable()
    gc.set_threshold(5, 6)
    gc.set_debug(gc.DEBUG_STATS)
    gc.freeze()
    found = gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.get_count()
    gc.enable()
    return *found, gc.isenabled(), gc.get_freeze_count()
"""
    assert run_program(source) == (False, (5, 6, 10), 1, (0, 0, 0), True, 0)


def test_it_does_not_come_by_itself() -> None:
    """Guards that what is allocated between two steps starts no collection."""
    collections = []
    runtime = SimRuntime(1)

    def noted(phase: str, info: dict[str, int]) -> None:
        collections.append(phase)

    def main() -> None:
        gc.callbacks.append(noted)
        try:
            assert len([[] for _ in range(200_000)]) == 200_000
            runtime.sleep(1)
        finally:
            gc.callbacks.remove(noted)

    runtime.run(main)
    assert collections == []
