"""Raft's messages in facts as plain data, which is all that a file of facts has.

`names` says which field is which, for the rules and for this; here the description of a
type is made of what one message holds. What fits none of Raft's is None, and is shown
as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from labgob.descriptions import Description, Field, Shape
from labrpc import facts as network
from labrpc.facts import Answered, Delivered, HandedOver, Lost, Sent
from labrt import Fact
from tester1.rules.names import (
    Message,
    Names,
    Role,
    match_entry,
    match_reply,
    match_request,
    says_heartbeat,
    says_pre_vote,
)

__all__ = [
    "AppendReply",
    "AppendRequest",
    "Calls",
    "RaftMessage",
    "SnapshotReply",
    "SnapshotRequest",
    "VoteReply",
    "VoteRequest",
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
    """A leader's entries, or its sign of life.

    `terms` and `commands` are those of the entries; a command is plain data.
    """

    term: int
    prev_index: int
    prev_term: int
    entries: int
    commit: int | None
    terms: tuple[int | None, ...] = ()
    commands: tuple[object, ...] = ()

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


class Calls:
    """The calls of a run: what each fact about a message is a part of.

    What a message holds is decoded when it is asked for, and once.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._sent: dict[int, Sent] = {}
        self._answered: dict[int, Answered] = {}
        for fact in facts:
            if isinstance(fact, Sent):
                self._sent[fact.call] = fact
            elif isinstance(fact, Answered):
                self._answered[fact.call] = fact
        self._requests: dict[int, RaftRequest | None] = {}
        self._replies: dict[int, RaftMessage | None] = {}

    def sent(self, fact: network.Message) -> Sent | None:
        """The sending of the call that a fact belongs to, None if it was not kept."""
        return self._sent.get(fact.call)

    def answered(self, fact: network.Message) -> Answered | None:
        """The answer to the call that a fact belongs to, None if there is none."""
        return self._answered.get(fact.call)

    def request(self, fact: network.Message) -> RaftRequest | None:
        """Raft's request that a fact belongs to."""
        call = fact.call
        if call not in self._requests:
            sent = self._sent.get(call)
            found = None
            if sent is not None:
                found = _request(sent.method, sent.content)
            self._requests[call] = found
        return self._requests[call]

    def reply(self, fact: network.Message) -> RaftMessage | None:
        """Raft's reply to the call that a fact belongs to."""
        call = fact.call
        if call not in self._replies:
            answered, request = self._answered.get(call), self.request(fact)
            found = None
            if answered is not None and request is not None:
                found = _reply(request, answered.content)
            self._replies[call] = found
        return self._replies[call]

    def message(self, fact: network.Message) -> RaftMessage | None:
        """What is at hand in that instant: the request before an answer, else that."""
        if isinstance(fact, Sent | HandedOver | Lost):
            return self.request(fact)
        return self.reply(fact) if isinstance(fact, Answered | Delivered) else None


def _request(method: str, content: object) -> RaftRequest | None:
    described = _described(content)
    matched = None if described is None else match_request(described, method)
    if described is None or matched is None:
        return None
    kind, names = matched
    values = _values(content, names)
    term = _number(values, Role.TERM)
    if term is None:
        return None
    if kind is Message.VOTE:
        index = _number(values, Role.LAST_INDEX)
        last_term = _number(values, Role.LAST_TERM)
        trial = says_pre_vote(method) or values.get(Role.PRE_VOTE) is True
        return VoteRequest(term, index, last_term, trial)
    if kind is Message.SNAPSHOT:
        index = _number(values, Role.SNAPSHOT_INDEX)
        if index is None:
            return None
        return SnapshotRequest(term, index, _number(values, Role.SNAPSHOT_TERM))
    return _append(method, term, names, values)


def _append(
    method: str, term: int, names: Names, values: Mapping[Role, object]
) -> AppendRequest | None:
    commit = _number(values, Role.COMMIT)
    prev_index = _number(values, Role.PREV_INDEX)
    prev_term = _number(values, Role.PREV_TERM)
    if Role.ENTRIES in names.missing and says_heartbeat(method, names.type_name):
        return AppendRequest(term, prev_index or 0, prev_term or 0, 0, commit)
    if prev_index is None or prev_term is None:
        return None
    entries = values.get(Role.ENTRIES)
    # A field of one entry, where there is one.
    entries = entries if isinstance(entries, list) else [] if not entries else [entries]
    read = [_entry(entry) for entry in entries]
    return AppendRequest(
        *(term, prev_index, prev_term, len(entries), commit),
        terms=tuple(of_term for of_term, _ in read),
        commands=tuple(command for _, command in read),
    )


_BYTES: Final = re.compile(r"<\d+ B>").fullmatch

_KINDS: Final = {
    VoteRequest: Message.VOTE,
    AppendRequest: Message.APPEND,
    SnapshotRequest: Message.SNAPSHOT,
}


def _reply(request: RaftRequest, content: object) -> RaftMessage | None:
    described = _described(content)
    if described is None:
        return None
    names = match_reply(described, _KINDS[type(request)])
    values = _values(content, names)
    term = _number(values, Role.TERM)
    if term is None:
        return None
    if isinstance(request, SnapshotRequest):
        return SnapshotReply(term)
    if isinstance(request, VoteRequest):
        granted = values.get(Role.GRANTED)
        if not isinstance(granted, bool):
            return None
        return VoteReply(term, granted != names.negated, request.trial)
    success = values.get(Role.SUCCESS)
    if not isinstance(success, bool):
        return None
    return AppendReply(term, success != names.negated)


def _described(content: object) -> Description | None:
    """What the type of a record looks like, by one message of it."""
    if not isinstance(content, dict) or "" not in content:
        return None
    fields = [Field(name, _shape(value)) for name, value in content.items() if name]
    return Description(str(content[""]), tuple(fields))


def _shape(value: object) -> Shape:
    # Byte strings are told by their length.
    if isinstance(value, str) and _BYTES(value):
        return Shape("bytes")
    # For Python a bool is an int as well; what is None may be anything.
    for kind in (bool, int, str, float):
        if type(value) is kind:
            return Shape(kind.__name__)
    if isinstance(value, list):
        return Shape("list", (Shape("any"),))
    return Shape("record" if isinstance(value, dict) else "None")


def _values(content: object, names: Names) -> dict[Role, object]:
    assert isinstance(content, dict), "only records are described"
    return {role: content.get(field.name) for role, field in names.fields.items()}


def _number(values: Mapping[Role, object], role: Role) -> int | None:
    value = values.get(role)
    return value if type(value) is int else None


def _entry(entry: object) -> tuple[int | None, object]:
    """Term and command of an entry; what has no field for it is all command."""
    described = _described(entry)
    if described is not None:
        values = _values(entry, match_entry(described))
        return _number(values, Role.TERM), values.get(Role.COMMAND, entry)
    # A pair of term and command.
    items = entry if isinstance(entry, list) else []
    if len(items) == 2 and type(items[0]) is int:
        return items[0], items[1]
    return None, entry
