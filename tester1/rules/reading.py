"""Raft's messages out of the bytes of a solution's own types.

For each type that is seen, a decoder is made once, which takes the fields of figure 2
from where they stand and looks at nothing else. No code of the solution runs, and what
is read does not depend on where the solution runs.

What cannot be read silences the rules that need it, and `Reading.silenced` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

import msgspec
from msgspec import Raw
from msgspec.msgpack import Ext

from labgob.descriptions import (
    Description,
    Field,
    Shape,
    description_of,
    header_of_record,
    tag_of,
)
from labgob.dynamic import TABLE_CODE
from labgob.plan import LIST
from labgob.records import RECORD_CODE
from tester1.rules.findings import Rule
from tester1.rules.names import (
    Message,
    Names,
    Role,
    match_entry,
    match_reply,
    match_request,
    says_heartbeat,
    says_pre_vote,
    tells_commit,
)
from tester1.rules.raft.rules import NEEDS, RAFT_RULES

__all__ = [
    "AppendRequest",
    "Entry",
    "Reading",
    "Reply",
    "Request",
    "SnapshotRequest",
    "VoteRequest",
    "command_bytes",
]


class Entry(Protocol):
    """An entry of a log as it travels."""

    term: int
    command: Raw | bytes


class VoteRequest(Protocol):
    """A candidate's request (figure 2)."""

    kind: Message
    term: int
    last_index: int
    last_term: int
    pre_vote: bool


class AppendRequest(Protocol):
    """A leader's request (figure 2); `commit` is -1 if there is no such field."""

    kind: Message
    term: int
    prev_index: int
    prev_term: int
    entries: Sequence[Entry]
    commit: int


class SnapshotRequest(Protocol):
    """A leader's snapshot (figure 13); `last_term` is -1 if there is no such field."""

    kind: Message
    term: int
    last_index: int
    last_term: int


class Reply(Protocol):
    """A reply to any of them; a snapshot's has no verdict, which counts as yes."""

    term: int
    verdict: bool
    ack: int
    """Up to which index it says that it has the leader's log, 0 if nothing."""
    commit: int
    """What it says that it knows as committed, -1 if nothing."""


Request: TypeAlias = VoteRequest | AppendRequest | SnapshotRequest

_ATTRIBUTES: Final[Mapping[Role, str]] = {
    Role.TERM: "term",
    Role.LAST_INDEX: "last_index",
    Role.LAST_TERM: "last_term",
    Role.PREV_INDEX: "prev_index",
    Role.PREV_TERM: "prev_term",
    Role.ENTRIES: "entries",
    Role.COMMIT: "commit",
    Role.SNAPSHOT_INDEX: "last_index",
    Role.SNAPSHOT_TERM: "last_term",
    Role.GRANTED: "verdict",
    Role.SUCCESS: "verdict",
    Role.COMMAND: "command",
    Role.PRE_VOTE: "pre_vote",
    Role.ACK: "ack",
}

# Without these a message means nothing to any rule.
_NEEDED: Final[Mapping[Message, tuple[Role, ...]]] = {
    Message.VOTE: (Role.TERM, Role.LAST_INDEX, Role.LAST_TERM),
    Message.APPEND: (Role.TERM, Role.PREV_INDEX, Role.PREV_TERM, Role.ENTRIES),
    Message.SNAPSHOT: (Role.TERM, Role.SNAPSHOT_INDEX),
}

_Decode: TypeAlias = Callable[[bytes], Any]


class _MethodReader:
    """How the messages of one method are read, and the one that was read last.

    `new` finds how a type is read, of which None is known if it is no record.
    """

    __slots__ = ("_kinds", "_new", "last", "value")

    def __init__(self, new: Callable[[Description | None], _Decode | None]) -> None:
        self._new = new
        # What begins the bytes of a type, and how it is read (None: it is none of
        # Raft's). A method has one type nearly always, so the first fits.
        self._kinds: list[tuple[bytes, _Decode | None]] = []
        self.last = b""
        self.value: object = None

    def decoder(self, data: bytes) -> _Decode | None:
        """What decodes these bytes, None if nothing does."""
        for prefix, decode in self._kinds:
            if data.startswith(prefix):
                return decode
        description, prefix = _described(data)
        decode = self._new(description)
        self._kinds.append((prefix, decode))
        return decode


class Reading:
    """Reads the messages between the servers of one run."""

    def __init__(self) -> None:
        self._requests: dict[str, _MethodReader] = {}
        self._replies: dict[str, _MethodReader] = {}
        self.silenced: dict[str, None] = {}
        """What could not be read, a sentence each."""
        self.names: dict[str, Names] = {}
        """How each type was read, by the method and whether it is a request."""
        self._lost: set[tuple[Message, Role]] = set()
        self._read: set[Message] = set()
        self.blind = False
        """Whether a message was not what its type says: nothing is certain any more."""

    def knows(self, message: Message, *roles: Role) -> bool:
        """Whether such messages are read with these roles, in all types seen so far."""
        if message not in self._read:
            return False
        return not any((message, role) in self._lost for role in roles)

    def request(self, method: str, data: bytes) -> Request | None:
        """The request of Raft that `data` holds; None if it is none, or unreadable."""
        reader = self._requests.get(method)
        if reader is None:
            new = partial(self._request_decoder, method)
            reader = self._requests[method] = _MethodReader(new)
        request: Request | None = self._read_with(reader, data, method)
        return request

    def reply(self, method: str, to: Message, data: bytes) -> Reply | None:
        """The reply that `data` holds; None if it cannot be read."""
        # By the method alone: one that is asked for votes is asked for nothing else.
        reader = self._replies.get(method)
        if reader is None:
            new = partial(self._reply_decoder, method, to)
            reader = self._replies[method] = _MethodReader(new)
        reply: Reply | None = self._read_with(reader, data, method)
        return reply

    def _read_with(self, reader: _MethodReader, data: bytes, method: str) -> Any:
        # What goes to one peer goes to the others as well, and heartbeats are alike.
        if data != reader.last:
            reader.last, reader.value = data, None
            decode = reader.decoder(data)
            if decode is not None:
                try:
                    reader.value = decode(data)
                except (msgspec.MsgspecError, ValueError, IndexError, TypeError):
                    # A number that is None, or is not one: what it says is unknown.
                    self.blind = True
                    self.silenced[f"a message of {method} could not be read"] = None
        return reader.value

    def inspect(self, method: str, args: Description, reply: Description) -> None:
        """Take note of how a method's messages would be read, before there are any."""
        matched = match_request(args, method)
        self._request_decoder(method, args)
        if matched is not None and not says_pre_vote(method):
            self._reply_decoder(method, matched[0], reply)

    def gaps(self) -> list[str]:
        """What could not be read, each with the rules that are off for it."""
        # Servers that know no Raft have no rules either.
        if not self.names:
            return []
        off = self.rules_off()
        lines = list(self.silenced)
        if off and lines:
            names = ", ".join(rule.name for rule in off)
            lines.append(f"{len(off)} rules are off for that: {names}")
        return lines

    def rules_off(self) -> list[Rule]:
        """The rules that nothing can be said about, as far as messages were seen."""
        if self.blind:
            return list(RAFT_RULES)
        return [
            rule
            for rule in RAFT_RULES
            if self._lost & NEEDS.get(rule.name, frozenset())
        ]

    def _request_decoder(
        self, method: str, description: Description | None
    ) -> _Decode | None:
        matched = None if description is None else match_request(description, method)
        if says_pre_vote(method):
            return None
        if description is None or matched is None:
            # Whatever it says may make servers know what no other message has told.
            self._lost.add((Message.APPEND, Role.COMMIT))
            self.silenced[f"{method} is none of Raft's requests, as far as seen"] = None
            return None
        kind, names = matched
        self.names[f"{method} request"] = names
        if kind is Message.VOTE and tells_commit(description):
            self._lost.add((Message.APPEND, Role.COMMIT))
            text = f"{names.type_name} tells what is committed, in whatever sense"
            self.silenced[text] = None
        if Role.ENTRIES in names.missing and says_heartbeat(method, names.type_name):
            return _heartbeat_decoder(description, names)
        self._miss(kind, names)
        decode = None
        if not set(_NEEDED[kind]) & set(names.missing):
            decode = _request_decoder(kind, description, names)
        if decode is None:
            self._lost.update((kind, role) for role in _NEEDED[kind])
        else:
            self._read.add(kind)
        return decode

    def _reply_decoder(
        self, method: str, to: Message, description: Description | None
    ) -> _Decode | None:
        if description is None:
            self._lost.update({(to, Role.GRANTED), (to, Role.SUCCESS)})
            self.silenced[f"the replies of {method} are no records"] = None
            return None
        names = match_reply(description, to)
        self.names[f"{method} reply"] = names
        self._miss(to, names)
        if names.missing:
            return None
        defaults = {"verdict": True, "ack": 0, "commit": -1}
        decode = _decoder("Reply", description, names.fields, defaults)
        return _negating(decode) if names.negated else decode

    def _miss(self, kind: Message, names: Names) -> None:
        for role in names.missing:
            self._lost.add((kind, role))
            text = f"no field of {names.type_name} looks like the {role}"
            self.silenced[text] = None


def command_bytes(raw: bytes) -> bytes:
    """A command as its bytes, the same whether a type was declared for it or not.

    At the top of a message a record bears its tag, in a field of any type its name; in
    one of its own type it is its fields alone.
    """
    if not raw:
        return raw
    if raw[0] in _EXTENSIONS:
        try:
            ext = _EXT.decode(raw)
        except msgspec.MsgspecError:
            return raw
        if isinstance(ext, Ext) and ext.code == RECORD_CODE:
            body = bytes(ext.data)
            return body[body[0] + 3 :]
        return raw
    tag = tag_of(raw)
    if tag and description_of(tag) is not None:
        items = _RAWS.decode(raw)[1:]
        return msgspec.msgpack.encode(items)
    return raw


# Ext 8, 16 and 32, and those of fixed lengths.
_EXTENSIONS: Final = frozenset((0xC7, 0xC8, 0xC9, *range(0xD4, 0xD9)))
_EXT: Final = msgspec.msgpack.Decoder(ext_hook=Ext)
_RAWS: Final = msgspec.msgpack.Decoder(list[Raw])
_PREFIX_OF_OTHERS: Final = 1


def _described(data: bytes) -> tuple[Description | None, bytes]:
    """The type of a message, and what all messages of that type begin with."""
    tag = tag_of(data)
    description = description_of(tag)
    if description is None:
        return None, data[:_PREFIX_OF_OTHERS]
    name = tag.encode()
    return description, data[: data.index(name) + len(name)]


def _request_decoder(
    kind: Message, description: Description, names: Names
) -> _Decode | None:
    constants: dict[str, object] = {"kind": kind}
    if kind is Message.VOTE:
        if Role.PRE_VOTE not in names.fields:
            constants["pre_vote"] = False
        return _decoder("VoteRequest", description, names.fields, constants)
    if kind is Message.SNAPSHOT:
        if Role.SNAPSHOT_TERM in names.missing:
            constants["last_term"] = -1
        return _decoder("SnapshotRequest", description, names.fields, constants)
    if Role.COMMIT in names.missing:
        constants["commit"] = -1
    entries, finish = _entries(names.fields[Role.ENTRIES].shape)
    if entries is None:
        return None
    types = {Role.ENTRIES: entries}
    decode = _decoder("AppendRequest", description, names.fields, constants, types)
    if finish is None:
        return decode

    def decode_and_finish(data: bytes) -> Any:
        request = decode(data)
        request.entries = finish(request.entries)
        return request

    return decode_and_finish


def _negating(decode: _Decode) -> _Decode:
    """For a reply that says what it denies."""

    def decode_and_negate(data: bytes) -> Any:
        reply = decode(data)
        reply.verdict = not reply.verdict
        return reply

    return decode_and_negate


def _heartbeat_decoder(description: Description, names: Names) -> _Decode | None:
    """For a sign of life of a type of its own, which vouches for no entry."""
    if Role.TERM in names.missing:
        return None
    constants: dict[str, object] = {"kind": Message.APPEND, "entries": ()}
    for role, value in (
        *((Role.PREV_INDEX, 0), (Role.PREV_TERM, 0), (Role.COMMIT, -1)),
    ):
        if role in names.missing:
            constants[_ATTRIBUTES[role]] = value
    return _decoder("AppendRequest", description, names.fields, constants)


def _decoder(
    name: str,
    description: Description,
    fields: Mapping[Role, Field],
    constants: Mapping[str, object],
    types: Mapping[Role, Any] | None = None,
) -> _Decode:
    """What decodes a whole message into a struct with the names of figure 2."""
    roles = {field.name: role for role, field in fields.items()}
    # First the tag, then each field where it stands.
    shape: list[tuple[str, Any]] = [("tag_", Raw)]
    for position, field in enumerate(description.fields):
        role = roles.get(field.name)
        if role is None:
            shape.append((f"other{position}_", Raw))
        else:
            shape.append(
                (_ATTRIBUTES[role], (types or {}).get(role) or _type_for(role))
            )
    return _struct(name, shape, constants)


def _struct(
    name: str, shape: Sequence[tuple[str, Any]], constants: Mapping[str, object]
) -> _Decode:
    here = [attribute for attribute, _ in shape]
    defaults = {key: one for key, one in constants.items() if key not in here}
    made = msgspec.defstruct(name, shape, array_like=True, gc=False, namespace=defaults)
    return msgspec.msgpack.Decoder(made, ext_hook=Ext).decode


def _type_for(role: Role) -> Any:
    if role in (Role.GRANTED, Role.SUCCESS, Role.PRE_VOTE):
        return bool
    return Raw if role is Role.COMMAND else int


# Entries: a list of records or of pairs, one alone, or whatever a list of no declared
# type holds.


def _entries(shape: Shape) -> tuple[Any, Callable[[Any], Any] | None]:
    """The type of the field of entries for msgspec, and what makes entries of it."""
    if shape.kind == "union":
        inner = [one for one in shape.items if one.kind != "None"]
        if len(inner) != 1:
            return None, None
        kind, finish = _entries(inner[0])
        if kind is None:
            return None, None
        return (
            kind | None,
            lambda value: [] if value is None else finish(value) if finish else value,
        )
    if shape.kind == "record":
        kind = _entry(shape)
        return kind, lambda value: [value]
    if shape.kind == "list":
        kind = _entry(shape.items[0])
        if kind is not None:
            return LIST[kind], None
    return (Raw, _any_entries) if shape.kind in ("list", "any") else (None, None)


def _entry(shape: Shape) -> Any:
    """The type of one entry for msgspec; None if it cannot be told."""
    if shape.kind == "record":
        description = description_of(shape.tag)
        return None if description is None else _entry_of(description)
    if shape.kind == "tuple" and len(shape.items) == 2:
        return _struct_type("Entry", [("term", int), ("command", Raw)])
    return None


def _entry_of(description: Description) -> Any:
    names = match_entry(description)
    if names.missing:
        return None
    roles = {field.name: role for role, field in names.fields.items()}
    shape: list[tuple[str, Any]] = []
    for position, field in enumerate(description.fields):
        role = roles.get(field.name)
        if role is None:
            shape.append((f"other{position}_", Raw))
        else:
            shape.append((_ATTRIBUTES[role], _type_for(role)))
    return _struct_type("Entry", shape)


def _struct_type(name: str, shape: Sequence[tuple[str, Any]]) -> Any:
    return msgspec.defstruct(name, shape, array_like=True, gc=False)


class _Loose(msgspec.Struct, gc=False):
    """An entry of a list for which no type was declared."""

    term: int
    command: Raw


def _any_entries(raw: Raw) -> list[Any]:
    """The entries in a field of no declared type."""
    data = bytes(raw)
    if data[0] in _EXTENSIONS:
        ext = _EXT.decode(data)
        body = bytes(ext.data)
        tag, begin = header_of_record(body)
        description = description_of(tag)
        kind = None if description is None else _entry_of(description)
        if kind is None or ext.code not in (TABLE_CODE, RECORD_CODE):
            raise ValueError("entries of an unknown type")
        if ext.code == RECORD_CODE:
            return [msgspec.msgpack.decode(body[begin:], type=kind)]
        rows: list[Any] = msgspec.msgpack.decode(body[begin:], type=LIST[kind])
        return rows
    return [_loose_entry(bytes(item)) for item in _RAWS.decode(data)]


def _loose_entry(data: bytes) -> Any:
    if data[0] in _EXTENSIONS:
        ext = _EXT.decode(data)
        if ext.code == RECORD_CODE:
            return _any_entries(Raw(data))[0]
        data = bytes(ext.data)
    items = _RAWS.decode(data)
    if len(items) != 2:
        raise ValueError("an entry that is no pair")
    return _Loose(msgspec.msgpack.decode(items[0], type=int), items[1])
