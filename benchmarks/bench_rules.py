"""What the rules cost, and what it costs to keep every fact.

    python -m benchmarks.bench_rules [-k NAME] [--rounds N] [--seed N]

Runs every test of both suites three ways, in a drawn order: without facts, with the
rules (as every run is), and with the rules and every fact kept (as a failed run is
repeated). Prints the processor seconds of the first and how many times as much the
others took, test by test and for all. The best of the rounds counts, since whatever
else the machine does only adds to it.
"""

from __future__ import annotations

import argparse
import gc
import random
from collections.abc import Callable
from time import process_time
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.bench_bugs import SUITES, tests_of
from labrt import Facts
from tests.kvraft.test_4b import test_basic_4B
from tests.mutating import SuiteTest, run_with

WAYS: Final[dict[str, Callable[[], Facts | None]]] = {
    "no facts": lambda: None,
    "rules": lambda: Facts(most=0),
    "recorded": lambda: Facts(most=None),
}


def cost(way: str, test: SuiteTest, seed: int) -> float:
    """The processor seconds of one run of a test."""
    facts = WAYS[way]()
    # What an earlier run has left is not this one's to collect.
    gc.collect()
    begin = process_time()
    failure = run_with(facts, test, seed, None)
    taken = process_time() - begin
    if failure:
        raise SystemExit(f"{test.__name__} fails under seed {seed}: {failure}")
    return taken


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-k", default="", metavar="NAME", help="tests with this name")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    # As a session of pytest does: what is loaded by then is not looked at by the
    # collector any more, whatever the way.
    cost("no facts", test_basic_4B, options.seed)
    gc.collect()
    gc.freeze()
    table = Table("test", title="Cost of the rules")
    for heading in ("CPU s", "rules", "recorded"):
        table.add_column(heading, justify="right")
    totals = dict.fromkeys(WAYS, 0.0)
    for _, modules in SUITES.values():
        for test in tests_of(modules):
            if options.k not in test.__name__:
                continue
            best = dict.fromkeys(WAYS, float("inf"))
            for _ in range(options.rounds):
                for way in draw.sample(list(WAYS), len(WAYS)):
                    best[way] = min(best[way], cost(way, test, options.seed))
            for way, seconds in best.items():
                totals[way] += seconds
            _add_row(table, test.__name__, best)
    table.add_section()
    _add_row(table, "all", totals)
    Console().print(table)


def _add_row(table: Table, name: str, seconds: dict[str, float]) -> None:
    base = seconds["no facts"]
    table.add_row(
        name,
        f"{base:.3f}",
        *(f"{seconds[way] / base:.2f}" for way in ("rules", "recorded")),
    )


if __name__ == "__main__":
    main()
