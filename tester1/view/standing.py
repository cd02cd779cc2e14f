"""How each server and its threads stand at the end, as far as facts tell.

What a server shows of itself counts: what it sends, answers, applies, and what it is
asked directly. Nobody looks inside, so what it has not shown since it was started is
not known, and None here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

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
    TaskWaits,
)
from tester1.facts.names import is_server, is_testers_thread, number_of
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
from tester1.view.cells import TIMES

__all__ = ["Standing", "standings", "table", "threads"]

_MOST_THREADS: Final = 6
_STEPS_DOWN_S: Final = 0.15
"""How long a leader may go on after it was told of a newer term, in seconds."""


@dataclass(slots=True)
class Standing:
    """What is known of one server at one instant."""

    server: str
    alive: bool = False
    reaches: dict[str, bool] = field(default_factory=dict)
    role: str | None = None
    term: int | None = None
    voted: str | None = None
    log_end: tuple[int, int | None] | None = None
    commit: int | None = None
    applied: int | None = None
    snapshot: int | None = None
    # When it was told of its term by another, if it has shown nothing since.
    told_at: float | None = None

    def show_term(self, term: int) -> bool:
        """Take note of a term that the server has shown; whether it is its present."""
        if self.term is None or term >= self.term:
            self.told_at = None
        if self.term is None or term > self.term:
            # Its role and its vote are those of a term.
            self.term, self.voted, self.role = term, None, None
        return term == self.term

    def restart(self) -> None:
        """Forget what no server remembers over a crash."""
        self.alive = True
        self.role = self.commit = None
        # The service begins from its snapshot, if it ever had one, and applies what
        # follows again.
        self.applied = 0 if self.snapshot is None else None

    def commits(self, index: int | None) -> None:
        """Take note that the server has committed up to an index."""
        if index is not None:
            self.commit = max(self.commit or 0, index)


def standings(facts: Sequence[Fact], calls: Calls) -> list[Standing]:
    """How each server stands after the facts, by number."""
    known: dict[str, Standing] = {}
    links: dict[tuple[str, str], bool] = {}
    for fact in facts:
        if isinstance(fact, LinkCut | LinkHealed):
            links[fact.server, fact.peer] = isinstance(fact, LinkHealed)
        if not is_server(fact.server):
            continue
        if fact.server not in known:
            known[fact.server] = Standing(fact.server)
        server = known[fact.server]
        # What is told of an earlier incarnation says nothing of this one.
        if isinstance(fact, Message):
            content = calls.message(fact)
            if content is not None:
                _message(server, fact, content, calls)
        else:
            _other(server, fact)
    for server in known.values():
        server.reaches = {
            peer: links.get((server.server, peer), False)
            and links.get((peer, server.server), False)
            for peer in known
            if peer != server.server
        }
    return sorted(known.values(), key=lambda one: (len(one.server), one.server))


def _message(
    server: Standing, fact: Message, content: RaftMessage, calls: Calls
) -> None:
    # What reached a server may be of a term that it has refused, and what it sends is
    # its own; a request that was handed over is judged when it is answered.
    if isinstance(fact, Sent):
        told_at = server.told_at
        # One that goes on as before, when others would have stepped down long ago.
        if told_at is not None and fact.time - told_at > _STEPS_DOWN_S:
            server.term = min(content.term, server.term or 0)
        _sent(server, content)
    elif isinstance(fact, Answered):
        request = calls.request(fact)
        _answered(server, number_of(fact.peer), request, content)
    elif isinstance(fact, Delivered) and content.term > (server.term or 0):
        server.show_term(content.term)
        server.role, server.told_at = "follower", fact.time


def _sent(server: Standing, content: RaftMessage) -> None:
    match content:
        case VoteRequest(term, last_index, last_term, trial):
            if last_index is not None:
                server.log_end = (last_index, last_term)
            if not trial and server.show_term(term):
                server.role, server.voted = "candidate", number_of(server.server)
        case AppendRequest(term=term, commit=commit):
            if server.show_term(term):
                server.role = "leader"
            server.commits(commit)
            end = server.log_end
            # A follower that lags is sent less than there is.
            if end is None or content.last_index > end[0]:
                server.log_end = (content.last_index, content.last_term)
        case SnapshotRequest(term=term):
            if server.show_term(term):
                server.role = "leader"


def _answered(
    server: Standing, peer: str, request: RaftMessage | None, content: RaftMessage
) -> None:
    if isinstance(content, VoteReply) and content.trial:
        return
    if content.term <= 0 or not server.show_term(content.term):
        return
    match content:
        case VoteReply(granted=True):
            server.role, server.voted = "follower", peer
        case AppendReply(success=True):
            server.role = "follower"
            assert isinstance(request, AppendRequest)
            _stored(server, request)
        case SnapshotReply() if isinstance(request, SnapshotRequest):
            server.role = server.role or "follower"
        case _:
            server.role = server.role or "follower"


def _stored(server: Standing, request: AppendRequest) -> None:
    end = server.log_end
    # A success vouches for so much; what the log has behind it may be more.
    if end is None or request.last_index >= end[0] or request.last_term != end[1]:
        server.log_end = (request.last_index, request.last_term)
    if request.commit is not None:
        server.commits(min(request.commit, request.last_index))


def _other(server: Standing, fact: Fact) -> None:
    match fact:
        case ProgramStarted():
            server.restart()
        case ProgramEnded():
            server.alive = False
        case StateTold(term=term, is_leader=leads):
            if server.show_term(term):
                if leads:
                    server.role = "leader"
                elif server.role in (None, "leader"):
                    server.role = "follower"
        case Proposed(is_leader=True, term=term, index=index):
            if server.show_term(term):
                server.role = "leader"
                server.log_end = (index, term)
        case Applied(index=index):
            server.applied = index
            server.commits(index)
        case SnapshotAdopted(index=index) | SnapshotTaken(index=index):
            server.snapshot = max(server.snapshot or 0, index)
            server.applied = max(server.applied or 0, index)
            server.commits(index)


def table(servers: Sequence[Standing]) -> list[str]:
    """A line for each server, below a heading."""
    heading = (
        *("server", "", "connected", "role", "term", "vote"),
        *("log end", "commit", "applied", "snapshot"),
    )
    lines = [heading, *map(_cells, servers)]
    # Most tests take none.
    if all(server.snapshot is None for server in servers):
        lines = [line[:-1] for line in lines]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            text.ljust(width) for text, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]


def _cells(server: Standing) -> tuple[str, ...]:
    if not server.alive:
        return (number_of(server.server), "down", *("" for _ in range(8)))
    reached = [number_of(peer) for peer, yes in server.reaches.items() if yes]
    if len(reached) == len(server.reaches):
        connected = "yes"
    else:
        connected = f"with {' '.join(reached)}" if reached else "no"
    end = server.log_end
    return (
        *(number_of(server.server), "up", connected, _known(server.role)),
        *(_known(server.term), _known(server.voted)),
        "?" if end is None else f"{end[0]}/T{_known(end[1])}",
        *(_known(server.commit), _known(server.applied)),
        "" if server.snapshot is None else str(server.snapshot),
    )


def _known(value: object) -> str:
    return "?" if value is None else str(value)


def threads(facts: Iterable[Fact], servers: int) -> list[str]:
    """What the threads of so many servers wait for; those that wait alike in a line."""
    alike: dict[tuple[str, str, str], list[TaskWaits]] = defaultdict(list)
    for fact in facts:
        # The tester's own thread waits for the solution, at all times; and who could go
        # on waits for nothing.
        if isinstance(fact, TaskWaits) and not is_testers_thread(fact.thread):
            alike[_kind_of(fact), _reason(fact), fact.line].append(fact)
    # A lock first, a sleep last: one that sleeps goes on by itself.
    stuck = [waiting for key, waiting in alike.items() if key[1] != "its turn"]
    ordered = sorted(stuck, key=lambda waiting: _weight(waiting[0]))
    lines = [_line(waiting, servers) for waiting in ordered]
    left_out = len(lines) - _MOST_THREADS
    if left_out > 0:
        lines = [*lines[:_MOST_THREADS], f"and {left_out} more kinds of waits"]
    return lines


def _kind_of(fact: TaskWaits) -> str:
    """What a thread runs, by its name: `Thread-3 (feeder)` is one of the feeders."""
    found = re.fullmatch(r"Thread-\d+ \((.*)\)", fact.thread)
    name = fact.thread if found is None else found[1]
    return re.sub(r"\d+", "", name).strip("-_ ")


def _reason(fact: TaskWaits) -> str:
    """What a thread waits for; the holder of a lock is one of the same server."""
    return fact.reason.replace(f", held by {fact.server}, ", " of ")


def _weight(fact: TaskWaits) -> int:
    order = ("Lock", "RLock", "a reply", "Condition")
    begins = [fact.reason.startswith(word) for word in order]
    return begins.index(True) if True in begins else len(order)


def _line(waiting: Sequence[TaskWaits], servers: int) -> str:
    """Which servers' threads wait, how many, for what, since when and at which line."""
    first = waiting[0]
    at = sorted({number_of(fact.server) for fact in waiting})
    who = "all" if len(at) == servers else " ".join(at)
    count = f" {TIMES}{len(waiting)}" if len(waiting) > len(at) else ""
    sleeps = first.reason == "its sleep to end"
    reason = "sleeps" if sleeps else f"waits for {_reason(first)}"
    since = min(fact.since for fact in waiting)
    place = first.line.partition(" in ")[0].rpartition("/")[2]
    at_line = f" at {place}" if place else ""
    return f"{who}: {_kind_of(first)}{count} {reason} since {since:.3f} s{at_line}"
