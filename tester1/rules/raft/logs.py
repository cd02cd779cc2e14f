"""Watches what logs hold: entries, and what was acknowledged (5.3, 5.4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from labgob.descriptions import plain
from tester1.facts.kinds import brief
from tester1.facts.names import number_of
from tester1.rules.court import Court
from tester1.rules.names import Message
from tester1.rules.raft.elections import Elections
from tester1.rules.raft.peers import (
    Ack,
    Call,
    Floor,
    Group,
    Instant,
    Leadership,
    Moment,
    Peer,
)
from tester1.rules.raft.rules import (
    ACKNOWLEDGED_STAY,
    APPENDS_FIT,
    LEADER_COMPLETENESS,
    LEADERS_ONLY_APPEND,
    LOG_MATCHING,
    REMEMBERED,
    SNAPSHOT_OF_APPLIED,
    SNAPSHOTS_GO_FORWARD,
    STATE_MACHINE_SAFETY,
)
from tester1.rules.reading import Entry, command_bytes
from tester1.rules.words import at, entry, joined

__all__ = ["Logs", "is_outdated"]

_MOST_OF_A_COMMAND: Final = 40


class Logs:
    """What is known of the servers' logs."""

    def __init__(self, court: Court, group: Group, elections: Elections) -> None:
        self._court = court
        self._group = group
        self._elections = elections
        # By index and term: the command, who has shown it first, and when.
        self._commands: dict[tuple[int, int], tuple[bytes, Peer, Moment]] = {}
        # By index what is committed: the term of the entry, and of its leader.
        self._committed: dict[int, tuple[int, int, Moment]] = {}
        # Commands that `Start` has accepted and no append has shown yet: by what they
        # are, the index and the term. None: two of them are equal.
        self._expected: dict[bytes, tuple[int, int] | None] = {}
        # By index, the entry on the wire and the applied command that agree with it.
        self._compared: dict[int, tuple[bytes, bytes]] = {}
        # By index, as servers' services count them: what was applied there first.
        self._applied: dict[int, tuple[bytes, Peer, Moment]] = {}

    # What leaders send.

    def appended(self, call: Call, leadership: Leadership) -> None:
        """A leader sends entries."""
        request = call.request
        entries: Sequence[Entry] = request.entries
        leader, term = call.sender, call.term
        index = request.prev_index
        terms = leadership.terms
        if index > 0 and terms.get(index) != request.prev_term:
            self._holds(call, leadership, index, request.prev_term)
        for one in entries:
            index += 1
            # Most of them are sent many times over, to one server and to the next.
            if terms.get(index) != one.term:
                self._holds(call, leadership, index, one.term)
                moment = Instant(call.sent, call.sent_at)
                self._command(leader, index, one.term, bytes(one.command), moment)
        call.end_index, call.end_term = index, entries[-1].term
        # Most of what it sends it has sent to others before.
        held = leader.holding
        if held is not None and held.term == term and index <= held.index:
            return
        if index > leader.most:
            leader.most = index
        if leader.newest_handed <= term:
            if held is None or (term, index) > (held.term, held.index):
                leader.holding = Ack(
                    term=term,
                    leader=leader,
                    index=index,
                    number=call.sent,
                    time=call.sent_at,
                    incarnation=leader.incarnation,
                    epoch=leader.epoch,
                )
            self._reaches(
                leader,
                Floor(
                    *(call.end_term, index, term, term + 1),
                    *(call.sent, call.sent_at, leader.incarnation, False),
                ),
            )

    def _holds(self, call: Call, leadership: Leadership, index: int, term: int) -> None:
        """The leader's log holds an entry of `term` at `index`."""
        known = leadership.terms.get(index)
        if known == term:
            return
        leader = call.sender
        if known is not None:
            self._court.find(
                LEADERS_ONLY_APPEND,
                f"{leader.title}, the leader of term {call.term}, had sent "
                f"{entry(index, known)}, and sends {entry(index, term)} to "
                f"{call.receiver.title} {at(call.sent_at)}",
                servers=[leader.name],
                proof=[leadership.since.number, call.sent],
            )
        leadership.terms[index] = term
        committed = self._committed.get(index)
        if committed is not None and committed[0] != term and committed[1] < call.term:
            since = committed[2]
            self._court.find(
                LEADER_COMPLETENESS,
                f"{leader.title}, the leader of term {call.term}, sends "
                f"{entry(index, term)} to {call.receiver.title} {at(call.sent_at)}, "
                f"and {entry(index, committed[0])} was committed by a majority "
                f"{at(since.time)}",
                servers=[leader.name],
                proof=[since.number, call.sent],
            )

    def _command(
        self, peer: Peer, index: int, term: int, command: bytes, moment: Moment
    ) -> None:
        key = index, term
        known = self._commands.get(key)
        if known is None:
            self._commands[key] = command, peer, moment
            if self._expected:
                self._calibrate(index, term, command)
        elif known[0] != command and sorted(known[0]) != sorted(command):
            # (The same bytes in another order may be one dict, built in another order.)
            _, first, since = known
            self._court.find(
                LOG_MATCHING,
                f"{peer.title} sends {entry(index, term)} with {_shown(command)} "
                f"{at(moment.time)}, and {first.title} had sent it with "
                f"{_shown(known[0])} {at(since.time)}",
                servers=[first.name, peer.name],
                proof=[since.number, moment.number],
            )

    def committed(self, leader: Peer, term: int, upto: int, moment: Moment) -> None:
        """A majority has stored a leader's log up to an entry of its own term."""
        leadership = leader.leads[term]
        for index in range(leadership.known_upto + 1, upto + 1):
            of_term = leadership.terms.get(index)
            if of_term is not None:
                self._committed.setdefault(index, (of_term, term, moment))
        leadership.known_upto = upto
        self._elections.committed[term] = upto, moment, leader

    def committed_term(self, index: int) -> tuple[int, Moment] | None:
        """The term of a committed entry, and since when that is known."""
        known = self._committed.get(index)
        return None if known is None else (known[0], known[2])

    # What servers acknowledge.

    def handed_over(self, call: Call) -> None:
        """A leader's message reaches a server, which may truncate its log from now."""
        peer = call.receiver
        if call.term > peer.newest_handed:
            peer.newest_handed = call.term
        peer.recent.append(call)
        call.epoch_before, call.most = peer.epoch, peer.most
        # A sign of life changes nothing, nor does an append that is to be refused.
        if call.kind is Message.SNAPSHOT or (
            call.request.entries and not is_outdated(call)
        ):
            if call.term != peer.modifier_term:
                peer.modifier_term = call.term
                peer.epoch += 1
            peer.came += 1
            if call.end_index > peer.most:
                peer.most = call.end_index
        call.epoch, call.came = peer.epoch, peer.came
        floor = peer.floor
        if floor.voided_by <= call.term and floor.number:
            peer.floor = msgspec.structs.replace(floor, term=0, index=0, number=0)
            peer.floor_epoch += 1

    def answered(self, call: Call) -> None:
        """A server has answered a leader's append."""
        reply = call.reply
        if reply is None:
            return
        if not reply.verdict:
            self._judge_rejection(call)
        elif call.request.entries and reply.term <= call.term:
            self._judge_fit(call)
            self._acknowledged(call)

    def _judge_fit(self, call: Call) -> None:
        """An append was accepted: does the server hold the entry before it?"""
        peer, request, ack = call.receiver, call.request, call.holding
        index = request.prev_index
        if index <= peer.snapshot or index <= 0:
            return
        # Anything else that has come in between may have brought what was missing.
        if peer.came != call.came:
            return
        if index > max(call.most, peer.applied_ever):
            self._court.find(
                APPENDS_FIT,
                f"{self._accepts(call)}, and nothing that it ever got reaches beyond "
                f"index {call.most}",
                servers=[peer.name, call.sender.name],
                proof=[call.sent, call.handed, call.answer],
            )
        held = self.contradicted(call)
        if ack is not None and held is not None:
            self._court.find(
                APPENDS_FIT,
                f"{self._accepts(call)}, where it has {entry(index, held)}, which it "
                f"{_how(peer, ack)} {at(ack.time)}",
                servers=[peer.name, call.sender.name],
                proof=[ack.number, call.sent, call.handed, call.answer],
            )

    def _accepts(self, call: Call) -> str:
        request = call.request
        return (
            f"{call.receiver.title} accepted an append of {call.sender.title} behind "
            f"{entry(request.prev_index, request.prev_term)} "
            f"{at(self._court.facts.now())}"
        )

    def contradicted(self, call: Call) -> int | None:
        """The term of what the receiver holds where an append claims another term.

        That is what is known when the append comes, and holds until something else has
        come that changes it. None if nothing is known.
        """
        holding, request = call.holding, call.request
        if holding is None or holding.epoch != call.epoch_before:
            return None
        held = self._held(holding, request.prev_index)
        return held if held != request.prev_term else None

    def _held(self, ack: Ack, index: int) -> int | None:
        """The term of an entry that a server had as it acknowledged; None: unknown."""
        if index > ack.index:
            return None
        leadership = ack.leader.leads.get(ack.term)
        return None if leadership is None else leadership.terms.get(index)

    def applied(self, peer: Peer, index: int, data: bytes, moment: Moment) -> None:
        """A server applies a command: its log has it there, and so have all others."""
        self._judge_applied(peer, index, data, moment)
        known = self._applied.setdefault(index, (data, peer, moment))
        if known[0] == data or sorted(known[0]) == sorted(data):
            return
        _, first, since = known
        self._court.find(
            STATE_MACHINE_SAFETY,
            f"{peer.title} applied {_shown(data)} at index {index} {at(moment.time)}, "
            f"and {first.title} had applied {_shown(known[0])} there {at(since.time)}",
            servers=[peer.name, first.name],
            proof=[since.number, moment.number],
            words=f"apply error: commit index={index} server={number_of(peer.name)} "
            f"{plain(data)} != server={number_of(first.name)} {plain(known[0])}",
        )

    def _judge_applied(
        self, peer: Peer, index: int, data: bytes, moment: Moment
    ) -> None:
        """A server applies a command: is it the one that it has acknowledged there?"""
        ack, offset = peer.holding, self._group.offset
        if ack is None or offset is None or ack.epoch != peer.epoch:
            return
        held = self._held(ack, index - offset)
        known = None if held is None else self._commands.get((index - offset, held))
        if held is None or known is None or known[0] == data:
            return
        # One server after the other has the same to be compared.
        if self._compared.get(index) == (known[0], data):
            return
        command, applied = command_bytes(known[0]), command_bytes(data)
        if command == applied:
            self._compared[index] = known[0], data
        elif sorted(command) != sorted(applied):
            self._court.find(
                ACKNOWLEDGED_STAY,
                f"{peer.title} {_how(peer, ack)} {entry(index - offset, held)}, which "
                f"is {_shown(known[0])}, {at(ack.time)}, and applied {_shown(data)} at "
                f"index {index} {at(moment.time)}",
                servers=[peer.name],
                proof=[known[2].number, ack.number, moment.number],
            )

    def _acknowledged(self, call: Call) -> None:
        # A sign of life proves nothing: what a success means there is the solution's.
        peer, now = call.receiver, self._court.facts.now()
        if call.receiver_incarnation != peer.incarnation:
            return
        if peer.newest_handed > call.term:
            return  # a newer leader may have truncated it already
        ack = peer.ack
        if ack is None or (call.term, call.end_index) > (ack.term, ack.index):
            peer.ack = peer.holding = Ack(
                term=call.term,
                leader=call.sender,
                index=call.end_index,
                number=call.answer,
                time=now,
                incarnation=peer.incarnation,
                epoch=call.epoch,
            )
        floor = peer.floor
        if (call.end_term, call.end_index) > (floor.term, floor.index):
            peer.floor = Floor(
                *(call.end_term, call.end_index, call.term, call.term + 1),
                *(call.answer, now, peer.incarnation, True),
            )

    def _reaches(self, peer: Peer, floor: Floor) -> None:
        if (floor.term, floor.index) > (peer.floor.term, peer.floor.index):
            peer.floor = floor

    def _judge_rejection(self, call: Call) -> None:
        peer, ack, request, reply = call.receiver, call.ack, call.request, call.reply
        assert reply is not None
        if reply.term == call.term and request.prev_index > 0:
            self._judge_snapshot(call)
        # Still in that term, and not below a snapshot, where logs have no entries.
        if ack is None or ack.term != call.term or reply.term != call.term:
            return
        at_start = request.prev_index <= 0 and peer.snapshot == 0
        if not at_start and not peer.snapshot < request.prev_index <= ack.index:
            return
        # Whoever refuses what begins before its commit index has lost nothing.
        if request.prev_index < peer.legit:
            return
        self._lost(
            peer,
            ack,
            f"and rejected an append at index {request.prev_index} of the same leader, "
            f"which came {at(call.handed_at)}",
            call.answer,
        )

    def _judge_snapshot(self, call: Call) -> None:
        """Of the entry that its own snapshot ends with, a server knows the term."""
        peer, index = call.receiver, call.request.prev_index
        committed, offset = self._committed.get(index), self._group.offset
        if committed is None or offset is None:
            return
        term, _, since = committed
        # One that came meanwhile may just be put in its place. And after a crash it may
        # be the snapshot that is not there any more.
        end = index + offset
        if peer.taken != (end, peer.incarnation) or peer.snapshot != end:
            return
        # Before its commit index it may refuse whatever it likes.
        if term != call.request.prev_term or index < peer.legit:
            return
        self._court.find(
            SNAPSHOT_OF_APPLIED,
            f"{peer.title} has taken a snapshot up to index {index}, and rejected an "
            f"append behind {entry(index, term)}, which came {at(call.handed_at)}: it "
            f"takes the entry for one of another term, and a majority had it "
            f"{at(since.time)}",
            servers=[peer.name],
            proof=[since.number, call.handed, call.answer],
        )

    def candidacy(self, call: Call) -> None:
        """A server shows how far its log goes, as a candidate."""
        peer, request, floor = call.sender, call.request, call.sender.floor
        # What it acknowledged to a leader of the same or a newer term, it may have got
        # after this was decided.
        if floor.number and floor.origin < call.term:
            last = request.last_term, request.last_index
            if last < (floor.term, floor.index):
                self._lost(
                    peer,
                    floor,
                    f"and stands in term {call.term} {at(call.sent_at)} with a log "
                    f"that ends with {entry(request.last_index, request.last_term)}",
                    call.sent,
                )
        if peer.newest_handed < call.term:
            self._reaches(
                peer,
                Floor(
                    *(request.last_term, request.last_index, call.term, call.term),
                    *(call.sent, call.sent_at, peer.incarnation, False),
                ),
            )

    def _lost(self, peer: Peer, ack: Ack | Floor, deed: str, number: int) -> None:
        """Entries that a server was known to hold are gone: find out by what."""
        if isinstance(ack, Ack):
            had = f"acknowledged all up to index {ack.index} to the leader of term "
            had = f"{peer.title} had {had}{ack.term} {at(ack.time)}"
        else:
            had = f"{peer.title}'s log reached to {entry(ack.index, ack.term)}"
            had = f"{had} {at(ack.time)}"
        if ack.incarnation != peer.incarnation:
            restart = f"was started again {at(peer.started.time)}, "
            proof = [ack.number, peer.started.number, number]
            self._court.find(
                REMEMBERED,
                f"{had}, {restart}{deed}",
                servers=[peer.name],
                proof=proof,
            )
            return
        between = [one for one in peer.recent if one.handed > ack.number]
        # What vouches for less than was acknowledged is what may have cut it off.
        suspects = [one for one in between if one.handed < number and _cuts(one, ack)]
        rule = ACKNOWLEDGED_STAY
        if any(one.kind is Message.SNAPSHOT for one in suspects):
            rule = SNAPSHOTS_GO_FORWARD
        came = joined([_summary(one) for one in suspects[-3:]])
        self._court.find(
            rule,
            f"{had}, {deed}; in between came {came}",
            servers=[peer.name, *(one.sender.name for one in suspects[-1:])],
            proof=[ack.number, *(one.handed for one in suspects[-3:]), number],
        )

    # What `Start` tells.

    def proposed(
        self, peer: Peer, index: int, term: int, data: bytes, moment: Moment
    ) -> None:
        """`Start` has put a command into a leader's log."""
        leadership = peer.leads[term]
        before = leadership.starts.get(index)
        if before is not None:
            self._court.find(
                LEADERS_ONLY_APPEND,
                f"{peer.title}, the leader of term {term}, put a command at index "
                f"{index} {at(before.time)}, and another one at the same index "
                f"{at(moment.time)}",
                servers=[peer.name],
                proof=[before.number, moment.number],
            )
        leadership.starts[index] = moment
        if self._group.offset is None and not self._group.contradictory:
            self._expect(index, term, data)

    # Logs may count from 0. What a command's index is on the wire shows by how much the
    # two differ.

    def _expect(self, index: int, term: int, data: bytes) -> None:
        command = command_bytes(data)
        # It may have been sent before `Start` has returned.
        for offset in (0, 1):
            known = self._commands.get((index - offset, term))
            if known is not None and command_bytes(known[0]) == command:
                self._group.offset = offset
                return
        twice = command in self._expected
        self._expected[command] = None if twice else (index, term)

    def _calibrate(self, index: int, term: int, command: bytes) -> None:
        expected = self._expected.pop(command_bytes(command), None)
        if expected is None or expected[1] != term:
            return
        offset = expected[0] - index
        if self._group.offset is None and offset in (0, 1):
            self._group.offset = offset
            self._expected.clear()
        elif offset != self._group.offset:
            self._group.offset = None
            self._group.contradictory = True


def is_outdated(call: Call) -> bool:
    """Whether the receiver was in a newer term already as it got the message."""
    return call.shown is not None and call.shown.term > call.term


def _how(peer: Peer, ack: Ack) -> str:
    return "sent as leader" if ack.leader is peer else "acknowledged"


def _shown(command: bytes) -> str:
    return brief(plain(command), _MOST_OF_A_COMMAND)


def _cuts(call: Call, ack: Ack | Floor) -> bool:
    if call.kind is Message.SNAPSHOT:
        return bool(call.request.last_index < ack.index)
    upto = call.request.prev_index + len(call.request.entries)
    return bool(upto < ack.index)


def _summary(call: Call) -> str:
    request = call.request
    if call.kind is Message.SNAPSHOT:
        return f"a snapshot up to {request.last_index} {at(call.handed_at)}"
    count = len(request.entries)
    entries = (
        "no entry" if not count else f"{count} entries" if count > 1 else "1 entry"
    )
    return (
        f"an append of term {call.term} with {entries} behind index "
        f"{request.prev_index} {at(call.handed_at)}"
    )
