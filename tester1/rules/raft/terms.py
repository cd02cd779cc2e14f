"""Watches the terms that servers show: they only grow (5.1)."""

from __future__ import annotations

from typing import Final

from tester1.rules.court import Court
from tester1.rules.names import Message
from tester1.rules.raft.peers import Call, Instant, Moment, Peer, Shown
from tester1.rules.raft.rules import (
    ANSWERS_TELL_THE_TERM,
    NEWER_TERMS_DEPOSE,
    OLDER_TERMS_REFUSED,
    REMEMBERED,
)
from tester1.rules.words import at

__all__ = ["Terms"]

_GRACE_S: Final = 0.150
"""How long after it has learnt of a newer term a server may still send what it decided
before, in seconds of virtual time."""
_GRACE_ON_THE_WALL_S: Final = 1.5
"""The same on the wall clock, where the machine may stop a thread for as long."""


class Terms:
    """Which terms a server has shown, and which it has been told."""

    def __init__(self, court: Court, *, simulated: bool) -> None:
        self._court = court
        self._grace = _GRACE_S if simulated else _GRACE_ON_THE_WALL_S

    def shown(
        self, peer: Peer, term: int, moment: Moment, *, to_others: bool = True
    ) -> None:
        """A server shows its term; `to_others`: to another server, not to a caller."""
        shown = peer.shown
        # Mostly it is the same as before, which everybody knows.
        if shown is not None and term == shown.term:
            told = peer.told
            if not to_others or (told is not None and told.term >= term):
                return
        if shown is None or term > shown.term:
            peer.settled = -1
            peer.shown = Shown(term, moment.number, moment.time, peer.incarnation)
        # What was told to a caller need not be saved before.
        if to_others:
            told = peer.told
            if told is None or term > told.term:
                peer.told = Shown(term, moment.number, moment.time, peer.incarnation)
            self._learn(peer, term, moment)
            self._settle(peer, term)

    def sent(self, call: Call) -> None:
        """A server acts as candidate or leader of a term."""
        peer = call.sender
        before = peer.remembered
        if (
            before is not None
            and call.term <= before.term
            and (call.term < before.term or _stands(call))
        ):
            deed = f"sent {_request(call)} to {call.receiver.title}"
            deed = "stands" if _stands(call) else deed
            self._forgot(peer, call.term, Instant(call.sent, call.sent_at), deed)
        if peer.learnt and call.term <= peer.learnt[-1].term:
            self._judge_deposed(call)
        self.shown(peer, call.term, Instant(call.sent, call.sent_at))

    def answered(self, call: Call) -> None:
        """A server answers with its term."""
        reply, peer = call.reply, call.receiver
        if reply is None or reply.term <= 0:
            return
        now = self._court.facts.now()
        moment = Instant(call.answer, now)
        # Of an answer before a crash that is told after it nothing follows.
        if call.receiver_incarnation != peer.incarnation:
            return
        # A leader is obeyed, whatever the answer says. A candidate may be ignored while
        # there is a leader, as the end of section 6 has it.
        if call.kind is not Message.VOTE:
            self._learn(peer, call.term, moment)
            if peer.met is None or call.term > peer.met.term:
                peer.met = Shown(call.term, call.answer, now, peer.incarnation)
        if peer.remembered is not None and reply.term < peer.remembered.term:
            self._forgot(peer, reply.term, moment, _answers(call))
        shown = call.shown
        if shown is not None and reply.term < shown.term:
            self._court.find(
                ANSWERS_TELL_THE_TERM,
                f"{peer.title} was in term {shown.term} {at(shown.time)}, and "
                f"{_answers(call)}, which came {at(call.handed_at)}, with term "
                f"{reply.term} {at(now)}",
                servers=[peer.name, call.sender.name],
                proof=[shown.number, call.sent, call.handed, call.answer],
            )
        if shown is not None and reply.verdict and call.term < shown.term:
            self._judge_obedience(call, shown)
        self.shown(peer, reply.term, moment)

    def _judge_obedience(self, call: Call, shown: Shown) -> None:
        # The reply to a snapshot has no verdict.
        if call.kind is Message.SNAPSHOT:
            return
        peer = call.receiver
        deed = "voted for" if call.kind is Message.VOTE else "accepted an append of"
        self._court.find(
            OLDER_TERMS_REFUSED,
            f"{peer.title} was in term {shown.term} {at(shown.time)}, and {deed} "
            f"{call.sender.title} in term {call.term} "
            f"{at(self._court.facts.now())}, which came {at(call.handed_at)}",
            servers=[peer.name, call.sender.name],
            proof=[shown.number, call.sent, call.handed, call.answer],
        )

    def delivered(self, call: Call, moment: Moment) -> None:
        """A server is told the term of another."""
        reply, peer = call.reply, call.sender
        if reply is not None and call.sender_incarnation == peer.incarnation:
            self._learn(peer, reply.term, moment)

    def _learn(self, peer: Peer, term: int, moment: Moment) -> None:
        learnt = peer.learnt
        if not learnt or term > learnt[-1].term:
            peer.settled = -1
            learnt.append(Shown(term, moment.number, moment.time, peer.incarnation))
            peer.tallies_at[moment.number] = {
                deed: tuple(tally) for deed, tally in peer.tallies.items()
            }

    def _settle(self, peer: Peer, term: int) -> None:
        """Note the term that a server has just shown to others, if that settles it."""
        shown, told, remembered = peer.shown, peer.told, peer.remembered
        assert shown is not None, "it has just been shown"
        assert told is not None, "and to another"
        # It may have shown or learnt a newer one, also before a crash.
        newest = max(shown.term, told.term, peer.learnt[-1].term)
        if newest == term and (remembered is None or remembered.term <= term):
            peer.settled = term

    def _forgot(self, peer: Peer, term: int, moment: Moment, deed: str) -> None:
        before = peer.remembered
        assert before is not None, "there was nothing to forget"
        self._court.find(
            REMEMBERED,
            f"{peer.title} was in term {before.term} {at(before.time)}, was started "
            f"again {at(peer.started.time)}, and {deed} in term {term} "
            f"{at(moment.time)}",
            servers=[peer.name],
            proof=[before.number, peer.started.number, moment.number],
        )

    def _judge_deposed(self, call: Call) -> None:
        peer = call.sender
        stands = _stands(call)
        # To have voted for another in that term is worse, and says more.
        vote = peer.votes.get(call.term)
        if stands and vote is not None and vote.incarnation == peer.incarnation:
            return
        lowest = call.term if stands else call.term + 1
        newer = next((one for one in peer.learnt if one.term >= lowest), None)
        if newer is None or call.sent_at - newer.time <= self._grace:
            return
        # One that is sent again because it failed is the same deed as before, however
        # often it fails.
        if not stands and peer.repeats(call, newer.number):
            return
        role = "candidate" if call.kind is Message.VOTE else "leader"
        deed = "stands all the same in" if stands else f"still sends {_request(call)} "
        if not stands:
            deed += f"to {call.receiver.title} as {role} of"
        self._court.find(
            NEWER_TERMS_DEPOSE,
            f"{peer.title} knew of term {newer.term} {at(newer.time)}, and {deed} term "
            f"{call.term} {at(call.sent_at)}",
            servers=[peer.name],
            proof=[newer.number, call.sent],
        )

    def leads(self, peer: Peer, term: int, moment: Moment, how: str) -> None:
        """A server says to a caller that it leads a term, or acts as if it did.

        Replies with newer terms do not count here: whoever waits for all of a round
        before looking at one may believe for that long that it leads, and harms nobody.
        """
        met = peer.met
        # What it says may have been true when the caller asked, as with what is sent.
        if met is None or term >= met.term or moment.time - met.time <= self._grace:
            return
        self._court.find(
            NEWER_TERMS_DEPOSE,
            f"{peer.title} answered the leader of term {met.term} {at(met.time)}, and "
            f"still {how} in term {term} {at(moment.time)}",
            servers=[peer.name],
            proof=[met.number, moment.number],
        )


def _stands(call: Call) -> bool:
    """Whether a server asks for a vote in a term for the first time.

    That is to begin it: whoever knew of that term itself begins the next one.
    """
    return call.kind is Message.VOTE and call.term not in call.sender.candidacies


def _request(call: Call) -> str:
    return {
        Message.VOTE: "a request for a vote",
        Message.APPEND: "an append",
        Message.SNAPSHOT: "a snapshot",
    }[call.kind]


def _answers(call: Call) -> str:
    return f"answered {_request(call)} of {call.sender.title}"
