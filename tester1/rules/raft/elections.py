"""Watches elections: votes, candidates, and who leads (5.2, 5.4.1)."""

from __future__ import annotations

from tester1.rules.court import Court
from tester1.rules.names import Message, Role
from tester1.rules.raft.peers import (
    NOTHING,
    Call,
    Group,
    Leadership,
    Moment,
    Peer,
    Vote,
)
from tester1.rules.raft.rules import (
    LEADER_COMPLETENESS,
    MAJORITY_ELECTS,
    ONE_LEADER,
    ONE_VOTE,
    VOTES_LOOK_AT_THE_LOG,
)
from tester1.rules.reading import Reading
from tester1.rules.words import at, entry, joined

__all__ = ["Elections"]


class Elections:
    """The votes of every term, and its leader."""

    def __init__(self, court: Court, group: Group, reading: Reading) -> None:
        self._court = court
        self._group = group
        self._reading = reading
        # Of each term who leads it, and how that was seen.
        self._leaders: dict[int, tuple[Peer, Moment, str]] = {}
        # Of each term up to where a majority has stored its leader's log.
        self.committed: dict[int, tuple[int, Moment, Peer]] = {}

    def candidacy(self, call: Call) -> None:
        """A server asks for a vote: its own is given to itself."""
        peer, term = call.sender, call.term
        if term not in peer.candidacies:
            peer.candidacies[term] = call
            self._vote(peer, peer, term, call.sent, call.sent_at)

    def answered(self, call: Call) -> None:
        """A server has answered a candidate."""
        reply = call.reply
        if reply is None or not reply.verdict:
            return
        voter, candidate = call.receiver, call.sender
        now = self._court.facts.now()
        self._vote(voter, candidate, call.term, call.answer, now)
        self._judge_log(call)

    def delivered(self, call: Call, number: int) -> None:
        """A candidate has got an answer."""
        candidate = call.sender
        current = candidate.incarnation == call.sender_incarnation
        if call.reply is not None and call.reply.verdict and current:
            votes = candidate.grants.setdefault(call.term, {})
            votes.setdefault(call.receiver, number)

    def leads(self, peer: Peer, term: int, moment: Moment, how: str) -> Leadership:
        """A server acts as the leader of a term; returns what it does in it."""
        leadership = peer.leads.get(term)
        if leadership is not None:
            return leadership
        leadership = Leadership(moment)
        peer.leads[term] = leadership
        self._judge_majority(peer, term, moment, how)
        self._judge_completeness(peer, term, moment)
        first = self._leaders.setdefault(term, (peer, moment, how))
        if first[0] is not peer:
            other, since, deed = first
            self._court.find(
                ONE_LEADER,
                f"{other.title} {deed} as leader of term {term} {at(since.time)}, and "
                f"{peer.title} {how} as leader of the same term {at(moment.time)}",
                servers=[other.name, peer.name],
                proof=[since.number, moment.number],
            )
        return leadership

    def _vote(
        self, voter: Peer, candidate: Peer, term: int, number: int, time: float
    ) -> None:
        before = voter.votes.get(term)
        if before is None:
            voter.votes[term] = Vote(candidate, number, time, voter.incarnation)
            return
        if before.candidate is candidate:
            return
        crash = ""
        if before.incarnation != voter.incarnation:
            crash = f", after a crash and the restart {at(voter.started.time)}"
        self._court.find(
            ONE_VOTE,
            f"{voter.title} voted for {_whom(voter, before.candidate)} in term {term} "
            f"{at(before.time)}, and for {_whom(voter, candidate)} in the same term "
            f"{at(time)}{crash}",
            servers=[voter.name, before.candidate.name, candidate.name],
            proof=[before.number, voter.started.number if crash else 0, number],
        )

    def _judge_log(self, call: Call) -> None:
        voter, request, floor = call.receiver, call.request, call.floor
        if call.floor_epoch != voter.floor_epoch or floor is NOTHING:
            return  # a leader may have truncated its log in between
        if (request.last_term, request.last_index) >= (floor.term, floor.index):
            return
        crash = ""
        if floor.incarnation != voter.incarnation:
            crash = f" (before the restart {at(voter.started.time)})"
        self._court.find(
            VOTES_LOOK_AT_THE_LOG,
            f"{voter.title} voted for {call.sender.title} in term {call.term} "
            f"{at(self._court.facts.now())}, whose log ends with "
            f"{entry(request.last_index, request.last_term)}, and its own reaches to "
            f"{entry(floor.index, floor.term)} since {floor.time:.4f} s{crash}",
            servers=[voter.name, call.sender.name],
            proof=[floor.number, call.sent, call.answer],
        )

    def _judge_majority(self, peer: Peer, term: int, moment: Moment, how: str) -> None:
        # Only if votes can be read at all, and it did stand in this term: of a message
        # that is none of figure 2 nobody can tell what elects.
        readable = self._reading.knows(Message.VOTE, Role.GRANTED)
        if not readable or term not in peer.candidacies:
            return
        voters = peer.grants.get(term, {})
        count = len({*voters, peer})
        if count < self._group.majority:
            names = joined(sorted(voter.title for voter in {*voters, peer}))
            self._court.find(
                MAJORITY_ELECTS,
                f"{peer.title} {how} as leader of term {term} {at(moment.time)} with "
                f"{count} of {len(self._group.peers)} votes: {names}; a majority is "
                f"{self._group.majority}",
                servers=[peer.name],
                proof=[peer.candidacies[term].sent, *voters.values(), moment.number],
            )

    def _judge_completeness(self, peer: Peer, term: int, moment: Moment) -> None:
        stood = peer.candidacies.get(term)
        older = [known for known in self.committed if known < term]
        if stood is None or not older:
            return
        committed_in = max(older)
        index, since, leader = self.committed[committed_in]
        last = stood.request.last_term, stood.request.last_index
        if last < (committed_in, index):
            self._court.find(
                LEADER_COMPLETENESS,
                f"{peer.title} leads term {term} {at(moment.time)} with a log that "
                f"ends with {entry(last[1], last[0])}, and "
                f"{entry(index, committed_in)} was committed by a majority under "
                f"{leader.title} {at(since.time)}",
                servers=[peer.name, leader.name],
                proof=[since.number, stood.sent, moment.number],
            )


def _whom(voter: Peer, candidate: Peer) -> str:
    return "itself" if voter is candidate else candidate.title
