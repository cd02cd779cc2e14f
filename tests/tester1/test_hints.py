"""Hints: each is given where its mistake is made, and not where all is legal."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from labrpc.facts import Sent
from labrt import Fact
from tester1.facts.kinds import (
    Applied,
    ClerkCalled,
    ClerkReturned,
    LockHeldInCall,
    Performed,
    PutPerformed,
    Saved,
    SnapshotTaken,
    TaskWaits,
)
from tester1.rules.hints import likeliest
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


def led(story: Story, *, seconds: float, every: float = 0.1, commit: int = 0) -> None:
    """Have server 0 lead term 1 for so long."""
    end = story.time + seconds
    while story.time < end:
        begin = story.time
        for peer in range(1, story.servers):
            story.call(0, peer, APPEND, append(1, 0, commit=commit), appended(1, True))
        story.time = round(begin + every, 6)


def hints(facts: Sequence[Fact]) -> list[str]:
    """What the hints say."""
    return [hint.text for hint in likeliest.hints(facts)]


def said(story: Story) -> str:
    """All hints about a story."""
    return "\n".join(hints(story.facts))


def test_a_calm_run_has_none() -> None:
    """An election, a leader, entries that are applied."""
    story = Story()
    story.time = 0.5
    for peer in (1, 2):
        story.call(0, peer, VOTE, vote(1, 0), voted(1, True))
    for peer in (1, 2):
        story.call(0, peer, APPEND, append(1, 0, terms=(1,)), appended(1, True))
        story.add(Saved(server=name(peer), state=5000, snapshot=0))
    led(story, seconds=5, commit=1)
    for server in range(3):
        story.add(Applied(server=name(server), index=1))
    led(story, seconds=1, commit=1)
    assert hints(story.facts) == []
    assert hints([]) == []


@pytest.mark.parametrize(("after", "given"), [(0.05, True), (0.2, False)])
def test_a_timer_that_is_not_reset(after: float, given: bool) -> None:
    """Who stands for election right after hearing from the leader, or after a vote."""
    story = Story()
    led(story, seconds=1)
    story.time = 2.0
    story.call(0, 1, APPEND, append(1, 0), appended(1, True))
    story.time += after
    story.send(1, 2, VOTE, vote(2, 1))
    text = "ms after it heard from server 0, the leader of term 1: is its election"
    assert (text in said(story)) is given


@pytest.mark.parametrize(("timeout", "given"), [(0.09, True), (0.3, False)])
def test_a_timeout_below_the_heartbeats(timeout: float, given: bool) -> None:
    """From one candidacy to the next, with nothing heard in between."""
    story = Story()
    for term in (1, 2):
        story.send(1, 2, VOTE, vote(term, 1))
        story.time += timeout
    story.call(0, 1, APPEND, append(3, 0), appended(3, True))
    story.time += 0.09
    story.send(1, 2, VOTE, vote(4, 1))
    text = said(story)
    assert ("is its timeout longer than the time between heartbeats" in text) is given
    assert ("is its election timer reset" in text) is not given


def test_a_candidate_that_does_not_stand_again() -> None:
    """Its timer need not be dead."""
    story = Story()
    story.send(1, 2, VOTE, vote(7, 1), obstacle="end disabled")
    story.time += 3.5
    story.add(Saved(server=name(1), state=9, snapshot=0))
    text = "server 1 heard of no leader from 0.000 s on"
    (hint,) = [line for line in hints(story.facts) if line.startswith(text)]
    assert hint.endswith(
        "it is the candidate of term 7 since 0.000 s; does a candidate stand again?"
    )


def test_a_vote_resets_the_timer() -> None:
    """A vote that was denied does not, and a restart begins a new one."""
    story = Story()
    story.call(0, 1, VOTE, vote(2, 0), voted(2, True))
    story.start(1)
    story.send(1, 2, VOTE, vote(3, 1))
    story.call(0, 2, VOTE, vote(2, 0), voted(2, False))
    story.send(2, 1, VOTE, vote(3, 2))
    assert "is its election timer reset" not in said(story)
    story.call(0, 2, VOTE, vote(4, 0), voted(4, True))
    story.send(2, 1, VOTE, vote(5, 2))
    assert "server 2 stood for election" in said(story)
    assert "after it granted its vote to server 0" in said(story)


def test_a_dead_timer() -> None:
    """Nobody stands though the leader is gone; who is cut off from all need not."""
    story = Story()
    led(story, seconds=1)
    story.end(0)
    story.isolate(2)
    story.time += 3.5
    # What else happens: the clock of a story needs a fact.
    story.add(Saved(server=name(1), state=9, snapshot=0))
    assert "heard of no leader" not in said(story)
    story = Story()
    led(story, seconds=1)
    story.end(0)
    story.time += 1
    story.call(2, 1, VOTE, vote(2, 2), voted(3, False))
    story.time += 2.5
    story.call(2, 1, VOTE, vote(3, 2), voted(3, False))
    (first, *_) = hints(story.facts)
    assert first.startswith("server 1 heard of no leader from 0.900 s on")
    assert "meanwhile it denied 1 votes: do these reset its timer?" in first


def test_split_votes() -> None:
    """Elections in a row without a winner, and how near the candidates were."""
    story = Story()
    for term in range(1, 5):
        story.time += 0.3
        for candidate in (0, 1):
            story.send(candidate, 2, VOTE, vote(term, candidate))
    assert "elections in a row" not in said(story)
    story.time += 0.3
    for candidate in (0, 1):
        story.send(candidate, 2, VOTE, vote(5, candidate))
        story.time += 0.004
    assert "5 elections in a row, of terms 1 to 5, had no winner" in said(story)
    assert "within 4 ms of one another" in said(story)


def test_a_candidate_without_a_majority_is_no_split_vote() -> None:
    """Who is cut off stands again and again, as it should."""
    story = Story()
    story.isolate(0)
    for term in range(1, 20):
        story.time += 0.3
        story.send(0, 1, VOTE, vote(term, 0), obstacle="end disabled")
    assert "elections in a row" not in said(story)


def test_a_leader_that_chats() -> None:
    """The same again, many times a second; news may be sent as often as there are."""
    story = Story()
    led(story, seconds=2, every=0.02)
    assert "server 0 sent server 1 the same empty append" in said(story)
    story = Story()
    for commit in range(100):
        led(story, seconds=0.02, every=0.02, commit=commit)
    assert "the same empty append" not in said(story)


def test_a_silent_leader() -> None:
    """Nothing for over a second, though nobody has deposed it."""
    story = Story()
    led(story, seconds=1)
    story.time = 3.0
    led(story, seconds=1)
    (hint,) = [text for text in hints(story.facts) if "sent nothing" in text]
    assert hint.startswith("server 0, the leader of term 1, sent nothing from 0.9")
    deposed = Story()
    led(deposed, seconds=1)
    deposed.call(1, 0, VOTE, vote(2, 1), voted(2, True))
    deposed.time = 3.0
    led(deposed, seconds=1)
    assert "sent nothing" not in said(deposed)


def test_entries_that_are_sent_again() -> None:
    """While a reply is out; after it was lost, they have to be."""
    for waits in (False, True):
        story = Story()
        for _ in range(10):
            story.time += 0.1
            sent = story.send(0, 1, APPEND, append(1, 0, terms=(1, 1)))
            if waits:
                story.lose(sent, "reply lost")
        text = "by server 0 to server 1: index 1 to 2 10 times"
        assert (text in said(story)) is not waits


@pytest.mark.parametrize(
    ("step", "words"),
    [(1, "went from 50 to 41: back up"), (0, "stayed at 50: does"), (5, "")],
)
def test_slow_back_up(step: int, words: str) -> None:
    """One index a rejection, or none at all; larger steps are what is asked for."""
    story = Story()
    for prev in (50 - step * n for n in range(10)):
        story.call(0, 1, APPEND, append(3, 0, (prev, 1)), appended(3, False))
    text = said(story)
    assert ("server 1 rejected 10 appends in a row of server 0 in term 3" in text) is (
        words != ""
    )
    assert words in text


def test_a_lock_that_is_held_in_a_call() -> None:
    """The one held longest, with its line, and who waited for it."""
    story = Story()
    for seconds, waiting in ((0.1, 0), (6.5, 3)):
        story.add(
            LockHeldInCall(
                server=name(1),
                lock="Lock self.mu",
                method=VOTE,
                seconds=seconds,
                line="raft1/raft.py:70 in ask: reply = ...",
                waiting=waiting,
            )
        )
    assert said(story) == (
        "server 1 held Lock self.mu for 6.500 s, until 0.000 s, in a call of "
        "Raft.RequestVote at raft1/raft.py:70, and 3 threads waited for it (2 calls "
        "under a lock in all)"
    )


def test_committed_and_not_applied() -> None:
    """For over a second; what a snapshot holds is applied."""
    story = Story()
    for peer in (1, 2):
        sent = story.send(0, peer, APPEND, append(1, 0, terms=(1, 1), commit=2))
        story.answer(sent, appended(1, True))
    for server in (0, 2):
        story.add(SnapshotTaken(server=name(server), index=2))
    led(story, seconds=2)
    story.add(
        TaskWaits(
            server=name(1),
            thread="Thread-2 (applier)",
            reason="Condition self.cv",
            since=0.5,
            line="raft1/raft.py:9 in applier: self.cv.wait()",
        )
    )
    (hint,) = [text for text in hints(story.facts) if "is committed" in text]
    assert hint == (
        "server 1 knows that index 2 is committed since 0.000 s, and has applied up to "
        "0: Thread-2 (applier) waits for Condition self.cv since 0.500 s, "
        "raft1/raft.py:9 in applier: self.cv.wait()"
    )


def test_snapshots_that_are_not_taken() -> None:
    """By one server whose state grows, while others keep theirs small."""
    story = Story()
    for server, state in ((0, 900), (1, 900)):
        story.add(Saved(server=name(server), state=state, snapshot=0))
        story.add(SnapshotTaken(server=name(server), index=9))
    story.time = 5.0
    story.add(Saved(server=name(1), state=9000, snapshot=0))
    assert "the state of server 1 has grown to 9000 B: its last snapshot" in said(story)
    assert "server 0 has grown" not in said(story)


def stale_read(*, performed: bool, answer: int = 4) -> Story:
    """Server 0, which led term 1, answers a read after a write in term 2.

    It answers with version `answer`; what the clerk returns is version 4.
    """
    story = Story()
    story.send(0, 1, APPEND, append(1, 0))
    story.send(1, 2, APPEND, append(2, 1))
    put = ClerkCalled(clerk="client-1", operation="Put", key="x", version=4)
    number = story.add(put).number
    story.add(
        ClerkReturned(
            clerk="client-1",
            operation="Put",
            key="x",
            err="OK",
            version=4,
            cause=number,
        )
    )
    story.time = 1.0
    number = story.add(ClerkCalled(clerk="client-2", operation="Get", key="x")).number
    sent = Sent(server="client-2", peer=name(0), method="KVServer.Get")
    story.add(sent)
    sent.call = sent.number
    story.arrive(sent)
    if performed:
        story.add(Performed(server=name(0), contents={"": "GetArgs", "key": "x"}))
    reply = {"": "GetReply", "Value": "old", "Version": answer, "Err": "OK"}
    story.answer(sent, reply)
    story.add(
        ClerkReturned(
            clerk="client-2",
            operation="Get",
            key="x",
            err="OK",
            value="old",
            version=4,
            cause=number,
        )
    )
    return story


@pytest.mark.parametrize("performed", [True, False])
def test_a_put_that_nobody_performed(performed: bool) -> None:
    """With the last answer that its clerk got; a Put that came later is another."""
    story = Story()
    call = story.add(ClerkCalled(clerk="client-1", operation="Put", key="x", value="v"))
    sent = Sent(server="client-1", peer=name(0), method="KVServer.Put")
    story.add(sent)
    sent.call = sent.number
    story.answer(sent, {"": "PutReply", "Err": "ErrWrongLeader"})
    done = PutPerformed(server=name(0), key="x", value="v", version=0, err="OK")
    if performed:
        story.add(done)
    returned = ClerkReturned(clerk="client-1", operation="Put", key="x", err="OK")
    returned.cause = call.number
    story.add(returned)
    story.add(PutPerformed(server=name(0), key="y", value="v", version=0, err="OK"))
    text = (
        "client-1 returned OK at 0.000 s for Put('x', version 0), and no server had "
        "performed it: the last answer was ErrWrongLeader, of server 0"
    )
    assert (said(story) == text) is not performed


def test_a_clerk_that_returns_what_nobody_answered() -> None:
    """Then the servers are not to blame."""
    assert said(stale_read(performed=True, answer=5)).endswith(
        ": server 0 had answered version 5, so the clerk erred"
    )


def test_a_stale_read() -> None:
    """Who answered, in which term it last led, and that its log was not asked."""
    assert said(stale_read(performed=False)).startswith(
        "client-2 read version 4 of 'x' at 1.000 s, though client-1 knew of version 5 "
        "at 0.000 s: server 0 answered, which last led in term 1 while term 2 was "
        "current, and performed nothing for it"
    )
    assert "performed nothing" not in said(stale_read(performed=True))


def test_a_read_at_the_same_time_is_not_stale() -> None:
    """What becomes known while a read is under way, it need not see."""
    story = stale_read(performed=True)
    read = next(f for f in story.facts if isinstance(f, ClerkCalled) and f.value == "")
    facts = [fact for fact in story.facts if not isinstance(fact, ClerkCalled)]
    assert read in story.facts
    assert "read version" not in "\n".join(hints(facts))


def test_what_went_on_until_the_end_comes_first() -> None:
    """Of two hints of one kind's weight, that which was not over."""
    story = Story()
    for prev in range(50, 40, -1):
        story.call(0, 1, APPEND, append(3, 0, (prev, 1)), appended(3, False))
    story.time = 2.5
    story.call(2, 1, APPEND, append(4, 2), appended(4, True))
    story.send(1, 2, VOTE, vote(5, 1))
    found = hints(story.facts)
    assert "is its election timer reset?" in found[0]
    assert any("rejected 10 appends" in text for text in found)
