"""The check of the scheduler's lists finds each way in which they can be wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labrt import SimRuntime
from labrt.sim.invariants import check
from labrt.sim.tasks import BLOCKED, DONE, READY, RUNNING, SimTask
from labrt.timers import CallbackTimer

Entry = tuple[float, int, SimTask | CallbackTimer, int]


class Lists:
    """A scheduler's lists: one task ready, one asleep, one waiting; all in order."""

    def __init__(self) -> None:
        self.ready_task, self.sleeper, self.waiter = (
            SimTask(SimRuntime(), int, (), name, None)
            for name in ("ready", "sleeper", "waiter")
        )
        self.ready = [self.ready_task]
        self.sleeper.state = self.waiter.state = BLOCKED
        self.waiters = [self.waiter]
        self.waiter.waiters = self.waiters
        self.timers: list[Entry] = [(1.0, 1, self.sleeper, 0)]

    def check(self) -> None:
        check(self.ready, self.timers, [self.ready_task, self.sleeper, self.waiter])


def _twice_ready(lists: Lists) -> None:
    lists.ready.append(lists.ready_task)


def _ready_and_blocked(lists: Lists) -> None:
    lists.ready.append(lists.waiter)


def _ready_and_not_listed(lists: Lists) -> None:
    lists.ready.clear()


def _two_running(lists: Lists) -> None:
    lists.sleeper.state = RUNNING


def _sleeper_without_timer(lists: Lists) -> None:
    lists.timers.clear()


def _stale_timer_only(lists: Lists) -> None:
    lists.sleeper.epoch += 1


def _off_its_list(lists: Lists) -> None:
    lists.waiters.clear()


def _twice_on_its_list(lists: Lists) -> None:
    lists.waiters.append(lists.waiter)


def _ready_with_a_timer(lists: Lists) -> None:
    lists.timers.append((1.0, 2, lists.ready_task, 0))


def _ready_and_still_on_a_list(lists: Lists) -> None:
    lists.ready_task.waiters = lists.waiters


def _killed_and_ready(lists: Lists) -> None:
    lists.ready_task.killed = True


def _killed_with_a_timer(lists: Lists) -> None:
    lists.sleeper.killed = True


def _done_and_ready(lists: Lists) -> None:
    lists.ready_task.state = DONE


def test_lists_in_order_pass() -> None:
    """What holds is not complained about."""
    lists = Lists()
    lists.check()
    assert lists.ready_task.state is READY


@pytest.mark.parametrize(
    "spoil",
    [
        _twice_ready,
        _ready_and_blocked,
        _ready_and_not_listed,
        _two_running,
        _sleeper_without_timer,
        _stale_timer_only,
        _off_its_list,
        _twice_on_its_list,
        _ready_with_a_timer,
        _ready_and_still_on_a_list,
        _killed_and_ready,
        _killed_with_a_timer,
        _done_and_ready,
    ],
)
def test_each_contradiction_is_found(spoil: Callable[[Lists], None]) -> None:
    """Whatever is wrong with one list, the check says so."""
    lists = Lists()
    spoil(lists)
    with pytest.raises(AssertionError):
        lists.check()


def test_a_callback_must_not_block() -> None:
    """Whoever blocks in a callback learns it at once."""
    runtime = SimRuntime()

    def main() -> None:
        runtime.call_later(1, runtime.sleep, 1)
        runtime.sleep(5)

    with pytest.raises(AssertionError, match="a callback must not block"):
        runtime.run(main)
