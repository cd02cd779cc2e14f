"""Runs of the suites in processes of their own, and the comparison of their traces."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from tester1.facts.file import read_facts
from tester1.session.divergence import DISTURB, first_difference
from tester1.suites import select

ROOT: Final = Path(__file__).resolve().parents[2]
SCRAMBLED: Final = Path(__file__).parent / "scrambled"
TESTS_OF_SUITE: Final = {
    "tests/raft": len(select(["3"])),
    "tests/kvraft": len(select(["4"])),
}
SEED: Final = 2024


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What differs between two processes, and must make no difference."""

    hash_seed: int
    disturb: int

    @property
    def environment(self) -> dict[str, str]:
        """The environment of such a process."""
        changes = {
            "PYTHONHASHSEED": str(self.hash_seed),
            DISTURB: str(self.disturb),
            "PYTHONPATH": os.pathsep.join(
                [str(ROOT), os.environ.get("PYTHONPATH", "")]
            ),
        }
        return {**os.environ, **changes}


def start_suite(
    suite: str, solution: Path | None, folder: Path, surroundings: Surroundings
) -> subprocess.Popen[str]:
    """Begin to run a suite, which leaves a trace of each test in `folder`."""
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    if not entry_points(group="pytest11", name="raftlab"):
        arguments += ["-p", "tester1.session.plugin"]
    arguments += [f"--seed={SEED}", "--trace-events", f"--artifacts={folder}"]
    if solution is not None:
        arguments.append(f"--solution={solution}")
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments, suite],
        cwd=ROOT,
        env=surroundings.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def differences(one: Path, other: Path) -> list[str]:
    """Lines that say which tests' traces differ, and where each first does."""
    names = {path.name: None for folder in (one, other) for path in traces(folder)}
    lines = []
    for name in names:
        left, right = one / name, other / name
        if not (left.exists() and right.exists()):
            lines.append(f"{name}: there is only one of it")
        elif left.read_bytes() != right.read_bytes():
            found = first_difference(read_facts(left).facts, read_facts(right).facts)
            lines += [f"{name}:", *found]
    return lines


def traces(folder: Path) -> list[Path]:
    """The traces in a folder, by name."""
    return sorted(folder.glob("*.trace"))
