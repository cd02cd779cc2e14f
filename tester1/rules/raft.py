"""Ties the facts of a run to the rules of Raft: one reader for all of them.

A message is read once, when it is sent. Each fact then goes to the rules that it means
something to, in an order that decides which of two rules broken at one instant is
named: the one nearer to the cause.
"""

from __future__ import annotations

from collections.abc import Sequence

from labrpc.facts import Answered, Delivered, HandedOver, Sent
from labrt import ProgramStarted
from tester1.facts.kinds import (
    Applied,
    Proposed,
    Saved,
    SnapshotAdopted,
    SnapshotTaken,
    StateTold,
)
from tester1.rules.commits import Commits
from tester1.rules.court import Court
from tester1.rules.elections import Elections
from tester1.rules.logs import Logs
from tester1.rules.names import Message
from tester1.rules.peers import Call, Group, Moment, Peer
from tester1.rules.reading import Reading
from tester1.rules.saving import Saving
from tester1.rules.snapshots import Snapshots
from tester1.rules.terms import Terms

__all__ = ["RaftRules"]


class RaftRules:
    """Watches the Raft of a group of servers, which have these `names`.

    `simulated` is whether time is virtual and every save is seen.
    """

    def __init__(self, court: Court, names: Sequence[str], *, simulated: bool) -> None:
        self.reading = Reading()
        self.group = Group(list(names))
        self._peers = self.group.peers
        self._calls: dict[int, Call] = {}
        self._terms = Terms(court, simulated=simulated)
        self._elections = Elections(court, self.group, self.reading)
        self._logs = Logs(court, self.group, self._elections)
        self._commits = Commits(court, self.group, self.reading, self._logs)
        self._saving = Saving(court, self.group)
        self._snapshots = Snapshots(court, self.group, self._logs)
        facts = court.facts
        facts.subscribe(ProgramStarted, self._started)
        facts.subscribe(Sent, self._sent)
        facts.subscribe(HandedOver, self._handed_over)
        facts.subscribe(Answered, self._answered)
        facts.subscribe(Delivered, self._delivered)
        facts.subscribe(Saved, self._saved)
        facts.subscribe(Proposed, self._proposed)
        facts.subscribe(StateTold, self._state_told)
        facts.subscribe(Applied, self._applied)
        facts.subscribe(SnapshotAdopted, self._adopted)
        facts.subscribe(SnapshotTaken, self._taken)
        self._simulated = simulated

    # Messages

    def _sent(self, fact: Sent) -> None:
        sender, receiver = self._peers.get(fact.server), self._peers.get(fact.peer)
        if sender is None or receiver is None:
            return
        request = self.reading.request(fact.method, fact.data)
        if request is None or self.reading.blind:
            return
        call = Call(request, sender, receiver, fact.number, fact.time, fact.incarnation)
        if call.kind is Message.VOTE:
            if request.pre_vote:  # type: ignore[union-attr]  # as its kind says
                return
            self._calls[fact.number] = call
            self._terms.sent(call)
            if self._simulated:
                self._saving.stands(call)
            self._logs.candidacy(call)
            self._elections.candidacy(call)
            return
        self._calls[fact.number] = call
        self._terms.sent(call)
        leadership = self.group.leaderships.get((fact.server, call.term))
        if leadership is None:
            is_append = call.kind is Message.APPEND
            how = "sent an append" if is_append else "sent a snapshot"
            moment = Moment(fact.number, fact.time)
            leadership = self._elections.leads(sender, call.term, moment, how)
        if call.kind is Message.APPEND:
            self._logs.appended(call, leadership)
            self._commits.told(call, leadership)
            if not call.end_index:
                call.end_index = call.request.prev_index
                call.end_term = call.request.prev_term
        else:
            self._snapshots.sent(call)

    def _handed_over(self, fact: HandedOver) -> None:
        call = self._calls.get(fact.call)
        if call is None or self.reading.blind:
            return
        peer = call.receiver
        call.handed, call.handed_at = fact.number, fact.time
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

    def _answered(self, fact: Answered) -> None:
        call = self._calls.get(fact.call)
        if call is None:
            return
        call.answered = fact.number
        call.reply = self.reading.reply(fact.method, call.kind, fact.data)
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
        self._terms.answered(call)
        if self._simulated:
            self._saving.old_term_answered(call)

    def _delivered(self, fact: Delivered) -> None:
        call = self._calls.pop(fact.call, None)
        if call is None or self.reading.blind:
            return
        call.delivered = True
        moment = Moment(fact.number, fact.time)
        self._terms.delivered(call, moment)
        if call.kind is Message.VOTE:
            self._elections.delivered(call, fact.number)
        elif call.reply is not None and call.reply.verdict:
            self._commits.stored(call, moment)

    # The rest

    def _seen(self, server: str) -> Peer | None:
        """The peer of that name, while all that it says is understood."""
        return None if self.reading.blind else self._peers.get(server)

    def _started(self, fact: ProgramStarted) -> None:
        peer = self._peers.get(fact.server)
        if peer is not None:
            peer.restart(fact.incarnation, Moment(fact.number, fact.time))

    def _saved(self, fact: Saved) -> None:
        peer = self._peers.get(fact.server)
        if peer is not None and fact.new_state:
            self._saving.saved(peer)

    def _proposed(self, fact: Proposed) -> None:
        peer = self._seen(fact.server)
        if peer is None or fact.term <= 0:
            return
        moment = Moment(fact.number, fact.time)
        self._terms.shown(peer, fact.term, moment, to_others=False)
        if fact.is_leader:
            self._elections.leads(peer, fact.term, moment, "accepted a command")
            self._logs.proposed(peer, fact.index, fact.term, fact.data, moment)

    def _state_told(self, fact: StateTold) -> None:
        peer = self._seen(fact.server)
        if peer is None or fact.term <= 0:
            return
        moment = Moment(fact.number, fact.time)
        self._terms.shown(peer, fact.term, moment, to_others=False)
        if fact.is_leader:
            self._elections.leads(peer, fact.term, moment, "says that it leads")

    def _applied(self, fact: Applied) -> None:
        peer = self._seen(fact.server)
        if peer is not None:
            moment = Moment(fact.number, fact.time)
            self._commits.applied(peer, fact.index, moment)
            self._logs.applied(peer, fact.index, fact.data, moment)

    def _adopted(self, fact: SnapshotAdopted) -> None:
        peer = self._seen(fact.server)
        if peer is not None:
            moment = Moment(fact.number, fact.time)
            self._snapshots.adopted(peer, fact.index, moment)

    def _taken(self, fact: SnapshotTaken) -> None:
        peer = self._peers.get(fact.server)
        if peer is not None:
            self._snapshots.taken(peer, fact.index)
