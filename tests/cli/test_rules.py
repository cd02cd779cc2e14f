"""`raftlab rules`: what is watched, and how a solution's messages are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tester1.rules.raft.rules import RAFT_RULES
from tester1.rules.service.rules import SERVICE_RULES
from tests.cli.conftest import Raftlab

HANDLERS = """
from dataclasses import dataclass

@dataclass
class Ask:
    term: int
    last_index: int
    last_term: int

@dataclass
class Answer:
    term: int
    denied: bool

@dataclass
class Push:
    term: int
    prev_index: int
    prev_term: int
    entries: bytes

class Raft:
    def RequestVote(self, args: Ask) -> Answer: ...
    def Append(self, args: Push) -> Answer: ...

def Make(*_): ...
"""


def solution(folder: Path, text: str) -> Path:
    """A solution whose Raft is this text."""
    (folder / "raft1").mkdir()
    (folder / "raft1" / "raft.py").write_text(text)
    return folder


def test_all_rules_and_the_reference(raftlab: Raftlab) -> None:
    """Each with its section; of the reference everything is read."""
    ended = raftlab("rules")
    assert ended.status == 0
    for rule in (*RAFT_RULES, *SERVICE_RULES):
        assert f"  {rule.name} ({rule.section})\n" in ended.out
    assert "term: Term, granted: VoteGranted" in ended.out
    assert "[off]" not in ended.out


def test_what_is_read_the_other_way_round_or_not_at_all(
    raftlab: Raftlab, tmp_path: Path
) -> None:
    """A verdict that denies is said so, and a field that nobody finds."""
    ended = raftlab("rules", "--solution", solution(tmp_path, HANDLERS))
    assert ended.status == 0
    assert "Raft.RequestVote reply, Answer: term: term, granted: not denied" in (
        ended.out
    )
    assert "no field of Push looks like the entries" in ended.out
    assert "log matching (5.3)  [off]" in ended.out
    assert "one vote a term (5.2)\n" in ended.out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("raise KeyError(5)\n", "KeyError: 5"),
        ("import nonexisting\n", "No module named 'nonexisting'"),
        ("def Make(\n", "was never closed"),
        ("while True: pass\n", "computed for over 2 s without blocking"),
    ],
)
def test_a_solution_that_cannot_be_loaded(
    raftlab: Raftlab, tmp_path: Path, text: str, says: str
) -> None:
    """One line that says why, and where."""
    ended = raftlab("rules", "--solution", solution(tmp_path, text))
    assert ended.status == 2
    assert says in ended.err
    assert "raft1/raft.py" in ended.err
    assert "Traceback" not in ended.err
