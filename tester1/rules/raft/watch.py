"""Ties the facts of a run to the rules of Raft: one reader for all of them.

A message is read once, when it is sent. Each fact then goes to the rules that it means
something to, in an order that decides which of two rules broken at one instant is
named: the one nearer to the cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labrpc.facts import CallFacts
from labrt import ProgramStarted
from tester1.facts.kinds import (
    Applied,
    Proposed,
    Saved,
    SnapshotAdopted,
    SnapshotTaken,
    StateTold,
)
from tester1.rules.court import Court
from tester1.rules.names import Message
from tester1.rules.raft.commits import Commits
from tester1.rules.raft.elections import Elections
from tester1.rules.raft.logs import Logs
from tester1.rules.raft.peers import Call, Group, Instant, Peer
from tester1.rules.raft.saving import Saving
from tester1.rules.raft.snapshots import Snapshots
from tester1.rules.raft.terms import Terms
from tester1.rules.reading import Reading

__all__ = ["RaftRules"]


class _FollowedCall(Call):
    """A request of Raft, which tells the rules what becomes of it."""

    __slots__ = ("_method", "_rules")

    def __init__(
        self,
        rules: RaftRules,
        made: CallFacts,
        request: Any,
        sender: Peer,
        receiver: Peer,
    ) -> None:
        super().__init__(request, sender, receiver, made)
        self._rules = rules
        self._method = made.method

    def handed_over(self, number: int, time: float) -> None:
        """It reaches its receiver."""
        self.handed, self.handed_at = number, time
        self._rules.handed_over(self)

    def answered(self, number: int, time: float, data: bytes) -> None:
        """Its handler has returned."""
        self.answer = number
        self._rules.answered(self, self._method, data)

    def delivered(self, number: int, time: float) -> None:
        """The reply reaches the caller."""
        self.tally[1] += 1
        self._rules.delivered(self, number, time)


class RaftRules:
    """Watches the Raft of a group of servers, which have these `names`.

    `simulated` is whether time is virtual and every save is seen, and `in_order`
    whether a service takes all that is applied, and nothing may be left out.
    """

    def __init__(
        self,
        court: Court,
        names: Sequence[str],
        *,
        simulated: bool,
        in_order: bool = False,
    ) -> None:
        self.reading = Reading()
        self.group = Group(list(names))
        self._peers = self.group.peers
        self._terms = Terms(court, simulated=simulated)
        self._elections = Elections(court, self.group, self.reading)
        self._logs = Logs(court, self.group, self._elections)
        self._commits = Commits(
            court, self.group, self.reading, self._logs, in_order=in_order
        )
        self._saving = Saving(court, self.group)
        self._snapshots = Snapshots(court, self.group, self._logs)
        facts = court.facts
        facts.subscribe(ProgramStarted, self._started)
        facts.follow(self._sent)
        facts.subscribe(Saved, self._saved)
        facts.subscribe(Proposed, self._proposed)
        facts.subscribe(StateTold, self._state_told)
        facts.subscribe(Applied, self._applied)
        facts.subscribe(SnapshotAdopted, self._adopted)
        facts.subscribe(SnapshotTaken, self._taken)
        self._simulated = simulated

    # Messages

    def _sent(self, made: CallFacts) -> _FollowedCall | None:
        """A request between servers, if it is one of Raft's; it is followed."""
        sender = self._peers.get(made.sender)
        receiver = self._peers.get(made.receiver)
        if sender is None or receiver is None:
            return None
        request = self.reading.request(made.method, made.data)
        if request is None or self.reading.blind:
            return None
        call = _FollowedCall(self, made, request, sender, receiver)
        sender.sends(call)
        if call.kind is Message.VOTE:
            if request.pre_vote:  # type: ignore[union-attr]  # as its kind says
                return None
            self._terms.sent(call)
            if self._simulated:
                self._saving.stands(call)
            self._logs.candidacy(call)
            self._elections.candidacy(call)
            return call
        if call.term != sender.settled:
            self._terms.sent(call)
        leadership = sender.leads.get(call.term)
        if leadership is None:
            is_append = call.kind is Message.APPEND
            how = "sent an append" if is_append else "sent a snapshot"
            leadership = self._elections.leads(sender, call.term, made, how)
        if call.kind is Message.APPEND:
            if request.entries:  # type: ignore[union-attr]  # as its kind says
                self._logs.appended(call, leadership)
            else:
                call.end_index = call.request.prev_index
                call.end_term = call.request.prev_term
            self._commits.told(call, leadership)
        else:
            self._snapshots.sent(call)
        return call

    def handed_over(self, call: Call) -> None:
        """A request reaches its receiver: what is known of that is kept with it."""
        if self.reading.blind:
            return
        peer = call.receiver
        call.receiver_incarnation = peer.incarnation
        call.shown = peer.shown
        call.changes = peer.changes
        if call.kind is Message.VOTE:
            call.floor, call.floor_epoch = peer.floor, peer.floor_epoch
            self._saving.vote_asked(call)
            return
        call.ack, call.holding = peer.ack, peer.holding
        self._logs.handed_over(call)
        if call.kind is Message.APPEND:
            if self._simulated and call.request.entries:
                self._saving.entries_came(call)
            self._commits.appended(call)
        else:
            self._snapshots.came(call)
            self._commits.snapshot_came(call)

    def answered(self, call: Call, method: str, data: bytes) -> None:
        """A handler has returned: it is judged by what was known before it started."""
        call.reply = self.reading.reply(method, call.kind, data)
        if self.reading.blind:
            return
        if call.kind is Message.VOTE:
            self._elections.answered(call)
            if self._simulated:
                self._saving.voted(call)
        elif call.kind is Message.APPEND:
            self._logs.answered(call)
            if self._simulated:
                self._saving.holds(call)
                self._saving.stored(call)
            if call.reply is not None and not call.reply.verdict:
                self._snapshots.refused(call)
        else:
            self._snapshots.answered(call)
        reply, peer = call.reply, call.receiver
        if reply is None:
            return
        # Mostly nothing of it is new, nor wrong.
        met = call.kind is Message.VOTE or (peer.met and peer.met.term >= call.term)
        if call.term != reply.term or reply.term != peer.settled or not met:
            self._terms.answered(call)
        if self._simulated:
            self._saving.old_term_answered(call)

    def delivered(self, call: Call, number: int, time: float) -> None:
        """A reply reaches its caller, which may act on it from now on."""
        if self.reading.blind:
            return
        reply = call.reply
        if reply is None:
            return
        learnt = call.sender.learnt
        if not learnt or reply.term > learnt[-1].term:
            self._terms.delivered(call, Instant(number, time))
        if reply.commit > call.sender.legit:
            # Whoever tells it may know it, and so may the sender from now on.
            call.sender.legit = reply.commit
        if call.kind is Message.VOTE:
            self._elections.delivered(call, number)
        elif reply.verdict:
            self._commits.stored(call, number, time)

    # The rest

    def _seen(self, server: str) -> Peer | None:
        """The peer of that name, while all that it says is understood."""
        return None if self.reading.blind else self._peers.get(server)

    def _started(self, fact: ProgramStarted) -> None:
        peer = self._peers.get(fact.server)
        if peer is not None:
            peer.restart(fact.incarnation, fact)

    def _saved(self, fact: Saved) -> None:
        peer = self._peers.get(fact.server)
        if peer is not None and fact.new_state:
            self._saving.saved(peer)

    def _proposed(self, fact: Proposed) -> None:
        peer = self._seen(fact.server)
        if peer is None or fact.term <= 0:
            return
        if fact.term != peer.settled:
            self._terms.shown(peer, fact.term, fact, to_others=False)
        if fact.is_leader:
            self._terms.leads(peer, fact.term, fact, "accepts a command")
            self._elections.leads(peer, fact.term, fact, "accepted a command")
            self._logs.proposed(peer, fact.index, fact.term, fact.data, fact)

    def _state_told(self, fact: StateTold) -> None:
        peer = self._seen(fact.server)
        if peer is None or fact.term <= 0:
            return
        self._terms.shown(peer, fact.term, fact, to_others=False)
        if fact.is_leader:
            self._terms.leads(peer, fact.term, fact, "says that it leads")
            self._elections.leads(peer, fact.term, fact, "says that it leads")

    def _applied(self, fact: Applied) -> None:
        peer = self._seen(fact.server)
        if peer is not None:
            self._commits.applied(peer, fact.index, fact)
            if fact.data:  # nobody has looked at the others
                self._logs.applied(peer, fact.index, fact.data, fact)

    def _adopted(self, fact: SnapshotAdopted) -> None:
        peer = self._seen(fact.server)
        if peer is not None:
            self._snapshots.adopted(peer, fact.index, fact)

    def _taken(self, fact: SnapshotTaken) -> None:
        peer = self._seen(fact.server)
        if peer is not None:
            self._snapshots.taken(peer, fact.index, fact)
