"""Watches what is saved before it is told (figure 2); in simulation alone."""

from __future__ import annotations

from typing import Final

from tester1.rules.court import Court
from tester1.rules.raft.peers import Call, Group, Peer
from tester1.rules.raft.rules import SAVED_FIRST
from tester1.rules.words import at, entry

__all__ = ["Saving"]

_SOON_S: Final = 0.3
"""How long it is left open whether a server holds what it has not saved, in seconds."""


class Saving:
    """The saves of each server, against what it has told others.

    Only saves that change the state count: what is told for the first time cannot have
    been on the disk before it was asked for.
    """

    def __init__(self, court: Court, group: Group) -> None:
        self._court = court
        self._group = group

    def saved(self, peer: Peer) -> None:
        """A save has changed a server's state."""
        peer.changes += 1

    # Votes.

    def vote_asked(self, call: Call) -> None:
        """A request for a vote reaches a server."""
        key = call.term, call.sender.name
        # The first of its kind, over all incarnations: the vote may be on the disk
        # since then, whether or not the request was ever answered.
        call.receiver.asked_for_vote.setdefault(key, call.receiver.changes)

    def voted(self, call: Call) -> None:
        """A server grants its vote: for the first time in this term, if it is new."""
        voter, reply = call.receiver, call.reply
        if reply is None or not reply.verdict or call.sender is voter:
            return
        before = voter.asked_for_vote.get((call.term, call.sender.name))
        vote = voter.votes.get(call.term)
        first = vote is not None and vote.number == call.answer
        if first and before == voter.changes:
            self._court.find(
                SAVED_FIRST,
                f"{voter.title} granted {call.sender.title} its vote in term "
                f"{call.term} {at(self._court.facts.now())}, and has saved nothing new "
                f"since it was asked {at(call.handed_at)}",
                servers=[voter.name],
                proof=[call.handed, call.answer],
            )

    def old_term_answered(self, call: Call) -> None:
        """A server has answered with its term, in which it was when it was asked."""
        peer = call.receiver
        if call.receiver_incarnation != peer.incarnation:
            return
        before = peer.old_term
        if before is None or call.handed > before.handed:
            peer.old_term = call

    def stands(self, call: Call) -> None:
        """A server asks for votes: its new term and its own vote have to be saved."""
        peer, before = call.sender, call.sender.old_term
        if before is None or call.term in peer.candidacies:
            return
        term = 0 if before.reply is None else before.reply.term
        if term < call.term and before.changes == peer.changes:
            self._court.find(
                SAVED_FIRST,
                f"{peer.title} was in term {term} {at(before.handed_at)} and stands in "
                f"term {call.term} {at(call.sent_at)}, and has saved nothing new in "
                "between",
                servers=[peer.name],
                proof=[before.handed, call.sent],
            )

    # Entries.

    def entries_came(self, call: Call) -> None:
        """An append reaches a server."""
        peer, index = call.receiver, call.request.prev_index
        came, changes = peer.entries_came, peer.changes
        # Each of them: one that came behind a gap was refused, and says nothing of
        # those before it.
        for one in call.request.entries:
            index += 1
            came.setdefault((index, one.term), changes)

    def stored(self, call: Call) -> None:
        """A server acknowledges entries."""
        peer, reply = call.receiver, call.reply
        if reply is None or not reply.verdict or not call.request.entries:
            return
        end = call.end_index, call.end_term
        # What it has from a snapshot, or has led with itself, came another way.
        covered = end[0] <= max(peer.snapshot, peer.applied_ever)
        own = end[1] in peer.leads
        if covered or own or reply.term > call.term:
            return
        if peer.entries_came.get(end) == peer.changes and peer.unsaved is None:
            peer.unsaved = call

    def holds(self, call: Call) -> None:
        """A server has answered an append: does it hold what it never saved?

        If it has not stored the entry at all, that is another rule's, and shows soon.
        """
        peer, unsaved, reply = call.receiver, call.receiver.unsaved, call.reply
        if unsaved is None or reply is None or unsaved is call:
            return
        if call.term == unsaved.term and not reply.verdict:
            peer.unsaved = None
            return
        now = self._court.facts.now()
        held = reply.verdict and call.request.prev_index >= unsaved.end_index
        if not held and now - unsaved.handed_at < _SOON_S:
            return
        end = entry(unsaved.end_index, unsaved.end_term)
        self._court.find(
            SAVED_FIRST,
            f"{peer.title} acknowledged {end}, which {unsaved.sender.title} had sent "
            f"{at(unsaved.sent_at)}, and had saved nothing new since that entry "
            "first came",
            servers=[peer.name],
            proof=[unsaved.handed, unsaved.answer],
        )
