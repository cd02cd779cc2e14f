"""What `--mode sim` can do, `--mode process` can, too: the options of a session."""

from __future__ import annotations

import re
from pathlib import Path

from tester1.facts.file import read_facts
from tester1.solution import REFERENCE_ROOT
from tests.process.outside import Outside

TESTS = """
from raft1.testing.scaffold import RaftTest
from tester1.lab import Lab


def test_draws_3A(lab: Lab) -> None:
    with RaftTest(lab, 3, "draws") as test:
        print("drawn", [test.command() for _ in range(3)])
        test.crash(test.check_one_leader())
        test.check_one_leader()


def test_another_3B(lab: Lab) -> None:
    raise AssertionError("not chosen")
"""

MY_RAFT = """
from tester1.contact.services import Annotate

TheirRaft = Raft


class Raft(TheirRaft):
    def GetState(self):
        print("this is my Raft")
        Annotate("mine", "asked for the state", "")
        return super().GetState()
"""


def write_solution(outside: Outside) -> Path:
    """A student's Raft: the reference's, which says whose it is."""
    folder = outside.folder / "solution"
    (folder / "raft1").mkdir(parents=True)
    reference = (REFERENCE_ROOT / "raft1" / "raft.py").read_text()
    (folder / "raft1" / "raft.py").write_text(reference + MY_RAFT)
    return folder


def test_a_seed_fixes_what_the_tester_chooses(outside: Outside) -> None:
    """`-k`, `--seed` and workers of xdist: the same choices, whoever runs the test."""
    outside.write(TESTS)
    drawn = set()
    for options in ([], ["-n", "2"]):
        output = outside.run("-k", "TestDraws3A", "--seed", "5", "-rP", *options)
        assert re.search(r"^=+ 1 passed", output, re.M), output
        drawn |= set(re.findall(r"^drawn (.*)", output, re.M))
    assert len(drawn) == 1


def test_a_run_leaves_its_trace_and_its_timeline(outside: Outside) -> None:
    """The network's events and the test's annotations are where they are asked for."""
    outside.write(TESTS)
    artifacts = outside.folder / "artifacts"
    output = outside.run(
        "-k",
        "TestDraws3A",
        "--seed=5",
        "--trace-events",
        f"--artifacts={artifacts}",
        VIS_ENABLE="always",
    )
    assert re.search(r"^=+ 1 passed", output, re.M), output
    (trace,) = artifacts.glob("*.trace")
    kinds = {fact.kind for fact in read_facts(trace).facts}
    assert {"sent", "handed over", "answered", "delivered", "note"} <= kinds
    (timeline,) = artifacts.glob("*.html")
    assert "leader in term" in timeline.read_text()


def test_a_solution_runs_prints_and_annotates(outside: Outside) -> None:
    """`--solution` says whose code runs; what it prints and labels is shown."""
    outside.write(TESTS)
    folder = write_solution(outside)
    artifacts = outside.folder / "artifacts"
    output = outside.run(
        "-k",
        "TestDraws3A",
        "-rP",
        f"--solution={folder}",
        f"--artifacts={artifacts}",
        VIS_ENABLE="always",
    )
    assert re.search(r"^=+ 1 passed", output, re.M), output
    assert re.search(r"^\[ +\d\.\d+ server-0-1\] this is my Raft$", output, re.M)
    (timeline,) = artifacts.glob("*.html")
    assert "asked for the state" in timeline.read_text()


def test_a_failure_says_how_to_repeat_it(outside: Outside) -> None:
    """The command names the mode besides the seed and the solution."""
    outside.write(TESTS)
    write_solution(outside)
    words = "--seed 5 --mode process --solution solution"
    output = outside.run("-k", "TestAnother3B", *words.split())
    assert re.search(r"^=+ 1 failed", output, re.M), output
    assert f"repeat: pytest test_outside.py::test_another_3B {words}\n" in output


def test_options_that_do_not_go_together_are_refused(outside: Outside) -> None:
    """The error says what to do, before any test runs."""
    outside.write(TESTS)
    assert "leave one of the two out" in outside.run("--preempt=line")
    output = outside.run(RAFTLAB_MEMORY_MIB="all of it")
    assert "RAFTLAB_MEMORY_MIB=all of it: give a whole number" in output
