"""Messages of solutions of every style are read, or what cannot be read is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

import labgob
from tester1.rules.names import Message
from tester1.rules.reading import Reading, command_bytes


@dataclass
class LogEntry:
    """An entry."""

    term: int
    command: Any


@dataclass
class IndexedEntry:
    """An entry that knows where it is."""

    index: int
    cmd: Any
    term: int


@dataclass
class Paper:
    """An append with the names of the paper."""

    Term: int
    LeaderId: int
    PrevLogIndex: int
    PrevLogTerm: int
    Entries: list[LogEntry]
    LeaderCommit: int


@dataclass
class Short:
    """An append with other names, in another order."""

    logs: list[IndexedEntry]
    prev_idx: int
    prev_term: int
    commit: int
    leader: int
    cur_term: int


@dataclass
class Pairs:
    """An append whose entries are pairs."""

    term: int
    prev_index: int
    prev_term: int
    entries: list[tuple[int, Any]]
    commit_index: int


@dataclass
class Loose:
    """An append whose entries have no declared type."""

    term: int
    prev_index: int
    prev_term: int
    entries: list  # type: ignore[type-arg]  # as students write it
    commit: int


@dataclass
class One:
    """An append of one entry at most."""

    term: int
    prev_index: int
    prev_term: int
    entry: LogEntry | None
    commit: int


@dataclass
class Vote:
    """A request for a vote, by a candidate that has a name."""

    term: int
    candidate: str
    last_index: int
    last_term: int


@dataclass
class Snapshot:
    """A snapshot whose fields are called like a vote's."""

    term: int
    leader: int
    last_index: int
    last_term: int
    state: bytes


@dataclass
class Heartbeat:
    """A sign of life of a type of its own."""

    term: int
    leader: int
    commit: int


@dataclass
class Maybe:
    """A request whose term may be missing."""

    term: int | None
    candidate: int
    last_log_index: int
    last_log_term: int


@dataclass
class Riddle:
    """A vote of which nobody can tell how long the log is."""

    term: int
    candidate: int
    extent: int


@dataclass
class Reply:
    """A reply with the one verdict that it can have."""

    t_term: int
    agreed: bool


@dataclass
class Denial:
    """A reply that says what it denies."""

    term: int
    rejected: bool


@dataclass
class Mood:
    """A reply with a flag of which nobody knows what it says."""

    term: int
    blue: bool


@dataclass
class TwoFlags:
    """A reply whose yes may be taken back by another flag."""

    term: int
    ok: bool
    mismatch: bool


@dataclass
class Cumulative:
    """A reply that acknowledges more than the request that it answers."""

    term: int
    success: bool
    match_index: int
    commit_index: int


@dataclass
class Anything:
    """One type for all that servers say to each other."""

    kind: str
    term: int
    prev_index: int
    prev_term: int
    entries: list[LogEntry]
    commit: int


@dataclass
class Rehearsal:
    """A request for a vote that may bind nobody, as only its flag says."""

    term: int
    last_index: int
    last_term: int
    dry_run: bool


@dataclass
class Knowing:
    """A request for a vote that tells what its sender knows as committed."""

    term: int
    last_index: int
    last_term: int
    commit: int


@dataclass
class Uncommitted:
    """An append that tells how much is not committed, besides how far it is."""

    term: int
    prev_index: int
    prev_term: int
    entries: list[LogEntry]
    uncommitted: int


@dataclass
class Chunk:
    """A piece of a snapshot."""

    term: int
    chunk_index: int
    base_index: int
    last_term: int
    data: bytes


@dataclass
class Packed:
    """An append whose entries are bytes of the solution's own."""

    term: int
    prev_index: int
    prev_term: int
    entries: bytes
    commit: int


labgob.Register(LogEntry)

ENTRIES = [LogEntry(1, "a"), LogEntry(2, {"k": 3})]
APPENDS: Sequence[tuple[object, int]] = (
    (Paper(5, 0, 7, 2, ENTRIES, 6), 2),
    (Short([IndexedEntry(8, "a", 1), IndexedEntry(9, "b", 2)], 7, 2, 6, 0, 5), 2),
    (Pairs(5, 7, 2, [(1, "a"), (2, "b")], 6), 2),
    (Loose(5, 7, 2, ENTRIES, 6), 2),
    (Loose(5, 7, 2, [(1, "a"), (2, "b")], 6), 2),
    (Loose(5, 7, 2, [[1, "a"], [2, "b"]], 6), 2),
    (Loose(5, 7, 2, [], 6), 0),
    (One(5, 7, 2, ENTRIES[0], 6), 1),
    (One(5, 7, 2, None, 6), 0),
)


@pytest.mark.parametrize(("args", "count"), APPENDS, ids=repr)
def test_appends_of_every_style(args: object, count: int) -> None:
    """The fields of figure 2 are found whatever they are called."""
    request: Any = Reading().request("Raft.X", labgob.encode(args))
    assert request.kind is Message.APPEND
    fields = request.term, request.prev_index, request.prev_term, request.commit
    assert fields == (5, 7, 2, 6)
    assert [one.term for one in request.entries] == [1, 2][:count]
    for one in request.entries[:1]:
        assert command_bytes(bytes(one.command)) == command_bytes(labgob.encode("a"))


def test_votes_and_snapshots_are_told_apart() -> None:
    """By what else there is: a candidate's name is no snapshot."""
    reading = Reading()
    vote: Any = reading.request("R.Vote", labgob.encode(Vote(3, "me", 7, 2)))
    assert (vote.kind, vote.last_index, vote.last_term) == (Message.VOTE, 7, 2)
    image: Any = reading.request("R.Put", labgob.encode(Snapshot(3, 0, 7, 2, b"s")))
    assert (image.kind, image.last_index) == (Message.SNAPSHOT, 7)
    assert not reading.silenced


def test_a_heartbeat_of_its_own_type_vouches_for_nothing() -> None:
    """It has a leader, a term and a commit index, and that is all."""
    reading = Reading()
    data = labgob.encode(Heartbeat(3, 0, 5))
    beat: Any = reading.request("Raft.Heartbeat", data)
    assert (beat.kind, beat.term, beat.commit) == (Message.APPEND, 3, 5)
    assert (list(beat.entries), beat.prev_index) == ([], 0)
    assert not reading.rules_off()


def test_pre_votes_are_no_votes() -> None:
    """A method that says so binds nobody."""
    reading = Reading()
    data = labgob.encode(Vote(3, "me", 7, 2))
    assert reading.request("Raft.PreVote", data) is None
    assert not reading.silenced


def test_the_one_verdict_of_a_reply_is_its_verdict() -> None:
    """Whatever it is called."""
    reply: Any = Reading().reply(
        "Raft.RequestVote", Message.VOTE, labgob.encode(Reply(3, True))
    )
    assert (reply.term, reply.verdict) == (3, True)


def test_what_cannot_be_read_is_said_and_silences_its_rules() -> None:
    """The rules that need the field are off, and no others."""
    reading = Reading()
    riddle = labgob.encode(Riddle(3, 0, 7))
    assert reading.request("Raft.RequestVote", riddle) is None
    gaps = reading.gaps()
    assert "no field of Riddle looks like the last log index" in gaps
    off = {rule.name for rule in reading.rules_off()}
    assert "majority elects" in off
    assert "log matching" not in off
    assert gaps[-1].startswith(f"{len(off)} rules are off for that: ")


def test_one_message_that_is_not_what_its_type_says_silences_all() -> None:
    """Nothing is certain any more once something was missed."""
    reading = Reading()
    reading.request("Raft.RequestVote", labgob.encode(Maybe(3, 0, 7, 2)))
    assert not reading.rules_off()
    reading.request("Raft.RequestVote", labgob.encode(Maybe(None, 0, 7, 2)))
    assert reading.blind
    assert reading.rules_off()


def test_an_unknown_request_leaves_commitment_open() -> None:
    """It may have told a server what is committed."""
    reading = Reading()
    assert reading.request("Raft.Gossip", labgob.encode({"committed": 5})) is None
    assert "commit by majority" in {rule.name for rule in reading.rules_off()}


def replied(reply: object, to: Message) -> tuple[Any, Reading]:
    """How a reply is read, and by whom."""
    reading = Reading()
    return reading.reply("Raft.X", to, labgob.encode(reply)), reading


@pytest.mark.parametrize("to", [Message.VOTE, Message.APPEND])
def test_a_verdict_that_denies_is_turned_round(to: Message) -> None:
    """By the name of the only flag that there is."""
    for rejected in True, False:
        reply, reading = replied(Denial(3, rejected), to)
        assert reply.verdict is not rejected
        assert not reading.rules_off()


@pytest.mark.parametrize("reply", [Mood(3, True), TwoFlags(3, True, False)])
def test_a_verdict_that_is_open_is_none(reply: object) -> None:
    """A guess would accuse somebody sooner or later."""
    read, reading = replied(reply, Message.APPEND)
    assert read is None
    assert "commit by majority" in {rule.name for rule in reading.rules_off()}


def test_a_reply_may_acknowledge_and_tell_more() -> None:
    """An index that it matches, and one that it knows as committed."""
    reply, reading = replied(Cumulative(3, True, 9, 7), Message.APPEND)
    assert (reply.ack, reply.commit) == (9, 7)
    assert not reading.silenced


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("Raft.Step", Anything("vote", 5, 7, 2, [], 6)),
        ("Raft.RequestVote", Rehearsal(5, 7, 2, True)),
        ("Raft.Canvass", Vote(5, "me", 7, 2)),
    ],
)
def test_what_may_be_another_request_is_not_guessed(method: str, args: object) -> None:
    """One type for all, a vote that may bind nobody: that is said, and no more."""
    reading = Reading()
    assert reading.request(method, labgob.encode(args)) is None
    assert any("none of Raft's requests" in line for line in reading.silenced)


def test_a_vote_that_tells_the_commit_index() -> None:
    """What follows from it nobody can tell, so nothing is said of commitment."""
    reading = Reading()
    assert reading.request("R.Vote", labgob.encode(Knowing(5, 7, 2, 6))) is not None
    off = {rule.name for rule in reading.rules_off()}
    assert "commit own term only" in off
    assert "one vote a term" not in off


def test_a_name_that_only_holds_the_word() -> None:
    """What is not committed is no commit index, and a chunk's number no index."""
    reading = Reading()
    data = labgob.encode(Uncommitted(5, 7, 2, [], 3))
    append: Any = reading.request("Raft.Append", data)
    assert (append.kind, append.commit) == (Message.APPEND, -1)
    chunk: Any = reading.request("Raft.Image", labgob.encode(Chunk(5, 1, 7, 2, b"s")))
    assert (chunk.kind, chunk.last_index) == (Message.SNAPSHOT, 7)


def test_entries_that_are_bytes_make_no_snapshot() -> None:
    """It has a previous index, so it is an append that cannot be read."""
    reading = Reading()
    data = labgob.encode(Packed(5, 7, 2, b"?", 6))
    assert reading.request("Raft.Append", data) is None
    assert "no field of Packed looks like the entries" in reading.silenced
