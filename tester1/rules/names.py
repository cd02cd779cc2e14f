"""Which field of a solution's own messages is which of figure 2.

Students name their types. A field is recognised by its name, without underscores and
in lower case, by its type where only one has it, and by what other fields there are;
never by the name of its class. The name of a method only breaks ties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from labgob.descriptions import Description, Field, Shape, description_of

__all__ = [
    "Message",
    "Names",
    "Role",
    "match_entry",
    "match_reply",
    "match_request",
    "says_heartbeat",
    "says_pre_vote",
    "tells_commit",
]


class Message(StrEnum):
    """The requests of Raft."""

    VOTE = "vote"
    APPEND = "append"
    SNAPSHOT = "snapshot"


class Role(StrEnum):
    """What a field is for; the values are what messages to people call it."""

    TERM = "term"
    LAST_INDEX = "last log index"
    LAST_TERM = "last log term"
    PREV_INDEX = "previous index"
    PREV_TERM = "previous term"
    ENTRIES = "entries"
    COMMIT = "commit index"
    SNAPSHOT_INDEX = "last included index"
    SNAPSHOT_TERM = "last included term"
    DATA = "snapshot"
    GRANTED = "granted"
    SUCCESS = "success"
    COMMAND = "command"
    PRE_VOTE = "pre-vote"
    ACK = "acknowledged index"


@dataclass(frozen=True, slots=True)
class Names:
    """How a type was read: which field plays which role, and the roles nobody plays.

    `negated` is whether the verdict of a reply is told by what it denies.
    """

    type_name: str
    fields: Mapping[Role, Field]
    missing: tuple[Role, ...] = ()
    negated: bool = False


_EXACT: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.TERM: (
        *("term", "currentterm", "curterm", "currterm"),
        *("leaderterm", "candidateterm", "replyterm", "peerterm", "myterm"),
    ),
    Role.LAST_INDEX: (
        *("lastlogindex", "lastindex", "lastlogidx", "lastidx", "lastlogi"),
        *("logindex", "loglastindex", "lastentryindex", "logend"),
    ),
    Role.LAST_TERM: (
        *("lastlogterm", "lastterm", "logterm", "loglastterm", "lastentryterm"),
    ),
    Role.PREV_INDEX: (
        *("prevlogindex", "previndex", "prevlogidx", "previdx", "previousindex"),
        *("previouslogindex", "preventryindex", "prev"),
    ),
    Role.PREV_TERM: (
        *("prevlogterm", "prevterm", "previousterm", "previouslogterm"),
        "preventryterm",
    ),
    Role.ENTRIES: (
        *("entries", "logs", "log", "logentries", "newentries", "entry", "items"),
    ),
    Role.COMMIT: (
        *("leadercommit", "commitindex", "commit", "leadercommitindex", "commitidx"),
        *("committed", "leadercommitidx", "committedindex"),
    ),
    Role.SNAPSHOT_INDEX: (
        *("lastincludedindex", "snapshotindex", "lastindex", "lastincludedidx"),
        *("snapindex", "snapshotlastindex", "includedindex", "lastidx", "index"),
    ),
    Role.SNAPSHOT_TERM: (
        *("lastincludedterm", "snapshotterm", "lastterm", "snapterm"),
        *("snapshotlastterm", "includedterm", "lastlogterm"),
    ),
    Role.DATA: ("data", "snapshot", "snapshotdata", "snap", "state", "bytes"),
    Role.GRANTED: (
        *("votegranted", "granted", "vote", "success", "ok", "voted", "grant"),
        *("grantvote", "accepted", "yes"),
    ),
    Role.SUCCESS: (
        *("success", "ok", "accepted", "accept", "succeeded", "succ", "matched"),
        *("match", "appended"),
    ),
    Role.ACK: (
        *("match", "matchindex", "matchidx", "matched", "ack", "acked", "ackindex"),
        *("upto", "stored", "lastmatch", "matchedindex"),
    ),
    Role.COMMAND: ("command", "cmd", "op", "operation", "value", "data", "payload"),
}

_CONTAINED: Final[Mapping[Role, tuple[tuple[str, ...], ...]]] = {
    # Any of these alternatives, each all of its parts.
    Role.LAST_INDEX: (("last", "index"), ("last", "idx")),
    Role.LAST_TERM: (("last", "term"),),
    Role.PREV_INDEX: (("prev", "index"), ("prev", "idx"), ("prev", "pos")),
    Role.PREV_TERM: (("prev", "term"),),
    Role.COMMIT: (("commit",),),
    Role.SNAPSHOT_INDEX: (("index",), ("idx",)),
}

# What is only near: parts of a name that say that it is something else.
_NOT: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.COMMIT: ("uncommit", "notcommit"),
    Role.SNAPSHOT_INDEX: ("chunk", "part", "piece", "seq", "prev", "log"),
}

# What the one verdict of a reply may be called, by what is in the name.
_YES: Final = (
    *("grant", "vote", "ok", "succ", "accept", "agree", "yes", "match", "append"),
    *("approve", "allow", "pass", "ack", "stored", "done", "good", "fine"),
)
_NO: Final = (
    *("reject", "refus", "den", "conflict", "mismatch", "stale", "fail", "nack"),
    *("inconsist", "differ", "old", "outdated", "bad", "wrong", "not", "behind"),
)
# What says that a type is more than one message.
_KINDS: Final = ("kind", "type", "msgtype", "msgkind", "messagetype", "what", "tag")

_HINTS: Final = ("conflict", "last", "prev", "log", "x", "hint", "first")


def match_request(
    description: Description, method: str
) -> tuple[Message, Names] | None:
    """Which of Raft's requests a type is, and how; None if it is none of them.

    A type that is one but for some role says which in `missing`, if the method, or all
    else, leaves no doubt what it is meant to be.
    """
    fields = description.fields
    data = [field for field in fields if _is_data(field)]
    called = _normal(method.rpartition(".")[2])
    # One type for all that servers say: which it is, only the solution knows.
    is_tagged = any(_normal(field.name) in _KINDS for field in fields)
    if is_tagged and not any(word in called for word in _CALLED):
        return None
    append = _names(description, _APPEND)
    if Role.PREV_INDEX in append.fields or _is_entry_like(
        append.fields.get(Role.ENTRIES)
    ):
        return Message.APPEND, append
    vote = _names(description, _VOTE)
    # A flag that is unknown may say that the vote binds nobody.
    binds = all(
        field is vote.fields.get(Role.PRE_VOTE)
        for field in fields
        if field.shape.kind == "bool"
    )
    if "vote" in called and not vote.missing:
        return (Message.VOTE, vote) if binds else None
    snapshot = _names(description, _SNAPSHOT)
    is_termed = Role.TERM in snapshot.fields or "snap" in called
    if data and Role.SNAPSHOT_INDEX in snapshot.fields and is_termed:
        return Message.SNAPSHOT, snapshot
    is_vote = Role.TERM in vote.fields and Role.LAST_INDEX in vote.fields
    if is_vote and not data and any(word in called for word in _ELECTING):
        return (Message.VOTE, vote) if binds else None
    # Nothing but the method's name is left to tell what it is meant to be.
    if "vote" in called:
        return Message.VOTE, vote
    if "snapshot" in called:
        return Message.SNAPSHOT, snapshot
    if "append" in called or "heartbeat" in called:
        return Message.APPEND, append
    return None


def match_reply(description: Description, to: Message) -> Names:
    """How the reply to a request is read."""
    wanted = {
        Message.VOTE: (Role.TERM, Role.GRANTED),
        Message.APPEND: (Role.TERM, Role.SUCCESS),
        Message.SNAPSHOT: (Role.TERM,),
    }[to]
    names = _names(description, wanted)
    verdict = wanted[1] if len(wanted) > 1 else None
    if verdict is not None:
        names = _with_verdict(names, description, verdict)
    fields = dict(names.fields)
    for role in (Role.ACK, Role.COMMIT):
        free = [field for field in description.fields if field not in fields.values()]
        known = _field_for(role, free)
        if known is not None and known.shape.kind == "int":
            fields[role] = known
    return replace(names, fields=fields)


def _with_verdict(names: Names, description: Description, verdict: Role) -> Names:
    """The same, unless it is open which flag is the verdict, or how it is meant."""
    flags = [field for field in description.fields if field.shape.kind == "bool"]
    denying = [
        field for field in flags if any(part in _normal(field.name) for part in _NO)
    ]
    found = names.fields.get(verdict)
    if not denying:
        return names
    if flags == denying and len(flags) == 1:
        return replace(names, negated=True)
    if found is None:
        return names
    # A yes that another flag may take back.
    fields = {role: field for role, field in names.fields.items() if role != verdict}
    return replace(names, fields=fields, missing=(*names.missing, verdict))


def match_entry(description: Description) -> Names:
    """How a record of the log is read."""
    names = _names(description, (Role.TERM, Role.COMMAND))
    others = [f for f in description.fields if f is not names.fields.get(Role.TERM)]
    if Role.COMMAND in names.missing and len(others) == 1:
        fields = {**names.fields, Role.COMMAND: others[0]}
        missing = tuple(role for role in names.missing if role is not Role.COMMAND)
        return Names(names.type_name, fields, missing)
    return names


def says_pre_vote(method: str) -> bool:
    """Whether a method's name says that its votes bind nobody."""
    return "prevote" in _normal(method) or "precandidate" in _normal(method)


def tells_commit(description: Description) -> bool:
    """Whether a request for a vote tells how far a log is committed."""
    return _field_for(Role.COMMIT, description.fields) is not None


def says_heartbeat(method: str, type_name: str) -> bool:
    """Whether a method's name, or its type's, says that it never carries entries."""
    return "heartbeat" in _normal(method) or "heartbeat" in _normal(type_name)


_CALLED: Final = ("append", "heartbeat", "replicat", "vote", "snap", "install")
"""One of these is in the name of a method that is for one kind of request."""
_ELECTING: Final = ("vote", "elect", "ballot", "candid", "campaign")
"""One of these is in the name of a method that asks for a vote. Another method with
such a request may ask beforehand who would vote, which binds nobody."""

_VOTE: Final = (Role.TERM, Role.LAST_INDEX, Role.LAST_TERM)
_APPEND: Final = (
    *(Role.TERM, Role.PREV_INDEX, Role.PREV_TERM, Role.ENTRIES, Role.COMMIT),
)
_SNAPSHOT: Final = (Role.TERM, Role.SNAPSHOT_INDEX, Role.SNAPSHOT_TERM)

_Fits = Callable[[Shape], bool]


def _is_int(shape: Shape) -> bool:
    if shape.kind == "union":
        return any(map(_is_int, shape.items))
    return shape.kind in ("int", "any")


def _is_bool(shape: Shape) -> bool:
    return shape.kind in ("bool", "any")


def _is_data(field: Field) -> bool:
    # A candidate may be known by a name, which is text as well.
    named = _normal(field.name) in _EXACT[Role.DATA]
    return field.shape.kind == "bytes" or (
        field.shape.kind in ("str", "any", "list") and named
    )


def _is_list(shape: Shape) -> bool:
    return shape.kind == "list"


def _can_be_entries(shape: Shape) -> bool:
    if shape.kind == "union":
        return any(map(_can_be_entries, shape.items))
    return shape.kind in ("list", "record", "any")


def _anything(shape: Shape) -> bool:
    return True


_TYPES: Final[Mapping[Role, _Fits]] = {
    Role.ENTRIES: _can_be_entries,
    Role.GRANTED: _is_bool,
    Role.SUCCESS: _is_bool,
    Role.COMMAND: _anything,
}


def _names(description: Description, wanted: Iterable[Role]) -> Names:
    """Find a field for each of the roles; none plays two."""
    found: dict[Role, Field] = {}
    missing = []
    for role in wanted:
        free = [field for field in description.fields if field not in found.values()]
        field = _field_for(role, free)
        if field is None:
            missing.append(role)
        else:
            found[role] = field
    pre_vote = [
        field
        for field in description.fields
        if field.shape.kind == "bool" and _normal(field.name).startswith("pre")
    ]
    if pre_vote and Role.LAST_INDEX in found:
        found[Role.PRE_VOTE] = pre_vote[0]
    return Names(description.name, found, tuple(missing))


def _field_for(role: Role, fields: Sequence[Field]) -> Field | None:
    fits = _TYPES.get(role, _is_int)
    fitting = [field for field in fields if fits(field.shape)]
    by_name = {_normal(field.name): field for field in reversed(fitting)}
    for name in _EXACT.get(role, ()):
        if name in by_name:
            return by_name[name]
    others = _NOT.get(role, ())
    for parts in _CONTAINED.get(role, ()):
        for name, field in by_name.items():
            if any(other in name for other in others):
                continue
            if all(part in name for part in parts):
                return field
    return _only_candidate(role, fitting)


def _only_candidate(role: Role, fitting: Sequence[Field]) -> Field | None:
    """The one field that can be meant, whatever its name."""
    if role in (Role.GRANTED, Role.SUCCESS):
        certain = [field for field in fitting if field.shape.kind == "bool"]
        if len(certain) != 1:
            return None
        name = _normal(certain[0].name)
        return certain[0] if any(part in name for part in (*_YES, *_NO)) else None
    if role is Role.ENTRIES:
        certain = [field for field in fitting if _is_list(field.shape)]
        return certain[0] if len(certain) == 1 else None
    if role is Role.TERM:
        certain = [
            field
            for field in fitting
            if "term" in _normal(field.name)
            and not any(hint in _normal(field.name) for hint in _HINTS)
        ]
        return certain[0] if len(certain) == 1 else None
    return None


def _is_entry_like(field: Field | None) -> bool:
    """Whether a field holds one entry or several, and not just anything."""
    if field is None:
        return False
    shapes = field.shape.items if field.shape.kind == "union" else (field.shape,)
    for shape in shapes:
        items = shape.items if shape.kind == "list" else (shape,)
        for item in items:
            entry = description_of(item.tag) if item.kind == "record" else None
            if entry is not None and Role.TERM in match_entry(entry).fields:
                return True
            if shape.kind == "list" and item.kind in ("any", "tuple", "list"):
                return True
    return False


def _normal(name: str) -> str:
    return name.replace("_", "").lower()
