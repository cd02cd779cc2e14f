"""Every benchmark in one run: `python -m benchmarks`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

QUICK = ("labrt", "labgob", "labrpc", "raft_suite", "kvraft_suite", "checker")


def main() -> int:
    """Run the benchmarks one after the other, each in a process of its own."""
    for name in QUICK:
        print(f"\n=== {name} ===", flush=True)
        command = [sys.executable, "-m", f"benchmarks.bench_{name}"]
        subprocess.run(command, cwd=Path(__file__).parents[1], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
