"""Programs on real threads: the model has to allow what the real `threading` does.

The programs of a sample run side by side in one process of their own, which ends
without a look at what is still blocked: a deadlock on real threads is for ever.

Real threads are late, by microseconds or, on a busy machine, by more. A thread that is
late by a whole tick looks like one that is in time, and its result like a wrong one. So
lateness is measured, by every entry and by threads that do nothing else, and a sample
in which any was a tenth of a tick says nothing: `Late`. That leaves a factor of ten for
a thread that is later than all that were measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.labrt.differential import language as lang
from tests.labrt.differential.language import LockKind, Op, Program, Result, walk
from tests.labrt.differential.render import render
from tests.labrt.differential.running import Late, RawLog, read_result

_MOST_LATE = 0.1
_WATCHES = 4
# Ticks after the last instant at which anything can happen.
_GRACE = 2


def run_for_real(programs: list[Program], tick: float) -> list[Result]:
    """Run programs on real threads, with ticks of so many seconds. Raises `Late`."""
    sample = [(render(program), len(program.bodies)) for program in programs]
    ticks = max(last_tick(program) for program in programs) + _GRACE
    finished = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps({"sample": sample, "tick": tick, "ticks": ticks}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer = json.loads(finished.stdout)
    if answer["late"] > _MOST_LATE * tick:
        raise Late
    return [
        read_result(log, ending, tick, exact=False, most_late=_MOST_LATE)
        for log, ending in answer["runs"]
    ]


def is_fit(program: Program) -> bool:
    """Whether a program means the same on real threads.

    Two things in CPython are not as documented, and are so in every world. `start` does
    not exclude itself: of two threads that start one thread at the same moment both may
    succeed, and then it runs twice. And a thread that ends may leave its identifier to
    one that starts later, which then owns each RLock that the dead one has kept.
    """
    ops = [op for body in program.bodies for op in walk(body)]
    starts = [op.timer for op in ops if isinstance(op, lang.StartTimer)]
    keeps = any(
        isinstance(op, lang.Acquire) and program.parts.locks[op.lock] is LockKind.RLOCK
        for op in ops
    )
    later_threads = program.timers or program.jobs
    return len(starts) == len(set(starts)) and not (keeps and later_threads)


def last_tick(program: Program) -> int:
    """A tick by which a program has ended, or will not end any more."""
    starts = sum(thread.start for thread in program.threads)
    intervals = sum(timer.interval for timer in program.timers)
    ops = [op for body in program.bodies for op in walk(body)]
    return starts + intervals + sum(_most_ticks(op) for op in ops)


def _most_ticks(op: Op) -> int:
    if isinstance(op, lang.Sleep):
        return op.ticks
    return max(getattr(op, "timeout", 0) or 0, 0)


# What runs in the other process.


def _run_sample(sample: list[tuple[str, int]], tick: float, ticks: int) -> object:
    logs: list[RawLog] = [[[] for _ in range(bodies)] for _, bodies in sample]
    threads = [
        threading.Thread(target=_load(source), args=(tick, log), daemon=True)
        for (source, _), log in zip(sample, logs, strict=True)
    ]
    # Python lets threads take turns rarely, and programs that all tick at the same
    # moments would be late through each other.
    sys.setswitchinterval(tick / 1000)
    late = [0.0] * _WATCHES
    for number in range(_WATCHES):
        watch = partial(_look_at_the_clock, tick, late, number)
        threading.Thread(target=watch, daemon=True).start()
    for thread in threads:
        thread.start()
        time.sleep(tick / len(threads))
    deadline = time.monotonic() + tick * ticks
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    endings = ["deadlock" if thread.is_alive() else "done" for thread in threads]
    return {"late": max(late), "runs": list(zip(logs, endings, strict=True))}


def _load(source: str) -> Callable[..., object]:
    namespace: dict[str, Any] = {}
    exec(compile(source, "program.py", "exec"), namespace)
    main: Callable[..., object] = namespace["main"]
    return main


def _look_at_the_clock(tick: float, late: list[float], number: int) -> None:
    """Measure by how much a thread that sleeps is late at most."""
    while True:
        begun = time.monotonic()
        time.sleep(tick / 50)
        late[number] = max(late[number], time.monotonic() - begun - tick / 50)


def _main() -> None:
    order = json.load(sys.stdin)
    answer = _run_sample(order["sample"], order["tick"], order["ticks"])
    print(json.dumps(answer), flush=True)
    # Threads of a program that deadlocked never end, and an executor joins its own.
    os._exit(0)


if __name__ == "__main__":
    _main()
