"""The real runtime: the same interface on threads and the wall clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from labrt import RealRuntime, Runtime, SimRuntime, TaskFailed

RUNTIMES = [SimRuntime, RealRuntime]
MakeRuntime = Callable[[int], Runtime]


@pytest.mark.parametrize("make", RUNTIMES)
def test_tasks_futures_and_timers(make: MakeRuntime) -> None:
    """A future set by a task, a timer and a cancelled timer behave alike in both."""
    runtime = make(0)

    def main() -> tuple[object, ...]:
        by_task, by_timer, never = (runtime.future() for _ in range(3))
        task = runtime.spawn(lambda: by_task.set("task"))
        runtime.call_later(0.01, by_timer.set, "timer")
        runtime.call_later(0.01, never.set).cancel()
        waits = by_task.wait(5), by_timer.wait(5), never.wait(0.05), task.join(5)
        return (*waits, by_task.value, by_timer.value)

    result = runtime.run(main)
    assert result == (True, True, False, True, "task", "timer")


@pytest.mark.parametrize("make", RUNTIMES)
def test_a_failing_task_raises_in_main_at_once(make: MakeRuntime) -> None:
    """Main does not wait its time out when a task has failed."""
    runtime = make(0)

    def fail() -> None:
        raise ValueError("broken")

    def main() -> None:
        runtime.spawn(fail)
        runtime.sleep(600)

    with pytest.raises(ValueError, match="broken"):
        runtime.run(main)
    assert runtime.now() < 60


@pytest.mark.parametrize("make", RUNTIMES)
def test_worlds_have_private_modules_and_their_own_failures(
    make: MakeRuntime, write_program: Callable[..., Path]
) -> None:
    """A task that fails in a world names the world, in both runtimes."""
    folder = write_program("def work():\n    raise KeyError('term')")
    runtime = make(0)

    def main() -> None:
        first = runtime.world("server", roots=[folder])
        second = runtime.world("server", roots=[folder])
        assert first.load("program") is not second.load("program")
        runtime.spawn(first.load("program").work, world=first, name="ticker")
        runtime.sleep(600)

    with pytest.raises(TaskFailed, match=r"^server: KeyError: 'term', in thread"):
        runtime.run(main)


@pytest.mark.parametrize("make", RUNTIMES)
def test_a_killed_worlds_task_is_cut_off(
    make: MakeRuntime, write_program: Callable[..., Path]
) -> None:
    """What a killed world's task does after it next blocks has no effect."""
    folder = write_program(
        """
        def work(block, reached):
            reached.append("before")
            block()
            reached.append("after")
        """
    )
    runtime = make(0)
    reached: list[str] = []

    def main() -> None:
        world = runtime.world("server", roots=[folder])
        gate = runtime.future()
        task = runtime.spawn(
            world.load("program").work, gate.wait, reached, world=world
        )
        while not reached:
            runtime.sleep(0.001)
        world.kill()
        gate.set()
        task.join()

    runtime.run(main)
    assert reached == ["before"]


def test_no_thread_outlives_the_timers() -> None:
    """The timer thread ends with the run."""
    before = threading.active_count()
    runtime = RealRuntime()
    runtime.run(lambda: runtime.call_later(100, print))
    assert threading.active_count() == before


def test_a_callbacks_failure_raises_in_main() -> None:
    """An exception on the timer thread is not lost."""
    runtime = RealRuntime()

    def fail() -> None:
        raise OSError("callback")

    def main() -> None:
        runtime.call_later(0, fail)
        runtime.sleep(600)

    with pytest.raises(OSError, match="callback"):
        runtime.run(main)
