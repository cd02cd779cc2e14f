"""Writes the traces of both suites, to be compared with those of another interpreter.

    python3.11 -m tests.determinism.digests traces-3.11
    python3.13 -m tests.determinism.digests traces-3.13 --against traces-3.11

The second exits with status 1, and shows the first events that differ, if any do. With
`--solutions DIR` the solutions in that folder are run as well.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from tests.determinism.suiteruns import (
    SCRAMBLED,
    TESTS_OF_SUITE,
    Surroundings,
    differences,
    start_suite,
    traces,
)


def write_traces(solution: Path | None, folder: Path) -> None:
    """Run both suites and leave their traces in `folder`; prints a digest for each."""
    runs = [
        start_suite(suite, solution, folder, Surroundings(1, 1))
        for suite in TESTS_OF_SUITE
    ]
    for run in runs:
        output, _ = run.communicate()
        if run.returncode != 0:
            sys.exit(f"a suite has failed:\n{output}")
    for path in traces(folder):
        digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
        print(f"{digest}  {folder.name}/{path.name}", flush=True)


def main() -> None:
    """Write traces and compare them, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--solutions", type=Path)
    options = parser.parse_args()
    solutions: dict[str, Path | None] = {"reference": None, SCRAMBLED.name: SCRAMBLED}
    if options.solutions is not None:
        found = sorted(path for path in options.solutions.iterdir() if path.is_dir())
        solutions |= {path.name: path for path in found}
    differing: list[str] = []
    for name, solution in solutions.items():
        write_traces(solution, options.folder / name)
        if options.against is not None:
            differing += differences(options.folder / name, options.against / name)
    if differing:
        sys.exit("\n".join(differing))


if __name__ == "__main__":
    main()
