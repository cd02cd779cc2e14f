"""`raftlab replay --twice`: does a run repeat in another process, and if not, where?

Two processes that have nothing in common: the hashes of strings are drawn anew, and the
memory is laid out in another way, so that addresses differ as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tester1.cli.errors import ExitStatus, InputError
from tester1.facts.file import read_facts
from tester1.session.divergence import DISTURB, first_difference

__all__ = ["compare_processes"]


def compare_processes(
    trace: Path, run: Callable[[Mapping[str, str]], ExitStatus]
) -> ExitStatus:
    """Run twice, with `run(environment)`, which writes `trace`; print what differs.

    Returns `FAILED` if anything does, else how the test ended.
    """
    first = trace.with_suffix(".first.trace")
    run({"PYTHONHASHSEED": "1", DISTURB: "1"})
    _require(trace)
    trace.replace(first)
    status = run({"PYTHONHASHSEED": "2", DISTURB: "5"})
    _require(trace)
    one, other = read_facts(first).facts, read_facts(trace).facts
    lines = first_difference(one, other)
    if not lines:
        first.unlink()
        print(f"two processes, the same {len(one)} events")
        return status
    print("\n".join(lines))
    print(f"traces: {first} and {trace}")
    return ExitStatus.FAILED


def _require(trace: Path) -> None:
    if not trace.exists():
        raise InputError("the run left no trace to compare: see what pytest says above")
