"""What a pass of a suite costs, test by test: the meter of all benchmarks of suites.

It is also a script for any checkout that is on the path, for `benchmarks.compare`:
`python -P one_pass.py SEED …` runs both suites there and prints a `Pass` as JSON. What
is measured is the checkout's; how, is this file's and its neighbour's. So it imports
nothing of ours but what every checkout has. Further arguments are pytest's.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import re
import sys
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from labrt import SimRuntime

SUITES = ("tests/raft", "tests/kvraft")
# Nothing of the place or the person that runs it: the same in every checkout. This
# process has imported the project already, so that pytest has nothing left to rewrite.
PYTEST_OPTIONS = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain")
WARM_UP = "3A or basic"
CALLS = 5_000
CALL_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass cost: processor seconds and RPCs by test, microseconds a `Call`.

    `start_s` is what it took to import everything and to run the first tests once.
    """

    start_s: float
    tests_s: dict[str, float]
    rpcs: dict[str, int]
    call_us: float


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
    """A pytest plugin that notes the cost of every test that has a lab."""

    def __init__(self) -> None:
        self.costs: list[Cost] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Measure a test without its fixtures and reports."""
        begin = time.process_time()
        try:
            return (yield)
        finally:
            cpu_s = time.process_time() - begin
            # By name and not by class: the module of `Lab` is not the same everywhere.
            lab = getattr(item, "funcargs", {}).get("lab")
            if lab is not None:
                # The result lines are the same in every checkout.
                counts = re.findall(r"#RPCs +(\d+)", "".join(lab.results))
                rpcs = sum(map(int, counts))
                self.costs.append(Cost(item.name, cpu_s, lab.runtime.now(), rpcs))


def call_us() -> float:
    """Measure a sequential `Call` in virtual time, in microseconds of processor time.

    The best of some rounds, by the same code in every checkout.
    """
    path = Path(__file__).with_name("bench_labrpc.py")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    # Its dataclasses look for their module.
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    best: float = min(
        module.time_calls(SimRuntime(seed=1), 1, CALLS, reliable=True)
        for _ in range(CALL_ROUNDS)
    )
    return best


def run(meter: Meter, arguments: list[str]) -> int:
    """Run the suites; returns pytest's exit status, after printing why it is not 0."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = pytest.main([*PYTEST_OPTIONS, *SUITES, *arguments], plugins=[meter])
    if status:
        print(output.getvalue(), file=sys.stderr)
    return int(status)


def main() -> int:
    """Run the suites and print what they cost; returns pytest's exit status."""
    os.environ["VIS_ENABLE"] = "never"
    seed = ["--seed", sys.argv[1]]
    # What a process does once would else count as its first tests'.
    status = run(Meter(), [*seed, "-k", WARM_UP])
    start_s = time.process_time()
    meter = Meter()
    status = status or run(meter, [*seed, *sys.argv[2:]])
    if not status:
        done = Pass(
            start_s,
            tests_s={cost.name: cost.cpu_s for cost in meter.costs},
            rpcs={cost.name: cost.rpcs for cost in meter.costs},
            call_us=call_us(),
        )
        print(json.dumps(asdict(done)))
    return status


if __name__ == "__main__":
    sys.exit(main())
