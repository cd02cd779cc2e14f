"""What one pass of the key/value suite costs: labs 4A to 4C.

    python -m benchmarks.bench_kvraft_suite

Prints, for each test and each part, the seconds of processor time, the seconds of
virtual time and their ratio, and the RPCs. Arguments are handed on to pytest, for
instance `--seed 7`, `--solution DIR` or `-k 4B`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.bench_raft_suite import measure

SUITE = Path(__file__).resolve().parent.parent / "tests" / "kvraft"

if __name__ == "__main__":
    sys.exit(measure(SUITE, "Cost of the key/value suite", sys.argv[1:]))
