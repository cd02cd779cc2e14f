"""Watches commitment: what is committed, by whom, and who may know (5.3, 5.4.2)."""

from __future__ import annotations

from typing import Final

from tester1.facts.names import number_of
from tester1.rules.court import Court
from tester1.rules.names import Message, Role
from tester1.rules.raft.logs import Logs, is_outdated
from tester1.rules.raft.peers import Call, Group, Instant, Leadership, Moment, Peer
from tester1.rules.raft.rules import (
    APPLIED_IN_ORDER,
    COMMIT_BY_MAJORITY,
    COMMIT_OWN_TERM,
    COMMIT_VERIFIED,
    FOLLOW_THE_COMMIT,
)
from tester1.rules.reading import Reading
from tester1.rules.words import at, entry, joined

__all__ = ["Commits"]

_TERMS_KEPT: Final = 4
"""Of how many terms it is known what leaders have told: handlers of old ones may still
be at work, but not for long."""


class Commits:
    """How far each server may know the log to be committed.

    As a follower: as far as it was told, and as far as messages of one leader, of the
    same or a newer term, have vouched for its log. As a leader: as far as a majority
    has stored its log, if that ends with an entry of its own term.
    """

    def __init__(
        self,
        court: Court,
        group: Group,
        reading: Reading,
        logs: Logs,
        *,
        in_order: bool,
    ) -> None:
        self._court = court
        self._group = group
        self._reading = reading
        self._logs = logs
        self._in_order = in_order

    # As a follower.

    def appended(self, call: Call) -> None:
        """An append reaches a server: it may verify, and tell the commit index."""
        peer, request, term = call.receiver, call.request, call.term
        commit, prev_index = request.commit, request.prev_index
        upto = prev_index + len(request.entries)
        verified = peer.verified.get(term, 0)
        told = peer.told_commit.get(term, 0)
        if commit <= told and upto <= verified:
            return
        # One that its log is known to contradict, or not to reach, or that comes of an
        # older term than the server is in, vouches for nothing: it has to be refused.
        # If something else comes to the log's aid meanwhile, that vouches for as much.
        reach = call.most
        if prev_index > reach:
            reach = max(reach, peer.applied_ever, peer.snapshot)
        if (
            prev_index > reach
            or is_outdated(call)
            or self._logs.contradicted(call) is not None
        ):
            upto = 0
        if upto > verified:
            peer.verified[term] = verified = upto
        if commit > told:
            peer.told_commit[term] = commit
            if commit > peer.commit_told:
                peer.commit_told = commit
        if term >= peer.newest_handed:
            # The usual case: what was told before holds for the newest leader's log.
            legit = verified if verified < peer.commit_told else peer.commit_told
            if legit > peer.legit:
                peer.legit = legit
            if len(peer.verified) > _TERMS_KEPT or len(peer.told_commit) > _TERMS_KEPT:
                self._follow(peer)
        elif commit > peer.legit or upto > peer.legit:
            self._follow(peer)

    def snapshot_came(self, call: Call) -> None:
        """A snapshot reaches a server: all in it is committed, and vouched for."""
        peer, index = call.receiver, call.request.last_index
        peer.verified[call.term] = max(peer.verified.get(call.term, 0), index)
        peer.commit_told = max(peer.commit_told, index)
        peer.legit = max(peer.legit, index)

    def _follow(self, peer: Peer) -> None:
        # A commit index holds for good, whoever told it; what an older leader vouched
        # for may have been overwritten since, under the one that told it.
        for term, verified in peer.verified.items():
            told = max(
                (commit for since, commit in peer.told_commit.items() if since <= term),
                default=0,
            )
            peer.legit = max(peer.legit, min(verified, told))
        for kept in peer.verified, peer.told_commit:
            while len(kept) > _TERMS_KEPT:
                del kept[min(kept)]

    # As a leader.

    def stored(self, call: Call, number: int, time: float) -> None:
        """A leader is told that a server has stored all up to the end of a message."""
        leader, term = call.sender, call.term
        leadership = leader.leads.get(term)
        if leadership is None or call.sender_incarnation != leader.incarnation:
            return
        end, end_term = call.end_index, call.end_term
        # A reply may acknowledge more than its request vouched for.
        ack = 0 if call.reply is None else call.reply.ack
        if ack > end and ack in leadership.terms:
            end, end_term = ack, leadership.terms[ack]
        before = leadership.matched.get(call.receiver)
        if before is not None and before[0] >= end:
            return
        if call.receiver is leader:  # it has all of its log anyway
            return
        leadership.matched[call.receiver] = end, end_term, number
        # What adds nothing to what is known as committed needs no counting.
        if end <= leadership.known_upto:
            return
        index, of_term = self._cover(leadership)
        if of_term == term and index > leadership.known_upto:
            leader.legit = max(leader.legit, index)
            self._logs.committed(leader, term, index, Instant(number, time))

    def _cover(self, leadership: Leadership) -> tuple[int, int]:
        """Up to which entry a majority has stored the log, and the entry's term."""
        # The leader itself has all of it.
        needed = self._group.majority - 1
        if len(leadership.matched) < needed:
            return 0, 0
        index, term, _ = sorted(leadership.matched.values(), reverse=True)[needed - 1]
        return index, term

    def told(self, call: Call, leadership: Leadership) -> None:
        """A leader tells its commit index."""
        leader, commit = call.sender, call.request.commit
        # A log that counts from 0 may tell how many entries are committed, which is one
        # more than the index of the last.
        slack = self._group.offset
        if slack is None or commit - slack <= leader.legit or not self._is_certain():
            return
        self._accuse(
            leader,
            leadership,
            call.term,
            commit,
            f"tells {call.receiver.title} that index {commit} is committed",
            Instant(call.sent, call.sent_at),
        )

    # What is applied.

    def applied(self, peer: Peer, index: int, moment: Moment) -> None:
        """A server applies the command at an index."""
        in_order = index == peer.applied + 1
        if self._in_order and not in_order:
            self._find_disorder(peer, index, moment)
        peer.applied = index
        if index > peer.applied_ever:
            peer.applied_ever = index
        peer.last_applied = moment
        offset = self._group.offset
        if offset is None or index - offset <= peer.legit:
            return
        # What was left out may be entries of the service's own, or its own mistake.
        if not in_order or not self._is_certain():
            return
        index -= offset
        deed = f"applied index {index}"
        newest = max(peer.leads, default=None)
        if newest is not None and newest >= peer.newest_handed:
            self._accuse(peer, peer.leads[newest], newest, index, deed, moment)
            return
        if peer.commit_told >= index:
            self._unverified(peer, index, deed, moment)
            return
        self._court.find(
            FOLLOW_THE_COMMIT,
            f"{peer.title} {deed} {at(moment.time)}, and has been told no commit index "
            f"above {peer.commit_told}",
            servers=[peer.name],
            proof=[self._last_heard(peer), moment.number],
        )

    def _find_disorder(self, peer: Peer, index: int, moment: Moment) -> None:
        last: Moment = peer.last_applied or peer.started
        before, due = f"index {peer.applied} {at(last.time)}", peer.applied + 1
        if last.number <= peer.started.number:
            last, before = peer.started, "nothing"
        proof, skipped = [last.number, moment.number], ""
        installed, offset = peer.installed, self._group.offset or 0
        if installed is not None and last.number < installed.answer:
            covered = installed.end_index + offset
            if due <= covered < index:
                skipped = (
                    f"; a snapshot up to {covered}, which {peer.title} had answered "
                    f"{at(peer.installed_at)}, was not handed to its service"
                )
                proof.insert(1, installed.answer)
        self._court.find(
            APPLIED_IN_ORDER,
            f"{peer.title} applied index {index} {at(moment.time)}, and had applied "
            f"{before} before that: index {due} was due{skipped}",
            servers=[peer.name],
            proof=proof,
            words=f"apply error: server {number_of(peer.name)} apply out of order, "
            f"expected index {due}, got {index}",
        )

    def _is_certain(self) -> bool:
        """Whether all that can make a server know a commit index was understood."""
        # A server that is alone needs nobody's consent.
        needed = Role.SUCCESS, Role.COMMIT
        is_group = self._group.majority > 1
        return is_group and self._reading.knows(Message.APPEND, *needed)

    def _accuse(
        self,
        leader: Peer,
        leadership: Leadership,
        term: int,
        commit: int,
        deed: str,
        moment: Moment,
    ) -> None:
        """A leader knows more as committed than it can: say what it has counted."""
        index, of_term = self._cover(leadership)
        stored = [
            (peer.title, number)
            for peer, (upto, _, number) in leadership.matched.items()
            if upto >= commit
        ]
        stood = leader.candidacies.get(term)
        election = [] if stood is None else [stood.sent]
        election += list(leader.grants.get(term, {}).values())
        proof = [*election, leadership.since.number, *(one for _, one in stored)]
        deed = f"{leader.title}, the leader of term {term}, {deed} {at(moment.time)}"
        if index >= commit:
            self._court.find(
                COMMIT_OWN_TERM,
                f"{deed}, and a majority has stored its log only up to "
                f"{entry(index, of_term)}: without one of term {term}, a later leader "
                "can still overwrite it",
                servers=[leader.name],
                proof=[*proof, moment.number],
            )
        elif leader.commit_told >= commit:
            self._unverified(leader, commit, deed.partition(", ")[2], moment)
        else:
            names = joined([leader.title, *(title for title, _ in stored)])
            self._court.find(
                COMMIT_BY_MAJORITY,
                f"{deed}, and as far as it was told that is stored by "
                f"{1 + len(stored)} of {len(self._group.peers)}: {names}",
                servers=[leader.name],
                proof=[*proof, moment.number],
            )

    def _unverified(self, peer: Peer, index: int, deed: str, moment: Moment) -> None:
        verified = max(peer.verified.items(), default=(0, 0))
        self._court.find(
            COMMIT_VERIFIED,
            f"{peer.title} {deed} {at(moment.time)}, and the leader of term "
            f"{verified[0]} has vouched for its log only up to index {verified[1]}",
            servers=[peer.name],
            proof=[self._last_heard(peer), moment.number],
        )

    def _last_heard(self, peer: Peer) -> int:
        return peer.recent[-1].handed if peer.recent else 0
