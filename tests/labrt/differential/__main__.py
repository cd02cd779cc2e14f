"""The campaign from the command line: `python -m tests.labrt.differential --help`.

Its output is the same for the same arguments, under one version of hypothesis.
"""

from __future__ import annotations

import argparse
import sys

from tests.labrt.differential.campaign import BLOCK, Block, run_campaign
from tests.labrt.differential.checking import Tally


def main(arguments: list[str] | None = None) -> int:
    """Run a campaign; returns how many blocks of it failed, 100 at most."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.labrt.differential",
        description="Run generated programs in simulation and judge what they saw.",
    )
    add = parser.add_argument
    add("--programs", type=int, default=1000, help="how many programs")
    add("--seeds", type=int, default=3, help="under how many seeds in each setting")
    add("--start", type=int, default=0, help=f"first block, of {BLOCK} programs each")
    options = parser.parse_args(arguments)
    total, failures = Tally(), 0
    for block in run_campaign(options.programs, options.seeds, options.start):
        total.add(block.tally)
        failures += block.failure is not None
        print(_report(block, total), flush=True)
    print(_summary(total, failures, options.seeds))
    return min(failures, 100)


def _report(block: Block, total: Tally) -> str:
    line = f"block {block.number}: {total.programs} programs, {total.runs} runs so far"
    return line if block.failure is None else f"{line}\n{block.failure}"


def _summary(total: Tally, failures: int, seeds: int) -> str:
    lines = [
        f"programs   {total.programs}",
        f"runs       {total.runs} ({seeds} seeds in each setting, killed and not)",
        f"results    {total.results} judged, {total.discarded} too large to judge",
        f"too late   {total.late} runs",
        f"endings    {_counts(total.endings)}",
        f"outcomes   {_counts(total.outcomes)}",
        f"failures   {failures}",
    ]
    return "\n".join(lines)


def _counts(counter: dict[str, int]) -> str:
    ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count}" for name, count in ordered)


if __name__ == "__main__":
    sys.exit(main())
