"""The last events before a failure: whose, and how they are laid out."""

from __future__ import annotations

import pytest

from labrpc import HandlerError
from labrpc.facts import Answered, HandedOver, Sent
from labrt import Deadlock, Fact, Printed, TaskFailed
from tester1.facts.kinds import FaultMade
from tester1.lab import LabFailure
from tester1.session.last_events import MOST_ROWS, columns, involved_servers

ZERO, ONE, TWO = ALL = ["server-0-0", "server-0-1", "server-0-2"]

FACTS: list[Fact] = [
    Sent(time=0.1, server=ZERO, peer=TWO, method="Raft.AppendEntries", nth=7, size=90),
    HandedOver(time=0.2, server=TWO, peer=ZERO, method="Raft.AppendEntries"),
    Answered(time=0.3, server=TWO, peer=ZERO, method="Raft.AppendEntries", size=9),
    Printed(time=0.4, server=ONE, line="hello"),
    FaultMade(time=0.5, row="Failure", label="partition = [0] [1 2]"),
]


@pytest.mark.parametrize(
    ("error", "servers"),
    [
        (LabFailure("two leaders", servers=[1, 0]), ["server-0-0", "server-0-1"]),
        (LabFailure("damaged", servers=["server-0-2"]), ["server-0-2"]),
        (TaskFailed("oops", worlds=["server-0-2"]), ["server-0-2"]),
        (Deadlock("stuck", worlds=["server-0-2", "client"]), ["server-0-2"]),
        (LabFailure("server 1 says something in prose"), ALL),
        (LabFailure("unknown", servers=[9]), ALL),
        (Deadlock("stuck", worlds=["client"]), ALL),
        (AssertionError("server 1"), ALL),
    ],
)
def test_involved_servers(error: BaseException, servers: list[str]) -> None:
    """They are the ones that the failure says it is about, or all of them."""
    assert involved_servers(FACTS, error) == servers


def test_an_error_of_a_call_is_about_its_program() -> None:
    """Whoever has raised it, the program in which it was found is said."""
    error = HandlerError("Raft.AppendEntries raised")
    error.programs = ("server-0-1",)
    assert involved_servers(FACTS, error) == ["server-0-1"]


def test_columns() -> None:
    """Each event stands in its server's column, notes of the test across all."""
    assert columns(FACTS, ALL, 80) == [
        "           server-0-0             server-0-1             server-0-2",
        "   0.1000  to 2: AppendEntries #7",
        f"   0.2000  {' ' * 46}from 0: AppendEntries…",
        "   0.3000  reply of 2: AppendEnt…",
        "   0.4000                         print hello",
        "   0.5000  -- Failure: partition = [0] [1 2]",
    ]


def test_narrow_terminal() -> None:
    """With too little room for columns the events are listed, none longer than fits."""
    lines = columns(FACTS, ALL, 50)
    assert len(lines) == 5
    assert all(len(line) <= 50 for line in lines)
    assert "server-0-0>server-0-2" in lines[0]


def test_only_the_last_events() -> None:
    """However long the run was, the report stays short, and the last event is last."""
    events = [Printed(time=i, server=ONE, line=str(i)) for i in range(1000)]
    lines = columns(events, ["server-0-1"], 80)
    assert len(lines) == MOST_ROWS + 1
    assert lines[-1] == " 999.0000  print 999"


def test_no_events() -> None:
    """Where nothing was recorded there is nothing to lay out, not even a heading."""
    assert columns([], [], 80) == []
