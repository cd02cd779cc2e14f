"""Submissions that mean harm: each fails its own test, and changes nothing else.

Every one of them is run as an instructor would, by a pytest of its own. In the same
session, before it, after it and beside it, run tests of a good solution, whose verdicts
must be what they always are.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

import pytest

from tester1.sandbox.confine import missing
from tests.process.outside import Outside

HOSTILE: Final = Path(__file__).parent / "hostile"

SESSION: Final = """
import pytest

from raft1.testing.scaffold import RaftTest
from tester1.lab import Lab


def run(lab: Lab) -> None:
    with RaftTest(lab, 3, "agreement") as test:
        test.check_one_leader()
        test.one("command", 3, retry=True)


def test_good_before(lab: Lab) -> None:
    lab.solution = None
    run(lab)


def test_submitted(lab: Lab) -> None:
    run(lab)


def test_good_after(lab: Lab) -> None:
    lab.solution = None
    run(lab)
"""

COMPLAINTS: Final = {
    "allocate": "MemoryError, in thread 'attack'",
    # What a process is told that is at its limit of memory or of threads.
    "call_flood": "has .* calls under way|MemoryError|can't (start|allocate)",
    "exits": "exited by itself, with status 0",
    "fake_summary": "exited by itself, with status 0",
    "flood": "printed more than 64 KiB",
    "forged": "sent a call through end 3, but it has 3",
    "forged_reply": r"sent a reply to a request that it never got \(1000\)",
    "fork_bomb": "PermissionError: .*, in thread 'attack'",
    "garbage": "sent a frame of the unknown kind 103",
    "hang": "start_raft has not returned within 5 s",
    "huge_length": "sent a frame that claims to be 4294967295 bytes long",
    "killer": "RuntimeError: this server has killed what it could",
    "tester_files": "RuntimeError: this server has written where it could",
    "wrong_tester_call": "called the tester wrongly: ",
}
"""What the failure of each submission's test has to say."""

LIMITS: Final = {
    "RAFTLAB_MEMORY_MIB": "256",
    "RAFTLAB_OUTPUT_KIB": "64",
    "RAFTLAB_START_S": "5",
}

pytestmark = pytest.mark.skipif(
    bool(missing()), reason=f"this machine has no {' and no '.join(missing())}"
)


def submission(name: str, outside: Outside) -> Path:
    """A copy of a hostile submission, which nobody misses if it is damaged."""
    folder = outside.folder.parent / "submission"
    shutil.copytree(HOSTILE / name, folder)
    return folder


def contents(folder: Path) -> dict[Path, bytes]:
    """Every Python file below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*.py")}


@pytest.mark.parametrize("name", sorted(COMPLAINTS))
def test_a_hostile_submission_fails_its_own_test_only(
    outside: Outside, name: str
) -> None:
    """The verdicts of three tests are known beforehand, whatever it does."""
    outside.write(SESSION)
    solution = submission(name, outside)
    before = contents(outside.folder.parent)
    output = outside.run("-v", "--solution", str(solution), **LIMITS)
    verdicts = dict(
        re.findall(r"^test_outside.py::(\w+) (PASSED|FAILED)", output, re.M)
    )
    assert verdicts == {
        "test_good_before": "PASSED",
        "test_submitted": "FAILED",
        "test_good_after": "PASSED",
    }, output
    assert re.search(
        f"^E .*LabFailure: server-0-[01]: .*(?:{COMPLAINTS[name]})", output, re.M
    ), output
    assert re.fullmatch(r"=+ 1 failed, 2 passed in .* =+", output.splitlines()[-1])
    assert contents(outside.folder.parent) == before
    assert not outside.files()


@pytest.mark.parametrize("name", ["killer", "tester_files"])
def test_a_hostile_submission_beside_good_tests(outside: Outside, name: str) -> None:
    """With workers of pytest-xdist side by side, the others' verdicts stay theirs."""
    outside.write(SESSION)
    solution = submission(name, outside)
    before = contents(outside.folder.parent)
    output = outside.run("-v", "-n", "2", "--solution", str(solution), **LIMITS)
    verdicts = dict(re.findall(r"(PASSED|FAILED) test_outside.py::(\w+)", output))
    assert re.fullmatch(r"=+ 1 failed, 2 passed in .* =+", output.splitlines()[-1])
    assert verdicts["FAILED"] == "test_submitted"
    assert contents(outside.folder.parent) == before
