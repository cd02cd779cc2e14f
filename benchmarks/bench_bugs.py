"""Which bugs the suites find: run `python -m benchmarks.bench_bugs`.

Runs every test of a suite on each of its mutants, which are the reference solution with
one mistake, under a few seeds. Prints for each mutant how many of the tests have found
it, in which share of all runs, and the test that finds it most often. A mutant that
nothing finds is a blind spot of the suite, or one that the rest of the reference hides.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.kvraft import test_4b, test_4c, test_rsm
from tests.kvraft import test_ours as kvraft_ours
from tests.kvraft1 import mutants as kvraft_mutants
from tests.mutating import Mutant, SuiteTest, run
from tests.raft import test_3a, test_3b, test_3c, test_3d
from tests.raft import test_ours as raft_ours
from tests.raft1 import mutants as raft_mutants

SUITES = {
    "raft": (raft_mutants.MUTANTS, (test_3a, test_3b, test_3c, test_3d, raft_ours)),
    "kvraft": (kvraft_mutants.MUTANTS, (test_rsm, test_4b, test_4c, kvraft_ours)),
}


def tests_of(modules: Iterable[object]) -> list[SuiteTest]:
    """The tests of a suite."""
    return [
        test
        for module in modules
        for name, test in vars(module).items()
        if name.startswith("test_")
    ]


def finds(mutant: Mutant, tests: Iterable[SuiteTest], seeds: int) -> Counter[str]:
    """For each test that has found the mutant, in how many runs it did."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        solution = mutant.write(Path(folder))
        for test in tests:
            failures = sum(bool(run(test, seed, solution)) for seed in range(seeds))
            if failures:
                found[test.__name__] = failures
    return found


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("suites", nargs="*", default=list(SUITES), metavar="SUITE")
    parser.add_argument("--seeds", type=int, default=1, help="how many for each test")
    options = parser.parse_args()
    unknown = [suite for suite in options.suites if suite not in SUITES]
    if unknown:
        parser.error(f"no suite {unknown[0]!r}: there are {', '.join(SUITES)}")
    # Runs that fail would each write a page.
    os.environ["VIS_ENABLE"] = "never"
    console = Console()
    for suite in options.suites:
        mutants, modules = SUITES[suite]
        tests = tests_of(modules)
        table = Table("mistake", "tests", "runs", "found most often by", title=suite)
        missed = 0
        for mutant in mutants.values():
            found = finds(mutant, tests, options.seeds)
            missed += not found
            share = found.total() / (len(tests) * options.seeds)
            best = found.most_common(1)[0][0] if found else "-"
            table.add_row(mutant.name, str(len(found)), f"{share:.0%}", best)
        console.print(table)
        console.print(
            f"{suite}: {len(mutants) - missed} of {len(mutants)} found, "
            f"by {len(tests)} tests under {options.seeds} seeds"
        )


if __name__ == "__main__":
    main()
