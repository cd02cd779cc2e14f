"""The front door is narrow, and its documentation is true."""

from __future__ import annotations

import doctest
import subprocess
import sys

import tester1.porcupine

NAMES = [
    "ABSENT",
    "AppendInput",
    "AppendModel",
    "AppendOp",
    "Engine",
    "Event",
    "EventKind",
    "HistoryError",
    "KvInput",
    "KvModel",
    "KvOp",
    "KvOutput",
    "Linearization",
    "Maybe",
    "Model",
    "NEVER",
    "NondeterministicModel",
    "Operation",
    "PartitionResult",
    "RegisterInput",
    "RegisterModel",
    "RegisterOp",
    "RegisterOutput",
    "Result",
    "UnreadableHistoryError",
    "Verdict",
    "WholeAppendModel",
    "check",
    "read_history",
    "write_jsonl",
]


def test_exported_names() -> None:
    """A name is added to the front door, or taken from it, on purpose."""
    assert sorted(tester1.porcupine.__all__) == NAMES
    assert all(hasattr(tester1.porcupine, name) for name in NAMES)


def test_documentation_runs() -> None:
    """The examples in the package's documentation give what they say."""
    result = doctest.testmod(tester1.porcupine)
    assert result.attempted > 5
    assert result.failed == 0


def test_checker_stands_alone() -> None:
    """The checker needs nothing else of the project, nor its picture."""
    program = (
        "import sys, tester1.porcupine, tester1.porcupine.report\n"
        "ours = ('labrt', 'labgob', 'labrpc', 'raft1', 'kvraft1', 'tester1')\n"
        "print(*sorted(n for n in sys.modules if n.split('.')[0] in ours))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = run.stdout.split()
    assert "tester1.porcupine.check" in loaded
    assert "tester1.timeline.html" not in loaded
    allowed = ("tester1", "tester1.porcupine")
    assert [n for n in loaded if not n.startswith("tester1.porcupine")] == [allowed[0]]
