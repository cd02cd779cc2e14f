"""What one pass of the Raft suite costs: run `python -m benchmarks.bench_raft_suite`.

Prints, for each test and each part, the seconds of processor time, the seconds of
virtual time and their ratio, and the RPCs. Arguments are handed on to pytest, for
instance `--seed 7`, `--solution DIR` or `-k 3C`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from benchmarks.one_pass import PYTEST_OPTIONS, Cost, Meter

SUITE = Path(__file__).resolve().parent.parent / "tests" / "raft"


def total(name: str, costs: Iterable[Cost]) -> Cost:
    """The costs together, under `name`."""
    costs = list(costs)
    return Cost(
        name,
        sum(cost.cpu_s for cost in costs),
        sum(cost.virtual_s for cost in costs),
        sum(cost.rpcs for cost in costs),
    )


def table(costs: list[Cost], title: str) -> Table:
    """A row for each test, for each part and for all."""
    result = Table("test", title=title)
    for heading in ("CPU s", "virtual s", "ratio", "RPCs"):
        result.add_column(heading, justify="right")
    for part in sorted({cost.part for cost in costs}):
        of_part = [cost for cost in costs if cost.part == part]
        for cost in of_part:
            _add_row(result, cost)
        _add_row(result, total(f"part {part}", of_part), style="bold")
        result.add_section()
    _add_row(result, total("all", costs), style="bold")
    return result


def _add_row(result: Table, cost: Cost, style: str = "") -> None:
    result.add_row(
        cost.name,
        f"{cost.cpu_s:.2f}",
        f"{cost.virtual_s:.1f}",
        f"{cost.speed:.0f}",
        str(cost.rpcs),
        style=style,
    )


def measure(suite: Path, title: str, arguments: list[str]) -> int:
    """Run a suite and print its cost; returns pytest's exit code."""
    meter = Meter()
    code = pytest.main([*PYTEST_OPTIONS, str(suite), *arguments], plugins=[meter])
    if meter.costs:
        Console().print(table(meter.costs, title))
    return int(code)


if __name__ == "__main__":
    sys.exit(measure(SUITE, "Cost of the Raft suite", sys.argv[1:]))
