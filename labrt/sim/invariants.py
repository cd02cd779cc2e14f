"""What holds between the scheduler's lists whenever it chooses who goes on.

The assertions in `labrt.sim.runtime` look at the one task that changes its state. Here
every task and every list is looked at, which finds the change that was forgotten: it is
for runs with `debug=True`, and for tests.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from labrt.sim.tasks import BLOCKED, READY, RUNNING, THE_END, SimTask
from labrt.timers import CallbackTimer


def check(
    ready: Sequence[SimTask],
    timers: Sequence[tuple[float, int, SimTask | CallbackTimer, int]],
    unfinished: Collection[SimTask],
) -> None:
    """Raise `AssertionError` if the lists contradict each other or a task's state.

    `unfinished` are all tasks that have not ended; one of them has just blocked.
    """
    _check_ready(ready)
    are_ready = set(ready)
    live = {
        target
        for _, _, target, epoch in timers
        if isinstance(target, SimTask) and target.epoch == epoch
    }
    for task in unfinished:
        assert task.state is not RUNNING, f"{task.where} runs while another is chosen"
        assert (task.state is READY) == (task in are_ready), (
            f"{task.where}: {task.state}"
        )
        if task.state is BLOCKED:
            _check_blocked(task, timed=task in live)
    for task in live:
        assert task.state is BLOCKED, f"{task.where} has a timer while {task.state}"
        assert not task.killed, f"{task.where} was killed and has a timer"


def _check_ready(ready: Sequence[SimTask]) -> None:
    assert len(set(ready)) == len(ready), "a task is ready twice"
    for task in ready:
        assert task.state is READY, f"{task.where} is on the ready list, {task.state}"
        assert not task.killed, f"{task.where} was killed and is ready"
        assert task.waiters is None, f"{task.where} is ready and waits"


def _check_blocked(task: SimTask, *, timed: bool) -> None:
    if task.waiters is None:
        # A task that has ended the run hangs for good; nobody else may.
        assert timed or task.blocked_on is THE_END, (
            f"{task.where} sleeps and has no timer"
        )
    else:
        places = sum(waiter is task for waiter in task.waiters)
        assert places == 1, f"{task.where} is {places} times on its list of waiters"
