"""The report of a failure as a person sees it, from a broken solution to the screen."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from _pytest._code.code import ExceptionChainRepr
from _pytest._io import TerminalWriter

from tester1.session.coloured import add_section
from tester1.view.cells import Topic
from tester1.view.layout import Line
from tests.mutating import Mutant
from tests.raft1.mutants import ANY_LOG_WINS, APPLIES_UNDER_LOCK, FIXED_TIMEOUT
from tests.tester1.outside import report_of


def test_a_broken_rule(tmp_path: Path) -> None:
    """The sentence, the time and the fault, all servers, the proof, the command."""
    report = report_of(ANY_LOG_WINS, "3b", "test_fail_no_agree_3B", tmp_path)
    wrapped = [line for line in report.splitlines() if line.startswith("E  ")]
    sentence = " ".join(line.removeprefix("E").strip() for line in wrapped)
    said = r"5\.4\.1\): server (\d) voted for server (\d) in term (\d+)"
    about = re.search(said, sentence)
    assert about is not None
    voter, candidate, term = about.groups()
    _, section = report.split("- raftlab -", 1)
    lines = section.splitlines()[1:]
    assert re.match(r"failed at \d+\.\d{3} s, after partition = ", lines[0])
    assert not any(line.startswith("hint: ") for line in lines)
    table = [line.split() for line in lines[1:7]]
    assert table[0][:4] == ["server", "connected", "role", "term"]
    row = table[1 + int(voter)]
    assert row[:6] == [voter, "up", "yes", "follower", term, candidate]
    end = lines.index(next(line for line in lines if line.startswith("repeat: ")))
    request = rf"vote for {candidate}\? T{term} log \d+/\d+"
    assert any(re.search(f"→[0-4,]+ {request}$", line) for line in lines[:end])
    assert re.search(f"←{candidate} {request}: .*granted T{term}$", lines[end - 1])
    assert end <= 36
    assert max(map(len, lines[:end])) <= 100


def test_a_failure_without_a_finding_has_hints(tmp_path: Path) -> None:
    """What the facts of the repetition say of the timers."""
    report = report_of(FIXED_TIMEOUT, "3a", "test_initial_election_3A", tmp_path)
    assert "expected one leader, got none" in report
    (hint,) = [line for line in report.splitlines() if line.startswith("hint: ")]
    assert "elections in a row" in hint
    assert "denied T" in report


def test_threads_that_are_stuck(tmp_path: Path) -> None:
    """Each waits in one line; the stacks are in the failure itself."""
    report = report_of(APPLIES_UNDER_LOCK, "3d", "test_snapshot_basic_3D", tmp_path)
    _, section = report.split("- raftlab -", 1)
    waits = [line for line in section.splitlines() if " waits for Lock " in line]
    assert waits
    assert all(" since " in line and ".py:" in line for line in waits)


FINDS_NOTHING = Mutant(
    "a clerk that gets finds no key",
    "kvraft1/client.py",
    right="        return reply.Value, reply.Version, reply.Err\n",
    wrong='        return "", 0, Err("ErrNoKey")\n',
)


def test_a_failure_in_a_thread_of_the_harness(tmp_path: Path) -> None:
    """It is shown where the test stood that waited for it, and nowhere in pytest."""
    report = report_of(FINDS_NOTHING, "4b", "test_basic_4B", tmp_path)
    traceback, _ = report.split("- raftlab -", 1)
    places = re.findall(r"^(\S+\.py):\d+: in ", traceback, re.MULTILINE)
    assert places == ["tests/kvraft/test_4b.py"]
    assert "ErrNoKey" in traceback


def explained() -> pytest.TestReport:
    """A report on a failed test with two lines about it."""
    with pytest.raises(ValueError, match="bad") as raised:
        raise ValueError("bad")
    shown = raised.getrepr()
    assert isinstance(shown, ExceptionChainRepr)
    report = pytest.TestReport("id", ("f", 1, "t"), {}, "failed", shown, "call")
    add_section(report, "raftlab", [Line("plain"), Line("red", Topic.FAULT)])
    return report


@pytest.mark.parametrize("coloured", [True, False])
def test_lines_have_the_colours_of_their_topics(coloured: bool) -> None:
    """On a terminal that has them; the text of the report bears no marks."""
    shown = explained().longrepr
    assert isinstance(shown, ExceptionChainRepr)
    file = io.StringIO()
    terminal = TerminalWriter(file)
    terminal.hasmarkup = coloured
    shown.toterminal(terminal)
    last = "\x1b[31mred\x1b[0m" if coloured else "red"
    assert file.getvalue().splitlines()[-2:] == ["plain", last]
    assert shown.sections == [("raftlab", "plain\nred", "-")]
    assert "\x1b" not in str(shown)
