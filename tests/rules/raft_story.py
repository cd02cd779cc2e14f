"""Runs of Raft made by hand: facts in the order in which they would happen.

A `Story` is three servers and what happens to them. Each of its methods adds the facts
of one step; a step that is not told otherwise is done as a correct Raft would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import labgob
from labrpc.facts import CallFacts
from labrt import ProgramEnded, ProgramStarted
from tester1.facts.kinds import (
    Applied,
    Proposed,
    Saved,
    SnapshotAdopted,
    SnapshotTaken,
    StateTold,
)
from tester1.rules.raft.watch import RaftRules
from tests.rules.verdicts import Watched


@dataclass
class Entry:
    """An entry of a log."""

    term: int
    command: Any


@dataclass
class VoteArgs:
    """A candidate's request."""

    term: int
    candidate_id: int
    last_log_index: int
    last_log_term: int


@dataclass
class VoteReply:
    """The answer to it."""

    term: int
    vote_granted: bool


@dataclass
class AppendArgs:
    """A leader's request."""

    term: int
    leader_id: int
    prev_log_index: int
    prev_log_term: int
    entries: list[Entry]
    leader_commit: int


@dataclass
class AppendReply:
    """The answer to it."""

    term: int
    success: bool


@dataclass
class SnapshotArgs:
    """A leader's snapshot."""

    term: int
    leader_id: int
    last_included_index: int
    last_included_term: int
    data: bytes


@dataclass
class SnapshotReply:
    """The answer to it."""

    term: int


@dataclass
class Request:
    """A request on its way."""

    facts: CallFacts
    method: str
    sender: int
    receiver: int
    term: int


NOTHING = (0, 0)
"""The end of an empty log: its index and its term."""


def name(server: int) -> str:
    """The name of a server."""
    return f"server-0-{server}"


class Story(Watched):
    """Servers 0 to `n - 1`, which have just been started."""

    def __init__(
        self, n: int = 3, *, simulated: bool = True, in_order: bool = False
    ) -> None:
        super().__init__(most=None)
        # Of each server the highest term that an append has told it.
        self._terms = [0] * n
        names = [name(server) for server in range(n)]
        self.rules = RaftRules(
            self.court, names, simulated=simulated, in_order=in_order
        )
        for server in range(n):
            self.facts.emit(ProgramStarted(server=name(server), incarnation=1))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds

    # Messages

    def send(
        self, sender: int, receiver: int, method: str, args: Any, term: int
    ) -> Request:
        """Send any request."""
        self.time += 0.001
        facts = CallFacts(self.facts, name(sender), name(receiver), method)
        facts.sent(labgob.encode(args), 1, "")
        return Request(facts, method, sender, receiver, term)

    def arrive(self, request: Request) -> Request:
        """A request reaches its receiver."""
        self.time += 0.001
        request.facts.handed_over()
        return request

    def answer(self, request: Request, reply: Any, *, arrives: bool = True) -> None:
        """Its handler returns; the sender gets the reply, unless it is lost."""
        self.time += 0.001
        data = labgob.encode(reply)
        request.facts.answered(data)
        self.time += 0.001
        if arrives:
            request.facts.delivered(len(data))
        else:
            request.facts.lost("reply lost")

    # Elections

    def ask(
        self, candidate: int, voter: int, term: int, end: tuple[int, int] = NOTHING
    ) -> Request:
        """A candidate asks for a vote; its log ends with (index, term)."""
        args = VoteArgs(term, candidate, *end)
        return self.send(candidate, voter, "Raft.RequestVote", args, term)

    def stand(self, candidate: int, term: int) -> None:
        """A server saves that it stands in a term."""
        self.save(candidate)

    def vote(
        self,
        candidate: int,
        voter: int,
        term: int,
        end: tuple[int, int] = NOTHING,
        *,
        granted: bool = True,
        reply_term: int | None = None,
        saved: bool = True,
        arrives: bool = True,
    ) -> None:
        """A candidate asks a voter, which answers."""
        request = self.arrive(self.ask(candidate, voter, term, end))
        if saved:
            self.save(voter)
            self._terms[voter] = max(term, self._terms[voter])
        reply = VoteReply(term if reply_term is None else reply_term, granted)
        self.answer(request, reply, arrives=arrives)

    def elect(
        self,
        leader: int,
        term: int,
        voters: Sequence[int] = (1,),
        end: tuple[int, int] = NOTHING,
    ) -> None:
        """A server stands, gets the votes of `voters`, and leads."""
        self.stand(leader, term)
        for voter in voters:
            self.vote(leader, voter, term, end)

    # Logs

    def append(
        self,
        leader: int,
        follower: int,
        term: int,
        prev: tuple[int, int] = NOTHING,
        entries: Sequence[tuple[int, Any]] = (),
        commit: int = 0,
    ) -> Request:
        """A leader sends entries, each a term and a command."""
        args = AppendArgs(term, leader, *prev, [Entry(*one) for one in entries], commit)
        return self.send(leader, follower, "Raft.AppendEntries", args, term)

    def replicate(
        self,
        leader: int,
        follower: int,
        term: int,
        prev: tuple[int, int] = NOTHING,
        entries: Sequence[tuple[int, Any]] = (),
        commit: int = 0,
        *,
        success: bool = True,
        reply_term: int | None = None,
        saved: bool = True,
        arrives: bool = True,
    ) -> None:
        """A leader sends entries, and the follower answers."""
        request = self.append(leader, follower, term, prev, entries, commit)
        self.arrive(request)
        if saved and (term > self._terms[follower] or (entries and success)):
            self.save(follower)
        self._terms[follower] = max(term, self._terms[follower])
        reply = AppendReply(term if reply_term is None else reply_term, success)
        self.answer(request, reply, arrives=arrives)

    def start(
        self, server: int, index: int, term: int, command: Any, *, leads: bool = True
    ) -> None:
        """`Start` is called."""
        if leads:
            self.save(server)
        self.facts.emit(
            Proposed(
                server=name(server),
                data=labgob.encode(command),
                index=index,
                term=term,
                is_leader=leads,
            )
        )

    def state(self, server: int, term: int, *, leads: bool = False) -> None:
        """`GetState` is called."""
        self.facts.emit(StateTold(server=name(server), term=term, is_leader=leads))

    def apply(self, server: int, index: int, command: Any) -> None:
        """A command comes out of a server's apply channel."""
        self.time += 0.001
        data = labgob.encode(command)
        self.facts.emit(Applied(server=name(server), index=index, data=data))

    # Snapshots

    def snapshot(self, server: int, index: int) -> None:
        """The service hands a snapshot over."""
        self.facts.emit(SnapshotTaken(server=name(server), index=index))

    def install(
        self, leader: int, follower: int, term: int, end: tuple[int, int]
    ) -> Request:
        """A leader sends a snapshot."""
        args = SnapshotArgs(term, leader, *end, b"state")
        return self.send(leader, follower, "Raft.InstallSnapshot", args, term)

    def adopt(self, server: int, index: int) -> None:
        """A snapshot comes out of a server's apply channel."""
        self.time += 0.001
        self.facts.emit(SnapshotAdopted(server=name(server), index=index))

    # Disks and faults

    def save(self, server: int, *, new_state: bool = True) -> None:
        """A server saves its state, another one than before or the same."""
        self.facts.emit(
            Saved(server=name(server), state=1, snapshot=0, new_state=new_state)
        )

    def crash(self, server: int) -> None:
        """A server crashes, and is started again from its disk."""
        self.time += 0.001
        incarnation = self.facts.incarnation(name(server))
        self.facts.emit(ProgramEnded(server=name(server)))
        self.facts.emit(
            ProgramStarted(server=name(server), incarnation=incarnation + 1)
        )
