"""A lab test of a broken solution in a pytest of its own, as a student runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from tester1.solution import REFERENCE_ROOT
from tests.mutating import Mutant


def report_of(mutant: Mutant, part: str, test: str, folder: Path) -> str:
    """What pytest prints of a failed test, on a screen of 100 columns."""
    solution = mutant.write(folder / "solution")
    suite = "raft" if part.startswith("3") else "kvraft"
    command = [sys.executable, "-m", "pytest", f"tests/{suite}/test_{part}.py::{test}"]
    command += ["--solution", str(solution), "--seed", "7", "-q"]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist"]
    if not entry_points(group="pytest11", name="raftlab"):
        command += ["-p", "tester1.session.plugin"]
    ended = subprocess.run(
        command,
        cwd=REFERENCE_ROOT,
        env={**os.environ, "COLUMNS": "100", "VIS_ENABLE": "never"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout
    return ended.stdout
