"""Timelines of famous mistakes to look at: `python -m tests.timeline.samples DIR`.

Each is the page that the failing test leaves. Whoever changes how pages look sees here
whether what went wrong is still visible without reading a word.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tester1.solution import REFERENCE_ROOT
from tests.zoo.kv_bugs import KV_BUGS
from tests.zoo.raft_bugs import RAFT_BUGS

MOST_SEEDS: Final = 40


@dataclass(frozen=True, slots=True)
class Sample:
    """A mistake of the zoo, by its name there, and a test that it fails."""

    bug: str
    test: str


SAMPLES: Final = {
    "double-vote": Sample(
        "a peer votes for every candidate of a term",
        "tests/raft -k test_many_elections_3A",
    ),
    "figure-8": Sample(
        "a leader commits entries of older terms by counting copies",
        "tests/raft -k test_figure_8_by_steps_3C",
    ),
    "lost-snapshot": Sample(
        "a snapshot from the leader is not handed to the service",
        "tests/raft -k test_snapshot_install_3D",
    ),
    "stale-read": Sample(
        "a server that believes it leads answers Gets from its own table",
        "tests/kvraft -k test_one_partition_4B",
    ),
}


def make(name: str, folder: Path) -> Path:
    """Write the page of a sample into a folder; returns where.

    Raises `RuntimeError` if no seed of some dozens fails the test.
    """
    sample = SAMPLES[name]
    (bug,) = (bug for bug in (*RAFT_BUGS, *KV_BUGS) if bug.name == sample.bug)
    solution = bug.write(folder / f"{name}-solution")
    page = (folder / f"{name}.html").resolve()
    environment = {**os.environ, "VIS_FILE": str(page), "VIS_ENABLE": ""}
    for seed in range(1, MOST_SEEDS + 1):
        words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *sample.test.split()]
        words += ["--seed", str(seed), "--solution", str(solution.resolve())]
        ended = subprocess.run(
            [sys.executable, *words],
            cwd=REFERENCE_ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode == 1:
            (folder / f"{name}.txt").write_text(ended.stdout)
            return page
    raise RuntimeError(f"{sample.test} passed {MOST_SEEDS} seeds with: {sample.bug}")


def main() -> None:
    """Make the samples that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", choices=[[], *SAMPLES], default=[])
    parsed = parser.parse_args()
    parsed.folder.mkdir(parents=True, exist_ok=True)
    for name in parsed.names or SAMPLES:
        print(make(name, parsed.folder), flush=True)


if __name__ == "__main__":
    main()
