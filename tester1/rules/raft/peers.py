"""What is known of each server from outside: the memory of the rules."""

from __future__ import annotations

from collections import deque
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from labrpc.facts import CallFacts
from tester1.facts.names import number_of
from tester1.rules.names import Message
from tester1.rules.reading import Reply

__all__ = [
    "NOTHING",
    "Ack",
    "Call",
    "Floor",
    "Group",
    "Instant",
    "Leadership",
    "Moment",
    "Peer",
    "Vote",
]

_RECENT: Final = 12


class Moment(Protocol):
    """When something became known: a fact, or the number and the time of one."""

    @property
    def number(self) -> int:
        """The fact's number."""

    @property
    def time(self) -> float:
        """When it happened, in seconds of the run."""


class Instant(msgspec.Struct, frozen=True, gc=False):
    """The number and the time of a fact that was not made."""

    number: int
    time: float


class Shown(msgspec.Struct, frozen=True, gc=False):
    """A term that a server has shown, and when."""

    term: int
    number: int
    time: float
    incarnation: int


class Floor(msgspec.Struct, frozen=True, gc=False):
    """A server's log reaches at least to this entry.

    `origin` is the term in which that was shown, and `voided_by` the lowest term whose
    leader may truncate it.
    """

    term: int
    index: int
    origin: int
    voided_by: int
    number: int
    time: float
    incarnation: int
    acknowledged: bool


class Ack(msgspec.Struct, frozen=True):
    """A server holds the log of the leader of `term` up to `index`.

    So it has told that leader; or it is that leader itself.
    """

    # Not without the collector, as the others: servers refer to each other here.

    term: int
    leader: Peer
    index: int
    number: int
    time: float
    incarnation: int
    epoch: int
    """How many leaders had sent it entries by then, one after another."""


Deed: TypeAlias = "tuple[Peer, Message, int]"
"""To whom a server sends what kind of request, in which term."""

NOTHING: Final = Floor(0, 0, 0, 0, 0, 0.0, 0, False)
"""What is known of a log at first: it may be empty."""


class Vote:
    """Whom a server has voted for in a term; for itself if it was a candidate."""

    __slots__ = ("candidate", "incarnation", "number", "time")

    def __init__(
        self, candidate: Peer, number: int, time: float, incarnation: int
    ) -> None:
        self.candidate = candidate
        self.number = number
        self.time = time
        self.incarnation = incarnation


class Call:
    """A request of Raft on its way, and what was known when its handler could start."""

    __slots__ = (
        "ack",
        "answer",
        "came",
        "changes",
        "end_index",
        "end_term",
        "epoch",
        "epoch_before",
        "floor",
        "floor_epoch",
        "handed",
        "handed_at",
        "holding",
        "kind",
        "most",
        "receiver",
        "receiver_incarnation",
        "reply",
        "request",
        "sender",
        "sender_incarnation",
        "sent",
        "sent_at",
        "shown",
        "tally",
        "term",
    )

    def __init__(
        self, request: Any, sender: Peer, receiver: Peer, made: CallFacts
    ) -> None:
        self.kind: Message = request.kind
        # Of any of the requests: which fields it has, its kind says.
        self.request = request
        self.term: int = request.term
        self.sender = sender
        self.receiver = receiver
        self.sent = made.number
        self.sent_at = made.time
        self.sender_incarnation = made.incarnation
        # How many requests like this one were sent to the receiver, and how many of
        # them were answered: those of its kind and term.
        self.tally: list[int]
        self.reply: Reply | None = None
        # Up to where an append, or a snapshot, vouches for the receiver's log.
        self.end_index = self.end_term = 0
        # Set when it is handed over, and answered: many are not.
        self.handed: int
        self.handed_at: float
        self.receiver_incarnation: int
        self.answer: int
        # As it was when the request was handed over. Of a request for a vote:
        self.floor: Floor
        self.floor_epoch: int
        # Of a leader's:
        self.ack: Ack | None
        self.holding: Ack | None
        self.came: int
        self.epoch: int
        self.epoch_before: int
        self.most: int
        # Of both:
        self.shown: Shown | None
        self.changes: int


class Leadership:
    """What a server has done as the leader of a term."""

    __slots__ = ("known_upto", "matched", "since", "starts", "terms")

    def __init__(self, since: Moment) -> None:
        self.since = since
        # Of its log what it has sent: the term of each entry, by index.
        self.terms: dict[int, int] = {}
        # Up to which entry each other server has stored it, as far as it was told: the
        # index, the term of that entry, and the fact.
        self.matched: dict[Peer, tuple[int, int, int]] = {}
        # The indices that `Start` has returned, and the facts.
        self.starts: dict[int, Moment] = {}
        self.known_upto = 0  # of its log what is known as committed


class Peer:
    """One server over all its incarnations."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.title = f"server {number_of(name)}"
        self.incarnation = 0
        self.started: Moment = Instant(0, 0.0)
        # The highest term shown by this incarnation, and by earlier ones to others.
        self.shown: Shown | None = None
        self.told: Shown | None = None
        self.remembered: Shown | None = None
        # Newer terms, when each was first known to the server: ascending.
        self.learnt: list[Shown] = []
        # The term that it has shown to others and knows to be the newest, so that
        # nothing follows from its being shown again. -1 if there is none.
        self.settled = -1
        # What it has done as the leader of each term that it has led.
        self.leads: dict[int, Leadership] = {}
        # The newest term of a leader that this incarnation has answered.
        self.met: Shown | None = None
        self.votes: dict[int, Vote] = {}
        self.candidacies: dict[int, Call] = {}
        # Grants that this incarnation was told of, by term: who, and the fact.
        self.grants: dict[int, dict[Peer, int]] = {}
        # Saves that have changed the state, and what was asked before which of them.
        self.changes = 0
        self.asked_for_vote: dict[tuple[int, str], int] = {}
        self.entries_came: dict[tuple[int, int], int] = {}
        self.old_term: Call | None = None
        # What it acknowledged without a save, until it is known to hold it.
        self.unsaved: Call | None = None
        # Its log.
        self.floor = NOTHING
        self.floor_epoch = 0
        # What it has acknowledged last, and what it holds last, its own log included.
        self.ack: Ack | None = None
        self.holding: Ack | None = None
        self.newest_handed = 0
        # Messages that came and may change its log, how often their leader was another
        # one than before, and the highest index that they, or itself, can have put.
        self.came = 0
        self.epoch = 0
        self.modifier_term = 0
        self.most = 0
        self.recent: deque[Call] = deque(maxlen=_RECENT)
        # Commitment. `legit` is the highest index that it may know as committed.
        self.legit = 0
        self.told_commit: dict[int, int] = {}
        self.verified: dict[int, int] = {}
        self.commit_told = 0
        self.applied = 0
        self.applied_ever = 0
        self.last_applied: Moment | None = None
        # Snapshots that it was given, or has taken: the highest index.
        self.snapshot = 0
        # The last that its own service has taken: its index, and the incarnation.
        self.taken = 0, 0
        # The last one that it has answered, and the one that reached furthest of those
        # that its service was handed: its index, and the incarnation.
        self.installed: Call | None = None
        self.installed_at = 0.0
        self.adopted = 0, 0
        self.adopted_at = 0.0
        # By receiver, kind and term: see `Call.tally`. And as they were when it learnt
        # of a newer term, by the number of that.
        self.tallies: dict[Deed, list[int]] = {}
        self.tallies_at: dict[int, dict[Deed, tuple[int, ...]]] = {}

    def sends(self, call: Call) -> None:
        """Count a request that it sends."""
        deed = call.receiver, call.kind, call.term
        tally = self.tallies.get(deed)
        if tally is None:
            tally = self.tallies[deed] = [0, 0]
        tally[0] += 1
        call.tally = tally

    def repeats(self, call: Call, since: int) -> bool:
        """Whether requests like this one may all be tries of those sent before `since`.

        Each try goes on until it is answered, at the most: so of those that had no
        answer by then, one answer each.
        """
        deed = call.receiver, call.kind, call.term
        sent, answered = self.tallies_at[since].get(deed, (0, 0))
        return call.tally[1] - answered <= sent - answered

    def restart(self, incarnation: int, moment: Moment) -> None:
        """Begin a new incarnation, which knows what was saved and nothing else."""
        self.incarnation = incarnation
        self.started = moment
        self.shown = None
        self.remembered = self.told
        self.learnt.clear()
        self.settled = -1
        self.met = None
        self.grants.clear()
        self.old_term = None
        self.unsaved = None
        self.applied = 0
        self.tallies.clear()
        self.tallies_at.clear()
        # What it had only for itself may be lost.
        self.holding = self.ack
        if not self.floor.acknowledged:
            self.floor = NOTHING
            self.floor_epoch += 1


class Group:
    """The servers of a group, and what is known of them together."""

    def __init__(self, names: list[str]) -> None:
        self.peers = {name: Peer(name) for name in names}
        self.majority = len(names) // 2 + 1
        # What the index of a command at the interface has over that on the wire: 1 for
        # a log that counts from 0. None until it is known, or if it is contradictory.
        self.offset: int | None = None
        self.contradictory = False
