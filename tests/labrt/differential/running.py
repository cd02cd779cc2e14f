"""Running a program in a world, and reading its result off the virtual clock.

A *setting* is one way to simulate. In the exact ones nobody is preempted, so that
virtual time passes by whole ticks only, and every entry has to be at one to the last
digits. In the others a preempted thread is late by up to 50 microseconds each time.
That is what "at the same instant" means there: an entry counts for the tick that has
begun, and a run in which somebody came to be half a tick late would say nothing.

A tick of 1/128 s adds up without rounding, so that instants coincide exactly. One of
10 ms is what people write; 0.01 + 0.02 is not quite 0.03, and instants nearly coincide.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from labrt import Deadlock, RuntimeFailure, SimRuntime, World
from tests.labrt.differential.language import Entry, Program, Result, Sleep, walk
from tests.labrt.differential.render import render

NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to simulate."""

    name: str
    tick: float
    preempt_every: int = NEVER
    preempt_lines: bool = False

    @property
    def exact(self) -> bool:
        """Whether time passes by whole ticks only."""
        return self.preempt_every == NEVER


SETTINGS = (
    Setting("exact", 1 / 128),
    Setting("decimal", 0.01),
    Setting("preempted", 0.01, preempt_every=3),
    Setting("lines", 0.01, preempt_every=6, preempt_lines=True),
)

# How many ticks a killed world has to show signs of life.
_AFTERLIFE = 50

# Seconds of processor time that a run may take; it needs a few milliseconds.
_PATIENCE = 3.0

RawLog = list[list[tuple[Any, float]]]


class Late(Exception):
    """Somebody was so late that ticks cannot be told apart."""


def simulate(
    program: Program,
    folder: Path,
    seed: int,
    setting: Setting,
    *,
    killed_after: int | None = None,
) -> Result:
    """Run the program that `folder` has the source of. Raises `Late`.

    With `killed_after` its world is killed half a tick after that tick, when nothing
    else happens. Then time goes on, so that whatever should be dead could still act.
    """
    log: RawLog = [[] for _ in program.bodies]
    runtime = SimRuntime(
        seed,
        preempt_every=setting.preempt_every,
        preempt_lines=setting.preempt_lines,
        # A long one takes as long as a tick, which has to be told from the next.
        preempt_long_every=NEVER,
    )

    def main() -> str:
        world: World = runtime.world("program", roots=[folder])
        task = runtime.spawn(
            lambda: world.load("program").main(setting.tick, log), world=world
        )
        if killed_after is None:
            task.join()
            return "done"
        runtime.sleep((killed_after + 0.5) * setting.tick)
        ending = "done" if task.done else "killed"
        world.kill()
        runtime.sleep(_AFTERLIFE * setting.tick)
        return ending

    try:
        with _limited(runtime):
            ending = runtime.run(main)
    except Deadlock:
        ending = "deadlock"
    except Exception as failure:
        # A failure of the run, or of the scheduler itself: nothing allows it.
        ending = f"{type(failure).__name__}: {failure}"
    # `sleep(0)` lets others go first by letting a few microseconds pass.
    yields = any(op == Sleep(0) for ops in program.bodies for op in walk(ops))
    return read_result(log, ending, setting.tick, exact=setting.exact and not yields)


@contextmanager
def _limited(runtime: SimRuntime) -> Iterator[None]:
    """Fail a run in which somebody waits again and again and no time passes."""

    def stop(number: int, frame: FrameType | None) -> None:
        runtime.fail(RuntimeFailure("the run does not come to an end"))

    old = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, _PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, old)


def read_result(
    log: RawLog, ending: str, tick: float, *, exact: bool, most_late: float = 0.5
) -> Result:
    """Make a result of what a program has logged.

    Raises `Late` if an entry is more than `most_late` of a tick behind its tick.
    """
    return Result(
        tuple(
            tuple(
                Entry(_plain(outcome), _tick(seconds / tick, exact, most_late))
                for outcome, seconds in one
            )
            for one in log
        ),
        ending,
    )


def _plain(outcome: Any) -> Any:
    return tuple(outcome) if isinstance(outcome, list) else outcome


def _tick(ticks: float, exact: bool, most_late: float) -> float:
    begun = int(ticks + 1e-6)
    late = ticks - begun
    if exact and late > 1e-6:
        # No tick at all: no rule allows that.
        return ticks
    if late > most_late:
        raise Late
    return begun


def write_program(program: Program, folder: Path) -> None:
    """Write a program's source where `simulate` finds it."""
    (folder / "program.py").write_text(render(program))
