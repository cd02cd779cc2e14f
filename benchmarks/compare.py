"""What this checkout costs beside another one, test by test, measured in one sitting.

    python -m benchmarks.compare OTHER [--python EXE] [--rounds N] [--seed N] [-k 3A …]

Runs both suites in turn here and in the checkout OTHER, under one seed, each pass in a
process of its own, and prints for every test and for all the processor seconds and
their ratio, and the same of one sequential `Call`. Above 1, this checkout is slower.

The ratio is that of the best times, since whatever else the machine does only adds to
them. The spread is that of the ratios of single rounds; a difference that is smaller
than it is none. Where a change of the scheduler makes another run of a seed, a test has
more or less to do here than there: then the ratio for an RPC tells more. The exit
status says whether the tests passed, nothing about speed.

OTHER needs no environment of its own: its packages come first on the path of the same
Python, or of that which `--python` names. Further arguments are pytest's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.one_pass import Pass

HERE = Path(__file__).resolve().parents[1]
SCRIPT = HERE / "benchmarks" / "one_pass.py"
# A test that got slower than this is worth a look, if the spread does not explain it.
NOTABLE = 1.03


class PassFailed(Exception):
    """The suites do not pass in a checkout; what pytest said has been printed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same thing measured in every round, here and in the other checkout.

    `work` is how many times as many RPCs there are here, if there are any.
    """

    name: str
    here: Sequence[float]
    other: Sequence[float]
    work: float | None = None

    @property
    def ratio(self) -> float:
        """The best time here as a multiple of the best there."""
        return min(self.here) / min(self.other)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest ratio of a round."""
        pairs = zip(self.here, self.other, strict=True)
        ratios = [here / other for here, other in pairs]
        return min(ratios), max(ratios)


def run_pass(checkout: Path, python: str, arguments: Sequence[str]) -> Pass:
    """Run both suites once in a checkout. Raises `PassFailed`."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [python, "-P", str(SCRIPT), *arguments],
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode != 0:
        raise PassFailed(f"{checkout}: the suites ended with status {done.returncode}")
    return Pass(**json.loads(done.stdout))


def in_turn(
    rounds: int, here: Callable[[], Pass], other: Callable[[], Pass]
) -> tuple[list[Pass], list[Pass]]:
    """Measure both in every round; who is first changes, as the machine's pace does."""
    passes: tuple[list[Pass], list[Pass]] = ([], [])
    for number in range(rounds):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            passes[side].append((here, other)[side]())
    return passes


def compare(here: Sequence[Pass], other: Sequence[Pass]) -> list[Comparison]:
    """A comparison for each test that both have, for all of them, for a call."""
    names = [name for name in here[0].tests_s if name in other[0].tests_s]

    def of(
        name: str, measure: Callable[[Pass], float], rpcs: Callable[[Pass], int] | None
    ) -> Comparison:
        # All rounds have the same seed, so that one of them tells what there is to do.
        done = [rpcs(passes[0]) for passes in (here, other)] if rpcs else [0, 0]
        work = done[0] / done[1] if all(done) else None
        return Comparison(name, [*map(measure, here)], [*map(measure, other)], work)

    return [
        *[of(name, partial(_seconds, name), partial(_rpcs, name)) for name in names],
        of(
            "all tests",
            lambda one: sum(one.tests_s[name] for name in names),
            lambda one: sum(one.rpcs[name] for name in names),
        ),
        of("start", lambda one: one.start_s, None),
        of("sequential Call, us", lambda one: one.call_us, None),
    ]


def _seconds(name: str, one: Pass) -> float:
    return one.tests_s[name]


def _rpcs(name: str, one: Pass) -> int:
    return one.rpcs[name]


def table(comparisons: Sequence[Comparison], title: str) -> Table:
    """A row for each comparison."""
    result = Table("CPU s", title=title)
    for heading in ("other", "here", "ratio", "spread", "for an RPC"):
        result.add_column(heading, justify="right")
    for one in comparisons:
        low, high = one.spread
        result.add_row(
            one.name,
            f"{min(one.other):.3f}",
            f"{min(one.here):.3f}",
            f"{one.ratio:.3f}",
            f"{low:.2f} … {high:.2f}",
            "" if one.work is None else f"{one.ratio / one.work:.3f}",
            style="bold" if one.ratio > NOTABLE else "",
        )
    return result


def main() -> int:
    """Compare and print; the status says whether all tests passed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("other", type=Path, metavar="OTHER")
    parser.add_argument("--python", default=sys.executable, metavar="EXE")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", default="1")
    options, further = parser.parse_known_args()
    other: Path = options.other.resolve()
    if not (other / "labrt").is_dir():
        parser.error(f"{other} is no checkout of raftlab")
    if options.rounds < 1:
        parser.error("--rounds: at least one")
    arguments = [options.seed, *further]
    try:
        here_passes, other_passes = in_turn(
            options.rounds,
            lambda: run_pass(HERE, sys.executable, arguments),
            lambda: run_pass(other, options.python, arguments),
        )
    except PassFailed as error:
        print(error, file=sys.stderr)
        return 1
    title = f"{HERE} beside {other}, best of {options.rounds} rounds"
    Console().print(table(compare(here_passes, other_passes), title))
    return 0


if __name__ == "__main__":
    sys.exit(main())
