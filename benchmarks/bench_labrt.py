"""What the simulated runtime costs: switches, sleeps, threads, locks, worlds.

Run it with `python -m benchmarks.bench_labrt`. Every figure is the best of a few
rounds, since these machines are noisy; compare ratios within one run.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from labrt import SimRuntime, World

ROUNDS = 3
ROOT = Path(__file__).parents[1]

PROGRAM = """
import threading, time

def sleeps(count):
    def work():
        for _ in range(count // 10):
            time.sleep(0.001)
    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

def locks(count):
    mutex = threading.Lock()
    for _ in range(count):
        with mutex:
            pass

def threads(count):
    for _ in range(count):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()

def conditions(count):
    condition, turn = threading.Condition(), [0]
    def work(me):
        for _ in range(count // 2):
            with condition:
                condition.wait_for(lambda: turn[0] == me)
                turn[0] = 1 - me
                condition.notify()
    pair = [threading.Thread(target=work, args=(me,)) for me in (0, 1)]
    for thread in pair: thread.start()
    for thread in pair: thread.join()
"""


def best_seconds(action: Callable[[], object]) -> float:
    """The processor time of the fastest of some rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def switches(count: int) -> None:
    """Let two tasks take turns by events of no duration."""
    runtime = SimRuntime()

    def main() -> None:
        def work() -> None:
            for _ in range(count // 2):
                runtime.sleep(0)

        tasks = [runtime.spawn(work) for _ in range(2)]
        for task in tasks:
            task.join()

    runtime.run(main)


def in_world(folder: Path, function: str, count: int) -> None:
    """Run one function of the program in a world of a new simulation."""
    runtime = SimRuntime()

    def main() -> None:
        world = runtime.world("bench", roots=[folder])
        module = world.load("program")
        runtime.spawn(getattr(module, function), count, world=world).join()

    runtime.run(main)


def start_worlds(count: int) -> None:
    """Start and kill worlds that load the reference Raft server."""
    runtime = SimRuntime()

    def start() -> World:
        world = runtime.world("server", roots=[ROOT], packages={"raft1"})
        world.load("raft1.testing.inside")
        return world

    def main() -> None:
        for _ in range(count):
            start().kill()

    runtime.run(main)


def main() -> None:
    """Measure everything and print a line each."""
    count = 100_000
    spent = best_seconds(lambda: switches(count))
    print(f"scheduler events a second   {count / spent:12,.0f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.py").write_text(PROGRAM)
        for function, title in (
            ("sleeps", "thread sleeps a second"),
            ("threads", "threads started a second"),
            ("locks", "lock uses a second"),
            ("conditions", "condition hand-overs a second"),
        ):
            spent = best_seconds(
                lambda function=function: in_world(folder, function, count)  # type: ignore[misc]
                # mypy cannot infer a lambda's default; it binds the loop variable.
            )
            print(f"{title:<30}{count / spent:9,.0f}")
    worlds = 50
    # What only a first world does is not measured.
    start_worlds(1)
    spent = best_seconds(lambda: start_worlds(worlds))
    print(f"milliseconds to start a server's world {spent / worlds * 1e3:.2f}")


if __name__ == "__main__":
    main()
