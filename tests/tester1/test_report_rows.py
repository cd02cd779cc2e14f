"""The words for facts, how they are folded into rows, and the rows set in columns."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from labrpc.facts import Sent
from labrt import Fact, Printed
from tester1.facts.kinds import (
    AnyFact,
    Applied,
    CheckFailed,
    FaultMade,
    Proposed,
    Saved,
    StateTold,
)
from tester1.view.cells import TIMES, Topic, Words
from tester1.view.layout import COLOURS, columns, cut, most_beside
from tester1.view.rows import folded, one_each
from tests.tester1.stories import (
    APPEND,
    SNAPSHOT,
    VOTE,
    Story,
    append,
    appended,
    name,
    snapshot,
    vote,
    voted,
)
from tests.tester1.test_facts_file import filled


def said(story: Story) -> list[str]:
    """Each fact about a message in words."""
    words = Words(story.facts)
    return [words.cell(fact).full for fact in story.facts if hasattr(fact, "method")]


@pytest.mark.parametrize(
    ("request_", "reply", "words"),
    [
        (
            vote(5, 0, (12, 4)),
            voted(5, True),
            ["→1 vote for 0? T5 log 12/4", "→0 granted T5"],
        ),
        (vote(5, 0), voted(6, False), ["→1 vote for 0? T5 log 0/0", "→0 denied T6"]),
        (
            append(5, 0, (12, 4), (5, 5, 5), 11),
            appended(5, True),
            ["→1 AppendEntries T5 prev 12/4 +3 commit 11", "→0 ok T5 up to 15"],
        ),
        (
            append(5, 0, (12, 4), (4, 5), 11),
            appended(5, False),
            [
                "→1 AppendEntries T5 prev 12/4 +2 of T4-5 commit 11",
                "→0 rejected T5 prev 12/4",
            ],
        ),
        (
            append(5, 0, (12, 4), (3,), 11),
            appended(6, False),
            [
                "→1 AppendEntries T5 prev 12/4 +1 of T3 commit 11",
                "→0 rejected T6 prev 12/4",
            ],
        ),
        (
            append(5, 0, (12, 4), (), 11),
            appended(5, True),
            ["→1 heartbeat T5 prev 12/4 commit 11", "→0 ok T5 up to 12"],
        ),
        (
            snapshot(5, 0, 20, 3),
            {"": "Reply", "term": 5},
            ["→1 snapshot T5 up to 20/3", "→0 snapshot answered T5"],
        ),
        (
            {"": "GetArgs", "key": "x"},
            {"": "GetReply", "value": "long" * 20, "version": 3},
            [
                "→1 RequestVote key=x",
                "→0 RequestVote answers value=longlo…nglong version=3",
            ],
        ),
        (5, None, ["→1 RequestVote 5", "→0 RequestVote"]),
    ],
)
def test_messages_in_words(request_: object, reply: object, words: list[str]) -> None:
    """Raft's by what they say, whatever the method is called; others as they are."""
    story = Story()
    # A method that asks for votes is believed; a snapshot needs another one.
    is_snapshot = isinstance(request_, dict) and "data" in request_
    story.call(0, 1, SNAPSHOT if is_snapshot else VOTE, request_, reply)
    sent, arrived, answered, delivered = said(story)
    assert [sent, answered] == words
    assert arrived == words[0].replace("→1", "←0")
    assert delivered == words[1].replace("→0", "←1")


def test_pre_votes_are_told_from_votes() -> None:
    """By the name of the method, as nothing else may tell them apart."""
    story = Story()
    story.send(0, 1, "Raft.PreVote", vote(5, 0))
    assert said(story) == ["→1 pre-vote for 0? T5 log 0/0"]


def test_what_is_lost_says_where() -> None:
    """A message that cannot arrive says so when it is sent, another when it is lost."""
    story = Story()
    story.send(0, 1, VOTE, vote(5, 0), obstacle="end disabled")
    lost = story.send(0, 2, APPEND, append(5, 0))
    story.lose(lost, "reply lost")
    assert said(story) == [
        "→1 vote for 0? T5 log 0/0 (end disabled)",
        "→2 heartbeat T5 prev 0/0 commit 0",
        "✗2 heartbeat T5 prev 0/0 commit 0: reply lost",
    ]


def test_a_message_without_its_beginning_is_shown() -> None:
    """A run of processes keeps its last facts only."""
    story = Story()
    sent = story.call(0, 1, APPEND, append(5, 0), appended(5, True))
    facts = [fact for fact in story.facts if fact is not sent]
    words = Words(facts)
    assert [words.cell(f).full for f in facts if hasattr(f, "method")] == [
        "←0 AppendEntries",
        "→0 AppendEntries answers term=5 success=True",
        "←1 AppendEntries answers term=5 success=True",
    ]


@pytest.mark.parametrize("kind", get_args(AnyFact))
def test_every_kind_has_words_and_a_colour(kind: type[Fact]) -> None:
    """Whatever it holds, it is one line that says something, in one of the colours."""
    fact = msgspec.structs.replace(filled(kind, 1), server="server-0-1")
    cell = Words([fact]).cell(fact)
    assert cell.full
    assert "\n" not in cell.full
    assert cell.topic in COLOURS


def test_what_a_solution_prints_does_no_harm() -> None:
    """Nothing that it prints tells the terminal anything."""
    fact = Printed(server=name(1), line="\x1b[2J")
    assert Words([fact]).cell(fact).full == r"print \x1b[2J"


def rows(story: Story) -> list[str]:
    """The folded rows of a story, with their servers, behind its beginning."""
    words = Words(story.facts)
    beginning = story.servers**2
    return [
        f"{(row.server or '-')[-1]} {row.texts()[0]}"
        for row in folded(story.facts[beginning:], words)
    ]


def test_a_handler_is_one_row() -> None:
    """The request, the save and the answer, if nothing else came in between."""
    story = Story()
    sent = story.send(0, 1, VOTE, vote(5, 0))
    story.arrive(sent)
    story.add(Saved(server=name(1), state=90, snapshot=0))
    story.answer(sent, voted(5, True))
    assert rows(story) == [
        "0 →1 vote for 0? T5 log 0/0",
        "1 ←0 vote for 0? T5 log 0/0: saves, granted T5",
    ]


def test_what_came_in_between_keeps_its_row() -> None:
    """An answer to another request is not taken for this one's."""
    story = Story()
    one, other = (story.send(s, 1, VOTE, vote(5, s)) for s in (0, 2))
    story.arrive(one)
    story.arrive(other)
    story.answer(one, voted(5, True))
    assert rows(story)[-3:] == [
        "1 ←0 vote for 0? T5 log 0/0",
        "1 ←2 vote for 2? T5 log 0/0",
        "1 →0 granted T5",
    ]


def test_the_same_to_several_peers_is_one_row() -> None:
    """With all of them in front."""
    story = Story(servers=5)
    for peer in (1, 2, 3, 4):
        story.send(0, peer, VOTE, vote(5, 0))
    assert rows(story) == ["0 →1,2,3,4 vote for 0? T5 log 0/0"]


def test_heartbeats_are_folded() -> None:
    """However often they come; their success is no news, their rejection is."""
    story = Story()
    for _ in range(12):
        story.time += 0.1
        for peer in (1, 2):
            story.call(0, peer, APPEND, append(5, 0), appended(5, True))
    story.call(0, 1, APPEND, append(5, 0), appended(6, False))
    assert rows(story) == [
        f"0 →1,2 heartbeat T5 prev 0/0 commit 0 {TIMES}13",
        f"1 ←0 heartbeat T5 prev 0/0 commit 0 {TIMES}12",
        f"2 ←0 heartbeat T5 prev 0/0 commit 0 {TIMES}12",
        "1 ←0 heartbeat T5 prev 0/0 commit 0: rejected T6 prev 0/0",
        "0 ←1 rejected T6 prev 0/0",
    ]


def test_applied_entries_in_a_row_are_one() -> None:
    """With the first and the last of their commands; a gap begins another row."""
    story = Story()
    for index in (1, 2, 3, 5):
        story.add(Applied(server=name(1), index=index, contents=index * 11))
    assert rows(story) == ["1 applies 1-3: 11…33", "1 applies 5: 55"]


def test_noise_is_left_out() -> None:
    """That a follower is none, that nothing new is saved, steps towards a fault."""
    story = Story()
    story.add(StateTold(server=name(1), term=5, is_leader=False))
    story.add(Proposed(server=name(1), index=0, term=5, is_leader=False))
    story.add(Saved(server=name(1), state=9, snapshot=0, new_state=False))
    story.add(FaultMade(row="Failure", label="end of partition = [0] [1 2]"))
    story.add(FaultMade(row="Failure", label="partition = [0] [1] [2]"))
    assert rows(story) == ["- partition = [0] [1] [2]"]


def test_every_fact_has_a_row_where_all_are_shown() -> None:
    """`raftlab logs` leaves nothing out, and folds nothing."""
    story = Story()
    for _ in range(3):
        story.call(0, 1, APPEND, append(5, 0), appended(5, True))
    words = Words(story.facts)
    assert len(one_each(story.facts, words)) == len(story.facts)


def laid_out(story: Story, servers: list[int], width: int) -> list[str]:
    """The folded rows of a story in columns, behind its beginning."""
    words = Words(story.facts)
    found = folded(story.facts[story.servers**2 :], words)
    return [line.text for line in columns(found, [*map(name, servers)], width)]


def election() -> Story:
    """Server 0 is elected, and the test cuts it off."""
    story = Story()
    story.time = 0.5
    story.call(0, 1, VOTE, vote(5, 0, (12, 4)), voted(5, True))
    story.time = 0.6
    story.add(FaultMade(row="Failure", label="partition = [1 2]"))
    story.add(CheckFailed(row="Checker", label="no leader"))
    return story


def test_rows_stand_in_the_columns_of_their_servers() -> None:
    """What is of no server stands across all of them."""
    assert laid_out(election(), [0, 1], 100) == [
        "           server-0-0                                  server-0-1",
        "   0.5000  →1 vote for 0? T5 log 12/4",
        f"   0.5001  {' ' * 44}←0 vote for 0? T5 log 12/4: granted T5",
        "   0.5003  ←1 granted T5",
        "   0.6000  -- partition = [1 2]",
        "   0.6000  -- Checker: no leader",
    ]


def test_narrow_columns_leave_no_number_out() -> None:
    """The words get shorter, and then go on in the next line."""
    lines = laid_out(election(), [0, 1, 2], 100)
    assert lines[1] == "   0.5000  →1 vote for 0? T5 log 12/4"
    assert lines[2] == f"   0.5001  {' ' * 29}←0 vote 0? T5 12/4: granted"
    story = Story()
    story.send(0, 1, APPEND, append(512, 0, (1234, 511), (500, 512), 1200))
    lines = laid_out(story, [0, 1, 2], 100)
    shown = " ".join("".join(lines[1:]).split())
    for number in ("T512", "1234/511", "+2 of T500-512", "c1200"):
        assert number in shown


def test_too_many_servers_stand_below_one_another() -> None:
    """With their numbers, and none of the lines longer than the terminal is wide."""
    assert most_beside(100) == 3
    assert laid_out(election(), [0, 1, 2, 3], 50) == [
        "   0.5000   0  →1 vote for 0? T5 log 12/4",
        "   0.5001   1  ←0 vote 0? T5 12/4: granted",
        "   0.5003   0  ←1 granted T5",
        "   0.6000  --  partition = [1 2]",
        "   0.6000  --  Checker: no leader",
    ]


def test_a_server_without_a_column_is_named() -> None:
    """Its rows stand across the columns, with its number."""
    assert laid_out(election(), [1], 100)[1] == (
        "   0.5000  -- 0: →1 vote for 0? T5 log 12/4"
    )


def test_a_text_is_cut_in_the_middle() -> None:
    """Both ends are left, of which the first tells more."""
    assert cut("abcdefghij", 10) == "abcdefghij"
    assert cut("abcdefghij", 7) == "abcd…ij"


def test_each_topic_has_a_colour_of_its_own() -> None:
    """Or one could not be told from another."""
    assert set(COLOURS) == set(Topic)
    assert len(set(COLOURS.values())) == len(Topic)
    assert columns([], ["server-0-0"], 80) == []
    assert Words([]).calls.sent(Sent(peer="p", method="m", number=4)) is None
