"""Solutions that are broken in the ways students break them, in the folder `broken`.

Each fails its test with one message that names the server and the student's line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tester1.solution import REFERENCE_ROOT
from tests.tester1.conftest import InnerPytest

BROKEN = Path(__file__).parent / "broken"
RAFT_TEST = "tests/raft/test_3a.py::test_initial_election_3A"
RSM_TEST = "tests/kvraft/test_rsm.py::test_basic_4A"


@dataclass(frozen=True)
class Case:
    """A broken solution: the test that it fails, and what the message says.

    `line` is the text of the student's line, as it stands in `file`.
    """

    name: str
    server: str
    says: str
    file: str
    line: str
    test: str = RAFT_TEST

    def place(self) -> str:
        """Where the student's line is: the file and its number."""
        lines = (BROKEN / self.name / self.file).read_text().splitlines()
        (number,) = [i for i, text in enumerate(lines, 1) if text.strip() == self.line]
        return f"{self.file}:{number}"


CASES = [
    Case(
        "syntax_error",
        "server-0-0",
        "expected ':'",
        "raft1/raft.py",
        "def Make(peers, me, persister, applyCh)",
    ),
    Case(
        "wrong_handler",
        "server-0-[012]",
        r"Raft.RequestVote .* takes \(self, args, reply\); a handler takes its",
        "raft1/raft.py",
        "def RequestVote(self, args: VoteArgs, reply: VoteReply) -> None:",
    ),
    Case(
        "thread_exception",
        "server-0-1",
        "ZeroDivisionError: .* in thread 'ticker'",
        "raft1/raft.py",
        "self.term += 10 // (1 - self.me)",
    ),
    Case(
        "endless_loop",
        "server-0-2",
        "waiter has computed for over 2 s without blocking",
        "raft1/raft.py",
        "while not self.ready and self.me == 2:",
    ),
    Case(
        "self_deadlock",
        "server-0-0",
        "waited .* for Lock self.mu, held by itself",
        "raft1/raft.py",
        "with self.mu:  # GetState holds it",
    ),
    Case(
        "unregistered_command",
        "server-0-[012]",
        r"command holds an Op, which is not registered: call labgob.Register\(Op\)",
        "kvraft1/rsm/__init__.py",
        "_, _, is_leader = self.raft.Start(Op(request))",
        RSM_TEST,
    ),
    Case(
        "snapshot_beyond",
        "server-0-[012]",
        r"Snapshot\(2\): index 2 has not been applied",
        "kvraft1/rsm/__init__.py",
        'self.raft.Snapshot(message.CommandIndex + 1, b"too early")',
        RSM_TEST,
    ),
]


def messages(inner: InnerPytest, name: str, test: str) -> list[str]:
    """Run a test against a broken solution; returns the messages of its failure.

    Without the rules, some of which are broken before the solution raises anything.
    """
    options = ["--solution", str(BROKEN / name), "--seed", "3", "--no-rules"]
    result = inner.run(str(REFERENCE_ROOT / test), *options)
    result.assert_outcomes(failed=1)
    failure = result.stdout.str().partition("- raftlab -")[0]
    return re.findall(r"^E .*$", failure, re.MULTILINE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_broken_solution(inner: InnerPytest, case: Case) -> None:
    """The message of the failure says which server, what, and which line."""
    # It is wrapped, wherever there is room.
    lines = [line[1:].strip() for line in messages(inner, case.name, case.test)]
    message = " ".join(lines)
    assert re.search(rf"\b{case.server}\b.*{case.says}", message)
    assert re.search(rf"{re.escape(case.place())}\b", message)


def test_missing_make(inner: InnerPytest) -> None:
    """There is no line to name: the message says what is missing in which file."""
    (message,) = messages(inner, "missing_make", RAFT_TEST)
    file = BROKEN / "missing_make" / "raft1" / "raft.py"
    assert message.endswith(
        f"server-0-0: {file} does not define 'Make', which it has to"
    )


def test_every_broken_solution_is_tested() -> None:
    """No folder is left over that no test looks at."""
    names = {folder.name for folder in BROKEN.iterdir() if folder.is_dir()}
    assert names == {case.name for case in CASES} | {"missing_make"}
