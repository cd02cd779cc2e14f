"""Watches snapshots: what they cover, and that they lead forward (section 7)."""

from __future__ import annotations

from typing import Final

from tester1.rules.court import Court
from tester1.rules.raft.logs import Logs
from tester1.rules.raft.peers import Call, Group, Moment, Peer
from tester1.rules.raft.rules import (
    REMEMBERED,
    SNAPSHOT_OF_APPLIED,
    SNAPSHOTS_GO_FORWARD,
)
from tester1.rules.words import at, entry

__all__ = ["Snapshots"]

_GRACE_S: Final = 0.150
"""How long after its answer a server may take to save a snapshot, in seconds."""


class Snapshots:
    """The snapshots that servers take, send and get."""

    def __init__(self, court: Court, group: Group, logs: Logs) -> None:
        self._court = court
        self._group = group
        self._logs = logs

    def taken(self, peer: Peer, index: int, moment: Moment) -> None:
        """The service has handed over a snapshot."""
        # What an earlier incarnation has applied may be on the disk.
        known = max(peer.applied_ever, peer.snapshot)
        peer.snapshot = max(peer.snapshot, index)
        peer.taken = index, peer.incarnation
        if index > known and peer.last_applied is not None:
            self._court.find(
                SNAPSHOT_OF_APPLIED,
                f"{peer.title}'s service takes a snapshot up to index {index} "
                f"{at(moment.time)}, and has applied no more than index {known}",
                servers=[peer.name],
                proof=[peer.last_applied.number, moment.number],
            )

    def sent(self, call: Call) -> None:
        """A leader sends a snapshot."""
        leader, index = call.sender, call.request.last_index
        call.end_index, call.end_term = index, call.request.last_term
        self._judge_term(call)
        offset = self._group.offset
        # In a log that counts from 0 the index may be either; the lower one counts.
        known = max(leader.applied_ever, leader.snapshot)
        if offset is None or index <= known:
            return
        self._court.find(
            SNAPSHOT_OF_APPLIED,
            f"{leader.title} sends {call.receiver.title} a snapshot up to index "
            f"{index} {at(call.sent_at)}, and has applied no more than index {known}",
            servers=[leader.name],
            proof=[_number(leader.last_applied), call.sent],
        )

    def _judge_term(self, call: Call) -> None:
        index, term = call.request.last_index, call.request.last_term
        committed = self._logs.committed_term(index)
        # A request without such a field tells no term.
        if committed is None or committed[0] == term or term < 0:
            return
        self._court.find(
            SNAPSHOT_OF_APPLIED,
            f"{call.sender.title} sends {call.receiver.title} a snapshot up to "
            f"{entry(index, term)} {at(call.sent_at)}, and "
            f"{entry(index, committed[0])} was committed by a majority "
            f"{at(committed[1].time)}",
            servers=[call.sender.name],
            proof=[committed[1].number, call.sent],
        )

    def came(self, call: Call) -> None:
        """A snapshot reaches a server."""
        peer = call.receiver
        peer.snapshot = max(peer.snapshot, call.request.last_index)

    def answered(self, call: Call) -> None:
        """A server has answered a leader's snapshot."""
        peer, reply = call.receiver, call.reply
        if reply is None or reply.term != call.term:
            return
        if call.receiver_incarnation == peer.incarnation:
            peer.installed = call
            peer.installed_at = self._court.facts.now()

    def refused(self, call: Call) -> None:
        """A server has refused an append: has it lost a snapshot in a crash?

        That it had installed it, and not passed it over, is known if its service was
        handed it; so it has no entry before it, and has to have the one at its end.
        """
        peer, reply, installed = call.receiver, call.reply, call.receiver.installed
        if reply is None or installed is None or reply.term != call.term:
            return
        index, term = installed.end_index, installed.end_term
        request, offset = call.request, self._group.offset
        if (request.prev_index, request.prev_term) != (index, term) or offset is None:
            return
        crashed = installed.receiver_incarnation < call.receiver_incarnation
        adopted = index + offset, installed.receiver_incarnation
        # Another one, which came or was taken since, may cover more.
        if not crashed or peer.adopted != adopted or peer.snapshot > index + offset:
            return
        since = max(peer.installed_at, peer.adopted_at)
        # Before its commit index a server may refuse whatever it likes.
        if peer.started.time - since < _GRACE_S or index < peer.legit:
            return
        self._court.find(
            REMEMBERED,
            f"{peer.title} had got a snapshot up to {entry(index, term)} from "
            f"{installed.sender.title} {at(peer.installed_at)}, which its service was "
            f"handed {at(peer.adopted_at)}, was started again "
            f"{at(peer.started.time)}, and rejected an append behind that entry, which "
            f"came {at(call.handed_at)}",
            servers=[peer.name],
            proof=[installed.answer, peer.started.number, call.answer],
        )

    def adopted(self, peer: Peer, index: int, moment: Moment) -> None:
        """A snapshot comes out of a server's apply channel."""
        if index > peer.adopted[0]:
            peer.adopted, peer.adopted_at = (index, peer.incarnation), moment.time
        before = peer.last_applied
        if index < peer.applied and before is not None:
            self._court.find(
                SNAPSHOTS_GO_FORWARD,
                f"{peer.title} had applied all up to index {peer.applied} "
                f"{at(before.time)}, and hands its service an older snapshot up to "
                f"index {index} {at(moment.time)}",
                servers=[peer.name],
                proof=[before.number, moment.number],
            )
        peer.applied = max(peer.applied, index)
        peer.applied_ever = max(peer.applied_ever, index)
        peer.last_applied = moment


def _number(moment: Moment | None) -> int:
    return 0 if moment is None else moment.number
