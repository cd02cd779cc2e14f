"""What batches cost: run `python -m benchmarks.bench_batch`.

Two figures. The first is how long 400 runs of parts 3A to 3D of one submission take on
this machine, from a smaller number of runs (`--runs 400` does all of them). The second
is what a batch costs beyond the plain tests: processor time of `raftlab test` against
that of `pytest` for the same hundred runs (four of each test), both with their start.
The two run side by side, so that a machine that is busy or slow is so for both.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tester1.solution import LAB_PACKAGES, REFERENCE_ROOT
from tester1.suites import select

PARTS: Final = ("3A", "3B", "3C", "3D")
ALL_RUNS: Final = 400
MOST_MINUTES: Final = 20.0
MOST_OVERHEAD: Final = 0.10
SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took, with all the processes that it started."""

    wall_s: float
    cpu_s: float


def measure(commands: Sequence[Sequence[str]], folder: Path) -> list[Cost]:
    """Run commands at the same time; all of them have to succeed."""
    begun = time.perf_counter()
    with ExitStack() as files:
        outputs = [files.enter_context(tempfile.TemporaryFile("w+")) for _ in commands]
        processes = [
            subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(REFERENCE_ROOT)},
                stdout=output,
                stderr=output,
            )
            for command, output in zip(commands, outputs, strict=True)
        ]
        costs = []
        for process, output in zip(processes, outputs, strict=True):
            # With the usage of all processes that it has waited for in its turn.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            wall_s = time.perf_counter() - begun
            if process.returncode != 0:
                output.seek(0)
                sys.exit(f"{process.args!r} has failed:\n{output.read()}")
            costs.append(Cost(wall_s, usage.ru_utime + usage.ru_stime))
    return costs


def batch(words: Sequence[str], runs: int, workers: int, folder: Path) -> list[str]:
    """`raftlab test` of these tests, in a new folder of results."""
    results = Path(tempfile.mkdtemp(dir=folder)) / "results"
    raftlab = [sys.executable, "-P", "-m", "tester1.cli", "test", *words]
    options = [f"-n{runs}", f"-j{workers}", f"--seed={SEED}", f"--results={results}"]
    return [*raftlab, *options, "--solution=submission"]


def plain(words: Sequence[str], runs: int, folder: Path) -> list[str]:
    """Pytest on the same tests, under the same seeds."""
    pytest = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tests = [test.node_id for test in select(words)]
    options = [f"--seed={SEED}", f"--seeds={runs}", f"--rootdir={folder}"]
    return [*pytest, *tests, *options, "--solution=submission"]


def report_time(runs: int, workers: int, folder: Path) -> bool:
    """Print how long 400 runs take; says whether that is short enough."""
    tests = len(select(PARTS))
    (start,) = measure([batch(PARTS[:1], 1, workers, folder)], folder)
    (cost,) = measure([batch(PARTS, runs, workers, folder)], folder)
    each_s = (cost.wall_s - start.wall_s) / runs
    minutes = (start.wall_s + ALL_RUNS * each_s) / 60
    print(
        f"{runs} runs of 3A-3D ({tests} tests) with {workers} workers: "
        f"{cost.wall_s:.1f} s, {cost.cpu_s:.1f} s of processor time"
    )
    how = "measured" if runs == ALL_RUNS else "at that pace"
    print(
        f"{ALL_RUNS} runs: {minutes:.1f} minutes {how} (at most {MOST_MINUTES:.0f})",
        flush=True,
    )
    return minutes <= MOST_MINUTES


def report_overhead(words: Sequence[str], runs: int, folder: Path) -> bool:
    """Print what a batch costs besides its tests; says whether that is little."""
    tests, same = measure(
        [plain(words, runs, folder), batch(words, runs, 1, folder)], folder
    )
    overhead = same.cpu_s / tests.cpu_s - 1
    count = runs * len(select(words))
    print(
        f"{count} runs of {' '.join(words)}: {tests.cpu_s:.1f} s of processor time by "
        f"pytest, {same.cpu_s:.1f} s as a batch: {overhead:+.1%} "
        f"(at most {MOST_OVERHEAD:+.0%})"
    )
    return overhead <= MOST_OVERHEAD


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder with a submission in it: a copy of the reference."""
    with tempfile.TemporaryDirectory() as name:
        for package in LAB_PACKAGES:
            source, copy = REFERENCE_ROOT / package, Path(name, "submission", package)
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        yield Path(name)


def main() -> int:
    """Measure, print, and return 1 if a figure is out of bounds."""
    parser = argparse.ArgumentParser(description="What batches cost.")
    parser.add_argument("--runs", type=int, default=10, help="runs of 3A-3D to time")
    parser.add_argument("--workers", type=int, default=2, help="runs at a time")
    parser.add_argument("--overhead-runs", type=int, default=4, help="of each test")
    parser.add_argument("--overhead-tests", nargs="+", default=PARTS)
    options = parser.parse_args()
    with workplace() as folder:
        good = [
            report_time(options.runs, options.workers, folder),
            report_overhead(options.overhead_tests, options.overhead_runs, folder),
        ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
