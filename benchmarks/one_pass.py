"""One pass of both suites in one checkout, for `benchmarks.compare`, which runs it.

It is a script for any checkout that is on the path: `python -P one_pass.py SEED …`
prints a `Pass` as JSON. What is measured is the checkout's; how, is this file's and its
neighbour's. Further arguments are pytest's.
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
from pathlib import Path
from typing import Any

import pytest

from labrt import SimRuntime

SUITES = ("tests/raft", "tests/kvraft")
WARM_UP = "3A or basic"
CALLS = 5_000
CALL_ROUNDS = 5


class Meter:
    """A pytest plugin that notes the processor time of each test, and its RPCs."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.rpcs: dict[str, int] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Measure a test without its fixtures and reports."""
        begin = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.name] = time.process_time() - begin
            lab = getattr(item, "funcargs", {})["lab"]
            # The result lines are the same in every checkout.
            counts = re.findall(r"#RPCs +(\d+)", "".join(lab.results))
            self.rpcs[item.name] = sum(map(int, counts))


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
    # Nothing of the place or the person that runs it: the same in both checkouts.
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain"]
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = pytest.main([*options, *SUITES, *arguments], plugins=[meter])
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
        figures = {
            "start_s": start_s,
            "tests_s": meter.seconds,
            "rpcs": meter.rpcs,
            "call_us": call_us(),
        }
        print(json.dumps(figures))
    return status


if __name__ == "__main__":
    sys.exit(main())
