"""What each server shows of itself, as a run goes on.

What it sends, answers and applies counts, and what it is asked directly. Nobody looks
inside, so what a server has not shown is not known, and None here. Rules that keep it
honest:

- a log is what its server has vouched for: a leader by what it sends, a follower by its
  successes, anybody by what is applied; entries that nobody has told of are missing;
- indices are those of `Start` and of the apply channel. A solution that counts
  differently in its messages is found out by a command that both have told of;
- what is told of an earlier incarnation says nothing of this one, but for what a server
  has to remember over a crash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from labrpc.facts import (
    Answered,
    Delivered,
    LinkCut,
    LinkHealed,
    Message,
    Sent,
)
from labrt import Fact, ProgramEnded, ProgramStarted
from tester1.facts.kinds import (
    Applied,
    Proposed,
    SnapshotAdopted,
    SnapshotTaken,
    StateTold,
)
from tester1.facts.names import is_server
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

__all__ = ["Entry", "LogChange", "ServerState", "States", "index_offset"]

_STEPS_DOWN_S: Final = 0.15
"""How long a leader may go on after it was told of a newer term, in seconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a log, as far as it is known; `command` is plain data."""

    term: int | None
    command: object = None
    has_command: bool = False


@dataclass(frozen=True, slots=True)
class LogChange:
    """How a log changes: an entry is put at an index, or it ends there (None)."""

    index: int
    entry: Entry | None


LogListener: TypeAlias = Callable[["ServerState", LogChange], object]


@dataclass(slots=True)
class ServerState:
    """What is known of one server at one instant."""

    server: str
    alive: bool = False
    incarnation: int = 0
    reaches: dict[str, bool] = field(default_factory=dict)
    role: str | None = None
    term: int | None = None
    voted: str | None = None
    """The program that it has voted for in its term."""
    commit: int | None = None
    applied: int | None = None
    snapshot: int | None = None
    snapshot_term: int | None = None
    log: dict[int, Entry] = field(default_factory=dict)
    """The entries that are known, by index, those behind the snapshot."""
    end: int | None = None
    """The last index of the log."""
    next: dict[str, int] = field(default_factory=dict)
    """Of each peer the index that it is sent next, if this server leads."""
    match: dict[str, int] = field(default_factory=dict)
    """Of each peer the last index that it has acknowledged to this leader."""
    # When it was told of its term by another, if it has shown nothing since.
    told_at: float | None = None
    listener: LogListener | None = None

    @property
    def log_end(self) -> tuple[int, int | None] | None:
        """Index and term of the last entry; the term may be unknown."""
        if self.end is None:
            return None
        return self.end, self.term_at(self.end)

    def term_at(self, index: int) -> int | None:
        """The term of the entry there, None if it is not known."""
        if index == 0:
            return 0
        if index == self.snapshot and self.snapshot_term is not None:
            return self.snapshot_term
        entry = self.log.get(index)
        return None if entry is None else entry.term

    def show_term(self, term: int) -> bool:
        """Take note of a term that the server has shown; whether it is its present."""
        if self.term is None or term >= self.term:
            self.told_at = None
        if self.term is None or term > self.term:
            # Its role and its vote are those of a term.
            self.term, self.voted = term, None
            self.show_role(None)
        return term == self.term

    def show_role(self, role: str | None) -> None:
        """Take note of a role; only a leader keeps what its peers have."""
        if role != self.role:
            self.role = role
            self.next, self.match = {}, {}

    def restart(self, incarnation: int) -> None:
        """Forget what no server remembers over a crash."""
        self.alive, self.incarnation = True, incarnation
        self.commit = None
        self.show_role(None)
        # The service begins from its snapshot, if it ever had one, and applies what
        # follows again.
        self.applied = 0 if self.snapshot is None else None

    def commits(self, index: int | None) -> None:
        """Take note that the server has committed up to an index."""
        if index is not None:
            self.commit = max(self.commit or 0, index)

    # The log

    def put(self, index: int, entry: Entry) -> None:
        """Take note of an entry; what it contradicts is gone, and all behind that."""
        if index <= (self.snapshot or 0):
            return
        known = self.log.get(index)
        if known is not None:
            if None not in (known.term, entry.term) and known.term != entry.term:
                self.cut(index - 1)
            else:
                # Each tells what the other may have left open.
                entry = Entry(
                    known.term if entry.term is None else entry.term,
                    *(
                        (entry.command, True)
                        if entry.has_command
                        else (known.command, known.has_command)
                    ),
                )
        if entry != known or index not in self.log:
            self.log[index] = entry
            self._tell(index, entry)
        if self.end is None or index > self.end:
            self.end = index

    def reaches_to(self, index: int, term: int | None) -> None:
        """Take note that the log has an entry of that term there, or begins there."""
        if index > (self.snapshot or 0):
            self.put(index, Entry(term))
        elif self.end is None:
            self.end = index

    def cut(self, last: int) -> None:
        """Take note that the log ends at an index."""
        if self.end is None or last >= self.end:
            return
        for index in range(last + 1, self.end + 1):
            self.log.pop(index, None)
        self.end = last
        self._tell(last, None)

    def holds(self, prev: int, prev_term: int | None, entries: Sequence[Entry]) -> None:
        """Take note that the log has these entries behind `prev`."""
        self.reaches_to(prev, prev_term)
        for index, entry in enumerate(entries, prev + 1):
            self.put(index, entry)
        last = prev + len(entries)
        last_term = entries[-1].term if entries else prev_term
        end = self.log_end
        # Terms never decrease along a log, so an older entry cannot lie behind.
        if end is not None and end[0] > last and None not in (end[1], last_term):
            assert end[1] is not None
            assert last_term is not None
            if end[1] < last_term:
                self.cut(last)

    def snaps(self, index: int, term: int | None) -> None:
        """Take note that a snapshot stands for all up to an index."""
        if index <= (self.snapshot or 0):
            return
        known = self.term_at(index) if term is None else term
        for old in [at for at in self.log if at <= index]:
            del self.log[old]
        self.snapshot, self.snapshot_term = index, known
        if self.end is None or self.end < index:
            self.end = index

    def _tell(self, index: int, entry: Entry | None) -> None:
        if self.listener is not None:
            self.listener(self, LogChange(index, entry))


class States:
    """The states of all servers of a run; facts are taken in their order.

    `offset` is what the indices in messages lack to those of `Start`. `listener` is
    told of every change of a log; what else changes is there to be compared.
    """

    def __init__(
        self, calls: Calls, offset: int = 0, listener: LogListener | None = None
    ) -> None:
        self._calls = calls
        self._offset = offset
        self._listener = listener
        self.servers: dict[str, ServerState] = {}
        self.links: dict[tuple[str, str], bool] = {}
        """Whether what a program sends to another arrives; missing if it never did."""

    def take(self, fact: Fact) -> ServerState | None:
        """Take note of a fact; returns the server that it has shown something of."""
        if isinstance(fact, LinkCut | LinkHealed):
            self.links[fact.server, fact.peer] = isinstance(fact, LinkHealed)
        if not is_server(fact.server):
            return None
        server = self.servers.get(fact.server)
        if server is None:
            server = ServerState(fact.server, listener=self._listener)
            self.servers[fact.server] = server
        if isinstance(fact, Message):
            content = self._calls.message(fact)
            if content is not None:
                self._message(server, fact, content)
        else:
            _other(server, fact)
        return server

    def all(self) -> list[ServerState]:
        """The servers by number, with whom they reach."""
        for server in self.servers.values():
            server.reaches = {
                peer: self.reach_each_other(server.server, peer)
                for peer in self.servers
                if peer != server.server
            }
        return sorted(self.servers.values(), key=lambda one: _order(one.server))

    def reach_each_other(self, one: str, other: str) -> bool:
        """Whether messages arrive in both directions."""
        get = self.links.get
        return get((one, other), False) and get((other, one), False)

    # Messages. What reached a server may be of a term that it has refused, and what it
    # sends is its own; a request that was handed over is judged when it is answered.

    def _message(
        self, server: ServerState, fact: Message, content: RaftMessage
    ) -> None:
        if isinstance(fact, Sent):
            told_at = server.told_at
            # One that goes on as before, when others would have stepped down long ago.
            if told_at is not None and fact.time - told_at > _STEPS_DOWN_S:
                server.term = min(content.term, server.term or 0)
            self._sent(server, fact.peer, content)
        elif isinstance(fact, Answered):
            self._answered(server, fact, content)
        elif isinstance(fact, Delivered):
            if content.term > (server.term or 0):
                server.show_term(content.term)
                server.show_role("follower")
                server.told_at = fact.time
            else:
                self._delivered(server, fact, content)

    def _sent(self, server: ServerState, peer: str, content: RaftMessage) -> None:
        match content:
            case VoteRequest(term, last_index, last_term, trial):
                if last_index is not None:
                    last = last_index + self._offset
                    server.reaches_to(last, last_term)
                    server.cut(last)
                if not trial and server.show_term(term):
                    server.show_role("candidate")
                    server.voted = server.server
            case AppendRequest(term=term):
                # What a deposed leader goes on to send is its log all the same.
                if server.show_term(term):
                    server.show_role("leader")
                    server.next[peer] = content.prev_index + self._offset + 1
                server.commits(self._shifted(content.commit))
                self._holds(server, content)
            case SnapshotRequest(term=term):
                if server.show_term(term):
                    server.show_role("leader")
                    server.next[peer] = content.index + self._offset + 1

    def _holds(self, server: ServerState, request: AppendRequest) -> None:
        entries = [
            Entry(term, command, has_command=True)
            for term, command in zip(request.terms, request.commands, strict=True)
        ]
        prev = request.prev_index + self._offset
        # What an empty append says of its place alone is not worth an entry, if it
        # says it of the beginning.
        if prev >= 0:
            server.holds(prev, request.prev_term, entries)

    def _answered(
        self, server: ServerState, fact: Answered, content: RaftMessage
    ) -> None:
        request = self._calls.request(fact)
        if isinstance(content, VoteReply) and content.trial:
            return
        if content.term <= 0 or not server.show_term(content.term):
            return
        match content:
            case VoteReply(granted=True):
                server.show_role("follower")
                server.voted = fact.peer
            case AppendReply(success=True):
                server.show_role("follower")
                assert isinstance(request, AppendRequest)
                self._holds(server, request)
                if request.commit is not None:
                    commit = min(request.commit, request.last_index)
                    server.commits(self._shifted(commit))
            case SnapshotReply() | VoteReply() | AppendReply():
                server.show_role(server.role or "follower")

    def _delivered(
        self, server: ServerState, fact: Delivered, content: RaftMessage
    ) -> None:
        request = self._calls.request(fact)
        if server.role != "leader" or request is None or request.term != server.term:
            return
        acknowledged: int | None = None
        if isinstance(content, AppendReply) and content.success:
            assert isinstance(request, AppendRequest)
            acknowledged = request.last_index
        elif isinstance(content, SnapshotReply):
            assert isinstance(request, SnapshotRequest)
            acknowledged = request.index
        if acknowledged is not None:
            match = acknowledged + self._offset
            server.match[fact.peer] = max(server.match.get(fact.peer, 0), match)

    def _shifted(self, index: int | None) -> int | None:
        return None if index is None else index + self._offset


def _other(server: ServerState, fact: Fact) -> None:
    match fact:
        case ProgramStarted(incarnation=incarnation):
            server.restart(incarnation)
        case ProgramEnded():
            server.alive = False
        case StateTold(term=term, is_leader=leads):
            if server.show_term(term):
                if leads:
                    server.show_role("leader")
                elif server.role in (None, "leader"):
                    server.show_role("follower")
        case Proposed(is_leader=True, term=term, index=index):
            if server.show_term(term):
                server.show_role("leader")
                server.put(index, Entry(term, fact.content, has_command=True))
        case Applied(index=index):
            server.put(index, Entry(None, fact.content, has_command=True))
            server.applied = index
            server.commits(index)
        case SnapshotAdopted(index=index, term=term):
            known = server.term_at(index)
            if known is None or known != (term or known):
                # Whoever has not the entry that it ends with has nothing behind it.
                server.cut(index)
            _snapshot(server, index, term or None)
        case SnapshotTaken(index=index):
            _snapshot(server, index, None)


def _snapshot(server: ServerState, index: int, term: int | None) -> None:
    server.snaps(index, term)
    server.applied = max(server.applied or 0, index)
    server.commits(index)


def _order(name: str) -> tuple[int, str]:
    return len(name), name


def index_offset(facts: Iterable[Fact], calls: Calls) -> int | None:
    """What has to be added to indices in messages to get those of `Start`.

    0 if no command was seen both ways, None if the differences contradict one another:
    then nothing can be said about logs.
    """
    proposed: dict[tuple[int, str], int] = {}
    differences: Counter[int] = Counter()
    for fact in facts:
        if isinstance(fact, Proposed) and fact.is_leader:
            # A command may be proposed twice in a term; then it tells nothing.
            key = fact.term, repr(fact.content)
            proposed[key] = -1 if key in proposed else fact.index
        elif isinstance(fact, Sent):
            request = calls.request(fact)
            if isinstance(request, AppendRequest) and request.entries:
                _compare(request, proposed, differences)
    if not differences:
        return 0
    ((offset, count),) = differences.most_common(1)
    return offset if count * 10 >= sum(differences.values()) * 9 else None


def _compare(
    request: AppendRequest,
    proposed: Mapping[tuple[int, str], int],
    differences: Counter[int],
) -> None:
    # One entry of each message is enough, and keeps this from costing more than all
    # the rest.
    term, command = request.terms[-1], request.commands[-1]
    index = -1 if term is None else proposed.get((term, repr(command)), -1)
    if index >= 0:
        differences[index - request.last_index] += 1
