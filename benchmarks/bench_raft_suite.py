"""What one pass of the Raft suite costs: run `python -m benchmarks.bench_raft_suite`.

Prints, for each test and each part, the seconds of processor time, the seconds of
virtual time and their ratio, and the RPCs. Arguments are handed on to pytest, for
instance `--seed 7`, `--solution DIR` or `-k 3C`.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tester1.lab import Lab

SUITE = Path(__file__).resolve().parent.parent / "tests" / "raft"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a test, or several together, cost."""

    name: str
    cpu_s: float
    virtual_s: float
    rpcs: int

    @property
    def part(self) -> str:
        """The part of the labs that the test belongs to: the end of its name."""
        return self.name.partition("[")[0][-2:]

    @property
    def speed(self) -> float:
        """Seconds of virtual time in a second of processor time."""
        return self.virtual_s / self.cpu_s


class Meter:
    """A pytest plugin that notes the cost of every test that uses a `Lab`."""

    def __init__(self) -> None:
        self.costs: list[Cost] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Measure the test's own part, without fixtures and reports."""
        begin = time.process_time()
        try:
            return (yield)
        finally:
            cpu_s = time.process_time() - begin
            lab = getattr(item, "funcargs", {}).get("lab")
            if isinstance(lab, Lab):
                counts = re.findall(r"#RPCs +(\d+)", "".join(lab.results))
                rpcs = sum(map(int, counts))
                self.costs.append(Cost(item.name, cpu_s, lab.runtime.now(), rpcs))


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
    # This process has imported the project already: nothing is left to rewrite.
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain"]
    code = pytest.main([*options, str(suite), *arguments], plugins=[meter])
    if meter.costs:
        Console().print(table(meter.costs, title))
    return int(code)


if __name__ == "__main__":
    sys.exit(measure(SUITE, "Cost of the Raft suite", sys.argv[1:]))
