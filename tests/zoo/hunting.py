"""Showing a solution of the zoo to the tests, until one finds something wrong."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.bench_bugs import tests_of
from tester1.lab import Preempt, RunOptions
from tester1.suites import PARTS
from tests.kvraft import test_4b, test_4c, test_rsm
from tests.kvraft import test_ours as kvraft_ours
from tests.mutating import SuiteTest, run
from tests.raft import test_3a, test_3b, test_3c, test_3d
from tests.raft import test_ours as raft_ours
from tests.zoo.rules import is_named
from tests.zoo.specimens import Bug, Specimen

TESTS: Final = {
    test.__name__: test
    for test in tests_of(
        (
            *(raft_ours, test_3a, test_3b, test_3c, test_3d),
            *(kvraft_ours, test_rsm, test_4b, test_4c),
        )
    )
}
"""The tests of the suites, by name."""

SLOWEST: Final = (
    "test_unreliable_churn_3C",
    "test_figure_8_unreliable_3C",
    "test_reliable_churn_3C",
    "test_persist_concurrent_4B",
    "test_persist_partition_4B",
    "test_concurrent_4B",
    "test_many_partitions_many_clients_4B",
    "test_snapshot_recover_many_clients_4C",
    "test_persist_partition_unreliable_linearizable_4B",
    "test_speed_4C",
    "test_speed_4B",
)
"""What takes seconds, and comes after everything else: the slowest last."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a solution under the tests."""

    name: str
    rule: str
    found: bool
    named: bool
    """Whether the first line of the failure names the rule."""

    test: str
    seed: int
    preempt: str
    failure: str
    """The first line of it, "" if nothing was found."""

    runs: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """All of it, for a line of a file."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Effort:
    """How many runs a solution is worth."""

    seeds: int = 20
    parts: tuple[str, ...] = PARTS
    """Of the parts whose tests it is for, those that are asked for."""

    is_quick: bool = False
    """Leave out the slow tests, except where they are the likely finders."""


def finders_of(specimen: Specimen, effort: Effort) -> list[SuiteTest]:
    """The tests of its parts: the likely finders first, and the slow ones last."""
    likely = specimen.likely if isinstance(specimen, Bug) else ()
    # One test of 4A is in part 4C: its part is in its name, not in its module.
    parts = tuple(part for part in specimen.parts if part in effort.parts)
    names = [name for name in TESTS if name.endswith(parts)]
    rest = [name for name in names if name not in SLOWEST]
    slow = [name for name in SLOWEST if name in names and not effort.is_quick]
    first = [name for name in likely if name.endswith(parts)]
    return [TESTS[name] for name in dict.fromkeys([*first, *rest, *slow])]


def runs_of(
    specimen: Specimen, effort: Effort
) -> Iterator[tuple[SuiteTest, int, RunOptions]]:
    """The runs that a solution is shown to, each with its seed."""
    may_race = not isinstance(specimen, Bug) or specimen.is_race
    for seed in range(effort.seeds):
        # Every other seed, since the switches that find a race put off other things.
        lines = may_race and seed % 2 == 1
        options = RunOptions(preempt=Preempt.LINE if lines else Preempt.NONE)
        for test in finders_of(specimen, effort):
            yield test, seed, options


def hunt(specimen: Specimen, effort: Effort) -> Finding:
    """Run the tests on a solution, under each seed in turn, until one fails."""
    begin = time.monotonic()
    rules = specimen.rules if isinstance(specimen, Bug) else ()
    runs = 0
    with tempfile.TemporaryDirectory() as folder:
        solution = specimen.write(Path(folder))
        for test, seed, options in runs_of(specimen, effort):
            runs += 1
            failure = run(test, seed, solution, options)
            if failure:
                first, seconds = failure.partition("\n")[0], time.monotonic() - begin
                return Finding(
                    specimen.name,
                    ", ".join(rules),
                    True,
                    is_named(rules, failure),
                    test.__name__,
                    seed,
                    options.preempt,
                    first,
                    runs,
                    seconds,
                )
    seconds = time.monotonic() - begin
    rule = ", ".join(rules)
    return Finding(specimen.name, rule, False, False, "", -1, "", "", runs, seconds)
