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
