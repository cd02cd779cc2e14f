"""Generated programs in simulation: every result has to be an allowed one.

A few hundred in each run of the tests. `python -m tests.labrt.differential` runs as
many as there is time for; 20,000 have been, without a failure.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.labrt.differential import language as lang
from tests.labrt.differential.__main__ import main
from tests.labrt.differential.checking import Tally, check
from tests.labrt.differential.language import NOWAIT, Program
from tests.labrt.differential.reference import allowed_results
from tests.labrt.differential.running import SETTINGS, simulate, write_program
from tests.labrt.differential.samples import ONE_CONDITION, ONE_LOCK, threads
from tests.labrt.differential.strategies import programs

# A folder that is written anew for each program is no state that examples share.
_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def test_generated_programs(tmp_path: Path) -> None:
    """Whatever the program, the seed and the way to simulate, killed or not."""
    tally = Tally()

    @settings(max_examples=200, suppress_health_check=_SHARED)
    @given(programs())
    def campaign(program: Program) -> None:
        check(program, tmp_path, 2, tally)

    campaign()
    # Judged, not discarded; and both ways to end have been seen.
    assert tally.discarded + tally.late <= tally.runs / 100
    assert min(tally.endings["done"], tally.endings["deadlock"]) > 0


CASES = {
    "a waiter is notified when its time is up": threads(
        ONE_CONDITION,
        (lang.With(0, 0, (lang.Wait(0, 5),)), lang.Sleep(9)),
        (lang.Sleep(5), lang.With(0, 0, (lang.Notify(0, 1),))),
    ),
    "a lock is freed when the time of its waiter is up": threads(
        ONE_LOCK,
        (lang.With(0, None, (lang.Sleep(1),)), lang.Sleep(2), lang.Release(0)),
        (lang.Acquire(0, 1),),
    ),
    "who waits for no time has to hold the lock": threads(
        ONE_CONDITION,
        (lang.WaitFor(0, 0, 1, 0), lang.WaitFor(0, 0, 1, 1)),
        (lang.With(0, 0, (lang.Bump(0), lang.WaitFor(0, 0, 2, 0))),),
    ),
    "who has gone on in time enters a lock that is held": threads(
        ONE_CONDITION,
        (lang.With(0, 0, (lang.Wait(0, 2),)), lang.Sleep(1), lang.Acquire(0, NOWAIT)),
        (lang.Sleep(2), lang.With(0, 0, (lang.Notify(0, None), lang.Sleep(3)))),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_instants_that_coincide(name: str, tmp_path: Path) -> None:
    """Programs that once went wrong, under many seeds."""
    check(CASES[name], tmp_path, 25, Tally())


def test_seeds_find_both_orders_of_one_instant(tmp_path: Path) -> None:
    """What is left open is really left to the seed, and not always decided one way."""
    program = CASES["a lock is freed when the time of its waiter is up"]
    write_program(program, tmp_path)
    seen = {simulate(program, tmp_path, seed, SETTINGS[0]) for seed in range(200)}
    assert seen == allowed_results(program)


def test_a_campaign_repeats(capsys: pytest.CaptureFixture[str]) -> None:
    """The same arguments give the same output, to the last count."""
    arguments = ["--programs", "6", "--seeds", "1", "--start", "7"]
    assert main(arguments) == 0
    first = capsys.readouterr().out
    assert main(arguments) == 0
    assert capsys.readouterr().out == first
    assert "failures   0" in first
