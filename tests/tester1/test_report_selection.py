"""Which facts matter to a failure, and whose."""

from __future__ import annotations

import pytest

from labrpc import HandlerError
from labrpc.facts import Answered
from labrt import Deadlock, Printed, TaskFailed
from tester1.facts.kinds import (
    Applied,
    CheckBegun,
    CheckFailed,
    ClerkCalled,
    ClerkReturned,
    FaultMade,
    Noted,
    RuleBroken,
)
from tester1.lab import LabFailure
from tester1.view.cells import Words
from tester1.view.report import MOST_LINES, failure_report
from tester1.view.selection import involved_servers, past_of, relevant
from tests.tester1.stories import (
    APPEND,
    VOTE,
    Story,
    append,
    appended,
    name,
    vote,
    voted,
)

ALL = [name(server) for server in range(3)]


@pytest.mark.parametrize(
    ("error", "servers"),
    [
        (LabFailure("two leaders", servers=[1, 0]), [name(0), name(1)]),
        (LabFailure("damaged", servers=["server-0-2"]), [name(2)]),
        (TaskFailed("oops", worlds=["server-0-2"]), [name(2)]),
        (Deadlock("stuck", worlds=["server-0-2", "client"]), [name(2)]),
        (LabFailure("server 1 says something in prose"), ALL),
        (LabFailure("unknown", servers=[9]), ALL),
        (Deadlock("stuck", worlds=["client"]), ALL),
        (AssertionError("server 1"), ALL),
    ],
)
def test_involved_servers(error: BaseException, servers: list[str]) -> None:
    """They are the ones that the failure says it is about, or all of them."""
    assert involved_servers(Story().facts, error) == servers


def test_an_error_of_a_call_is_about_its_program() -> None:
    """Whoever has raised it, the program in which it was found is said."""
    error = HandlerError("Raft.AppendEntries raised")
    error.programs = ("server-0-1",)
    assert involved_servers(Story().facts, error) == [name(1)]


def test_the_past_of_a_fact() -> None:
    """Its causes, theirs, and the call that it belongs to; no other facts."""
    story = Story()
    sent = story.send(0, 1, VOTE, vote(5, 0))
    arrived = story.arrive(sent)
    story.send(0, 2, VOTE, vote(5, 0))
    granted = story.answer(sent, voted(5, True))
    granted.cause = arrived.number
    past = {sent.number, arrived.number, granted.number}
    assert past_of(story.facts, [granted.number]) == past
    assert past_of(story.facts, [999]) == set()


def two_votes() -> tuple[Story, list[int]]:
    """Server 2 votes for 0 and for 1 in one term; and the facts that show it."""
    story = Story()
    for round_ in range(30):
        story.time += 0.1
        story.call(0, 1, APPEND, append(1, 0, commit=round_), appended(1, True))
    story.add(FaultMade(row="Failure", label="partition = [0 1 2]"))
    proof = []
    for candidate in (0, 1):
        story.time += 0.1
        sent = story.send(candidate, 2, VOTE, vote(4, candidate))
        story.arrive(sent)
        proof.append(story.answer(sent, voted(4, True)).number)
        story.call(0, 1, APPEND, append(1, 0), appended(1, True))
    return story, proof


def broken(story: Story, proof: list[int]) -> RuleBroken:
    """The finding that this proves, as the last fact."""
    return story.add(
        RuleBroken(
            rule="one vote a term",
            section="5.2",
            sentence="server 2 voted twice",
            servers=(name(2),),
            proof=tuple(proof),
        )
    )


def test_a_finding_shows_its_proof_and_what_it_follows_from() -> None:
    """And nothing of another topic, or of before."""
    story, proof = two_votes()
    broken(story, proof)
    words = Words(story.facts)
    error = LabFailure("server 2 voted twice", servers=[2])
    shown = [
        words.cell(fact).full for fact in relevant(story.facts, words, error, [name(2)])
    ]
    assert shown == [
        "→2 vote for 0? T4 log 0/0",
        "←0 vote for 0? T4 log 0/0",
        "→0 granted T4",
        "→2 vote for 1? T4 log 0/0",
        "←1 vote for 1? T4 log 0/0",
        "→1 granted T4",
    ]


def test_the_report_of_a_finding() -> None:
    """Table, then the proof in the columns of all who take part in it."""
    story, proof = two_votes()
    broken(story, proof)
    error = LabFailure("server 2 voted twice", servers=[2])
    texts = [line.text for line in failure_report(story.facts, error, 100)]
    assert texts[0].split() == [
        *("server", "connected", "role", "term", "vote", "log", "end", "commit"),
        "applied",
    ]
    assert len(texts[1:4]) == 3
    assert texts[4].split() == [name(0), name(1), name(2)]
    rows = [text.split(maxsplit=1)[1] for text in texts[5:]]
    assert rows[-1] == "←1 vote 1? T4 0/0: granted"
    assert "←0 vote 0? T4 0/0: granted" in rows


def test_a_proof_is_never_crowded_out() -> None:
    """However much has happened since."""
    story, proof = two_votes()
    for index in range(100):
        story.time += 0.1
        sent = story.send(0, 2, VOTE, vote(10 + index, 0))
        story.answer(sent, voted(10 + index, False))
    broken(story, proof)
    error = LabFailure("server 2 voted twice", servers=[2])
    lines = failure_report(story.facts, error, 100)
    assert sum("granted" in line.text for line in lines) == 2
    assert len(lines) <= MOST_LINES + 8


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("expected one leader, got none", ["votes", "fault", "print"]),
        ("one(5) failed to reach agreement", ["votes", "appends", "fault", "print"]),
        ("the snapshot is damaged", ["appends", "fault", "print", "applies"]),
    ],
)
def test_without_a_finding_the_words_decide(message: str, shown: list[str]) -> None:
    """What a failure says it is about; and what the servers print, at all times."""
    story = Story()
    story.call(0, 1, VOTE, vote(5, 0), voted(5, True))
    story.call(0, 1, APPEND, append(5, 0, terms=(5,)), appended(5, True))
    story.add(Applied(server=name(1), index=1))
    story.add(FaultMade(row="Failure", label="partition = [0]"))
    story.add(Printed(server=name(1), line="hello"))
    words = Words(story.facts)
    found = " ".join(
        words.cell(fact).full
        for fact in relevant(story.facts[9:], words, LabFailure(message), ALL)
    )
    marks = {
        "votes": "vote for",
        "appends": "AppendEntries",
        "fault": "partition",
        "print": "hello",
    }
    for what, mark in marks.items():
        assert (mark in found) is (what in shown), what


def test_the_facts_of_a_hint_are_shown_with_their_past() -> None:
    """Whatever the failure is about: a vote, how it came, and what a clerk was told."""
    story = Story()
    story.call(0, 1, VOTE, vote(5, 0), voted(5, True))
    story.call(0, 2, VOTE, vote(5, 0), voted(5, True))
    granted = next(fact for fact in story.facts if isinstance(fact, Answered))
    told = ClerkReturned(clerk="client-1", operation="Get", key="x", err="OK")
    story.add(told)
    words = Words(story.facts)
    failure = LabFailure("failed to reach agreement")
    clue = [granted.number, told.number]
    shown = relevant(story.facts, words, failure, [name(2)], clue)
    numbers = [fact.number for fact in shown]
    assert set(numbers) >= past_of(story.facts, clue)
    assert told.number in numbers
    assert told not in relevant(story.facts, words, failure, [name(2)])


def test_noise_of_the_test_is_left_out() -> None:
    """What it checks, what it tells the clerks; what it finds is no noise."""
    story = Story()
    story.add(Noted(row="Test Info", label="TestX (3 servers)"))
    story.add(CheckBegun(row="Checker", label="one leader"))
    story.add(ClerkCalled(clerk="client-1", operation="Get", key="x"))
    story.add(Noted(row="mine", label="a label of the solution's"))
    story.add(CheckFailed(row="Checker", label="no leader"))
    words = Words(story.facts)
    shown = relevant(story.facts[9:], words, LabFailure("bad"), ALL)
    assert [words.cell(fact).full for fact in shown] == [
        "mine: a label of the solution's",
        "Checker: no leader",
    ]


def test_only_the_last_rows_are_shown() -> None:
    """However long the run was, the report fits a screen, and the last row is last."""
    story = Story()
    for number in range(1000):
        story.time = float(number)
        story.add(Printed(server=name(1), line=str(number)))
    error = LabFailure("bad", servers=[1])
    lines = failure_report(story.facts, error, 100)
    assert len(lines) <= MOST_LINES + 8
    assert lines[-1].text == " 999.0000  print 999"


def test_no_facts_no_report() -> None:
    """Where nothing was recorded there is nothing to say."""
    assert failure_report([], LabFailure("bad"), 100) == []


def test_lines_are_no_wider_than_the_terminal() -> None:
    """Whatever its width."""
    story, proof = two_votes()
    broken(story, proof)
    for width in (40, 60, 80, 100, 200):
        lines = failure_report(story.facts, LabFailure("x", servers=[2]), width)
        assert max(len(line.text) for line in lines) <= width
