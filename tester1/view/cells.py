"""The words for each kind of fact, as they stand in the column of a server.

A cell says what happened in the field's own words, with the numbers that matter:
`→2 AppendEntries T5 prev 12/4 +3 commit 11` is a request to server 2 in term 5, with
three entries behind index 12 of term 4. Each has a short form for narrow columns, in
which no number is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from labrpc.facts import (
    Answered,
    Delivered,
    HandedOver,
    LinkCut,
    LinkHealed,
    Lost,
    Message,
    ModesChanged,
    Sent,
)
from labrt import Fact, Printed, ProgramEnded, ProgramStarted
from labrt.texts import harmless
from tester1.facts.kinds import (
    Applied,
    CheckBegun,
    CheckFailed,
    CheckPassed,
    FaultMade,
    Killed,
    LockHeldInCall,
    Noted,
    Performed,
    Proposed,
    PutPerformed,
    Restored,
    RuleBroken,
    Saved,
    SnapshotAdopted,
    SnapshotTaken,
    StateTold,
    SubmitReturned,
    Submitted,
    TaskWaits,
    Waited,
    brief,
)
from tester1.facts.names import is_server, number_of
from tester1.rules.messages import (
    AppendReply,
    AppendRequest,
    Calls,
    RaftMessage,
    SnapshotReply,
    SnapshotRequest,
    VoteReply,
    VoteRequest,
)

__all__ = ["TIMES", "Cell", "Topic", "Words"]

TIMES: Final = "\N{MULTIPLICATION SIGN}"
"""What stands before the number of repeats."""

_MOST_VALUE: Final = 14


class Topic(StrEnum):
    """What a fact is about."""

    ELECTION = "election"
    REPLICATION = "replication"
    SNAPSHOT = "snapshot"
    STORAGE = "persist and apply"
    FAULT = "fault"
    PRINT = "print"
    SERVICE = "service"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Cell:
    """One fact in words.

    `server` is whose column it stands in, None if it stands across all of them. `peers`
    are the other ends of a message, in front of which `sign` shows its direction.
    `routine` is what happens all the time while all is well.
    """

    server: str | None
    text: str
    topic: Topic
    short: str = ""
    sign: str = ""
    peers: tuple[str, ...] = ()
    routine: bool = False

    @property
    def full(self) -> str:
        """The whole text."""
        return self._with_peers(self.text)

    @property
    def narrow(self) -> str:
        """The text for a narrow column."""
        return self._with_peers(self.short or self.text)

    def _with_peers(self, text: str) -> str:
        return f"{self.sign}{','.join(self.peers)} {text}" if self.sign else text


class Words:
    """Puts the facts of one run into words."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.calls = Calls(facts)

    def cell(self, fact: Fact) -> Cell:
        """A fact in words."""
        if isinstance(fact, Message):
            return self._message(fact)
        say = _SAYINGS.get(type(fact))
        if say is not None:
            text, topic, *routine = say(fact)
        else:
            text, topic, routine = f"{fact.kind} {fact.text()}".rstrip(), Topic.TEST, []
        text = harmless(text)
        if is_server(fact.server):
            short = ""
            if isinstance(fact, Proposed) and fact.is_leader:
                short = f"Start: index {fact.index} T{fact.term}"
            return Cell(fact.server, text, topic, short, routine=bool(routine))
        # A fault and a finding say it all; of a check, its row says that it is one.
        place = "" if topic is Topic.FAULT else harmless(fact.place)
        return Cell(None, f"{place}: {text}" if place else text, topic)

    def _message(self, fact: Message) -> Cell:
        """A message at the server where this happens to it."""
        content = self.calls.message(fact)
        text, short = self._said(fact, content)
        topic = _TOPICS.get(type(content), Topic.SERVICE)
        sign = "→" if isinstance(fact, Sent | Answered) else "←"
        if isinstance(fact, Lost):
            text, short, sign = f"{text}: {fact.why}", f"{short}: {fact.why}", "✗"
        elif isinstance(fact, Sent) and fact.obstacle:
            text, short = f"{text} ({fact.obstacle})", f"{short} (cut)"
        peers = (number_of(fact.peer),)
        server = fact.server if is_server(fact.server) else None
        if server is None:
            text = f"{harmless(fact.server)}: {text}"
        return Cell(
            *(server, harmless(text), topic, harmless(short), sign, peers),
            routine=self._is_routine(fact),
        )

    def _is_routine(self, fact: Message) -> bool:
        """Whether it is part of a heartbeat that went well."""
        request, reply = self.calls.request(fact), self.calls.reply(fact)
        if not isinstance(request, AppendRequest) or request.entries:
            return False
        return not (isinstance(reply, AppendReply) and not reply.success)

    def _said(self, fact: Message, content: RaftMessage | None) -> tuple[str, str]:
        """What a message says, at length and in short."""
        match content:
            case VoteRequest(term, index, last_term, trial):
                sender = fact.peer if isinstance(fact, HandedOver) else fact.server
                kind = "pre-vote" if trial else "vote"
                whom, log = number_of(sender), f"{index}/{last_term}"
                short = f"{kind} {whom}? T{term} {log}"
                return f"{kind} for {whom}? T{term} log {log}", short
            case VoteReply(term, granted):
                said = f"{'granted' if granted else 'denied'} T{term}"
                return said, said
            case AppendRequest():
                return _append(content)
            case AppendReply(term, success):
                return self._appended(fact, term, success=success)
            case SnapshotRequest(term, index, index_term):
                of_term = "?" if index_term is None else index_term
                said = f"snapshot T{term} up to {index}/{of_term}"
                return said, said
            case SnapshotReply(term):
                return f"snapshot answered T{term}", f"answered T{term}"
        return self._unread(fact)

    def _appended(self, fact: Message, term: int, *, success: bool) -> tuple[str, str]:
        request = self.calls.request(fact)
        assert isinstance(request, AppendRequest), "a reply is told by its request"
        if success:
            return f"ok T{term} up to {request.last_index}", f"ok T{term}"
        prev = f"prev {request.prev_index}/{request.prev_term}"
        return f"rejected T{term} {prev}", f"no T{term} {prev}"

    def _unread(self, fact: Message) -> tuple[str, str]:
        """A message that is none of Raft's: its method and its fields."""
        method = fact.method.partition(".")[2] or fact.method
        about: Sent | Answered | None = self.calls.sent(fact)
        if isinstance(fact, Answered | Delivered):
            about = self.calls.answered(fact)
        content = None if about is None else about.content
        if not isinstance(content, dict):
            said = "" if content is None else brief(content, _MOST_VALUE)
            return f"{method} {said}".rstrip(), f"{method} {said}".rstrip()
        fields = [
            f"{name}={brief(value, _MOST_VALUE)}"
            for name, value in content.items()
            if name
        ]
        if isinstance(fact, Answered | Delivered):
            method = f"{method} answers"
        return " ".join([method, *fields]), " ".join([method, *fields])


def _append(request: AppendRequest) -> tuple[str, str]:
    prev = f"{request.prev_index}/{request.prev_term}"
    commit = "?" if request.commit is None else request.commit
    term = request.term
    if not request.entries:
        return (
            f"heartbeat T{term} prev {prev} commit {commit}",
            f"beat T{term} {prev} c{commit}",
        )
    more = f"+{request.entries}{_terms(request)}"
    return (
        f"AppendEntries T{term} prev {prev} {more} commit {commit}",
        f"append T{term} {prev} {more} c{commit}",
    )


def _terms(request: AppendRequest) -> str:
    """The terms of the entries, unless all are of the leader's own."""
    terms = [term for term in request.terms if term is not None]
    if not terms or set(terms) == {request.term}:
        return ""
    first, last = terms[0], terms[-1]
    return f" of T{first}" if first == last else f" of T{first}-{last}"


_TOPICS: Final[dict[type, Topic]] = {
    VoteRequest: Topic.ELECTION,
    VoteReply: Topic.ELECTION,
    AppendRequest: Topic.REPLICATION,
    AppendReply: Topic.REPLICATION,
    SnapshotRequest: Topic.SNAPSHOT,
    SnapshotReply: Topic.SNAPSHOT,
}


def _value(content: object) -> str:
    return brief(content, _MOST_VALUE)


# Of each kind that is no message: its words, its topic, and True if it is routine.


def _saved(fact: Saved) -> tuple[Any, ...]:
    if not fact.new_state and not fact.snapshot:
        return f"saves {fact.state} B again", Topic.STORAGE, True
    snapshot = f" + snapshot {fact.snapshot} B" if fact.snapshot else ""
    return f"saves {fact.state} B{snapshot}", Topic.STORAGE


def _proposed(fact: Proposed) -> tuple[Any, ...]:
    said = f"Start({_value(fact.content)})"
    if fact.is_leader:
        return f"{said}: index {fact.index} T{fact.term}", Topic.REPLICATION
    return f"{said}: no leader T{fact.term}", Topic.REPLICATION, True


def _state(fact: StateTold) -> tuple[Any, ...]:
    if fact.is_leader:
        return f"GetState: leads T{fact.term}", Topic.ELECTION
    return f"GetState: follows T{fact.term}", Topic.ELECTION, True


def _started(fact: ProgramStarted) -> tuple[Any, ...]:
    life = f" (life {fact.incarnation})" if fact.incarnation > 1 else ""
    return f"starts{life}", Topic.FAULT


def _submitted(fact: SubmitReturned) -> tuple[Any, ...]:
    return f"Submit returns {fact.err} {_value(fact.content)}", Topic.SERVICE


def _performed(fact: Performed) -> tuple[Any, ...]:
    return f"performs {brief(fact.content, 30)}: {_value(fact.result)}", Topic.SERVICE


def _put_performed(fact: PutPerformed) -> tuple[Any, ...]:
    put = f"PutArgs({fact.key}, {brief(fact.value, 12)}, {fact.version})"
    return f"performs {put}: {fact.err}", Topic.SERVICE


_SAYINGS: Final[dict[type[Fact], Callable[[Any], tuple[Any, ...]]]] = {
    ProgramStarted: _started,
    ProgramEnded: lambda fact: (f"ends (life {fact.incarnation})", Topic.FAULT),
    Printed: lambda fact: (f"print {fact.line}", Topic.PRINT),
    LinkCut: lambda fact: (f"cut off from {number_of(fact.peer)}", Topic.FAULT),
    LinkHealed: lambda fact: (f"reaches {number_of(fact.peer)}", Topic.FAULT),
    ModesChanged: lambda fact: (f"network: {fact.text()}", Topic.FAULT),
    Saved: _saved,
    Proposed: _proposed,
    StateTold: _state,
    Applied: lambda fact: (
        f"applies {fact.index}: {_value(fact.content)}",
        Topic.STORAGE,
    ),
    SnapshotTaken: lambda fact: (f"Snapshot({fact.index})", Topic.SNAPSHOT),
    SnapshotAdopted: lambda fact: (
        f"adopts snapshot up to {fact.index}",
        Topic.SNAPSHOT,
    ),
    Killed: lambda _: ("Kill()", Topic.FAULT),
    Submitted: lambda fact: (f"Submit({brief(fact.content, 30)})", Topic.SERVICE),
    SubmitReturned: _submitted,
    Performed: _performed,
    PutPerformed: _put_performed,
    Restored: lambda fact: (f"restored from {fact.size} B", Topic.SNAPSHOT),
    FaultMade: lambda fact: (fact.label, Topic.FAULT),
    Noted: lambda fact: (fact.label, Topic.TEST),
    CheckBegun: lambda fact: (fact.label, Topic.TEST),
    CheckPassed: lambda fact: (fact.label, Topic.TEST),
    CheckFailed: lambda fact: (fact.label, Topic.TEST),
    RuleBroken: lambda fact: (f"rule broken: {fact.sentence}", Topic.FAULT),
    LockHeldInCall: lambda fact: (fact.text(), Topic.TEST),
    TaskWaits: lambda fact: (fact.text(), Topic.TEST),
    Waited: lambda fact: (fact.text(), Topic.TEST, True),
}
