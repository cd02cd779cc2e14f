"""Runs of a few facts, made by hand: what is shown of a run is tested on these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from labrpc.facts import (
    Answered,
    Delivered,
    HandedOver,
    LinkCut,
    LinkHealed,
    Lost,
    Sent,
)
from labrt import Fact, ProgramEnded, ProgramStarted

F = TypeVar("F", bound=Fact)

VOTE, APPEND, SNAPSHOT = "Raft.RequestVote", "Raft.AppendEntries", "Raft.Install"


def name(server: int) -> str:
    """The name of a server."""
    return f"server-0-{server}"


def vote(term: int, candidate: int, log: tuple[int, int] = (0, 0)) -> dict[str, object]:
    """A candidate's request; `log` is its last index and term."""
    return {
        "": "RequestVoteArgs",
        "term": term,
        "candidate_id": candidate,
        "last_log_index": log[0],
        "last_log_term": log[1],
    }


def voted(term: int, granted: bool) -> dict[str, object]:
    """A voter's answer."""
    return {"": "RequestVoteReply", "term": term, "granted": granted}


def append(
    term: int,
    leader: int,
    prev: tuple[int, int] = (0, 0),
    terms: tuple[int, ...] = (),
    commit: int = 0,
) -> dict[str, object]:
    """A leader's request, with an entry for each of `terms`."""
    entries = [{"": "Entry", "term": one, "command": f"c{one}"} for one in terms]
    return {
        "": "AppendEntriesArgs",
        "term": term,
        "leader_id": leader,
        "prev_log_index": prev[0],
        "prev_log_term": prev[1],
        "entries": entries,
        "leader_commit": commit,
    }


def appended(term: int, success: bool) -> dict[str, object]:
    """A follower's answer."""
    return {"": "AppendEntriesReply", "term": term, "success": success}


def snapshot(term: int, leader: int, index: int, index_term: int) -> dict[str, object]:
    """A leader's snapshot."""
    return {
        "": "InstallSnapshotArgs",
        "term": term,
        "leader_id": leader,
        "last_included_index": index,
        "last_included_term": index_term,
        "data": "<9 B>",
    }


@dataclass
class Story:
    """A run that is told fact by fact; `time` is when the next one happens."""

    servers: int = 3
    time: float = 0.0
    facts: list[Fact] = field(default_factory=list)
    lives: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for server in range(self.servers):
            self.start(server)
        for one in range(self.servers):
            for other in range(self.servers):
                if one != other:
                    self.add(LinkHealed(server=name(one), peer=name(other)))

    def add(self, fact: F) -> F:
        """Have a fact happen now."""
        fact.number = len(self.facts) + 1
        fact.time = self.time
        fact.incarnation = fact.incarnation or self.lives.get(fact.server, 0)
        self.facts.append(fact)
        return fact

    def start(self, server: int) -> None:
        """Begin the next life of a server."""
        life = self.lives.get(name(server), 0) + 1
        self.lives[name(server)] = life
        self.add(ProgramStarted(server=name(server), incarnation=life))

    def end(self, server: int) -> None:
        """End the life of a server."""
        self.add(ProgramEnded(server=name(server)))

    def isolate(self, server: int) -> None:
        """Cut a server off from all others."""
        for other in range(self.servers):
            if other != server:
                self.add(LinkCut(server=name(server), peer=name(other)))
                self.add(LinkCut(server=name(other), peer=name(server)))

    def send(
        self, sender: int, to: int, method: str, contents: object, **more: Any
    ) -> Sent:
        """Send a request."""
        sent = Sent(
            server=name(sender),
            peer=name(to),
            method=method,
            **{"contents": contents, "size": 30, "nth": 1, **more},
        )
        self.add(sent)
        sent.call = sent.number
        return sent

    def arrive(self, sent: Sent) -> HandedOver:
        """Hand a request over."""
        return self.add(HandedOver(**self._back(sent), cause=sent.number))

    def answer(self, sent: Sent, contents: object) -> Answered:
        """Answer a request."""
        return self.add(Answered(**self._back(sent), contents=contents, size=9))

    def deliver(self, sent: Sent) -> Delivered:
        """Deliver the reply."""
        return self.add(Delivered(**self._forth(sent), size=9))

    def lose(self, sent: Sent, why: str) -> Lost:
        """Lose a call."""
        return self.add(Lost(**self._forth(sent), why=why))

    def call(
        self, sender: int, to: int, method: str, contents: object, reply: object
    ) -> Sent:
        """All of a call, each station a tenth of a millisecond after the other."""
        sent = self.send(sender, to, method, contents)
        for step in (
            lambda: self.arrive(sent),
            lambda: self.answer(sent, reply),
            lambda: self.deliver(sent),
        ):
            self.time = round(self.time + 1e-4, 6)
            step()
        return sent

    @staticmethod
    def _forth(sent: Sent) -> dict[str, Any]:
        return {
            "server": sent.server,
            "peer": sent.peer,
            "method": sent.method,
            "call": sent.number,
        }

    @staticmethod
    def _back(sent: Sent) -> dict[str, Any]:
        return {
            "server": sent.peer,
            "peer": sent.server,
            "method": sent.method,
            "call": sent.number,
        }
