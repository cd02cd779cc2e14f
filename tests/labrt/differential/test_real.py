"""A sample of generated programs on real threads: the model allows what they do.

The model is what the simulation is judged by, so it has to be right about the real
thing: here it is the one that is tested. It may be more generous than a simulation has
to be in one point, the notification that CPython can lose.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.labrt.differential import language as lang
from tests.labrt.differential.language import Op, Program, Result, TimerBody
from tests.labrt.differential.real import is_fit, last_tick, run_for_real
from tests.labrt.differential.reference import is_allowed
from tests.labrt.differential.render import render
from tests.labrt.differential.running import Late
from tests.labrt.differential.samples import ONE_CONDITION, ONE_LOCK, threads
from tests.labrt.differential.strategies import programs

# Programs of a sample run side by side, so the longest one sets the time.
_SIZE, _MOST_TICKS = 20, 14


def _sample() -> list[Program]:
    sample: list[Program] = []

    @settings(
        max_examples=200,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(programs())
    def collect(program: Program) -> None:
        if is_fit(program) and last_tick(program) <= _MOST_TICKS:
            sample.append(program)

    collect()
    return sample[-_SIZE:]


def _run(sample: list[Program]) -> list[Result]:
    """Run a sample, with longer ticks if the machine is too busy for short ones.

    What counts as too busy is measured by the clock alone, whatever the results are.
    """
    for tick in (0.05, 0.1, 0.2, 0.4, 0.8):
        try:
            return run_for_real(sample, tick)
        except Late:
            continue
    pytest.skip("the machine is too busy to tell instants apart on real threads")


def test_real_threads_do_what_the_model_allows() -> None:
    """Programs of all kinds, each once."""
    sample = _sample()
    for program, result in zip(sample, _run(sample), strict=True):
        assert is_allowed(program, result, lossy=True), (
            f"{render(program)}\nreal threads: {result}"
        )


def test_what_cpython_does_otherwise_is_not_asked_of_it() -> None:
    """One timer that is started twice, an RLock that a thread takes to its grave."""
    body: tuple[Op, ...] = (lang.StartTimer(0), lang.Acquire(0, None))
    timers = (TimerBody(1, (lang.Sleep(1),)),)
    once = replace(threads(ONE_LOCK, body), timers=timers)
    assert is_fit(once)
    assert not is_fit(replace(once, threads=once.threads * 2))
    assert not is_fit(replace(once, parts=ONE_CONDITION))


def test_a_wrong_result_of_real_threads_would_be_noticed() -> None:
    """A program whose every entry is certain: real threads agree with all of them."""
    program = threads(
        ONE_CONDITION,
        (lang.With(0, 0, (lang.Wait(0, 3),)), lang.Sleep(1)),
        (lang.Sleep(1), lang.With(0, 0, (lang.Notify(0, 1), lang.Sleep(1)))),
    )
    (result,) = _run([program])
    entries = [[(entry.outcome, entry.tick) for entry in log] for log in result.logs]
    assert entries == [
        [("in", 1), (True, 3), ("out", 3), (None, 4)],
        [(None, 2), ("in", 2), (None, 2), (None, 3), ("out", 3)],
    ]
