"""Raft's messages in facts, whatever a solution calls their fields.

Students name their own types. A message is told by the set of its fields, which are
compared without case and underscores; what fits none of Raft's is None, and shown as it
is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from labrpc.facts import Answered, Delivered, HandedOver, Lost, Message, Sent
from labrt import Fact

__all__ = [
    "AppendReply",
    "AppendRequest",
    "Calls",
    "RaftMessage",
    "SnapshotReply",
    "SnapshotRequest",
    "VoteReply",
    "VoteRequest",
    "normalised",
]


@dataclass(frozen=True, slots=True)
class VoteRequest:
    """A candidate asks for a vote; a `trial` is a pre-vote, which elects nobody."""

    term: int
    last_index: int | None
    last_term: int | None
    trial: bool = False


@dataclass(frozen=True, slots=True)
class VoteReply:
    """What a voter answers."""

    term: int
    granted: bool
    trial: bool = False


@dataclass(frozen=True, slots=True)
class AppendRequest:
    """A leader's entries, or its sign of life; `terms` are those of the entries."""

    term: int
    prev_index: int
    prev_term: int
    entries: int
    commit: int | None
    terms: tuple[int | None, ...] = ()

    @property
    def last_index(self) -> int:
        """The last index that a success vouches for."""
        return self.prev_index + self.entries

    @property
    def last_term(self) -> int | None:
        """The term of the entry there."""
        return self.terms[-1] if self.terms else self.prev_term


@dataclass(frozen=True, slots=True)
class AppendReply:
    """What a follower answers to entries."""

    term: int
    success: bool


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """A leader's snapshot, up to `index`, whose entry is of `index_term`."""

    term: int
    index: int
    index_term: int | None


@dataclass(frozen=True, slots=True)
class SnapshotReply:
    """What a follower answers to a snapshot."""

    term: int


RaftRequest: TypeAlias = VoteRequest | AppendRequest | SnapshotRequest
RaftMessage: TypeAlias = RaftRequest | VoteReply | AppendReply | SnapshotReply

_TERM: Final = ("term", "currentterm", "candidateterm", "leaderterm")
_LAST_INDEX: Final = ("lastlogindex", "lastindex", "lastlogidx")
_LAST_TERM: Final = ("lastlogterm", "lastterm")
_PREV_INDEX: Final = ("prevlogindex", "previndex", "prevlogidx", "previouslogindex")
_PREV_TERM: Final = ("prevlogterm", "prevterm", "previouslogterm")
_ENTRIES: Final = ("entries", "log", "logs", "logentries")
_COMMIT: Final = ("leadercommit", "commitindex", "commit", "leadercommitindex")
_INCLUDED_INDEX: Final = ("lastincludedindex", "snapshotindex", "lastindex", "index")
_INCLUDED_TERM: Final = ("lastincludedterm", "snapshotterm", "lastterm")
_DATA: Final = ("data", "snapshot", "snapshotdata")
_GRANTED: Final = ("votegranted", "granted", "vote", "success", "ok")
_SUCCESS: Final = ("success", "ok", "accepted", "matched")


def normalised(fact: Fact, request: RaftRequest | None = None) -> RaftMessage | None:
    """The message of Raft that a fact carries; a reply is told by its request."""
    if isinstance(fact, Sent):
        return _request(fact.method, _fields(fact.content))
    if isinstance(fact, Answered) and request is not None:
        return _reply(request, _fields(fact.content))
    return None


class Calls:
    """The calls of a run: what each fact about a message is a part of.

    What a message holds is decoded when it is asked for, and once.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._sent: dict[int, Sent] = {}
        self._answered: dict[int, Answered] = {}
        for fact in facts:
            if isinstance(fact, Sent):
                self._sent[fact.call or fact.number] = fact
            elif isinstance(fact, Answered):
                self._answered[fact.call] = fact
        self._requests: dict[int, RaftRequest | None] = {}
        self._replies: dict[int, RaftMessage | None] = {}

    def sent(self, fact: Message) -> Sent | None:
        """The sending of the call that a fact belongs to, None if it was not kept."""
        return self._sent.get(fact.call or fact.number)

    def answered(self, fact: Message) -> Answered | None:
        """The answer to the call that a fact belongs to, None if there is none."""
        return self._answered.get(fact.call or fact.number)

    def request(self, fact: Message) -> RaftRequest | None:
        """Raft's request that a fact belongs to."""
        call = fact.call or fact.number
        if call not in self._requests:
            sent = self._sent.get(call)
            found = None if sent is None else normalised(sent)
            assert not isinstance(found, VoteReply | AppendReply | SnapshotReply)
            self._requests[call] = found
        return self._requests[call]

    def reply(self, fact: Message) -> RaftMessage | None:
        """Raft's reply to the call that a fact belongs to."""
        call = fact.call or fact.number
        if call not in self._replies:
            answered, request = self._answered.get(call), self.request(fact)
            self._replies[call] = (
                None if answered is None else normalised(answered, request)
            )
        return self._replies[call]

    def message(self, fact: Message) -> RaftMessage | None:
        """What is at hand in that instant: the request before an answer, else that."""
        if isinstance(fact, Sent | HandedOver | Lost):
            return self.request(fact)
        return self.reply(fact) if isinstance(fact, Answered | Delivered) else None


def _request(method: str, fields: Mapping[str, object]) -> RaftRequest | None:
    term = _number(fields, _TERM)
    if term is None:
        return None
    prev_index, prev_term = _number(fields, _PREV_INDEX), _number(fields, _PREV_TERM)
    if prev_index is not None and prev_term is not None:
        entries = _first(fields, _ENTRIES)
        entries = entries if isinstance(entries, list) else []
        commit = _number(fields, _COMMIT)
        terms = tuple(map(_term_of_entry, entries))
        return AppendRequest(term, prev_index, prev_term, len(entries), commit, terms)
    index = _number(fields, _INCLUDED_INDEX)
    if index is not None and any(name in fields for name in _DATA):
        return SnapshotRequest(term, index, _number(fields, _INCLUDED_TERM))
    last_index, last_term = _number(fields, _LAST_INDEX), _number(fields, _LAST_TERM)
    if last_index is not None and last_term is not None:
        trial = "prevote" in _bare(method) or fields.get("prevote") is True
        return VoteRequest(term, last_index, last_term, trial)
    return None


def _reply(request: RaftRequest, fields: Mapping[str, object]) -> RaftMessage | None:
    term = _number(fields, _TERM)
    if term is None:
        return None
    if isinstance(request, SnapshotRequest):
        return SnapshotReply(term)
    if isinstance(request, VoteRequest):
        granted = _first(fields, _GRANTED)
        if not isinstance(granted, bool):
            return None
        return VoteReply(term, granted, request.trial)
    success = _first(fields, _SUCCESS)
    return AppendReply(term, success) if isinstance(success, bool) else None


def _fields(content: object) -> dict[str, object]:
    """The fields of a record by their bare names."""
    if not isinstance(content, dict):
        return {}
    return {_bare(name): value for name, value in content.items() if name}


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


def _first(fields: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((fields[name] for name in names if name in fields), None)


def _number(fields: Mapping[str, object], names: tuple[str, ...]) -> int | None:
    value = _first(fields, names)
    # For Python a bool is an int as well.
    return value if type(value) is int else None


def _term_of_entry(entry: object) -> int | None:
    if isinstance(entry, dict):
        return _number(_fields(entry), _TERM)
    numbers = entry if isinstance(entry, list) else []
    # A pair of term and command; with three items, an index of its own comes first.
    position = 1 if len(numbers) > 2 else 0
    found = numbers[position] if len(numbers) > position else None
    return found if type(found) is int else None
