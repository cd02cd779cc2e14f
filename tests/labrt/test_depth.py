"""The depth of the stack, which tasks must not hand on to the tasks they start."""

from __future__ import annotations

import sys

from labrt import SimRuntime


def test_many_tasks_can_start_one_after_the_other() -> None:
    """A task that is started while another blocks has a stack of its own depth."""
    runtime = SimRuntime(1)
    count = sys.getrecursionlimit() + 1

    def main() -> int:
        tasks = [runtime.spawn(runtime.sleep, 0.1) for _ in range(count)]
        return sum(task.join() for task in tasks)

    assert runtime.run(main) == count
